"""Walks the life of agents with a stock SDK that speaks agents=v1, and prints what it saw, as JSON.

Run by the SDK's own interpreter: agents_life.py BASE_URL. Nothing of this project is imported here.
"""

import json
import sys

import openai
from openai import OpenAI

FUNCTION = {
    "type": "function",
    "name": "lookup",
    "description": "Looks an order up.",
    "parameters": {"type": "object", "properties": {"id": {"type": "string"}}},
}
SERVER = {
    "type": "mcp",
    "server_label": "docs",
    "transport": {"type": "http", "server_url": "https://mcp.example/sse"},
}


def walk(client):
    """Every call once, in the order of a life."""
    seen = {"version": openai.__version__}
    agents = client.beta.agents
    made = agents.create(
        model="gpt-5.6",
        name="Support",
        instructions="Be kind.",
        tools=[FUNCTION, SERVER, {"type": "web_search"}],
        reasoning={"summary": "auto"},
        multi_agent={"enabled": True},
        metadata={"team": "support"},
    )
    seen["made"] = [made.object, made.name, made.model, made.metadata, made.created_at <= made.updated_at]
    seen["filled in"] = [
        made.reasoning.effort,
        made.reasoning.summary,
        made.service_tier,
        made.text.format.type,
        made.text.verbosity,
        made.multi_agent.max_concurrent_subagents,
        made.compaction.async_,
        made.experimental.time_awareness,
    ]
    function, server, search = made.tools
    seen["tools"] = [
        function.defer_loading,
        server.required,
        server.allowed_tools,
        server.transport.headers,
        search.mode,
        search.context_size,
    ]
    seen["retrieve"] = agents.retrieve(made.id) == made
    seen["update"] = updates(agents, made.id)
    seen["delete"] = deleted(agents.delete(made.id))
    return {**seen, "pages": pages(agents), "errors": errors(client, made.id)}


def updates(agents, identity):
    """What an update clears, replaces and merges."""
    cleared = agents.update(
        identity, name=None, instructions=None, tools=None, metadata=None, multi_agent=None
    )
    replaced = agents.update(identity, reasoning={"effort": "high"}, metadata={"tier": "gold"})
    agents.update(identity, experimental={"time_awareness": True})
    merged = agents.update(identity, experimental={}, text={"verbosity": "low"}, compaction={"async": True})
    return {
        "cleared": [cleared.name, cleared.instructions, cleared.tools, cleared.metadata, cleared.model],
        "disabled": [cleared.multi_agent.enabled, cleared.multi_agent.max_concurrent_subagents],
        "replaced": [replaced.reasoning.effort, replaced.reasoning.summary, replaced.metadata],
        "merged": [
            merged.experimental.time_awareness,
            merged.text.verbosity,
            merged.text.format.type,
            merged.compaction.async_,
        ],
    }


def deleted(answer):
    """What a deletion is answered."""
    return [answer.object, answer.deleted]


def pages(agents):
    """Whether a list of 250 is walked to its end in both orders, each agent once."""
    made = [agents.create(model="gpt-5.6", name=str(number)).id for number in range(250)]
    walks = [[one.id for one in agents.list(order=order, limit=40)] for order in ("asc", "desc")]
    for identity in made:
        agents.delete(identity)
    return [walks[0] == made, walks[1] == made[::-1], [*agents.list()] == []]


def errors(client, gone):
    """The error that each refusal becomes."""
    agents = client.beta.agents
    tries = {
        "missing": lambda: agents.retrieve(gone),
        "twice": lambda: agents.delete(gone),
        "unknown": lambda: agents.create(model="gpt-5.6", extra_body={"description": "no"}),
        "type": lambda: agents.create(model=1),
        "limit": lambda: agents.list(limit=101).data,
        "header": lambda: agents.list(extra_headers={"OpenAI-Beta": "assistants=v1"}).data,
        "key": lambda: client.with_options(api_key="sk-wrong-wrong-wrong").beta.agents.list().data,
        "function": lambda: agents.create(model="gpt-5.6", tools=[FUNCTION, FUNCTION]),
    }
    return {name: refused(attempt) for name, attempt in tries.items()}


def refused(attempt):
    """The class, the status, the type, the code and the parameter of an error; None where there was none."""
    try:
        attempt()
    except openai.APIStatusError as error:
        return [type(error).__name__, error.status_code, error.type, error.code, error.param, error.message]
    return None


if __name__ == "__main__":
    with OpenAI(base_url=sys.argv[1], api_key="sk-0123456789abcdef", max_retries=0) as opened:
        json.dump(walk(opened), sys.stdout)
