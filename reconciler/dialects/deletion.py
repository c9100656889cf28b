"""Deletions: any answer but the one of the API counts only where a look confirms it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.api.errors import APIError, NotFoundError, UnknownOutcomeError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reconciler.api import AsyncClient
    from reconciler.api.call import Call

_DELETED = frozenset({"assistant.deleted", "assistant.file.deleted", "file", "agent.deleted"})


async def removed(
    client: AsyncClient, deletion: Call[Any], look: Callable[[], Awaitable[bool]]
) -> APIError | None:
    """Delete something; ``look`` says whether it is still there.

    A 404 may be a gateway's, and a 204 that of a server which does nothing. Returns the 404 where nothing
    but that says that the object is gone.
    """
    refused: APIError | None = None
    try:
        response = await client.respond(deletion)
        if is_plain_deletion(response.content):
            client.result(deletion, response)
            return None
    except NotFoundError as cause:
        refused = cause
    doubt = f"{deletion.method} /{deletion.url} may or may not have taken effect"
    try:
        is_there = await look()
    except APIError as cause:
        raise refused or UnknownOutcomeError(f"{doubt}: {cause.message}") from cause
    if is_there:
        raise refused or UnknownOutcomeError(f"{doubt}: it was accepted, and the object is still there")
    return refused


def is_plain_deletion(body: bytes) -> bool:
    """Return whether a deletion is answered as an API of this kind says."""
    try:
        reply = json.loads(body)
    except ValueError:
        return False
    return isinstance(reply, dict) and reply.get("deleted") is True and str(reply.get("object")) in _DELETED
