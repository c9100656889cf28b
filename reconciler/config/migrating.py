"""A configuration in another dialect: the files with the least of edits, and what becomes of each field.

What has no counterpart is never invented: it stays where it is, and the new dialect says what is wrong there.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reconciler import dialects
from reconciler.config.content import Draft
from reconciler.config.editing import EditError, Remove, Replace, edited
from reconciler.config.errors import ConfigError, ContentError
from reconciler.config.reading import read
from reconciler.config.resolve import resolved
from reconciler.config.source import Source
from reconciler.config.text import compose
from reconciler.errors import UsageError
from reconciler.files import why
from reconciler.model.migration import FieldVerdict, Migration, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from reconciler.config.content import Root
    from reconciler.config.document import Declared
    from reconciler.config.node import Node
    from reconciler.config.resolve import Choice
    from reconciler.config.splices import Edit
    from reconciler.dialects import Dialect
    from reconciler.model.diagnostic import Diagnostic, Origin
    from reconciler.model.migration import Arrival

_DIALECT = "dialect"
_PROJECT = "project"
_LIFECYCLE = "lifecycle"
_IGNORED = "ignore_changes"


@dataclass(frozen=True, slots=True)
class _Holder:
    """A mapping that names fields of assistants: the path to it in its file, and what users call it."""

    path: tuple[str | int, ...]
    place: str


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the configuration as it was, and as it is after the edits."""

    document: Declared
    before: bytes
    after: bytes
    removed: Sequence[FieldVerdict]

    @property
    def path(self) -> str:
        """Where it is."""
        return self.document.source.path

    @property
    def is_changed(self) -> bool:
        """Whether an edit was made."""
        return self.before != self.after

    @property
    def source(self) -> Source:
        """The new text."""
        return _source(self.path, self.after)

    @property
    def node(self) -> Node:
        """The new text, composed."""
        return compose(self.source) if self.is_changed else self.document.node


def migrated(root: Root, paths: Sequence[Path], target: Dialect, choice: Choice) -> Migration:
    """Return a configuration in another dialect; nothing is written.

    ConfigError where it is wrong as it is, UsageError where no way leads from its dialect to the other, and
    EditError where a file cannot be edited.
    """
    before = read(root, paths)
    source = before.dialect
    arrival = _arrival(source, target)
    resolved(root, before, choice)
    naming = _naming(before.documents)
    files = [_migrated(root, one, target, is_naming=one is naming) for one in before.documents]
    drafted = root
    for file in files:
        drafted = Draft(drafted, file.path, file.after) if file.is_changed else drafted
    decisions, omitted = _wrong(drafted, paths, choice)
    decisions = [*decisions, *_deeper(drafted, files, paths, choice, known=decisions)]
    return Migration(
        source=source.name,
        target=target.name,
        texts={file.path: (file.before, file.after) for file in files if file.is_changed},
        fields=[one for file in files for one in _verdicts(root, file, target, arrival, decisions=decisions)],
        decisions=decisions,
        omitted=omitted,
        notes=arrival.notes,
    )


def _arrival(source: Dialect, target: Dialect) -> Arrival:
    if source.name == target.name:
        raise UsageError(f"the configuration is of the dialect {target.name} already; nothing is to be done")
    if source.name not in target.arrivals:
        known = [name for name in dialects.DIALECTS if source.name in dialects.dialect(name).arrivals]
        remedy = f"from it: {', '.join(known)}" if known else "from it there is none"
        raise UsageError(f"there is no migration from {source.name} to {target.name}; {remedy}")
    return target.arrivals[source.name]


def _wrong(root: Root, paths: Sequence[Path], choice: Choice) -> tuple[Sequence[Diagnostic], int]:
    """Return what is wrong with the files as they are now, warnings aside."""
    try:
        resolved(root, read(root, paths), choice)
    except ConfigError as error:
        return [one for one in error.diagnostics if not one.is_warning], error.omitted
    return (), 0


def _deeper(
    root: Root, files: Sequence[_File], paths: Sequence[Path], choice: Choice, *, known: Sequence[Diagnostic]
) -> Iterator[Diagnostic]:
    """Yield what is wrong in files that are only read where everything around their names is right.

    They are looked at as they would be without everything that is known to be wrong.
    """
    edited_ones = set()
    for file in files:
        source = file.source
        for edit in reversed([*_parts(root, file, known)] if known else []):
            try:
                source = replace(source, text=edited(source, edit))
            except EditError:
                continue
        if source.text != file.source.text:
            edited_ones.add(file.path)
            root = Draft(root, file.path, source.text.encode())
    found, _ = _wrong(root, paths, choice) if edited_ones else ((), 0)
    seen = {(one.code, one.origin) for one in known}
    yield from (
        one for one in found if one.origin.path not in edited_ones and (one.code, one.origin) not in seen
    )


def _parts(root: Root, file: _File, known: Sequence[Diagnostic]) -> Iterator[Edit]:
    """Yield how to remove each item of a list, or else each field, in which something is wrong."""
    node, text = file.node, file.source.text

    def is_wrong(*path: str | int) -> bool:
        value = node.child(*path)
        field = (node.key(*path), value, text) if value else None
        return field is not None and any(_is_within(root, file, one, field) for one in known)

    for holder in _holders(node):
        for name in _keys(node, *map(str, holder.path)):
            path = (*holder.path, name)
            value = node.child(*path)
            items = value.value if value and isinstance(value.value, list) else ()
            wrong = [number for number in range(len(items)) if is_wrong(*path, number)]
            if wrong:
                yield from (Remove((*path, number)) for number in wrong)
            elif is_wrong(*path):
                yield Remove(path)


def _naming(documents: Sequence[Declared]) -> Declared | None:
    """Return the document that must name the dialect: none where one does already."""
    if any(one.node.has(_DIALECT) for one in documents):
        return None
    plain = [one for one in documents if not one.source.is_markdown]
    if not plain:
        raise EditError("no YAML file can name the dialect; add one with `project:`, and name it with -f too")
    return next((one for one in plain if one.node.has(_PROJECT)), plain[0])


def _source(path: str, content: bytes) -> Source:
    return Source(path, content.decode("utf-8-sig"))


def _migrated(root: Root, document: Declared, target: Dialect, *, is_naming: bool) -> _File:
    """Return a file with the name of the dialect, and without fields that say nothing."""
    path = document.source.path
    before = root.original(path)
    if document.source.is_markdown:
        if document.node.has(_DIALECT):
            raise EditError(
                f"{document.node.key(_DIALECT)}: the dialect of a Markdown file is not edited; nothing was "
                f"written. Set `{_DIALECT}` by hand to: {target.name}"
            )
        return _File(document, before, before, ())
    source = _source(path, before)
    if document.node.has(_DIALECT):
        source = replace(source, text=edited(source, Replace((_DIALECT,), target.name)))
    elif is_naming:
        source = replace(source, text=_named(source, document.node, target.name))
    removed = []
    for edit, verdict in _empty(document.node, target):
        try:
            source = replace(source, text=edited(source, edit))
        except EditError:
            continue  # the new dialect says what is wrong there
        removed.append(verdict)
    bom = BOM_UTF8 if before.startswith(BOM_UTF8) else b""
    return _File(document, before, bom + source.text.encode(), removed)


def _named(source: Source, node: Node, name: str) -> str:
    """Return a text with the name of the dialect below that of the project, or else at its beginning."""
    text, first = source.text, next(iter(node.value), None)
    anchor = node.child(_PROJECT)
    if first is not None and not node.is_flow and anchor is not None:
        end = anchor.end(text)
        line = text.find("\n", end)
        at, added = (len(text), f"\n{_DIALECT}: {name}") if line < 0 else (line + 1, f"{_DIALECT}: {name}\n")
        made = text[:at] + (added.replace("\n", "\r\n") if "\r\n" in text else added) + text[at:]
    elif first is not None:
        at, _ = node.key_extent(first)
        quoted = f'"{_DIALECT}": "{name}"' if source.path.endswith(".json") else f"{_DIALECT}: {name}"
        made = f"{text[:at]}{quoted}{', ' if node.is_flow else chr(10)}{text[at:]}"
    else:
        made = text
    try:
        is_right = compose(replace(source, text=made)).plain() == {**node.plain(), _DIALECT: name}
    except ConfigError:
        is_right = False
    if not is_right:
        raise EditError(
            f"cannot edit {source.path} without changing another part of it; nothing was written. "
            f"Add by hand: {_DIALECT}: {name}"
        )
    return made


def _holders(node: Node) -> Iterator[_Holder]:
    """Yield every mapping of a file that names fields of assistants."""
    if node.has("defaults"):
        yield _Holder(("defaults",), "defaults")
    for name in _keys(node, "assistants"):
        yield _Holder(("assistants", name), f"assistant.{name}")
    for environment in _keys(node, "environments"):
        for address in _keys(node, "environments", environment, "patches"):
            path = ("environments", environment, "patches", address)
            yield _Holder(path, f"{address} in {environment}")


def _keys(node: Node, *path: str) -> list[str]:
    found = node.child(*path)
    return [*found.value] if found is not None and isinstance(found.value, dict) else []


def _empty(node: Node, target: Dialect) -> Iterator[tuple[Edit, FieldVerdict]]:
    """Yield how to remove what the other dialect does not have, and what says nothing."""
    known = target.fields.by_name
    for holder in _holders(node):
        found = node.child(*holder.path)
        for name, value in found.value.items() if found and isinstance(found.value, dict) else ():
            if name not in known and name != _LIFECYCLE and not value.plain():
                origin = node.key(*holder.path, name)
                removed = _verdict(holder, name, Verdict.REMOVED, origin, note="it was empty")
                yield Remove((*holder.path, name)), removed
        yield from _ignored(node, holder, target)


def _ignored(node: Node, holder: _Holder, target: Dialect) -> Iterator[tuple[Edit, FieldVerdict]]:
    """Yield how to remove fields that are ignored and that the other dialect does not have."""
    path = (*holder.path, _LIFECYCLE, _IGNORED)
    found = node.child(*path)
    names = found.plain() if found is not None and isinstance(found.value, list) else []
    for number, name in reversed([*enumerate(names)]):  # so that the numbers of those before it stay
        if isinstance(name, str) and name not in target.fields.by_name and name != _LIFECYCLE:
            note = f"`{name}` is ignored no more: there is no such field"
            origin = node.at(*path, number)
            yield Remove((*path, number)), _verdict(holder, _LIFECYCLE, Verdict.REMOVED, origin, note=note)


def _verdict(holder: _Holder, name: str, verdict: Verdict, origin: Origin, note: str = "") -> FieldVerdict:
    return FieldVerdict(holder.place, name, verdict, origin, note=note)


def _verdicts(
    root: Root, file: _File, target: Dialect, arrival: Arrival, *, decisions: Sequence[Diagnostic]
) -> Iterator[FieldVerdict]:
    """Yield what becomes of every field that a file names, in its order; what was removed comes first."""
    node, text = file.node, file.source.text
    for holder in _holders(node):
        yield from (one for one in file.removed if one.place == holder.place)
        for name in _keys(node, *map(str, holder.path)):
            origin, value = node.key(*holder.path, name), node.child(*holder.path, name)
            here = [one for one in decisions if value and _is_within(root, file, one, (origin, value, text))]
            if here:
                note = "; ".join(dict.fromkeys(_sentence(one) for one in here))
                yield _verdict(holder, name, Verdict.DECIDE, origin, note=note)
            elif name in arrival.changes:
                yield _verdict(holder, name, Verdict.CHANGES, origin, note=arrival.changes[name])
            elif name in target.fields.by_name or name == _LIFECYCLE:
                yield _verdict(holder, name, Verdict.CARRIES, origin)


def _sentence(problem: Diagnostic) -> str:
    return f"{problem.message}: {problem.help}" if problem.help else problem.message


def _is_within(root: Root, file: _File, problem: Diagnostic, field: tuple[Origin, Node, str]) -> bool:
    """Return whether a problem is within a field, or in a file that the field names.

    ``field`` is where its key is, its value, and the text of the file.
    """
    key, value, text = field
    if problem.origin.path != file.path:
        return problem.origin.path in _files_of(root, file.path, value.plain())
    place = problem.origin.line, problem.origin.column
    return (key.line, key.column) <= place <= _place(text, value.end(text))


def _place(text: str, index: int) -> tuple[int, int]:
    """Return the line and the column of a letter, counted from 1."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _files_of(root: Root, beside: str, value: Any) -> Iterator[str]:
    """Yield the paths of the files that a value names."""
    if isinstance(value, str):
        try:
            yield root.locate(value, beside)
        except ContentError:
            return
    elif isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _files_of(root, beside, one)


def rewrite(root: Root, texts: Mapping[str, tuple[bytes, bytes]]) -> None:
    """Write the new text of each file; EditError where one cannot be, and then all are as they were."""
    written: list[str] = []
    for path, (before, after) in texts.items():
        try:
            root.rewrite(path, before, after)
        except OSError as cause:
            for other in reversed(written):
                root.rewrite(other, *reversed(texts[other]))
            raise EditError(
                f"cannot write {path}: {why(cause).lower()}. Nothing was written. Check the file, and run "
                "the same command again"
            ) from cause
        written.append(path)
