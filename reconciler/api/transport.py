"""Transports of requests: over a socket, to an app in this process, or for reading only."""

from __future__ import annotations

import os
from asyncio import CancelledError
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import httpx
from anyio.lowlevel import current_token

from reconciler.api.deadline import Wires
from reconciler.api.errors import unsent, was_sent
from reconciler.api.interim import AsyncWires
from reconciler.errors import ReconcilerError, TargetError
from reconciler.model import credentials

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
    from os import PathLike

    Scope = MutableMapping[str, Any]
    ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

_READING = frozenset({"GET", "HEAD"})
_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=2)
"""The client lets go of an idle connection before any server does; many servers do so after 5 s."""
_ROOM = 1  # request under way in one pool
_MOST_POOLS = 104  # about as many connections as one pool may have
_SMALL_LIMITS = httpx.Limits(max_connections=_ROOM, max_keepalive_connections=_ROOM, keepalive_expiry=2)


class ReadOnlyError(ReconcilerError):
    """A write was about to leave a transport that only reads: a bug of ours, stopped in time."""

    exit_code = 70


class _ReadOnly(httpx.AsyncBaseTransport):
    """Passes GET and HEAD on, and lets nothing else out."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.proxy = getattr(inner, "proxy", "")
        self.proxy_used: httpx.Proxy | None = getattr(inner, "proxy_used", None)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method not in _READING:
            raise ReadOnlyError(f"{request.method} {request.url.path} was stopped: this command only reads")
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def read_only(inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    """Return a transport through which no write can leave; raises ReadOnlyError for one."""
    return _ReadOnly(inner)


def in_process(app: ASGIApp) -> httpx.AsyncBaseTransport:
    """Return a transport to an ASGI app in this process; replies are buffered whole."""
    return httpx.ASGITransport(app=app, raise_app_exceptions=False)


def async_socket(
    url: str, *, proxy_from_environment: bool = False, ca_file: PathLike[str] | None = None
) -> httpx.AsyncBaseTransport:
    """Return a transport over sockets to the server of a URL.

    ``ca_file`` holds the certificate authorities that are trusted instead of the usual ones. The proxy that
    HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY name is used only when that is asked for, and never for
    this very machine. Nothing else of the environment counts, neither SSL_CERT_FILE nor a netrc. TargetError
    when the file or the proxy cannot be used.
    """
    proxy = _proxy(url) if proxy_from_environment else None
    trust = _trust(url, ca_file)

    def connect() -> httpx.AsyncHTTPTransport:
        transport = httpx.AsyncHTTPTransport(verify=trust, trust_env=False, proxy=proxy, limits=_SMALL_LIMITS)
        pool: Any = transport._pool  # noqa: SLF001 - httpx has no other way to say what connects
        pool._network_backend = AsyncWires(pool._network_backend)  # noqa: SLF001 - the same
        return transport

    return _AsyncSockets(connect, proxy)


def socket(url: str) -> httpx.BaseTransport:
    """Return the same for the sync client, without proxies; every operation keeps to its call's deadline."""
    trust = _trust(url, None)

    def connect() -> httpx.HTTPTransport:
        transport = httpx.HTTPTransport(verify=trust, trust_env=False, limits=_LIMITS)
        pool: Any = transport._pool  # noqa: SLF001 - httpx has no other way to say what connects
        pool._network_backend = Wires(pool._network_backend)  # noqa: SLF001 - the same
        return transport

    return _Sockets(connect)


class _Sockets(httpx.BaseTransport):
    """Connections that belong to the process that opened them: after a fork the child opens its own.

    What fails before the request began to be written is a connection that failed, whatever its exception.
    """

    def __init__(self, connect: Callable[[], httpx.BaseTransport]) -> None:
        self._connect = connect
        self._pools: dict[int, httpx.BaseTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        begun = _Begun()
        request.extensions = {**request.extensions, "trace": begun.note}
        try:
            return self._pool().handle_request(request)
        except Exception as cause:
            if begun.is_so or not was_sent(cause):
                raise
            raise unsent(cause) from cause

    def _pool(self) -> httpx.BaseTransport:
        here = os.getpid()
        if here not in self._pools:
            self._pools.setdefault(here, self._connect())
        return self._pools[here]

    def close(self) -> None:
        """Close those of this process; those of its parent are left to the parent."""
        pool = self._pools.pop(os.getpid(), None)
        if pool is not None:
            pool.close()


class _AsyncSockets(httpx.AsyncBaseTransport):
    """The same for event loops: connections belong to the loop and the process that opened them.

    ``proxy`` is the address of the proxy that is used, empty for none.
    """

    def __init__(self, connect: Callable[[], httpx.AsyncBaseTransport], proxy: httpx.Proxy | None) -> None:
        self.proxy = _address(proxy.url) if proxy else ""
        self.proxy_used = proxy
        self._connect = connect
        self._pools: dict[int, WeakKeyDictionary[Any, _Pool]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        begun = _Begun()
        request.extensions = {**request.extensions, "trace": begun.anote}
        try:
            return await (await self._pools_here()).handle_async_request(request)
        except Exception as cause:
            if begun.is_so or not was_sent(cause):
                raise
            raise unsent(cause) from cause

    async def _pools_here(self) -> Pools:
        loops, loop = self._pools.setdefault(os.getpid(), WeakKeyDictionary()), _loop()
        if loop not in loops:
            loops[loop] = await _Pool.opened(Pools(self._connect))
        return loops[loop].transport

    async def aclose(self) -> None:
        """Close those of this loop; other loops of this process close theirs when nothing refers to them."""
        loops = self._pools.pop(os.getpid(), WeakKeyDictionary())
        pool = loops.pop(_loop(), None)
        if pool is not None:
            await pool.end.aclose()


class Pools(httpx.AsyncBaseTransport):
    """Pools of one connection, of one event loop: what a pool does for a request grows with its connections.

    A request goes to the first pool that has none under way, so that its connection is used again.
    """

    def __init__(self, connect: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._connect = connect
        self._pools: list[httpx.AsyncBaseTransport] = []
        self._busy: list[int] = []
        self._left: list[httpx.AsyncBaseTransport] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request through one of them; it is under way until its answer is closed."""
        at = self._chosen()
        self._busy[at] += 1
        try:
            answer = await self._pools[at].handle_async_request(request)
        except BaseException as cause:
            self._busy[at] -= 1
            if not isinstance(cause, (httpx.HTTPError, CancelledError)):
                self._leave(at)
            raise
        answer.stream = _Counted(answer.stream, lambda: self._end(at))
        return answer

    def _chosen(self) -> int:
        """Return the first pool with room; where no more may be opened, the one with fewest requests."""
        at = next((at for at, busy in enumerate(self._busy) if busy < _ROOM), len(self._pools))
        if at == _MOST_POOLS:
            return self._busy.index(min(self._busy))
        if at == len(self._pools):
            self._pools.append(self._connect())
            self._busy.append(0)
        return at

    def _leave(self, at: int) -> None:
        """Use another pool instead: after an unforeseen end, one may count its request for ever."""
        self._left.append(self._pools[at])
        self._pools[at] = self._connect()

    def _end(self, at: int) -> None:
        self._busy[at] -= 1

    async def aclose(self) -> None:
        """Close every one."""
        for pool in (*self._pools, *self._left):
            await pool.aclose()


class _Counted(httpx.AsyncByteStream):
    """The body of an answer; ``end`` is called once, when it is closed."""

    def __init__(self, stream: Any, end: Callable[[], None]) -> None:
        self._stream = stream
        self._end: Callable[[], None] | None = end

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        end, self._end = self._end, None
        try:
            await self._stream.aclose()
        finally:
            if end is not None:
                end()


class _Pool:
    """Connections of one event loop, which closes them when it ends: ``end`` is one of its generators."""

    def __init__(self, transport: Pools) -> None:
        self.transport = transport
        self.end = _closing(transport)

    @classmethod
    async def opened(cls, transport: Pools) -> _Pool:
        pool = cls(transport)
        await anext(pool.end)
        return pool


async def _closing(transport: Pools) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await transport.aclose()


class _Begun:
    """A flag that is set once a request begins to be written; asking a proxy for a tunnel does not set it."""

    def __init__(self) -> None:
        self.is_so = False

    def note(self, name: str, what: Mapping[str, Any]) -> None:
        if name.endswith("send_request_headers.started") and what["request"].method != b"CONNECT":
            self.is_so = True

    async def anote(self, name: str, what: Mapping[str, Any]) -> None:
        self.note(name, what)


def _loop() -> Any:
    """Return the event loop at hand, of whatever library."""
    token = current_token()
    return getattr(token, "native_token", token)


def proxy_of(client: httpx.Client | httpx.AsyncClient, url: str) -> str:
    """Return the address of the proxy through which a client reaches a URL; empty where none is known."""
    transport = client._transport_for_url(httpx.URL(url))  # noqa: SLF001 - httpx has no other way to say
    known: str = getattr(transport, "proxy", "")
    named = getattr(getattr(transport, "_pool", None), "_proxy_url", None)
    return known or (_address(named) if named is not None else "")


def proxy_secrets(client: httpx.Client | httpx.AsyncClient, url: str) -> list[str]:
    """Return the secrets with which a client reaches the proxy to a URL."""
    transport = client._transport_for_url(httpx.URL(url))  # noqa: SLF001 - httpx has no other way to say
    proxy: httpx.Proxy | None = getattr(transport, "proxy_used", None)
    headers = getattr(getattr(transport, "_pool", None), "_proxy_headers", None)
    if proxy is not None:
        return [*(proxy.auth or ()), *credentials.in_headers(proxy.headers)]
    return [*credentials.in_headers({name.decode(): value.decode() for name, value in headers or ()})]


def _address(url: Any) -> str:
    """Return scheme, host and port of a URL of httpx or httpcore, without its password."""
    scheme, host = (one.decode() if isinstance(one, bytes) else one for one in (url.scheme, url.host))
    return f"{scheme}://{host}:{url.port}" if url.port else f"{scheme}://{host}"


def is_loopback(url: str) -> bool:
    """Return whether a URL's host is this very machine."""
    host = httpx.URL(url).host
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _trust(url: str, file: PathLike[str] | None) -> ssl.SSLContext | bool:
    """Return the authorities to trust; a TLS context takes 30 ms, so it is built for https only."""
    target = _parsed(url)
    if target is None or target.scheme != "https":
        return False
    if file is None:
        return httpx.create_ssl_context(trust_env=False)
    import ssl  # noqa: PLC0415 - only for https

    try:
        return ssl.create_default_context(cafile=file)
    except OSError as cause:
        why = "it holds no certificate" if isinstance(cause, ssl.SSLError) else cause.strerror or cause
        raise TargetError(f"cannot read the certificate authorities in {file}: {why}") from cause


def is_behind_proxy(url: str) -> bool:
    """Return whether the environment names a proxy for a URL."""
    try:
        return _proxy(url) is not None
    except TargetError:
        return True


def _proxy(url: str) -> httpx.Proxy | None:
    """Return the environment's proxy for a URL; it may contain a password, so no error repeats it."""
    from urllib.request import getproxies_environment, proxy_bypass  # noqa: PLC0415 - rarely asked

    target, named = _parsed(url), getproxies_environment()
    if target is None:
        return None
    address = named.get(target.scheme) or named.get("all")
    if not address or is_loopback(url) or proxy_bypass(target.netloc.decode()):
        return None
    proxy = _parsed_proxy(address if "://" in address else f"http://{address}")
    if proxy is None:
        raise TargetError(
            f"the proxy that the environment names for {target.scheme} cannot be used; write http://HOST:PORT"
        )
    return proxy


def _parsed(url: str) -> httpx.URL | None:
    """Return a URL; None for a text that is none, which the settings of every sender refuse in words."""
    try:
        parsed = httpx.URL(url)
        is_named = bool(parsed.host)
    except (httpx.InvalidURL, UnicodeError):
        return None
    return parsed if is_named else None


def _parsed_proxy(url: str) -> httpx.Proxy | None:
    """Return a proxy over http or https; None when it is none."""
    try:
        proxy = httpx.Proxy(url)
        is_named = bool(proxy.url.host)
    except (ValueError, httpx.InvalidURL):
        return None
    return proxy if proxy.url.scheme in {"http", "https"} and is_named else None
