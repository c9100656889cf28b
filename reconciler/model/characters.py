"""Characters by how they look: those that cannot be seen, marks, letters, and those that look alike.

Every property that a verdict or a plan depends on is asked here. The tables are those of one version of
Unicode, whatever Python's are. A Python is asked only for what every version since 14.0 answers alike: normal
forms and cases of characters that 14.0 has, and white space.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING, Final

from reconciler.model import pattern as re
from reconciler.model import unicode_tables

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_MARKS: Final = 4
"""Combining marks in a row that a script needs; more are drawn over the lines around them."""

_SAME: Final = str.maketrans({"1": "l", "I": "l", "|": "l", "0": "O"})
_ENCLOSING: Final = "[\u0488\u0489\u20dd-\u20e0\u20e2-\u20e4]{2,}"  # one around another, over a letter
_SELECTORS: Final = ((range(0xFE00, 0xFE10), 1), (range(0xE0100, 0xE01F0), 17))  # and the number of the first


class Characters:
    """A set of characters, as ranges of a table; read when it is first asked."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._edges: list[int] = []

    def __contains__(self, letter: object) -> bool:
        if not self._edges:
            self._edges = [edge for word in self._table.split() for edge in _edges(word)]
        return bisect_right(self._edges, ord(str(letter))) % 2 == 1

    def pattern(self) -> str:
        """Return the ranges as a set of a regular expression has them between its brackets."""
        return "".join(f"\\U{first:08x}-\\U{end - 1:08x}" for first, end in map(_edges, self._table.split()))


HIDDEN: Final = Characters(unicode_tables.HIDDEN)
"""What cannot be seen: controls, formats, private and unassigned characters, and what draws nothing."""

BLANK: Final = Characters(unicode_tables.BLANK)
"""What draws nothing although its category is one of letters, marks or symbols."""

SPACES: Final = Characters(unicode_tables.SPACES)
"""White space."""

MARKS: Final = Characters(unicode_tables.MARKS)
"""Marks that are drawn over or under the letter before them."""

LETTERS: Final = Characters(unicode_tables.LETTERS)
"""Letters, and the marks that belong to them."""

NUMBERS: Final = Characters(unicode_tables.NUMBERS)
"""Digits, and other signs for numbers."""

SYMBOLS: Final = Characters(unicode_tables.SYMBOLS)
"""Symbols and punctuation."""

WIDE: Final = Characters(unicode_tables.WIDE)
"""What takes two columns of a terminal."""

RIGHT_TO_LEFT: Final = Characters(unicode_tables.RIGHT_TO_LEFT)
"""Letters that are written from right to left."""

_RECENT: Final = Characters(unicode_tables.RECENT)


def is_plain(text: str) -> bool:
    """Return whether a text has no controls, formats or unassigned characters, and no other space than " ".

    What draws nothing although it is a letter, a mark or a symbol is left to others.
    """
    if text.isascii():
        return text.isprintable()
    return all(_is_plain(letter) for letter in text)


def is_word(text: str) -> bool:
    """Return whether a text has letters, digits and underscores only, and at least one."""
    return bool(text) and all(one == "_" or one in LETTERS or one in NUMBERS for one in text)


def stands_alone(match: re.Match[str]) -> bool:
    r"""Return whether neither of a match's neighbours makes it part of a longer word, as ``\b`` would say."""
    text, (start, end) = match.string, match.span()
    return not (is_word(text[start - 1 : start]) or is_word(text[end : end + 1]))


def normalised(form: str, text: str) -> str:
    """Return a text in a normal form; characters that a Python may lack stay as they are."""
    return _known(text, lambda part: unicodedata.normalize(form, part))  # type: ignore[arg-type] # NFC and its like


def folded(text: str) -> str:
    """Return a text in one case; characters that a Python may lack stay as they are."""
    return _known(text, str.casefold)


def named(character: str) -> str:
    """Return a character as a person can look it up: U+200B ZERO WIDTH SPACE.

    Only what cannot be seen, and spaces, have a name here.
    """
    code = ord(character)
    name = _names().get(code) or _selector(code)
    return f"U+{code:04X}{' ' if name else ''}{name}"


def quoted(text: str) -> str:
    """Return a text in quotes, with what is not plain as escapes: ``repr``, but the same on every Python."""
    quote = '"' if "'" in text and '"' not in text else "'"
    return f"{quote}{''.join(_escaped(one, quote) for one in text)}{quote}"


def look(name: str) -> str:
    """Return one name for all that look the same; what an ASCII letter looks like becomes that letter."""
    plain = name
    if not name.isascii():
        plain = normalised("NFKC", normalised("NFKC", name).translate(_look_alikes()))
    return " ".join(plain.translate(_SAME).split())


def heap(text: str, most: int = MOST_MARKS) -> re.Match[str] | None:
    """Return the first run of more than ``most`` combining marks; None where there is none."""
    if text.isascii():
        return None
    marks = "".join(one for one in set(text) if not one.isascii() and one in MARKS)
    return re.search(f"{_ENCLOSING}|[{re.escape(marks)}]{{{most + 1},}}", text) if marks else None


def _is_plain(letter: str) -> bool:
    if letter in SPACES:
        return letter == " "
    return letter not in HIDDEN or letter in BLANK


def _escaped(letter: str, quote: str) -> str:
    if letter == quote:
        return f"\\{letter}"
    if letter in "'\"":
        return letter
    return ascii(letter)[1:-1] if letter.isascii() or not _is_plain(letter) else letter


def _known(text: str, change: Callable[[str], str]) -> str:
    """Return a text of which each part that every Python knows is changed.

    Nothing is decomposed into a recent character, nor composed with one, nor put in order over one.
    """
    if text.isascii() or not any(letter in _RECENT for letter in set(text)):
        return change(text)
    parts = _recent().split(text)  # every other one is recent
    return "".join(part if number % 2 else change(part) for number, part in enumerate(parts))


def _edges(word: str) -> tuple[int, int]:
    """Return where a range begins, and where it has ended."""
    first, _, last = word.partition("-")
    return int(first, 16), int(last or first, 16) + 1


def _selector(code: int) -> str:
    numbers = (first + codes.index(code) for codes, first in _SELECTORS if code in codes)
    return next((f"VARIATION SELECTOR-{number}" for number in numbers), "")


@cache
def _recent() -> re.Pattern[str]:
    return re.compile(f"([{_RECENT.pattern()}]+)")


@cache
def _names() -> dict[int, str]:
    rows = (row.partition(" ") for row in unicode_tables.NAMES.split(";"))
    return {int(code, 16): name for code, _, name in rows if code}


@cache
def _look_alikes() -> dict[int, str]:
    return {int(word[:-1], 16): word[-1] for word in unicode_tables.LOOK_ALIKES.split()}
