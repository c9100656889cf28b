"""YAML without what is read more cheaply than by a parser: long texts in lines, and repeated blocks.

Each is replaced by a short stand-in, and put back once the parser has returned that stand-in as a value of
its own. A stand-in that it did not return was no value, and then the text is parsed as it is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.config.node import Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.config.node import Part

SIGN = "@@"
"""How a stand-in begins; a text that has this itself is not reduced."""

_BEGINNING = 65_536  # characters in which the columns of a file are looked for
# A key without an indent, the first key below it, and the first line below that.
_OUTSIDE = re.compile(
    r"^[^\s#'\"-][^\n]*: *\n(?: *(?:#[^\n]*)?\n)*( +)[^\s#-][^\n]*: *\n(?: *(?:#[^\n]*)?\n)*(\1 +)[^\s#-]",
    re.MULTILINE,
)


class Repeated(NamedTuple):
    """A block that is met again below: its number, and the index at which what follows it begins."""

    number: int
    until: int


class Reduction(NamedTuple):
    """A text as it is parsed.

    ``texts`` are those that were taken out, in order. ``repeated`` has each block that stands for others, by
    the index at which its value begins, and ``copies`` the number of those others. ``ends`` are the indices
    behind each stand-in, and ``shifts`` the characters and lines that are missing before each of them.
    """

    text: str
    shifts: Sequence[tuple[int, int]]
    ends: Sequence[int] = ()
    texts: Sequence[str] = ()
    repeated: Mapping[int, Repeated] = MappingProxyType({})
    copies: int = 0
    column: int = 0

    @property
    def is_shorter(self) -> bool:
        """Whether anything was taken out."""
        return bool(self.ends)

    def place(self, mark: Any) -> Place:
        """Return a position of the parser as one of the file."""
        characters, lines = self.shifts[bisect_right(self.ends, mark.index)]
        column = mark.column + (0 if mark.line else self.column)
        return Place(mark.line + lines, column, mark.index + characters)


def whole(part: Part) -> Reduction:
    """Return a text as it is."""
    return Reduction(part.text, shifts=((part.index, part.line),), column=part.column)


def reduced(part: Part) -> Reduction:
    """Return a text without its long texts and repeated blocks, where their lines can be recognised."""
    column = _column(part.text)
    if not column or part.column or SIGN in part.text or "\r" in part.text or not _is_encodable(part.text):
        return whole(part)
    return _Reducer(part, column).reduction()


def _column(text: str) -> int:
    """Return the column in which the values of an entry begin; 0 where that is not certain."""
    found = _OUTSIDE.search(text, 0, _BEGINNING)
    return len(found[2]) if found else 0


def _is_encodable(text: str) -> bool:
    """Return whether the parser would take every character of it."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


class _Patterns(NamedTuple):
    """What lines are searched for: a key that a block follows, and the end of that."""

    key: re.Pattern[str]
    end: re.Pattern[str]


@cache
def _patterns(column: int) -> _Patterns:
    """Return the patterns for values that begin in a column; each begins with the end of a line: fast."""
    key = r"[^\s#'\"&*!|>\[\]{},%@`?-][^\n:#]*:"
    literal = rf"(?P<literal> \|[-+]? *\n(?= {{{column + 1}}}))"
    block = rf" *\n(?= {{{column},}}- | {{{column + 1},}}{key} )"
    end = rf"\n(?! {{{column + 1}}}| {{{column}}}-[ \n]| *(?:\n|\Z))"
    return _Patterns(re.compile(rf"\n {{{column}}}{key}(?:{literal}|{block})"), re.compile(end))


@cache
def _end_of_literal(pad: int) -> re.Pattern[str]:
    return re.compile(rf"\n(?! {{{pad}}}|\n)")


class _Reducer:
    """Takes the stretches out, one after the other."""

    def __init__(self, part: Part, column: int) -> None:
        self._text = part.text
        self._key, self._end = _patterns(column)
        self._pieces: list[str] = []
        self._done = self._length = 0  # how much was looked at, and how much of it is left
        self._texts: list[str] = []
        self._blocks: dict[str, tuple[int, Repeated]] = {}
        self._met_again: set[str] = set()
        self._copies = 0
        self._ends: list[int] = []
        self._shifts = [(part.index, part.line)]

    def reduction(self) -> Reduction:
        """Return what is left, and what was taken out."""
        at = 0
        while key := self._key.search(self._text, at):
            at = self._literal(key.end()) if key["literal"] else self._block(key.end())
        self._keep(len(self._text))
        repeated = dict(self._blocks[block] for block in self._met_again)
        text = "".join(self._pieces)
        return Reduction(
            text,
            self._shifts,
            ends=self._ends,
            texts=self._texts,
            repeated=repeated,
            copies=self._copies,
        )

    def _literal(self, start: int) -> int:
        """Take out the lines of a text; those that may not belong to it stay, and the parser decides."""
        text = self._text
        pad = _spaces(text, start)
        found = _end_of_literal(pad).search(text, start)
        end = found.start() if found else len(text)
        body = text[start:end].rstrip("\n")
        last = body[body.rfind("\n") + 1 :]
        if body[pad : pad + 1] not in {"\t", " ", "\n", ""} and not last.isspace():
            stand_in = f"{' ' * pad}{SIGN}{len(self._texts)}"
            self._texts.append("\n".join(body[pad:].split("\n" + " " * pad)))
            self._replace(start, start + len(body), stand_in, body.count("\n"))
        return end

    def _block(self, start: int) -> int:
        """Take out a block that was met before, letter for letter and in the same column."""
        text = self._text
        found = self._end.search(text, start)
        end = found.start() + 1 if found else len(text)
        following = end + _spaces(text, end)
        if text[following : following + 1] == "#":  # it may go on below the comment
            return end - 1
        block = text[start:end]
        known = self._blocks.get(block)
        if known is None:
            shift = self._length - self._done
            begin = start + _spaces(text, start) + shift
            self._blocks[block] = begin, Repeated(len(self._blocks), following + shift)
        elif block.endswith("\n"):
            self._met_again.add(block)
            self._copies += 1
            stand_in = f" '{SIGN}{known[1].number}'\n"
            self._replace(start - 1, end, stand_in, block.count("\n"))
        return end - 1

    def _replace(self, start: int, end: int, stand_in: str, lines: int) -> None:
        """Put a stand-in where so many lines end, of which none is left."""
        self._keep(start)
        self._pieces.append(stand_in)
        self._done, self._length = end, self._length + len(stand_in)
        self._ends.append(self._length)
        characters, before = self._shifts[-1]
        self._shifts.append((characters + end - start - len(stand_in), before + lines))

    def _keep(self, end: int) -> None:
        """Keep the text up to an index."""
        self._pieces.append(self._text[self._done : end])
        self._length += end - self._done
        self._done = end


def _spaces(text: str, at: int) -> int:
    """Return how many spaces begin at an index."""
    end = at
    while text[end : end + 1] == " ":
        end += 1
    return end - at
