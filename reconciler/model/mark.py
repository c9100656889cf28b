"""The Mark: the one metadata pair that says whose an assistant is and what of it we manage.

It finds an assistant again; it never alone allows a write (anyone in the account can copy it).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MARK_KEY = "assistants_sync"
"""The reserved metadata key; a configuration may not use it."""

NO_ENVIRONMENT = "-"

_LETTERS = {
    "name": "n",
    "description": "d",
    "model": "m",
    "instructions": "i",
    "tools": "t",
    "files": "f",
    "prevent_destroy": "p",
}
_PATTERN = re.compile(
    r"v1 (?P<project>[a-z0-9_.-]+)/(?P<environment>[a-z0-9_.-]+)/(?P<name>[a-z0-9_.-]+)"
    r" n=(?P<nonce>[a-z2-7]+) f=(?P<letters>[a-z]*)(?P<keys>(?:\+[0-9a-f]{8})*) d=(?P<files>[0-9a-f]{16})\Z"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """Owner, name, the nonce of the create that made it, and what is managed.

    ``fields`` are the managed fields; ``keys`` are 8-hex digests of the managed metadata keys, since
    the keys themselves would not fit; ``files`` is a 16-hex digest over (file name, sha256).
    """

    project: str
    environment: str
    name: str
    nonce: str
    fields: frozenset[str]
    keys: frozenset[str]
    files: str

    def __str__(self) -> str:
        letters = "".join(letter for field, letter in _LETTERS.items() if field in self.fields)
        keys = "".join(f"+{key}" for key in sorted(self.keys))
        owner = f"{self.project}/{self.environment}/{self.name}"
        return f"v1 {owner} n={self.nonce} f={letters}{keys} d={self.files}"

    @classmethod
    def parse(cls, text: object) -> Mark | None:
        """Read a Mark; None for anything else, however near it comes."""
        found = _PATTERN.match(text) if isinstance(text, str) else None
        if found is None:
            return None
        names = {letter: field for field, letter in _LETTERS.items()}
        return cls(
            found["project"],
            found["environment"],
            found["name"],
            found["nonce"],
            frozenset(names[letter] for letter in found["letters"] if letter in names),
            frozenset(found["keys"].split("+")[1:]),
            found["files"],
        )


def key_digest(key: str) -> str:
    """How a managed metadata key is remembered in a Mark."""
    return sha256(key.encode()).hexdigest()[:8]


def files_digest(identities: Iterable[tuple[str, str]]) -> str:
    """16 hex digits over the (file name, sha256) of every file of an assistant, order-free."""
    lines = sorted(f"{filename}\0{content}" for filename, content in identities)
    return sha256("\n".join(lines).encode()).hexdigest()[:16]
