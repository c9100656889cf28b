"""The statements that read and write agents."""

import secrets
import string
from typing import Final

from reconciler.server.database import Connection, Row
from reconciler.server.pages import Shelf

AGENTS: Final = Shelf("agents", "id")
_ALPHABET: Final = string.ascii_letters + string.digits


def add(connection: Connection, fields: str, now: int) -> str:
    """Insert an agent and name it."""
    identity = "agent_" + "".join(secrets.choice(_ALPHABET) for _ in range(24))
    connection.execute(
        "INSERT INTO agents (id, created_at, updated_at, fields) VALUES (?, ?, ?, ?)",
        (identity, now, now, fields),
    )
    return identity


def one(connection: Connection, identity: str) -> Row | None:
    """Return the row of one agent."""
    row: Row | None = connection.execute("SELECT * FROM agents WHERE id = ?", (identity,)).fetchone()
    return row


def save(connection: Connection, identity: str, fields: str, now: int) -> None:
    """Overwrite the fields of an agent."""
    connection.execute("UPDATE agents SET fields = ?, updated_at = ? WHERE id = ?", (fields, now, identity))


def drop(connection: Connection, identity: str) -> int:
    """Delete an agent, and count what went."""
    return connection.execute("DELETE FROM agents WHERE id = ?", (identity,)).rowcount
