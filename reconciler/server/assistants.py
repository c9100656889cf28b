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
        texts = _texts(connection, [row["id"] for row in page.rows])
    return wire.prepared_reply(wire.prepared_page(texts, more=page.more))


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
        return _written(connection, identity)


def retrieve(call: Call) -> Response:
    """GET /assistants/{assistant_id}."""
    identity = rules.assistant(call.path["assistant_id"])
    with call.database.read() as connection:
        tables.assistant(connection, identity)
        return wire.prepared_reply(_texts(connection, [identity])[identity])


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
        return _written(connection, identity)


def delete(call: Call) -> Response:
    """DELETE /assistants/{assistant_id}."""
    identity = rules.assistant(call.path["assistant_id"])
    with call.database.write() as connection:
        gone = tables.drop_assistant(connection, identity)
        decisions.require_deleted(gone, refusals.no_assistant(identity))
    return wire.reply(wire.deleted(identity, "assistant.deleted"))


def _written(connection: Connection, identity: str) -> Response:
    """Return an assistant that was just written; its text is kept for later replies."""
    tables.prepare(connection, identity, wire.prepared(tables.assistant(connection, identity)))
    return wire.prepared_reply(_texts(connection, [identity])[identity])


def _texts(connection: Connection, identities: Sequence[str]) -> dict[str, str]:
    """Return the JSON of assistants that exist, by id, in this order."""
    files = tables.attached(connection, identities)
    texts = tables.prepared(connection, identities)
    if missing := [one for one in identities if one not in texts]:
        rows = tables.assistants(connection, missing)
        texts |= {row["id"]: wire.prepared(row) for row in rows}
    return {one: wire.completed(texts[one], files[one]) for one in identities}


def _admit(
    connection: Connection, tools: Sequence[Mapping[str, Any]], wanted: Sequence[str], coming: Sequence[str]
) -> None:
    rows = tables.named(connection, wanted)
    for file in coming:
        if file not in rows:
            raise refusals.no_file(file)
        decisions.admit_purpose("file_ids", file, rows[file]["purpose"])
    decisions.admit_readable(tools, [row["filename"] for row in rows.values()])
