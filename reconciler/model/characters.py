"""Characters by how they look: those that cannot be seen, marks, and those that look alike.

The tables are those of one version of Unicode, whatever Python's are.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import cache
from typing import Final

from reconciler.model import unicode_tables

MOST_MARKS: Final = 4
"""Combining marks in a row that a script needs; more are drawn over the lines around them."""

_SAME: Final = {"1": "l", "I": "l", "|": "l", "0": "O"}
_BLANKS: Final = re.compile(r"\s+")


class Characters:
    """A set of characters, as ranges of a table; read when it is first asked."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._edges: list[int] = []

    def __contains__(self, letter: object) -> bool:
        if not self._edges:
            self._edges = [edge for word in self._table.split() for edge in _edges(word)]
        return bisect_right(self._edges, ord(str(letter))) % 2 == 1


HIDDEN: Final = Characters(unicode_tables.HIDDEN)
"""What cannot be seen: controls, formats, private and unassigned characters, and what draws nothing."""

BLANK: Final = Characters(unicode_tables.BLANK)
"""What draws nothing although its category is one of letters, marks or symbols."""

SPACES: Final = Characters(unicode_tables.SPACES)
"""White space."""

MARKS: Final = Characters(unicode_tables.MARKS)
"""Marks that are drawn over or under the letter before them."""

RIGHT_TO_LEFT: Final = Characters(unicode_tables.RIGHT_TO_LEFT)
"""Letters that are written from right to left."""


def is_plain(text: str) -> bool:
    """Return whether a text has no controls, formats or unassigned characters, and no other space than " ".

    What draws nothing although it is a letter, a mark or a symbol is left to others.
    """
    if text.isascii():
        return text.isprintable()
    return all(_is_plain(letter) for letter in text)


def look(name: str) -> str:
    """Return one name for all that look the same; what an ASCII letter looks like becomes that letter."""
    if name.isascii():
        plain = name
    else:
        plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).translate(_look_alikes()))
    return _BLANKS.sub(" ", "".join(_SAME.get(letter, letter) for letter in plain)).strip()


def marks_in_a_row(text: str) -> int:
    """Return the length of the longest run of combining marks."""
    if text.isascii():
        return 0
    longest = run = 0
    for letter in text:
        run = run + 1 if letter in MARKS else 0
        longest = max(longest, run)
    return longest


def _is_plain(letter: str) -> bool:
    if letter in SPACES:
        return letter == " "
    return letter not in HIDDEN or letter in BLANK


def _edges(word: str) -> tuple[int, int]:
    """Return where a range begins, and where it has ended."""
    first, _, last = word.partition("-")
    return int(first, 16), int(last or first, 16) + 1


@cache
def _look_alikes() -> dict[int, str]:
    return {int(word[:-1], 16): word[-1] for word in unicode_tables.LOOK_ALIKES.split()}
