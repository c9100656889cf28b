"""Calls over HTTP to one server: the only code that waits, written once for each variant.

A sender knows no vendor: its settings name the server, and its Calls the requests.
"""

from __future__ import annotations

import time
from contextlib import asynccontextmanager, closing, contextmanager
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import anyio
import httpx

from reconciler.api.errors import APIError, APIResponseValidationError, unanswered
from reconciler.api.interim import InterimError
from reconciler.api.quiet_request import silence
from reconciler.api.settings import Attempts
from reconciler.api.transport import proxy_of, proxy_secrets
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from reconciler.api.call import Call
    from reconciler.api.settings import Settings

T = TypeVar("T")
HttpT = TypeVar("HttpT", bound=httpx.Client | httpx.AsyncClient)


class Sending(Generic[HttpT]):
    """Settings of a sender, and the httpx client beneath it; both variants share this."""

    def __init__(self, settings: Settings, http: HttpT) -> None:
        self._settings = settings
        self._http = http

    @property
    def _sending(self) -> dict[str, Any]:
        """How requests leave: following no redirect, and never with an http_client's auth for our key."""
        return {"follow_redirects": False, "auth": None if self._settings.secret else self._http.auth}

    @contextmanager
    def _sorted(self, call: Call[Any]) -> Iterator[None]:
        """Whatever comes out of an exchange, as an error that says whether the request was sent.

        A cancellation is no Exception, and stays as it is.
        """
        if self._http.is_closed:
            raise RuntimeError("Cannot send a request, as the client has been closed.")
        url = self._settings.base_url
        try:
            yield
        except ReconcilerError:
            raise
        except InterimError as cause:  # no failure of the way, and it would be so again
            raise APIResponseValidationError(f"{call.method} /{call.url} was answered by {cause}") from cause
        except Exception as cause:
            redactor = self._settings.redactor_of(call).and_of(*proxy_secrets(self._http, url))
            error = unanswered(cause, url, proxy_of(self._http, url))
            error.message = redactor.redacted(error.message)
            error.args = (error.message,)
            silence(cause, redactor)
            raise error from cause

    def result(self, call: Call[T], response: httpx.Response) -> T:
        """Return the result in a successful answer that was read; raise the error it means instead."""
        return self._settings.result(call, response)


def async_sender(settings: Settings, transport: httpx.AsyncBaseTransport) -> AsyncHttpSender:
    """Return a sender whose requests leave by a transport."""
    return AsyncHttpSender(settings, httpx.AsyncClient(transport=transport, trust_env=False))


class HttpSender(Sending[httpx.Client]):
    """A server that is waited for; close it, or use it as a context manager."""

    def send(self, call: Call[T]) -> T:
        """Make one Call, again where that is safe."""
        return self.result(call, self.respond(call))

    def respond(self, call: Call[Any], *, stream: bool = False) -> httpx.Response:
        """Return the successful answer to a Call, unread and open when streamed."""
        attempts = Attempts(self._settings.retry, call)
        while True:
            answer = None
            try:
                answer = self._exchange(call, stream=stream)
                return self._settings.accepted(call, answer)
            except APIError as error:
                wait = attempts.wait_or_raise(error, answer)
            time.sleep(wait)

    def _exchange(self, call: Call[Any], *, stream: bool) -> httpx.Response:
        with self._settings.request(call) as request, self._sorted(call):
            deadline = self._settings.deadline_of(request)
            with deadline.holding():
                answer = self._http.send(request, stream=True, **self._sending)
                if not (stream and answer.is_success):
                    with closing(answer):
                        self._settings.intake(answer, call, deadline).read()
        return answer

    def close(self) -> None:
        """Close every connection, those of copies included."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncHttpSender(Sending[httpx.AsyncClient]):
    """A server that is awaited; close it, or use it as an async context manager."""

    async def send(self, call: Call[T]) -> T:
        """Make one Call, again where that is safe."""
        return self.result(call, await self.respond(call))

    async def respond(self, call: Call[Any], *, stream: bool = False) -> httpx.Response:
        """Return the successful answer to a Call, unread and open when streamed."""
        attempts = Attempts(self._settings.retry, call)
        while True:
            answer = None
            try:
                answer = await self._exchange(call, stream=stream)
                return self._settings.accepted(call, answer)
            except APIError as error:
                wait = attempts.wait_or_raise(error, answer)
            await anyio.sleep(wait)

    async def _exchange(self, call: Call[Any], *, stream: bool) -> httpx.Response:
        with self._settings.request(call) as request, self._sorted(call):
            deadline = self._settings.deadline_of(request)
            with deadline.cutting():
                answer = await self._http.send(request, stream=True, **self._sending)
                if not (stream and answer.is_success):
                    async with _aclosing(answer):
                        await self._settings.intake(answer, call, deadline).aread()
        return answer

    async def close(self) -> None:
        """Close every connection, those of copies included."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


@asynccontextmanager
async def _aclosing(answer: httpx.Response) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await answer.aclose()
