"""The typed client of agents, in each of its six colours, against the embedded server."""

import json

import httpx
import pytest
from api.colours import COLOURS

from reconciler.api import (
    APIResponseValidationError,
    BadRequestError,
    Client,
    NotFoundError,
    UnknownOutcomeError,
)
from reconciler.api.agents_types import (
    Agent,
    AgentFunctionTool,
    HttpTransport,
    McpTool,
    UnknownAgentTool,
    UnknownTransport,
)
from reconciler.server import Database, create_app, running

FUNCTION = {"type": "function", "name": "look", "description": "Looks.", "parameters": {"type": "object"}}
SERVER = {
    "type": "mcp",
    "server_label": "docs",
    "transport": {"type": "http", "server_url": "https://x.example"},
}


@pytest.fixture(scope="module")
def url():
    with Database.memory() as database, running(create_app(database)) as found:
        yield found


@pytest.fixture(params=COLOURS)
def agents(request, url):
    with COLOURS[request.param](base_url=url, api_key="sk-x") as client:
        yield client.beta.agents


def test_the_life_of_an_agent(agents):
    made = agents.create(
        model="m",
        name="One",
        tools=[FUNCTION, SERVER],
        reasoning={"effort": "high"},
        compaction={"async": True},
        metadata={"team": "red"},
    )
    assert isinstance(made, Agent)
    assert (made.object, made.name, made.reasoning.effort, made.compaction.async_) == (
        "agent",
        "One",
        "high",
        True,
    )
    assert isinstance(made.tools[0], AgentFunctionTool)
    assert isinstance(made.tools[1].transport, HttpTransport)

    assert agents.retrieve(made.id) == made
    changed = agents.update(
        made.id, name=None, reasoning=None, tools=made.tools[:1], text={"verbosity": "low"}
    )
    assert (changed.name, changed.reasoning.effort, changed.text.verbosity) == (None, "medium", "low")
    assert changed.tools == made.tools[:1]
    assert changed.metadata == {"team": "red"}
    assert made.id in [one.id for one in agents.list(order="asc", limit=1)]

    gone = agents.delete(made.id)
    assert (gone.id, gone.object, gone.deleted) == (made.id, "agent.deleted", True)
    with pytest.raises(NotFoundError):
        agents.retrieve(made.id)


def test_a_refusal_is_an_error_with_what_the_server_says(agents):
    with pytest.raises(BadRequestError) as refused:
        agents.create(model="m", extra_body={"description": "no"})

    assert (refused.value.param, refused.value.code) == ("description", "unknown_parameter")


def scripted(*replies, **options):
    waiting = [*replies]
    sent = []

    def answer(request):
        sent.append(request)
        reply = waiting.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return httpx.Response(200, json=reply)

    client = Client(base_url="http://localhost/v1", transport=httpx.MockTransport(answer), **options)
    return client.beta.agents, sent


BARE = {"id": "agent_1", "object": "agent", "created_at": 1, "updated_at": 1, "model": "m"}


def test_what_is_not_known_is_kept_and_sent_as_it_came():
    strange = {"type": "teleport", "to": {"x": 1}}
    odd = {"type": "mcp", "server_label": "a", "transport": {"type": "pigeon", "name": "p"}}
    raw = {
        **BARE,
        "tools": [strange, odd, FUNCTION],
        "reasoning": {"effort": "galactic", "mood": 1},
        "x_core": [1],
    }
    agents, _ = scripted(raw)

    found = agents.retrieve("agent_1")

    assert isinstance(found.tools[0], UnknownAgentTool)
    assert isinstance(found.tools[1], McpTool)
    assert isinstance(found.tools[1].transport, UnknownTransport)
    assert found.reasoning.effort == "galactic"
    assert found.as_sent() == raw


def test_names_that_are_words_of_python_are_sent_as_the_wire_has_them():
    raw = {
        **BARE,
        "tools": [{**FUNCTION, "async": True}],
        "compaction": {"async": True},
        "text": {"format": {"type": "json_schema", "schema": {"type": "object"}}},
    }
    agents, sent = scripted(raw, raw)
    found = agents.retrieve("agent_1")

    agents.update("agent_1", tools=found.tools)

    assert found.text.format.schema_ == {"type": "object"}
    assert found.as_sent() == raw
    assert json.loads(sent[-1].content) == {"tools": [{**FUNCTION, "async": True}]}


def test_every_request_has_the_beta_header_and_only_what_was_given():
    agents, sent = scripted(BARE, BARE)

    agents.create(model="m")
    agents.update("agent_1", instructions=None)

    assert [one.headers["openai-beta"] for one in sent] == ["agents=v1"] * 2
    assert [json.loads(one.content) for one in sent] == [{"model": "m"}, {"instructions": None}]
    assert [(one.method, one.url.path) for one in sent] == [
        ("POST", "/v1/agents"),
        ("POST", "/v1/agents/agent_1"),
    ]


def test_a_create_of_unknown_outcome_is_not_repeated():
    agents, sent = scripted(httpx.ReadError("cut"))

    with pytest.raises(UnknownOutcomeError):
        agents.create(model="m")

    assert len(sent) == 1


def test_an_assistant_in_place_of_an_agent_is_an_error():
    agents, _ = scripted({**BARE, "object": "assistant"})

    with pytest.raises(APIResponseValidationError, match='object is "assistant", not "agent"'):
        agents.retrieve("agent_1")
