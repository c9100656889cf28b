"""Our program and somebody else on one server: theirs is left alone, and ours ends well."""

import os
import random
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from builders import World, assistant
from engine.deaths import Killed
from engine.second_actor import (
    ACTS,
    Act,
    Clock,
    RecordingStore,
    Referee,
    Shared,
    losing,
    mark_of,
)
from faults import Faulty
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from reconciler.engine.ownership import PlannerInput
from reconciler.engine.steps import Steps
from reconciler.model.change import Action

NAMES = ("x", "y", "z")
PATHS = ("a.md", "b.md", "d/a.md")
CONTENTS = (b"about a", b"about b", b"one")
STEPS = 15

acts = st.builds(Act, st.sampled_from(ACTS), st.integers(0, 7), st.integers(0, 7))
moments = st.sampled_from((3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 2, 1))
meddling = st.lists(st.tuples(moments, acts), min_size=1, max_size=3)
between = st.just([]) | meddling
wishes = st.fixed_dictionaries(
    {},
    optional={
        "description": st.sampled_from("pq"),
        "metadata": st.sampled_from([{"k": "u"}, {"k": "v"}, {"k": None}]),
        "files": st.lists(st.sampled_from(PATHS), max_size=2, unique=True),
        "protected": st.just(value=True),
    },
)
edits = st.dictionaries(st.sampled_from(NAMES), wishes, max_size=2)


class Sharing(RuleBasedStateMachine):
    """A configuration, a program that may die or be lied to, and somebody else on the same server."""

    def __init__(self):
        super().__init__()
        self.folder = TemporaryDirectory()
        self.dice = random.Random(0)  # noqa: S311 - the same ids in every run, so that a failure replays
        self.patches = [
            patch.object(secrets, "choice", self.dice.choice),
            patch.object(secrets, "token_bytes", self.dice.randbytes),
        ]
        for one in self.patches:
            one.start()
        self.world = World(Path(self.folder.name))
        self.world.contents["d/a.md"] = b"about a"
        self.world.app.state.clock = Clock()
        self.world.store = RecordingStore(self.world.store.folder)
        self.referee, self.wishes = Referee(self.world), {}

    @property
    def wanted(self):
        """The declared assistants; each upload under one path, as resolving does it."""
        return [self.declared(name, **wish) for name, wish in self.wishes.items()]

    def declared(self, name, *, files=None, **fields):
        same = self.world.contents["a.md"] == self.world.contents["d/a.md"]
        paths = ["a.md" if same and path == "d/a.md" else path for path in files or ()]
        named = list(dict.fromkeys(paths)) if files is not None else None
        return assistant(name, name=f"Assistant {name}", files=named, **fields)

    def files(self):
        desired = self.world.desired(*self.wanted)
        return {one.address.name: tuple(desired.files_of(one)) for one in desired.assistants}

    def run(self, acts, script=lambda _: None, *, after=False):
        """An apply of ours, between whose requests the second actor acts; what came of it."""
        self.referee.begin(self.files())
        self.world.transport = lambda inner: Shared(Faulty(inner, script, after=after), self.referee, acts)
        try:
            with suppress(Killed):
                return self.world.apply(*self.wanted, parallelism=1)
        finally:
            self.world.store.reaper.rest()
            self.world.transport = lambda inner: inner
            self.referee.end()

    @initialize(one=wishes, other=wishes)
    def begin(self, one, other):
        self.wishes = {"x": one, "y": other}
        self.run(())

    @rule(name=st.sampled_from(NAMES))
    def undeclare(self, name):
        self.wishes.pop(name, None)

    @rule(path=st.sampled_from(PATHS), content=st.sampled_from(CONTENTS))
    def rewrite(self, path, content):
        self.world.contents[path] = content

    @rule(edits=edits, acts=meddling)
    def apply_amid_acts(self, edits, acts):
        self.wishes |= edits
        self.run(acts)

    @rule(edits=edits, acts=between)
    def apply(self, edits, acts):
        self.wishes |= edits
        self.run(acts)

    @rule(edits=edits, acts=between, number=st.integers(1, 14), after=st.booleans())
    def die(self, edits, acts, number, after):
        self.wishes |= edits
        self.world.store.reaper.arm(number, after=after)
        self.run(acts, self.world.store.reaper.script, after=after)

    @rule(edits=edits, acts=between, number=st.integers(1, 8), after=st.booleans())
    def lose_an_answer(self, edits, acts, number, after):
        self.wishes |= edits
        self.run(acts, losing(number, self.referee), after=after)

    @rule()
    def lose_the_state(self):
        self.referee.lose()
        self.world.lose_state()

    @rule()
    def plan(self):
        before = self.traces()
        self.world.plan(*self.wanted)
        assert self.traces() == before

    def traces(self):
        files = (one for one in self.world.store.folder.rglob("*") if one.is_file())
        return self.world.app.state.ledger.writes(), {str(one): one.read_bytes() for one in files}

    @rule(act=acts)
    def act(self, act):
        self.world.ask(lambda _: self.referee.act(act))

    @invariant()
    def nothing_is_wrong(self):
        assert not self.referee.wrong, "\n".join(self.referee.wrong)

    def teardown(self):
        try:
            if not self.referee.wrong:
                self.rest()
        finally:
            for one in self.patches:
                one.stop()
            self.world.database.close()
            self.folder.cleanup()

    def rest(self):
        """The actor rests, and after two applies nothing is left to do that is not refused for a reason."""
        self.run(())
        self.run(())
        self.nothing_is_wrong()
        plan, live = self.world.plan(*self.wanted), self.referee.now()
        left = [one for one in plan.changes if one.refused]
        todo = [one for one in plan.changes if one.action is not Action.NOOP and one not in left]
        story = "\n  ".join(self.referee.log)
        assert not todo, f"{todo}\n  {story}"
        assert all(names_object(one) for one in left), left
        refused = {one.address for one in left}
        for one in self.wanted:
            assert one.address in refused or self.is_as_declared(one, live), f"{one}\n  {live}\n  {story}"
        assert not self.left_over(live), f"{self.left_over(live)}\n  {story}"

    def is_as_declared(self, wanted, live):
        """Whether the bound assistant is there, says whose it is, and has every declared value."""
        binding = self.world.store.load().assistant(wanted.address)
        found = live.assistants.get(binding.id) if binding else None
        if found is None:
            return False
        texts = all(found[key] == value for key, value in wanted.fields.items() if key != "metadata")
        keys = all(
            found["metadata"].get(key) == value for key, value in wanted.fields.get("metadata", {}).items()
        )
        return texts and keys and mark_of(found).name == wanted.address.name and self.has_files(wanted, found)

    def has_files(self, wanted, found):
        """Whether it carries the declared contents and nothing else."""
        files = self.world.desired(wanted).files_of(wanted) if wanted.files is not None else []
        if wanted.files is None:
            return True
        carried = [self.referee.identities[one][1] for one in found["file_ids"]]
        return sorted(carried) == sorted(one.sha256 for one in files)

    def left_over(self, live):
        """Uploads of ours that nobody carries and no declared file is.

        Not those whose state was lost, nor those in whose place an upload of the actor of the same name and
        content was taken for ours (README, 'Not promised').
        """
        bindings = self.world.store.load().files
        declared = {
            bindings[one.address].id
            for one in self.world.desired(*self.wanted).files
            if one.address in bindings
        }
        lent = {self.referee.identities[one] for one in self.referee.lent}
        idle = [one for one in self.referee.uploads & live.uploads.keys() if not live.carriers(one)]
        return [
            one
            for one in idle
            if one not in declared | self.referee.adrift and self.referee.identities[one] not in lent
        ]


def names_object(change):
    """Whether a refusal says which object it is about; a file without one names its assistants."""
    return bool(change.id) or any(one in change.refused for one in ("asst_", "file-", "assistant."))


def limits(steps, examples, **rest):
    """How long a run of the machine is."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
        **rest,
    )


@pytest.mark.timeout(900)  # an example that fails is made smaller for five minutes
def test_whatever_a_second_actor_does_theirs_is_left_alone_and_ours_ends_well():
    run_state_machine_as_test(Sharing, settings=limits(STEPS, 25, derandomize=True))


@pytest.mark.sweep
@pytest.mark.timeout(7200)
def test_thousands_of_acts_of_a_second_actor_end_well():
    steps = int(os.environ.get("SWEEP_ACTS", "100000"))
    run_state_machine_as_test(Sharing, settings=limits(30, max(1, steps // 30)))


async def sees_nothing(steps, change):
    """A look just before a write that takes the plan's word for everything."""
    steps.fresh.setdefault(change.id, steps.live.assistants.get(change.id))


def by_mark_alone(inputs):
    """Return what creates of unknown outcome made, if an ownership mark were a proof."""
    return {
        name: [one for one in marked if one.id not in inputs.bound_ids]
        for name, marked in inputs.marked.items()
    }


def broken(number):
    """The same machine, with dice that always fall alike."""
    return seed(number)(type("Broken", (Sharing,), {}))


@pytest.mark.parametrize(
    ("owner", "name", "instead", "number"),
    [(Steps, "recheck", sees_nothing, 10), (PlannerInput, "proved", property(by_mark_alone), 10)],
    ids=["looks at nothing", "reaps by Mark alone"],
)
def test_the_machine_has_teeth(monkeypatch, owner, name, instead, number):
    monkeypatch.setattr(owner, name, instead)
    quick = limits(STEPS, 1000, phases=[Phase.generate], database=None)

    with pytest.raises(AssertionError):
        run_state_machine_as_test(broken(number), settings=quick)
