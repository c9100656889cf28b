"""What was reviewed is what runs: the digest names a plan, and what moved is found by its address."""

from dataclasses import replace

import pytest
from builders import FUNCTION, assistant
from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.staleness import belongs, differing, listed, require_digest, require_same, skipped
from reconciler.errors import StalePlanError
from reconciler.model import address
from reconciler.model.change import Action, Change, FieldChange, Reason, Step, StepKind
from reconciler.model.mark import Mark
from reconciler.model.outcome import Cause, Result
from reconciler.model.plan import Basis, Plan
from reconciler.model.state import AssistantBinding

BASIS = Basis("lineage", 3, "the server")
MARK = Mark("acme", "-", "a", "n", "n", frozenset(), "0" * 16)


def planned(*changes, **rest):
    return replace(Plan("acme", "-", BASIS, changes), **rest)


NAMES = st.sampled_from(["a", "b", "c", "d"])
WORDS = st.text(max_size=8)
VALUES = st.recursive(
    st.none() | WORDS | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
CHANGES = st.builds(
    Change,
    st.builds(address.assistant, NAMES),
    st.sampled_from([one for one in Action if one is not Action.NOOP]),
    st.sampled_from(Reason),
    st.lists(st.builds(FieldChange, WORDS, VALUES, VALUES, st.booleans()), max_size=2).map(tuple),
    st.lists(st.builds(Step, st.sampled_from(StepKind), st.none() | WORDS, WORDS), max_size=2).map(tuple),
    id=WORDS,
    before=WORDS,
    values=st.dictionaries(WORDS, VALUES, max_size=2),
    refused=st.sampled_from(["", "no"]),
    note=WORDS,
)
PLANS = st.lists(CHANGES, max_size=3, unique_by=lambda one: one.address).map(lambda found: planned(*found))


@given(PLANS)
def test_a_plan_is_the_same_as_itself(plan):
    again = planned(*(replace(one) for one in plan.changes))

    require_same(plan, again)
    require_digest(plan.digest, again)
    assert differing(plan, again) == ()


@given(PLANS, PLANS)
def test_two_plans_have_one_digest_exactly_when_they_do_the_same(one, other):
    same = [change.signature for change in one.changes] == [change.signature for change in other.changes]

    assert (one.digest == other.digest) == same


@given(PLANS, PLANS)
def test_what_moved_is_what_differs_whoever_is_asked_first(one, other):
    known = {**one.by_address, **other.by_address}
    same = {
        where
        for where in one.by_address.keys() & other.by_address.keys()
        if one.by_address[where].signature == other.by_address[where].signature
    }

    assert set(differing(one, other)) == set(differing(other, one)) == known.keys() - same
    assert len(differing(one, other)) == len(known) - len(same)


BEFORE = Change(
    address.assistant("a"),
    Action.UPDATE,
    Reason.EDITED,
    (FieldChange("name", "x", "y"),),
    (Step(StepKind.UPDATE, id="asst_1"),),
    "asst_1",
    "fingerprint",
    {"name": "y"},
    MARK,
)
MATTERS = {
    "address": {"address": address.assistant("b")},
    "action": {"action": Action.ADOPT},
    "after": {"fields": (FieldChange("name", "x", "z"),)},
    "absent after": {"fields": (FieldChange("name", "x", None),)},
    "another field": {"fields": (FieldChange("description", "x", "y"),)},
    "no field": {"fields": ()},
    "no step": {"steps": ()},
    "a step more": {"steps": (*BEFORE.steps, Step(StepKind.DETACH, "file-1", "file-1"))},
    "another call": {"steps": (Step(StepKind.DELETE, id="asst_1"),)},
    "another object": {"steps": (Step(StepKind.UPDATE, id="asst_2"),)},
    "id": {"id": "asst_2"},
    "fingerprint": {"before": "another"},
    "value": {"values": {"name": "z"}},
    "mark": {"mark": replace(MARK, nonce="m")},
    "refusal": {"refused": "not ours"},
    "move": {"moved_from": address.assistant("old")},
}
TELLS = {
    "reason": {"reason": Reason.DRIFTED},
    "before": {"fields": (FieldChange("name", "w", "y"),)},
    "source": {"fields": (FieldChange("name", "x", "y", source="a.md"),)},
    "mover": {"fields": (FieldChange("name", "x", "y", edited=True),)},
    "note": {"note": "a sentence"},
    "binding": {"binding": AssistantBinding("asst_1", "n")},
}


@pytest.mark.parametrize("what", MATTERS)
def test_the_digest_moves_with_everything_that_is_done(what):
    plan, other = planned(BEFORE), planned(replace(BEFORE, **MATTERS[what]))

    assert plan.digest != other.digest
    with pytest.raises(StalePlanError, match=r"assistant\.a.* moved since it was made"):
        require_same(plan, other)


@pytest.mark.parametrize("what", TELLS)
def test_what_only_explains_makes_no_plan_stale(what):
    plan, other = planned(BEFORE), planned(replace(BEFORE, **TELLS[what]))

    assert plan.digest == other.digest
    require_same(plan, other)


def test_a_sentence_or_a_number_besides_makes_no_plan_stale():
    other = planned(BEFORE, notices=("a copy",), managed=9, missing=2, basis=replace(BASIS, serial=8))

    assert other.digest == planned(BEFORE).digest
    require_same(planned(BEFORE), other)


def test_what_stays_as_it_is_is_no_part_of_a_review():
    quiet = Change(address.file("a.md"), Action.NOOP, Reason.SAME, id="file-1")

    assert planned(quiet, BEFORE).digest == planned(BEFORE).digest
    require_same(planned(quiet, BEFORE), planned(BEFORE))


def test_the_order_of_the_calls_is_part_of_the_digest():
    other = replace(BEFORE, address=address.assistant("b"))

    assert planned(BEFORE, other).digest != planned(other, BEFORE).digest


# where it belongs


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"project": "other"}, "for the project acme, and this is other"),
        ({"environment": "prod"}, "for the environment -, and this is prod"),
        ({"basis": Basis("lineage", 3, "there")}, "for the target the server, and this is there"),
        ({"basis": Basis("another", 3, "the server")}, "for the state lineage, and this is another"),
        ({"basis": Basis("another", 0, "the server")}, "for the state lineage, and this is another"),
        (
            {"basis": Basis("lineage", 3, "the server", "globex")},
            "for the account acme, and this is globex",
        ),
    ],
)
def test_a_plan_of_somewhere_else_is_stale(other, message):
    with pytest.raises(StalePlanError, match=message):
        belongs(planned(BEFORE, basis=replace(BASIS, account="acme")), planned(BEFORE, **other))


@pytest.mark.parametrize("accounts", [("acme", ""), ("", "acme"), ("", ""), ("acme", "acme")])
def test_an_account_that_is_not_named_is_no_other_account(accounts):
    belongs(*(planned(BEFORE, basis=replace(BASIS, account=one)) for one in accounts))


def test_a_first_plan_belongs_to_any_state_that_begins():
    first = planned(BEFORE, basis=Basis("made up", 0, "the server"))

    belongs(first, planned(BEFORE, basis=Basis("made up anew", 0, "the server")))
    belongs(first, planned(BEFORE))


# what is told


def test_ten_addresses_are_named_and_the_rest_counted():
    ten = [address.assistant(f"a{number}") for number in range(10)]

    assert listed(ten) == ", ".join(f"assistant.a{number}" for number in range(10))
    assert listed([*ten, *ten[:2]]).endswith("assistant.a9 and 2 more")


def test_what_was_skipped_has_an_outcome_with_its_reason():
    other = replace(BEFORE, address=address.assistant("b"))
    stale = [BEFORE.address, other.address]

    gone, came = skipped(planned(BEFORE), planned(other), stale)

    assert (gone.change, came.change) == (BEFORE, other)
    assert {(one.result, one.cause, one.written) for one in (gone, came)} == {
        (Result.SKIPPED, Cause.STALE, False)
    }


# small worlds


def test_equal_worlds_give_one_digest_and_unrelated_changes_move_nothing(world):
    world.apply(assistant(name="One", files=["a.md"]), assistant("other"))
    wanted = assistant(name="Two", tools=[FUNCTION], files=["a.md"]), assistant("other")
    before = world.plan(*wanted)
    world.ask(lambda client: client.beta.assistants.create(model="m", name="Somebody else's"))

    assert world.plan(*wanted).digest == before.digest
    require_same(before, world.plan(*wanted))


def test_a_copy_of_an_upload_that_others_make_moves_nothing(world):
    world.apply(assistant(files=["a.md"]))
    world.contents["a.md"] = b"new"
    before = world.plan(assistant(files=["a.md"]))
    world.ask(lambda client: client.files.create(file=("a.md", b"theirs"), purpose="assistants"))

    require_same(before, world.plan(assistant(files=["a.md"])))


EDITS = {
    "its name": {"name": "Theirs"},
    "its tools": {"tools": [{"type": "retrieval"}]},
    "metadata of others": {"metadata": {"theirs": "x"}},
}


@pytest.mark.parametrize("what", EDITS)
def test_whatever_moves_on_an_assistant_moves_its_plan(world, what):
    world.apply(assistant(name="One"))
    before = world.plan(assistant(name="Two"))
    live, edit = world.only(), EDITS[what]
    edit = {"metadata": {**live.metadata, **edit["metadata"]}} if "metadata" in edit else edit
    world.ask(lambda client: client.beta.assistants.update(live.id, **edit))

    after = world.plan(assistant(name="Two"))

    assert differing(before, after) == (address.assistant("support"),)
    assert before.digest != after.digest


def test_a_plan_of_another_dialect_is_stale():
    other = planned(basis=replace(BASIS, dialect="other-v1"))
    current = planned(basis=replace(BASIS, dialect="assistants-v1"))

    with pytest.raises(StalePlanError, match="made for the dialect other-v1, and this is assistants-v1"):
        belongs(other, current)
    belongs(replace(other, basis=replace(other.basis, dialect="")), current)
