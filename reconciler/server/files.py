"""The endpoints of uploaded files, except the upload."""

import sys
from collections.abc import Iterator
from typing import Final

from starlette.responses import Response, StreamingResponse

from reconciler.server import decisions, pages, refusals, rules, tables, wire
from reconciler.server.calls import Call
from reconciler.server.database import Database

_ALL: Final = pages.Window(sys.maxsize - 1, descending=decisions.NEWEST_FIRST == "desc")


class LostContentError(Exception):
    """A file was deleted while it was being downloaded, so the reply cannot be finished."""


def listing(call: Call) -> Response:
    """GET /files."""
    purpose, window = rules.narrowed(call.query)
    with call.database.read() as connection:
        shelf = tables.uploads(purpose).up_to(call.horizon())
        page = pages.cut(connection, shelf, window or _ALL)
    items = [wire.file(row) for row in page.rows]
    return wire.reply(wire.page(items, more=page.more) if window else wire.whole(items))


def retrieve(call: Call) -> Response:
    """GET /files/{file_id}."""
    with call.database.read() as connection:
        return wire.reply(wire.file(tables.file(connection, call.path["file_id"])))


def delete(call: Call) -> Response:
    """DELETE /files/{file_id}."""
    identity = call.path["file_id"]
    with call.database.write() as connection:
        gone = tables.drop_file(connection, identity)
        decisions.require_deleted(gone, refusals.no_file(identity))
    return wire.reply(wire.deleted(identity, "file"))


def download(call: Call) -> Response:
    """GET /files/{file_id}/content."""
    identity = call.path["file_id"]
    with call.database.read() as connection:
        size = tables.file(connection, identity)["bytes"]
    pieces = _pieces(call.database, identity, size)
    headers = {"content-length": str(size)}
    return StreamingResponse(pieces, headers=headers, media_type="application/octet-stream")


def _pieces(database: Database, identity: str, size: int) -> Iterator[bytes]:
    # Each piece is a read of its own: a slow reader must not hold up those who write.
    for part in range(-(-size // tables.PIECE)):
        with database.read() as connection:
            piece = tables.piece(connection, identity, part)
        if piece is None:
            raise LostContentError(identity)
        yield piece
