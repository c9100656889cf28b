"""The embedded server in memory, and a client of it."""

import pytest
from server.asking import Clock, in_process, made
from server.killing import OVERWRITE, kill_writer

from reconciler.server import Database, create_app


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def database():
    with Database.memory() as database:
        yield database


@pytest.fixture
def app(database, clock):
    return create_app(database, clock=clock)


@pytest.fixture
def client(app):
    with in_process(app) as client:
        yield client


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "server?#%20é.db"


@pytest.fixture
def filled(path):
    with Database.open(path) as database, in_process(create_app(database)) as client:
        for number in range(100):
            made(client, name=str(number))
    return path


@pytest.fixture
def torn(filled):
    """A database whose writer was killed after a part of its changes had reached the file."""
    before = filled.read_bytes()
    kill_writer(filled, OVERWRITE)
    assert filled.read_bytes() != before
    return filled
