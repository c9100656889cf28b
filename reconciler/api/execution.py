"""Senders of Calls, whose callers get the result, the answer read whole, or the answer to be read."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from reconciler.api.responses import AsyncStreamedResponse, RawResponse, StreamedResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager, AbstractContextManager

    import httpx

    from reconciler.api.call import Call
    from reconciler.api.pages import AsyncCursorPage, AsyncPaginator, ListCall, SyncCursorPage

T = TypeVar("T")


class Sender(Protocol):
    """Makes Calls and waits for their results."""

    def send(self, call: Call[T]) -> T:
        """Make one Call."""
        ...

    def listed(self, call: ListCall[T]) -> SyncCursorPage[T]:
        """Return the first page of a list."""
        ...


class AsyncSender(Protocol):
    """Makes Calls and gives something to await."""

    async def send(self, call: Call[T]) -> T:
        """Make one Call."""
        ...

    def listed(self, call: ListCall[T]) -> AsyncPaginator[T, AsyncCursorPage[T]]:
        """Return a list, to be awaited or iterated."""
        ...


class Exchange(Sender, Protocol):
    """A Sender that also gives its answers away."""

    def respond(self, call: Call[T], *, stream: bool = False) -> httpx.Response:
        """Return the successful answer to a Call, unread when streamed."""
        ...

    def result(self, call: Call[T], response: httpx.Response) -> T:
        """Return the result in an answer that was read."""
        ...

    def page_of(self, call: ListCall[T], response: httpx.Response) -> SyncCursorPage[T]:
        """Return the page that an answer means."""
        ...


class AsyncExchange(AsyncSender, Protocol):
    """The same, awaited."""

    async def respond(self, call: Call[T], *, stream: bool = False) -> httpx.Response:
        """Return the successful answer to a Call, unread when streamed."""
        ...

    def result(self, call: Call[T], response: httpx.Response) -> T:
        """Return the result in an answer that was read."""
        ...

    def page_of(self, call: ListCall[T], response: httpx.Response) -> AsyncCursorPage[T]:
        """Return the page that an answer means."""
        ...


class Raw:
    """Gives the answer, read whole, instead of the result."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def send(self, call: Call[T]) -> RawResponse[T]:
        """Make one Call."""
        return RawResponse(call, self._exchange.respond(call), partial(self._exchange.result, call))

    def listed(self, call: ListCall[T]) -> RawResponse[SyncCursorPage[T]]:
        """Ask for the first page of a list; the following ones come parsed."""
        return RawResponse(
            call.page, self._exchange.respond(call.page), partial(self._exchange.page_of, call)
        )


class AsyncRaw:
    """The same, awaited."""

    def __init__(self, exchange: AsyncExchange) -> None:
        self._exchange = exchange

    async def send(self, call: Call[T]) -> RawResponse[T]:
        """Make one Call."""
        return RawResponse(call, await self._exchange.respond(call), partial(self._exchange.result, call))

    async def listed(self, call: ListCall[T]) -> RawResponse[AsyncCursorPage[T]]:
        """Ask for the first page of a list; the following ones come parsed."""
        return RawResponse(
            call.page, await self._exchange.respond(call.page), partial(self._exchange.page_of, call)
        )


class Streamed:
    """Gives a context manager, which sends on entering and closes the answer on leaving."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def send(self, call: Call[T]) -> AbstractContextManager[StreamedResponse[T]]:
        """Make one Call."""
        return self._opened(call, partial(self._exchange.result, call))

    def listed(self, call: ListCall[T]) -> AbstractContextManager[StreamedResponse[SyncCursorPage[T]]]:
        """Ask for the first page of a list; the following ones come parsed."""
        return self._opened(call.page, partial(self._exchange.page_of, call))

    @contextmanager
    def _opened(self, call: Call[Any], read: Callable[[httpx.Response], T]) -> Iterator[StreamedResponse[T]]:
        response = self._exchange.respond(call, stream=True)
        try:
            yield StreamedResponse(call, response, read)
        finally:
            response.close()


class AsyncStreamed:
    """The same, awaited."""

    def __init__(self, exchange: AsyncExchange) -> None:
        self._exchange = exchange

    def send(self, call: Call[T]) -> AbstractAsyncContextManager[AsyncStreamedResponse[T]]:
        """Make one Call."""
        return self._opened(call, partial(self._exchange.result, call))

    def listed(
        self, call: ListCall[T]
    ) -> AbstractAsyncContextManager[AsyncStreamedResponse[AsyncCursorPage[T]]]:
        """Ask for the first page of a list; the following ones come parsed."""
        return self._opened(call.page, partial(self._exchange.page_of, call))

    @asynccontextmanager
    async def _opened(
        self, call: Call[Any], read: Callable[[httpx.Response], T]
    ) -> AsyncIterator[AsyncStreamedResponse[T]]:
        response = await self._exchange.respond(call, stream=True)
        try:
            yield AsyncStreamedResponse(call, response, read)
        finally:
            await response.aclose()
