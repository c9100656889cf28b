"""The table of agents."""

from typing import Final

TABLES: Final = (
    """
    CREATE TABLE agents (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        fields TEXT NOT NULL
    )
    """,
    "CREATE INDEX agents_in_order ON agents (created_at, number)",
)
"""``fields`` is the JSON object of every value of an agent, as replies have it."""
