"""The port: a place where notes of many authors stand, and how it says no.

::

    ForgeError              whatever it was
    ├── DeniedError         the token may not do this
    ├── MissingError        there is none, or none that the token may see
    ├── TooLongError        the text is too long
    └── LostError           sent, and nobody knows whether it arrived
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class ForgeError(ReconcilerError):
    """A forge did not take, or did not give, what was asked of it; its text may hold the forge's words."""


class DeniedError(ForgeError):
    """The token may not do this."""


class MissingError(ForgeError):
    """There is no such thing, or none that this token may see."""


class TooLongError(ForgeError):
    """The forge takes shorter texts only."""


class LostError(ForgeError):
    """A note was sent, and nobody knows whether it arrived."""


@dataclass(frozen=True, slots=True)
class Note:
    """A comment or an issue; ``id`` grows with time, ``author`` is the forge's own name of who wrote it."""

    id: int
    author: str
    text: str


class Board(Protocol):
    """The comments of one pull request, or the open issues of one repository."""

    async def author(self) -> str:
        """Who we are there; empty where nobody says."""
        ...

    def notes(self) -> AsyncIterator[Note]:
        """Every note, whoever wrote it."""
        ...

    async def add(self, text: str) -> Note:
        """A new note; LostError when its outcome is not known."""
        ...

    async def rewrite(self, note: Note, text: str) -> None:
        """Give a note another text."""
        ...

    async def remove(self, note: Note) -> None:
        """Take a note away; an issue is closed."""
        ...
