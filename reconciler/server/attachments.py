"""The endpoints of the files that are attached to an assistant."""

import json

from starlette.responses import Response

from reconciler.server import decisions, pages, refusals, rules, tables, wire
from reconciler.server.calls import Call
from reconciler.server.database import Connection, Row


def listing(call: Call) -> Response:
    """GET /assistants/{assistant_id}/files."""
    identity = rules.assistant(call.path["assistant_id"])
    window = rules.window(call.query)
    with call.database.read() as connection:
        tables.assistant(connection, identity)
        shelf = tables.attachments_of(identity).up_to(call.horizon())
        page = pages.cut(connection, shelf, window)
    return wire.reply(wire.page([wire.attachment(row) for row in page.rows], more=page.more))


def attach(call: Call) -> Response:
    """POST /assistants/{assistant_id}/files; attaching again answers what is there, unchanged."""
    identity = rules.assistant(call.path["assistant_id"])
    file = rules.attachment(call.body)
    with call.database.write() as connection:
        owner = tables.assistant(connection, identity)
        if tables.attachment(connection, identity, file) is None:
            _admit(connection, owner, tables.file(connection, file))
            tables.attach(connection, identity, [file], call.now())
        return _reply(connection, identity, file)


def retrieve(call: Call) -> Response:
    """GET /assistants/{assistant_id}/files/{file_id}."""
    identity = rules.assistant(call.path["assistant_id"])
    with call.database.read() as connection:
        tables.assistant(connection, identity)
        return _reply(connection, identity, call.path["file_id"])


def detach(call: Call) -> Response:
    """DELETE /assistants/{assistant_id}/files/{file_id}; the file itself stays."""
    identity, file = rules.assistant(call.path["assistant_id"]), call.path["file_id"]
    with call.database.write() as connection:
        tables.assistant(connection, identity)
        gone = tables.detach(connection, identity, [file])
        decisions.require_deleted(gone, refusals.no_attachment(file))
    return wire.reply(wire.deleted(file, "assistant.file.deleted"))


def _admit(connection: Connection, owner: Row, file: Row) -> None:
    decisions.admit_purpose("file_id", file["id"], file["purpose"])
    decisions.admit_readable(json.loads(owner["tools"]), [file["filename"]])
    decisions.admit_one_more(len(tables.attached(connection, [owner["id"]])[owner["id"]]))


def _reply(connection: Connection, identity: str, file: str) -> Response:
    row = tables.attachment(connection, identity, file)
    if row is None:
        raise refusals.no_attachment(file)
    return wire.reply(wire.attachment(row))
