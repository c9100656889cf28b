"""GitHub: the comments of a pull request, and the issues of a repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.forges.comments import DeniedError, ForgeError, MissingError, Note
from reconciler.forges.rest import Forge, Rest, Shape
from reconciler.model import pattern as re

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from reconciler.api.http_sender import AsyncHttpSender

_REPOSITORY = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9_.-]{1,100}/(?!\.{1,2}\Z)[A-Za-z0-9_.-]{1,100}\Z")
FORGE = Forge(
    "GitHub",
    credential="GITHUB_TOKEN",
    api="GITHUB_API_URL",
    scope="repository",
    headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
)
# The author of notes that a workflow's token writes. No user can register a name with brackets in it.
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


class _Rule(Shape):
    type: str
    reviewers: list[dict[str, object]] | None = None


class _Environment(Shape):
    protection_rules: list[_Rule] | None = None


@dataclass(frozen=True)
class PullRequest:
    """The comments of one pull request, a Board."""

    rest: Rest
    path: tuple[str, ...]
    number: int

    @classmethod
    def of(cls, sender: AsyncHttpSender, repository: str, number: int) -> PullRequest:
        """Return a pull request of a repository, ``OWNER/NAME``; ForgeError for an invalid name or number."""
        return cls(_rest(sender, "`pull-requests: write`"), _repository_path(repository), _numbered(number))

    async def author(self) -> str:
        """Return the user of the token, or the workflow."""
        return await _author(self.rest)

    async def notes(self) -> AsyncIterator[Note]:
        """Yield every comment, oldest first."""
        async for comment in self.rest.each(self._comments, {}, _Comment):
            yield comment.note

    async def add(self, text: str) -> Note:
        """Add a comment."""
        return (await self.rest.write("POST", self._comments, {"body": text}, _Comment)).note

    async def rewrite(self, note: Note, text: str) -> None:
        """Replace the text of a comment."""
        await self.rest.write("PATCH", self._comment(note), {"body": text}, _Comment)

    async def remove(self, note: Note) -> None:
        """Delete a comment."""
        await self.rest.delete(self._comment(note))

    @property
    def _comments(self) -> tuple[str, ...]:
        return (*self.path, "issues", str(self.number), "comments")

    def _comment(self, note: Note) -> tuple[str, ...]:
        return (*self.path, "issues", "comments", str(note.id))


@dataclass(frozen=True)
class Issues:
    """The open issues of a repository, a Board; pull requests, which GitHub counts too, are left out."""

    rest: Rest
    path: tuple[str, ...]
    title: str

    @classmethod
    def of(cls, sender: AsyncHttpSender, repository: str, title: str) -> Issues:
        """Return the issues of a repository; new ones get this title."""
        return cls(_rest(sender, "`issues: write`"), _repository_path(repository), title)

    async def author(self) -> str:
        """Return the user of the token, or the workflow."""
        return await _author(self.rest)

    async def notes(self) -> AsyncIterator[Note]:
        """Yield every open issue."""
        async for issue in self.rest.each((*self.path, "issues"), {"state": "open"}, _Issue):
            if issue.pull_request is None:
                yield issue.note

    async def add(self, text: str) -> Note:
        """Open an issue."""
        body = {"title": self.title, "body": text}
        return (await self.rest.write("POST", (*self.path, "issues"), body, _Issue)).note

    async def rewrite(self, note: Note, text: str) -> None:
        """Replace the text of an issue."""
        await self._change(note, {"body": text})

    async def remove(self, note: Note) -> None:
        """Close an issue."""
        await self._change(note, {"state": "closed"})

    async def _change(self, note: Note, body: dict[str, object]) -> None:
        await self.rest.write("PATCH", (*self.path, "issues", str(note.id)), body, _Issue)


async def has_reviewers(sender: AsyncHttpSender, repository: str, environment: str) -> bool:
    """Return whether a deployment to an environment waits for one of its required reviewers."""
    path = (*_repository_path(repository), "environments", environment)
    found = await _rest(sender, "`actions: read`").read(path, _Environment)
    return any(rule.type == "required_reviewers" and rule.reviewers for rule in found.protection_rules or ())


def _rest(sender: AsyncHttpSender, permission: str) -> Rest:
    return Rest(sender, FORGE, f"{permission} among the permissions of the job")


async def _author(rest: Rest) -> str:
    """Return the user of a token; a workflow's token belongs to no user, and cannot ask."""
    try:
        return (await rest.read(("user",), _User)).login
    except (DeniedError, MissingError):
        return _WORKFLOW


def _repository_path(repository: str) -> tuple[str, ...]:
    if not _REPOSITORY.match(repository):
        raise ForgeError(f"{repository!r} is not the name of a repository; OWNER/NAME is expected")
    return ("repos", *repository.split("/"))


def _numbered(number: int) -> int:
    if number < 1:
        raise ForgeError(f"{number} is not the number of a pull request")
    return number
