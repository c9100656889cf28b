"""How requests leave: over a socket, to an app in this process, or not at all."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import httpx

from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Scope = MutableMapping[str, Any]
    ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

_READING = frozenset({"GET", "HEAD"})


class ReadOnlyError(ReconcilerError):
    """A write was about to leave a transport that only reads: a bug of ours, stopped in time."""

    exit_code = 70


class _ReadOnly(httpx.AsyncBaseTransport):
    """Passes GET and HEAD on, and lets nothing else out."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method not in _READING:
            raise ReadOnlyError(f"{request.method} {request.url.path} was stopped: this command only reads")
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def read_only(inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    """A transport through which no write can leave; raises ReadOnlyError for one."""
    return _ReadOnly(inner)


def in_process(app: ASGIApp) -> httpx.AsyncBaseTransport:
    """A transport to an ASGI app in this process; replies are buffered whole."""
    return httpx.ASGITransport(app=app, raise_app_exceptions=False)


def async_socket(url: str) -> httpx.AsyncBaseTransport:
    """A transport over sockets; a TLS context is built only for https, since it costs 30 ms."""
    return httpx.AsyncHTTPTransport(verify=_uses_tls(url), trust_env=False)


def socket(url: str) -> httpx.BaseTransport:
    """The same for the sync client."""
    return httpx.HTTPTransport(verify=_uses_tls(url), trust_env=False)


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this very machine."""
    host = httpx.URL(url).host
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _uses_tls(url: str) -> bool:
    return httpx.URL(url).scheme == "https"
