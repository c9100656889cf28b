"""Transactions of one connection, in turns; writes that wait for their turn at the same time share one.

A commit waits for the disk several times, whatever is in it. So a write leaves its transaction open if
another one waits, which joins it, and the last of them commits for all. Each is a savepoint of its own: one
that fails takes back its own statements. None returns before the commit, since what it answers, a refusal
too, rests on what the others wrote.
"""

from __future__ import annotations

import copy
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

MOST: Final = 64
"""Writes of one transaction: no caller waits for more of them."""

_LINGER: Final = 1.0  # seconds after which a write looks whether the one that it left the commit to is gone


class Connection(Protocol):
    """What is needed of a connection to SQLite."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    def execute(self, statement: str, /) -> object:
        """Carry out a statement."""


class _Group:
    """Writes of one transaction, which is open until `ended`; `error` is why nothing of it was kept."""

    def __init__(self) -> None:
        self.size = 0
        self.ended = threading.Event()
        self.error: BaseException | None = None


class Commits:
    """The turns of a connection; `reading` is held by each commit, and `explained` names SQLite's errors."""

    def __init__(
        self,
        connection: Connection,
        reading: AbstractContextManager[object],
        explained: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._connection = connection
        self._reading = reading
        self._explained = explained
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._waiting = 0
        self._open: _Group | None = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Have the connection for oneself, with no transaction open."""
        with self._in_turn():
            if self._open is not None:
                self._end(self._open)
            yield

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Make one change, all or nothing, durable on return."""
        failure = None
        with self._in_turn():
            group = self._joined()
            try:
                self._connection.execute("SAVEPOINT change")
                yield
                self._connection.execute("RELEASE change")
                group.size += 1
            except BaseException as error:  # noqa: BLE001 - raised below, when the others are safe
                failure = error
                self._take_back(group, error)
            if self._open is group and (not self._waiting or group.size >= MOST):
                self._end(group)
        self._await(group)
        if group.error is not None and group.error is not failure:
            raise copy.copy(group.error)  # each thread raises one of its own
        if failure is not None:
            raise failure

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        with self._counting:
            self._waiting += 1
        try:
            self._turn.acquire()
        finally:
            with self._counting:
                self._waiting -= 1
        try:
            yield
        finally:
            self._turn.release()

    def _joined(self) -> _Group:
        """Return the group that is open, or a new one; another process may hold the file."""
        if self._open is None:
            with self._explained():
                self._connection.execute("BEGIN IMMEDIATE")
            self._open = _Group()
        return self._open

    def _take_back(self, group: _Group, error: BaseException) -> None:
        """Undo one change; all of them where SQLite did so by itself, as on a full disk."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK TO change")
            self._connection.execute("RELEASE change")
        else:
            self._close(group, error)

    def _end(self, group: _Group) -> None:
        """Commit what was changed, for all of the group."""
        try:
            with self._explained(), self._reading:
                self._connection.execute("COMMIT" if group.size else "ROLLBACK")
        except BaseException as error:  # noqa: BLE001 - each of the group raises it
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._close(group, error)
        else:
            self._close(group, None)

    def _close(self, group: _Group, error: BaseException | None) -> None:
        self._open = None
        group.error = error
        group.ended.set()

    def _await(self, group: _Group) -> None:
        """Wait for the commit; make it where the one that was to make it was interrupted."""
        while not group.ended.wait(_LINGER):
            with self._in_turn():
                if self._open is group:
                    self._end(group)
