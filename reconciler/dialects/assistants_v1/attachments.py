"""Which uploads an assistant contains: attached and read one by one, as v1 has it, and as servers need it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.api import attachments as attachment_calls
from reconciler.api.arguments import NOT_GIVEN, NotGiven
from reconciler.api.errors import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    BadRequestError,
    UnknownOutcomeError,
    UnprocessableEntityError,
)
from reconciler.api.reading import tolerant
from reconciler.dialects.assistants_v1.traits import Own
from reconciler.dialects.listing import SMALLEST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.api import AsyncClient
    from reconciler.model.resource import LiveAssistant

_AT_ONCE = 10
_PAGES = 100  # of the attachments of one assistant, which has 20 in this dialect
_NAME = "assistant_id"


async def attach(client: AsyncClient, assistant_id: str, file_id: str, traits: set[str]) -> None:
    """Attach an upload; a server that wants the assistant in the body too gets it, from then on."""
    named = Own.ATTACH_NAMES_ASSISTANT in traits
    try:
        await _attach(client, assistant_id, file_id, named=named)
    except (BadRequestError, UnprocessableEntityError) as refused:
        if named or _NAME not in f"{refused.message} {json.dumps(refused.body)}":
            raise
        await _attach(client, assistant_id, file_id, named=True)
        traits.add(Own.ATTACH_NAMES_ASSISTANT)


async def _attach(client: AsyncClient, assistant_id: str, file_id: str, *, named: bool) -> None:
    """Attach an upload; when the outcome is unknown, look for it."""
    files = client.beta.assistants.files
    try:
        await files.create(assistant_id, file_id=file_id, extra_body={_NAME: assistant_id} if named else None)
    except UnknownOutcomeError as unknown:
        try:
            await files.retrieve(file_id, assistant_id=assistant_id)
        except APIError:
            raise unknown from unknown.__cause__


async def with_files(
    client: AsyncClient, assistants: Iterable[LiveAssistant], limit: int | NotGiven
) -> list[LiveAssistant]:
    """Return assistants with the uploads that they contain, where the server has a list of these.

    Pages have ``limit`` objects. A failure uses the client no more once it is raised.
    """
    free = asyncio.Semaphore(_AT_ONCE)

    async def read(live: LiveAssistant) -> LiveAssistant:
        async with free:
            ids = None if live.knows_files else await _attached(client, live.id, limit)
        return live if ids is None else replace(live, file_ids=ids, knows_files=True)

    reading = [asyncio.create_task(read(live)) for live in assistants]
    try:
        return list(await asyncio.gather(*reading))
    finally:
        for one in reading:
            one.cancel()
        await asyncio.gather(*reading, return_exceptions=True)


async def _attached(client: AsyncClient, assistant_id: str, limit: int | NotGiven) -> tuple[str, ...] | None:
    """Return the ids of all attached uploads; None where they cannot be read, or not to the end.

    A page ends the list where it is shorter than that of any known server, or where nothing is behind it.
    """
    found: dict[str, None] = {}
    for _ in range(_PAGES):
        last = next(reversed(found), NOT_GIVEN)
        call = attachment_calls.list(assistant_id, limit=limit, order="asc", after=last)
        try:
            page = await client.send(tolerant(call))
        except (APIStatusError, APIResponseValidationError):
            return None
        ids = dict.fromkeys(one.id for one in page.data)
        if "" in ids or (ids and ids.keys() <= found.keys()):  # without an id, or the same page again
            return None
        found |= ids
        if not page.has_more and len(ids) < SMALLEST:
            return tuple(found)
        if not ids:
            return None
    return None
