"""The tables of the schema ``assistants_sync``, made where they are missing."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.store.postgres.database import Connection

_TABLES = """
    CREATE TABLE IF NOT EXISTS assistants_sync.state (
        name text PRIMARY KEY,
        lineage text NOT NULL DEFAULT '',
        serial bigint NOT NULL DEFAULT 0,
        save text NOT NULL DEFAULT '',
        text bytea
    );
    CREATE TABLE IF NOT EXISTS assistants_sync.generations (
        name text NOT NULL,
        number bigint GENERATED ALWAYS AS IDENTITY,
        serial bigint NOT NULL,
        save text NOT NULL,
        text bytea NOT NULL,
        PRIMARY KEY (name, number)
    );
    CREATE TABLE IF NOT EXISTS assistants_sync.journal (
        name text NOT NULL,
        number bigint GENERATED ALWAYS AS IDENTITY,
        record bytea NOT NULL,
        PRIMARY KEY (name, number)
    );
    CREATE TABLE IF NOT EXISTS assistants_sync.holder (
        name text PRIMARY KEY,
        pid integer NOT NULL,
        who text NOT NULL
    );
"""

_MISSING = """
    SELECT to_regclass('assistants_sync.state') IS NULL OR to_regclass('assistants_sync.generations') IS NULL
        OR to_regclass('assistants_sync.journal') IS NULL OR to_regclass('assistants_sync.holder') IS NULL
"""


def key(name: str = "") -> int:
    """Return the number of the lock of one state; of the lock of the tables without a name."""
    return int.from_bytes(sha256(f"assistants_sync\0{name}".encode()).digest()[:8], "big", signed=True)


def make(connection: Connection) -> None:
    """Make what is missing; who may not make it, and need not, goes on.

    IF NOT EXISTS alone does not keep two first runs from making the same thing at once, so one waits here
    for the other. CREATE SCHEMA wants a right even where the schema is there already.
    """
    if not _is(connection, _MISSING):
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [key()])
        if _is(connection, "SELECT to_regnamespace('assistants_sync') IS NULL"):
            connection.execute("CREATE SCHEMA assistants_sync")
        connection.execute(_TABLES)


def _is(connection: Connection, question: str) -> bool:
    row = connection.execute(question.encode()).fetchone()
    return bool(row and row[0])
