"""``import:`` entries: objects that exist on the server, named by id, and the addresses that take them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.model.address import Address, Kind, is_remote_id
from reconciler.model.characters import quoted
from reconciler.model.resource import Import, Owner

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from reconciler.config.document import Declared
    from reconciler.config.environments import Described
    from reconciler.config.node import Node
    from reconciler.config.problems import Problems
    from reconciler.config.shapes import Import as Written
    from reconciler.config.source import Source

_KINDS = {Kind.ASSISTANT: "assistant.NAME", Kind.FILE: "file.PATH"}


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry as it is written: its file, its list and its number in that."""

    source: Source
    node: Node
    number: int
    written: Written


@dataclass
class Imports:
    """The entries of all documents and of the chosen environment, checked against what is declared.

    An entry of an environment that is not chosen is only checked by itself: its object belongs to that one.
    """

    owner: Owner
    problems: Problems
    by_address: dict[Address, Import] = field(default_factory=dict)
    by_id: dict[str, Import] = field(default_factory=dict)

    def read(
        self,
        documents: Sequence[Declared],
        chosen: Described | None,
        *,
        assistants: Collection[Address],
        files: Collection[Address],
        complete: bool,
    ) -> dict[Address, Import]:
        """Return the entries by address; what is declared is known only where all files were read."""
        for entry in _entries(documents, chosen):
            found = self._import(entry)
            known = (*assistants, *files)
            if found and complete and found.address not in known:
                self._undeclared(entry, found.address, known)
            elif found:
                self._add(entry, found)
        return self.by_address

    def _import(self, entry: _Entry) -> Import | None:
        """Return what an entry says; None where a part of it is invalid, which is reported."""
        written = entry.written
        address = self._address(entry)
        is_id = is_remote_id(written.id)
        if not is_id:
            self._report(entry, "id", f"{quoted(written.id)} is not an id", "copy it from `query`")
        former = self._former(entry)
        if former and address and address.kind is Kind.FILE:
            self._report(entry, "from", "an upload has no ownership mark", "remove `from`")
        if address is None or not is_id or (written.from_ and former is None):
            return None
        return Import(written.id, address, entry.node.at(entry.number), former)

    def _address(self, entry: _Entry) -> Address | None:
        try:
            return Address.parse(entry.written.to)
        except ValueError:
            remedy = f"write {' or '.join(_KINDS.values())}"
            self._report(entry, "to", f"{quoted(entry.written.to)} is not an address", remedy)
            return None

    def _former(self, entry: _Entry) -> Owner | None:
        text = entry.written.from_
        if not text:
            return None
        try:
            former = Owner.parse(text)
        except ValueError:
            remedy = "write PROJECT/ENVIRONMENT, or PROJECT/- for a project without environments"
            self._report(entry, "from", f"{quoted(text)} is not an owner", remedy)
            return None
        if former == self.owner:
            remedy = "remove `from`; to give an assistant another address, use `moved:`"
            self._report(entry, "from", f"{former} is this project itself", remedy)
            return None
        return former

    def _add(self, entry: _Entry, found: Import) -> None:
        same_address, same_id = self.by_address.get(found.address), self.by_id.get(found.id)
        if other := same_address or same_id:
            key, what = ("to", str(found.address)) if same_address else ("id", found.id)
            remedy = f"the other entry is at {other.origin}; keep one of them"
            self._report(entry, key, f"{what} is imported twice", remedy)
            return
        self.by_address[found.address] = self.by_id[found.id] = found

    def _undeclared(self, entry: _Entry, address: Address, known: Sequence[Address]) -> None:
        alike = [str(one) for one in known if one.kind is address.kind]
        hint = self.problems.suggestions.nearest(str(address), alike)
        what = "declare it, or remove this entry" if address.kind is Kind.ASSISTANT else _UNUSED
        self._report(entry, "to", f"{address} is not declared", hint or what)

    def _report(self, entry: _Entry, key: str, message: str, remedy: str) -> None:
        name = key if entry.node.has(entry.number, key) else "to"
        origin = entry.node.at(entry.number, name)
        self.problems.append(entry.source.diagnostic("AS427", message, origin, help=remedy))


_UNUSED = "name the file in an assistant, or remove this entry"


def _entries(documents: Sequence[Declared], chosen: Described | None) -> Iterator[_Entry]:
    lists = [(one.source, one.node, one.document.import_) for one in documents]
    if chosen:
        lists.append((chosen.source, chosen.node, chosen.declared.import_))
    for source, node, written in lists:
        inner = node.child("import")
        for number, entry in enumerate(written):
            if inner:
                yield _Entry(source, inner, number, entry)
