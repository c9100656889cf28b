"""A client of either colour, a scripted or embedded server for it, and no waiting."""

from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import httpx
import pytest
from api.colours import COLOURS
from api.replies import LOCAL, Script

from reconciler.api import client as clients
from reconciler.server import Database, Ledger, create_app, running


@dataclass(frozen=True)
class Embedded:
    """A running server."""

    url: str
    ledger: Ledger

    def paths(self, since=0):
        """Method and path of every request after the first `since`."""
        return [(entry.method, entry.path) for entry in list(self.ledger)[since:]]


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """Seconds that the client wanted to wait; nobody really waits."""
    waited = []

    async def wait(seconds):
        waited.append(seconds)

    monkeypatch.setattr(clients, "time", SimpleNamespace(sleep=waited.append))
    monkeypatch.setattr(clients, "asyncio", SimpleNamespace(sleep=wait))
    return waited


@pytest.fixture(params=COLOURS)
def connect(request):
    """Open a client of one colour; the options are those of the client."""
    return COLOURS[request.param]


@pytest.fixture
def scripted(connect):
    """Open a client whose server says what the test wrote down, and show what it was asked."""

    @contextmanager
    def opened(*replies, **options):
        script = Script(*replies)
        chosen = {"base_url": LOCAL, "transport": httpx.MockTransport(script)} | options
        with connect(**chosen) as client:
            yield client, script.asked

    return opened


@pytest.fixture(scope="module")
def embedded():
    """The embedded server on a socket."""
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            yield Embedded(url, app.state.ledger)


@pytest.fixture
def client(connect, embedded):
    """A client of the embedded server."""
    with connect(base_url=embedded.url) as client:
        yield client
