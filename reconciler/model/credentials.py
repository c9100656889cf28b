"""The secrets in a header, in a URL, and in a file of passwords."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, unquote_plus

from reconciler.model import pattern as re

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SHORT: Final = 12
"""Characters from which on a secret is looked for inside texts; a shorter one may be a word."""
HIDDEN: Final = "***"
BLOCK: Final = "PRIVATE KEY"
"""What every block of a private key has in it."""

_SECRET = re.compile(
    r"(?:\A|[^a-z])(?:api|access|auth|client|private|secret|ssl)?"
    r"(?:auth|authorization|cookie2?|credentials?|jwt|key|pass|passwd|password|pwd|secret|session|sig|"
    r"signature|token)\Z",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,30})\s+(.+)", re.DOTALL)
_PARAMETER = re.compile(r"[?&#;]([^=?&#;\s]{1,100})=([^&#;\s\"'<>]*)")
_HARMLESS = re.compile(r"(?:api[-_]?)?version\Z|sslkey\Z", re.IGNORECASE)  # the second one is a path
_STRUCTURED = re.compile(r"(?:proxy-)?authorization\Z|cookie2?\Z", re.IGNORECASE)
_PUBLIC = frozenset({"algorithm", "credential", "qop", "realm", "signedheaders", "uri", "username"})
_AUTHORITY = re.compile(r"[^/?#]*")
_PORT = re.compile(r"(?:\[[^\]]*\]|[^:]*)(?::[0-9]*)?\Z")
_NO_PASSWORD = re.compile(
    r"(?:x-oauth-basic|x)?\Z", re.IGNORECASE
)  # what stands there if the user is a token
_RUN = re.compile(r"[A-Za-z0-9]{12,}")
_SPELT = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}")
_CHANGE = re.compile(r"(?<=[A-Za-z])[0-9]|(?<=[0-9])[A-Za-z]")
_CHANGES = 3  # between letters and digits, from which on no person made a name up
_DIGEST = re.compile(r"(?:[0-9a-f]{40}|[0-9A-F]{40}|[0-9a-f]{64})\Z")
_OF_DATABASE = re.compile(r"postgres(?:ql)?://", re.IGNORECASE)
_NAME = 100
_LONGEST = 65_536  # characters of a text that are looked at


def is_secret_name(name: str) -> bool:
    """Return whether a header, a parameter or a variable of this name has a secret for a value."""
    return bool(_SECRET.search(name[-_NAME:]))


def without_secret_values(query: str) -> str:
    """Return a query, as it was sent, with *** for the values of names that are those of secrets."""
    parts = [_without_secret_value(part) for part in re.split(r"([&;])", query)]
    return "".join(parts)


def _without_secret_value(parameter: str) -> str:
    name, sign, _ = parameter.partition("=")
    return f"{name}={HIDDEN}" if sign and is_secret_name(unquote_plus(name).strip("[] ")) else parameter


def looks_random(value: str) -> bool:
    """Return whether a value looks like a key: a run of letters and digits that is no word and no digest."""
    return any(map(_is_random, _RUN.findall(value[:_LONGEST])))


def _is_random(run: str) -> bool:
    words = sum(map(len, _SPELT.findall(run)))
    return len(_CHANGE.findall(run)) >= _CHANGES and 2 * words < len(run) and not _DIGEST.match(run)


def in_headers(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield the secrets in headers: values without their scheme, decoded, and each part and cookie."""
    for name, value in headers.items():
        if _STRUCTURED.match(name):
            yield from _in_structure(str(value).strip())
        elif is_secret_name(name):
            yield str(value).strip()
            yield from _after_scheme(str(value).strip())


def _after_scheme(value: str) -> Iterator[str]:
    scheme = _SCHEME.match(value)
    if scheme and scheme[1].lower() in {"bearer", "basic", "token"}:
        yield scheme[2]


def _in_structure(value: str) -> Iterator[str]:
    """Yield what follows a scheme, and the parts of it; names of parts are no secrets."""
    scheme = _SCHEME.match(value)
    rest = scheme[2] if scheme else value
    if scheme and scheme[1].lower() == "basic":
        yield from _in_basic(rest)
    parts = [part for part in re.split(r"[;,\s]+", rest) if part]
    if len(parts) == 1 and not _named(parts[0])[0]:
        yield rest
    for part in parts:
        name, secret = _named(part)
        if name.lower() not in _PUBLIC and (len(secret) >= SHORT or is_secret_name(name)):
            yield secret
        elif len(part) < SHORT:
            yield part


def _named(part: str) -> tuple[str, str]:
    """Return the name and the value of a part; = at the end is that of base64."""
    name, _, value = part.partition("=")
    value = value.strip("\"'")
    return (name, value) if value.strip("=") else ("", part.strip("\"'"))


def _in_basic(encoded: str) -> Iterator[str]:
    """Yield the password of a basic authorization, or a user without one."""
    try:
        user, _, password = b64decode(encoded).decode().partition(":")
    except ValueError:
        return
    yield password  # not with its colon, which in JSON stands before any value
    yield user if _NO_PASSWORD.match(password) else ""


def in_url(text: str) -> Iterator[str]:
    """Yield the secrets in a URL; see `parts_of_url`."""
    yield from (secret for _, secret in parts_of_url(text))


def parts_of_url(text: str) -> Iterator[tuple[str, str]]:
    """Yield the secrets in a URL, each after what it is: password, user or query; decoded too.

    A user is one only where there is no password beside it. Of a database's URL only what is a password by
    its name or place is: its user is shown.
    """
    text = text[:_LONGEST]
    is_database = bool(_OF_DATABASE.match(text))
    user, _, password = _userinfo(text).partition(":")
    yield from (("password", one) for one in (password, unquote(password)))
    if _NO_PASSWORD.match(password) and not is_database:
        yield from (("user", one) for one in (user, unquote(user)))
    for name, value in _PARAMETER.findall(text):
        is_named = is_secret_name(name)
        is_long = len(value) >= SHORT and not is_database
        if (is_named or is_long) and not _HARMLESS.match(name):
            yield from (("query", one) for one in (value, unquote_plus(value)))


def _userinfo(text: str) -> str:
    """Return what is before the @ of an authority.

    What should end an authority may be a letter of a password that is not escaped: where no port is.
    """
    address = text.partition("://")[2] or text
    authority = _AUTHORITY.match(address)
    within = authority[0] if authority else ""
    if "@" not in within and not _PORT.match(within):
        within = address
    return within.rpartition("@")[0]


def in_password_file(text: str) -> Iterator[str]:
    """Yield the passwords in a file as libpq reads it, or in one of services, where names are before them."""
    for line in text[:_LONGEST].splitlines():
        fields = re.split(r"(?<!\\):", line)
        if len(fields) >= 5:  # noqa: PLR2004 - host, port, database, user, password
            yield from (fields[-1], re.sub(r"\\(.)", r"\1", fields[-1]))
        name, sign, value = line.partition("=")
        if sign and is_secret_name(name.strip()) and not _HARMLESS.match(name.strip()):
            yield value.strip()
