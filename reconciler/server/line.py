"""One connection of the server on a socket: it can be closed at any moment, and its caller has to hurry."""

import asyncio
import socket
import struct
from typing import Any, Final, cast

import h11
import uvicorn
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from reconciler.server import crowd, refusals, wire
from reconciler.server.crowd import Crowd, Phase
from reconciler.server.fault_effects import HANG_UP
from reconciler.server.gate import GATE, Gate

_NO_TIME: Final = struct.pack("ii", 1, 0)


class Line(H11Protocol):
    """A connection that the application can close at any moment, through the state of its requests."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        gate: Gate,
        crowd: Crowd,
    ) -> None:
        super().__init__(config, server_state, {**app_state, GATE: gate, HANG_UP: self.hang_up}, _loop)
        self._crowd = crowd
        self._phase = Phase.HEAD
        self._began = self._moved = crowd.clock()
        self._received = 0
        self._was_used = False
        self._unread_since: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, if there is room."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._crowd.enter(self, Phase.HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._crowd.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._moved = self._crowd.clock()
        self._received += len(data)
        super().data_received(data)
        self._note()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self._was_used = True
        super().on_response_complete()
        self._note()

    def pause_writing(self) -> None:
        """Note that the caller does not read as fast as the server writes."""
        super().pause_writing()
        self._unread_since = self._crowd.clock()

    def resume_writing(self) -> None:
        """Write on."""
        super().resume_writing()
        self._unread_since = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are not repeated
        """Refuse what is not HTTP, in the envelope of every refusal."""
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.close()  # in the midst of a reply
            return
        refusal = wire.refused(refusals.not_http(), {"connection": "close"})
        for event in _events(refusal):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def overdue(self, now: float) -> str:
        """Return what took the caller too long; empty if nothing did."""
        if self.transport.is_closing():  # what is written still has to leave
            self._unread_since = now if self._unread_since is None else self._unread_since
        if self._unread_since is not None and now - self._unread_since > crowd.REPLY_SECONDS:
            return "the caller does not read the reply"
        if self._phase is Phase.HEAD and now - self._began > crowd.HEAD_SECONDS:
            return "the head of a request did not arrive in time"
        is_late = self._phase is Phase.BODY and not self.flow.read_paused and self._is_late(now)
        return "the body of a request did not arrive in time" if is_late else ""

    def abort(self) -> None:
        """End it at once, whatever is unwritten."""
        self.transport.abort()

    def hang_up(self, *, reset: bool) -> None:
        """Close the connection; a reset is what a peer sees when the machine behind it is gone."""
        if self.transport.is_closing():
            return
        if reset:
            line = self.transport.get_extra_info("socket")
            # To linger for no time at all makes a socket reset its connection.
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_TIME)
            self.transport.abort()
        else:
            self.transport.close()

    def _is_late(self, now: float) -> bool:
        is_still = now - self._moved > crowd.BODY_SECONDS
        return is_still or now - self._began > crowd.BODY_TOTAL + self._received / crowd.BODY_RATE

    def _note(self) -> None:
        """Note what the connection waits for, and since when."""
        phase = self._awaited()
        if phase is self._phase or self.transport.is_closing():
            return
        self._phase, self._began, self._received = phase, self._crowd.clock(), 0
        self._crowd.enter(self, phase)

    def _awaited(self) -> Phase:
        state = self.conn.their_state
        if state is h11.SEND_BODY:
            return Phase.BODY
        if state is not h11.IDLE:
            return Phase.BUSY
        has_begun = bool(self.conn.trailing_data[0])
        return Phase.HEAD if has_begun or not self._was_used else Phase.IDLE


def _events(response: Response) -> list[Any]:
    head = h11.Response(status_code=response.status_code, headers=response.raw_headers)
    return [head, h11.Data(data=bytes(response.body)), h11.EndOfMessage()]
