"""The secrets in a header, in a URL, and in a file of passwords."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

from reconciler.model.redactor import SHORT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SECRET = re.compile(
    r"(?:\A|[^a-z])(?:api|access|auth|client|private|secret|ssl)?"
    r"(?:auth|authorization|cookie2?|credentials?|jwt|key|pass|passwd|password|pwd|secret|session|sig|"
    r"signature|token)\Z",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,30})\s+(.+)", re.DOTALL)
_PARAMETER = re.compile(r"[?&#;]([^=?&#;\s]{1,100})=([^&#;\s\"'<>]*)")
_HARMLESS = re.compile(r"(?:api[-_]?)?version\Z", re.IGNORECASE)
_OF_DATABASE = re.compile(r"postgres(?:ql)?://", re.IGNORECASE)
_NAME = 100
_LONGEST = 65_536  # characters of a text that are looked at


def is_secret_name(name: str) -> bool:
    """Return whether a header, a parameter or a variable of this name has a secret for a value."""
    return bool(_SECRET.search(name[-_NAME:]))


def in_headers(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield the secrets in headers: values, without their scheme too, decoded, and each cookie."""
    for name, value in headers.items():
        if is_secret_name(name):
            yield from _in_header(str(value).strip())


def _in_header(value: str) -> Iterator[str]:
    yield value
    scheme = _SCHEME.match(value)
    if scheme:
        yield scheme[2]
        yield from _in_basic(scheme[2]) if scheme[1].lower() == "basic" else ()
    for pair in re.split(r"[;,\s]+", value):
        yield from (part.strip("\"'") for part in (pair, pair.partition("=")[2]) if len(part) >= SHORT)


def _in_basic(encoded: str) -> Iterator[str]:
    """Yield the password of a basic authorization."""
    try:
        decoded = b64decode(encoded).decode()
    except ValueError:
        return
    yield decoded.partition(":")[2]  # not with its colon, which in JSON stands before any value


def in_url(text: str) -> Iterator[str]:
    """Yield the secrets in what may be a URL: user, password and the values of its query, decoded too.

    Of a database's URL only what is a password by its name or place: its user is shown. What is not escaped
    as it should be makes more than one reading.
    """
    text = text[:_LONGEST]
    address = text.partition("://")[2] or text
    is_database = bool(_OF_DATABASE.match(text))
    for user in {address.rpartition("@")[0], address.partition("@")[0] if "@" in address else ""}:
        name, _, password = user.partition(":")
        yield from (password, unquote(password))
        yield from (name, unquote(name)) if not is_database else ()
    for name, value in _PARAMETER.findall(text):
        is_named = is_secret_name(name)
        if is_named or (len(value) >= SHORT and not is_database and not _HARMLESS.match(name)):
            yield from (value, unquote_plus(value))


def in_password_file(text: str) -> Iterator[str]:
    """Yield the passwords in a file as libpq reads it, or in one of services, where names are before them."""
    for line in text[:_LONGEST].splitlines():
        fields = re.split(r"(?<!\\):", line)
        if len(fields) >= 5:  # noqa: PLR2004 - host, port, database, user, password
            yield from (fields[-1], re.sub(r"\\(.)", r"\1", fields[-1]))
        name, sign, value = line.partition("=")
        if sign and is_secret_name(name.strip()):
            yield value.strip()
