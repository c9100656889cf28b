"""The Assistants API as it was spoken with ``OpenAI-Beta: assistants=v1``."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from reconciler.dialects.assistants_v1.shape import FIELDS
from reconciler.dialects.dialect import Dialect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from reconciler.dialects.dialect import Connection
    from reconciler.dialects.provider import Provider


@asynccontextmanager
async def _connected(connection: Connection) -> AsyncIterator[Provider]:
    from reconciler.dialects.assistants_v1.wire import AssistantsV1  # noqa: PLC0415 - only who connects pays for it
    from reconciler.dialects.connected import client  # noqa: PLC0415 - the same

    async with client(connection) as connected:
        yield AssistantsV1(connected, connection.target, connection.delay, whole=not connection.keeps_rest)


ASSISTANTS_V1 = Dialect(
    "assistants-v1",
    FIELDS,
    _connected,
    tried={
        "the embedded server": "every rule, and the sweep of killed runs, at each change of the program",
        "the SDK openai 1.17.1": "against the embedded server, at each change of the program",
        "self-hosted servers": "their deviations are played by the embedded server; see RELIABILITY.md",
        "the hosted service": "closed on 2026-08-26; recordings of it are what is known here",
    },
)
