"""One request on its way through the door."""

import secrets
import time

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Scope, Send

from reconciler.server.reply import done
from reconciler.server.request_log import Entry, Ledger


class Visit:
    """A request id, the headers of the reply, and the line in the ledger."""

    def __init__(
        self,
        scope: Scope,
        send: Send,
        ledger: Ledger,
        met: tuple[str, tuple[str, ...]],
        organization: str | None,
    ) -> None:
        self.request_id = f"req_{secrets.token_hex(16)}"
        self.answered = False
        self._scope = scope
        self._send = send
        self._ledger = ledger
        self._met = met
        self._organization = organization
        self._recorded = False
        self._began = time.perf_counter()

    async def send(self, message: Message) -> None:
        """Pass a part of the reply on, its head with our headers; its status is what was done."""
        if message["type"] == "http.response.start":
            self.answered = True
            self._sign(MutableHeaders(scope=message))
            if not self._recorded:
                self.record(done(message))
        await self._send(message)

    async def send_unsigned(self, message: Message) -> None:
        """Pass a part of a reply on that is none of ours, such as a page of a gateway before us."""
        self.answered = True
        await self._send(message)

    def record(self, status: int) -> None:
        """Enter what was done, if no reply is going to say it."""
        self._recorded = True
        scope = self._scope
        query = scope["query_string"].decode("latin-1")
        fault, deviations = self._met
        self._ledger.append(
            Entry(
                scope["method"],
                scope["path"],
                query=query,
                status=status,
                request_id=self.request_id,
                fault=fault,
                deviations=deviations,
            )
        )

    def _sign(self, headers: MutableHeaders) -> None:
        headers["x-request-id"] = self.request_id
        headers["openai-version"] = "2020-10-01"
        if self._organization is not None:
            headers["openai-organization"] = self._organization
        headers["openai-processing-ms"] = str(round((time.perf_counter() - self._began) * 1000))
