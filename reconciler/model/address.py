"""The identity a person chose: ``assistant.support``, ``file.docs/handbook.md``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model import pattern as re

NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}\Z")
"""The form of an assistant's key; bounded, so that every ownership mark fits its 512 characters."""

PROJECT_PATTERN = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}\Z")
"""The form of a project's name; bounded for the same reason."""

ENVIRONMENT_PATTERN = re.compile(r"[a-z0-9][a-z0-9_.-]{0,31}\Z")
"""The form of an environment's name; bounded for the same reason."""

REMOTE_ID = r"\.{0,2}[A-Za-z0-9_:-][A-Za-z0-9_.:-]*|\.{3}[A-Za-z0-9_.:-]*"
"""The form of a remote id: letters, digits and four signs; neither ``.`` nor ``..``, which change a path."""

CHANGED_NAME = re.compile(r'["\x00-\x1f\x7f-\x9f\ud800-\udfff]')
"""What the form of an upload escapes, what no header can carry, and what cannot be UTF-8.

Any other character arrives as it is; whether a reviewer can see it is the question of another check.
"""

_REMOTE_ID = re.compile(REMOTE_ID)
LONGEST_ID = 200

_HOME = re.compile(r"~[a-z0-9_-]*(?:/|\Z)")
_UNDECLARABLE = re.compile(r"[\0\\]")


class Kind(StrEnum):
    """The two kinds of resource a configuration declares."""

    ASSISTANT = "assistant"
    FILE = "file"


_KINDS = {str(kind): kind for kind in Kind}


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """Kind and name; for a file the name is its path beneath the root, with forward slashes."""

    kind: Kind
    name: str

    def __hash__(self) -> int:
        return hash(self.name)  # names hardly ever have both kinds, and a text knows its hash

    def __str__(self) -> str:
        return f"{self.kind}.{self.name}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Return the address of ``kind.name``; ValueError when the kind is unknown or the name is missing."""
        kind, dot, name = text.partition(".")
        known = _KINDS.get(kind)
        if not dot or not name or known is None:
            raise ValueError(f"{text!r} is not an address; write assistant.NAME or file.PATH")
        return cls(known, name)


def assistant(name: str) -> Address:
    """Return the address of the assistant declared under this key."""
    return Address(Kind.ASSISTANT, name)


def file(path: str) -> Address:
    """Return the address of the file at this path beneath the root."""
    return Address(Kind.FILE, path)


def is_file_path(text: str) -> bool:
    """Return whether a text can be the path of a declared file: beneath the root, in its shortest form."""
    steps = text.split("/")
    is_short = not any(step in {"", ".", ".."} for step in steps) and not _HOME.match(text)
    return is_short and not _UNDECLARABLE.search(text) and not CHANGED_NAME.search(steps[-1])


def is_remote_id(value: object) -> bool:
    """Return whether a value can be the id of an object of a server."""
    return isinstance(value, str) and len(value) <= LONGEST_ID and _REMOTE_ID.fullmatch(value) is not None
