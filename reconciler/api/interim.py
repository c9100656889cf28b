"""Connections that count interim answers (1xx), as no library beneath does, and write a request at once."""

from __future__ import annotations

from typing import Any

from reconciler.model import pattern as re

MOST = 20
"""Interim answers of one attempt; a server has a use for one or two."""
_INTERIM = re.compile(rb"HTTP/\d\.\d 1(?!01)\d\d\b")


class InterimError(Exception):
    """An attempt met more interim answers than any server has a use for."""

    def __init__(self) -> None:
        super().__init__(f"more than {MOST} interim answers (1xx)")


class Heads:
    """The heads that come over a connection, line by line, up to that of the answer itself."""

    def __init__(self) -> None:
        self.expect()

    def expect(self) -> None:
        """Begin to count: a request is being written."""
        self._left, self._rest = MOST, b""
        self._is_first, self._is_over = True, False

    def take(self, piece: bytes) -> None:
        """Look at what was read; InterimError at one interim answer too many."""
        if not self._is_over:
            *lines, self._rest = (self._rest + piece).split(b"\n")
            self._is_over = any(self._is_answer(line.removesuffix(b"\r")) for line in lines)

    def _is_answer(self, line: bytes) -> bool:
        """Return whether a line begins the head of the answer itself; InterimError for one head too many."""
        if not self._is_first:
            self._is_first = not line
            return False
        self._is_first = False
        if not _INTERIM.match(line):
            return True
        self._left -= 1
        if self._left < 0:
            raise InterimError
        return False


class Held:
    """The head of a request, kept back until the piece after it: both leave in one write.

    httpcore writes the head, each part of the body, and an empty piece at the end, and only then reads.
    """

    _most = 65_536  # bytes of a piece above which joining costs more than another write

    def __init__(self) -> None:
        self._head, self._is_first = b"", True

    def expect(self) -> bytes:
        """Take the next piece for a head; what is still kept back is returned, to be written now."""
        head, self._head, self._is_first = self._head, b"", True
        return head

    def due(self, piece: bytes) -> tuple[bytes, ...]:
        """Return what is to be written now, which is nothing for a head."""
        head, is_head = self._head, self._is_first
        self._head, self._is_first = piece if is_head else b"", False
        if is_head:
            return ()
        return (head + piece,) if len(piece) < self._most else (head, piece)


class AsyncWires:
    """Connections of an async transport whose interim answers are counted."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    async def connect_tcp(self, *args: Any, **kwargs: Any) -> _AsyncWire:
        """Connect."""
        return _AsyncWire(await self._backend.connect_tcp(*args, **kwargs))

    def __getattr__(self, name: str) -> Any:
        """Return everything that does not connect, as it is."""
        return getattr(self._backend, name)


class _AsyncWire:
    """A connection whose interim answers are counted."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._heads = Heads()
        self._held = Held()

    async def read(self, *args: Any, **kwargs: Any) -> bytes:
        if head := self._held.expect():
            await self._stream.write(head)
        found: bytes = await self._stream.read(*args, **kwargs)
        self._heads.take(found)
        return found

    async def write(self, buffer: bytes, *args: Any, **kwargs: Any) -> None:
        self._heads.expect()
        for piece in self._held.due(buffer):
            await self._stream.write(piece, *args, **kwargs)

    async def start_tls(self, *args: Any, **kwargs: Any) -> _AsyncWire:
        return _AsyncWire(await self._stream.start_tls(*args, **kwargs))

    def __getattr__(self, name: str) -> Any:
        """Return everything else as it is."""
        return getattr(self._stream, name)
