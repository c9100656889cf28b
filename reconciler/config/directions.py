"""Characters that change the direction of writing: where a text needs them, and where they only reorder it.

A mark of direction belongs to a text with letters of right-to-left scripts, in whichever line they are, and
not into a Latin word; messengers and address books also put U+200E before lines and around numbers. A pair
that isolates or embeds is closed on its line, has something in it and is no deeper than two. Overrides, which
show letters in another order than they are read in, are never needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler.model import pattern as re
from reconciler.model.characters import RIGHT_TO_LEFT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_POP_ISOLATE, _POP_EMBEDDING = "\u2069", "\u202c"
_FIRST_STRONG = "\u2068"
_TO_THE_LEFT = frozenset("\u2067\u202b")
_OVERRIDES = frozenset("\u202d\u202e")
_CLOSERS: Final = {
    **dict.fromkeys("\u2066\u2067\u2068", _POP_ISOLATE),
    **dict.fromkeys("\u202a\u202b\u202d\u202e", _POP_EMBEDDING),
}
_DEEPEST = 2  # such as a Latin name in a Hebrew sentence
_MARK = "\u200e\u200f\u061c"
_MARKS = re.compile(
    f"(?<![{_MARK}])(?:(?<![A-Za-z])[{_MARK}]{{1,2}}|[{_MARK}]{{1,2}}(?![A-Za-z]))(?![{_MARK}])"
)
_LONE_MARK = re.compile(
    f"(?<![{_MARK}\\w-])\u200e(?![{_MARK}])|(?<![{_MARK}])\u200e(?![{_MARK}\\w-])", re.ASCII
)
_NUMBERS = re.compile(r"[0-9+() ./\xa0\u202f-]{1,40}")
_PAIR = re.compile("[\u2066-\u2069\u202a-\u202e]")
_PLACEHOLDER = re.compile(r"\{{1,2}[^{}]{1,60}\}{1,2}|\$\{[^{}]{1,60}\}|%[a-z]|<[A-Za-z_]{1,60}>")


class _Pair(NamedTuple):
    """Where a stretch of another direction begins and ends, and how many are around it."""

    first: int
    last: int
    depth: int


def goes_left(letters: Iterable[str]) -> bool:
    """Return whether some of the letters are written from right to left."""
    return any(letter in RIGHT_TO_LEFT for letter in letters)


def meant(line: str, *, is_right_to_left: bool) -> set[int]:
    """Return the indexes of what a line needs, in a text with right-to-left letters or without."""
    found: set[int] = set()
    marks = _MARKS if is_right_to_left else _LONE_MARK
    found.update(index for run in marks.finditer(line) for index in range(*run.span()))
    for pair in _pairs(line):
        if pair.depth <= _DEEPEST and _is_needed(line, pair, is_right_to_left=is_right_to_left):
            found.update((pair.first, pair.last))
    return found


def _pairs(line: str) -> Iterator[_Pair]:
    """Yield the pairs that are closed on the line, one within another or beside it."""
    opened: list[int] = []
    for match in _PAIR.finditer(line):
        index, letter = match.start(), match[0]
        if letter in _CLOSERS:
            opened.append(index)
        elif opened and _CLOSERS[line[opened[-1]]] == letter:
            depth = len(opened)
            yield _Pair(opened.pop(), index, depth)
        else:
            opened.clear()


def _is_needed(line: str, pair: _Pair, *, is_right_to_left: bool) -> bool:
    """Return whether a pair can be meant: what is isolated by its own direction may be so in any text."""
    opening, inside = line[pair.first], _PAIR.sub("", line[pair.first + 1 : pair.last])
    if opening in _OVERRIDES or not inside.strip():
        return False
    if opening in _TO_THE_LEFT:
        return goes_left(inside) or (is_right_to_left and bool(_PLACEHOLDER.fullmatch(inside)))
    return is_right_to_left or opening == _FIRST_STRONG or _NUMBERS.fullmatch(inside) is not None
