"""A field of assistants is one row: requests, replies, tables and their migration follow it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from server.asking import changed, in_process, made

from reconciler.server import Database, assistant_fields, create_app, schema
from reconciler.server.assistant_fields import Field
from reconciler.server.checks import array, text

SAMPLES = Path(__file__).parent / "samples"
NEXT = schema.VERSION + 1
COLOUR = Field("colour", lambda param, value: value and text(param, value, 8), since=NEXT)
TAGS = Field("tags", lambda param, value: array(param, value, 2), blank=[], since=NEXT)


@pytest.fixture
def more(monkeypatch):
    """Two fields that this version of the server does not have yet."""
    monkeypatch.setattr(assistant_fields, "FIELDS", (*assistant_fields.FIELDS, COLOUR, TAGS))
    monkeypatch.setattr(schema, "VERSION", NEXT)


@pytest.fixture(params=range(1, NEXT))
def old(request, tmp_path):
    """A database of each version so far."""
    path = tmp_path / "server.db"
    if request.param == schema.VERSION:
        with Database.open(path) as database, in_process(create_app(database)) as client:
            made(client, name="first")
    else:
        shutil.copy(SAMPLES / f"version{request.param}.db", path)
    return path


def test_a_field_that_was_left_out_is_blank(more):
    with Database.memory() as database, in_process(create_app(database)) as client:
        assistant = made(client)
        assert (assistant["colour"], assistant["tags"]) == (None, [])
        assert [*assistant][-2:] == ["colour", "tags"]


def test_a_field_is_created_changed_and_cleared(more):
    with Database.memory() as database, in_process(create_app(database)) as client:
        assistant = made(client, colour="red", tags=["a"])
        assert (assistant["colour"], assistant["tags"]) == ("red", ["a"])
        assert changed(client, assistant, tags=["b", "c"])["tags"] == ["b", "c"]
        assert changed(client, assistant, colour=None)["colour"] is None
        assert client.get(f"/assistants/{assistant['id']}").json()["tags"] == ["b", "c"]


def test_the_check_of_a_field_is_that_of_its_row(more):
    with Database.memory() as database, in_process(create_app(database)) as client:
        refused = client.post("/assistants", json={"model": "m", "tags": ["a", "b", "c"]})
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "tags"


def test_an_older_database_shows_the_field_as_blank_and_stays_as_it_is(old, more):
    before = old.read_bytes()
    with Database.view(old) as database, in_process(create_app(database)) as client:
        shown = client.get("/assistants").json()["data"]
    assert {(one["colour"], *one["tags"]) for one in shown} == {(None,)}
    assert shown[-1]["name"] == "first"
    assert old.read_bytes() == before


def test_an_older_database_gets_the_column_when_it_is_opened_for_writing(old, more):
    with Database.open(old) as database, in_process(create_app(database)) as client:
        first = client.get("/assistants").json()["data"][-1]
        assert (first["name"], first["colour"], first["tags"]) == ("first", None, [])
        assert changed(client, first, colour="blue")["colour"] == "blue"
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == NEXT


def test_without_the_rows_nothing_of_it_is_known():
    with Database.memory() as database, in_process(create_app(database)) as client:
        refused = client.post("/assistants", json={"model": "m", "colour": "red"})
    assert refused.json()["error"]["code"] == "unknown_parameter"


def test_the_tables_of_today_are_those_of_the_samples(tmp_path):
    with Database.open(tmp_path / "new.db"):
        pass
    statements = []
    for path in (tmp_path / "new.db", SAMPLES / "version1.db"):
        with closing(sqlite3.connect(path)) as connection:
            query = "SELECT sql FROM sqlite_master WHERE name = 'assistants'"
            statements.append(connection.execute(query).fetchone()[0])
    assert statements[0] == statements[1]
