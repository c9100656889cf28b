"""The Agents API as it is spoken with ``OpenAI-Beta: agents=v1``."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from reconciler.dialects.agents_v1.arrivals import ARRIVALS
from reconciler.dialects.agents_v1.shape import FIELDS
from reconciler.dialects.dialect import Dialect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from reconciler.dialects.dialect import Connection
    from reconciler.dialects.provider import Provider


@asynccontextmanager
async def _connected(connection: Connection) -> AsyncIterator[Provider]:
    from reconciler.dialects.agents_v1.wire import AgentsV1  # noqa: PLC0415 - only who connects pays for it
    from reconciler.dialects.connected import client  # noqa: PLC0415 - the same

    async with client(connection) as connected:
        yield AgentsV1(connected, connection.target, connection.delay)


AGENTS_V1 = Dialect(
    "agents-v1",
    FIELDS,
    _connected,
    arrivals=ARRIVALS,
    tried={
        "the embedded server": "every rule, and the sweep of killed runs, at each change of the program",
        "the SDK openai 3.57.0": "against the embedded server, at each change of the program",
        "the hosted service": "not tried; its documentation and its SDK are all that is known here",
    },
)
