"""A client of any colour, a scripted or embedded server for it, and no waiting."""

from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import httpx
import pytest
from api.colours import COLOURS, PARSED
from api.replies import LOCAL, Script

from reconciler.api import http_sender
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

    monkeypatch.setattr(http_sender, "time", SimpleNamespace(sleep=waited.append))
    monkeypatch.setattr(http_sender, "anyio", SimpleNamespace(sleep=wait))
    return waited


@pytest.fixture(params=PARSED)
def connect(request):
    """Open a client, sync or async; the options are those of the client."""
    return COLOURS[request.param]


@pytest.fixture(params=COLOURS)
def colour(request):
    """The same in each of the six colours, for what a view could spoil."""
    return COLOURS[request.param]


def answering(connect):
    """Open clients whose server says what the test wrote down, and show what it was asked."""

    @contextmanager
    def opened(*replies, **options):
        script = Script(*replies)
        chosen = {"base_url": LOCAL, "transport": httpx.MockTransport(script)} | options
        with connect(**chosen) as client:
            yield client, script.asked

    return opened


@pytest.fixture(params=PARSED)
def over(request):
    """Open a client over an httpx client that is made for it with `http`, and show both."""
    make = {"sync": httpx.Client, "async": httpx.AsyncClient}[request.param]

    @contextmanager
    def opened(url, http, **options):
        beneath = make(**http)
        with COLOURS[request.param](base_url=url, http_client=beneath, **options) as client:
            yield client, beneath

    return opened


@pytest.fixture
def scripted(connect):
    """A scripted server for a client, sync or async."""
    return answering(connect)


@pytest.fixture
def staged(colour):
    """A scripted server for a client of each of the six colours."""
    return answering(colour)


@pytest.fixture(scope="module")
def embedded():
    """The embedded server on a socket."""
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            yield Embedded(url, app.state.ledger)


@pytest.fixture
def client(colour, embedded):
    """A client of the embedded server, in each of the six colours."""
    with colour(base_url=embedded.url) as client:
        yield client
