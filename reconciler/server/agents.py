"""The endpoints of agents, as the Agents API has them: their facts, none of which was checked against it."""

import json
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from reconciler.server import agents_decisions, agents_fields, agents_tables, pages, rules, wire
from reconciler.server.calls import Call, Endpoint, plain
from reconciler.server.database import Connection, Row
from reconciler.server.refusals import WireError

_BETA: Final = "agents=v1"


def listing(call: Call) -> Response:
    """GET /agents."""
    window = rules.window(agents_decisions.queried(call.query))
    with call.database.read() as connection:
        page = pages.cut(connection, agents_tables.AGENTS.up_to(call.horizon()), window)
    return wire.prepared_reply(
        wire.prepared_page({row["id"]: _text(row) for row in page.rows}, more=page.more)
    )


def create(call: Call) -> Response:
    """POST /agents."""
    fields = agents_fields.creation(call.body)
    with call.database.write() as connection:
        identity = agents_tables.add(connection, _packed(fields), call.now())
        reply = wire.prepared_reply(_text(_found(connection, identity)))
    reply.status_code = agents_decisions.CREATED
    return reply


def retrieve(call: Call) -> Response:
    """GET /agents/{agent_id}."""
    with call.database.read() as connection:
        return wire.prepared_reply(_text(_found(connection, call.path["agent_id"])))


def update(call: Call) -> Response:
    """POST /agents/{agent_id}."""
    identity = call.path["agent_id"]
    with call.database.write() as connection:
        stored = json.loads(_found(connection, identity)["fields"])
        fields = agents_fields.change(stored, call.body)
        agents_tables.save(connection, identity, _packed(fields), call.now())
        return wire.prepared_reply(_text(_found(connection, identity)))


def delete(call: Call) -> Response:
    """DELETE /agents/{agent_id}."""
    identity = call.path["agent_id"]
    with call.database.write() as connection:
        if not agents_tables.drop(connection, identity):
            raise _unknown()
    return wire.reply(wire.deleted(identity, "agent.deleted"))


ROUTES: Final[Mapping[str, Mapping[str, Endpoint]]] = {
    "/agents": {"GET": plain(listing), "POST": plain(create)},
    "/agents/{agent_id}": {"GET": plain(retrieve), "POST": plain(update), "DELETE": plain(delete)},
}


def admit(request: Request) -> None:
    """Refuse a request without the beta header of this API."""
    named = ",".join(request.headers.getlist("openai-beta"))
    if _BETA not in (name.strip() for name in named.split(",")):
        message = "To access the Agents API, set the 'OpenAI-Beta' header to 'agents=v1'."
        raise WireError(message, code="invalid_beta")


def spoken(path: str, error: WireError) -> WireError:
    """Return an error as requests for agents are answered; any other request gets it as it is."""
    return agents_decisions.typed(error) if path.startswith(f"{wire.PREFIX}/agents") else error


def _unknown() -> WireError:
    return WireError("Resource not found.", status=404)


def _found(connection: Connection, identity: str) -> Row:
    row = agents_tables.one(connection, identity)
    if row is None:
        raise _unknown()
    return row


def _packed(fields: Mapping[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _text(row: Row) -> str:
    """Return an agent as JSON: its fields are stored as replies have them."""
    keys = {
        "id": row["id"],
        "object": "agent",
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }
    return f"{_packed(keys)[:-1]},{row['fields'][1:]}"
