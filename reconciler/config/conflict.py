"""Conflict markers that a merge left in a text or a file."""

from __future__ import annotations

import re

_EVENT = re.compile(rb"\n(?:(<<<<<<< )|(=======)(?=\r?\n)|(>>>>>>> )|```|~~~)")
_LONGEST = 10  # bytes that an event and what decides about it take


class ConflictMarkers:
    """Looks for the three markers at beginnings of lines, in their order; the bytes may come in pieces.

    Those of an example, between the fences of a code block, do not count.
    """

    def __init__(self) -> None:
        self._rest = b"\n"
        self._met = 0
        self._fence = b""  # that of the code block which is open

    @property
    def are_found(self) -> bool:
        """Whether all of them were met."""
        return self._met == _EVENT.groups

    def feed(self, piece: bytes) -> None:
        """Look at the next bytes."""
        if self.are_found:
            return
        text, done = self._rest + piece, 0
        for event in _EVENT.finditer(text):
            done = event.end()
            self._meet(event.lastindex, event[0])
        self._rest = text[max(done, len(text) - _LONGEST) :]

    def _meet(self, marker: int | None, text: bytes) -> None:
        if marker is None and not self._fence:
            self._fence = text
        elif marker is None and text == self._fence:
            self._fence = b""
        elif marker == self._met + 1 and not self._fence:
            self._met = marker


def conflict(text: str) -> int | None:
    """Return where a text has its first conflict marker; None where it has no conflict."""
    if "<<<<<<< " not in text:
        return None
    markers = ConflictMarkers()
    markers.feed(text.encode("utf-8", "surrogatepass"))
    return f"\n{text}".index("\n<<<<<<< ") if markers.are_found else None
