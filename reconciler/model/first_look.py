"""A first look at a text: what it has of what a secret needs, so that few rules need to search it.

Every question has a sound answer: where it is "no", or names no stretch, the rule that asks can find nothing
there. A search by a regular expression costs ten to sixty times as much for each letter as these looks.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Stretch: TypeAlias = tuple[int, int]
"""Where a part of a text begins and ends."""

_SMALL, _CAPITAL = b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS = b"0123456789"


def _classes(other: bytes, **members: bytes) -> bytes:
    """Return a table that has for each octet the name of its class, or that of all others."""
    table = bytearray(other * 256)
    for name, octets in members.items():
        for octet in octets:
            table[octet] = ord(name)
    return bytes(table)


# Beyond ASCII, every letter is a question mark here: it parts the words of keys, and no other sign means it.
_LONG: Final = 15  # characters of the shortest key that has the form of a maker; one of base64 is longer
_OF_KEYS = _classes(b" ", w=_SMALL + _CAPITAL + _DIGITS + b"+/=_.@:$,{}~-")
_RUN = b"w" * _LONG
# Words with digits, parted by what parts values in every format. X is any other letter.
_OF_WORDS = _classes(b"x", o=_DIGITS, _=b" \t\n\r\"'")
_DIGIT_WORD = re.compile(b"o[ox]*")
# Letters of words that only blanks part: a key without a digit, before the word that calls it one, has many.
_OF_STRANGE = _classes(b" ", a=_SMALL + _CAPITAL)
_JOINTS = bytes(one for one in range(128) if one not in _SMALL + _CAPITAL + _DIGITS + b" ")
_STRANGE = b"a" * 16
_OF_SPELT, _OF_SPELT_ABROAD = _classes(b"x", s=b" \t\n.,|/"), _classes(b"x", s=b" \t\n.,|/?")
_THIN = ("\u00a0", "\u2009", "\u202f", "\u00b7")
_SIGNS, _FEW_SIGNS = b"s" * 15, b"s" * 7  # between 16 letters; each second one
_OF_QUOTES = _classes(b"x", q=b"\"'`", c=b",")
_BESIDE = re.compile(rb"[\"'`][\t\r+.&~\\]{0,150}[\"'`]")
_LISTED = re.compile(rb"[\"'`]\t{0,4},[\t\r\x0b\x0c\x1c-\x1f?]{0,20}[\"'`]")
_OF_HEXADECIMAL = _classes(b"x", o=_DIGITS, h=b"abcdefABCDEFxX\\ \t\r\n:,;_.-")
_SOME_DIGITS = re.compile(rb"[0-9](?:[A-FX:;_\\\t\r.,-]*[0-9]){5}")
_OCTETS = re.compile(rb"o[oh]{11,}")
_SIX = 6  # letters of the shortest secret, of which each begins with a digit
_CODES = re.compile(rb"[0-9](?:[)(;.,+&CHRA\t\r\x0b\x0c\x1c-\x1f?]{0,12}[0-9]){31}")
_GROUPS = re.compile(
    rb"[-_AS](?:(?<=[-_])|(?<=A)(?:KIA|SIA|I)|(?<=S)G\.)[A-Z0-9_-]{0,60}+"
    rb"(?: {1,2}(?=[_-]{0,24}[A-Z0-9])[A-Z0-9_-]{1,24}+){2}"
)
_NAMED, _JOINED, _BACK = 320, 200, 140  # characters between a value and the words that say what it is
_FEW_DIGITS, _SHARE = 2_000, 0.125  # digits of a text, and of each of its characters
_SHORT, _GOOD = 6, 8  # characters of values
_ENDING = ".,;:)]}\\"
_EDGES = "\"'`*().,;:\n"
_LETTER = re.compile(r"[A-Za-z\x80-\U0010ffff]")
_PART = re.compile(r"[A-Za-z0-9]{5}")


class Look:
    """What a text has of what secrets need."""

    __slots__ = ("_before", "_long", "_lowered", "_near", "_values", "octets", "rest", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.octets = text.encode("ascii", "replace")
        self.rest = self.octets.translate(None, _SMALL + b" \n")
        self._long: Long | None = None
        self._lowered: str | None = None
        self._before: str | None = None
        self._values: tuple[Stretch, ...] | None = None
        self._near: tuple[Stretch, ...] = ()

    @property
    def lowered(self) -> str:
        """The text in small letters, of the same length."""
        if self._lowered is None:
            self._lowered = self.text.replace("İ", "I").lower()
        return self._lowered

    def has(self, *signs: bytes) -> bool:
        """Return whether the text may have one of some signs, written without small letters and blanks."""
        rest = self.rest
        for sign in signs:  # noqa: SIM110 - asked many times of each text, and a generator costs more
            if sign in rest:
                return True
        return False

    @property
    def long(self) -> Long:
        """The words that are long enough for a key of a maker, and for something encoded."""
        if self._long is None:
            self._long = _long(self.text, self.octets)
        return self._long

    @property
    def values(self) -> Sequence[Stretch]:
        """Where words are that may be, or contain, a password: with letters and digits."""
        if self._values is None:
            whole = ((0, len(self.text)),)
            self._values, self._near = (whole, whole) if self._is_numeric else self._words()
        return self._values

    @property
    def near(self) -> Sequence[Stretch]:
        """The stretches in which a name may be beside its value, if that has a digit; each begins a word."""
        return self._near if self.values or self._near else ()

    def is_before_value(self, *words: str) -> bool:
        """Return whether one of some words, in small letters, is shortly before a value."""
        if self._before is None:
            stretches = _merged((start - _JOINED, end) for start, end in self.values)
            self._before = "\n".join([self.lowered[max(0, start) : end] for start, end in stretches])
        return any(word in self._before for word in words)

    @property
    def is_strange(self) -> bool:
        """Whether a word between blanks may have so many letters that it is a key without a digit."""
        return _STRANGE in self.octets.translate(_OF_STRANGE, _JOINTS)

    @property
    def spelt(self) -> Sequence[Stretch]:
        """The stretches in which letters may stand one by one, with the same sign between them."""
        is_thin = not self.text.isascii() and any(one in self.text for one in _THIN)
        table = _OF_SPELT_ABROAD if is_thin else _OF_SPELT
        if not any(_FEW_SIGNS in self.octets[first::4].translate(table) for first in range(4)):
            return ()
        return sorted(
            (max(0, first + 2 * start - 1), first + 2 * end + 1)
            for first in (0, 1)
            for start, end in _runs(self.octets[first::2].translate(table), _SIGNS, b"x")
        )

    @property
    def may_have_groups(self) -> bool:
        """Whether groups of a key may stand one after the other."""
        return _GROUPS.search(self.octets.translate(None, _SMALL)) is not None

    @property
    def may_have_codes(self) -> bool:
        """Whether many numbers of letters may stand one after the other."""
        return _CODES.search(self.rest) is not None

    @property
    def may_have_pieces(self) -> bool:
        """Whether pieces between quotes may be in a list."""
        if _LISTED.search(self.rest) is None:
            return False
        return b"qcq" in self.octets.translate(_OF_QUOTES, b" \t\r\n\x0b\x0c\x1c\x1d\x1e\x1f?")

    @property
    def may_be_quoted(self) -> bool:
        """Whether pieces between quotes may be put together."""
        if _BESIDE.search(self.rest) is None:
            return False
        return b"qq" in self.octets.translate(_OF_QUOTES, b" \t\r\n+.&~\\")

    @property
    def may_be_hexadecimal(self) -> bool:
        """Whether there may be digits of six octets that are letters, one after the other."""
        if _SOME_DIGITS.search(self.rest) is None:
            return False
        runs = _OCTETS.findall(self.octets.translate(_OF_HEXADECIMAL))
        return any(run.count(b"o") >= _SIX for run in runs)

    @property
    def _is_numeric(self) -> bool:
        """Whether there are so many words with digits that one search costs less than to look at each."""
        count = len(self.rest) - len(self.rest.translate(None, _DIGITS))
        return count > _FEW_DIGITS and count > _SHARE * len(self.text)

    def _words(self) -> tuple[tuple[Stretch, ...], tuple[Stretch, ...]]:
        """Return where the words are that have a digit and a letter, and what is around them.

        A word is as long as the shortest password, and not like "v1.0".
        """
        text, octets = self.text, self.octets
        classes = octets.translate(_OF_WORDS)
        values: list[Stretch] = []
        near: list[Stretch] = []
        for found in _DIGIT_WORD.finditer(classes):
            at, end = found.span()
            start = classes.rfind(b"_", 0, at) + 1
            word = text[start:end]
            if _may_be_value(word):
                values.append((start, end))
                if _may_be_value(word.rstrip(_ENDING)):
                    near.append((start - _NAMED, end))
            begin, last = octets.rfind(b" ", max(0, at - _BACK), at), octets.find(b" ", at, at + _BACK + 1)
            if begin >= 0 and last - begin > _GOOD and _may_be_earlier(text[begin:last]):
                near.append((begin, last + _JOINED))
        return tuple(values), tuple(_aligned(classes, sorted(near)))


class Long:
    """The long words of a text, as one text of lines, and where each of them was."""

    __slots__ = ("_at", "stretches", "text")

    def __init__(self, text: str, stretches: Sequence[Stretch]) -> None:
        self.stretches = stretches
        self.text = "\n".join([text[start:end] for start, end in stretches])
        self._at = (
            [*accumulate((end - start + 1 for start, end in stretches), initial=0)] if stretches else []
        )

    def __bool__(self) -> bool:
        return bool(self.stretches)

    def place(self, index: int) -> int:
        """Return where in the whole text a letter of the words is."""
        number = bisect_right(self._at, index) - 1
        return self.stretches[number][0] + index - self._at[number]


def _long(text: str, octets: bytes) -> Long:
    return Long(text, [*_runs(octets.translate(_OF_KEYS), _RUN, b" ")])


def _runs(classes: bytes, least: bytes, other: bytes) -> Iterator[Stretch]:
    """Yield where a class goes on at least so long, up to the ``other`` one."""
    start = classes.find(least)
    while start >= 0:
        end = classes.find(other, start + len(least))
        end = len(classes) if end < 0 else end
        yield start, end
        start = classes.find(least, end)


def _may_be_value(word: str) -> bool:
    """Return whether a word with a digit may be a password; a short one has few signs."""
    if len(word) < _SHORT or _LETTER.search(word) is None:
        return False
    return len(word) >= _GOOD or _PART.search(word) is not None


def _may_be_earlier(word: str) -> bool:
    """Return whether a word with a digit may be a password whose name is behind it."""
    word = word.strip(_EDGES + " ")
    return len(word) >= _GOOD and _LETTER.search(word) is not None


def _aligned(classes: bytes, stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """Yield stretches, given in order, from the word in which each begins; those that touch are one."""
    merged = ((max(0, start), end) for start, end in _merged(stretches))
    return _merged((classes.rfind(b"_", 0, start) + 1, end) for start, end in merged)


def _merged(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """Yield stretches, given in order, those that touch as one."""
    first, last = None, 0
    for start, end in stretches:
        if first is None or start > last:
            if first is not None:
                yield first, last
            first, last = start, end
        last = max(last, end)
    if first is not None:
        yield first, last
