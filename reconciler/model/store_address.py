"""Addresses of databases and buckets that hold states: read strictly, so that no part means another host."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from reconciler.model import pattern as re

if TYPE_CHECKING:
    from collections.abc import Callable

_STRENGTH = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_POSTGRES = re.compile(
    r"(?:(?P<user>[A-Za-z0-9_][\w.+-]{0,99})@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[\w.-]{1,253})"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"/(?P<database>\w[\w.-]{0,62})"
    rf"(?:\?sslmode=(?P<sslmode>{'|'.join(_STRENGTH)}))?",
    re.ASCII,
)
_S3 = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<prefix>(?:/[\w.=+-]+)*)/?", re.ASCII)
_LABEL = re.compile(r"\w(?:[\w-]{0,61}\w)?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}", re.ASCII)
_COLONS = re.compile("[:\u02d0\u02f8\u0589\u05c3\u2236\ua789\ufe13\ufe30\ufe55\uff1a]")
_PORT = 5432
_LARGEST_PORT = 65_535
_POSTGRES_FORM = (
    "postgresql://USER@HOST:PORT/DATABASE?sslmode=MODE, of which USER, PORT and MODE may be missing"
)
_S3_FORM = "s3://BUCKET/PREFIX, with letters, digits and -_.=+ only"
_KINDS = "name a directory, postgresql://HOST/DATABASE or s3://BUCKET/PREFIX"


class AddressError(ValueError):
    """A text is not an address of a state; ``help`` is the remedy, and neither repeats the text."""

    def __init__(self, problem: str, help: str) -> None:  # noqa: A002 - the field's word
        super().__init__(problem)
        self.help = help


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """A database or a bucket: ``path`` is its name, followed by the segments of a prefix.

    Host and port are in one normal form: lower case, without the default port.
    """

    text: str = field(compare=False)
    scheme: str
    path: tuple[str, ...]
    host: str = ""
    port: int = 0
    user: str = ""
    sslmode: str = ""

    def __str__(self) -> str:
        return self.text

    def merged(self, other: StoreAddress) -> StoreAddress | None:
        """Return what to connect to where a file names the other address and an operator allowed this one.

        That is the same database, or a prefix in the same bucket at or below this one, with what this one
        says of user and encryption where the other one says nothing. None where the other one lies
        elsewhere, has another user than this one, or may have weaker encryption.
        """
        is_there = (self.scheme, self.host, self.port) == (other.scheme, other.host, other.port)
        is_below = self.path == other.path[: len(self.path)]
        is_user = not self.user or other.user in {"", self.user}
        if not (is_there and is_below and is_user and self._is_as_strong(other.sslmode)):
            return None
        return other._completed(self.user, self.sslmode)

    def _is_as_strong(self, sslmode: str) -> bool:
        """Return whether a mode in a file is as strong as the one here; none here is decided elsewhere."""
        if not sslmode:
            return True
        return _STRENGTH.index(sslmode) >= _STRENGTH.index(self.sslmode or _STRENGTH[-1])

    def _completed(self, user: str, sslmode: str) -> StoreAddress:
        """Return this address with a user and a mode, where it has none of its own."""
        user, sslmode = self.user or user, self.sslmode or sslmode
        if (user, sslmode) == (self.user, self.sslmode):
            return self
        before = f"{user}@" if user else ""
        port = f":{self.port}" if self.port != _PORT else ""
        after = f"?sslmode={sslmode}" if sslmode else ""
        text = f"{self.scheme}://{before}{self.host}{port}/{self.path[0]}{after}"
        return replace(self, text=text, user=user, sslmode=sslmode)

    @property
    def strength(self) -> int:
        """How strong the encryption is that this address demands; 0 where it names none."""
        return _STRENGTH.index(self.sslmode) + 1 if self.sslmode else 0

    def is_beside(self, other: StoreAddress) -> bool:
        """Return whether another address is the same, or below, apart from user and encryption."""
        return replace(self, user="", sslmode="").merged(replace(other, user="", sslmode="")) is not None

    @property
    def option(self) -> str:
        """The option that allows exactly this address."""
        return f"--allow-state {shlex.quote(self.text)}"


def is_address(text: str) -> bool:
    """Return whether a text is meant as an address and not as a directory, however it is misspelt."""
    return "://" in text or _COLONS.search(text.partition("/")[0]) is not None


def address_of(text: str) -> StoreAddress:
    """Return what a text says, which has no password; AddressError where it is not such an address."""
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in _READERS:
        raise scheme_problem(text)
    return _READERS[scheme](text, rest)


def scheme_problem(text: str) -> AddressError:
    """Return what is wrong with the scheme of an address; nothing else of it is repeated."""
    scheme, separator, _ = text.partition("://")
    if not separator:
        problem = "the location of the state is neither a directory nor an address"
        return AddressError(problem, f"{_KINDS}; begin the path of a directory that has a colon with ./")
    if scheme.lower() in _READERS:
        problem = "the scheme of the state's address is not in lower case"
        return AddressError(problem, f"write {scheme.lower()}://")
    shown = f": {scheme}://" if _SCHEME.fullmatch(scheme) else ""
    return AddressError(f"the address of the state has an unsupported scheme{shown}", _KINDS)


def _database(text: str, rest: str) -> StoreAddress:
    found = _POSTGRES.fullmatch(rest)
    host = _host(found["host"]) if found else None
    port = int(found["port"] or _PORT) if found else 0
    if not found or host is None or port > _LARGEST_PORT:
        raise AddressError("the address of the state is not that of a database", f"write {_POSTGRES_FORM}")
    return StoreAddress(
        text,
        "postgresql",
        (found["database"],),
        host=host,
        port=port,
        user=found["user"] or "",
        sslmode=found["sslmode"] or "",
    )


def _host(written: str) -> str | None:
    """Return the normal form of a host; None for what is no host, or a number that only some take for one."""
    try:
        if written.startswith("["):
            return f"[{IPv6Address(written[1:-1])}]"
        labels = written.lower().split(".")
        if _NUMBER.fullmatch(labels[-1]):
            return str(IPv4Address(written))
    except ValueError:
        return None
    return ".".join(labels) if all(map(_LABEL.fullmatch, labels)) else None


def _bucket(text: str, rest: str) -> StoreAddress:
    found = _S3.fullmatch(rest)
    path = (found["bucket"], *found["prefix"].split("/")[1:]) if found else ()
    if not found or {".", ".."} & {*path}:
        raise AddressError("the address of the state is not that of a bucket", f"write {_S3_FORM}")
    return StoreAddress(text, "s3", path)


_READERS: dict[str, Callable[[str, str], StoreAddress]] = {
    "postgresql": _database,
    "postgres": _database,
    "s3": _bucket,
}
