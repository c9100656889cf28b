"""The end of an attempt: one moment for all of it, however many operations it takes."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import anyio
import httpx

from reconciler.api.interim import Heads, Held

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

_PACE = 1_000_000
"""Bytes a second, in either direction, below which a transfer counts as stuck."""
_LARGEST = 512 * _PACE
"""What a body of unknown size, such as a pipe, may have to carry: the largest upload of the wire."""


_TICK = 0.01
"""Seconds by which a socket may give up early."""


class Deadline:
    """The moment at which an attempt ends; never, when ``seconds`` is None.

    Timeouts of single operations are of no use against a server that says one byte a second. A wait in
    this thread finds it by ``holding`` and asks ``clip``; a wait in a loop is cut off by ``cutting``.
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = math.inf if seconds is None else seconds
        self._end = time.monotonic() + self._seconds
        self._alarm: anyio.CancelScope | None = None

    @classmethod
    def of(cls, request: httpx.Request, seconds: float | None) -> Deadline:
        """Return the deadline of a request: so many seconds, and one more for each MB that it sends."""
        if seconds is None:
            return cls(None)
        return cls(seconds + _size(request) / _PACE)

    @property
    def left(self) -> float:
        """Seconds until then, infinitely many where there is no end; negative when it has passed."""
        return self._end - time.monotonic()

    def clip(self, timeout: float | None) -> float | None:
        """Return the timeout of an operation that starts now; httpx.ReadTimeout when it is too late."""
        left = self.left
        if left <= 0:
            raise self._passed()
        shortest = left if timeout is None else min(timeout, left)
        return None if shortest == math.inf else shortest

    def extend(self, size: int) -> None:
        """Allow for so many bytes of content."""
        self._seconds += size / _PACE
        self._end += size / _PACE
        if self._alarm is not None:
            self._alarm.deadline = anyio.current_time() + self.left

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Let the sockets of this thread keep to it."""
        token = _HELD.set(self)
        try:
            yield
        finally:
            _HELD.reset(token)

    @contextmanager
    def cutting(self) -> Iterator[None]:
        """Cut off whatever is awaited in the block when the moment comes, in any event loop."""
        if self._seconds == math.inf:
            yield
            return
        with anyio.CancelScope(deadline=anyio.current_time() + self.left) as self._alarm:
            yield
        if self._alarm.cancelled_caught:
            raise self._passed()

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Give every failure in the block after the end of the attempt that reason."""
        try:
            yield
        except Exception as cause:
            if self.left > _TICK:
                raise
            raise self._passed() from cause

    def _passed(self) -> httpx.ReadTimeout:
        return httpx.ReadTimeout(f"the whole call was not over after {self._seconds:.4g} s")


_HELD: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def _size(request: httpx.Request) -> int:
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdecimal():
        return min(int(length), _LARGEST)
    return _LARGEST if "transfer-encoding" in request.headers else 0


def _clipped(timeout: float | None) -> float | None:
    held = _HELD.get()
    return timeout if held is None else held.clip(timeout)


def _explained() -> AbstractContextManager[None]:
    held = _HELD.get()
    return nullcontext() if held is None else held.explaining()


class Wires:
    """Connections of a sync transport, each of which keeps to the deadline."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def connect_tcp(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> _Wire:
        """Connect."""
        return _Wire(self._backend.connect_tcp(*args, timeout=_clipped(timeout), **kwargs))


class _Wire:
    """A connection on which no operation outlasts the deadline; headers too may come byte by byte."""

    _slice = 65_536  # written at once, so that a slow reader is noticed

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._heads = Heads()
        self._held = Held()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if head := self._held.expect():
            self._write(head, timeout)
        with _explained():
            found: bytes = self._stream.read(max_bytes, timeout=_clipped(timeout))
        self._heads.take(found)
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._heads.expect()
        for piece in self._held.due(buffer):
            self._write(piece, timeout)

    def _write(self, piece: bytes, timeout: float | None) -> None:
        for start in range(0, len(piece), self._slice):
            with _explained():
                self._stream.write(piece[start : start + self._slice], timeout=_clipped(timeout))

    def start_tls(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> _Wire:
        return _Wire(self._stream.start_tls(*args, timeout=_clipped(timeout), **kwargs))

    def __getattr__(self, name: str) -> Any:
        """Return everything that does not wait, as it is."""
        return getattr(self._stream, name)
