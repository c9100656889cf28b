"""GitHub: the comments of a pull request, and the issues of a repository."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.forges.comments import DeniedError, ForgeError, MissingError, Note
from reconciler.forges.rest import Forge, Rest, Shape

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from reconciler.api.connection import AsyncConnection

_REPOSITORY = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9_.-]{1,100}/(?!\.{1,2}\Z)[A-Za-z0-9_.-]{1,100}\Z")
FORGE = Forge(
    "GitHub",
    credential="GITHUB_TOKEN",
    api="GITHUB_API_URL",
    scope="repository",
    headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
)
# Who speaks with the token that a workflow gets. Nobody can register a name with brackets in it.
_WORKFLOW = "github-actions[bot]"


class _User(Shape):
    login: str


class _Comment(Shape):
    id: int
    body: str | None = None
    user: _User | None = None

    @property
    def note(self) -> Note:
        return Note(self.id, self.user.login if self.user else "", self.body or "")


class _Issue(Shape):
    number: int
    body: str | None = None
    user: _User | None = None
    pull_request: dict[str, object] | None = None

    @property
    def note(self) -> Note:
        return Note(self.number, self.user.login if self.user else "", self.body or "")


@dataclass(frozen=True)
class PullRequest:
    """The comments of one pull request, a Board."""

    rest: Rest
    place: tuple[str, ...]
    number: int

    @classmethod
    def of(cls, connection: AsyncConnection, repository: str, number: int) -> PullRequest:
        """That of a repository, ``OWNER/NAME``; ForgeError for what is none."""
        return cls(_rest(connection, "`pull-requests: write`"), _place(repository), _numbered(number))

    async def author(self) -> str:
        """The user of the token, or the workflow."""
        return await _author(self.rest)

    async def notes(self) -> AsyncIterator[Note]:
        """Every comment, oldest first."""
        where = (*self.place, "issues", str(self.number), "comments")
        async for one in self.rest.each(where, {}, _Comment):
            yield one.note

    async def add(self, text: str) -> Note:
        """A new comment."""
        where = (*self.place, "issues", str(self.number), "comments")
        return (await self.rest.write("POST", where, {"body": text}, _Comment)).note

    async def rewrite(self, note: Note, text: str) -> None:
        """Another text of a comment."""
        await self.rest.write("PATCH", self._comment(note), {"body": text}, _Comment)

    async def remove(self, note: Note) -> None:
        """Delete a comment."""
        await self.rest.delete(self._comment(note))

    def _comment(self, note: Note) -> tuple[str, ...]:
        return (*self.place, "issues", "comments", str(note.id))


@dataclass(frozen=True)
class Issues:
    """The open issues of a repository, a Board; pull requests, which GitHub counts too, are left out."""

    rest: Rest
    place: tuple[str, ...]
    title: str

    @classmethod
    def of(cls, connection: AsyncConnection, repository: str, title: str) -> Issues:
        """Those of a repository; new ones get this title."""
        return cls(_rest(connection, "`issues: write`"), _place(repository), title)

    async def author(self) -> str:
        """The user of the token, or the workflow."""
        return await _author(self.rest)

    async def notes(self) -> AsyncIterator[Note]:
        """Every open issue."""
        async for one in self.rest.each((*self.place, "issues"), {"state": "open"}, _Issue):
            if one.pull_request is None:
                yield one.note

    async def add(self, text: str) -> Note:
        """A new issue."""
        body = {"title": self.title, "body": text}
        return (await self.rest.write("POST", (*self.place, "issues"), body, _Issue)).note

    async def rewrite(self, note: Note, text: str) -> None:
        """Another text of an issue."""
        await self._change(note, {"body": text})

    async def remove(self, note: Note) -> None:
        """Close an issue."""
        await self._change(note, {"state": "closed"})

    async def _change(self, note: Note, body: dict[str, object]) -> None:
        await self.rest.write("PATCH", (*self.place, "issues", str(note.id)), body, _Issue)


def _rest(connection: AsyncConnection, permission: str) -> Rest:
    return Rest(connection, FORGE, f"{permission} among the permissions of the job")


async def _author(rest: Rest) -> str:
    """Who a token speaks as; that of a workflow is no user's, so it may not ask."""
    try:
        return (await rest.read(("user",), _User)).login
    except (DeniedError, MissingError):
        return _WORKFLOW


def _place(repository: str) -> tuple[str, ...]:
    if not _REPOSITORY.match(repository):
        raise ForgeError(f"{repository!r} is not the name of a repository; OWNER/NAME is expected")
    return ("repos", *repository.split("/"))


def _numbered(number: int) -> int:
    if number < 1:
        raise ForgeError(f"{number} is not the number of a pull request")
    return number
