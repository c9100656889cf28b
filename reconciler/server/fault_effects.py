"""Effects of each kind of fault, between the middleware and the application."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from reconciler.server import refusals, wire
from reconciler.server.calls import LAG
from reconciler.server.exchange import Visit
from reconciler.server.faults import Fault
from reconciler.server.reply import UNTOUCHED, Reply, again, read

HANG_UP: Final = "assistants_sync.hang_up"
"""The key of a request's state under which a server puts the function that closes its connection."""

_PATIENCE: Final = 120.0
_PAGE: Final = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"
_working_late: set[asyncio.Task[None]] = set()  # a loop alone does not keep its tasks alive


class HungUpError(ConnectionError):
    """The connection was to be closed without a (whole) reply, but in process there is none.

    A transport may turn it into its own error for a lost connection; one that answers a 500 for whatever an
    application raises shows a drop as such, and a truncated reply as a short one.
    """


async def met(fault: Fault | None, app: ASGIApp, scope: Scope, receive: Receive, visit: Visit) -> None:
    """Let a request through to `app`, past a fault if it meets one."""
    if fault is None:
        await app(scope, receive, visit.send)
    else:
        await _KINDS[fault.kind](Meeting(fault, app, scope=scope, receive=receive, visit=visit))


@dataclass(frozen=True)
class Meeting:
    """A request, the fault that it meets, and what faults are made of."""

    fault: Fault
    app: ASGIApp
    scope: Scope
    receive: Receive
    visit: Visit

    async def refrain(self) -> None:
        """Take the request, so that its sender waits for the reply, and let it have no effect."""
        await self.read()
        self.visit.record(UNTOUCHED)

    async def read(self) -> bytes:
        """Return the whole body."""
        return await read(self.receive)

    async def commit(self) -> Reply:
        """Let the request take effect, and keep the reply."""
        return await self._answered(self.receive)

    async def commit_late(self, body: bytes) -> None:
        """Let it take effect after a while, for a body that was read before and a caller who has gone."""
        await asyncio.sleep(self.seconds)
        await self._answered(again(body, self.receive))

    async def _answered(self, receive: Receive) -> Reply:
        reply = Reply()
        await self.app(self.scope, receive, reply.take)
        self.visit.record(reply.done)
        return reply

    @property
    def seconds(self) -> float:
        """How long the fault takes."""
        return self.fault.seconds or 0.0

    async def refuse(self, status: int) -> None:
        """Answer an error, in the API's envelope or as the page of a gateway before it."""
        after = self.fault.retry_after
        headers = {} if after is None else {"retry-after": str(after)}
        if self.fault.html:
            await self.show(status, headers)
        else:
            await self.answer(wire.refused(refusals.scripted(status), headers), self.visit.send)

    async def show(self, status: int, headers: Mapping[str, str]) -> None:
        """Answer a page."""
        page = _PAGE.format(refusals.titled(status))
        await self.answer(HTMLResponse(page, status, headers), self.visit.send_unsigned)

    async def answer(self, response: Response, send: Send) -> None:
        """Answer something else than the application would have."""
        await response(self.scope, self.receive, send)

    async def hang_up(self) -> None:
        """Close the connection; raises HungUpError where there is none."""
        close = self.scope.get("state", {}).get(HANG_UP)
        if close is None:
            raise HungUpError("the connection was closed by a fault")
        close(reset=self.fault.reset)
        # To return any earlier would look like an application that forgot to answer.
        await self.left()

    async def left(self) -> None:
        """Wait until the caller is no longer connected."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


async def _drop(meeting: Meeting) -> None:
    await meeting.refrain()
    await meeting.hang_up()


async def _commit_then_drop(meeting: Meeting) -> None:
    await meeting.commit()
    await meeting.hang_up()


async def _delay(meeting: Meeting) -> None:
    # Read before, so that it takes effect even where its sender leaves meanwhile.
    body = await meeting.read()
    await asyncio.sleep(meeting.seconds)
    await meeting.app(meeting.scope, again(body, meeting.receive), meeting.visit.send)


async def _commit_then_delay(meeting: Meeting) -> None:
    reply = await meeting.commit()
    await asyncio.sleep(meeting.seconds)
    await reply.give(meeting.visit.send)


async def _status(meeting: Meeting) -> None:
    await meeting.refrain()
    await meeting.refuse(meeting.fault.status or HTTPStatus.INTERNAL_SERVER_ERROR)


async def _commit_then_status(meeting: Meeting) -> None:
    await meeting.commit()
    await meeting.refuse(meeting.fault.status or HTTPStatus.INTERNAL_SERVER_ERROR)


async def _truncate(meeting: Meeting) -> None:
    reply = await meeting.commit()
    await reply.give_some(meeting.visit.send, meeting.fault.keep)
    await meeting.hang_up()


async def _html(meeting: Meeting) -> None:
    await (meeting.commit() if meeting.fault.commit else meeting.refrain())
    await meeting.show(HTTPStatus.OK, {})


async def _redirect(meeting: Meeting) -> None:
    await meeting.refrain()
    status = meeting.fault.status or HTTPStatus.TEMPORARY_REDIRECT
    response = Response(status_code=status, headers={"location": meeting.fault.url or "/"})
    await meeting.answer(response, meeting.visit.send_unsigned)


async def _late_commit(meeting: Meeting) -> None:
    body = await meeting.read()
    meeting.visit.record(UNTOUCHED)
    task = asyncio.create_task(meeting.commit_late(body))
    _working_late.add(task)
    task.add_done_callback(_working_late.discard)
    if meeting.fault.drop:
        await meeting.hang_up()
    else:
        await meeting.refuse(meeting.fault.status or HTTPStatus.GATEWAY_TIMEOUT)


async def _lag(meeting: Meeting) -> None:
    scope = {**meeting.scope, LAG: meeting.seconds}
    await meeting.app(scope, meeting.receive, meeting.visit.send)


async def _hang(meeting: Meeting) -> None:
    await meeting.refrain()
    patience = _PATIENCE if meeting.fault.seconds is None else meeting.seconds
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(meeting.left(), patience)
    await meeting.hang_up()


_KINDS: Final[Mapping[str, Callable[[Meeting], Awaitable[None]]]] = {
    "drop": _drop,
    "commit_then_drop": _commit_then_drop,
    "delay": _delay,
    "commit_then_delay": _commit_then_delay,
    "status": _status,
    "commit_then_status": _commit_then_status,
    "truncate": _truncate,
    "html": _html,
    "redirect": _redirect,
    "late_commit": _late_commit,
    "lag": _lag,
    "hang": _hang,
}
