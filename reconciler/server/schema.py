"""The tables of the database file, and the number that says which version of them it holds."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from reconciler.server import agents_schema, assistant_fields, decisions

# "ASST" in ASCII: distinguishes our files from any other program's SQLite file.
APPLICATION: Final = 0x41535354

# AUTOINCREMENT, because the insertion number breaks ties in time and so must never be given twice.
_ASSISTANTS: Final = """
    CREATE TABLE assistants (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        created_at INTEGER NOT NULL,
        {columns}
    )
    """
_FIRST: Final = (
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
)


def _remembering(table: str, identity: str, owner: str = "''", condition: str = "TRUE") -> str:
    # A trigger, so that rows which a foreign key takes along are remembered as well.
    return f"""
    CREATE TRIGGER {table}_gone AFTER DELETE ON {table} WHEN {condition} BEGIN
        INSERT INTO gone (list, owner, identity, created_at, number)
            VALUES ('{table}', {owner}, OLD.{identity}, OLD.created_at, OLD.number);
        DELETE FROM gone WHERE entry <= last_insert_rowid() - {decisions.REMEMBERED};
    END
    """  # noqa: S608 - our own words


# An attachment that goes with its assistant leaves no list behind in which it could be a cursor.
_OWNED: Final = "EXISTS (SELECT 1 FROM assistants WHERE id = OLD.assistant)"

_DELETED: Final = (
    """
    CREATE TABLE gone (
        entry INTEGER PRIMARY KEY AUTOINCREMENT,
        list TEXT NOT NULL,
        owner TEXT NOT NULL,
        identity TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        number INTEGER NOT NULL,
        UNIQUE (list, owner, identity) ON CONFLICT REPLACE
    )
    """,
    _remembering("assistants", "id"),
    _remembering("files", "id"),
    _remembering("attachments", "file", "OLD.assistant", _OWNED),
)

# An assistant as JSON, as it was written last, around its file ids. Without a row it is made of its columns.
_PREPARED: Final = (
    """
    CREATE TABLE prepared (
        assistant TEXT PRIMARY KEY REFERENCES assistants (id) ON DELETE CASCADE,
        head TEXT NOT NULL,
        tail TEXT NOT NULL
    )
    """,
    # A trigger, so that no way to write a column leaves an older text.
    """
    CREATE TRIGGER prepared_before AFTER UPDATE ON assistants BEGIN
        DELETE FROM prepared WHERE assistant = OLD.id;
    END
    """,
)
_SINCE: Final = 3
"""The version of the tables that had prepared texts first."""

_TABLES: Final = (_FIRST, _DELETED, _PREPARED, (*agents_schema.TABLES, _remembering("agents", "id")))
VERSION: Final = max(len(_TABLES), *(field.since for field in assistant_fields.FIELDS))


def statements(version: int) -> Iterator[str]:
    """Yield what turns tables of `version` into those of today; version 0 has none yet."""
    for step in range(version + 1, VERSION + 1):
        yield from _step(step)
    yield f"PRAGMA user_version = {VERSION}"


def overlay(version: int) -> Iterator[str]:
    """Yield what makes a connection that may not write read tables of `version` like those of today.

    A temporary table or view lives in the connection alone. A table stands for one that was empty so far, a
    view for assistants that lack the newest columns.
    """
    for statement in chain.from_iterable(map(_step, range(version + 1, VERSION + 1))):
        if "CREATE TABLE" in statement:
            yield statement.replace("CREATE TABLE", "CREATE TEMP TABLE", 1)
    newer = [field for field in assistant_fields.stored() if field.since > version]
    if version and newer:
        columns = ", ".join(f"{field.default} AS {field.name}" for field in newer)
        yield f"CREATE TEMP VIEW assistants AS SELECT *, {columns} FROM main.assistants"  # noqa: S608 - our own words
        if version >= _SINCE:  # its texts lack these columns
            yield "CREATE TEMP TABLE prepared AS SELECT * FROM main.prepared WHERE FALSE"


def _step(version: int) -> Iterator[str]:
    """Yield what turns tables of the version before into those of `version`."""
    columns = [field for field in assistant_fields.stored() if field.since == version]
    if version == 1:
        yield _ASSISTANTS.format(columns=",\n        ".join(field.column for field in columns))
    yield from _TABLES[version - 1] if version <= len(_TABLES) else ()
    for field in columns if version > 1 else ():
        yield f"ALTER TABLE assistants ADD COLUMN {field.column} DEFAULT {field.default}"
    if columns and version > _SINCE:
        yield "DELETE FROM prepared"
