"""Walks the whole life cycle with the stock SDK of the time and prints what it saw, as JSON.

Run by the SDK's own interpreter: life.py BASE_URL. Nothing of this project is imported here.
"""

import json
import sys

import openai
from openai import OpenAI
from openai._types import Omit

TOOLS = [
    {"type": "code_interpreter"},
    {
        "type": "function",
        "function": {
            "name": "lookup",
            "description": "Look up.",
            "parameters": {"type": "object", "properties": {"id": {"type": "string"}}},
        },
    },
]


def walk(client):
    """Every call once, in the order of a life."""
    seen = {"version": openai.__version__}
    files, assistants = client.files, client.beta.assistants
    first = files.create(file=("first.md", b"# First"), purpose="assistants")
    second = files.create(file=("second.md", b"# Second"), purpose="assistants")
    seen["upload"] = [first.filename, first.bytes, first.purpose, first.status, first.object]
    seen["content"] = files.content(first.id).content.decode()
    seen["uploads"] = sorted(one.filename for one in files.list())
    seen["upload again"] = files.retrieve(first.id) == first

    made = assistants.create(
        model="gpt-5.6", name="Support", instructions="Be kind.", tools=TOOLS,
        metadata={"team": "support"}, file_ids=[first.id],
    )  # fmt: skip
    seen["tools"] = [tool.model_dump() for tool in made.tools]
    seen["made"] = [made.object, made.name, made.description, made.metadata, made.file_ids == [first.id]]
    seen["retrieve"] = assistants.retrieve(made.id) == made

    updated = assistants.update(made.id, description="New", tools=[])
    seen["update"] = [updated.description, updated.name, updated.tools, updated.created_at == made.created_at]

    attached = assistants.files.create(made.id, file_id=second.id)
    seen["attach"] = [attached.object, attached.id == second.id, attached.assistant_id == made.id]
    seen["attached"] = [one.id for one in assistants.files.list(made.id, order="asc")] == [
        first.id,
        second.id,
    ]
    seen["attachment"] = assistants.files.retrieve(second.id, assistant_id=made.id) == attached
    detached = assistants.files.delete(first.id, assistant_id=made.id)
    seen["detach"] = [detached.object, detached.deleted]
    seen["left"] = assistants.retrieve(made.id).file_ids == [second.id]

    seen["delete"] = [assistants.delete(made.id).object, files.delete(first.id).deleted]
    seen["errors"] = errors(client, made.id)
    seen["pages"] = pages(assistants)
    seen["emptied"] = emptied(client)
    return seen


def pages(assistants):
    """250 assistants, auto-paged in both orders."""
    made = [assistants.create(model="m", name=str(number)).id for number in range(250)]
    ascending = [one.id for one in assistants.list(order="asc", limit=100)]
    descending = [one.id for one in assistants.list()]
    return [ascending == made, descending == made[::-1]]


def emptied(client):
    """What is left after deleting, and detaching, while listing."""
    assistants, files = client.beta.assistants, client.beta.assistants.files
    uploads = [client.files.create(file=(f"{n}.md", b"#"), purpose="assistants").id for n in range(20)]
    made = assistants.create(model="m", file_ids=uploads)
    for one in files.list(made.id, limit=5):
        files.delete(one.id, assistant_id=made.id)
    left = assistants.retrieve(made.id).file_ids
    for one in assistants.list():
        assistants.delete(one.id)
    return [left, assistants.list().data]


def errors(client, gone):
    """What the SDK makes of refusals: class, status, code, param."""
    bare = {"OpenAI-Beta": Omit()}
    calls = {
        "missing": lambda: client.beta.assistants.retrieve(gone),
        "limit": lambda: client.beta.assistants.list(limit=101),
        "header": lambda: client.beta.assistants.retrieve(gone, extra_headers=bare),
        "model": lambda: client.beta.assistants.create(model=None),
        "key": client.copy(api_key="sk-wrong-0123456789").files.list,
        "upload": lambda: client.files.retrieve("file-nowhere"),
    }
    return {name: error(call) for name, call in calls.items()}


def error(call):
    try:
        call()
    except openai.APIStatusError as found:
        return [type(found).__name__, found.status_code, found.code, found.param, found.message]
    return None


if __name__ == "__main__":
    with OpenAI(base_url=sys.argv[1], api_key="sk-0123456789abcdef", max_retries=0) as one:
        json.dump(walk(one), sys.stdout)
