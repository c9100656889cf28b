"""The answers behind the results: read whole (raw), or piece by piece (streamed)."""

from __future__ import annotations

import json
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import httpx

from reconciler.api.errors import APIResponseValidationError, StreamConsumedError, unanswered

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from datetime import timedelta

    from reconciler.api.call import Call

T = TypeVar("T")


class Answer(Generic[T]):
    """A view of a successful answer without its body."""

    def __init__(
        self, call: Call[Any], response: httpx.Response, read: Callable[[httpx.Response], T]
    ) -> None:
        self.http_response = response
        self._call = call
        self._read = read
        if not _decodes(response.charset_encoding):
            response.encoding = "utf-8"

    @property
    def http_request(self) -> httpx.Request:
        """The request that was answered; its headers hold the key."""
        return self.http_response.request

    @property
    def url(self) -> httpx.URL:
        """Where the request went."""
        return self.http_response.url

    @property
    def method(self) -> str:
        """The request's method."""
        return self.http_request.method

    @property
    def status_code(self) -> int:
        """The status, always from 200 to 299: any other raises an error instead."""
        return self.http_response.status_code

    @property
    def headers(self) -> httpx.Headers:
        """The answer's headers, compared without case."""
        return self.http_response.headers

    @property
    def request_id(self) -> str:
        """The server's name for the exchange; empty when it gave none."""
        return str(self.headers.get("x-request-id", ""))

    @property
    def http_version(self) -> str:
        """As in ``HTTP/1.1``."""
        return self.http_response.http_version

    @property
    def elapsed(self) -> timedelta:
        """From sending the request to closing the answer; RuntimeError before that."""
        return self.http_response.elapsed

    @property
    def is_closed(self) -> bool:
        """Whether the connection was given back."""
        return self.http_response.is_closed

    @cached_property
    def _parsed(self) -> T:
        return self._read(self.http_response)

    def _json(self, content: bytes) -> Any:
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as cause:
            raise APIResponseValidationError(
                "the body is not JSON", status_code=self.status_code, request_id=self.request_id
            ) from cause

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Raise failures of a body on its way as errors of ours."""
        try:
            yield
        except httpx.StreamError as cause:
            raise StreamConsumedError(
                "the body is gone: it was iterated once, or its `with` block has ended; "
                "read() or parse() inside the block keeps it"
            ) from cause
        except Exception as cause:  # noqa: BLE001 - whatever a transport raises, the body broke off
            error = unanswered(cause, str(self.url))
            error.__cause__ = cause
            self._call.fail(error)


class RawResponse(Answer[T]):
    """An answer whose body is read already, from a client of either variant."""

    @property
    def content(self) -> bytes:
        """The body."""
        return self.http_response.content

    @property
    def text(self) -> str:
        """The body, decoded as its headers say, otherwise as UTF-8."""
        return self.http_response.text

    def json(self) -> Any:
        """Return the body as JSON; APIResponseValidationError when it is none."""
        return self._json(self.content)

    def parse(self) -> T:
        """Return what the method without the view returns, or raise its error; the same object each time."""
        return self._parsed


class StreamedResponse(Answer[T]):
    """An answer whose body is fetched as it is asked for, within the ``with`` block that gave it.

    The body can be iterated once; after ``read``, ``text``, ``json`` or ``parse`` it is kept and can be had
    in any way. Every method raises APIConnectionError when the body breaks off, or UnknownOutcomeError for a
    call that must not be repeated, and StreamConsumedError when it is gone.
    """

    def read(self) -> bytes:
        """Return the whole body."""
        with self._reading():
            return self.http_response.read()

    def text(self) -> str:
        """Return the whole body, decoded as its headers say, otherwise as UTF-8."""
        self.read()
        return self.http_response.text

    def json(self) -> Any:
        """Return the whole body as JSON; APIResponseValidationError when it is none."""
        return self._json(self.read())

    def parse(self) -> T:
        """Return what the method without the view returns, or raise its error; the same object each time."""
        self.read()
        return self._parsed

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Yield the body as it comes, or in chunks of so many bytes."""
        with self._reading():
            yield from self.http_response.iter_bytes(chunk_size)

    def iter_text(self, chunk_size: int | None = None) -> Iterator[str]:
        """Yield the body decoded as it comes, or in chunks of so many characters."""
        with self._reading():
            yield from self.http_response.iter_text(chunk_size)

    def iter_lines(self) -> Iterator[str]:
        """Yield the body line by line, without line ends."""
        with self._reading():
            yield from self.http_response.iter_lines()

    def close(self) -> None:
        """Give the connection back; what was not read is lost."""
        self.http_response.close()


class AsyncStreamedResponse(Answer[T]):
    """The same, awaited."""

    async def read(self) -> bytes:
        """Return the whole body."""
        with self._reading():
            return await self.http_response.aread()

    async def text(self) -> str:
        """Return the whole body, decoded as its headers say, otherwise as UTF-8."""
        await self.read()
        return self.http_response.text

    async def json(self) -> Any:
        """Return the whole body as JSON; APIResponseValidationError when it is none."""
        return self._json(await self.read())

    async def parse(self) -> T:
        """Return what the method without the view returns, or raise its error; the same object each time."""
        await self.read()
        return self._parsed

    async def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Yield the body as it comes, or in chunks of so many bytes."""
        with self._reading():
            async for chunk in self.http_response.aiter_bytes(chunk_size):
                yield chunk

    async def iter_text(self, chunk_size: int | None = None) -> AsyncIterator[str]:
        """Yield the body decoded as it comes, or in chunks of so many characters."""
        with self._reading():
            async for chunk in self.http_response.aiter_text(chunk_size):
                yield chunk

    async def iter_lines(self) -> AsyncIterator[str]:
        """Yield the body line by line, without line ends."""
        with self._reading():
            async for line in self.http_response.aiter_lines():
                yield line

    async def close(self) -> None:
        """Give the connection back; what was not read is lost."""
        await self.http_response.aclose()


def _decodes(charset: str | None) -> bool:
    """Return whether what an answer calls its charset is one for texts; some of Python's codecs are none."""
    try:
        return charset is None or "{}".encode(charset).decode(charset, "replace") == "{}"
    except (LookupError, ValueError):
        return False
