"""Opening the SQLite file, and its transactions: the only importer of sqlite3."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Final, Self

from reconciler import files
from reconciler.errors import ReconcilerError
from reconciler.server import recovered_copy, schema
from reconciler.server.commits import Commits

Connection = sqlite3.Connection
Row = sqlite3.Row

_PATIENCE: Final = 10.0  # seconds to wait for another process's transaction
_PRIMARY: Final = 0xFF  # SQLite's error codes say more in their higher bits
_ATTEMPTS: Final = 5
_ELSEWHERE: Final = "name another file, or move this one away"
_ROOM: Final = "make room on its disk, and run the same command again"
_UPGRADE: Final = "upgrade this program, or name another file"


class UnreadableDatabaseError(ReconcilerError):
    """A file that is no database of this server, or that cannot be opened."""

    def __init__(self, path: Path, reason: str, remedy: str = _ELSEWHERE) -> None:
        super().__init__(f"{path}: {reason}; {remedy}")
        self.path = path
        self.reason = reason
        self.remedy = remedy


class ReadOnlyError(Exception):
    """A write against a database that was opened as a view."""


class BusyError(sqlite3.OperationalError):
    """Another process kept the file locked for longer than this one waits; nothing was changed."""


class Database:
    """One connection that writes, one that reads beside it, and what makes transactions take turns.

    These connections serve all threads: statements last a millisecond, and SQLite's own locks hold other
    processes off. A file in memory, and a view, have one connection for everything.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        reader: Connection | None = None,
        writable: bool = True,
        folder: TemporaryDirectory[str] | None = None,
    ) -> None:
        self._connection = connection
        self._reader = reader
        self._writable = writable
        self._folder = folder
        # Held by a reader, and by a commit: no reader meets the moment in which the file is locked.
        self._reading = threading.Lock()
        self._commits = Commits(connection, self._reading, _told_apart)
        for each in self._connections():
            each.row_factory = Row

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open `path` for reading and writing, creating it where it does not exist."""
        with _explained(path):
            _admit(path)
            _create(path)
            connection = _connected(path, "rw")
            with _closed_on_error(connection):
                _durable(connection)
                _prepare(connection, path)
                reader = _reading(path)
        return cls(connection, reader=reader)

    @classmethod
    def view(cls, path: Path) -> Self:
        """Open `path` for reading, without a trace beside it; where it does not exist, an empty database."""
        with _explained(path):
            _admit(path)
            connection, folder = _viewed(path)
            if _is_blank(connection):
                connection.close()
                return cls(_remembered(), writable=False, folder=folder)
            with _closed_on_error(connection, folder):
                _recognise(connection, path)
                _complete(connection)
        return cls(connection, writable=False, folder=folder)

    @classmethod
    def memory(cls) -> Self:
        """Return an empty database that goes with the process."""
        return cls(_remembered())

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Read everything as of one moment, over as many queries as the caller needs; raises BusyError.

        It waits for a write only while that is committed, or where it is too large for SQLite's memory.
        """
        with ExitStack() as stack:
            yield self._beside(stack) or stack.enter_context(self._queued())

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Make one change, all or nothing, durable on return; raises BusyError.

        Changes that wait for each other are committed together.
        """
        if not self._writable:
            raise ReadOnlyError("This server shows its database read only: nothing can be written to it.")
        with _told_apart(), self._commits.shared():
            yield self._connection

    def close(self) -> None:
        """Close the file once no reader uses it, and drop the copy that a view may have made."""
        with self._commits.alone(), self._reading:
            for connection in self._connections():
                connection.close()
        if self._folder is not None:
            self._folder.cleanup()

    def _connections(self) -> list[Connection]:
        return [self._connection] if self._reader is None else [self._connection, self._reader]

    def _beside(self, stack: ExitStack) -> Connection | None:
        """Return the connection that only reads, or None while the file is locked."""
        if self._reader is None:
            return None
        try:
            return stack.enter_context(self._aside(self._reader))
        except BusyError:
            return None

    @contextmanager
    def _aside(self, reader: Connection) -> Iterator[Connection]:
        with self._reading, _transaction(reader, "DEFERRED"):
            # Only the first statement takes the lock that BEGIN speaks of.
            _number(reader, "user_version")
            yield reader

    @contextmanager
    def _queued(self) -> Iterator[Connection]:
        with self._commits.alone(), _transaction(self._connection, "DEFERRED", self._reading):
            yield self._connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        remedy = _ROOM if "full" in str(error) else _ELSEWHERE
        raise UnreadableDatabaseError(path, f"cannot be opened ({error})", remedy) from error


@contextmanager
def _closed_on_error(connection: Connection, folder: TemporaryDirectory[str] | None = None) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        if folder is not None:
            folder.cleanup()
        raise


@contextmanager
def _transaction(
    connection: Connection, kind: str, ending: AbstractContextManager[object] | None = None
) -> Iterator[None]:
    with _told_apart():
        connection.execute(f"BEGIN {kind}")
        with _undone_on_error(connection):
            yield
            with ending or nullcontext():
                connection.execute("COMMIT")


@contextmanager
def _told_apart() -> Iterator[None]:
    try:
        yield
    except BusyError:
        raise
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & _PRIMARY == sqlite3.SQLITE_BUSY:
            raise BusyError(str(error)) from error
        raise


@contextmanager
def _undone_on_error(connection: Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # SQLite ends the transaction by itself after some errors (a full disk, for one).
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _admit(path: Path) -> None:
    # Opening a pipe would wait for ever, and SQLite calls a folder a disk error.
    if path.exists() and not path.is_file():
        raise UnreadableDatabaseError(path, "is not a file")


def _create(path: Path) -> None:
    files.make_folders(path.parent)
    try:
        # An existing file must not be opened here: closing any descriptor of it would drop the locks that
        # SQLite holds for this process.
        os.close(files.opened(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return


def _connected(path: Path, mode: str) -> Connection:
    # isolation_level=None: transactions are begun here, not by the driver behind our back.
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_PATIENCE,
        isolation_level=None,
        check_same_thread=False,
    )


def _durable(connection: Connection) -> None:
    # Not WAL: a reader of a WAL database leaves a -shm file beside it, and a view must leave no trace.
    connection.execute("PRAGMA journal_mode = DELETE")
    # EXTRA also syncs the folder once the journal is unlinked: an answered write survives a power loss.
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("PRAGMA foreign_keys = ON")


def _reading(path: Path) -> Connection:
    connection = _connected(path, "rw")
    # It never waits for a lock: a reader that meets one takes its turn with the writers.
    connection.execute("PRAGMA busy_timeout = 0")
    # "rw" above and this here, since what a killed writer left may have to be undone first.
    connection.execute("PRAGMA query_only = ON")
    return connection


def _prepare(connection: Connection, path: Path) -> None:
    if not _is_blank(connection):
        _recognise(connection, path)
    if _number(connection, "user_version") < schema.VERSION:
        with _transaction(connection, "IMMEDIATE"):
            _grow(connection)
    _recognise(connection, path)


def _grow(connection: Connection) -> None:
    # The version is read within the transaction: another process may have been faster.
    version = _number(connection, "user_version")
    if version < schema.VERSION:
        for statement in schema.statements(version):
            connection.execute(statement)


def _complete(connection: Connection) -> None:
    connection.execute("PRAGMA temp_store = MEMORY")
    for statement in schema.overlay(_number(connection, "user_version")):
        connection.execute(statement)


def _number(connection: Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def _is_blank(connection: Connection) -> bool:
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return not tables and not _number(connection, "application_id")


def _recognise(connection: Connection, path: Path) -> None:
    if _number(connection, "application_id") != schema.APPLICATION:
        raise UnreadableDatabaseError(path, "is the SQLite file of another program")
    version = _number(connection, "user_version")
    if version > schema.VERSION:
        reason = f"holds version {version} of the tables, and this program knows {schema.VERSION}"
        raise UnreadableDatabaseError(path, reason, _UPGRADE)


def _remembered() -> Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys = ON")
    _grow(connection)
    return connection


def _viewed(path: Path) -> tuple[Connection, TemporaryDirectory[str] | None]:
    # An empty file is not even opened: SQLite would remove a journal that lies beside it.
    if not path.exists() or not path.stat().st_size:
        return _unfilled(), None
    for _ in range(_ATTEMPTS):
        try:
            return _opened(path, "ro"), None
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
                raise
        # A writer was killed, and a read-only connection may not roll its journal back: a copy may.
        if folder := recovered_copy.copied(path):
            return _opened(recovered_copy.inside(folder), "rw"), folder
    raise UnreadableDatabaseError(path, "is being recovered by other programs again and again", "try again")


def _unfilled() -> Connection:
    return sqlite3.connect(":memory:")


def _opened(path: Path, mode: str) -> Connection:
    connection = _connected(path, mode)
    with _closed_on_error(connection):
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return connection
