"""Client and AsyncClient: the one place where waiting happens, once in each colour."""

from __future__ import annotations

import asyncio
import time
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Self, TypeVar

import httpx

from reconciler.api.errors import APIError
from reconciler.api.pages import AsyncCursorPage, AsyncPaginator, SyncCursorPage
from reconciler.api.resources import AsyncBeta, AsyncUploads, Beta, Uploads
from reconciler.api.retry import Retry
from reconciler.api.settings import from_environment, unreachable, wait_or_raise
from reconciler.api.transport import async_socket, socket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.api.call import Call, ListCall

T = TypeVar("T")


class Client:
    """The client in sync colour; close it, or use it as a context manager.

    A base_url or api_key of None is taken from OPENAI_BASE_URL or OPENAI_API_KEY; there is no default
    URL. timeout is in seconds for each network operation. The key goes to that one origin only.
    Raises TargetError when the URL is missing, unusable, or would carry the key unencrypted.
    """

    def __init__(  # noqa: PLR0913 - each is one thing a person may set
        self,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = 600.0,
        max_retries: int = 2,
        default_headers: Mapping[str, str] | None = None,
        allow_http: bool = False,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._settings = from_environment(
            base_url,
            api_key,
            headers=default_headers or {},
            timeout=timeout,
            retry=Retry(max_retries),
            allow_http=allow_http,
        )
        chosen = transport or socket(self._settings.base_url)
        self._http = httpx.Client(transport=chosen, trust_env=False, follow_redirects=False)

    @cached_property
    def beta(self) -> Beta:
        """Assistants and their files."""
        return Beta(self)

    @cached_property
    def files(self) -> Uploads:
        """Uploads."""
        return Uploads(self)

    def send(self, call: Call[T]) -> T:
        """Make one Call, again where that is safe."""
        for attempt in count():
            answer = None
            try:
                answer = self._exchange(call)
                return self._settings.result(call, answer)
            except APIError as error:
                wait = wait_or_raise(self._settings.retry, call, error, answer, attempt)
            time.sleep(wait)
        raise AssertionError("unreachable")

    def _exchange(self, call: Call[T]) -> httpx.Response:
        try:
            return self._http.send(self._settings.request(call))
        except httpx.RequestError as cause:
            raise unreachable(cause, self._settings.base_url) from cause

    def listed(self, call: ListCall[T]) -> SyncCursorPage[T]:
        """The first page of a list."""
        return self.page(call)

    def page(self, call: ListCall[T]) -> SyncCursorPage[T]:
        """One page of a list."""
        return SyncCursorPage(self.send(call.page), call, self.page)

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient:
    """The client in async colour; its arguments are those of ``Client``."""

    def __init__(  # noqa: PLR0913 - each is one thing a person may set
        self,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = 600.0,
        max_retries: int = 2,
        default_headers: Mapping[str, str] | None = None,
        allow_http: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = from_environment(
            base_url,
            api_key,
            headers=default_headers or {},
            timeout=timeout,
            retry=Retry(max_retries),
            allow_http=allow_http,
        )
        chosen = transport or async_socket(self._settings.base_url)
        self._http = httpx.AsyncClient(transport=chosen, trust_env=False, follow_redirects=False)

    @cached_property
    def beta(self) -> AsyncBeta:
        """Assistants and their files."""
        return AsyncBeta(self)

    @cached_property
    def files(self) -> AsyncUploads:
        """Uploads."""
        return AsyncUploads(self)

    async def send(self, call: Call[T]) -> T:
        """Make one Call, again where that is safe."""
        for attempt in count():
            answer = None
            try:
                answer = await self._exchange(call)
                return self._settings.result(call, answer)
            except APIError as error:
                wait = wait_or_raise(self._settings.retry, call, error, answer, attempt)
            await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def _exchange(self, call: Call[T]) -> httpx.Response:
        try:
            return await self._http.send(self._settings.request(call))
        except httpx.RequestError as cause:
            raise unreachable(cause, self._settings.base_url) from cause

    def listed(self, call: ListCall[T]) -> AsyncPaginator[T]:
        """A list, to be awaited or iterated."""
        return AsyncPaginator(call, self.page)

    async def page(self, call: ListCall[T]) -> AsyncCursorPage[T]:
        """One page of a list."""
        return AsyncCursorPage(await self.send(call.page), call, self.page)

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
