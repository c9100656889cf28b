"""Databases of earlier versions: `samples/versionN.db` was written by the program that knew version N."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from server.asking import asked, in_process, made, names
from server.killing import folder, kill_writer

from reconciler.server import Database, create_app, schema

SAMPLES = Path(__file__).parent / "samples"
EARLIER = range(1, schema.VERSION)


@pytest.fixture(params=EARLIER)
def old(request, tmp_path):
    (tmp_path / "state").mkdir()
    return Path(shutil.copy(SAMPLES / f"version{request.param}.db", tmp_path / "state" / "server.db"))


def version(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def tables(path):
    with closing(sqlite3.connect(path)) as connection:
        return sorted(connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall())


def everything(client):
    assistants = client.get("/assistants").json()
    first = assistants["data"][-1]
    contents = [client.get(f"/files/{file}/content").text for file in first["file_ids"]]
    return (
        assistants,
        client.get("/files").json(),
        client.get(f"/assistants/{first['id']}/files").json(),
        contents,
    )


def test_a_sample_holds_what_was_written(old):
    with Database.view(old) as database:
        assistants, files, attached, contents = asked(database, everything)
    assert [one["name"] for one in assistants["data"]] == ["third", "second", "first"]
    assert [one["filename"] for one in files["data"]] == ["more.md", "notes.md"]
    assert assistants["data"][-1]["metadata"] == {"team": "support"}
    assert len(attached["data"]) == 2
    assert contents == ["# Notes\n", "more"]


def test_a_view_of_an_earlier_version_leaves_no_trace(old):
    before = folder(old.parent)
    with Database.view(old) as database:
        last = asked(database, everything)[0]["last_id"]
        assert asked(database, lambda client: client.get(f"/assistants?after={last}").json())["data"] == []
        assert asked(database, lambda client: client.get("/assistants?after=asst_x")).status_code == 400
    assert folder(old.parent) == before


def test_a_view_of_a_torn_earlier_version_works(old):
    kill_writer(old, "DELETE FROM attachments", "UPDATE assistants SET instructions = hex(zeroblob(30000))")
    before = folder(old.parent)
    with Database.view(old) as database:
        assert asked(database, names) == ["first", "second", "third"]
        assert asked(database, lambda client: client.get("/assistants?after=asst_x")).status_code == 400
    assert folder(old.parent) == before


def test_an_earlier_version_is_brought_up_to_date_when_it_is_opened_for_writing(old, tmp_path):
    with Database.view(old) as database:
        before = asked(database, everything)
    with Database.open(old) as database, in_process(create_app(database)) as client:
        assert everything(client) == before
        gone = before[0]["data"][1]["id"]
        client.delete(f"/assistants/{gone}")
        assert len(client.get("/assistants", params={"after": gone}).json()["data"]) == 1
    Database.open(tmp_path / "new.db").close()
    assert version(old) == schema.VERSION
    assert tables(old) == tables(tmp_path / "new.db")


def test_a_view_follows_a_database_that_is_brought_up_to_date_meanwhile(old):
    with Database.view(old) as view, Database.open(old) as database:
        asked(database, lambda client: made(client, name="fourth"))
        assert asked(view, names) == ["first", "second", "third", "fourth"]
