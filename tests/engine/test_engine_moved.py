"""An assistant gets another address: the same one on the server, nothing deleted, nothing made twice."""

from dataclasses import replace
from textwrap import dedent

import httpx
import pytest
from builders import assistant, without_mark
from engine.deaths import change_of, dying, mark_of
from faults import Faulty, at

from reconciler.engine.guard import Permissions, check
from reconciler.engine.selection import selection
from reconciler.errors import UsageError
from reconciler.model.address import assistant as address_of
from reconciler.model.change import Action, Reason, StepKind
from reconciler.model.mark import MARK_KEY
from reconciler.model.outcome import Cause
from reconciler.model.plan import Counts
from reconciler.store.editing import renamed

OLD = assistant("support", description="x", files=["a.md"])
NEW = assistant("helpdesk", description="x", files=["a.md"])
REFUSAL = httpx.Response(400, json={"error": {"message": "no"}})


@pytest.fixture
def moving(scene):
    """An assistant that was applied under its old address, and a configuration that gives it a new one."""
    scene.apply(OLD)
    scene.move("helpdesk", "support")
    scene.forget_requests()
    return scene


def test_a_move_is_one_update_that_rewrites_the_mark(moving):
    before = moving.only()

    report = moving.apply(NEW)

    assert report.exit_code == 0
    assert moving.requests("POST", "DELETE") == [f"POST /v1/assistants/{before.id}"]
    assert moving.bound().keys() == {"assistant.helpdesk", "file.a.md"}
    assert mark_of(moving.only()) == replace(mark_of(before), name="helpdesk")
    assert moving.only().model_dump(exclude={"metadata"}) == before.model_dump(exclude={"metadata"})


def test_a_move_sends_nothing_but_metadata(moving):
    sent = []
    moving.transport = lambda inner: Faulty(inner, lambda request: sent.append(request.content))

    moving.apply(NEW)

    assert next(one for one in sent if one).startswith(b'{"metadata":')
    assert b"description" not in b"".join(sent)


def test_a_move_reads_so(moving):
    live = moving.only().id

    assert moving.shown(NEW) == dedent(
        f"""\

          ~ assistant.helpdesk will be updated  {live}
              moved from assistant.support
              only the ownership mark is updated: it gets the new address

        Also: 1 moved.
        Plan: 0 to add, 1 to change, 0 to destroy.
        """
    )


def test_a_move_with_an_edit_reads_so(moving):
    live, upload = moving.only().id, next(iter(moving.files()))

    assert moving.shown(assistant("helpdesk", description="y", files=[])) == dedent(
        f"""\

          ~ assistant.helpdesk will be updated  {live}
              moved from assistant.support
              ~ description   "x" → "y"
              - detach a.md  {upload}

          - file.a.md will be deleted  {upload}
              no longer in the configuration

        Also: 1 moved.
        Plan: 0 to add, 1 to change, 1 to destroy.
        """
    )


def test_after_a_move_there_is_nothing_to_do_with_moved_and_without_it(moving):
    moving.apply(NEW)

    assert not moving.plan(NEW).has_changes
    moving.moved = {}
    assert not moving.plan(NEW).has_changes
    assert not moving.plan(NEW).notices


def test_what_the_state_knew_of_the_old_address_holds_for_the_new_one(moving):
    moving.edit(moving.only(), description="theirs")

    change = change_of(moving.plan(NEW), "assistant.helpdesk")
    assert (change.reason, change.drifted, change.moved_from) == (
        Reason.DRIFTED, True, address_of("support"),
    )  # fmt: skip

    moving.apply(assistant("helpdesk", files=["a.md"]))
    assert moving.only().description is None


def test_a_replaced_file_does_not_hide_a_move(moving):
    moving.contents["a.md"] = b"rewritten"

    plan = moving.plan(NEW)
    moving.apply(NEW)

    assert plan.counts == Counts(0, 2, 0)
    assert mark_of(moving.only()).name == "helpdesk"
    assert moving.only().file_ids == list(moving.files())


@pytest.mark.parametrize("names", [["support", "b", "c"], ["b", "support"], ["c", "b", "support"]])
def test_an_assistant_is_found_under_any_address_it_ever_had(scene, names):
    scene.apply(OLD)
    scene.move("helpdesk", *names)

    assert change_of(scene.plan(NEW), "assistant.helpdesk").moved_from == address_of("support")
    assert scene.apply(NEW).exit_code == 0
    assert not scene.plan(NEW).has_changes
    assert len(scene.assistants()) == 1


def test_the_latest_of_two_old_addresses_moves_and_the_other_is_deleted(scene):
    scene.apply(assistant("a"), assistant("b"))
    kept = scene.named()["b"].id
    scene.move("helpdesk", "b", "a")

    assert scene.plan(assistant("helpdesk")).counts == Counts(0, 1, 1)
    scene.apply(assistant("helpdesk"))

    assert scene.only().id == kept


def test_without_moved_another_name_is_another_assistant(scene):
    scene.apply(OLD)

    assert scene.plan(NEW).counts == Counts(1, 0, 1)


def test_a_lost_state_is_found_again_by_the_old_mark(moving):
    before = moving.only().id, moving.files()
    moving.lose_state()

    change = change_of(moving.plan(NEW), "assistant.helpdesk")
    moving.apply(NEW)

    assert (change.action, change.reason) == (Action.ADOPT, Reason.MARKED)
    assert change.moved_from == address_of("support")
    assert (moving.only().id, moving.files()) == before
    assert moving.requests("POST", "DELETE") == [f"POST /v1/assistants/{before[0]}"]
    assert not moving.plan(NEW).has_changes


def clone(scene, **fields):
    original = scene.assistants()[0]
    return scene.ask(
        lambda client: client.beta.assistants.create(
            **{"model": "m", "metadata": original.metadata, **fields}
        )
    )


def test_two_objects_with_the_old_mark_and_no_state_are_refused_and_never_pruned(moving):
    clone(moving)
    moving.lose_state()

    change = change_of(moving.plan(NEW), "assistant.helpdesk")
    report = moving.apply(NEW, prune=True)

    assert "all have the ownership mark of assistant.support" in change.refused
    assert report.exit_code != 0
    assert len(moving.assistants()) == 2


def test_the_new_mark_comes_before_the_old_one_when_the_state_is_lost(moving):
    old = moving.only().id
    mark = replace(mark_of(moving.only()), name="helpdesk")
    new = clone(moving, metadata={MARK_KEY: str(mark)}).id
    moving.lose_state()

    plan = moving.plan(NEW)

    assert change_of(plan, "assistant.helpdesk").id == new
    assert [old in notice for notice in plan.notices] == [True]


def bind(scene, name, found):
    """The state says so too, as a run leaves it that dies between two lines of its journal."""
    binding = scene.store.load().bindings[address_of("support")]
    mark = replace(mark_of(found), name=name)
    scene.store.record(address_of(name), replace(binding, id=found.id, mark=mark.digest))


def test_when_both_addresses_are_bound_to_one_assistant_the_old_one_is_only_forgotten(moving):
    bind(moving, "helpdesk", moving.only())
    live = moving.only().id
    moving.moved = {}
    moving.edit(moving.only(), metadata={MARK_KEY: str(replace(mark_of(moving.only()), name="helpdesk"))})
    moving.forget_requests()

    assert moving.shown(NEW) == dedent(
        f"""\

          ~ assistant.support will be forgotten  {live}
              it is assistant.helpdesk

        Also: 1 to forget.
        Plan: 0 to add, 0 to change, 0 to destroy.
        """
    )
    assert moving.apply(NEW).exit_code == 0
    assert moving.requests("POST", "DELETE") == []
    assert moving.bound().keys() == {"assistant.helpdesk", "file.a.md"}
    assert not moving.plan(NEW).has_changes


def test_when_both_addresses_are_other_assistants_the_old_one_is_unwanted_and_the_plan_says_why(scene):
    scene.apply(OLD, NEW)
    named = scene.named()
    scene.move("helpdesk", "support")

    plan = scene.plan(NEW)
    change = change_of(plan, "assistant.support")
    scene.apply(NEW)

    assert (change.action, change.id) == (Action.DELETE, named["support"].id)
    assert change.note == "it cannot move: assistant.helpdesk is another assistant already"
    assert plan.counts == Counts(0, 0, 1)
    assert scene.only().id == named["helpdesk"].id


def test_the_old_one_of_two_needs_its_own_mark_to_be_deleted(scene):
    scene.apply(OLD, NEW)
    scene.move("helpdesk", "support")
    new = scene.named()["helpdesk"]
    scene.edit(scene.named()["support"], metadata=new.metadata)

    change = change_of(scene.plan(NEW), "assistant.support")

    assert "does not have the ownership mark of assistant.support" in change.refused
    assert scene.apply(NEW).exit_code == 5
    assert len(scene.assistants()) == 2


def test_the_old_one_of_two_stays_when_it_is_protected(scene):
    scene.apply(replace(OLD, protected=True), NEW)
    scene.move("helpdesk", "support")

    assert "prevent_destroy" in change_of(scene.plan(NEW), "assistant.support").refused


@pytest.mark.parametrize("metadata", [{}, {MARK_KEY: "not a Mark"}], ids=["none", "strange"])
def test_nothing_is_moved_whose_mark_was_taken_away(moving, metadata):
    moving.edit(moving.only(), metadata=metadata)

    change = change_of(moving.plan(NEW), "assistant.helpdesk")

    assert "does not have the ownership mark of assistant.support" in change.refused
    assert moving.apply(NEW).exit_code == 5
    assert moving.bound().keys() == {"assistant.support", "file.a.md"}
    assert len(moving.assistants()) == 1


def test_the_mark_of_another_entry_is_no_proof(scene):
    scene.apply(OLD, assistant("sales"))
    scene.move("helpdesk", "support")
    scene.move("shop", "sales")
    named = scene.named()
    scene.edit(named["support"], metadata=named["sales"].metadata)

    plan = scene.plan(NEW, assistant("shop"))

    assert "does not have the ownership mark" in change_of(plan, "assistant.helpdesk").refused
    assert not change_of(plan, "assistant.shop").refused


def test_when_the_new_one_was_deleted_on_the_server_the_old_one_takes_its_place(scene):
    scene.apply(OLD, NEW)
    named = scene.named()
    scene.ask(lambda client: client.beta.assistants.delete(named["helpdesk"].id))
    scene.move("helpdesk", "support")

    assert scene.plan(NEW).counts == Counts(0, 1, 0)
    scene.apply(NEW)

    assert scene.only().id == named["support"].id
    assert not scene.plan(NEW).has_changes


def test_what_was_deleted_on_the_server_is_created_under_its_new_address(moving):
    found = moving.only().id
    moving.ask(lambda client: client.beta.assistants.delete(found))

    plan = moving.plan(NEW)
    moving.apply(NEW)

    assert [(str(one.address), one.action) for one in plan.changes if one.is_visible] == [
        ("assistant.helpdesk", Action.CREATE),
        ("assistant.support", Action.FORGET),
    ]
    assert change_of(plan, "assistant.helpdesk").reason is Reason.GONE
    assert not moving.plan(NEW).has_changes


def test_prevent_destroy_moves_along(scene):
    scene.apply(replace(OLD, protected=True))
    scene.move("helpdesk", "support")
    scene.apply(replace(NEW, protected=True))
    scene.moved = {}

    assert mark_of(scene.only()).is_protected
    assert scene.store.load().assistant(address_of("helpdesk")).protected
    assert scene.apply().exit_code == 5
    assert len(scene.assistants()) == 1


def test_what_the_configuration_protects_under_its_new_address_stays_although_it_never_moved(moving):
    protected = frozenset({address_of("helpdesk")})

    plan = moving.plan(protected=protected, because=Reason.DESTROY)

    assert "prevent_destroy" in change_of(plan, "assistant.support").refused


def test_a_target_moves_and_nothing_else_happens(scene):
    scene.apply(OLD, assistant("other"))
    scene.move("helpdesk", "support")
    wanted = [NEW, assistant("other", description="new")]
    only = selection(scene.plan(*wanted), scene.desired(*wanted), ["assistant.helpdesk"], [])

    assert scene.apply(*wanted, targets=only).exit_code == 0
    assert scene.bound().keys() == {"assistant.helpdesk", "assistant.other", "file.a.md"}
    assert {name: one.description for name, one in scene.named().items()} == {"helpdesk": "x", "other": None}


def test_a_target_brings_what_is_only_forgotten_because_of_it(moving):
    bind(moving, "helpdesk", moving.only())
    only = selection(moving.plan(NEW), moving.desired(NEW), ["assistant.helpdesk"], [])

    assert address_of("support") in only
    assert moving.apply(NEW, targets=only).exit_code == 0
    assert moving.bound().keys() == {"assistant.helpdesk", "file.a.md"}


@pytest.mark.parametrize(
    ("targets", "excluded"),
    [(["assistant.other"], []), ([], ["assistant.helpdesk"])],
    ids=["target", "exclude"],
)
def test_what_is_not_selected_neither_moves_nor_goes(scene, targets, excluded):
    scene.apply(OLD, assistant("other"))
    scene.move("helpdesk", "support")
    wanted = [NEW, assistant("other", description="new")]
    only = selection(scene.plan(*wanted), scene.desired(*wanted), targets, excluded)

    assert scene.apply(*wanted, targets=only).exit_code == 0
    assert scene.bound().keys() == {"assistant.support", "assistant.other", "file.a.md"}
    assert scene.apply(*wanted).exit_code == 0
    assert scene.named().keys() == {"helpdesk", "other"}


def test_the_old_address_cannot_be_selected_and_the_error_names_the_new_one(moving):
    with pytest.raises(UsageError, match=r"'assistant\.support'; it moved to assistant\.helpdesk"):
        selection(moving.plan(NEW), moving.desired(NEW), ["assistant.support"], [])


def test_a_move_is_no_deletion_and_a_missing_one_still_warns(moving):
    check(moving.plan(NEW), Permissions(max_destroy=0))
    found = moving.only().id
    moving.ask(lambda client: client.beta.assistants.delete(found))
    for upload in moving.files():
        moving.ask(lambda client, upload=upload: client.files.delete(upload))

    plan = moving.plan(NEW)

    assert (plan.managed, plan.missing) == (2, 2)


def test_equal_arguments_give_equal_plans(moving):
    moving.remove("nobody")

    assert moving.plan(NEW) == moving.plan(NEW)


def test_an_edit_between_plan_and_write_leaves_the_old_binding(moving):
    found = moving.only()

    async def edit(client):
        await client.beta.assistants.update(found.id, name="theirs")

    report = moving.apply(NEW, between=edit)

    assert (report.exit_code, report.outcomes[0].cause) == (4, Cause.STALE)
    assert "assistant.support" in moving.bound()
    assert moving.apply(NEW).exit_code == 0


def test_a_refused_write_leaves_the_old_binding_and_the_next_run_moves(moving):
    at(moving, "POST", f"/assistants/{moving.only().id}", REFUSAL)

    assert moving.apply(NEW).exit_code == 1
    assert moving.bound().keys() == {"assistant.support", "file.a.md"}
    assert moving.apply(NEW).exit_code == 0
    assert not moving.plan(NEW).has_changes


@pytest.mark.parametrize("after", [False, True], ids=["before it counts", "after it counts"])
def test_a_write_whose_answer_was_lost_is_finished_by_the_next_run(moving, after):
    found = moving.only().id
    at(moving, "POST", f"/assistants/{found}", httpx.ReadTimeout("late"), after=after)

    assert moving.apply(NEW).exit_code == 3
    assert moving.apply(NEW).exit_code == 0
    assert moving.only().id == found
    assert not moving.plan(NEW).has_changes


def test_a_server_that_keeps_the_old_mark_is_a_failure(moving):
    found = moving.only()
    at(moving, "POST", f"/assistants/{found.id}", httpx.Response(200, json=found.model_dump()))

    report = moving.apply(NEW)

    assert report.exit_code == 3
    assert "ignores metadata in updates" in report.outcomes[0].message
    assert "assistant.support" in moving.bound()


def test_what_an_interrupted_run_created_moves_and_is_not_deleted(scene):
    at(scene, "POST", "/assistants", httpx.ReadTimeout("late"), after=True)
    lost = scene.transport
    nothing = httpx.Response(200, json={"object": "list", "data": [], "has_more": False})

    def blind(request):
        return nothing if (request.method, request.url.path) == ("GET", "/v1/assistants") else None

    scene.transport = lambda inner: Faulty(lost(inner), blind)
    assert scene.apply(OLD).exit_code == 3
    scene.transport = lambda inner: inner
    found = scene.only().id
    scene.move("helpdesk", "support")

    assert scene.apply(NEW).exit_code == 0
    assert scene.only().id == found
    assert not scene.plan(NEW).has_changes
    assert scene.store.load().pending == ()


def applied(world):
    world.apply(OLD, assistant("other", files=["b.md"]))
    world.move("helpdesk", "support")


def described(world):
    world.apply(replace(NEW, fields={"model": "m"}), assistant("other", files=["b.md"]), parallelism=1)


EDITED = assistant("helpdesk", description="y", files=["b.md"])


def edited(world):
    world.apply(EDITED, assistant("other", files=["b.md"]), parallelism=1)


def plain_move(world):
    world.apply(NEW, assistant("other", files=["b.md"]), parallelism=1)


def unremembered(world):
    applied(world)
    world.lose_state()


def renamed_in_state(world):
    """The state alone is given the new address; the configuration has no `moved`."""
    world.apply(OLD, assistant("other", files=["b.md"]))
    with world.store.lock("state mv"):
        state = world.store.load()
        world.store.save(renamed(state, address_of("support"), address_of("helpdesk")), state.serial)


@pytest.mark.parametrize(
    ("before", "then"),
    [
        pytest.param(renamed_in_state, plain_move, id="moved in the state"),
        pytest.param(renamed_in_state, edited, id="moved in the state, edited, and other files"),
        pytest.param(applied, plain_move, id="moved"),
        pytest.param(applied, edited, id="moved, edited, and other files"),
        pytest.param(unremembered, plain_move, id="moved without the state"),
        pytest.param(unremembered, described, id="moved and edited without the state"),
    ],
)
def test_a_move_that_dies_at_any_write_is_finished_by_the_next_run(tmp_path, before, then):
    deaths = 0
    for world in dying(tmp_path, before, then):
        deaths += 1
        seen = {one.id for one in world.assistants()}
        world.forget_requests()

        then(world)

        assert {one.id for one in world.assistants()} == seen
        assert world.named().keys() == {"helpdesk", "other"}
        assert "POST /v1/assistants" not in world.requests("POST")
        assert not [one for one in world.requests("DELETE") if "/files" not in one]
        assert world.files().keys() == {file for one in world.assistants() for file in one.file_ids}
        assert "assistant.support" not in world.bound()
        world.forget_requests()
        then(world)
        assert world.requests("POST", "DELETE") == []
    assert deaths >= 8


def test_a_move_that_died_after_the_mark_was_rewritten_needs_moved_no_more(tmp_path):
    finished = 0
    for world in dying(tmp_path, applied, plain_move):
        if "helpdesk" not in world.named():
            continue
        finished += 1
        world.moved = {}
        world.forget_requests()

        plain_move(world)

        assert world.requests("POST", "DELETE") == []
        assert world.bound().keys() == {"assistant.helpdesk", "assistant.other", "file.a.md", "file.b.md"}
    assert finished >= 5


def test_a_move_that_died_is_destroyed_whole_when_moved_is_known(tmp_path):
    for world in dying(tmp_path, applied, edited):
        report = world.apply(because=Reason.DESTROY)

        assert report.exit_code == 0
        assert world.assistants() == []
        assert world.files() == {}


def test_metadata_of_others_survives_a_move(moving):
    found = moving.only()
    moving.edit(found, metadata={**found.metadata, "theirs": "stays"})
    moving.apply(NEW)

    assert without_mark(moving.only().metadata) == {"theirs": "stays"}


def test_what_a_dead_run_moved_is_only_written_to_the_state(moving):
    found = moving.only()
    moving.edit(found, metadata={MARK_KEY: str(replace(mark_of(found), name="helpdesk"))})

    change = change_of(moving.plan(NEW), "assistant.helpdesk")

    assert (change.action, change.reason, change.steps) == (Action.ADOPT, Reason.RENAMED, ())
    assert moving.shown(NEW).endswith(
        "Also: 1 to adopt, 1 moved.\nPlan: 0 to add, 0 to change, 0 to destroy.\n"
    )


def test_files_attached_before_the_mark_is_rewritten_are_managed_under_the_old_address(scene):
    scene.apply(assistant("support"))
    scene.move("helpdesk", "support")
    found = scene.only().id
    at(scene, "POST", f"/assistants/{found}", REFUSAL)

    assert scene.apply(NEW).exit_code == 3
    scene.moved = {}

    assert scene.apply(assistant("support")).exit_code == 0
    assert scene.only().file_ids == []
    assert scene.files() == {}


def test_the_steps_of_a_move_end_with_what_the_old_files_need(moving):
    change = change_of(moving.plan(EDITED), "assistant.helpdesk")

    assert [one.kind for one in change.steps] == [StepKind.ATTACH, StepKind.UPDATE, StepKind.DETACH]
