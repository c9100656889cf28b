"""The bytes of a file in one pass: their digests, as git and as uploads count them, and their line ends."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.config.conflict import ConflictMarkers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EDGE: Final = 64 * 1024
"""Bytes of the beginning and of the end of a file that show whether it is a placeholder."""
BEGINNING: Final = 128 * 1024
"""Bytes that are kept of the beginning of a file."""

_SHA256_LENGTH = 64  # of an object's name in hex; the other algorithm is SHA-1, whose names have 40


@dataclass(frozen=True, slots=True)
class Passed:
    """What was found in one pass: ``blob`` is the name that git would give to these bytes, or empty.

    ``line_ends`` counts CR LF, ``has_conflict`` is for the markers of a merge, and ``head`` and ``tail`` are
    the first and the last bytes.
    """

    size: int
    sha256: str
    blob: str
    line_ends: int
    has_conflict: bool
    head: bytes
    tail: bytes


class Pass:
    """One pass over a file of ``size`` bytes, whose name in git would be of the same kind as ``like``.

    Where git has nothing to compare it with, the name is not computed.
    """

    def __init__(self, size: int, like: str = "") -> None:
        # git chose these names; a collision of SHA-1 would have to be in the commit that was reviewed.
        algorithm = "sha256" if len(like) == _SHA256_LENGTH else "sha1"
        self._blob = hashlib.new(algorithm, b"blob %d\0" % size, usedforsecurity=False) if like else None
        self._sha256 = hashlib.sha256()
        self._markers = ConflictMarkers()
        self._size = self._line_ends = 0
        self._head = self._tail = self._last = b""

    def feed(self, piece: bytes) -> None:
        """Take the next bytes."""
        self._markers.feed(piece)
        if self._blob:
            self._blob.update(piece)
        self._sha256.update(piece)
        self._size += len(piece)
        self._line_ends += piece.count(b"\r\n") + (self._last == b"\r" and piece[:1] == b"\n")
        self._last = piece[-1:] or self._last
        if len(self._head) < BEGINNING:
            self._head += piece[: BEGINNING - len(self._head)]
        self._tail = (self._tail + piece[-EDGE:])[-EDGE:]

    def passed(self) -> Passed:
        """Return what was found."""
        return Passed(
            self._size,
            self._sha256.hexdigest(),
            self._blob.hexdigest() if self._blob else "",
            line_ends=self._line_ends,
            has_conflict=self._markers.are_found,
            head=self._head,
            tail=self._tail,
        )


def with_line_feeds(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield pieces with LF where they have CR LF."""
    held = b""
    for piece in pieces:
        joined = held + piece
        held = b"\r" if joined.endswith(b"\r") else b""
        yield joined[: len(joined) - len(held)].replace(b"\r\n", b"\n")
    yield held


def passed(pieces: Iterable[bytes], size: int, like: str) -> Passed:
    """Return what one pass over pieces finds."""
    one = Pass(size, like)
    for piece in pieces:
        one.feed(piece)
    return one.passed()
