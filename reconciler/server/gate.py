"""Which requests may come from a web page, and under which names the server may be asked.

A page of another origin must not write here: its requests have an `Origin`; those of programs have none.
A page whose host name leads to this machine (DNS rebinding) is of our origin by that name, which is not ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler.model import pattern as re
from reconciler.server import refusals

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Address

    from starlette.types import Scope

    from reconciler.server.refusals import WireError

GATE: Final = "assistants_sync.gate"
"""The key of a request's state under which a socket's server puts its Gate; in process there is none."""

_AUTHORITY: Final = re.compile(r"(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9_.-]{1,255}))(?::([0-9]{1,5}))?")
_PORTS: Final = {"http": 80, "https": 443}
_HIGHEST: Final = 65535


class InvalidNameError(ValueError):
    """A text that is not a host name, with or without a port."""


class Authority(NamedTuple):
    """A host and its port, which is None where none is written."""

    host: str
    port: int | None

    @classmethod
    def read(cls, text: str) -> Authority | None:
        """Return what a text such as ``[::1]:8123`` names, in one spelling; None if it names nothing."""
        found = _AUTHORITY.fullmatch(text.lower())
        if found is None:
            return None
        port = None if found[3] is None else int(found[3])
        host = _spelling(found[2].removesuffix(".")) if found[1] is None else _spelling(found[1])
        is_valid = bool(host) and (port is None or port <= _HIGHEST) and (found[1] is None or ":" in found[1])
        return cls(host, port) if is_valid else None


@dataclass(frozen=True, slots=True)
class Gate:
    """The names of a server that listens on `address` and `port`; `named` are those that its operator adds.

    A name of the operator holds for every port unless it has one: a proxy may stand before the server.
    """

    address: str
    port: int
    named: frozenset[Authority] = field(default_factory=frozenset)

    @classmethod
    def of(cls, address: str, port: int, host: str = "", names: Iterable[str] = ()) -> Gate:
        """Return the gate of a socket that was bound for a host, and for names that are added to it.

        Raises InvalidNameError.
        """
        named = frozenset(map(_named, names))
        bound = Authority.read(host)
        own = frozenset() if bound is None or _address(bound.host) else {Authority(bound.host, port)}
        return cls(_spelling(address.partition("%")[0].lower()), port, named | own)

    @property
    def is_local(self) -> bool:
        """True if only this machine can connect."""
        address = _address(self.address)
        return address is not None and address.is_loopback

    def refusal(self, scope: Scope) -> WireError | None:
        """Return why a request must not come in; None if it may."""
        hosts = _values(scope, b"host")
        host = Authority.read(hosts[0]) if len(hosts) == 1 else None
        target = _target(scope)
        if host is None or not self._is_own(host):
            return refusals.wrong_host(", ".join(hosts))
        if target is not None and Authority.read(target) != host:
            return refusals.wrong_host(target)
        origins = _values(scope, b"origin")
        if origins and not (len(origins) == 1 and self._is_same(origins[0], host)):
            return refusals.wrong_origin(", ".join(origins))
        return None

    def _is_own(self, asked: Authority) -> bool:
        """Return whether a host is one under which this server is asked."""
        if self._is_named(asked.host, asked.port):
            return True
        port = _PORTS["http"] if asked.port is None else asked.port
        return port == self.port and (asked.host in {"localhost", self.address} or self._reaches(asked.host))

    def _is_named(self, host: str, port: int | None) -> bool:
        return not self.named.isdisjoint({Authority(host, None), Authority(host, port)})

    def _reaches(self, host: str) -> bool:
        """Return whether a host is an address on which this server may be reached, and not a name.

        A page cannot make an address lead elsewhere. A server of all interfaces has many addresses.
        """
        asked, bound = _address(host), _address(self.address)
        if asked is None or bound is None:
            return False
        return bound.is_unspecified or (bound.is_loopback and asked.is_loopback)

    def _is_same(self, origin: str, host: Authority) -> bool:
        """Return whether a page is of the origin that the request asks; https where a proxy may add it."""
        scheme, separator, rest = origin.lower().partition("://")
        page = Authority.read(rest)
        if not separator or page is None or scheme not in _PORTS:
            return False
        if scheme == "https" and not self._is_named(*host):
            return False
        return _complete(page, scheme) == _complete(host, scheme)


def _named(name: str) -> Authority:
    authority = Authority.read(name)
    if authority is None:
        raise InvalidNameError(f"{name!r} is not a host name, such as assistants.example or [::1]:8123")
    return authority


def _complete(authority: Authority, scheme: str) -> tuple[str, int]:
    return authority.host, _PORTS[scheme] if authority.port is None else authority.port


def _spelling(host: str) -> str:
    """Return the one spelling of an address; a name as it is."""
    address = _address(host)
    return host if address is None else str(address)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for key, value in scope["headers"] if key == name]


def _target(scope: Scope) -> str | None:
    """Return the authority in the request line, where a client that takes this for a proxy puts one."""
    raw = scope.get("raw_path", b"/").decode("latin-1")
    return None if raw.startswith("/") or raw == "*" else raw.partition("://")[2].partition("/")[0]
