"""The statements that read and write assistants, their attachments, and files."""

import secrets
import string
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any, Final, NamedTuple

from reconciler.server import assistant_fields, refusals
from reconciler.server.database import Connection, Row
from reconciler.server.pages import Shelf

ASSISTANTS: Final = Shelf("assistants", "id", columns="id")
PIECE: Final = 1 << 20  # bytes of content in one row, and so in memory at one time


class Prepared(NamedTuple):
    """An assistant as JSON, before and after its file ids, which are in a table of their own."""

    head: str
    tail: str


_ALPHABET: Final = string.ascii_letters + string.digits


def _identity(prefix: str) -> str:
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(24))


def _bound(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {field.name: field.pack(fields[field.name]) for field in assistant_fields.stored()}


def add_assistant(connection: Connection, fields: Mapping[str, Any], now: int) -> str:
    """Insert an assistant and name it."""
    identity = _identity("asst_")
    values = {"id": identity, "created_at": now, **_bound(fields)}
    columns, parameters = ", ".join(values), ", ".join(f":{name}" for name in values)
    connection.execute(f"INSERT INTO assistants ({columns}) VALUES ({parameters})", values)  # noqa: S608 - our own words; values are bound
    return identity


def assistant(connection: Connection, identity: str) -> Row:
    """Return the row of one assistant, or a 404."""
    row: Row | None = connection.execute("SELECT * FROM assistants WHERE id = ?", (identity,)).fetchone()
    if row is None:
        raise refusals.no_assistant(identity)
    return row


def assistants(connection: Connection, identities: Sequence[str]) -> list[Row]:
    """Return the rows of those assistants, in one query."""
    # Only question marks are put into the text.
    query = f"SELECT * FROM assistants WHERE id IN ({_marks(identities)})"  # noqa: S608 - our own words; values are bound
    return connection.execute(query, identities).fetchall()


def prepared(connection: Connection, identities: Sequence[str]) -> dict[str, Prepared]:
    """Return the prepared texts of those assistants that have one, by id, in one query."""
    query = f"SELECT * FROM prepared WHERE assistant IN ({_marks(identities)})"  # noqa: S608 - our own words; values are bound
    rows = connection.execute(query, identities).fetchall()
    return {row["assistant"]: Prepared(row["head"], row["tail"]) for row in rows}


def prepare(connection: Connection, identity: str, text: Prepared) -> None:
    """Keep the text of an assistant that was just written."""
    connection.execute("INSERT INTO prepared (assistant, head, tail) VALUES (?, ?, ?)", (identity, *text))


def fields_of(row: Row) -> dict[str, Any]:
    """Return the fields of an assistant that a caller can change, unpacked."""
    return {field.name: field.unpack(row[field.name]) for field in assistant_fields.stored()}


def save_assistant(connection: Connection, identity: str, fields: Mapping[str, Any]) -> None:
    """Overwrite the fields of an assistant that a caller can change."""
    values = _bound(fields)
    changes = ", ".join(f"{name} = :{name}" for name in values)
    connection.execute(f"UPDATE assistants SET {changes} WHERE id = :id", {**values, "id": identity})  # noqa: S608 - our own words; values are bound


def drop_assistant(connection: Connection, identity: str) -> int:
    """Delete an assistant, and count what went."""
    return connection.execute("DELETE FROM assistants WHERE id = ?", (identity,)).rowcount


def attachments_of(identity: str) -> Shelf:
    """Return the list of one assistant's attachments."""
    return Shelf("attachments", "file", ("assistant", identity))


def attached(connection: Connection, assistants: Sequence[str]) -> dict[str, list[str]]:
    """Return the file ids of each of the assistants, in attach order, in one query."""
    # Only question marks are put into the text.
    query = (
        f"SELECT assistant, file FROM attachments WHERE assistant IN ({_marks(assistants)}) ORDER BY number"  # noqa: S608 - our own words; values are bound
    )
    files: dict[str, list[str]] = {identity: [] for identity in assistants}
    for row in connection.execute(query, assistants).fetchall():
        files[row["assistant"]].append(row["file"])
    return files


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" for _ in values)


def attachment(connection: Connection, identity: str, file: str) -> Row | None:
    """Return the row of one attachment."""
    query = "SELECT * FROM attachments WHERE assistant = ? AND file = ?"
    row: Row | None = connection.execute(query, (identity, file)).fetchone()
    return row


def attach(connection: Connection, identity: str, files: Iterable[str], now: int) -> None:
    """Insert attachments in the order of `files`."""
    rows = [(identity, file, now) for file in files]
    connection.executemany("INSERT INTO attachments (assistant, file, created_at) VALUES (?, ?, ?)", rows)


def detach(connection: Connection, identity: str, files: Iterable[str]) -> int:
    """Delete attachments, and count what went."""
    rows = [(identity, file) for file in files]
    return connection.executemany("DELETE FROM attachments WHERE assistant = ? AND file = ?", rows).rowcount


def add_file(connection: Connection, name: str, purpose: str, content: IO[bytes], now: int) -> str:
    """Insert a file, its content in pieces, and name it."""
    identity = _identity("file-")
    connection.execute(
        "INSERT INTO files (id, filename, bytes, purpose, created_at) VALUES (?, ?, 0, ?, ?)",
        (identity, name, purpose, now),
    )
    size = 0
    for part, piece in enumerate(iter(lambda: content.read(PIECE), b"")):
        connection.execute(
            "INSERT INTO chunks (file, part, content) VALUES (?, ?, ?)", (identity, part, piece)
        )
        size += len(piece)
    connection.execute("UPDATE files SET bytes = ? WHERE id = ?", (size, identity))
    return identity


def file(connection: Connection, identity: str) -> Row:
    """Return the row of one file, or a 404."""
    row: Row | None = connection.execute("SELECT * FROM files WHERE id = ?", (identity,)).fetchone()
    if row is None:
        raise refusals.no_file(identity)
    return row


def uploads(purpose: str | None) -> Shelf:
    """Return the list of files, or of those of one purpose."""
    return Shelf("files", "id", narrowed=None if purpose is None else ("purpose", purpose))


def named(connection: Connection, identities: Sequence[str]) -> dict[str, Row]:
    """Return the rows of those files that exist, by id, in one query."""
    # Only question marks are put into the text.
    query = f"SELECT * FROM files WHERE id IN ({_marks(identities)})"  # noqa: S608 - our own words; values are bound
    return {row["id"]: row for row in connection.execute(query, identities).fetchall()}


def piece(connection: Connection, identity: str, part: int) -> bytes | None:
    """Return one piece of a file's content."""
    query = "SELECT content FROM chunks WHERE file = ? AND part = ?"
    row = connection.execute(query, (identity, part)).fetchone()
    return row and bytes(row["content"])


def drop_file(connection: Connection, identity: str) -> int:
    """Delete a file with its content, and count what went."""
    return connection.execute("DELETE FROM files WHERE id = ?", (identity,)).rowcount
