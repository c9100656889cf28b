"""The port: a board with notes of many authors, and the errors it raises.

::

    ForgeError              any failure of a forge
    ├── DeniedError         the token may not do this
    ├── MissingError        not found, or hidden from the token
    ├── TooLongError        the text is too long
    └── LostError           sent, and its outcome is unknown
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class ForgeError(ReconcilerError):
    """A forge refused a request, or failed; the text may repeat words of the forge."""


class DeniedError(ForgeError):
    """The token may not do this."""


class MissingError(ForgeError):
    """The object was not found, or is hidden from the token."""


class TooLongError(ForgeError):
    """The text is longer than the forge accepts."""


class LostError(ForgeError):
    """A note was sent, and its outcome is unknown."""


@dataclass(frozen=True, slots=True)
class Note:
    """A comment or an issue; ``id`` grows with time, ``author`` is the forge's own name of its author."""

    id: int
    author: str
    text: str


class Board(Protocol):
    """The comments of one pull request, or the open issues of one repository."""

    async def author(self) -> str:
        """Return the author of our notes; empty where the forge does not say."""
        ...

    def notes(self) -> AsyncIterator[Note]:
        """Yield every note, of any author."""
        ...

    async def add(self, text: str) -> Note:
        """Add a note; LostError when its outcome is unknown."""
        ...

    async def rewrite(self, note: Note, text: str) -> None:
        """Give a note another text."""
        ...

    async def remove(self, note: Note) -> None:
        """Delete a note, or close an issue."""
        ...
