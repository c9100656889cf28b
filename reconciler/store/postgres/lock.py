"""The lock on one state: the database's own, which it frees when the session that holds it ends.

Nothing runs out and nothing is renewed. Whatever is written goes through the very session that holds the
lock, so a run that lost the lock has lost the session, too.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg

from reconciler.errors import LockedError
from reconciler.store.lock import signature
from reconciler.store.postgres.schema import key

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.store.postgres.database import Connection

_LONGEST = 24 * 3600.0  # seconds; a server counts milliseconds, and not for ever
_TRIES, _PAUSE = 10, 0.02  # for a holder that has the lock and has not signed yet

_HOLDER = """
    SELECT holder.who FROM assistants_sync.holder AS holder JOIN pg_catalog.pg_locks AS held USING (pid)
    WHERE holder.name = %s AND held.granted AND held.locktype = 'advisory' AND held.objsubid = 1
        AND (held.classid::bigint << 32 | held.objid::bigint) = %s
        AND held.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
"""
_WAIT = "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', '0', true)"
_SIGN = """
    INSERT INTO assistants_sync.holder (name, pid, who) VALUES (%s, pg_backend_pid(), %s)
    ON CONFLICT (name) DO UPDATE SET pid = excluded.pid, who = excluded.who
"""


def take(
    connection: Connection, name: str, location: str, timeout: float, waiting: Callable[[str], None] | None
) -> None:
    """Take the lock of a name, waiting for it in a queue: first come, first served."""
    until = time.monotonic() + min(timeout, _LONGEST)
    who = _attempt(connection, name)
    if who and timeout > 0:
        if waiting is not None:
            waiting(who)
        who = _waited(connection, name, until)
    if who:
        raise LockedError(location, who)


def sign(connection: Connection, name: str, purpose: str) -> None:
    """Name the holder of the lock."""
    connection.execute(_SIGN, [name, signature(purpose).encode(errors="replace").decode()])


def _attempt(connection: Connection, name: str) -> str:
    """Take the lock if it is free, and return the holder otherwise; empty when it was taken."""
    for _ in range(_TRIES):
        if connection.execute("SELECT pg_try_advisory_lock(%s)", [key(name)]).fetchone() == (True,):
            return ""
        other = holder(connection, name)
        if other:
            return other
        time.sleep(_PAUSE)
    return "another run"


def holder(connection: Connection, name: str) -> str:
    """Return the holder of the lock of a name; empty for none."""
    row = connection.execute(_HOLDER, [name, key(name)]).fetchone()
    return str(row[0]) if row else ""


def _waited(connection: Connection, name: str, until: float) -> str:
    """Wait for the lock, and return the holder after that; empty when it was taken."""
    milliseconds = max(int((until - time.monotonic()) * 1000), 1)
    try:
        with connection.transaction():
            connection.execute(_WAIT, [str(milliseconds)])
            connection.execute("SELECT pg_advisory_lock(%s)", [key(name)])
    except psycopg.errors.LockNotAvailable:
        return holder(connection, name) or "another run"
    return ""


def free(connection: Connection, name: str) -> None:
    """Give the lock back now: a session that is closed frees it a moment later."""
    connection.execute(
        "DELETE FROM assistants_sync.holder WHERE name = %s AND pid = pg_backend_pid()", [name]
    )
    connection.execute("SELECT pg_advisory_unlock(%s)", [key(name)])
