"""What a plan says: by kinds of change, one behaviour a test."""

from dataclasses import replace

import pytest
from builders import FUNCTION, assistant, without_mark

from reconciler.model.change import Action, Reason, StepKind
from reconciler.model.mark import MARK_KEY, Mark
from reconciler.model.plan import Counts


def actions(plan):
    return {str(one.address): one.action for one in plan.changes if one.is_visible}


def kinds(change):
    return [step.kind for step in change.steps]


def edit(world, number=0, **fields):
    target = world.assistants()[number]
    world.ask(lambda client: client.beta.assistants.update(target.id, **fields))


def test_files_are_uploaded_before_the_assistants_that_carry_them(world):
    plan = world.plan(assistant(files=["a.md"]))

    assert [str(one.address) for one in plan.changes] == ["file.a.md", "assistant.support"]
    assert plan.counts == Counts(2, 0, 0)


def test_after_an_apply_there_is_nothing_to_do(world):
    wanted = assistant(name="support", files=["a.md"], tools=[FUNCTION], metadata={"team": "x"})
    world.apply(wanted)

    plan = world.plan(wanted)

    assert not plan.has_changes
    assert actions(plan) == {}


def test_equal_arguments_give_equal_plans(world):
    wanted = assistant(files=["b.md", "a.md"], description="x")

    assert replace(world.plan(wanted), basis=None) == replace(world.plan(wanted), basis=None)


def test_a_field_that_was_never_named_is_left_alone(world):
    world.apply(assistant())
    edit(world, description="set by hand", name="By hand", tools=[FUNCTION])

    assert not world.plan(assistant()).has_changes


@pytest.mark.parametrize("lost", [False, True], ids=["with the state", "without the state"])
def test_a_field_that_is_no_longer_named_is_cleared(world, lost):
    world.apply(assistant(description="x", tools=[FUNCTION], metadata={"team": "a", "tier": "b"}))
    edit(world, metadata={**world.only().metadata, "foreign": "stays"})
    if lost:
        world.lose_state()

    plan = world.plan(assistant(metadata={"team": "a"}))
    cleared = {one.field for one in plan.changes[0].fields if one.cleared}
    world.apply(assistant(metadata={"team": "a"}))

    assert cleared == {"description", "tools.function lookup", "metadata.tier"}
    assert world.only().description is None
    assert world.only().tools == []
    assert without_mark(world.only().metadata) == {"team": "a", "foreign": "stays"}


def test_null_clears_and_stays_cleared(world):
    world.apply(assistant(description="x", tools=[FUNCTION]))
    world.apply(assistant(description=None, tools=[]))

    assert world.only().description is None
    assert world.only().tools == []
    assert not world.plan(assistant(description=None, tools=[])).has_changes


def test_an_empty_text_is_the_same_as_none(world):
    world.apply(assistant(description=""))

    assert not world.plan(assistant(description="")).has_changes
    assert not world.plan(assistant(description=None)).has_changes


def test_metadata_is_managed_key_by_key(world):
    world.apply(assistant(metadata={"team": "a"}))
    edit(world, metadata={**world.only().metadata, "team": "b", "foreign": "x"})

    (change,) = world.plan(assistant(metadata={"team": "a"})).changes
    world.apply(assistant(metadata={"team": "a", "gone": None}))

    assert [(one.field, one.before, one.after) for one in change.fields] == [("metadata.team", "b", "a")]
    assert without_mark(world.only().metadata) == {"team": "a", "foreign": "x"}
    assert MARK_KEY in world.only().metadata


def test_tools_are_compared_as_a_set_and_parameters_as_json(world):
    other = {"type": "code_interpreter"}
    world.apply(assistant(tools=[FUNCTION, other]))
    shuffled = {"name": "lookup", "parameters": dict(reversed(FUNCTION["function"]["parameters"].items()))}
    same = {"type": "function", "function": {**shuffled, "description": "Look up."}}

    assert not world.plan(assistant(tools=[other, same])).has_changes


def test_a_changed_parameter_is_shown_by_its_path(world):
    world.apply(assistant(tools=[FUNCTION]))
    parameters = {"type": "object", "properties": {"id": {"type": "integer"}}}
    changed = {"type": "function", "function": {**FUNCTION["function"], "parameters": parameters}}

    (change,) = world.plan(assistant(tools=[changed])).changes
    (field,) = change.fields

    assert field.field == "tools.function lookup"
    assert [(one.path, one.before, one.after) for one in field.details] == [
        ("parameters.properties.id.type", "string", "integer")
    ]


def test_a_tool_of_an_unknown_type_is_taken_away_when_tools_are_managed(world):
    world.apply(assistant(tools=[{"type": "code_interpreter"}]))
    edit(world, tools=[{"type": "retrieval"}])

    (change,) = world.plan(assistant(tools=[{"type": "code_interpreter"}])).changes

    assert [(one.field, one.after is None) for one in change.fields] == [
        ("tools.code_interpreter", False),
        ("tools.retrieval", True),
    ]


def test_an_edit_behind_our_back_is_drift_and_is_set_back(world):
    world.apply(assistant(description="ours"))
    edit(world, description="theirs")

    (change,) = world.plan(assistant(description="ours")).changes
    world.apply(assistant(description="ours"))

    assert change.drifted
    assert change.reason is Reason.DRIFTED
    assert world.only().description == "ours"


def test_an_edit_of_ours_is_not_drift(world):
    world.apply(assistant(description="one"))

    (change,) = world.plan(assistant(description="two")).changes

    assert not change.drifted
    assert change.reason is Reason.EDITED


def test_ignored_changes_are_set_once_and_then_left(world):
    wanted = assistant(
        description="first", tools=[FUNCTION], metadata={"a": "b"}, files=["a.md"],
        ignored=["description", "tools", "metadata", "files"],
    )  # fmt: skip
    world.apply(wanted)
    found = world.only()
    edit(world, description="by hand", tools=[])
    world.ask(lambda client: client.beta.assistants.files.delete(found.file_ids[0], assistant_id=found.id))

    assert not world.plan(wanted).has_changes


def test_what_was_deleted_on_the_server_is_created_again(world):
    wanted = assistant(files=["a.md"])
    world.apply(wanted)
    found = world.only()
    world.ask(lambda client: client.beta.assistants.delete(found.id))
    world.ask(lambda client: client.files.delete(found.file_ids[0]))

    plan = world.plan(wanted)

    assert [(one.action, one.reason, one.drifted) for one in plan.changes] == [
        (Action.CREATE, Reason.GONE, True),
        (Action.CREATE, Reason.GONE, True),
    ]


def test_an_unmarked_assistant_of_the_same_name_is_somebody_elses(world):
    world.ask(lambda client: client.beta.assistants.create(model="m", name="Support"))
    world.apply(assistant(name="Support"))
    world.apply()

    assert [one.metadata for one in world.assistants()] == [{}]


def test_what_is_no_longer_declared_is_deleted_files_after_assistants(world):
    world.apply(assistant(files=["a.md"]))

    plan = world.plan()

    assert [(str(one.address), one.action) for one in plan.changes] == [
        ("assistant.support", Action.DELETE),
        ("file.a.md", Action.DELETE),
    ]
    assert plan.counts == Counts(0, 0, 2)


def test_nothing_is_deleted_whose_mark_was_taken_away(world):
    world.apply(assistant())
    edit(world, metadata={})

    (change,) = world.plan().changes
    report = world.apply()

    assert change.action is Action.FORGET
    assert "does not have our ownership mark any more" in change.note
    assert report.exit_code == 0
    assert len(world.assistants()) == 1
    assert world.store.load().bindings == {}


def test_a_destroy_does_not_pass_over_what_lost_its_mark(world):
    world.apply(assistant())
    edit(world, metadata={})

    report = world.apply(because=Reason.DESTROY)

    assert "does not have the ownership mark" in report.outcomes[0].message
    assert report.exit_code == 5
    assert len(world.assistants()) == 1


def test_nothing_is_updated_whose_mark_was_taken_away_and_the_remedy_works(world):
    world.apply(assistant(description="ours"))
    mark = world.only().metadata[MARK_KEY]
    edit(world, metadata={}, description="theirs")

    (change,) = world.plan(assistant(description="ours")).changes
    assert mark[: mark.index(" f=")] in change.refused
    edit(world, metadata={MARK_KEY: mark})

    assert world.apply(assistant(description="ours")).exit_code == 0
    assert world.only().description == "ours"


def test_a_lost_state_is_found_again_by_the_marks_files_included(world):
    wanted = [assistant(files=["a.md", "b.md"]), assistant("other", files=["b.md"])]
    world.apply(*wanted)
    before = world.assistants(), world.files()
    world.lose_state()
    world.forget_requests()

    plan = world.plan(*wanted)
    world.apply(*wanted)

    assert set(actions(plan).values()) == {Action.ADOPT}
    assert plan.counts == Counts()
    assert world.requests("POST", "DELETE") == []
    assert (world.assistants(), world.files()) == before
    assert not world.plan(*wanted).has_changes


def test_an_adopted_assistant_is_brought_in_line_at_once(world):
    world.apply(assistant(description="one"))
    world.lose_state()

    (change,) = world.plan(assistant(description="two")).changes
    world.apply(assistant(description="two"))

    assert (change.action, change.counts_as) == (Action.ADOPT, Action.UPDATE)
    assert world.only().description == "two"


def test_two_objects_with_one_mark_and_no_state_are_refused(world):
    world.apply(assistant())
    clone(world)
    world.lose_state()

    (change,) = world.plan(assistant()).changes

    assert "all have the ownership mark" in change.refused


def clone(world):
    original = world.only()
    world.ask(lambda client: client.beta.assistants.create(model=original.model, metadata=original.metadata))


def test_a_clone_is_left_alone_and_named(world):
    world.apply(assistant())
    clone(world)
    copy = world.assistants()[1].id

    plan = world.plan(assistant(), prune=True)
    world.apply(assistant(description="x"), prune=True)

    assert not plan.has_changes
    assert copy in plan.notices[0]
    assert [one.description for one in world.assistants()] == ["x", None]


def test_a_marked_leftover_is_reported_and_deleted_only_when_asked(world):
    world.apply(assistant())
    world.lose_state()

    plan = world.plan()
    assert not plan.has_changes
    assert "--prune-marked" in plan.notices[0]

    world.apply(prune=True)
    assert world.assistants() == []


def test_another_projects_marks_are_none_of_ours(world):
    world.apply(assistant())
    world.lose_state()
    desired = world.desired(assistant(), project="other")

    assert not desired.owns(mark_of(world.only()))


def mark_of(live):
    return Mark.parse(live.metadata[MARK_KEY])


def test_prevent_destroy_refuses_the_deletion_even_when_the_block_is_gone(world):
    world.apply(assistant(protected=True), assistant("other"))

    report = world.apply()

    assert report.exit_code == 3
    assert [mark_of(one).name for one in world.assistants()] == ["support"]


def test_taking_prevent_destroy_back_needs_one_apply(world):
    world.apply(assistant(protected=True))
    world.apply(assistant(protected=False))

    assert world.apply().exit_code == 0
    assert world.assistants() == []


def test_only_the_mark_changes_when_an_equal_field_becomes_managed(world):
    world.apply(assistant())

    (change,) = world.plan(assistant(description=None)).changes
    world.apply(assistant(description=None))

    assert kinds(change) == [StepKind.UPDATE]
    assert "ownership mark" in change.note
    assert mark_of(world.only()).letters == "dm"
