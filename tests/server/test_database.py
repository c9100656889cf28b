"""The file: created, kept, refused."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading

import pytest
from server.asking import asked, in_process, made, names, seen, uploaded

from reconciler.server import Database, UnreadableDatabaseError, create_app
from reconciler.server import database as module

SLOW_WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
connection.execute("COMMIT")
"""


def test_a_new_file_and_its_folder_are_for_their_owner_only(path):
    Database.open(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_everything_is_there_after_a_restart(path):
    with Database.open(path) as database, in_process(create_app(database)) as client:
        file = uploaded(client, content=b"content")
        assistant = made(client, file_ids=[file["id"]], metadata={"k": "v"}, tools=[{"type": "retrieval"}])
    with Database.open(path) as database, in_process(create_app(database)) as client:
        assert seen(client, assistant) == assistant
        assert client.get(f"/files/{file['id']}").json() == file
        assert client.get(f"/files/{file['id']}/content").content == b"content"


def test_an_insertion_number_is_not_given_twice_after_a_delete(path, clock):
    with Database.open(path) as database, in_process(create_app(database, clock=clock)) as client:
        made(client, name="first")
        client.delete(f"/assistants/{made(client)['id']}")
        made(client, name="second")
        assert names(client) == ["first", "second"]
        with database.read() as connection:
            numbers = connection.execute("SELECT number FROM assistants ORDER BY number").fetchall()
        assert [row["number"] for row in numbers] == [1, 3]


def test_an_existing_empty_file_becomes_a_database(path):
    path.parent.mkdir()
    path.touch()
    with Database.open(path) as database:
        assert asked(database, names) == []


def test_a_killed_writer_is_undone_at_the_next_open(torn):
    with Database.open(torn) as database:
        assert asked(database, names) == [str(number) for number in range(100)]
    assert list(torn.parent.iterdir()) == [torn]


@pytest.mark.parametrize("opened", [Database.open, Database.view])
def test_a_newer_database_is_refused_with_a_remedy(filled, opened):
    tampered(filled, "PRAGMA user_version = 99")
    with pytest.raises(UnreadableDatabaseError, match=r"holds version 99 .* knows 4; upgrade") as caught:
        opened(filled)
    assert caught.value.path == filled
    assert caught.value.remedy.startswith("upgrade this program")


def tampered(path, *statements):
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("opened", [Database.open, Database.view])
def test_the_file_of_another_program_is_refused(tmp_path, opened):
    tampered(tmp_path / "other.db", "CREATE TABLE t (x)")
    with pytest.raises(UnreadableDatabaseError, match="another program; name another file"):
        opened(tmp_path / "other.db")


@pytest.mark.parametrize("content", [b"hello", b"x" * 10_000])
@pytest.mark.parametrize("opened", [Database.open, Database.view])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path, opened, content):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(
        UnreadableDatabaseError, match=r"notes\.txt: cannot be opened \(file is not a database\)"
    ):
        opened(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("opened", [Database.open, Database.view])
def test_what_is_no_file_at_all_is_refused(tmp_path, opened):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(UnreadableDatabaseError, match="is not a file; name another file"):
            opened(path)


def test_a_parent_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UnreadableDatabaseError, match="File exists"):
        Database.open(tmp_path / "file" / "server.db")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO files VALUES (?, 'file-x', 'x', 0, 'assistants', 1)",
        "INSERT OR ROLLBACK INTO files VALUES (?, 'file-x', 'x', 0, 'assistants', 1)",
    ],
)
def test_a_failed_write_leaves_nothing_behind_even_when_sqlite_undid_it_itself(database, statement):
    with pytest.raises(sqlite3.IntegrityError), database.write() as connection:
        connection.executemany(statement, [(1,), (2,)])
    assert asked(database, lambda client: client.get("/files").json()["data"]) == []


def test_a_writer_waits_for_another_process(filled):
    with (
        subprocess.Popen(
            [sys.executable, "-c", SLOW_WRITER, filled], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other,
        Database.open(filled) as database,
    ):
        other.stdout.readline()
        release = threading.Timer(0.3, other.stdin.close)
        release.start()
        assert asked(database, made)
        release.join()


def test_two_that_create_the_same_file_at_once_end_up_with_one_database(path, monkeypatch):
    blank = module._is_blank  # noqa: SLF001 - the race has no other seam
    answers = iter([True])
    Database.open(path).close()
    monkeypatch.setattr(module, "_is_blank", lambda connection: next(answers, None) or blank(connection))
    with Database.open(path) as database:
        monkeypatch.undo()
        assert asked(database, names) == []


def test_the_file_keeps_no_write_ahead_log(filled):
    with Database.open(filled) as database, database.write() as connection:
        settings = [
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        ]
    assert settings == ["delete", 3]
