"""Texts of which YAML keeps less than their author wrote, or something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reconciler.config.malformed import ESCAPE
from reconciler.model import pattern as re

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.config.node import Node
    from reconciler.config.source import Source
    from reconciler.model.diagnostic import Diagnostic, Origin

_ITEM = re.compile(r"[ \t]*((?:[-*+•]|[0-9]{1,3}[.)]|#{1,6}|\|)[ \t]\S[^\n]*)")
_LINES = 200  # of one text that are looked at
_LEAST = 2  # lines that are joined: a single one may be prose with a dash
_SHOWN = 30
_DRIVE = re.compile(r"(?<![A-Za-z\\])[A-Za-z]:\\[nrt](?=[A-Za-z0-9_])")
_PATH = re.compile(r"(?<![\w\\.-])[\w.-]+(?:\\[nt][\w-][\w.-]*){2,3}(?![\w\\.-])", re.ASCII)
# The escapes of YAML for characters that cannot be seen: a backslash before a letter was hardly meant so.
_SHORT = {
    "\0": "0",
    "\a": "a",
    "\b": "b",
    "\x1b": "e",
    "\f": "f",
    "\v": "v",
    "\x85": "N",
    "\u2028": "L",
    "\u2029": "P",
}
_KEEPS = "write it as a block (`|`), which keeps line breaks"


class _Text(NamedTuple):
    """A text: its name, what YAML made of it, what its author wrote, and where."""

    name: str
    value: str
    written: str
    origin: Origin


def changed(source: Source, node: Node) -> Iterator[Diagnostic]:
    """Yield a warning for each text that YAML changes without a word."""
    has_escapes = "\\" in source.text
    pending = [("", node)]
    while pending:
        name, here = pending.pop()
        if here.is_ordinary:
            continue
        if isinstance(here.value, dict):
            yield from _cut_at_commas(source, here)
            pending += here.value.items()
        elif isinstance(here.value, list):
            pending += ((name, inner) for inner in here.value)
        elif isinstance(here.value, str) and (has_escapes or here.is_over_lines):
            written = here.written(source)
            if written and not written.startswith("|"):
                yield from _changed(source, _Text(name, here.value, written, here.origin))


def backslash(source: Source, one: str) -> str:
    """Return the escape by which a word, such as a path or a pattern, made a character that cannot be seen.

    An empty text where it was written in another way.
    """
    letter = _SHORT.get(one)
    if letter is None:
        return ""
    place = r"(?<!\\)(?:\\\\)*\\b" if letter == "b" else rf"(?<=[\w.-])\\{letter}(?=[\w\\])"
    found = re.search(place, source.text)
    return f"\\{letter}" if found else ""


def _changed(source: Source, text: _Text) -> Iterator[Diagnostic]:
    if text.written.startswith('"') and (path := _DRIVE.search(text.written) or _path(text.written)):
        problem = f"`{text.name}` has `{path[0]}`, and YAML makes another character of its backslash"
        yield source.diagnostic("AS510", problem, text.origin, help=ESCAPE).as_warning()
    if "\n" in text.written and not text.written.startswith("|") and (joined := _joined(text)):
        problem = f"`{text.name}` has a list, and YAML joins its lines: `{joined}`"
        yield source.diagnostic("AS510", problem, text.origin, help=_KEEPS).as_warning()


def _path(written: str) -> re.Match[str] | None:
    """Return a path between whose names YAML reads line breaks and tabs; a table has as many in each row."""
    found = _PATH.search(written)
    if found is None or re.search(r"\\[nrt]", written[: found.start()] + written[found.end() :]):
        return None
    tabs = {row.count("\\t") for row in found[0].split("\\n")}
    return found if len(tabs) > 1 else None


def _joined(text: _Text) -> str:
    """Return what YAML makes of the first item of a list whose lines it joins; empty where it keeps them."""
    at, first, count = 0, "", 0
    for line in text.written.split("\n", _LINES)[1:_LINES]:
        item = _ITEM.match(line)
        found = text.value.find(item[1].rstrip("\r\"' "), at) if item else -1
        if item is None or found < 0:
            continue
        before = text.value[:found].rstrip(" ")
        if before and not before.endswith("\n"):
            count += 1
            first = first or _around(text.value, found)
        at = found + 1
    return first if count >= _LEAST else ""


def _around(text: str, at: int) -> str:
    begin, end = max(0, at - _SHOWN), at + _SHOWN
    return f"{'…' * (begin > 0)}{text[begin:end]}{'…' * (end < len(text))}"


def _cut_at_commas(source: Source, node: Node) -> Iterator[Diagnostic]:
    """Yield a warning for each key that is the rest of a text with a comma, between braces."""
    if not any(inner.is_null for inner in node.value.values()):
        return
    before = ""
    for name, inner in node.value.items():
        if before and inner.is_null and node.is_bare(name, source):
            problem = f"`{before}` ends before `, {name}`: between braces, a comma ends a text"
            yield source.diagnostic(
                "AS510", problem, node.key(name), help="quote the whole text"
            ).as_warning()
        else:
            is_plain = isinstance(inner.value, str) and inner.written(source)[:1] not in {'"', "'", ""}
            before = name if is_plain else ""
