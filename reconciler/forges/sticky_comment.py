"""One note with our marker, however many runs write it at the same time.

The marker only finds the note: anyone can write one, so a note counts as ours only when we are its author.
Where a forge does not name us, the next note that we add does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeVar

from reconciler.forges.comments import DeniedError, ForgeError, LostError, MissingError, TooLongError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from reconciler.forges.comments import Board, Note

T = TypeVar("T")

_SHARES = (1, 2, 8)


@dataclass(frozen=True, slots=True)
class Pinned:
    """The result for the note; ``left`` counts others of ours that could not be removed."""

    result: Literal["created", "updated", "absent"]
    left: int = 0


def marker(kind: str, project: str, environment: str) -> str:
    """Return the line that marks our note; every part must be valid in it already."""
    return f"<!-- {kind}:{project}/{environment} -->"


async def pin(
    board: Board, line: str, draft: Callable[[int], str], most: int, *, create: bool = True
) -> Pinned:
    """Write what ``draft`` returns for a number of bytes into the one note with a marker line.

    A forge that finds it too long gets shorter drafts, at last that of 0 bytes: a few words. A note is added
    only with ``create``. Afterwards every run reads the notes again: of several the oldest stays, and the
    others are removed. DeniedError when nothing could be written.
    """
    pad = _Pad(board, line, draft, most)
    ours = await pad.ours(await board.author())
    written = await pad.rewritten(ours)
    if written is not None:
        return Pinned("updated", await _removed(board, ours, written))
    return await pad.added() if create else Pinned("absent")


async def unpin(board: Board, line: str) -> int:
    """Remove every note of ours with a marker line, and return their number."""
    ours = await _Pad(board, line, lambda _: "", 0).ours(await board.author())
    for note in ours:
        await board.remove(note)
    return len(ours)


@dataclass
class _Pad:
    """A draft and the board for it; ``closed`` are notes of ours that we cannot write."""

    board: Board
    line: str
    draft: Callable[[int], str]
    most: int
    closed: set[int] = field(default_factory=set)

    async def ours(self, author: str) -> list[Note]:
        """Return the notes with the marker that this author wrote, oldest first."""
        ours = [note async for note in self.board.notes() if self._is_ours(note, author)]
        return sorted(ours, key=lambda note: note.id)

    def _is_ours(self, note: Note, author: str) -> bool:
        is_marked = note.text.split("\n", 1)[0].strip() == self.line
        return bool(author) and note.author == author and is_marked and note.id not in self.closed

    async def rewritten(self, notes: Iterable[Note]) -> Note | None:
        """Write the text into the first note that takes it, and return that note."""
        for note in notes:
            try:
                await self._fitted(partial(self.board.rewrite, note))
            except (DeniedError, MissingError):  # another user locked or deleted it
                self.closed.add(note.id)
            else:
                return note
        return None

    async def added(self) -> Pinned:
        """Add a note, unless another run added one in the meantime."""
        try:
            added = await self._fitted(self.board.add)
        except LostError:
            if await self.rewritten(await self.ours(await self.board.author())) is None:
                raise
            return Pinned("created")
        earlier = [note for note in await self.ours(added.author) if note.id < added.id]
        written = await self.rewritten(earlier)
        if written is None:
            return Pinned("created")
        return Pinned("updated", await _removed(self.board, [*earlier, added], written))

    async def _fitted(self, write: Callable[[str], Awaitable[T]]) -> T:
        """Write as much as the forge takes."""
        for share in _SHARES:
            try:
                return await write(self._text(self.most // share))
            except TooLongError:
                continue
        return await write(self._text(0))

    def _text(self, most: int) -> str:
        return f"{self.line}\n{self.draft(most)}"


async def _removed(board: Board, notes: Iterable[Note], written: Note) -> int:
    """Remove all notes but one, and return how many could not be removed."""
    left = 0
    for note in notes:
        if note.id == written.id:
            continue
        try:
            await board.remove(note)
        except MissingError:  # another run was quicker
            continue
        except ForgeError:
            left += 1
    return left
