"""The v1 dialect over an embedded server in this process, or over a script."""

import asyncio
from types import SimpleNamespace

import httpx
import pytest

from reconciler.api import AsyncClient, http_sender, in_process
from reconciler.dialects.assistants_v1.wire import AssistantsV1
from reconciler.model.state import State
from reconciler.server import Database, Fault, Faults, create_app

TARGET = "http://localhost/v1"


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """Seconds that the client wanted to wait; nobody really waits."""
    waited = []

    async def wait(seconds):
        waited.append(seconds)

    monkeypatch.setattr(http_sender, "anyio", SimpleNamespace(sleep=wait))
    return waited


@pytest.fixture
def run():
    """Run something awaitable to its end; one loop serves the whole test."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def speak(run):
    """The v1 dialect over a transport."""
    clients = []

    def opened(transport):
        clients.append(AsyncClient(base_url=TARGET, transport=transport))
        return AssistantsV1(clients[-1], TARGET)

    yield opened
    for client in clients:
        run(client.close())


@pytest.fixture
def scripted(speak):
    """The v1 dialect over a function that answers requests."""
    return lambda answer: speak(httpx.MockTransport(answer))


@pytest.fixture
def database():
    """What the embedded server stores."""
    with Database.memory() as opened:
        yield opened


@pytest.fixture
def app(database):
    """The embedded server."""
    return create_app(database)


@pytest.fixture
def odd(database):
    """The same server, where it deviates."""

    def deviating(*names, **more):
        return create_app(database, faults=Faults([Fault("deviate", as_=name, **more) for name in names]))

    return deviating


@pytest.fixture
def deviates(speak, odd):
    """The v1 dialect over the embedded server where it deviates."""
    return lambda *names, **more: speak(in_process(odd(*names, **more)))


@pytest.fixture
def provider(speak, app):
    """The v1 dialect over the embedded server."""
    return speak(in_process(app))


@pytest.fixture
def state():
    """The state of a first run."""
    return State("lineage", 0)
