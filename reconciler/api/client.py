"""Client and AsyncClient: the one place where waiting happens, once in each colour."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

import anyio
import httpx

from reconciler.api.errors import APIError, unanswered
from reconciler.api.pages import AsyncCursorPage, AsyncPaginator, SyncCursorPage
from reconciler.api.resources import AsyncBeta, AsyncUploads, Beta, Uploads
from reconciler.api.response_body import MOST
from reconciler.api.retry import Retry
from reconciler.api.sentences import blotted
from reconciler.api.settings import PATIENCE, Attempts, Settings, from_environment
from reconciler.api.transport import async_socket, proxy_of, socket
from reconciler.api.types import NOT_GIVEN, NotGiven
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from reconciler.api.call import Call, ListCall

T = TypeVar("T")
HttpT = TypeVar("HttpT", httpx.Client, httpx.AsyncClient)
TransportT = TypeVar("TransportT", httpx.BaseTransport, httpx.AsyncBaseTransport)

_UNCHOSEN = httpx.Timeout(5.0)  # what httpx takes when nobody says anything


class _Configured(Generic[HttpT, TransportT]):
    """What both colours share: what they are made of, and copies."""

    _connections: ClassVar[type]
    _settings: Settings
    _http: HttpT

    def __init__(  # noqa: PLR0913 - each is one thing a person may set
        self,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        organization: str | None = None,
        project: str | None = None,
        timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
        max_retries: int = 2,
        repeat_unknown: bool = False,
        patient: bool = False,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, object] | None = None,
        allow_http: bool = False,
        deadline: float | None = None,
        max_answer_bytes: int = MOST,
        http_client: HttpT | None = None,
        transport: TransportT | None = None,
    ) -> None:
        """Prepare a client; nothing is sent.

        Args:
            base_url: The server up to the version, as in ``https://host/v1``; None takes OPENAI_BASE_URL.
                There is no default: TargetError without one.
            api_key: Sent to that one origin only; None takes OPENAI_API_KEY, an empty text means none.
            organization: Sent as OpenAI-Organization; None takes OPENAI_ORG_ID.
            project: Sent as OpenAI-Project; None takes OPENAI_PROJECT_ID.
            timeout: Seconds for each network operation, None for no limit; by default 600, and 5 to connect,
                or what was set for ``http_client``.
            max_retries: How often a failed request is tried again where that is safe.
            repeat_unknown: Try creates, uploads and attachments again even when an attempt may have taken
                effect, at the risk of doing them twice.
            patient: Ask a server that answers 429 again and again, whatever ``max_retries`` says; all waits
                of a call are at most 300 s.
            default_headers: Sent with every request; they win over our own, whatever their case.
            default_query: Sent with every request.
            allow_http: Let the key travel over plain http to another machine.
            deadline: Seconds for one attempt, from its first byte to the last of its answer, and one more for
                each MB of a request or of downloaded content; None for no limit. A streamed view keeps to it
                until it has the headers.
            max_answer_bytes: How long an answer may be, decoded; 16 MiB by default. Downloaded content may
                have 512 MB, and streamed views keep to no limit.
            http_client: Makes the connections, with its own proxies, certificates and limits; its headers,
                cookies and redirects are not used, and its auth only where there is no key. Closed with
                this client.
            transport: Makes the connections, in place of sockets; not with ``http_client``.
        """
        if isinstance(timeout, NotGiven):
            chosen = http_client is not None and http_client.timeout != _UNCHOSEN
            timeout = http_client.timeout if http_client is not None and chosen else PATIENCE
        self._settings = from_environment(
            base_url,
            api_key,
            organization=organization,
            project=project,
            headers=dict(default_headers or {}),
            query=dict(default_query or {}),
            timeout=httpx.Timeout(timeout),
            retry=Retry(max_retries, repeat_unknown=repeat_unknown, patient=patient),
            allow_http=allow_http,
            deadline=deadline,
            max_answer_bytes=max_answer_bytes,
        )
        if http_client is not None and transport is not None:
            raise TypeError("http_client and transport both say how to connect; pass one of them")
        if http_client is not None and not isinstance(http_client, self._connections):
            raise TypeError(f"http_client must be an httpx.{self._connections.__name__}")
        self._http = http_client or self._connected(transport)

    def _connected(self, transport: TransportT | None) -> HttpT:
        raise NotImplementedError

    def copy(  # noqa: PLR0913 - each is one thing a person may set
        self,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        organization: str | None = None,
        project: str | None = None,
        timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
        max_retries: int | None = None,
        repeat_unknown: bool | None = None,
        patient: bool | None = None,
        default_headers: Mapping[str, str] | None = None,
        set_default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, object] | None = None,
        set_default_query: Mapping[str, object] | None = None,
        deadline: float | NotGiven | None = NOT_GIVEN,
        max_answer_bytes: int | None = None,
        http_client: HttpT | None = None,
    ) -> Self:
        """Another client that differs in what is given; without ``http_client`` they share connections.

        Closing either closes what they share.
        ``default_headers`` and ``default_query`` are added to those of this client, the ``set_`` forms take
        their place; both forms at once are a ValueError. ``base_url`` may name another path, never another
        origin: TargetError, since the key and the headers are meant for this one.
        """
        ours = self._settings.at(base_url or self._settings.base_url)
        settings = replace(
            ours,
            api_key=ours.api_key if api_key is None else api_key or None,
            organization=ours.organization if organization is None else organization or None,
            project=ours.project if project is None else project or None,
            timeout=ours.timeout if isinstance(timeout, NotGiven) else httpx.Timeout(timeout),
            retry=replace(
                ours.retry,
                times=ours.retry.times if max_retries is None else max_retries,
                repeat_unknown=ours.retry.repeat_unknown if repeat_unknown is None else repeat_unknown,
                patient=ours.retry.patient if patient is None else patient,
            ),
            headers=_changed("headers", ours.headers, default_headers, set_default_headers),
            query=_changed("query", ours.query, default_query, set_default_query),
            deadline=ours.deadline if isinstance(deadline, NotGiven) else deadline,
            max_answer_bytes=ours.max_answer_bytes if max_answer_bytes is None else max_answer_bytes,
        )
        made = type(self).__new__(type(self))
        made._settings, made._http = settings, http_client or self._http  # noqa: SLF001 - one of our own
        return made

    with_options = copy

    @property
    def _sending(self) -> dict[str, Any]:
        """How requests leave: following no redirect, and never with an http_client's auth for our key."""
        return {"follow_redirects": False, "auth": None if self._settings.api_key else self._http.auth}

    @contextmanager
    def _sorted(self) -> Iterator[None]:
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
        except Exception as cause:
            error = unanswered(cause, url, proxy_of(self._http, url))
            error.message = blotted(error.message, self._settings.api_key)
            raise error from cause

    def result(self, call: Call[T], response: httpx.Response) -> T:
        """What a successful answer that was read means; raises the error it means instead."""
        return self._settings.result(call, response)


class Client(_Configured[httpx.Client, httpx.BaseTransport]):
    """The client in sync colour; close it, or use it as a context manager."""

    _connections = httpx.Client

    def _connected(self, transport: httpx.BaseTransport | None) -> httpx.Client:
        chosen = transport or socket(self._settings.base_url)
        return httpx.Client(transport=chosen, trust_env=False)

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
        return self.result(call, self.respond(call))

    def respond(self, call: Call[Any], *, stream: bool = False) -> httpx.Response:
        """The successful answer to a Call, unread and open when streamed."""
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
        with self._settings.request(call) as request, self._sorted():
            deadline = self._settings.deadline_of(request)
            with deadline.holding():
                answer = self._http.send(request, stream=True, **self._sending)
                if not (stream and answer.is_success):
                    with closing(answer):
                        self._settings.intake(answer, call, deadline).read()
        return answer

    def listed(self, call: ListCall[T]) -> SyncCursorPage[T]:
        """The first page of a list."""
        return self.page(call)

    def page(self, call: ListCall[T]) -> SyncCursorPage[T]:
        """One page of a list."""
        return self.found(call, self.respond(call.page))

    def found(self, call: ListCall[T], response: httpx.Response) -> SyncCursorPage[T]:
        """The page that an answer means."""
        return SyncCursorPage(self.result(call.page, response), call, self.page)

    def close(self) -> None:
        """Close every connection, those of copies included."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient(_Configured[httpx.AsyncClient, httpx.AsyncBaseTransport]):
    """The client in async colour; close it, or use it as an async context manager."""

    _connections = httpx.AsyncClient

    def _connected(self, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
        chosen = transport or async_socket(self._settings.base_url)
        return httpx.AsyncClient(transport=chosen, trust_env=False)

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
        return self.result(call, await self.respond(call))

    async def respond(self, call: Call[Any], *, stream: bool = False) -> httpx.Response:
        """The successful answer to a Call, unread and open when streamed."""
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
        with self._settings.request(call) as request, self._sorted():
            deadline = self._settings.deadline_of(request)
            with deadline.cutting():
                answer = await self._http.send(request, stream=True, **self._sending)
                if not (stream and answer.is_success):
                    async with _aclosing(answer):
                        await self._settings.intake(answer, call, deadline).aread()
        return answer

    def listed(self, call: ListCall[T]) -> AsyncPaginator[T, AsyncCursorPage[T]]:
        """A list, to be awaited or iterated."""
        return AsyncPaginator(partial(self.page, call))

    async def page(self, call: ListCall[T]) -> AsyncCursorPage[T]:
        """One page of a list."""
        return self.found(call, await self.respond(call.page))

    def found(self, call: ListCall[T], response: httpx.Response) -> AsyncCursorPage[T]:
        """The page that an answer means."""
        return AsyncCursorPage(self.result(call.page, response), call, self.page)

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


def _changed(
    name: str, ours: Mapping[str, T], more: Mapping[str, T] | None, instead: Mapping[str, T] | None
) -> Mapping[str, T]:
    """Ours, with more or something else instead; the names of headers are compared without case."""
    if more is not None and instead is not None:
        raise ValueError(f"default_{name} adds and set_default_{name} replaces; pass one of them")
    if instead is not None:
        return dict(instead)
    fold = str.lower if name == "headers" else str
    taken = {fold(key) for key in more or {}}
    return {**{key: value for key, value in ours.items() if fold(key) not in taken}, **(more or {})}
