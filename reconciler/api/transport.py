"""How requests leave: over a socket, to an app in this process, or not at all."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import httpx

from reconciler.api.deadline import Wires
from reconciler.errors import ReconcilerError, TargetError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, MutableMapping
    from os import PathLike

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


def async_socket(
    url: str, *, proxy_from_environment: bool = False, ca_file: PathLike[str] | None = None
) -> httpx.AsyncBaseTransport:
    """A transport over sockets to the server of a URL.

    ``ca_file`` holds the certificate authorities that are trusted in place of the usual ones. The proxy that
    HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY name is used only when that is asked for, and never for
    this very machine. Nothing else of the environment counts, neither SSL_CERT_FILE nor a netrc. TargetError
    when the file or the proxy cannot be used.
    """
    proxy = _proxy(url) if proxy_from_environment else None
    return httpx.AsyncHTTPTransport(verify=_trust(url, ca_file), trust_env=False, proxy=proxy)


def socket(url: str) -> httpx.BaseTransport:
    """The same for the sync client, without proxies; every operation keeps to the deadline of its call."""
    transport = httpx.HTTPTransport(verify=_trust(url, None), trust_env=False)
    pool: Any = transport._pool  # noqa: SLF001 - httpx has no other way to say what connects
    pool._network_backend = Wires(pool._network_backend)  # noqa: SLF001 - the same
    return transport


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this very machine."""
    host = httpx.URL(url).host
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _trust(url: str, file: PathLike[str] | None) -> ssl.SSLContext | bool:
    """Whom to trust; a TLS context is built only for https, since it costs 30 ms."""
    if httpx.URL(url).scheme != "https" or file is None:
        return httpx.URL(url).scheme == "https"
    import ssl  # noqa: PLC0415 - only for https

    try:
        return ssl.create_default_context(cafile=file)
    except OSError as cause:
        why = "it holds no certificate" if isinstance(cause, ssl.SSLError) else cause.strerror or cause
        raise TargetError(f"cannot read the certificate authorities in {file}: {why}") from cause


def _proxy(url: str) -> httpx.Proxy | None:
    """The proxy that the environment names for a URL; it may hold a password, so no error repeats it."""
    from urllib.request import getproxies_environment, proxy_bypass  # noqa: PLC0415 - rarely asked

    target, named = httpx.URL(url), getproxies_environment()
    found = named.get(target.scheme) or named.get("all")
    if not found or is_loopback(url) or proxy_bypass(target.netloc.decode()):
        return None
    proxy = _parsed_proxy(found if "://" in found else f"http://{found}")
    if proxy is None:
        raise TargetError(
            f"the proxy that the environment names for {target.scheme} cannot be used; write http://HOST:PORT"
        )
    return proxy


def _parsed_proxy(url: str) -> httpx.Proxy | None:
    """A proxy over http or https; None when it is none."""
    try:
        proxy = httpx.Proxy(url)
    except (ValueError, httpx.InvalidURL):
        return None
    return proxy if proxy.url.scheme in {"http", "https"} and proxy.url.host else None
