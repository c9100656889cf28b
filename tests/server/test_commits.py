"""Writes that wait at the same time are committed together, and fail apart."""

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from server.asking import asked, made, names

from reconciler.server import Database, create_app, running
from reconciler.server import commits as module
from reconciler.server.database import BusyError

INSERT = "INSERT INTO assistants (id, created_at, model, tools, metadata) VALUES (?, 1, 'm', '[]', '{}')"


class Queue:
    """Writes that come while a first one holds the connection, so that they wait for each other."""

    def __init__(self, database, *changes):
        self.database = database
        self.commits = database._commits  # noqa: SLF001 - nothing else shows who waits
        with ThreadPoolExecutor(len(changes) + 1) as pool:
            first = pool.submit(self.write, lambda connection: self.hold(connection, pool, changes))
            self.first = first.exception()
            self.errors = [one.exception() for one in self.waiting]

    def hold(self, connection, pool, changes):
        connection.execute(INSERT, ("asst_first",))
        self.waiting = [self.joined(pool, change) for change in changes]

    def joined(self, pool, change):
        before = self.commits._waiting  # noqa: SLF001 - the same
        future = pool.submit(self.write, change)
        while self.commits._waiting == before:  # noqa: SLF001 - the same
            time.sleep(0.001)
        return future

    def write(self, change):
        with self.database.write() as connection:
            change(connection)


def inserted(identity):
    return lambda connection: connection.execute(INSERT, (identity,))


def failing(connection):
    connection.execute(INSERT, ("asst_undone",))
    raise ValueError("no")


def committed(path):
    with closing(sqlite3.connect(path)) as connection:
        return sorted(one for (one,) in connection.execute("SELECT id FROM assistants"))


def commits(database):
    """The statements that end a transaction, as SQLite carries them out."""
    seen = []
    trace = database._connection.set_trace_callback  # noqa: SLF001 - the only seam
    trace(lambda statement: seen.append(statement) if statement in {"COMMIT", "ROLLBACK"} else None)
    return seen


@pytest.fixture
def opened(path):
    with Database.open(path) as database:
        yield database


def test_writes_that_wait_share_one_commit(opened, path):
    seen = commits(opened)
    queue = Queue(opened, *map(inserted, ("asst_a", "asst_b", "asst_c")))

    assert queue.errors == [None, None, None]
    assert seen == ["COMMIT"]
    assert committed(path) == ["asst_a", "asst_b", "asst_c", "asst_first"]


def test_a_write_alone_is_committed_at_once(opened, path):
    with opened.write() as connection:
        inserted("asst_a")(connection)

    assert committed(path) == ["asst_a"]


def test_a_write_that_fails_takes_back_its_own_statements_only(opened, path):
    queue = Queue(opened, inserted("asst_a"), failing, inserted("asst_b"))

    assert [type(one) for one in queue.errors] == [type(None), ValueError, type(None)]
    assert committed(path) == ["asst_a", "asst_b", "asst_first"]


def test_the_last_write_may_fail(opened, path):
    queue = Queue(opened, inserted("asst_a"), failing)

    assert [type(one) for one in queue.errors] == [type(None), ValueError]
    assert committed(path) == ["asst_a", "asst_first"]


def test_no_write_of_a_transaction_that_sqlite_undid_is_answered(opened, path):
    def undone(connection):
        connection.execute(INSERT.replace("INSERT", "INSERT OR ROLLBACK"), ("asst_first",))

    queue = Queue(opened, inserted("asst_a"), undone, inserted("asst_b"))
    kept = [name for name, error in zip(("asst_a", "", "asst_b"), queue.errors, strict=True) if error is None]

    assert isinstance(queue.first, sqlite3.IntegrityError)
    assert isinstance(queue.errors[1], sqlite3.IntegrityError)
    assert committed(path) == kept


def test_a_commit_that_another_process_holds_up_fails_all_of_it(opened, path):
    opened._connection.execute("PRAGMA busy_timeout = 50")  # noqa: SLF001 - ten seconds otherwise
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM assistants").fetchall()
        queue = Queue(opened, inserted("asst_a"), inserted("asst_b"))
    assert [type(one) for one in (queue.first, *queue.errors)] == [BusyError] * 3
    assert committed(path) == []
    with opened.write() as connection:
        inserted("asst_later")(connection)
    assert committed(path) == ["asst_later"]


def test_no_transaction_has_more_writes_than_that(opened, monkeypatch):
    monkeypatch.setattr(module, "MOST", 2)
    seen = commits(opened)
    Queue(opened, *map(inserted, ("asst_a", "asst_b", "asst_c")))

    assert seen == ["COMMIT", "COMMIT"]


def test_a_write_does_not_wait_for_one_that_went_away(opened, path, monkeypatch):
    monkeypatch.setattr(module, "_LINGER", 0.05)
    commits = opened._commits  # noqa: SLF001 - a thread that is interrupted while it waits has no other seam
    with opened.write() as connection:
        inserted("asst_a")(connection)
        commits._waiting += 1  # noqa: SLF001 - the same
    commits._waiting -= 1  # noqa: SLF001 - the same

    assert committed(path) == ["asst_a"]


def test_a_database_is_closed_after_the_commit_of_what_waits(path):
    database = Database.open(path)
    closing_it = threading.Thread(target=database.close)
    with database.write() as connection:
        inserted("asst_a")(connection)
        closing_it.start()
        while not database._commits._waiting:  # noqa: SLF001 - nothing else shows who waits
            time.sleep(0.001)
    closing_it.join()

    assert committed(path) == ["asst_a"]


def test_creates_of_many_clients_are_all_there(path):
    def create(number):
        return asked(database, lambda client: made(client, name=str(number)))["id"]

    with Database.open(path) as database, running(create_app(database)), ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(create, range(40)))
        assert sorted(map(int, asked(database, names))) == list(range(40))
    assert committed(path) == sorted(ids)
