"""A Store in a PostgreSQL database: one row a state, one row a record, one lock of a session."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg

from reconciler.errors import ConflictError, StoreError, UnreadableStateError, UnsavedError
from reconciler.model.state import State
from reconciler.store import journal, rescue
from reconciler.store.lock import frees_itself
from reconciler.store.postgres import lock, remedies, schema
from reconciler.store.postgres.database import Database, Patience
from reconciler.store.record import (
    GENERATIONS,
    Saved,
    expect,
    fresh,
    readable,
    reporting_damage,
    saved_of,
    text_of,
)
from reconciler.store.store import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.model.address import Address
    from reconciler.model.state import Binding, Intent
    from reconciler.store.journal import Entry
    from reconciler.store.postgres.database import Connection

_PAUSE = 0.5  # seconds between two questions to a database that does not answer

# One statement sees one moment, so that the records are those of the state.
_LOAD = """
    SELECT serial, save, text, ARRAY(
        SELECT record FROM assistants_sync.journal WHERE journal.name = state.name ORDER BY number
    ) FROM assistants_sync.state WHERE name = %s
"""
_NAMES = """
    SELECT name FROM assistants_sync.state WHERE text IS NOT NULL
        OR EXISTS (SELECT FROM assistants_sync.journal WHERE journal.name = state.name)
"""
_CLAIM = "INSERT INTO assistants_sync.state (name) VALUES (%s) ON CONFLICT (name) DO NOTHING"
# An older state of ours, or a row that is being replaced, takes no record. Rows get their numbers in order.
_APPEND = """
    INSERT INTO assistants_sync.journal (name, record)
    SELECT name, line FROM assistants_sync.state, unnest(%s::bytea[]) WITH ORDINALITY AS lines (line, place)
    WHERE name = %s AND serial = %s AND save = %s ORDER BY place FOR SHARE OF state
"""
_STORED = "SELECT serial, save, text FROM assistants_sync.state WHERE name = %s FOR UPDATE"
_KEEP = """
    INSERT INTO assistants_sync.generations (name, serial, save, text)
    SELECT name, serial, save, text FROM assistants_sync.state WHERE name = %s AND text IS NOT NULL
"""
_FORGET = """
    DELETE FROM assistants_sync.generations WHERE name = %(name)s AND number NOT IN (
        SELECT number FROM assistants_sync.generations WHERE name = %(name)s
        ORDER BY number DESC LIMIT %(kept)s
    )
"""
_REPLACE = "UPDATE assistants_sync.state SET lineage = %s, serial = %s, save = %s, text = %s WHERE name = %s"
_EMPTY = "DELETE FROM assistants_sync.journal WHERE name = %s"
_GENERATIONS = (
    "SELECT number, text FROM assistants_sync.generations WHERE name = %s ORDER BY number DESC LIMIT %s"
)
_WAIT_FOR_SAVES = "SELECT FROM assistants_sync.state WHERE name = %s FOR SHARE"
_ARRIVED = """
    SELECT save FROM assistants_sync.state WHERE name = %(name)s AND save = %(save)s
    UNION ALL SELECT save FROM assistants_sync.generations WHERE name = %(name)s AND save = %(save)s
"""


def names(url: str) -> list[str]:
    """Return the names of all states in a database."""
    database = Database(url, Patience())
    with (
        database.reporting(f"cannot list the states in {database.location}"),
        database.connected(writing=False) as connection,
        database.within(connection),
    ):
        try:
            return [str(name) for (name,) in connection.execute(_NAMES)]
        except psycopg.errors.UndefinedTable:
            return []


class PostgresStore:
    """State, journal and lock of one name in the schema ``assistants_sync`` of a database.

    What is written under the lock goes through the session that holds it: when that ends, so does
    the lock, and every later write is a StoreError. The schema is made by the first lock.
    """

    def __init__(self, url: str, name: str, patience: Patience | None = None) -> None:
        self._database = Database(url, patience or Patience())
        self._name = name
        self._held: Connection | None = None
        self._saved = Saved(State("", 0))  # what was loaded or saved last
        self._whole = True  # whether the journal took every record

    @property
    def location(self) -> str:
        """The address of the state, for people: without user and password."""
        return f"{self._database.location}#{self._name}"

    def load(self) -> State:
        """Return the State, or a new one of serial 0 where none is stored; writes nothing."""
        with self._database.reporting(f"cannot read {self.location}"), self._reading() as connection:
            return self._loaded(connection)

    def _loaded(self, connection: Connection) -> State:
        try:
            row = connection.execute(_LOAD, [self._name], binary=True).fetchone()
        except psycopg.errors.UndefinedTable:
            row = None
        return self._followed(connection, row)

    def snapshot(self) -> Snapshot:
        """Return the State, when it was saved, and its lock's holder."""
        with self._database.reporting(f"cannot read {self.location}"), self._reading() as connection:
            state, who = self._loaded(connection), ""
            with suppress(psycopg.errors.UndefinedTable):
                who = lock.holder(connection, self._name)
            return Snapshot(state, self._saved.at, who)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Use the connection that holds the lock, or another one, which cannot write."""
        if self._held is not None:
            with self._database.within(self._held):
                yield self._held
            return
        with self._database.connected(writing=False) as connection, self._database.within(connection):
            yield connection

    def _followed(self, connection: Connection, row: tuple[Any, ...] | None) -> State:
        """Return the State in a row, which the next records and saves follow."""
        serial, save, text, lines = row or (0, "", None, [])
        saved = self._parsed(connection, serial, save, text)
        try:
            state = journal.folded(saved, journal.records_of(lines))
        except journal.DamagedRecordError as cause:
            raise self._damaged_record(cause.number) from cause
        self._saved, self._whole = saved, True
        return state

    def _parsed(self, connection: Connection, serial: int, save: str, text: bytes | None) -> Saved:
        """Return the save in a row; its text counts, and its columns must agree."""
        if text is None and not serial:
            return Saved(State(uuid4().hex, 0))
        with reporting_damage(self.location, lambda: self._remedy(connection)):
            saved = saved_of(text or b"")
            if (saved.state.serial, saved.save) != (serial, save):
                raise ValueError("its columns disagree")
        return saved

    def _remedy(self, connection: Connection) -> str:
        for number, text in connection.execute(_GENERATIONS, [self._name, GENERATIONS]):
            if readable(text):
                back = remedies.restore(self._database.address, self._name, number)
                return (
                    f"The newest generation that can be read is put back with: {back}. What was done since "
                    "then is found again by its ownership marks."
                )
        return (
            "Restore it from a backup, or delete it, since everything of ours is found again by its "
            f"ownership mark: {remedies.forget(self._database.address, self._name)}."
        )

    def _damaged_record(self, number: int) -> UnreadableStateError:
        remedy = (
            "What the journal recorded is found again on the server by its ownership marks. Delete it with: "
            f"{remedies.forget_records(self._database.address, self._name)}."
        )
        return UnreadableStateError(self.location, f"record {number} of the journal is damaged", remedy)

    @contextmanager
    def lock(
        self, purpose: str, timeout: float = 0.0, waiting: Callable[[str], None] | None = None
    ) -> Iterator[None]:
        """Hold the lock in a session of its own, making schema and row; it is free when the session ends.

        A lock that another run holds is waited for ``timeout`` seconds; ``waiting`` gets the holder
        once. Then LockedError names it.
        """
        database = self._database
        with database.connected(writing=True) as connection:
            with database.reporting(f"cannot lock {self.location}"), database.within(connection, timeout):
                schema.make(connection)
                lock.take(connection, self._name, location=self.location, timeout=timeout, waiting=waiting)
                lock.sign(connection, self._name, purpose)
                connection.execute(_CLAIM, [self._name])
            self._held = connection
            try:
                yield
            finally:
                self._held = None
                with suppress(psycopg.Error), database.within(connection):
                    lock.free(connection, self._name)

    def unlock(self, id_: str) -> None:  # noqa: ARG002 - the port's: such a lock has no id
        """Refuse: the lock is free once its holder has ended."""
        raise frees_itself(self.location)

    def intend(self, intent: Intent) -> None:
        """Record durably a call that is about to be made."""
        self.commit([journal.intended(intent)])

    def record(self, address: Address, binding: Binding | None) -> None:
        """Record durably what an address is bound to."""
        self.commit([journal.Entry(address, binding)])

    def commit(self, entries: Sequence[Entry]) -> None:
        """Add records in one statement, which sees in the same moment whether the State is still ours."""
        whole, self._whole = self._whole, False
        database, connection = self._database, self._writable()
        serial, save = self._saved.state.serial, self._saved.save
        lines = [journal.line_of(self._saved, entry) for entry in entries]
        with database.reporting(f"cannot write {self.location}"), database.within(connection):
            added = connection.execute(_APPEND, [lines, self._name, serial, save]).rowcount
            if added != len(lines):
                raise ConflictError(serial, self._serial(connection))
        self._whole = whole

    def _writable(self) -> Connection:
        """Return the session that holds the lock; StoreError where there is none."""
        if self._held is None:
            raise StoreError(f"{self.location} is written only under its lock. Nothing was written.")
        return self._held

    def _serial(self, connection: Connection) -> int:
        row = connection.execute(_LOAD, [self._name]).fetchone()
        return int(row[0]) if row else 0

    def save(self, state: State, expecting: int, serial: int | None = None) -> None:
        """Replace the row, keep what it held and empty the journal, all in one transaction.

        A save whose answer was lost is looked for by its id. UnsavedError when the database does not take
        the state: it says where a copy of it is.
        """
        saving = fresh(replace(state, serial=serial or expecting + 1))
        text = text_of(saving)
        connection = self._writable()
        try:
            with self._database.within(connection), connection.transaction():
                self._replace(connection, saving, text, expecting)
        except psycopg.Error as cause:
            if not (connection.closed and self._arrived(saving)):
                raise self._unsaved(saving, text, cause) from cause
        self._saved, self._whole = saving, True

    def _replace(self, connection: Connection, saving: Saved, text: bytes, expecting: int) -> None:
        row = connection.execute(_STORED, [self._name]).fetchone() or (0, "", None)
        expect(expecting, self._saved, self._parsed(connection, *row))
        connection.execute(_KEEP, [self._name])
        connection.execute(_FORGET, {"name": self._name, "kept": GENERATIONS})
        connection.execute(_EMPTY, [self._name])
        columns = [saving.state.lineage, saving.state.serial, saving.save, text, self._name]
        connection.execute(_REPLACE, columns)

    def _arrived(self, saving: Saved) -> bool:
        """Return whether a save whose answer was lost happened, as far as that can be found out soon."""
        until = time.monotonic() + self._database.patience.confirmation
        while True:
            try:
                return self._is_stored(saving)
            except (StoreError, psycopg.Error):
                if time.monotonic() >= until:
                    return False
                time.sleep(_PAUSE)

    def _is_stored(self, saving: Saved) -> bool:
        """Return whether a save happened; by now another run may have saved on top of it.

        One that is still under way holds the row, so that it is waited for here.
        """
        wanted = {"name": self._name, "save": saving.save}
        database = self._database
        with (
            database.connected(writing=True) as connection,
            database.within(connection),
            connection.transaction(),  # in which the row stays as it was read
        ):
            connection.execute(_WAIT_FOR_SAVES, [self._name])
            return connection.execute(_ARRIVED, wanted).fetchone() is not None

    def _unsaved(self, saving: Saved, text: bytes, cause: psycopg.Error) -> UnsavedError:
        """Return the error of a State that was not saved, once a copy of it is as safe as can be."""
        saved = rescue.copy(f"assistants-sync-state-{saving.save}.json", text)
        address = self._database.address
        back = saved and remedies.put_back(address, self._name, saving=saving, before=self._saved, copy=saved)
        problem = self._database.message_of(cause)
        return UnsavedError(self.location, problem, saved, whole=self._whole, back=back or "")
