"""How a server that speaks the toy dialect is observed and changed."""

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import ClassVar

import httpx
from toy.server import ACCOUNT, PROCESS
from toy.shape import FIELDS

from reconciler.api.errors import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    UnknownOutcomeError,
    was_sent,
)
from reconciler.dialects import Dialect
from reconciler.dialects.incomplete_list import incomplete
from reconciler.dialects.provider import Remedies
from reconciler.errors import GoneError
from reconciler.model.address import Kind
from reconciler.model.mark import MARK_KEY, Mark
from reconciler.model.resource import End, Live, LiveAssistant, Unread, original

WIRE = {
    "greeting": "says",
    "pace": "gait",
    "heat": "warmth",
    "loud": "shouts",
    "dials": "knobs",
    "skills": "tricks",
}
"""What the wire calls each field, the pairs aside."""
_KINDS = {401: AuthenticationError, 404: NotFoundError, 409: ConflictError, 412: ConflictError}
_FAILED = 500
_TRIES = 3
_HAS_NO_FILES = "this dialect has no files"


@dataclass
class Toy:
    """The provider of the toy dialect; a version is its token, and a deletion archives."""

    client: httpx.AsyncClient
    target: str
    delay: float = 0.0
    account: str = ""
    whole: bool = False
    traits: set[str] = field(default_factory=set)
    remedies: ClassVar[Remedies] = Remedies(assistants="its cursors")
    smallest_list: ClassVar[int] = 20

    async def observe(self, state, *, uploads=True, expected=None):  # noqa: ARG002 - the port's names
        """Read every bot, oldest first; nothing of a state is needed for it."""
        try:
            return await self.assistants()
        except NotFoundError as cause:
            raise GoneError(f"{self.target} has no bots at all: {cause}") from cause

    async def assistants(self):
        """Read every bot; each page counts them all, which proves the end."""
        for _ in range(_TRIES):
            found, total = await self._pages()
            if len(found) == total:
                return self._live(found)
        raise incomplete("bots", self.target, f"it shows {len(found)} of {total}", remedy="its cursors")

    async def _pages(self):
        found, cursor = {}, ""
        while cursor is not None:
            page = await self._ask("GET", f"bots?from={cursor}")
            found |= {bot["ref"]: bot for bot in page["bots"]}
            cursor = page["next"]
        return found, page["total"]

    def _live(self, found):
        read = {ref: _read(bot) for ref, bot in found.items()}
        assistants = {ref: one for ref, one in read.items() if isinstance(one, LiveAssistant)}
        aside = {ref: one for ref, one in read.items() if isinstance(one, Unread)}
        return Live(assistants, {}, self.account, aside, End.PROVED)

    async def contents(self, live, assistant_ids):  # noqa: ARG002 - it has no files
        """Return the same."""
        return live

    async def prove(self, live):
        """Return the same: every observation has its end proved."""
        return live

    async def exists(self, assistant_id):
        """Return whether a bot exists: an archived one does not."""
        return await self.retrieve(assistant_id) is not None

    async def retrieve(self, assistant_id):
        """Return a bot as it is now; None for an unknown or archived one."""
        try:
            bot = await self._ask("GET", f"bots/{assistant_id}")
        except NotFoundError:
            return None
        return _read(bot) if bot["stage"] == "active" else None

    async def find(self, intent):
        """Return what a create of unknown outcome made, older than any copy of it."""
        known = (await self.assistants()).assistants.values()
        return original([one for one in known if one.mark is not None and one.mark.nonce == intent.nonce])

    async def create(self, values, metadata, file_ids):
        """Create a bot."""
        assert not file_ids, _HAS_NO_FILES
        return _read(await self._ask("POST", "bots", _sent(values, metadata), creates=True))

    async def update(self, live, values, metadata, *, files=False):  # noqa: ARG002 - it has none
        """Send the given values and the changed pairs, and the version that they rest on."""
        sent = _sent(values, metadata)
        return _read(await self._ask("PATCH", f"bots/{live.id}", sent, token=live.token))

    async def delete(self, live):
        """Archive a bot; one that is gone is no error."""
        try:
            await self._ask("POST", f"bots/{live.id}/archive", {}, token=live.token)
        except APIConnectionError:
            if await self.exists(live.id):
                raise

    async def read(self, live, file_ids):  # noqa: ARG002 - the same
        """Fail: there is no upload to read."""
        raise AssertionError(_HAS_NO_FILES)

    exists_upload = content = attach = detach = upload = find_upload = discard = read

    async def _ask(self, method, path, body=None, *, token="", creates=False):
        """Send a request; the JSON of its answer, or the error that the port demands."""
        named = f"{method} /{path}"
        headers = {"if-match": token} if token else {}
        try:
            reply = await self.client.request(method, path, json=body, headers=headers)
        except httpx.HTTPError as cause:
            raise _unanswered(named, cause, creates=creates) from cause
        self.account = reply.headers.get(ACCOUNT, "")
        if reply.is_success:
            return _json(named, reply, creates=creates)
        raise _refused(named, reply, creates=creates)


def _read(bot):
    """Return a bot in its normal form, or why it cannot be read."""
    if not isinstance(bot["tags"], dict):
        return Unread(bot["ref"], Kind.ASSISTANT, "`tags` is not an object", _mark(bot))
    fields = {name: bot[there] for name, there in WIRE.items()}
    return LiveAssistant(bot["ref"], bot["born"], fields, dict(bot["tags"]), (), token=f'"{bot["rev"]}"')


def _mark(bot):
    return Mark.parse(next((tag[1] for tag in bot["tags"] if tag[0] == MARK_KEY), None))


def _sent(values, metadata):
    return {**{WIRE[name]: value for name, value in values.items()}, "tags": dict(metadata)}


def _json(named, reply, *, creates):
    try:
        return reply.json()
    except ValueError as cause:
        kind = UnknownOutcomeError if creates else APIResponseValidationError
        raise kind(
            f"{named} was answered by something else than JSON", status_code=reply.status_code
        ) from cause


def _unanswered(named, cause, *, creates):
    """Return the error for a request without a whole answer."""
    sent = was_sent(cause)
    if creates and sent:
        return UnknownOutcomeError(f"{named} may or may not have taken effect: {cause}")
    kind = APITimeoutError if isinstance(cause, httpx.TimeoutException) else APIConnectionError
    error = kind(f"{named} has no answer: {cause}", sent=sent)
    error.had_no_effect = not sent
    return error


def _refused(named, reply, *, creates):
    """Return the error for an answer that says no; only the server's own failures leave a doubt."""
    status, message = reply.status_code, f"{named} answered {reply.status_code}: {_problem(reply)}"
    if status >= _FAILED:
        return (UnknownOutcomeError if creates else InternalServerError)(message, status_code=status)
    error = _KINDS.get(status, APIStatusError)(message, status_code=status)
    error.had_no_effect = True
    return error


def _problem(reply):
    try:
        return reply.json()["problem"]
    except (ValueError, KeyError):
        return reply.text


@asynccontextmanager
async def connected(connection):
    """Connect to a server that speaks the toy dialect."""
    headers = {PROCESS: str(os.getpid()), **connection.headers}
    async with httpx.AsyncClient(
        base_url=f"{connection.url}/v0/",
        headers=headers,
        timeout=connection.timeout,
        transport=connection.transport,
    ) as client:
        yield Toy(client, connection.target, connection.delay)


TOY = Dialect("toy", FIELDS, connected)
