"""Stretches of a text that may be base64 or hexadecimal, and what they stand for."""

from __future__ import annotations

from base64 import b32decode
from binascii import a2b_base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.model import pattern as re

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_LETTER = r"[A-Za-z0-9+/_-]"
# Lines of one text, as base64 is often broken; blanks within a line would join the words of a prose.
_BASE64 = re.compile(rf"(?<!{_LETTER}){_LETTER}{{16,}}+(?:[ \t]{{0,20}}\r?\n[ \t]{{0,20}}{_LETTER}{{4,}}+)*+")
_PAIR = r"(?:0[xX]|\\x)?[0-9A-Fa-f]{2}"
_BETWEEN = r"[ \t\r\n:,;_.-]{0,3}+"
_HEXADECIMAL = re.compile(rf"(?<![0-9A-Fa-f]){_PAIR}(?:{_BETWEEN}{_PAIR}){{11,}}+[0-9A-Fa-f]?")
_BASE32 = re.compile(
    r"(?<![A-Za-z0-9+/_-])(?:[A-Z2-7]{24,}+(?:\r?\n[A-Z2-7]{8,}+)*+|[a-z2-7]{24,}+(?:\r?\n[a-z2-7]{8,}+)*+)"
    r"(?![A-Za-z0-9+/_-])"
)
_STANDARD = str.maketrans("-_", "+/", " \t\r\n")
_NO_DIGIT = re.compile(r"0[xX]|[^0-9A-Fa-f]")
# Octets that are a text, in UTF-8; most of what is decoded is none, as the look ahead finds at less cost.
_LEGIBLE = re.compile(
    r"(?=[\t\n\r\x20-\x7e\xc2-\xf4][\t\n\r\x20-\x7e\x80-\xbf\xc2-\xf4]{10})"
    r"(?:[\t\n\r\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){11,}+"
)
_TWO = 2  # hexadecimal digits that are one octet


@dataclass(frozen=True, slots=True)
class Encoding:
    """A way of writing octets; a run of it is read once from each of its first letters."""

    pattern: re.Pattern[str]
    phases: int
    letters: Callable[[str], str]
    octets: Callable[[str], bytes]
    unit: int
    """Letters that are decoded together."""
    size: int
    """Octets that they are."""

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where the runs of a text are."""
        yield from (found.span() for found in self.pattern.finditer(text))

    def found(self, text: str) -> list[str]:
        """Return the runs of a text."""
        return self.pattern.findall(text)

    def decoded(self, runs: Sequence[str]) -> Iterator[str]:
        """Yield what all runs stand for, in one text with gaps between them, for each phase."""
        letters = [self.letters(run) for run in runs]
        for phase in range(self.phases):
            yield self.octets("".join([self._padded(run[phase:]) for run in letters])).decode("latin-1")

    def sizes(self, runs: Sequence[str], phase: int) -> list[int]:
        """Return how many characters each run has in the text of a phase."""
        lengths = [len(self.letters(run)) for run in runs]
        return [len(self._padded("A" * (length - phase))) // self.unit * self.size for length in lengths]

    def _padded(self, run: str) -> str:
        gap = ("0" if self.unit == _TWO else "A") * self.unit
        return f"{run}{gap[: -len(run) % self.unit]}{gap}"


def legible(octets: str) -> str:
    """Return the texts in octets, one after the other."""
    return "\0".join(_LEGIBLE.findall(octets))


def blanked(octets: str) -> str:
    """Return octets of which the texts are left, in their places."""
    parts: list[str] = []
    at = 0
    for found in _LEGIBLE.finditer(octets):
        parts += ("\0" * (found.start() - at), found[0])
        at = found.end()
    return "".join([*parts, "\0" * (len(octets) - at)])


def _of_hexadecimal(run: str) -> str:
    return _NO_DIGIT.sub("", run)


def _of_base64(run: str) -> str:
    return run.translate(_STANDARD)


def _of_base32(run: str) -> str:
    return run.translate(_STANDARD).upper()


ENCODINGS: Final = (
    Encoding(_BASE64, 4, _of_base64, a2b_base64, unit=4, size=3),
    Encoding(_HEXADECIMAL, 2, _of_hexadecimal, bytes.fromhex, unit=2, size=1),
)
"""The encodings that are undone."""

BASE32: Final = Encoding(_BASE32, 1, _of_base32, b32decode, unit=8, size=5)
"""One more, in which keys are looked for."""
