"""The tables of the database file, and the number that says which version of them it holds."""

from typing import Final

from reconciler.server import decisions

VERSION: Final = 1
# "ASST" in ASCII: tells our files from any other program's SQLite file.
APPLICATION: Final = 0x41535354

# AUTOINCREMENT, because the insertion number breaks ties in time and so must never be given twice.
STATEMENTS: Final = (
    """
    CREATE TABLE assistants (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        created_at INTEGER NOT NULL,
        name TEXT,
        description TEXT,
        model TEXT NOT NULL,
        instructions TEXT,
        tools TEXT NOT NULL,
        metadata TEXT NOT NULL
    )
    """,
    "CREATE INDEX assistants_in_order ON assistants (created_at, number)",
    """
    CREATE TABLE files (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        filename TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        purpose TEXT NOT NULL,
        created_at INTEGER NOT NULL
    )
    """,
    "CREATE INDEX files_in_order ON files (created_at, number)",
    """
    CREATE TABLE chunks (
        file TEXT NOT NULL REFERENCES files (id) ON DELETE CASCADE,
        part INTEGER NOT NULL,
        content BLOB NOT NULL,
        UNIQUE (file, part)
    )
    """,
    f"""
    CREATE TABLE attachments (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        assistant TEXT NOT NULL REFERENCES assistants (id) ON DELETE {decisions.WHEN_ASSISTANT_GOES},
        file TEXT NOT NULL REFERENCES files (id) ON DELETE {decisions.WHEN_FILE_GOES},
        created_at INTEGER NOT NULL,
        UNIQUE (assistant, file)
    )
    """,
    "CREATE INDEX attachments_in_order ON attachments (assistant, created_at, number)",
    "CREATE INDEX attachments_of_file ON attachments (file)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)
