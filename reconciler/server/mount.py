"""Putting an application on a socket, in the foreground or in a thread."""

import asyncio
import os
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, cast

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from reconciler.errors import ReconcilerError
from reconciler.server.fault_effects import HANG_UP
from reconciler.server.wire import PREFIX

_LOOPBACK: Final = "127.0.0.1"
_BACKLOG: Final = 2048
IDLE: Final = 75
"""Seconds that an idle connection is kept; the caller must let go first, or a request may cross the end."""

_FAREWELL: Final = 30  # seconds that requests in flight are given at the end
_NO_TIME: Final = struct.pack("ii", 1, 0)
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class UnavailableAddressError(ReconcilerError, OSError):
    """The address cannot be listened on; its text is a sentence for people."""


class Line(H11Protocol):
    """A connection that the application can close at any moment, through the state of its requests."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, and hand over the means to end."""
        super().connection_made(cast("asyncio.Transport", transport))
        self.app_state = {**self.app_state, HANG_UP: self.hang_up}

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


class Listener(uvicorn.Server):
    """A uvicorn server that says when it is there, and for which a signal is a normal end."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept, and say so."""
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal as uvicorn does, but do not raise it again: the caller goes on from here."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, action in previous.items():
                signal.signal(number, action)


def serve(app: Starlette, host: str, port: int, *, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is in flight and return.

    `ready` is called with the base URL once connections are accepted; port 0 takes a free one. Raises
    UnavailableAddressError.
    """
    with _bound(host, port) as listening:
        url = _url(host, listening)
        Listener(_config(app), lambda: ready(url)).run([listening])


@contextmanager
def running(app: Starlette) -> Iterator[str]:
    """Serve in a thread on a free loopback port, and yield the base URL."""
    with _bound(_LOOPBACK, 0) as listening:
        # No caller needs to wait: the socket listens already, and early callers queue in it.
        listener = Listener(_config(app), lambda: None)
        thread = threading.Thread(target=listener.run, args=([listening],), name="assistants-server")
        thread.start()
        try:
            yield _url(_LOOPBACK, listening)
        finally:
            listener.should_exit = True
            thread.join()


def _config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        # One parser and one loop, whatever else is installed.
        http=Line,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=_FAREWELL,
    )


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.create_server(address, family=family, backlog=_BACKLOG)
        # Accepted connections inherit it; without it every small reply waits 40 ms for a delayed ACK.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening  # noqa: TRY300 - the whole of it can fail
    except OSError as error:
        sentence = f"cannot listen on {_netloc(host, port)}: {_why(error)}"
        raise UnavailableAddressError(sentence) from error


def _why(error: OSError) -> str:
    """Return the cause in the system's words; a name that cannot be resolved has none."""
    if isinstance(error, socket.gaierror) or error.errno is None:
        return str(error.strerror)
    return f"{os.strerror(error.errno)}; choose another --port or --host"


def _netloc(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _url(host: str, listening: socket.socket) -> str:
    return f"http://{_netloc(host, listening.getsockname()[1])}{PREFIX}"
