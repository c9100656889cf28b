"""What a plan calls "stays as found" is there afterwards, also what only the server's database could take."""

import json
from dataclasses import replace

import pytest
from builders import World, assistant, without_mark

from reconciler.model import address
from reconciler.model.diagnostic import Origin
from reconciler.model.resource import Import
from reconciler.server import Fault, Faults, create_app

WHERE = address.assistant("support")
PLAIN = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
STRICT = {**PLAIN, "function": {**PLAIN["function"], "strict": True}}
ODD = {
    "a key of a function": [STRICT],
    "a key beside a function": [{**PLAIN, "x": 1}],
    "a key of a search": [{"type": "retrieval", "x": 1}],
}


class Imported(World):
    """A world with an entry for the one assistant of its server."""

    def desired(self, *assistants, project="acme"):
        entry = Import(self.only().id, WHERE, Origin("assistants.yaml", 7))
        return replace(super().desired(*assistants, project=project), imports={WHERE: entry})


@pytest.fixture
def world(tmp_path):
    made = Imported(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def odd(world):
    """An unknown server with one assistant of these columns, which an entry names."""

    def stored(*deviations, **columns):
        world.whole = True
        world.ask(lambda client: client.beta.assistants.create(model="m"))
        for name, value in columns.items():
            query = f"UPDATE assistants SET {name} = ?"  # noqa: S608 - a column that a test names
            with world.database.write() as connection:
                connection.execute(query, (json.dumps(value),))
        faults = Faults()
        faults.add(*(Fault("deviate", as_=name) for name in deviations))
        world.app = create_app(world.database, faults=faults)
        return world

    return stored


def stored(world, name):
    query = f"SELECT {name} FROM assistants"  # noqa: S608 - a column that a test names
    with world.database.read() as connection:
        return json.loads(connection.execute(query).fetchone()[0])


@pytest.mark.parametrize("tools", ODD.values(), ids=ODD)
def test_an_adoption_keeps_what_the_server_itself_refuses(odd, tools):
    world = odd(tools=tools)

    report = world.apply(assistant(model="m"))

    assert report.exit_code == 0, [one.message for one in report.outcomes]
    assert stored(world, "tools") == tools
    assert not world.plan(assistant(model="m")).has_changes


@pytest.mark.parametrize("tools", ODD.values(), ids=ODD)
def test_a_server_that_empties_what_an_update_leaves_out_is_reported_and_gets_the_rest_back(odd, tools):
    world = odd("update_wipes_tools", tools=tools)

    report = world.apply(assistant(model="m"))

    assert report.exit_code == 3
    assert "changed tools, which was to stay" in report.outcomes[0].message
    assert len(stored(world, "tools")) == 1


def test_a_change_of_another_item_that_would_lose_it_is_refused(odd):
    world = odd(tools=[STRICT])

    report = world.apply(assistant(model="m", tools=[PLAIN, {"type": "code_interpreter"}]))

    assert report.exit_code != 0
    assert "strict" in report.outcomes[0].message
    assert stored(world, "tools") == [STRICT]


def test_what_counts_as_absent_may_go(odd):
    world = odd(tools=[{**PLAIN, "function": {**PLAIN["function"], "strict": False}}])

    assert world.apply(assistant(model="m")).exit_code == 0
    assert stored(world, "tools")[0]["function"]["name"] == "f"


@pytest.mark.parametrize("value", [1, True, [1], {"a": None}], ids=str)
def test_metadata_that_is_no_string_is_never_rewritten(odd, value):
    world = odd(metadata={"odd": value, "team": "red"})

    (change,) = world.plan(assistant(model="m")).changes
    world.apply(assistant(model="m"))

    assert "which is not a string, and an update may change it" in change.refused
    assert stored(world, "metadata") == {"odd": value, "team": "red"}


def test_metadata_that_is_declared_may_become_the_string(odd):
    world = odd(metadata={"odd": 1})
    declared = assistant(model="m", metadata={"odd": "one"})

    assert world.apply(declared).exit_code == 0
    assert without_mark(stored(world, "metadata")) == {"odd": "one"}
    assert not world.plan(declared).has_changes
