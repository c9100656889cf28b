"""The target of a plan in one spelling, so that one server has one name."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def canonical_target(text: str) -> str:
    """Return a URL with a small host, without the port of its scheme and a slash at the end.

    Anything else stays as it is. Two spellings that may lead to two servers, such as a host with and without
    a dot at its end, stay two.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return text
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return text
    behind = "" if port in {None, _PORTS[parts.scheme]} else f":{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{_host(parts.hostname)}{behind}{parts.path.rstrip('/')}{query}"


def _host(name: str) -> str:
    """Return a host, of an address its shortest form."""
    try:
        found = ip_address(name)
    except ValueError:
        return name
    return f"[{found}]" if found.version == 6 else str(found)  # noqa: PLR2004 - IPv6
