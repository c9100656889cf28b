"""A request as an endpoint sees it, and endpoints made of plain functions."""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from reconciler.server import refusals
from reconciler.server.database import Database

# Twice what the largest fields can weigh in JSON escapes; function parameters have no limit of their own.
BODY: Final = 16 << 20

LAG: Final = "assistants_sync.lag"
"""The key of a scope under which a fault says by how many seconds lists lag."""


@dataclass(frozen=True)
class Call:
    """One request, read to its end."""

    database: Database
    clock: Callable[[], float]
    path: Mapping[str, str]
    query: Sequence[tuple[str, str]]
    body: bytes = b""
    lag: float | None = None

    def now(self) -> int:
        """Return the time in the whole seconds of the wire."""
        return int(self.clock())

    def horizon(self) -> int | None:
        """Return the latest time of creation that a list shows, if a fault lets lists lag."""
        # A second begins before what was created in it: it has to be over for as long as the lag.
        return None if self.lag is None else math.floor(self.clock() - self.lag) - 1


Plain = Callable[[Call], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def called(request: Request, body: bytes = b"") -> Call:
    """Return the call that a request makes, with the database and the clock of its application."""
    state = request.app.state
    query = request.query_params.multi_items()
    return Call(
        state.database,
        state.clock,
        path=request.path_params,
        query=query,
        body=body,
        lag=request.scope.get(LAG),
    )


def plain(function: Plain) -> Endpoint:
    """Return an endpoint that reads the body on the event loop and works in a thread, as SQLite may block."""

    async def endpoint(request: Request) -> Response:
        call = called(request, await _read(request))
        return await run_in_threadpool(function, call)

    return endpoint


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY:
            raise refusals.large_body(BODY)
    return bytes(body)
