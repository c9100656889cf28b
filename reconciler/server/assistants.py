"""The endpoints of assistants."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from reconciler.server import assistant_fields, decisions, pages, refusals, rules, tables, wire
from reconciler.server.calls import Call
from reconciler.server.database import Connection


def listing(call: Call) -> Response:
    """GET /assistants."""
    window = rules.window(call.query)
    with call.database.read() as connection:
        page = pages.cut(connection, tables.ASSISTANTS.up_to(call.horizon()), window)
        files = tables.attached(connection, [row["id"] for row in page.rows])
    items = [wire.assistant(row, files[row["id"]]) for row in page.rows]
    return wire.reply(wire.page(items, more=page.more))


def create(call: Call) -> Response:
    """POST /assistants."""
    sent = rules.creation(call.body)
    wanted = decisions.distinct(sent.pop("file_ids", ()))
    blank = assistant_fields.blank()
    fields = decisions.merged(blank, sent, blank)
    with call.database.write() as connection:
        _admit(connection, fields["tools"], wanted, wanted)
        now = call.now()
        identity = tables.add_assistant(connection, fields, now)
        tables.attach(connection, identity, wanted, now)
        return _reply(connection, identity)


def retrieve(call: Call) -> Response:
    """GET /assistants/{assistant_id}."""
    identity = rules.assistant(call.path["assistant_id"])
    with call.database.read() as connection:
        return _reply(connection, identity)


def update(call: Call) -> Response:
    """POST /assistants/{assistant_id}."""
    identity = rules.assistant(call.path["assistant_id"])
    sent = rules.change(call.body)
    files = sent.pop("file_ids", None)
    with call.database.write() as connection:
        before = tables.fields_of(tables.assistant(connection, identity))
        fields = decisions.merged(before, sent, assistant_fields.blank())
        attached = tables.attached(connection, [identity])[identity]
        wanted = attached if files is None else decisions.distinct(files)
        leaving, coming = decisions.replaced(attached, wanted)
        _admit(connection, fields["tools"], wanted, coming)
        tables.save_assistant(connection, identity, fields)
        tables.detach(connection, identity, leaving)
        tables.attach(connection, identity, coming, call.now())
        return _reply(connection, identity)


def delete(call: Call) -> Response:
    """DELETE /assistants/{assistant_id}."""
    identity = rules.assistant(call.path["assistant_id"])
    with call.database.write() as connection:
        gone = tables.drop_assistant(connection, identity)
        decisions.require_deleted(gone, refusals.no_assistant(identity))
    return wire.reply(wire.deleted(identity, "assistant.deleted"))


def _reply(connection: Connection, identity: str) -> Response:
    row = tables.assistant(connection, identity)
    files = tables.attached(connection, [identity])[identity]
    return wire.reply(wire.assistant(row, files))


def _admit(
    connection: Connection, tools: Sequence[Mapping[str, Any]], wanted: Sequence[str], coming: Sequence[str]
) -> None:
    rows = tables.named(connection, wanted)
    for file in coming:
        if file not in rows:
            raise refusals.no_file(file)
        decisions.admit_purpose("file_ids", file, rows[file]["purpose"])
    decisions.admit_readable(tools, [row["filename"] for row in rows.values()])
