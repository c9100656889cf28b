"""Reads beside a write, on one file."""

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from server.asking import BETA, asked, made, names, refusal, seen

from reconciler.server import Database, create_app, running
from reconciler.server import database as module

LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(f"BEGIN {sys.argv[2]}")
connection.execute("SELECT count(*) FROM assistants").fetchall()
print("locked", flush=True)
sys.stdin.read()
"""


def caller(url):
    return httpx.Client(base_url=url, headers=BETA, timeout=20)


@contextmanager
def locked(path, kind):
    """Another process that holds a lock on the file until it is let go."""
    command = [sys.executable, "-c", LOCK, path, kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        yield other.stdin.close
        other.stdin.close()


@pytest.mark.timeout(30)
def test_a_read_does_not_wait_for_the_end_of_a_write(filled):
    with Database.open(filled) as database:
        with database.write() as connection:
            connection.execute("UPDATE assistants SET name = 'unfinished'")
            assert asked(database, names) == [str(number) for number in range(100)]
        assert asked(database, names) == ["unfinished"] * 100


def test_a_client_is_answered_while_the_write_of_another_is_held_up(path):
    entered, leave = threading.Event(), threading.Event()

    def held_up():
        entered.set()
        assert leave.wait(20)
        return 5

    with Database.open(path) as database:
        app = create_app(database)
        with running(app) as url, caller(url) as writer, caller(url) as reader, ThreadPoolExecutor(1) as pool:
            first = made(writer, name="first")
            app.state.clock = held_up
            second = pool.submit(made, writer, name="second")
            try:
                assert entered.wait(20)
                assert seen(reader, first) == first
                assert names(reader) == ["first"]
                assert not second.done()
            finally:
                leave.set()
            assert seen(reader, second.result())["name"] == "second"


def test_a_commit_waits_for_the_reads_that_began_before_it(filled):
    with Database.open(filled) as database, ThreadPoolExecutor(1) as pool:
        with database.read() as connection:
            writing = pool.submit(asked, database, lambda client: made(client, name="new"))
            rows = connection.execute("SELECT count(*) FROM assistants").fetchone()[0]
            assert rows == connection.execute("SELECT count(*) FROM assistants").fetchone()[0] == 100
        assert seen_by(database, writing.result())["name"] == "new"


def test_a_read_waits_for_a_write_that_has_spilled_into_the_file(filled):
    with Database.open(filled) as database, ThreadPoolExecutor(1) as pool:
        with database.write() as connection:
            connection.execute("PRAGMA cache_size = 1")
            connection.execute("UPDATE assistants SET name = 'n', instructions = hex(zeroblob(3000))")
            with pytest.raises(sqlite3.OperationalError, match="locked"), plain(filled) as other:
                other.execute("SELECT count(*) FROM assistants")
            reading = pool.submit(asked, database, names)
        assert reading.result() == ["n"] * 100


def seen_by(database, assistant):
    return asked(database, lambda client: seen(client, assistant))


@contextmanager
def plain(path):
    connection = sqlite3.connect(path, timeout=0)
    try:
        yield connection
    finally:
        connection.close()


def test_reads_and_writes_of_many_threads_see_their_own_writes(path):
    def live(url):
        with caller(url) as client:
            for number in range(10):
                one = made(client, name=str(number))
                assert seen(client, one) == one
                assert one["id"] in {
                    each["id"] for each in client.get("/assistants?limit=100").json()["data"]
                }
                client.delete(f"/assistants/{one['id']}")
                refusal(client.get(f"/assistants/{one['id']}"), 404)

    with Database.open(path) as database, running(create_app(database)) as url, ThreadPoolExecutor(6) as pool:
        assert list(pool.map(live, [url] * 6)) == [None] * 6


def test_a_read_waits_while_another_process_has_the_file_to_itself(filled):
    with Database.open(filled) as database, locked(filled, "EXCLUSIVE") as let_go:
        release = threading.Timer(0.3, let_go)
        release.start()
        assert len(asked(database, names)) == 100
        release.join()


@pytest.mark.parametrize(("kind", "reads"), [("EXCLUSIVE", 503), ("IMMEDIATE", 200), ("DEFERRED", 200)])
def test_a_file_that_another_process_keeps_locked_is_a_503_and_nothing_changed(
    filled, monkeypatch, kind, reads
):
    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    with Database.open(filled) as database, locked(filled, kind) as let_go:
        assert asked(database, lambda client: client.get("/assistants")).status_code == reads
        reply = asked(database, lambda client: client.post("/assistants", json={"model": "m"}))
        assert "Another process has locked" in refusal(reply, 503)["message"]
        let_go()
    with Database.view(filled) as database:
        assert len(asked(database, names)) == 100


def test_only_writes_can_change_anything(filled):
    with (
        Database.open(filled) as database,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
        database.read() as connection,
    ):
        connection.execute("DELETE FROM assistants")
