"""Conflict markers that a merge left in a text or a file."""

from __future__ import annotations

import re
from typing import Final

CONFLICT: Final = "a merge left its conflict markers here"
DECIDE: Final = "decide for one side, and remove them"
"""What is said of them, and what to do."""

_EVENT = re.compile(rb"\n(?:\xef\xbb\xbf)?(?: {0,3}(?:(<{7,40} [^\s<>])|(>{7,40} [^\s<>]))|```|~~~)")
_LONGEST = 50  # bytes that an event and what decides about it take
# One of them alone, with nothing but the name of a side or a commit, as git and its like write it.
_ALONE = re.compile(
    r"^(?:<{7} (?:HEAD|ours|[Uu]pdated upstream)|={7}\n(?:[^\n]*\n){1,40}?>{7} [0-9a-f]{7,40}\b[^\n]*|"
    r">{7} [\w./-]+)[ \t\r]*$",
    re.MULTILINE | re.ASCII,
)
_FIRST = re.compile("^\ufeff? {0,3}(<{7,40}) ", re.MULTILINE)
_QUOTED_MAIL = re.compile(r"^>{1,6} |^>{8}", re.MULTILINE)


class ConflictMarkers:
    """Looks for the first and the last marker at beginnings of lines; the bytes may come in pieces.

    Those of an example, between the fences of a code block, do not count. What is between the two differs:
    tools write `=======`, `|||||||` or `%%%%%%%`.
    """

    def __init__(self) -> None:
        self._rest = b"\n"
        self._met = 0
        self._fence = b""  # that of the code block which is open

    @property
    def are_found(self) -> bool:
        """Whether both of them were met."""
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
    """Return where a text has its first conflict marker; None where it has no conflict.

    One marker that was left alone counts too, unless the text quotes mails, whose lines begin in the same
    way.
    """
    if "<<<<<<< " not in text and ">>>>>>> " not in text:
        return None
    markers = ConflictMarkers()
    markers.feed(text.encode("utf-8", "surrogatepass"))
    if markers.are_found:
        first = _FIRST.search(text)
        return first.start(1) if first else 0
    is_mail = "```" in text or "~~~" in text or _QUOTED_MAIL.search(text)
    alone = None if is_mail else _ALONE.search(text)
    return alone.start() if alone else None
