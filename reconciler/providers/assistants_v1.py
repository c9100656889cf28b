"""The Assistants API as it was spoken with ``OpenAI-Beta: assistants=v1``."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any, TypeVar

from reconciler.api.errors import (
    APIError,
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
    from collections.abc import Coroutine, Mapping, Sequence

    from reconciler.api import Assistant, AsyncClient, FileObject
    from reconciler.model.state import Intent, State

T = TypeVar("T")
U = TypeVar("U")

_PAGE = 100
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
            assistants, files = await _both(self.assistants(), self._files())
        except APIStatusError as cause:
            raise _explained(cause, self.target) from cause
        bound = {one for binding in state.files.values() for one in (binding.id, *binding.old)}
        unbound = {key: one for key, one in files.items() if key not in bound}
        for intent in state.unsettled:
            if intent.step == "upload" and (found := await self._match(intent, unbound)):
                files[found.id] = found
        return Live(assistants, files)

    async def assistants(self) -> dict[str, LiveAssistant]:
        """Every assistant of the account, by id."""
        return {
            one.id: _live(one) async for one in self.client.beta.assistants.list(limit=_PAGE, order="asc")
        }

    async def _files(self) -> dict[str, LiveFile]:
        return {one.id: _upload(one) for one in (await self.client.files.list()).data}

    async def _match(self, intent: Intent, files: Mapping[str, LiveFile]) -> LiveFile | None:
        """The one upload that an interrupted run made, proved by reading its content.

        Where nobody may read uploads, the only one that is new and alike is taken for it.
        """
        alike = [
            one
            for one in files.values()
            if (one.filename, one.size) == (intent.filename, intent.size) and one.id not in intent.known
        ]
        unread = []
        for one in alike:
            try:
                content = hashlib.sha256(await self.client.files.content(one.id)).hexdigest()
            except NotFoundError:
                continue
            except (BadRequestError, PermissionDeniedError):
                unread.append(one)
                continue
            if content == intent.sha256:
                return replace(one, sha256=content)
        return replace(unread[0], sha256=intent.sha256, inferred=True) if len(unread) == 1 else None

    async def retrieve(self, assistant_id: str) -> LiveAssistant | None:
        """One assistant as it is now; None when there is none of this id."""
        try:
            return _live(await self.client.beta.assistants.retrieve(assistant_id))
        except NotFoundError:
            return None

    async def find(self, intent: Intent) -> LiveAssistant | None:
        """The assistant that a create of unknown outcome made, newest first."""
        async for one in self.client.beta.assistants.list(limit=_PAGE, order="desc"):
            found = _live(one)
            if found.mark is not None and found.mark.nonce == intent.nonce:
                return found
        return None

    async def create(self, values: Mapping[str, Any], file_ids: Sequence[str]) -> LiveAssistant:
        """Create an assistant from fields, metadata among them, and uploads."""
        return _live(await self.client.beta.assistants.create(**values, file_ids=list(file_ids)))

    async def update(self, assistant_id: str, values: Mapping[str, Any]) -> LiveAssistant:
        """Set the given fields; ``file_ids`` is never sent, since it would detach what others attached."""
        return _live(await self.client.beta.assistants.update(assistant_id, **values))

    async def delete(self, assistant_id: str) -> None:
        """Delete an assistant; one that is gone already is no error."""
        try:
            await self.client.beta.assistants.delete(assistant_id)
        except NotFoundError:
            return

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
        try:
            await self.client.beta.assistants.files.delete(file_id, assistant_id=assistant_id)
        except NotFoundError:
            return

    async def upload(self, filename: str, content: IO[bytes]) -> LiveFile:
        """Upload the whole of an open file under a name, for assistants to carry."""
        return _upload(await self.client.files.create(file=(filename, content), purpose="assistants"))

    async def find_upload(self, intent: Intent) -> LiveFile | None:
        """The upload that an attempt of unknown outcome made, proved by its content."""
        return await self._match(intent, await self._files())

    async def discard(self, file_id: str) -> None:
        """Delete an upload; one that is gone already is no error."""
        try:
            await self.client.files.delete(file_id)
        except NotFoundError:
            return


async def _both(first: Coroutine[Any, Any, T], second: Coroutine[Any, Any, U]) -> tuple[T, U]:
    """Both results; a failure of one is raised when the other has ended too, and uses the client no more."""
    tasks = asyncio.create_task(first), asyncio.create_task(second)
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


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
