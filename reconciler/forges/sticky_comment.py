"""One note that carries our marker, however many runs write it at once.

The marker is only a means to find it: anybody can write one, so a note counts as ours only when its author
is who we are. Where a forge does not say who that is, the next note that we make tells.
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
    """What became of the note; ``left`` counts others of ours that could not be removed."""

    what: Literal["created", "updated", "absent"]
    left: int = 0


def marker(kind: str, project: str, environment: str) -> str:
    """The line that tells our note; every part must be fit for it already."""
    return f"<!-- {kind}:{project}/{environment} -->"


async def pin(
    board: Board, mark: str, draft: Callable[[int], str], most: int, *, anew: bool = True
) -> Pinned:
    """Let the one note with a marker say what ``draft`` writes, given how many bytes it may take.

    A forge that finds it too long gets shorter ones, at last that of 0 bytes: a few words. A note is made
    only with ``anew``. Afterwards every run looks again: of several notes the oldest stays, and the others
    are removed. DeniedError when nothing could be written.
    """
    pad = _Pad(board, mark, draft, most)
    ours = await pad.ours(await board.author())
    kept = await pad.rewritten(ours)
    if kept is not None:
        return Pinned("updated", await _removed(board, ours, kept))
    return await pad.added() if anew else Pinned("absent")


async def unpin(board: Board, mark: str) -> int:
    """Remove every note of ours with a marker; how many there were."""
    ours = await _Pad(board, mark, lambda _: "", 0).ours(await board.author())
    for one in ours:
        await board.remove(one)
    return len(ours)


@dataclass
class _Pad:
    """What is to be written, and where; ``closed`` are notes of ours that do not let us write."""

    board: Board
    mark: str
    draft: Callable[[int], str]
    most: int
    closed: set[int] = field(default_factory=set)

    async def ours(self, author: str) -> list[Note]:
        """The notes with the marker that this author wrote, oldest first."""
        found = [one async for one in self.board.notes() if self._is_ours(one, author)]
        return sorted(found, key=lambda one: one.id)

    def _is_ours(self, note: Note, author: str) -> bool:
        is_marked = note.text.split("\n", 1)[0].strip() == self.mark
        return bool(author) and note.author == author and is_marked and note.id not in self.closed

    async def rewritten(self, notes: Iterable[Note]) -> Note | None:
        """The first of some notes that takes the text."""
        for one in notes:
            try:
                await self._fitted(partial(self.board.rewrite, one))
            except (DeniedError, MissingError):  # somebody locked or deleted it
                self.closed.add(one.id)
            else:
                return one
        return None

    async def added(self) -> Pinned:
        """A new note, unless another run made one in the meantime."""
        try:
            made = await self._fitted(self.board.add)
        except LostError:
            found = await self.ours(await self.board.author())
            if await self.rewritten(found) is None:
                raise
            return Pinned("created")
        earlier = [one for one in await self.ours(made.author) if one.id < made.id]
        kept = await self.rewritten(earlier)
        if kept is None:
            return Pinned("created")
        return Pinned("updated", await _removed(self.board, [*earlier, made], kept))

    async def _fitted(self, write: Callable[[str], Awaitable[T]]) -> T:
        """Write as much as the forge takes."""
        for share in _SHARES:
            try:
                return await write(self._text(self.most // share))
            except TooLongError:
                continue
        return await write(self._text(0))

    def _text(self, most: int) -> str:
        return f"{self.mark}\n{self.draft(most)}"


async def _removed(board: Board, notes: Iterable[Note], kept: Note) -> int:
    """Remove all but one; how many would not go."""
    left = 0
    for one in notes:
        if one.id == kept.id:
            continue
        try:
            await board.remove(one)
        except MissingError:  # another run was quicker
            continue
        except ForgeError:
            left += 1
    return left
