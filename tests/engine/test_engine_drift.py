"""Drift is what the server has and was not last applied; what the configuration says does not matter."""

from dataclasses import replace

import pytest
from builders import FUNCTION, assistant
from hypothesis import given
from hypothesis import strategies as st

from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.engine import planner
from reconciler.engine.drift import drift
from reconciler.engine.guard import Permissions, check
from reconciler.engine.memory import digests
from reconciler.engine.options import PlanOptions
from reconciler.engine.review import drifted
from reconciler.errors import RefusedError
from reconciler.model import address
from reconciler.model.change import Action, Detail, FieldChange
from reconciler.model.drift import Drift
from reconciler.model.field import Shape
from reconciler.model.mark import MARK_KEY, Mark, files_digest
from reconciler.model.resource import Desired, Live, LiveAssistant, LiveFile
from reconciler.model.state import AssistantBinding, FileBinding, State


def bound(applied, ids):
    """The binding of an assistant that is as it was applied."""
    return AssistantBinding("asst_1", "n", digests(ASSISTANTS_V1.fields, applied, ids), echoes={})


WHERE, HANDBOOK = address.assistant("support"), address.file("a.md")
APPLIED = assistant(
    name="Support",
    description="x",
    instructions="Be kind.",
    tools=[FUNCTION],
    metadata={"team": "one", "a.b": "c"},
    files=["a.md"],
)
FIELDS = {"name", "description", "model", "instructions", "tools", "files", "metadata.team", "metadata.a.b"}
MARK = str(Mark("acme", "-", "support", "n", "", frozenset(), files_digest(())))
LIVE = LiveAssistant(
    "asst_1",
    1,
    {
        "name": "Support",
        "description": "x",
        "model": "gpt-5.6",
        "instructions": "Be kind.",
        "tools": [FUNCTION],
    },
    {"team": "one", "a.b": "c", MARK_KEY: MARK},
    ("file-1",),
)
STATE = State(
    "lineage",
    3,
    bindings={
        WHERE: AssistantBinding("asst_1", "n", digests(ASSISTANTS_V1.fields, APPLIED, ["file-1"]), echoes={}),
        HANDBOOK: FileBinding("file-1", "a.md", "0" * 64, 1),
    },
)
UPLOADS = {"file-1": LiveFile("file-1", "a.md", 1)}


def found(live=LIVE, wanted=APPLIED, uploads=None):
    """The drift of one live assistant, or of none."""
    alive = {live.id: live} if live else {}
    declared = (wanted,) if wanted else ()
    return drift(
        ASSISTANTS_V1.fields,
        Desired("acme", declared),
        Live(alive, UPLOADS if uploads is None else uploads),
        STATE,
    )


def edited(**fields):
    return replace(LIVE, fields={**LIVE.fields, **fields})


def names(drifts):
    return {field.field for one in drifts for field in one.fields}


def test_what_is_as_it_was_applied_has_not_drifted():
    assert found() == ()


def test_a_field_is_shown_as_it_was_applied_and_as_it_is():
    (one,) = found(edited(name="Mine"))

    assert one == Drift(WHERE, "asst_1", fields=(FieldChange("name", "Support", "Mine", drifted=True),))


def test_a_value_that_the_configuration_no_longer_says_is_not_known():
    (one,) = found(edited(name="Mine"), assistant(name="New"))

    assert one.fields == (FieldChange("name", None, "Mine", drifted=True),)


def test_the_order_of_the_configuration_and_of_uploads_is_no_drift():
    shuffled = replace(LIVE, metadata=dict(reversed(LIVE.metadata.items())))

    assert found(shuffled) == ()


def test_what_the_server_adds_to_a_tool_is_no_drift():
    more = {**FUNCTION, "function": {**FUNCTION["function"], "strict": False}}

    assert found(edited(tools=[more])) == ()


MOVED = {
    "name": edited(name=None),
    "description": edited(description="y"),
    "model": edited(model="m"),
    "instructions": edited(instructions=""),
    "tools": edited(tools=[]),
    "files": replace(LIVE, file_ids=()),
    "metadata.team": replace(LIVE, metadata={**LIVE.metadata, "team": "two"}),
    "metadata.a.b": replace(LIVE, metadata={"team": "one", MARK_KEY: MARK}),
}


@pytest.mark.parametrize("field", sorted(FIELDS))
@pytest.mark.parametrize("wanted", [APPLIED, assistant(), None], ids=["declared", "let go", "undeclared"])
def test_every_managed_field_is_seen_to_move_alone(field, wanted):
    assert names(found(MOVED[field], wanted)) == {field}


@given(st.sets(st.sampled_from(sorted(FIELDS - {"files"}))))
def test_exactly_what_moved_is_drift(moved):
    live = LIVE
    for field in moved:
        kind, _, key = field.partition(".")
        if kind == "metadata":
            live = replace(live, metadata={**live.metadata, key: "moved"})
        else:
            live = replace(live, fields={**live.fields, kind: [] if kind == "tools" else "moved"})

    assert names(found(live)) == moved


def test_an_upload_more_is_drift():
    (one,) = found(replace(LIVE, file_ids=("file-1", "file-2")))

    (change,) = one.fields
    assert (change.before, change.after) == (("file-1",), ("file-1", "file-2"))
    assert change.details == (Detail("file-2", None, "file-2"),)


def test_an_upload_that_is_gone_and_another_are_named_by_their_files():
    theirs = {**UPLOADS, "file-9": LiveFile("file-9", "theirs.md", 1)}
    (one,) = found(replace(LIVE, file_ids=("file-9",)), uploads=theirs)

    assert one.fields[0].details == (Detail("a.md", "file-1", None), Detail("theirs.md", None, "file-9"))
    assert not one.unknown


def test_what_differs_inside_a_tool_is_known_with_what_it_breaks():
    name = FUNCTION["function"]["name"]
    other = {**FUNCTION, "function": {**FUNCTION["function"], "description": "other"}}
    (one,) = found(edited(tools=[other, {"type": "code_interpreter"}]))

    assert {detail.path.partition(".")[0] for detail in one.fields[0].details} == {
        f"function {name}",
        "code_interpreter",
    }
    assert not one.unknown


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_a_former_value_that_the_configuration_no_longer_says_is_marked_as_unknown(field):
    (one,) = found(MOVED[field], None)

    assert one.unknown == {field}


def test_a_value_that_was_applied_as_absent_is_known():
    cleared = assistant(description=None)
    state = replace(
        STATE, bindings={WHERE: bound(cleared, []), HANDBOOK: FileBinding("file-1", "a.md", "0" * 64, 1)}
    )
    live = replace(LIVE, fields={"model": "gpt-5.6", "description": "mine"}, file_ids=())
    (one,) = drift(ASSISTANTS_V1.fields, Desired("acme", (cleared,)), Live({"asst_1": live}, UPLOADS), state)

    assert [(change.field, change.before) for change in one.fields] == [("description", None)]
    assert not one.unknown


@pytest.mark.parametrize("said", [None, "", "v1 acme/-/support", "mine"])
def test_a_mark_that_somebody_took_out_is_drift(said):
    others = {key: value for key, value in LIVE.metadata.items() if key != MARK_KEY}
    (one,) = found(replace(LIVE, metadata=others if said is None else {**others, MARK_KEY: said}))

    assert one.fields == (FieldChange(f"metadata.{MARK_KEY}", None, said, drifted=True, shape=Shape.PAIR),)


def test_what_is_gone_is_told_by_its_address_in_their_order():
    assert found(None, uploads={}) == (
        Drift(WHERE, "asst_1", is_gone=True),
        Drift(HANDBOOK, "file-1", is_gone=True),
    )


def test_what_nobody_manages_does_not_drift():
    ignored = replace(APPLIED, ignored=frozenset({"name"}))
    state = replace(
        STATE,
        bindings={
            WHERE: AssistantBinding(
                "asst_1", "n", digests(ASSISTANTS_V1.fields, ignored, ["file-1"]), echoes={}
            )
        },
    )
    live = replace(edited(name="Mine"), metadata={**LIVE.metadata, "theirs": "x"})

    assert (
        drift(ASSISTANTS_V1.fields, Desired("acme", (ignored,)), Live({"asst_1": live}, UPLOADS), state) == ()
    )


# three sides


def test_who_moved_a_field_is_known_from_what_was_last_applied(world):
    world.apply(assistant(name="One", description="one", instructions="one", metadata={"k": "one"}))
    live = world.only()
    world.ask(
        lambda client: client.beta.assistants.update(
            live.id, description="theirs", instructions="theirs", metadata={**live.metadata, "k": "theirs"}
        )
    )

    plan = world.plan(assistant(name="Two", description="two", instructions="one", metadata={"k": "two"}))

    assert {one.field: one.moved_by for one in plan.changes[0].fields} == {
        "name": ("configuration",),
        "description": ("configuration", "server"),
        "instructions": ("server",),
        "metadata.k": ("configuration", "server"),
    }


def test_nobody_is_said_to_have_moved_what_a_lost_state_knew(world):
    world.apply(assistant(name="One"))
    world.lose_state()

    (change,) = world.plan(assistant(name="Two")).changes

    assert change.action is Action.ADOPT
    assert [one.moved_by for one in change.fields] == [()]


# keep and fail


def test_keeping_drift_needs_no_call_where_nothing_else_moved(world):
    world.apply(assistant(name="One"))
    live = world.only()
    world.ask(lambda client: client.beta.assistants.update(live.id, name="Theirs"))

    (change,) = world.plan(assistant(name="One"), keep_drift=True).changes

    assert (change.action, change.steps, change.drifted) == (Action.NOOP, (), True)
    assert change.note == "changed on the server and kept: name"


@given(data=st.data())
def test_keep_sends_no_field_that_drifted(data):
    fields = ["name", "description", "model", "instructions"]
    theirs = data.draw(st.sets(st.sampled_from(fields)))
    ours = data.draw(st.sets(st.sampled_from(fields)))
    wanted = assistant(**dict.fromkeys(fields, "old") | dict.fromkeys(ours, "new"))
    applied = assistant(**dict.fromkeys(fields, "old"))
    live = replace(
        LIVE,
        fields={**dict.fromkeys(fields, "old"), "tools": [], **dict.fromkeys(theirs, "theirs")},
        metadata={MARK_KEY: MARK},
        file_ids=(),
    )
    state = State(
        "lineage",
        3,
        bindings={
            WHERE: AssistantBinding("asst_1", "n", digests(ASSISTANTS_V1.fields, applied, []), echoes={})
        },
    )
    terms = PlanOptions("the server", ASSISTANTS_V1.fields, keep_drift=True)

    plan = planner.plan(Desired("acme", (wanted,)), Live({"asst_1": live}, {}), state, terms)

    (change,) = plan.changes
    assert set(change.values) == ours - theirs
    assert change.drifted == bool(theirs)


def test_fail_refuses_and_names_every_address_that_drifted(world):
    both = assistant("a", name="One"), assistant("b", name="One"), assistant("c", name="One")
    world.apply(*both)
    for one in world.assistants()[:2]:
        world.ask(lambda client, one=one: client.beta.assistants.update(one.id, name="Theirs"))
    plan = world.plan(*both)

    names = [str(change.address) for change in plan.changes if change.drifted]
    with pytest.raises(RefusedError, match=f"{', '.join(names)} changed on the server"):
        check(plan, Permissions(), drifted(plan))
    assert len(names) == 2
    check(plan, Permissions())
