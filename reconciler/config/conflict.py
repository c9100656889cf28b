"""Conflict markers that a merge left in a text or a file."""

from __future__ import annotations

_MARKERS = (b"\n<<<<<<< ", b"\n=======", b"\n>>>>>>> ")
_LONGEST = max(map(len, _MARKERS))


class ConflictMarkers:
    """Looks for the three markers at beginnings of lines, in their order; the bytes may come in pieces."""

    def __init__(self) -> None:
        self._rest = b"\n"
        self._met = 0

    @property
    def are_found(self) -> bool:
        """Whether all of them were met."""
        return self._met == len(_MARKERS)

    def feed(self, piece: bytes) -> None:
        """Look at the next bytes."""
        text, start = self._rest + piece, 0
        while not self.are_found:
            found = text.find(_MARKERS[self._met], start)
            if found < 0:
                break
            start = found + len(_MARKERS[self._met])
            self._met += 1
        self._rest = text[max(start - 1, len(text) - _LONGEST + 1, 0) :]


def conflict(text: str) -> int | None:
    """Return where a text has its first conflict marker; None where it has no conflict."""
    if "<<<<<<< " not in text:
        return None
    markers = ConflictMarkers()
    markers.feed(text.encode("utf-8", "surrogatepass"))
    return f"\n{text}".index("\n<<<<<<< ") if markers.are_found else None
