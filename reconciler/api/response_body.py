"""The body of an answer as it comes: counted after it is decoded, and no more of it kept than allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from reconciler.api.errors import APIResponseValidationError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from reconciler.api.call import Call
    from reconciler.api.deadline import Deadline
    from reconciler.model.redactor import Redactor

MOST = 16 * 1024 * 1024
"""Bytes that an answer may have, decoded, unless a caller says otherwise."""
_PIECES = 20_000
"""Small pieces in which a body may come: each costs as much as thousands of bytes."""
_SMALL = 256
_PIECE = 8192  # a thousand times that is what one step of gzip may unpack
_PACKED = frozenset({"gzip", "deflate", "br", "zstd"})  # what the library beneath may unpack
_BOUNDED: tuple[list[str], ...] = (
    [],
    ["gzip"],
    ["deflate"],
)  # of these, what cannot grow beyond all measure in one step


class Intake:
    """Takes in the body of an answer; what is too much of a refusal is dropped, since its status says all.

    Raises httpx.DecodingError for a body that is packed without a bound for the size of a step.
    """

    def __init__(
        self, answer: httpx.Response, call: Call[Any], most: int, deadline: Deadline, *, redactor: Redactor
    ) -> None:
        self._answer = answer
        self._redactor = redactor
        self._call = call
        self._most = most if call.at_most is None else call.at_most
        self._deadline = deadline
        self._pieces: list[bytes] = []
        self._left, self._pieces_left = self._most, _PIECES
        if self._is_packed():
            answer.stream = _Pieces(answer.stream)

    def _is_packed(self) -> bool:
        """Return whether it has to be unpacked; httpx.DecodingError where that has no bound."""
        named = self._answer.headers.get_list("content-encoding", split_commas=True)
        packed = [name for coding in named if (name := coding.strip().lower()) in _PACKED]
        if packed not in _BOUNDED:
            raise httpx.DecodingError(f"unexpected Content-Encoding: {', '.join(packed[:4])}")
        return bool(packed)

    def read(self) -> None:
        """Read it; the answer then has its content as if it had read it itself."""
        for piece in self._answer.iter_bytes():
            if not self._take(piece):
                break
        self._keep()

    async def aread(self) -> None:
        """Return the same, awaited."""
        async for piece in self._answer.aiter_bytes():
            if not self._take(piece):
                break
        self._keep()

    def _take(self, piece: bytes) -> bool:
        """Keep a piece; False when no more is wanted."""
        if self._call.at_most is not None:
            self._deadline.extend(len(piece))
        self._deadline.clip(None)
        self._pieces.append(piece[: self._left])
        self._left -= len(piece)
        self._pieces_left -= len(piece) < _SMALL
        if self._answer.is_success and self._left < 0:
            raise self._excess(f"more than {self._most} bytes, which is the limit")
        if self._answer.is_success and self._pieces_left < 0:
            raise self._excess(f"more than {_PIECES:,} pieces of less than {_SMALL} bytes")
        return min(self._left, self._pieces_left) >= 0

    def _keep(self) -> None:
        content = b"".join(self._pieces)
        self._answer._content = content  # noqa: SLF001 - what its own read() would leave, which takes no limit

    def _excess(self, what: str) -> APIResponseValidationError:
        return APIResponseValidationError(
            f"{self._call.method} /{self._call.url} answered {self._answer.status_code} with {what}",
            status_code=self._answer.status_code,
            request_id=self._redactor.hidden(self._answer.headers.get("x-request-id", "")),
        )


class _Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The same bytes in pieces so small that unpacking one of them is harmless."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            yield from _cut(chunk)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            for piece in _cut(chunk):
                yield piece

    def close(self) -> None:
        self._stream.close()

    async def aclose(self) -> None:
        await self._stream.aclose()


def _cut(chunk: bytes) -> Iterator[bytes]:
    return (chunk[start : start + _PIECE] for start in range(0, len(chunk), _PIECE))
