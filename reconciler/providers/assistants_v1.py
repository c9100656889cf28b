"""The Assistants API as it was spoken with ``OpenAI-Beta: assistants=v1``."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any, TypeVar

from reconciler.api.errors import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
    UnknownOutcomeError,
)
from reconciler.errors import GoneError
from reconciler.model.limits import Limits
from reconciler.model.resource import Live, LiveAssistant, LiveFile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Mapping, Sequence

    from reconciler.api import Assistant, AsyncClient, AsyncCursorPage, FileObject
    from reconciler.model.state import Intent, State

T = TypeVar("T")
U = TypeVar("U")

_PAGE = 100
_PAGES = 10_000  # as many as no account has
_NAMES = ("openai-organization", "openai-project")  # whose answer this is, in headers; not every server says
_GONE = 410


@dataclass
class AssistantsV1:
    """The v1 dialect through the typed client."""

    client: AsyncClient
    target: str
    limits: Limits = field(default_factory=Limits)
    settle: float = 0.0

    async def observe(self, state: State) -> Live:
        """Two walks at the same time: assistants by pages of 100, oldest first, and all uploads."""
        try:
            (account, assistants), files = await _both(self._account(), self._files())
        except APIStatusError as cause:
            raise _explained(cause, self.target) from cause
        bound = {one for binding in state.files.values() for one in (binding.id, *binding.old)}
        unbound = {key: one for key, one in files.items() if key not in bound}
        for intent in state.unsettled:
            if intent.step == "upload" and (found := await self._match(intent, unbound)):
                files[found.id] = found
        return Live(assistants, files, account)

    async def assistants(self) -> dict[str, LiveAssistant]:
        """Every assistant of the account, by id."""
        _, found = await self._account()
        return found

    async def _account(self) -> tuple[str, dict[str, LiveAssistant]]:
        """What the server calls the account, and every assistant of it."""
        first = await self.client.beta.assistants.with_raw_response.list(limit=_PAGE, order="asc")
        named = [first.headers[one] for one in _NAMES if first.headers.get(one)]
        return "/".join(named), {one.id: one async for one in self._walk(first.parse())}

    async def _walk(self, page: AsyncCursorPage[Assistant]) -> AsyncIterator[LiveAssistant]:
        """Every assistant once, from the first page on; ends only where the list does, or with an error.

        What a page repeats is passed over, since it hides nothing; a page that has nothing new leads nowhere.
        """
        seen: set[str] = set()
        for number in range(1, _PAGES + 1):
            new = [one for one in page.data if one.id not in seen]
            seen.update(one.id for one in new)
            for one in new:
                yield _live(one)
            if new and page.has_next_page():
                page = await page.get_next_page()
            elif _is_last(page):
                return
            else:
                raise self._cut(
                    "assistants", f"page {number} leads no further and does not say that it is the last"
                )
        raise self._cut("assistants", f"it goes on after {_PAGES} pages")

    def _cut(self, what: str, why: str) -> APIResponseValidationError:
        """What is said of a list that cannot be taken for complete."""
        return APIResponseValidationError(
            f"the list of {what} that {self.target} gives may not be complete: {why}. What it left out "
            "would be made a second time, so it is not used. Have the paging of that server mended (`after`, "
            "`last_id`, `has_more`)"
        )

    async def _files(self) -> dict[str, LiveFile]:
        found = await self.client.files.list()
        if (found.model_extra or {}).get("has_more"):  # v1 has no pages here, and no way to ask for the next
            raise self._cut("uploads", "it says that there are more")
        return {one.id: _upload(one) for one in found.data}

    async def _match(self, intent: Intent, files: Mapping[str, LiveFile]) -> LiveFile | None:
        """The one upload that an interrupted run made, proved by reading its content.

        Where nobody may read uploads, the only one that is new and alike is taken for it.
        """
        alike = [
            one
            for one in files.values()
            if (one.filename, one.size) == (intent.filename, intent.size) and one.id not in intent.known
        ]
        read = [found for one in alike if (found := await self._read(one))]
        unread = [one for one in read if one.sha256 is None]
        for one in read:
            if one.sha256 == intent.sha256:
                return one
        return replace(unread[0], sha256=intent.sha256, inferred=True) if len(unread) == 1 else None

    async def _read(self, upload: LiveFile) -> LiveFile | None:
        """An upload with its digest, without one where nobody may read it; None when it is gone."""
        try:
            content = await self.client.files.content(upload.id)
        except NotFoundError:
            return None
        except (BadRequestError, PermissionDeniedError):
            return upload
        return replace(upload, sha256=hashlib.sha256(content).hexdigest(), inferred=False)

    async def content(self, file_id: str) -> bytes | None:
        """What an upload holds; None where it is gone, or where the server lets nobody read it."""
        try:
            return await self.client.files.content(file_id)
        except (NotFoundError, BadRequestError, PermissionDeniedError):
            return None

    async def read(self, live: Live, file_ids: Collection[str]) -> Live:
        """The same, with the digests of some uploads, where the server lets anybody read them; one by one."""
        files = dict(live.files)
        for one in file_ids:
            files[one] = await self._read(files[one]) or files[one]
        return replace(live, files=files)

    async def retrieve(self, assistant_id: str) -> LiveAssistant | None:
        """One assistant as it is now; None when there is none of this id."""
        try:
            return _live(await self.client.beta.assistants.retrieve(assistant_id))
        except NotFoundError:
            return None

    async def find(self, intent: Intent) -> LiveAssistant | None:
        """The assistant that a create of unknown outcome made, older than any copy of it.

        None where a copy was made in the same second: then nothing tells the two apart.
        """
        known = (await self.assistants()).values()
        same = [one for one in known if one.mark is not None and one.mark.nonce == intent.nonce]
        same.sort(key=lambda one: one.created_at)
        return same[0] if len({one.created_at for one in same[:2]}) == len(same[:2]) > 0 else None

    async def create(self, values: Mapping[str, Any], file_ids: Sequence[str]) -> LiveAssistant:
        """Create an assistant from fields, metadata among them, and uploads."""
        return _live(await self.client.beta.assistants.create(**values, file_ids=list(file_ids)))

    async def update(self, assistant_id: str, values: Mapping[str, Any]) -> LiveAssistant:
        """Set the given fields; ``file_ids`` is never sent, since it would detach what others attached."""
        return _live(await self.client.beta.assistants.update(assistant_id, **values))

    async def delete(self, assistant_id: str) -> None:
        """Delete an assistant; one that is gone already is no error."""
        assistants = self.client.beta.assistants
        await _removed(assistants.delete(assistant_id), lambda: assistants.retrieve(assistant_id))

    async def attach(self, assistant_id: str, file_id: str) -> None:
        """Attach an upload; when the outcome is unknown, looking tells."""
        files = self.client.beta.assistants.files
        try:
            await files.create(assistant_id, file_id=file_id)
        except UnknownOutcomeError as unknown:
            try:
                await files.retrieve(file_id, assistant_id=assistant_id)
            except APIError:
                raise unknown from unknown.__cause__

    async def detach(self, assistant_id: str, file_id: str) -> None:
        """Detach an upload; one that is not attached is no error."""
        files = self.client.beta.assistants.files
        await _removed(
            files.delete(file_id, assistant_id=assistant_id),
            lambda: files.retrieve(file_id, assistant_id=assistant_id),
        )

    async def upload(self, filename: str, content: IO[bytes]) -> LiveFile:
        """Upload the whole of an open file under a name, for assistants to carry."""
        return _upload(await self.client.files.create(file=(filename, content), purpose="assistants"))

    async def find_upload(self, intent: Intent) -> LiveFile | None:
        """The upload that an attempt of unknown outcome made, proved by its content."""
        return await self._match(intent, await self._files())

    async def discard(self, file_id: str) -> None:
        """Delete an upload; one that is gone already is no error."""
        files = self.client.files
        await _removed(files.delete(file_id), lambda: files.retrieve(file_id))


async def _removed(deleting: Awaitable[object], look: Callable[[], Awaitable[object]]) -> None:
    """Delete something; a 404 is its absence only where a look says so too, and not a gateway's answer."""
    try:
        await deleting
    except NotFoundError as refused:
        try:
            await look()
        except NotFoundError:
            return
        raise refused from None


async def _both(first: Coroutine[Any, Any, T], second: Coroutine[Any, Any, U]) -> tuple[T, U]:
    """Both results; a failure of one is raised when the other has ended too, and uses the client no more."""
    tasks = asyncio.create_task(first), asyncio.create_task(second)
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _is_last(page: AsyncCursorPage[Assistant]) -> bool:
    """Whether a list ends here; one that never says so ends at a page that is shorter than was asked for."""
    return page.has_more is False or (page.has_more is None and len(page.data) < _PAGE)


def _live(one: Assistant) -> LiveAssistant:
    """The normal form: an absent text is None, absent tools and metadata are empty."""
    texts = {"name": one.name, "description": one.description, "model": one.model}
    tools = [tool.model_dump(exclude_unset=True) for tool in one.tools]
    metadata = {key: str(value) for key, value in (one.metadata or {}).items()}
    fields = {**texts, "instructions": one.instructions, "tools": tools}
    return LiveAssistant(one.id, one.created_at, fields, metadata, tuple(one.file_ids))


def _upload(one: FileObject) -> LiveFile:
    return LiveFile(one.id, one.filename, one.bytes)


def _explained(cause: APIStatusError, target: str) -> Exception:
    """What a refusal of a whole collection means; it never means that nothing exists."""
    if isinstance(cause, NotFoundError) or cause.status_code == _GONE:
        return GoneError(
            f"{target} answers {cause.status_code} to its list of assistants, so the service is not there: "
            "either it was shut down (the hosted one closed on 2026-08-26), or the URL is wrong "
            f"(it must end in the version, as in /v1). Nothing was changed. The answer: {cause}"
        )
    if isinstance(cause, BadRequestError) and cause.code == "invalid_beta":
        return GoneError(f"{target} does not speak assistants=v1. Nothing was changed. The answer: {cause}")
    return cause
