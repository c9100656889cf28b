"""Client and AsyncClient: senders to the Assistants API, and the names that their settings have."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cached_property, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Generic, Self, TypeVar

import httpx

from reconciler.api.arguments import NOT_GIVEN, NotGiven
from reconciler.api.http_sender import AsyncHttpSender, HttpSender, HttpT, Sending
from reconciler.api.pages import AsyncCursorPage, AsyncPaginator, SyncCursorPage
from reconciler.api.resources import AsyncBeta, AsyncUploads, Beta, Uploads
from reconciler.api.response_body import MOST
from reconciler.api.retry import Retry
from reconciler.api.settings import PATIENCE, Settings, Wording, remedied
from reconciler.api.transport import async_socket, socket
from reconciler.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.api.pages import ListCall
    from reconciler.api.settings import Fault

T = TypeVar("T")
TransportT = TypeVar("TransportT", httpx.BaseTransport, httpx.AsyncBaseTransport)

_WORDING = Wording("key", redirect="name that server yourself")
_REMEDIES: Mapping[Fault, str] = {
    "url": "write http(s)://HOST[:PORT]/v1",
    "password": "give the key by api_key= or OPENAI_API_KEY",
    "unencrypted": "use https, or pass allow_http=True",
    "secret": "look at api_key= or OPENAI_API_KEY",
    "identity": "look at OPENAI_ORG_ID and OPENAI_PROJECT_ID",
}
_UNCHOSEN = httpx.Timeout(5.0)  # httpx's own default


class _Configured(Sending[HttpT], Generic[HttpT, TransportT]):
    """Settings and copies of a client; both variants share this."""

    _connections: ClassVar[type]

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
            transport: Makes the connections, instead of sockets; not with ``http_client``.
        """
        if isinstance(timeout, NotGiven):
            chosen = http_client is not None and http_client.timeout != _UNCHOSEN
            timeout = http_client.timeout if http_client is not None and chosen else PATIENCE
        with remedied(_REMEDIES):
            settings = Settings(
                _server(base_url),
                _or_variable(api_key, "OPENAI_API_KEY"),
                identity=_identity(
                    _or_variable(organization, "OPENAI_ORG_ID"), _or_variable(project, "OPENAI_PROJECT_ID")
                ),
                headers=dict(default_headers or {}),
                query=dict(default_query or {}),
                timeout=httpx.Timeout(timeout),
                retry=Retry(max_retries, repeat_unknown=repeat_unknown, patient=patient),
                allow_http=allow_http,
                deadline=deadline,
                max_answer_bytes=max_answer_bytes,
                wording=_WORDING,
            )
        if http_client is not None and transport is not None:
            raise TypeError("http_client and transport both say how to connect; pass one of them")
        if http_client is not None and not isinstance(http_client, self._connections):
            raise TypeError(f"http_client must be an httpx.{self._connections.__name__}")
        super().__init__(settings, http_client or self._connected(settings.base_url, transport))

    def _connected(self, url: str, transport: TransportT | None) -> HttpT:
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
        """Return a client with other settings; without ``http_client`` the two share connections.

        Closing either closes what they share.
        ``default_headers`` and ``default_query`` are added to those of this client, the ``set_`` forms
        replace them; both forms at once are a ValueError. ``base_url`` may name another path, never another
        origin: TargetError, since the key and the headers are meant for this one.
        """
        with remedied(_REMEDIES):
            ours = self._settings.at(base_url or self._settings.base_url)
            settings = replace(
                ours,
                secret=ours.secret if api_key is None else api_key or None,
                identity=_identity(organization, project, ours.identity),
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
        copied = type(self).__new__(type(self))
        copied._settings, copied._http = settings, http_client or self._http  # noqa: SLF001 - one of our own
        return copied

    with_options = copy


class Client(_Configured[httpx.Client, httpx.BaseTransport], HttpSender):
    """The client for synchronous code; close it, or use it as a context manager."""

    _connections = httpx.Client

    def _connected(self, url: str, transport: httpx.BaseTransport | None) -> httpx.Client:
        return httpx.Client(transport=transport or socket(url), trust_env=False)

    @cached_property
    def beta(self) -> Beta:
        """Assistants and their files."""
        return Beta(self)

    @cached_property
    def files(self) -> Uploads:
        """Uploads."""
        return Uploads(self)

    def listed(self, call: ListCall[T]) -> SyncCursorPage[T]:
        """Return the first page of a list."""
        return self.page(call)

    def page(self, call: ListCall[T]) -> SyncCursorPage[T]:
        """Return one page of a list."""
        return self.page_of(call, self.respond(call.page))

    def page_of(self, call: ListCall[T], response: httpx.Response) -> SyncCursorPage[T]:
        """Return the page that an answer means."""
        return SyncCursorPage(self.result(call.page, response), call, self.page)


class AsyncClient(_Configured[httpx.AsyncClient, httpx.AsyncBaseTransport], AsyncHttpSender):
    """The client for asynchronous code; close it, or use it as an async context manager."""

    _connections = httpx.AsyncClient

    def _connected(self, url: str, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=transport or async_socket(url), trust_env=False)

    @cached_property
    def beta(self) -> AsyncBeta:
        """Assistants and their files."""
        return AsyncBeta(self)

    @cached_property
    def files(self) -> AsyncUploads:
        """Uploads."""
        return AsyncUploads(self)

    def listed(self, call: ListCall[T]) -> AsyncPaginator[T, AsyncCursorPage[T]]:
        """Return a list, to be awaited or iterated."""
        return AsyncPaginator(partial(self.page, call))

    async def page(self, call: ListCall[T]) -> AsyncCursorPage[T]:
        """Return one page of a list."""
        return self.page_of(call, await self.respond(call.page))

    def page_of(self, call: ListCall[T], response: httpx.Response) -> AsyncCursorPage[T]:
        """Return the page that an answer means."""
        return AsyncCursorPage(self.result(call.page, response), call, self.page)


def _changed(
    name: str, ours: Mapping[str, T], more: Mapping[str, T] | None, instead: Mapping[str, T] | None
) -> Mapping[str, T]:
    """Return ours, with more or something else instead; the names of headers are compared without case."""
    if more is not None and instead is not None:
        raise ValueError(f"default_{name} adds and set_default_{name} replaces; pass one of them")
    if instead is not None:
        return dict(instead)
    fold = str.lower if name == "headers" else str
    taken = {fold(key) for key in more or {}}
    return {**{key: value for key, value in ours.items() if fold(key) not in taken}, **(more or {})}


def _server(url: str | None) -> str:
    chosen = url or os.environ.get("OPENAI_BASE_URL")
    if not chosen:
        raise TargetError("no server: pass base_url=, or set OPENAI_BASE_URL; there is no default")
    return chosen


def _or_variable(value: str | None, name: str) -> str | None:
    """Return a value, or that of a variable for None; an empty string stays nothing."""
    return (os.environ.get(name) if value is None else value) or None


def _identity(
    organization: str | None, project: str | None, ours: Mapping[str, str] = MappingProxyType({})
) -> Mapping[str, str]:
    """Return headers that name the account; None keeps the header of ours, an empty string removes it."""
    named = {"OpenAI-Organization": organization, "OpenAI-Project": project}
    merged = {**ours, **{name: value for name, value in named.items() if value is not None}}
    return {name: value for name, value in merged.items() if value}
