"""An assistant is made JSON once, when it is written; a list joins the texts."""

import json
import sqlite3
from contextlib import closing

import pytest
from server.asking import BETA, changed, in_process, made

from reconciler.server import Database, create_app, wire

FIELDS = {
    "name": "Größe — “x”\u2028",
    "instructions": 'Say "no".\n\\',
    "tools": [
        {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "ü": [1.5, None]}}}
    ],
    "metadata": {"team": "ü"},
}


@pytest.fixture
def opened(path):
    with Database.open(path) as database:
        yield database


def forget(path):
    """As in a database that an earlier version wrote."""
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute("DELETE FROM prepared").rowcount


def kept(path):
    with closing(sqlite3.connect(path)) as connection:
        return dict(connection.execute("SELECT assistant, head FROM prepared"))


def replies(client, one):
    paths = (f"/assistants/{one['id']}", "/assistants", "/assistants?limit=1&order=asc")
    return [client.get(path, headers=BETA).content for path in paths]


def test_a_text_that_is_kept_is_what_the_columns_say(opened, path):
    with in_process(create_app(opened)) as client:
        one = made(client, **FIELDS)
        made(client, name="second")
        before = replies(client, one)
        forget(path)

        assert replies(client, one) == before
    assert {key: one[key] for key in FIELDS} == FIELDS


def test_replies_are_json_in_one_form(opened):
    with in_process(create_app(opened)) as client:
        for text in replies(client, made(client, **FIELDS)):
            assert text == json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":")).encode()


def test_a_list_makes_no_json_of_what_was_written(opened, monkeypatch):
    with in_process(create_app(opened)) as client:
        one = made(client)
        monkeypatch.delattr(wire, "prepared")

        assert client.get("/assistants").json()["data"] == [one]


def test_an_update_replaces_the_text(opened, path):
    with in_process(create_app(opened)) as client:
        one = made(client, name="before")
        changed(client, one, name="after")

        assert client.get("/assistants").json()["data"][0]["name"] == "after"
    assert '"name":"after"' in kept(path)[one["id"]]


def test_a_column_that_is_written_by_other_means_leaves_no_older_text(opened, path):
    with in_process(create_app(opened)) as client:
        made(client, name="before")
        with opened.write() as connection:
            connection.execute("UPDATE assistants SET name = 'after'")

        assert client.get("/assistants").json()["data"][0]["name"] == "after"
    assert kept(path) == {}


def test_a_text_goes_with_its_assistant(opened, path):
    with in_process(create_app(opened)) as client:
        one = made(client)
        client.delete(f"/assistants/{one['id']}")

    assert kept(path) == {}


def test_an_attached_file_is_shown_without_a_new_text(opened, path):
    with in_process(create_app(opened)) as client:
        one = made(client, tools=[{"type": "retrieval"}])
        before = kept(path)
        upload = client.post("/files", files={"file": ("a.md", b"x")}, data={"purpose": "assistants"}).json()
        client.post(f"/assistants/{one['id']}/files", json={"file_id": upload["id"]})

        assert client.get("/assistants").json()["data"][0]["file_ids"] == [upload["id"]]
    assert kept(path) == before


def test_an_empty_list_has_no_cursors(opened):
    with in_process(create_app(opened)) as client:
        assert client.get("/assistants").text == (
            '{"object":"list","data":[],"first_id":null,"last_id":null,"has_more":false}'
        )
