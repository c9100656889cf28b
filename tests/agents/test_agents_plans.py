"""A project of agents: what is sent, what is a difference, and what the server may fill in."""

import json
import re
import shutil
from pathlib import Path

import httpx
import pytest
from faults import Faulty
from toy.sides import AGENTS
from toy.world import World

from reconciler.model.change import Action

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/dialects.md").read_text()
EXAMPLE = re.compile(r"```yaml title=agents.yaml\n(.*?)```", re.DOTALL)
FUNCTION = {
    "type": "function",
    "function": {
        "name": "lookup",
        "description": "Looks one up.",
        "parameters": {"type": "object", "properties": {"id": {"type": "string"}}},
    },
}
OTHER = {**FUNCTION, "function": {**FUNCTION["function"], "name": "other"}}
SERVER = {
    "type": "mcp",
    "server_label": "docs",
    "transport": {"type": "http", "server_url": "https://mcp.example/"},
    "connection_origin": "service",
}
TEXT = {"format": {"type": "json_schema", "schema": {"type": "object"}}, "verbosity": "low"}


@pytest.fixture
def world(tmp_path):
    """A project of agents on the embedded server."""
    with AGENTS.serving() as app:
        yield World(AGENTS, app, tmp_path)


class Wire:
    """What is sent to a server, and replies that a script changes."""

    def __init__(self, world, change=lambda agent: agent):
        self.sent, self.change = [], change
        world.transport = self._watched

    def _watched(self, inner):
        watching = self

        class Watching(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request):
                answer = await inner.handle_async_request(request)
                if request.method == "POST":
                    watching.sent.append(json.loads(request.content))
                found = json.loads(await answer.aread())
                if "data" in found:
                    found["data"] = [watching.change(one) for one in found["data"]]
                elif found.get("object") == "agent":
                    found = watching.change(found)
                return httpx.Response(answer.status_code, json=found)

        return Watching()

    def last(self):
        """The last body, without the ownership mark."""
        pairs = {key: one for key, one in self.sent[-1]["metadata"].items() if key != "assistants_sync"}
        return {**self.sent[-1], "metadata": pairs}


@pytest.mark.parametrize("config", ["assistants.yaml", "agents.yaml"])
def test_the_example_is_planned_applied_and_then_left_alone(workspace, config):
    shutil.copytree(ROOT / "examples", workspace.folder, dirs_exist_ok=True)
    workspace.write("agents.yaml", EXAMPLE.search(PAGE)[1])
    options = ("-f", config, "--state", f"state-{config}", "--server", "embedded")

    assert workspace.run("plan", "--detailed-exitcode", *options).code == 2
    assert workspace.run("apply", "--auto-approve", *options).code == 0
    last = workspace.run("plan", "--detailed-exitcode", *options)

    assert last.code == 0
    assert "No changes." in last.out


def test_a_function_is_flat_on_the_wire_and_has_its_values_inside_in_a_plan(world):
    wire = Wire(world)

    world.apply(world.assistant(tools=[FUNCTION]))

    assert wire.last()["tools"] == [{"type": "function", **FUNCTION["function"]}]
    assert world.part("tools.function lookup") == FUNCTION


def test_a_function_that_is_removed_is_a_difference(world):
    world.apply(world.assistant(tools=[FUNCTION, OTHER]))

    (change,) = world.change(world.assistant(tools=[FUNCTION])).fields
    wire = Wire(world)
    world.apply(world.assistant(tools=[FUNCTION]))

    assert (change.field, change.after) == ("tools.function other", None)
    assert [tool["name"] for tool in wire.last()["tools"]] == ["lookup"]


def filled(agent):
    """An agent as another server of this API may return it: resolved, and without what may be absent."""
    tools = [
        {**tool, "defer_loading": False} if tool["type"] == "function" else tool for tool in agent["tools"]
    ]
    rest = {name: one for name, one in agent.items() if name not in {"compaction", "experimental"}}
    effort = agent["reasoning"]["effort"] or "high"
    return {**rest, "tools": tools, "reasoning": {**agent["reasoning"], "effort": effort}}


def test_what_a_server_fills_in_is_no_difference(world):
    Wire(world, filled)
    wanted = world.assistant(
        tools=[FUNCTION, SERVER, {"type": "web_search"}, {"type": "programmatic_tool_calling"}],
        reasoning={"summary": "auto"},
        multi_agent={"enabled": True},
        compaction={"async": False},
        experimental={"time_awareness": False},
        service_tier="auto",
    )
    report = world.apply(wanted)

    assert report.exit_code == 0
    assert world.plan(wanted).by_address[wanted.address].action is Action.NOOP
    assert not world.plan(wanted).has_changes


@pytest.mark.parametrize("declared", [True, False])
def test_a_default_that_is_declared_is_the_same_as_none(world, declared):
    function = {**FUNCTION, "function": {**FUNCTION["function"], "defer_loading": False}}
    first, second = (FUNCTION, function) if declared else (function, FUNCTION)
    world.apply(world.assistant(tools=[first]))

    assert not world.plan(world.assistant(tools=[second])).has_changes


def test_settings_are_sent_whole_and_a_key_of_another_user_stays(world):
    world.apply(world.assistant(reasoning={"effort": "high"}))
    world.foreign({"reasoning": {"summary": "detailed"}})
    wire = Wire(world)

    world.apply(world.assistant(reasoning={"effort": "low"}))

    assert wire.last()["reasoning"] == {"effort": "low", "summary": "detailed"}


@pytest.mark.parametrize(
    ("first", "second", "sent"),
    [
        (
            {"reasoning": {"effort": "high", "summary": "auto"}},
            {"reasoning": {"summary": "auto"}},
            {"summary": "auto"},
        ),
        ({"reasoning": {"effort": "high"}}, {}, None),
        ({"reasoning": {"effort": "high"}}, {"reasoning": {}}, None),
        ({"reasoning": {"effort": "high"}}, {"reasoning": {"effort": None}}, None),
        ({"compaction": {"async": True}}, {}, None),
        ({"experimental": {"time_awareness": True}}, {}, {"time_awareness": False}),
        ({"multi_agent": {"enabled": True}}, {"multi_agent": {"enabled": False}}, {"enabled": False}),
        ({"name": "One"}, {}, None),
        ({"service_tier": "flex"}, {}, None),
        ({"tools": [FUNCTION]}, {}, None),
    ],
    ids=repr,
)
def test_what_is_no_longer_declared_is_removed_by_null_and_not_by_omission(world, first, second, sent):
    (field,) = first
    world.apply(world.assistant(**first))
    wire = Wire(world)

    assert world.apply(world.assistant(**second)).exit_code == 0

    assert wire.last()[field] == sent
    assert not world.plan(world.assistant(**second)).has_changes


def test_text_is_sent_whole(world):
    world.apply(world.assistant(text=TEXT))
    wire = Wire(world)

    world.apply(world.assistant(text={**TEXT, "verbosity": "high"}))

    assert wire.last()["text"] == {**TEXT, "verbosity": "high"}


def test_metadata_is_sent_whole_with_the_keys_of_others(world):
    world.apply(world.assistant(metadata={"team": "red"}))
    world.foreign(pairs={"theirs": "1"})
    wire = Wire(world)

    world.apply(world.assistant(metadata={"team": "blue"}))

    assert wire.last()["metadata"] == {"team": "blue", "theirs": "1"}


def test_an_origin_that_the_server_resolves_is_no_difference(world):
    resolved = {**SERVER}
    del resolved["connection_origin"]
    world.apply(world.assistant(tools=[resolved]))

    assert not world.plan(world.assistant(tools=[resolved])).has_changes
    (change,) = world.change(world.assistant(tools=[{**SERVER, "connection_origin": "environment"}])).fields
    assert change.field == "tools.mcp docs"


def test_a_change_of_an_origin_that_was_declared_is_a_difference(world):
    world.apply(world.assistant(tools=[SERVER]))
    other = {**SERVER, "connection_origin": "environment"}

    assert world.change(world.assistant(tools=[other])).fields
    world.apply(world.assistant(tools=[other]))

    assert world.part("tools.mcp docs")["connection_origin"] == "environment"


def test_a_create_whose_answer_is_lost_is_found_and_not_repeated(world):
    lost = [httpx.ReadError("cut")]

    def script(request):
        return lost.pop() if request.method == "POST" and lost else None

    world.transport = lambda inner: Faulty(inner, script, after=True)

    assert world.apply(world.assistant(reasoning={"effort": "high"})).exit_code == 0
    assert len(world.live()) == 1
    assert not world.plan(world.assistant(reasoning={"effort": "high"})).has_changes


def test_a_clear_whose_answer_is_lost_is_settled_by_the_next_run(world):
    world.apply(world.assistant(reasoning={"effort": "high"}))
    lost = [httpx.ReadError("cut")]
    world.transport = lambda inner: Faulty(
        inner, lambda request: lost.pop() if request.method == "POST" and lost else None, after=True
    )
    world.apply(world.assistant())
    world.apply(world.assistant())

    assert not world.plan(world.assistant()).has_changes
