"""Secrets in the formats of programs: hashes of passwords, .netrc, .pgpass, JSON Web Keys, Kubernetes."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from reconciler.model import pattern as re
from reconciler.model.characters import is_plain
from reconciler.model.key_contexts import is_secret
from reconciler.model.key_forms import Key, key_at
from reconciler.model.randomness import DOCUMENTED, are_words, is_placeholder, is_random, randomness

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.model.first_look import Look, Stretch

# crypt(3) and what programs write like it, Django and LDAP.
_HASH = re.compile(
    r"\$(?:[156y]|gy|7|2[abxy]?|apr1|sha1|md5|scrypt|argon2(?:id?|d)|pbkdf2[a-z0-9-]{0,12}|bcrypt[a-z0-9-]{0,12})\$"
    r"[A-Za-z0-9./+=,$-]{20,400}+"
    r"|pbkdf2_sha(?:1|256|512)\$[0-9]{1,9}\$[A-Za-z0-9./+=]{4,64}\$[A-Za-z0-9./+=]{20,200}+"
    r"|SCRAM-SHA-256\$[0-9]{1,9}:[A-Za-z0-9+/=]{8,64}\$[A-Za-z0-9+/=:]{40,200}+"
    r"|\{S?SHA(?:256|512)?\}[A-Za-z0-9+/]{24,200}+={0,2}"
)
_NETRC = re.compile(
    r"login[ \t\r\n]{1,20}[^\s\"']{1,100}[ \t\r\n]{1,20}"
    r"password[ \t\r\n]{1,20}[\"']?(?P<value>[^\s\"']{6,200})"
)
# host:port:database:user:password, a line of it.
_PGPASS = re.compile(
    r"(?<![^\s\"'`|#>;])(?:[A-Za-z0-9_*][A-Za-z0-9_.*-]{0,100}):(?:[0-9]{4,5}|\*):[^:\s\"'/]{1,63}:[^:\s\"'/]{1,63}"
    r":(?P<value>[^\s:\"'`]{8,128})(?=[\s\"'`|<]|\Z)"
)
_JWK = re.compile(
    r"[\"'](?:d|k|p|q|dp|dq|qi)[\"']\s{0,4}:\s{0,4}[\"'](?P<value>[A-Za-z0-9_-]{20,4096}+)[\"']"
)
_KUBERNETES = re.compile(r"kind[\"']?:[ \t]{0,4}[\"']?Secret(?![A-Za-z])")
_SECRETS = (b":S", b':"S', b":'S", b":\t")  # the beginning of the kind, as a first look has it
_ENTRY = re.compile(
    r"(?<![A-Za-z0-9_.-])(?P<name>[A-Za-z0-9_.-]{1,100}+)[\"']?:[ \t]{0,4}[\"']?"
    r"(?P<value>[A-Za-z0-9+/]{8,8192}+={0,2})(?=[\"',}\s]|\Z)"
)
# A user and a password, and nothing else in a line or in a value.
_PAIR = re.compile(
    r"(?:^|(?<=[\n\"'`]))(?:[A-Za-z][A-Za-z0-9_.@-]{1,60} {1,2}[/|] {1,2}|(?:admin|root|user):)"
    r"(?P<value>(?:(?![\"'`])[!-~]){8,64})(?=[ \t]{0,4}(?:[\r\n\"'`]|\Z))"
)
# The same after a word that says so: "login: desk / …".
_LOGIN = re.compile(
    r"(?i:log-?ins?|sign-?in|credentials?|creds|accounts?|access|user(?:name)?|zugang(?:sdaten)?|anmeldung"
    r"|identifiants?|acc[eè]s|acceso|credenciales|accesso|credenziali|logowanie|доступ|логин)"
    r"[ \t]{0,3}[:=\uff1a][ \t]{0,3}[\"'`*]{0,3}[A-Za-z][A-Za-z0-9_.@-]{0,60}[\"'`*]{0,3}"
    r"(?:[ \t]{1,2}[/|:,][ \t]{1,2}|[/:])[\"'`*]{0,3}(?P<value>(?:(?![\"'`<>])[!-~]){8,64})"
)
_WIFI = re.compile(r"WIFI:(?:[A-OQ-Z]:[^;\n]{0,100};){0,6}P:(?P<value>(?:\\[!-~]|[^;\\\n]){6,100});")
_PAIRED = re.compile(r"[!$%^*#~@&?]")
_ALL_KINDS = re.compile(r"(?=.{0,64}[A-Z])(?=.{0,64}[a-z])(?=.{0,64}[0-9])")
_ALL_KINDS_IN = re.compile(r"(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])(?=[^0-9]*[0-9])")
_COLONS = 4  # of a line of .pgpass
_HASHED, _MATERIAL, _DRAWN = 12, 16, 10  # random characters of a hash, a key, and of a token
_REACH = 20_000  # characters around a word in which what belongs to it stands
_NAMES = frozenset({"kind", "name", "namespace", "type", "apiVersion", "uid", "resourceVersion", "immutable"})


def in_formats(look: Look) -> Iterator[Key]:
    """Yield what the format that it is part of shows to be a secret."""
    text = look.text
    if look.has(b"$", b"SHA") and look.long:
        yield from _random(text, _HASH, _HASHED, "the hash of a password")
    if look.is_before_value("login") and look.is_before_value("password"):
        yield from _said(_NETRC.finditer(text), text)
    if look.has(b":"):
        yield from _said(_of_pgpass(look), text)
    lines = [*_mixed_lines(look)]
    if look.has(b":"):
        yield from _after_logins(text, lines)
    if look.has(b"WIFI:"):
        yield from _said(_WIFI.finditer(text), text)
    if look.long and look.has(b'"', b"'") and "kty" in text:
        yield from _random(text, _JWK, _MATERIAL, "a JSON Web Key")
    if look.has(*_SECRETS) and "Secret" in text and "kind" in text:
        yield from _of_kubernetes(text)
    yield from _beside_users(text, lines)


def _of_pgpass(look: Look) -> Iterator[re.Match[str]]:
    """Yield lines of .pgpass, of which each is a word."""
    for start, end in look.values:
        if look.text.count(":", start, end) >= _COLONS:
            yield from _PGPASS.finditer(look.text, start, end)


def _mixed_lines(look: Look) -> Iterator[Stretch]:
    """Yield the lines that have a word with a digit, a small letter and a capital, once each."""
    text, done = look.text, 0
    for start, end in look.values:
        if start >= done and _ALL_KINDS_IN.match(text, start, end):
            done = text.find("\n", end)
            done = len(text) if done < 0 else done
            yield text.rfind("\n", 0, start) + 1, done


def _in_lines(pattern: re.Pattern[str], text: str, lines: Sequence[Stretch]) -> Iterator[re.Match[str]]:
    """Yield what a pattern matches that goes over no end of a line."""
    for start, end in lines:
        yield from pattern.finditer(text, start, end)


def _beside_users(text: str, lines: Sequence[Stretch]) -> Iterator[Key]:
    for found in _in_lines(_PAIR, text, lines):
        value, signs = found["value"], len(_PAIRED.findall(found["value"]))
        is_password = _ALL_KINDS.match(value) and (signs > 1 or (signs and not are_words(value)))
        if is_password and is_secret(value, 0, is_said=True):
            yield key_at(text, *found.span("value"), "a password")


def _after_logins(text: str, lines: Sequence[Stretch]) -> Iterator[Key]:
    for found in _in_lines(_LOGIN, text, lines):
        value = found["value"].rstrip(".,;:)]}\\")
        if _ALL_KINDS.match(value) and is_secret(value, 0, is_said=True) and not are_words(value):
            start = found.start("value")
            yield key_at(text, start, start + len(value), "a password")


def _random(text: str, pattern: re.Pattern[str], least: int, noun: str) -> Iterator[Key]:
    for found in pattern.finditer(text):
        if is_random(found[0], least):
            yield key_at(text, *found.span(), noun)


def _said(matches: Iterable[re.Match[str]], text: str) -> Iterator[Key]:
    for found in matches:
        if is_secret(found["value"], 0, is_said=True):
            yield key_at(text, *found.span("value"), "a password")


def _of_kubernetes(text: str) -> Iterator[Key]:
    """Yield the values of Secrets of Kubernetes, which are passwords in base64."""
    done = 0
    for kind in _KUBERNETES.finditer(text):
        begin, end = _document(text, kind.start())
        for entry in _ENTRY.finditer(text, max(begin, done), end):
            if entry["name"] not in _NAMES and _is_hidden(entry["name"], entry["value"]):
                yield key_at(text, *entry.span("value"), "a password in base64")
        done = max(done, end)


def _document(text: str, at: int) -> tuple[int, int]:
    """Return where the document of YAML around a place is, as far as it is looked at."""
    first, last = max(0, at - _REACH), at + _REACH
    begin, end = text.rfind("\n---", first, at), text.find("\n---", at, last)
    return max(begin, first), end if end >= 0 else last


def _is_hidden(name: str, encoded: str) -> bool:
    """Return whether an entry of a Secret holds one: user names are kept there too."""
    if encoded in DOCUMENTED or len(encoded) % 4:
        return False
    try:
        value = b64decode(encoded, validate=True).decode().strip()
    except ValueError:
        return False
    if not is_plain(value) or is_placeholder(value):
        return False
    if any(word in name.lower() for word in ("pass", "pwd", "secret", "token", "key")):
        return len(value) >= _DRAWN or is_secret(value, 0, is_said=True)
    return is_secret(value, 0, is_said=True) or randomness(value) >= _DRAWN
