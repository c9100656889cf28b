"""The same lines for the typed client and for the stock SDK: ``clients.py MODULE CLASS VERB URL COUNT``."""

import sys
from importlib import import_module

TOOLS = [
    {"type": "retrieval"},
    {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}},
]
PROMPT = "Answer kindly, briefly and truthfully, and say when you do not know.\n" * 28


def listed(client, count):
    """List everything."""
    assert sum(1 for _ in client.beta.assistants.list(limit=100)) == count


def retrieved(client, count):
    """List everything, and request each object."""
    ids = [one.id for one in client.beta.assistants.list(limit=100)]
    assert [client.beta.assistants.retrieve(one).id for one in ids] == ids
    assert len(ids) == count


def created(client, count):
    """Create so many, one after the other."""
    for number in range(count):
        client.beta.assistants.create(
            model="m", name=f"Number {number}", instructions=PROMPT, tools=TOOLS, metadata={"team": "bench"}
        )


if __name__ == "__main__":
    module, kind, verb, url, many = sys.argv[1:]
    with getattr(import_module(module), kind)(base_url=url, api_key="x", max_retries=0) as opened:
        {"list": listed, "retrieve": retrieved, "create": created}[verb](opened, int(many))
