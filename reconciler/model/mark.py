"""The ownership mark: the one metadata pair that names an assistant's owner and its managed parts.

It finds an assistant again; it never alone allows a write (anyone in the account can copy it).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from reconciler.model import pattern as re

if TYPE_CHECKING:
    from collections.abc import Iterable

MARK_KEY = "assistants_sync"
"""The reserved metadata key; a configuration may not use it."""

NO_ENVIRONMENT = "-"

PROTECTED = "p"
"""The letter, among those of the managed fields, that forbids to delete the assistant."""

_PATTERN = re.compile(
    r"v1 (?P<project>[a-z0-9_.-]+)/(?P<environment>[a-z0-9_.-]+)/(?P<name>[a-z0-9_.-]+)"
    r" n=(?P<nonce>[a-z2-7]+) f=(?P<letters>[a-z]*)(?P<keys>(?:\+[0-9a-f]{8})*) d=(?P<files>[0-9a-f]{16})"
    r"(?: s=(?P<sent>[0-9a-f]{8}))?\Z"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """Owner, name, the nonce of the create that made it, and what is managed.

    ``letters`` stand for the managed fields, in the order of the dialect's table, PROTECTED behind them;
    ``keys`` are 8-hex digests of keys that are managed one by one, since the keys themselves would not fit;
    ``files`` is a 16-hex digest over (file name, sha256). ``sent`` is an 8-hex digest of the values that the
    configuration declared at the last write: a state that was saved before it has another one. It is empty in
    marks of an earlier version.
    """

    project: str
    environment: str
    name: str
    nonce: str
    letters: str
    keys: frozenset[str]
    files: str
    sent: str = ""

    def __str__(self) -> str:
        keys = "".join(f"+{key}" for key in sorted(self.keys))
        owner = f"{self.project}/{self.environment}/{self.name}"
        sent = f" s={self.sent}" * bool(self.sent)
        return f"v1 {owner} n={self.nonce} f={self.letters}{keys} d={self.files}{sent}"

    @property
    def digest(self) -> str:
        """16 hex digits by which a state knows it again."""
        return sha256(str(self).encode()).hexdigest()[:16]

    def covers(self, other: Mark | None) -> bool:
        """Return whether another mark says the same of what is managed, whatever was sent at its write."""
        return other is not None and replace(self, sent=other.sent) == other

    @property
    def is_protected(self) -> bool:
        """True if it forbids to delete the assistant."""
        return PROTECTED in self.letters

    @classmethod
    def parse(cls, text: object) -> Mark | None:
        """Return the ownership mark in a text; None for anything else, however near it comes."""
        match = _PATTERN.match(text) if isinstance(text, str) else None
        if match is None:
            return None
        parts = match.groupdict("")
        return cls(keys=frozenset(parts.pop("keys").split("+")[1:]), **parts)


def longest(letters: int, keys: int) -> int:
    """Return the most characters that an ownership mark can have with so many letters and key digests."""
    project, environment, name, nonce = 64, 32, 100, 26
    owner = len("v1 //") + project + environment + name
    rest = nonce + letters + len(PROTECTED) + keys * len("+01234567") + 16 + 8
    return owner + len(" n= f= d= s=") + rest


def key_digest(key: str) -> str:
    """Return the digest under which an ownership mark names a key that is managed by itself."""
    return sha256(key.encode()).hexdigest()[:8]


def files_digest(identities: Iterable[tuple[str, str]], adopted: Iterable[tuple[str, str]] = ()) -> str:
    """Return 16 hex digits over the (file name, sha256) of every file of an assistant, order-free.

    ``adopted`` are those that this project did not upload. They have another line, so that a lost state is
    never taken for one that knew them as its own.
    """
    own = [f"{filename}\0{content}" for filename, content in identities]
    lines = sorted([*own, *(f"{filename}\0{content}\0adopted" for filename, content in adopted)])
    return sha256("\n".join(lines).encode()).hexdigest()[:16]


def nonce_of(remote_id: str) -> str:
    """Return the nonce for an assistant that no create of ours made; it is the same at every attempt."""
    return base64.b32encode(sha256(remote_id.encode()).digest()[:10]).decode().lower()
