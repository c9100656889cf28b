"""Putting an application on a socket, in the foreground or in a thread."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, cast

import uvicorn
from starlette.applications import Starlette

from reconciler.errors import ReconcilerError
from reconciler.server import crowd, trouble
from reconciler.server.crowd import Crowd
from reconciler.server.gate import Gate
from reconciler.server.line import Line
from reconciler.server.wire import PREFIX

_LOOPBACK: Final = "127.0.0.1"
_BACKLOG: Final = 2048
_AT_ONCE: Final = 16
"""Connections that asyncio accepts in one turn of its loop; more would be over the limit before it counts."""

_TICKS: Final = 10  # of a tenth of a second, between two looks at the connections
IDLE: Final = 75
"""Seconds that an idle connection is kept; the caller must let go first, or a request may cross the end."""

_FAREWELL: Final = 30  # seconds that requests in flight are given at the end
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class UnavailableAddressError(ReconcilerError, OSError):
    """The address cannot be listened on; its text is a sentence for people."""


class Listener(uvicorn.Server):
    """A uvicorn server that says when it is there, and for which a signal is a normal end."""

    def __init__(self, config: uvicorn.Config, crowd: Crowd, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._crowd = crowd
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept, and say so."""
        asyncio.get_running_loop().set_exception_handler(_report)
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(_BACKLOG)  # asyncio has one number for this queue and for a turn of its loop
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        """End what takes too long, once a second."""
        if counter % _TICKS == 0:
            self._crowd.sweep()
        return await super().on_tick(counter)

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


def serve(  # noqa: PLR0913 - each is one thing a caller may set
    app: Starlette,
    host: str,
    port: int,
    *,
    names: Iterable[str] = (),
    ready: Callable[[str], None],
    exposed: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is in flight and return.

    `ready` is called with the base URL once connections are accepted, and `exposed` before it if other
    machines can connect; port 0 takes a free one. Requests must name the host by its address, as localhost,
    or by one of `names`. Raises UnavailableAddressError, and InvalidNameError for what cannot be a name.
    """
    with _bound(host, port) as listening:
        url = _url(host, listening)
        gate = _gate(listening, host, names)
        if not gate.is_local:
            exposed()
        _run(_listener(app, gate, lambda: ready(url)), listening)


@contextmanager
def running(app: Starlette) -> Iterator[str]:
    """Serve in a thread on a free loopback port, and yield the base URL."""
    with _bound(_LOOPBACK, 0) as listening:
        # No caller needs to wait: the socket listens already, and early callers queue in it.
        listener = _listener(app, _gate(listening), lambda: None)
        thread = threading.Thread(target=_run, args=(listener, listening), name="assistants-server")
        thread.start()
        try:
            yield _url(_LOOPBACK, listening)
        finally:
            listener.should_exit = True
            thread.join()


def _gate(listening: socket.socket, host: str = "", names: Iterable[str] = ()) -> Gate:
    address, port = listening.getsockname()[:2]
    return Gate.of(address, port, host, names)


def _listener(app: Starlette, gate: Gate, ready: Callable[[], None]) -> Listener:
    members = Crowd(crowd.room())
    return Listener(_config(app, gate, members), members, ready)


def _run(listener: Listener, listening: socket.socket) -> None:
    """Serve, and write each sort of trouble into the log only once in a while."""
    with trouble.written_seldom():
        listener.run([listening])


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Write a line for a connection that cannot be accepted; anything else is for the loop."""
    cause = context.get("exception")
    if isinstance(cause, OSError):
        trouble.not_accepted(str(cause.strerror))
    else:
        loop.default_exception_handler(context)


def _config(app: Starlette, gate: Gate, members: Crowd) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        # One parser and one loop, whatever else is installed.
        http=cast("type[asyncio.Protocol]", partial(Line, gate=gate, crowd=members)),
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        backlog=_AT_ONCE,
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
