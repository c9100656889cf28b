"""What is settled is found quickly, and the plan is the one that comparing everything makes."""

import json
from dataclasses import replace

import pytest
from builders import FUNCTION
from builders import assistant as declared
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.engine.options import PlanOptions
from reconciler.engine.ownership import PlannerInput
from reconciler.engine.planner import compared
from reconciler.engine.settled import Settled
from reconciler.engine.simulate import against
from reconciler.model.address import assistant, file
from reconciler.model.diagnostic import Origin
from reconciler.model.mark import MARK_KEY
from reconciler.model.resource import Desired, DesiredFile, Import, Live, LiveFile, Owner
from reconciler.model.state import Intent
from reconciler.model.traits import Trait

OPTIONS = PlanOptions("the server", ASSISTANTS_V1.fields)
TOOL = json.loads(json.dumps(FUNCTION))
TOOL["function"]["parameters"]["maximum"] = 1
FILE = DesiredFile(file("a.md"), "a.md", "0" * 64, 7)
VALUES = {
    "name": ["", "a", None],
    "description": ["", "text", "TEXT", " text ", None],
    "instructions": ["", "one\ntwo\n", '\t"quoted" \\ \u00e9', None],
    "tools": [[], [FUNCTION], [{"type": "retrieval"}, FUNCTION], [TOOL], None],
    "metadata": [{}, {"team": "a"}, {"team": "b", "tier": ""}, {"team": "a", "tier": None}, None],
}
NAMES = ["a", "b", "c"]


class Scene:
    """A configuration, what an apply of it made, and everything that can happen to the three values."""

    def __init__(self, random):
        self.random = random
        self.declared = {name: self.assistant(name) for name in NAMES}
        run = against(self.desired, self.desired, OPTIONS)
        self.live, self.files = dict(run.live.assistants), dict(run.live.files)
        self.bindings, self.state = dict(run.state.bindings), run.state
        self.rest, self.pending, self.options = {}, [], OPTIONS

    def assistant(self, name):
        """Return a declared assistant with some of the values, and now and then a file."""
        fields = {key: self.random.choice(some) for key, some in VALUES.items() if self.random.random() < 0.6}
        files = self.random.choice([None, None, None, (), (FILE.address,)])
        protected, ignored = self.random.random() < 0.1, ["description"] * (self.random.random() < 0.1)
        return replace(declared(name, protected=protected, ignored=ignored, **fields), files=files)

    @property
    def desired(self):
        """The configuration."""
        wanted = tuple(self.declared.values())
        files = (FILE,) if any(one.files for one in wanted) else ()
        return Desired("acme", wanted, files, **getattr(self, "rest", {}))

    def inputs(self):
        """Return what a plan is made of."""
        state = replace(self.state, bindings=self.bindings, pending=tuple(self.pending))
        return PlannerInput(self.desired, Live(self.live, self.files), state, self.options)

    def one(self):
        """Return the id of a live assistant."""
        return self.random.choice([*self.live])

    def change(self, remote_id, **values):
        """Change a live assistant."""
        self.live[remote_id] = replace(self.live[remote_id], **values)

    def bind(self, **values):
        """Change what the state knows of an assistant."""
        address = self.random.choice([one for one in self.bindings if one.kind == "assistant"])
        self.bindings[address] = replace(self.bindings[address], **values)

    def edit(self):
        """Declare other values."""
        name = self.random.choice(NAMES)
        self.declared[name] = self.assistant(name)

    def drift(self):
        """Change or add a value on the server."""
        one, key = self.one(), self.random.choice([*VALUES])
        value = self.random.choice(VALUES[key])
        if key == "metadata":
            self.change(
                one, metadata={**self.live[one].metadata, **self.random.choice([{"team": "z"}, {"own": "1"}])}
            )
        else:
            self.change(one, fields={**self.live[one].fields, key: value})

    def follow(self):
        """Declare what another user has set on the server, which the state does not know."""
        name = self.random.choice(NAMES)
        if found := self.live.get(f"assistant.{name}"):
            self.change(found.id, fields={**found.fields, "description": "both"})
            wanted = self.declared[name]
            self.declared[name] = replace(wanted, fields={**wanted.fields, "description": "both"})

    def complete(self):
        """Add what a server adds to a tool, in another order, or make a number of a truth value."""
        one = self.one()
        text = json.dumps(self.live[one].fields.get("tools"))
        added = text.replace('"name"', '"strict": false, "name"') if self.random.random() < 0.5 else text
        tools = json.loads(added.replace('"maximum": 1', '"maximum": true'))
        self.change(one, fields={**self.live[one].fields, "tools": tools})

    def remark(self):
        """Change the ownership mark, or remove it."""
        one = self.one()
        text = self.live[one].metadata.get(MARK_KEY, "")
        pairs = {key: value for key, value in self.live[one].metadata.items() if key != MARK_KEY}
        other = [
            text.replace("/a ", "/b "),
            text.replace("acme", "other"),
            text.replace(" s=", " s=0")[: len(text)],
            text[:-11],
            text.replace("n=a", "n=b"),
            text.replace("f=", "f=p"),
            "x",
        ]
        self.change(one, metadata=pairs | self.random.choice([{}, *({MARK_KEY: mark} for mark in other)]))

    def copy(self):
        """Copy an assistant with its mark."""
        one = self.live[self.one()]
        self.live[f"copy-{len(self.live)}"] = replace(
            one, id=f"copy-{len(self.live)}", created_at=self.random.randrange(2)
        )

    def fill(self):
        """Add pairs of another user, more than an assistant may have."""
        one = self.one()
        pairs = {f"k{number}": "" for number in range(self.random.choice([11, 12, 13, 14, 15]))}
        self.change(one, metadata={**self.live[one].metadata, **pairs})

    def attach(self):
        """Attach uploads, or do not say which there are."""
        ids = tuple(f"file-{number}" for number in range(self.random.choice([0, 1, 21])))
        self.files |= {one: LiveFile(one, one, 1) for one in ids}
        self.change(self.one(), file_ids=ids, knows_files=self.random.random() < 0.7)

    def delete(self):
        """Delete an assistant."""
        del self.live[self.one()]

    def forget(self):
        """Lose or change a part of the state."""
        name, other = assistant(self.random.choice(NAMES)), assistant(self.random.choice(NAMES))
        known = self.bindings.get(name)
        match self.random.randrange(9):
            case 0:
                self.bindings.pop(name, None)
            case 1 if known:
                self.bindings[assistant("old")] = known
            case 2 if known and other in self.bindings:
                self.bindings[other] = replace(self.bindings[other], id=known.id)
            case 3:
                self.bind(echoes=None)
            case 4:
                self.bind(echoes={"description": "1" * 64}, ignored=("description",))
            case 5:
                self.bind(mark=self.random.choice(["", "0" * 16]))
            case 6:
                self.bind(protected=True)
            case 7:
                self.bind(declared="other.yaml", nonce=self.random.choice(["a", "b", ""]))
            case _:
                self.bind(marked="old")

    def begin(self):
        """Leave an operation pending."""
        name = self.random.choice([*NAMES, "gone"])
        kinds = [
            Intent(assistant(name), "create", "a"),
            Intent(assistant(name), "update", id=self.one(), digests={"description": "2" * 64}),
            Intent(assistant(name), "delete", known=(self.one(),)),
        ]
        self.pending.append(self.random.choice(kinds))

    def say(self):
        """Move, forget or import something, or do not declare it any more."""
        name, other = self.random.choice(NAMES), assistant(self.random.choice([*NAMES, "old"]))
        match self.random.randrange(4):
            case 0:
                self.rest |= {"moved": {assistant(name): (other,)}}
            case 1:
                self.rest |= {"removed": frozenset({other})}
            case 2:
                entry = Import(self.one(), assistant(name), Origin("assistants.yaml"), Owner("other"))
                self.rest |= {"imports": {entry.address: entry}}
            case _:
                self.declared.pop(name, None)

    def wish(self):
        """Ask for something else, or know more of the server."""
        some = {assistant(self.random.choice(NAMES)), FILE.address}
        options = [
            {"keep_drift": True},
            {"whole": True},
            {"prune": True},
            {"targets": frozenset(some)},
            {"named": frozenset(map(str, some))},
            {"protected": frozenset(some)},
        ]
        self.options = replace(self.options, **self.random.choice(options))
        self.state = replace(self.state, traits=frozenset(self.random.sample([*Trait], 3)))


THINGS = [
    *("edit", "drift", "follow", "complete", "remark", "copy", "fill", "attach", "delete", "forget", "begin"),
    *("say", "wish"),
]


def full_plan(inputs):
    """Return the plan that the passes make of everything."""
    again = replace(inputs)
    again.__dict__["settled"] = Settled()
    return compared(again)


@settings(max_examples=300)
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(THINGS), max_size=4))
def test_a_plan_is_the_one_that_comparing_everything_makes(random, things):
    scene = Scene(random)
    for thing in things:
        if scene.live and set(NAMES) <= scene.declared.keys():
            getattr(scene, thing)()
    inputs = scene.inputs()

    quick, full = compared(inputs), full_plan(inputs)

    assert quick == full
    assert quick.digest == full.digest


@pytest.mark.parametrize("fields", [{}, {"description": "x", "tools": [FUNCTION], "metadata": {"team": "a"}}])
def test_what_was_applied_and_left_alone_is_settled(fields):
    desired = Desired("acme", (declared("a", **fields), replace(declared("b", **fields), files=())))
    run = against(desired, desired, OPTIONS)
    inputs = PlannerInput(desired, run.live, run.state, OPTIONS)

    assert {str(one) for one in inputs.settled.by_address} == {"assistant.a", "assistant.b"}


def test_pairs_of_other_users_keep_nothing_from_being_settled():
    desired = Desired("acme", (declared("a", metadata={"team": "a"}),))
    run = against(desired, desired, OPTIONS)
    (one,) = run.live.assistants.values()
    found = replace(one, metadata={**one.metadata, "other": "b"})
    inputs = PlannerInput(desired, Live({one.id: found}, {}), run.state, OPTIONS)

    assert [*inputs.settled.by_id] == [one.id]


def test_a_declared_value_that_only_the_server_knows_already_is_remembered():
    before, after = (Desired("acme", (declared("a", description=text),)) for text in ("x", "y"))
    run = against(before, before, OPTIONS)
    (one,) = run.live.assistants.values()
    live = Live({one.id: replace(one, fields={**one.fields, "description": "y"})}, {})
    inputs = PlannerInput(after, live, run.state, OPTIONS)

    assert not inputs.settled.by_id
    assert compared(inputs).changes[0].binding is not None
