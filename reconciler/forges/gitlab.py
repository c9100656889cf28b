"""GitLab: the notes of a merge request, and the issues of a project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.forges.comments import DeniedError, ForgeError, MissingError, Note
from reconciler.forges.rest import Forge, Rest, Shape

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from reconciler.api.http_sender import AsyncHttpSender

FORGE = Forge("GitLab", credential="ASSISTANTS_SYNC_GITLAB_TOKEN", api="CI_API_V4_URL", scope="project")


class _User(Shape):
    id: int


class _Comment(Shape):
    id: int
    body: str = ""
    author: _User
    system: bool = False

    @property
    def note(self) -> Note:
        return Note(self.id, str(self.author.id), self.body)


class _Issue(Shape):
    iid: int
    description: str | None = None
    author: _User

    @property
    def note(self) -> Note:
        return Note(self.iid, str(self.author.id), self.description or "")


@dataclass(frozen=True)
class MergeRequest:
    """The notes of one merge request, a Board."""

    rest: Rest
    path: tuple[str, ...]

    @classmethod
    def of(cls, sender: AsyncHttpSender, project: int, number: int) -> MergeRequest:
        """Return a merge request of a project, both by their numbers; ForgeError for an invalid number."""
        path = ("projects", _numbered(project), "merge_requests", _numbered(number), "notes")
        return cls(_rest(sender), path)

    async def author(self) -> str:
        """Return the user of the token; a project's token has a user too."""
        return await _author(self.rest)

    async def notes(self) -> AsyncIterator[Note]:
        """Yield every note that a person or a token wrote, oldest first."""
        query = {"sort": "asc", "order_by": "created_at"}
        async for comment in self.rest.each(self.path, query, _Comment):
            if not comment.system:
                yield comment.note

    async def add(self, text: str) -> Note:
        """Add a note."""
        return (await self.rest.write("POST", self.path, {"body": text}, _Comment)).note

    async def rewrite(self, note: Note, text: str) -> None:
        """Replace the text of a note."""
        await self.rest.write("PUT", (*self.path, str(note.id)), {"body": text}, _Comment)

    async def remove(self, note: Note) -> None:
        """Delete a note."""
        await self.rest.delete((*self.path, str(note.id)))


@dataclass(frozen=True)
class Issues:
    """The open issues of a project, a Board."""

    rest: Rest
    path: tuple[str, ...]
    title: str

    @classmethod
    def of(cls, sender: AsyncHttpSender, project: int, title: str) -> Issues:
        """Return the issues of a project; new ones get this title."""
        return cls(_rest(sender), ("projects", _numbered(project), "issues"), title)

    async def author(self) -> str:
        """Return the user of the token."""
        return await _author(self.rest)

    async def notes(self) -> AsyncIterator[Note]:
        """Yield every open issue."""
        async for issue in self.rest.each(self.path, {"state": "opened"}, _Issue):
            yield issue.note

    async def add(self, text: str) -> Note:
        """Open an issue."""
        body = {"title": self.title, "description": text}
        return (await self.rest.write("POST", self.path, body, _Issue)).note

    async def rewrite(self, note: Note, text: str) -> None:
        """Replace the text of an issue."""
        await self._change(note, {"description": text})

    async def remove(self, note: Note) -> None:
        """Close an issue."""
        await self._change(note, {"state_event": "close"})

    async def _change(self, note: Note, body: dict[str, object]) -> None:
        await self.rest.write("PUT", (*self.path, str(note.id)), body, _Issue)


def _rest(sender: AsyncHttpSender) -> Rest:
    return Rest(sender, FORGE, "the scope `api` and a role that may comment")


async def _author(rest: Rest) -> str:
    try:
        return str((await rest.read(("user",), _User)).id)
    except (DeniedError, MissingError):
        return ""


def _numbered(number: int) -> str:
    if number < 1:
        raise ForgeError(f"{number} is not a number that GitLab gives")
    return str(number)
