"""A state that is older than the last apply: the ownership marks and the live objects overrule it."""

import shutil

import pytest
from builders import assistant, without_mark
from engine.deaths import Killed, change_of, mark_of

from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.engine.drift import drift
from reconciler.engine.guard import Permissions, outlook
from reconciler.model.address import assistant as address_of
from reconciler.model.change import Action, Reason
from reconciler.model.mark import MARK_KEY
from reconciler.model.plan import Counts

A, B = assistant("a"), assistant("b")


@pytest.fixture
def later(scene):
    """Apply what follows with the newest state, and then put back the one of now."""
    kept = scene.store.folder.parent / "kept"

    def applied(*steps):
        shutil.copytree(scene.store.folder, kept)
        for step in steps:
            step()
        shutil.rmtree(scene.store.folder)
        shutil.move(kept, scene.store.folder)

    return applied


def drifts(scene, *declared):
    """What `drift` shows with the state of now."""
    state = scene.store.load()
    looked = scene.ask(lambda client: _looked(scene, client, state, declared))
    return drift(ASSISTANTS_V1.fields, scene.desired(*declared), looked, state)


async def _looked(scene, client, state, declared):
    from reconciler.dialects.assistants_v1.wire import AssistantsV1  # noqa: PLC0415 - only here
    from reconciler.engine.observation import observe  # noqa: PLC0415 - only here
    from reconciler.engine.options import PlanOptions  # noqa: PLC0415 - only here

    terms = PlanOptions("the server", ASSISTANTS_V1.fields)
    seen = await observe(AssistantsV1(client, "the server"), scene.desired(*declared), state, terms)
    return seen.live


def text_of(plan):
    return " ".join(plan.notices)


# Addresses


def test_an_assistant_that_was_renamed_since_keeps_its_new_address(scene, later):
    scene.apply(A)
    scene.move("b", "a")
    later(lambda: scene.apply(B))
    scene.moved = {}

    plan = scene.plan(B)

    assert [(one.action, one.refused) for one in plan.changes] == [(Action.ADOPT, "")]
    assert plan.changes[0].moved_from == address_of("a")
    assert scene.apply(B).exit_code == 0
    assert scene.bound() == {"assistant.b": scene.only().id}
    assert not scene.plan(B).has_changes


def test_a_new_assistant_at_an_address_that_was_free_again_is_the_one_that_the_mark_names(scene, later):
    scene.apply(A)
    scene.move("b", "a")
    later(lambda: scene.apply(B), lambda: (scene.moved.clear(), scene.apply(A, B)))
    named = scene.named()

    plan = scene.plan(A, B)

    assert not any(one.refused or one.drifted for one in plan.changes)
    assert {str(one.address): one.id for one in plan.changes} == {
        "assistant.a": named["a"].id,
        "assistant.b": named["b"].id,
    }
    assert scene.apply(A, B).exit_code == 0
    assert len(scene.assistants()) == 2
    assert not scene.plan(A, B).has_changes


def test_what_was_renamed_and_is_not_declared_any_more_is_left_as_a_plan_without_a_state_leaves_it(
    scene, later
):
    scene.apply(A)
    scene.move("b", "a")
    later(lambda: scene.apply(B))
    scene.moved = {}

    plan = scene.plan()

    assert [(one.action, one.note) for one in plan.changes] == [
        (Action.FORGET, "its ownership mark names assistant.b since a later apply")
    ]
    assert "has our ownership mark as assistant.b" in text_of(plan)
    assert scene.apply().exit_code == 0
    assert scene.named().keys() == {"b"}
    assert not scene.plan().has_changes


def test_what_was_released_since_is_forgotten_and_stays(scene, later):
    scene.apply(A, B)
    scene.remove("a")
    later(lambda: scene.apply(B))
    scene.removed = frozenset()

    (change,) = [one for one in scene.plan(B).changes if one.is_visible]

    assert (change.action, change.steps) == (Action.FORGET, ())
    assert scene.apply(B).exit_code == 0
    assert len(scene.assistants()) == 2
    assert not scene.plan(B).has_changes


def test_an_assistant_that_was_released_and_created_again_is_the_later_one(scene, later):
    scene.apply(A)
    scene.remove("a")
    later(scene.apply, lambda: (setattr(scene, "removed", frozenset()), scene.apply(A)))
    later_id = scene.named()["a"].id

    (change,) = scene.plan(A).changes

    assert (change.action, change.id, change.refused) == (Action.ADOPT, later_id, "")


def test_an_address_that_was_released_and_taken_by_a_rename_is_the_one_of_the_mark(scene, later):
    scene.apply(A, B)
    scene.remove("a")
    later(
        lambda: scene.apply(B),
        lambda: (setattr(scene, "removed", frozenset()), scene.move("a", "b"), scene.apply(A)),
    )
    later_id = scene.named()["a"].id

    assert not any(one.refused for one in scene.plan(A).changes)
    assert scene.apply(A).exit_code == 0
    assert scene.bound() == {"assistant.a": later_id}
    assert not scene.plan(A).has_changes


def test_an_assistant_that_was_released_does_not_hide_one_that_was_created_and_renamed_since(scene, later):
    scene.apply(A)
    scene.remove("a")
    later(
        scene.apply,
        lambda: (setattr(scene, "removed", frozenset()), scene.apply(A)),
        lambda: (scene.move("b", "a"), scene.apply(B)),
    )
    later_id = scene.named()["b"].id

    assert [(one.id, one.refused) for one in scene.plan(B).changes if one.wanted] == [(later_id, "")]
    assert scene.apply(B).exit_code == 0
    assert scene.bound() == {"assistant.b": later_id}
    assert not scene.plan(B).has_changes


def test_a_copy_of_a_mark_does_not_take_the_place_of_an_assistant_that_lost_it(scene):
    scene.apply(A)
    mark = scene.only().metadata
    scene.edit(scene.only(), metadata={})
    scene.ask(lambda client: client.beta.assistants.create(model="gpt-5.6", metadata=mark))

    assert "does not have the ownership mark" in change_of(scene.plan(A), "assistant.a").refused


# Values


def described(text, **rest):
    return assistant("a", description=text, **rest)


def test_what_a_later_apply_sent_is_not_drift(scene, later):
    scene.apply(described("one"))
    later(lambda: scene.apply(described("two")))

    plan = scene.plan(described("three"))

    assert not plan.changes[0].drifted
    assert (plan.changes[0].reason, plan.counts) == (Reason.EDITED, Counts(0, 1, 0))
    assert "assistant.a: another run applied this after the state was saved" in text_of(plan)
    assert drifts(scene, described("three")) == ()
    scene.apply(described("three"))
    assert text_of(scene.plan(described("three"))) == ""


def test_what_another_user_changed_after_the_last_apply_is_still_drift(scene):
    scene.apply(described("one"))
    scene.edit(scene.only(), description="theirs")

    assert scene.plan(described("one")).changes[0].drifted
    assert [part.field for one in drifts(scene, described("one")) for part in one.fields] == ["description"]


def test_a_field_that_a_later_apply_let_go_of_is_left_alone(scene, later):
    scene.apply(described("one"))
    later(
        lambda: scene.apply(assistant("a")),
        lambda: scene.edit(scene.only(), description="theirs"),
    )

    assert not scene.plan(assistant("a")).has_changes
    scene.apply(assistant("a"))
    assert scene.only().description == "theirs"


def test_a_key_that_a_later_apply_let_go_of_is_left_alone(scene, later):
    scene.apply(assistant("a", metadata={"k": "u"}))
    later(
        lambda: scene.apply(assistant("a")),
        lambda: scene.edit(scene.only(), metadata={**scene.only().metadata, "k": "theirs"}),
    )

    assert not scene.plan(assistant("a")).has_changes
    scene.apply(assistant("a"))
    assert without_mark(scene.only().metadata) == {"k": "theirs"}


def test_what_an_interrupted_run_wrote_is_no_later_apply_and_an_edit_after_it_is_drift(scene):
    scene.apply(described("one", name="N"))
    scene.reaper.arm(2, after=True)
    with pytest.raises(Killed):
        scene.apply(described("two", name="N"))
    scene.reaper.rest()
    scene.edit(scene.only(), name="theirs")

    (change,) = scene.plan(described("two", name="N")).changes

    assert [(one.field, one.drifted) for one in change.fields] == [("name", True)]


def test_a_mark_of_an_earlier_version_is_not_rewritten_for_what_it_lacks(scene):
    scene.apply(described("one"))
    mark = scene.only().metadata[MARK_KEY].partition(" s=")[0]
    scene.edit(scene.only(), metadata={MARK_KEY: mark})

    assert mark_of(scene.only()).sent == ""
    assert not scene.plan(described("one")).has_changes


def test_what_a_later_apply_deleted_is_not_called_drift_where_another_mark_is_later(scene, later):
    scene.apply(A, B)
    later(lambda: scene.apply(assistant("b", description="two")))

    plan = scene.plan(A, assistant("b", description="two"))

    assert (change_of(plan, "assistant.a").action, change_of(plan, "assistant.a").reason) == (
        Action.CREATE,
        Reason.NEW,
    )
    assert not any(one.drifted for one in plan.changes)
    assert drifts(scene, A, assistant("b", description="two")) == ()


# Files


def test_a_file_that_was_replaced_since_is_found_again(scene, later):
    scene.apply(assistant("a", files=["a.md"]))
    scene.contents["a.md"] = b"new"
    later(lambda: scene.apply(assistant("a", files=["a.md"])))
    uploads = scene.files()

    plan = scene.plan(assistant("a", files=["a.md"]))

    assert change_of(plan, "file.a.md").action is Action.ADOPT
    assert plan.counts == Counts(0, 0, 0)
    scene.apply(assistant("a", files=["a.md"]))
    assert scene.files() == uploads


@pytest.mark.parametrize("state", ["older", "lost"])
def test_a_file_that_stays_is_not_uploaded_twice_where_another_one_changes(scene, later, state):
    scene.apply(assistant("a"))
    later(lambda: scene.apply(assistant("a", files=["a.md", "b.md"])))
    if state == "lost":
        scene.lose_state()
    (kept,) = (one for one, name in scene.files().items() if name == "b.md")
    scene.contents["a.md"] = b"new"

    plan = scene.plan(assistant("a", files=["a.md", "b.md"]))

    assert (change_of(plan, "file.b.md").action, change_of(plan, "file.b.md").id) == (Action.ADOPT, kept)
    assert "stays on the server" in text_of(plan)  # the upload of a.md before it changed
    scene.apply(assistant("a", files=["a.md", "b.md"]))
    assert sorted(scene.files().values()) == ["a.md", "a.md", "b.md"]
    assert kept in scene.only().file_ids


def test_what_another_user_attached_is_not_taken_for_ours(scene):
    scene.apply(assistant("a", files=["a.md", "b.md"]))
    theirs = scene.ask(lambda client: client.files.create(file=("c.md", b"theirs"), purpose="assistants"))
    ours = scene.only().id
    scene.ask(lambda client: client.beta.assistants.files.create(ours, file_id=theirs.id))
    scene.lose_state()
    scene.contents |= {"a.md": b"new", "c.md": b"theirs"}

    plan = scene.plan(assistant("a", files=["a.md", "b.md", "c.md"]))

    assert change_of(plan, "file.b.md").action is Action.ADOPT
    assert change_of(plan, "file.c.md").action is Action.CREATE


def test_the_uploads_of_an_assistant_that_is_deleted_are_named_where_the_state_does_not_know_them(
    scene, later
):
    scene.apply(A)
    later(lambda: scene.apply(assistant("a", files=["a.md"])))

    plan = scene.plan()

    assert plan.counts == Counts(0, 0, 1)
    assert f"{next(iter(scene.files()))}, attached to assistant.a, is not deleted: with an older state" in (
        text_of(plan)
    )


def test_a_state_of_which_nothing_is_left_is_adopted_as_without_one_where_our_marks_are(scene, later):
    scene.apply(A)
    later(scene.apply, lambda: scene.apply(A))

    plan = scene.plan(A)

    assert [change.action for change in plan.changes] == [Action.ADOPT]
    assert (plan.managed, plan.missing) == (0, 0)
    assert [*outlook(plan, Permissions())] == []


def test_what_was_deleted_beside_what_is_left_still_counts_for_the_share_that_is_destroyed(scene):
    names = [assistant(f"a{number}") for number in range(14)]
    scene.apply(*names)
    for one in scene.assistants()[:3]:
        scene.ask(lambda client, gone=one.id: client.beta.assistants.delete(gone))

    plan = scene.plan(*names[:10])

    assert (plan.managed, plan.missing) == (14, 3)
