"""A new ``import:`` entry: the file that gets it, and the text of that file with it."""

from __future__ import annotations

from codecs import BOM_UTF8
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reconciler.config.content import Draft
from reconciler.config.editing import Append, EditError, edited
from reconciler.config.environments import Environments
from reconciler.config.listing import MARKDOWN
from reconciler.config.problems import Problems
from reconciler.config.source import Source
from reconciler.config.text import compose
from reconciler.config.writing import Flow, inline
from reconciler.errors import ReconcilerError, UsageError
from reconciler.files import why
from reconciler.model.address import Kind
from reconciler.model.diagnostic import Origin, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.config.content import Root
    from reconciler.config.reading import Reading
    from reconciler.config.resolve import Configuration
    from reconciler.config.splices import Path
    from reconciler.model.address import Address
    from reconciler.model.resource import Desired, Import

_KEY: Final = "import"
_AFTER = ("vars", "patches", "moved", "removed")
_BEFORE = ("lint",)
_NOWHERE = Origin("")


class EntryError(ReconcilerError):
    """An entry cannot be written: another one contradicts it, or no file takes it. Nothing was written."""


@dataclass(frozen=True)
class Place:
    """A list of entries: its file and the path to it; ``declaring`` is the file that declares the address."""

    file: str
    path: Path
    declaring: str

    @property
    def is_elsewhere(self) -> bool:
        """Whether a Markdown file declares the address, which cannot have the entry."""
        return self.file != self.declaring and self.declaring.endswith(MARKDOWN)


@dataclass(frozen=True)
class Edited:
    """A file with a new entry that is not written yet, and the line of the entry."""

    file: str
    before: bytes
    after: bytes
    origin: Origin
    root: Root

    def write(self) -> None:
        """Write the file; EntryError where that is not possible, and then it is as it was."""
        try:
            self.root.rewrite(self.file, self.before, self.after)
        except OSError as cause:
            raise EntryError(
                f"cannot write {self.file}: {why(cause).lower()}. Nothing was written. "
                "Check the file, and run the same command again"
            ) from cause


def require_declared(desired: Desired, entry: Import) -> None:
    """Raise UsageError for an entry of an address that the configuration does not declare."""
    address = entry.address
    if address in desired.by_address:
        return
    known = [one for one in desired.by_address if one.kind is address.kind]
    is_near = did_you_mean(address.name, [one.name for one in known])
    declare = f"declare it, or write its declaration with `export {entry.id}`"
    if address.kind is Kind.FILE:
        declare = "name the file in an assistant first"
    remedy = did_you_mean(str(address), map(str, known)) if is_near else declare
    raise UsageError(f"{address} is not declared; {remedy}")


def existing(desired: Desired, entry: Import) -> Import | None:
    """Return the entry that says the same already; EntryError for one that contradicts it."""
    same = desired.imports.get(entry.address)
    if same and (same.id, same.former) == (entry.id, entry.former):
        return same
    other = same or next((one for one in desired.imports.values() if one.id == entry.id), None)
    if other:
        owner = f" from {other.former}" * bool(other.former)
        raise EntryError(
            f"the entry at {other.origin} imports {other.id} as {other.address}{owner}; nothing was written. "
            "Change that entry, or remove it"
        )
    return None


def place(
    root: Root, reading: Reading, desired: Desired, *, environment: str | None, address: Address
) -> Place:
    """Return where an entry belongs: beside the declaration, or to the environment of this run."""
    declaring = _declaring(desired, address)
    if environment is not None:
        return Place(*_of_environment(root, reading, environment), declaring)
    files = [one.source.path for one in reading.documents if not one.source.is_markdown]
    named = [
        one.source.path for one in reading.documents if not one.source.is_markdown and one.node.has("project")
    ]
    if not files:
        raise EntryError(
            f"no YAML file takes the entry: {declaring} is Markdown. Add a file with `project:`, "
            "and name it with -f too"
        )
    return Place(declaring if declaring in files else (named or files)[0], (_KEY,), declaring)


def _declaring(desired: Desired, address: Address) -> str:
    """Return the file that declares an assistant, or the first assistant that contains a file."""
    found = next(one for one in desired.assistants if address == one.address or address in (one.files or ()))
    return found.origin.path


def _of_environment(root: Root, reading: Reading, name: str) -> tuple[str, Path]:
    environments = Environments(root, reading.dialect, Problems())
    environments.read(reading.documents)
    found = environments.described[name]
    if found.source.path not in {one.source.path for one in reading.documents}:
        return found.source.path, (_KEY,)
    return found.source.path, ("environments", name, _KEY)


def entry_text(entry: Import) -> str:
    """Return an entry as it is written in a list."""
    return f"- {inline(_flow(entry))}"


def _flow(entry: Import) -> Flow:
    former = {"from": str(entry.former)} if entry.former else {}
    return Flow({"id": entry.id, "to": str(entry.address), **former})


def with_entry(
    root: Root,
    configuration: Configuration,
    entry: Import,
    place: Place,
    *,
    drafted: Callable[[Root], Configuration],
) -> Edited:
    """Return the file with an entry, proved by resolving the whole configuration with it.

    EditError where the file cannot be edited or something else would change; ConfigError where the
    configuration would be invalid.
    """
    before = root.original(place.file)
    bom = BOM_UTF8 if before.startswith(BOM_UTF8) else b""
    source = Source(place.file, before.removeprefix(bom).decode())
    text = edited(source, Append(place.path, _flow(entry), _AFTER, _BEFORE))
    wanted = replace(configuration.desired, imports={**configuration.desired.imports, entry.address: entry})
    after = bom + text.encode()
    if _meaning(drafted(Draft(root, place.file, after)).desired) != _meaning(wanted):
        raise EditError(
            f"cannot edit {place.file}: the entry would change another part of the configuration; nothing "
            f"was written. Write it by hand: {entry_text(entry)}"
        )
    list_ = compose(replace(source, text=text)).child(*place.path)
    origin = list_.at(len(list_.value) - 1) if list_ else Origin(place.file)
    return Edited(file=place.file, before=before, after=after, origin=origin, root=root)


def _meaning(desired: Desired) -> Desired:
    """Return a configuration without the positions, which an edit moves."""
    assistants = tuple(replace(one, origin=_NOWHERE) for one in desired.assistants)
    imports = {address: replace(one, origin=_NOWHERE) for address, one in desired.imports.items()}
    return replace(desired, assistants=assistants, imports=imports)
