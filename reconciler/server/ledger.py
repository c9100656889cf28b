"""The outer door: a request id, the reply headers and a line in the ledger for every request."""

import logging
import secrets
import time
from collections import deque
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.server import refusals, wire

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """One answered request."""

    method: str
    path: str
    query: str
    status: int
    request_id: str

    @property
    def writes(self) -> bool:
        """Whether the request could have changed something."""
        return self.method not in {"GET", "HEAD"}


class Ledger(deque[Entry]):
    """The latest requests, oldest first; an entry is there before its reply leaves."""

    def writes(self) -> int:
        """Count the requests that could have changed something."""
        return sum(entry.writes for entry in list(self))


class Door:
    """ASGI middleware around everything that answers."""

    def __init__(self, app: ASGIApp, ledger: Ledger) -> None:
        self._app = app
        self._ledger = ledger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through; what escapes it is answered with a 500."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = Visit(scope, send, self._ledger)
        try:
            await self._app(scope, receive, visit.send)
        except Exception:
            if visit.answered:
                raise
            _log.exception("request %s failed", visit.request_id)
            await wire.refused(refusals.broken(visit.request_id))(scope, receive, visit.send)


class Visit:
    """One request on its way through the door."""

    def __init__(self, scope: Scope, send: Send, ledger: Ledger) -> None:
        self.request_id = f"req_{secrets.token_hex(16)}"
        self.answered = False
        self._scope = scope
        self._send = send
        self._ledger = ledger
        self._began = time.perf_counter()

    async def send(self, message: Message) -> None:
        """Pass a part of the reply on, its head with our headers."""
        if message["type"] == "http.response.start":
            self.answered = True
            self._sign(MutableHeaders(scope=message))
            self._record(message["status"])
        await self._send(message)

    def _sign(self, headers: MutableHeaders) -> None:
        headers["x-request-id"] = self.request_id
        headers["openai-version"] = "2020-10-01"
        headers["openai-processing-ms"] = str(round((time.perf_counter() - self._began) * 1000))

    def _record(self, status: int) -> None:
        scope = self._scope
        query = scope["query_string"].decode("latin-1")
        self._ledger.append(Entry(scope["method"], scope["path"], query, status, self.request_id))
