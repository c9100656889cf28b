"""An assistant is forgotten: it stays on the server, without our Mark, and so do its uploads."""

from dataclasses import replace
from textwrap import dedent

import httpx
import pytest
from builders import assistant, without_mark
from engine.deaths import change_of, dying, mark_of
from faults import Faulty, at

from reconciler.engine.guard import Permissions, check
from reconciler.engine.selection import selection
from reconciler.errors import RefusedError
from reconciler.model.address import assistant as address_of
from reconciler.model.address import file as file_of
from reconciler.model.change import Action, Reason
from reconciler.model.mark import MARK_KEY
from reconciler.model.outcome import Result
from reconciler.model.plan import Counts

SUPPORT = assistant("support", description="x", files=["a.md"], metadata={"team": "a"})
OTHER = assistant("other")
REFUSAL = httpx.Response(400, json={"error": {"message": "no"}})


@pytest.fixture
def leaving(scene):
    """Two assistants, one of which the configuration forgets."""
    scene.apply(SUPPORT, OTHER)
    scene.remove("support")
    scene.forget_requests()
    return scene


def support_of(scene):
    """The assistant that is, or was, ours; the other one carries no description."""
    return next((one for one in scene.assistants() if one.description == "x"), None)


def test_what_is_removed_stays_without_our_mark_and_leaves_the_state(leaving):
    before = support_of(leaving)

    report = leaving.apply(OTHER)

    assert report.exit_code == 0
    assert leaving.requests("POST", "DELETE") == [f"POST /v1/assistants/{before.id}"]
    assert leaving.bound().keys() == {"assistant.other"}
    assert support_of(leaving).metadata == {"team": "a"}
    assert support_of(leaving).model_dump(exclude={"metadata"}) == before.model_dump(exclude={"metadata"})
    assert list(leaving.files()) == before.file_ids


def test_a_removal_sends_nothing_but_metadata(leaving):
    sent = []
    leaving.transport = lambda inner: Faulty(inner, lambda request: sent.append(request.content))

    leaving.apply(OTHER)

    assert [one for one in sent if one] == [b'{"metadata":{"team":"a"}}']


def test_the_last_pair_is_taken_out_too(scene):
    scene.apply(OTHER)
    scene.remove("other")

    assert scene.apply().exit_code == 0
    assert scene.only().metadata == {}


def test_a_removal_reads_so(leaving):
    found = support_of(leaving)

    assert leaving.shown(OTHER) == dedent(
        f"""\

          ~ assistant.support will be forgotten, and stays on the server  {found.id}
              its ownership mark is removed

          ~ file.a.md will be forgotten, and stays on the server  {found.file_ids[0]}
              it stays with assistant.support

        Also: 2 to forget.
        Plan: 0 to add, 0 to change, 0 to destroy.
        """
    )


def test_a_removal_counts_as_nothing_in_the_plan_and_in_the_report(leaving):
    assert leaving.plan(OTHER).counts == Counts()
    assert leaving.plan(OTHER).has_changes
    assert leaving.apply(OTHER).counts == Counts()


def test_after_a_removal_there_is_nothing_to_do_with_removed_and_without_it(leaving):
    leaving.apply(OTHER)

    assert not leaving.plan(OTHER).has_changes
    leaving.removed = frozenset()
    assert not leaving.plan(OTHER).has_changes
    assert not leaving.plan(OTHER).notices
    leaving.apply(OTHER, prune=True)
    assert support_of(leaving)


def test_nothing_is_forgotten_that_carries_a_strange_mark(leaving):
    metadata = {MARK_KEY: "not a Mark"}
    leaving.edit(support_of(leaving), metadata=metadata)

    change = change_of(leaving.plan(OTHER), "assistant.support")
    report = leaving.apply(OTHER)

    assert "does not have the ownership mark of assistant.support" in change.refused
    assert change.refused.endswith("to let it go, remove that key")
    assert report.exit_code == 5
    assert support_of(leaving).metadata == metadata
    assert change_of(leaving.plan(OTHER), "file.a.md").reason is Reason.IN_USE


def test_what_another_owner_has_taken_over_is_forgotten_without_a_write(leaving):
    foreign = {MARK_KEY: str(replace(mark_of(support_of(leaving)), project="theirs"))}
    leaving.edit(support_of(leaving), metadata=foreign)
    leaving.forget_requests()

    change = change_of(leaving.plan(OTHER), "assistant.support")
    report = leaving.apply(OTHER)

    assert (change.action, change.reason) == (Action.FORGET, Reason.OVERTAKEN)
    assert "taken over by theirs/- as assistant.support" in change.note
    assert (report.exit_code, leaving.requests("POST", "DELETE")) == (0, [])
    assert support_of(leaving).metadata == foreign
    assert not leaving.plan(OTHER).changes[1:]
    assert leaving.files()


def test_what_carries_no_mark_any_more_is_forgotten_without_a_call(leaving):
    leaving.edit(support_of(leaving), metadata={"theirs": "x"})
    leaving.forget_requests()

    assert "its ownership mark is removed already" in leaving.shown(OTHER)
    assert leaving.apply(OTHER).exit_code == 0
    assert leaving.requests("POST", "DELETE") == []
    assert leaving.bound().keys() == {"assistant.other"}
    assert len(leaving.files()) == 1


def test_what_is_gone_from_the_server_is_plainly_forgotten(leaving):
    found = support_of(leaving).id
    leaving.ask(lambda client: client.beta.assistants.delete(found))

    change = change_of(leaving.plan(OTHER), "assistant.support")
    leaving.apply(OTHER)

    assert (change.action, change.reason, change.steps) == (Action.FORGET, Reason.GONE, ())
    assert leaving.bound().keys() == {"assistant.other"}
    assert leaving.files() == {}


def test_an_address_to_forget_that_is_a_declared_assistant_by_now_costs_it_nothing(scene):
    scene.apply(OTHER)
    binding = scene.store.load().bindings[address_of("other")]
    scene.store.record(address_of("support"), binding)
    scene.remove("support")
    scene.forget_requests()

    assert scene.apply(OTHER).exit_code == 0
    assert scene.requests("POST", "DELETE") == []
    assert scene.bound().keys() == {"assistant.other"}
    assert mark_of(scene.only()).name == "other"


def test_without_the_state_it_is_found_by_its_mark(leaving):
    leaving.lose_state()

    change = change_of(leaving.plan(OTHER, prune=True), "assistant.support")
    leaving.apply(OTHER, prune=True)

    assert (change.action, change.reason) == (Action.FORGET, Reason.REMOVED)
    assert support_of(leaving).metadata == {"team": "a"}
    assert len(leaving.files()) == 1
    assert not leaving.plan(OTHER).has_changes


def test_two_with_one_mark_and_no_state_are_refused_and_never_pruned(leaving):
    found = support_of(leaving)
    leaving.ask(lambda client: client.beta.assistants.create(model="m", metadata=found.metadata))
    leaving.lose_state()

    change = change_of(leaving.plan(OTHER), "assistant.support")
    leaving.apply(OTHER, prune=True)

    assert "all have the ownership mark of assistant.support" in change.refused
    assert len(leaving.assistants()) == 3


def test_prevent_destroy_does_not_stand_in_the_way(scene):
    scene.apply(replace(SUPPORT, protected=True))
    scene.remove("support")

    assert scene.apply().exit_code == 0
    assert without_mark(scene.only().metadata) == scene.only().metadata


def test_destroy_forgets_what_the_configuration_forgets(leaving):
    assert leaving.apply(because=Reason.DESTROY).exit_code == 0
    assert [one.description for one in leaving.assistants()] == ["x"]
    assert len(leaving.files()) == 1


def test_a_file_that_others_carry_stays_bound(scene):
    scene.apply(SUPPORT, assistant("other", files=["a.md"]))
    scene.remove("support")
    wanted = assistant("other", files=["a.md"])

    assert scene.apply(wanted).exit_code == 0
    assert scene.bound().keys() == {"assistant.other", "file.a.md"}
    assert not scene.plan(wanted).has_changes


def test_an_upload_that_only_the_removed_one_carries_from_now_on_is_left_to_it(scene):
    """The other one gets the new content in the same run; the old upload is not ours any more."""
    wanted = assistant("other", files=["a.md"])
    scene.apply(SUPPORT, wanted)
    (old,) = scene.files()
    scene.remove("support")
    scene.contents["a.md"] = b"rewritten"

    assert scene.apply(wanted).exit_code == 0
    assert support_of(scene).file_ids == [old]
    assert len(scene.files()) == 2
    assert scene.store.load().files[file_of("a.md")].old == ()
    assert not [one for one in scene.plan(wanted).changes if one.is_visible]


def test_an_upload_of_a_removed_one_is_never_deleted_by_a_later_run(leaving):
    leaving.apply(OTHER)
    upload = support_of(leaving).file_ids[0]
    found = support_of(leaving).id
    leaving.ask(lambda client: client.beta.assistants.delete(found))

    leaving.apply(OTHER)
    leaving.apply(because=Reason.DESTROY)

    assert upload in leaving.files()


def test_an_earlier_upload_that_nobody_carries_is_deleted_all_the_same(scene):
    scene.apply(SUPPORT, OTHER)
    (old,) = scene.files()
    uploaded = scene.store.load().files[file_of("a.md")].current
    scene.contents["a.md"] = b"rewritten"
    at(scene, "DELETE", f"/files/{old}", REFUSAL)
    assert scene.apply(SUPPORT, OTHER).exit_code == 3
    scene.transport = lambda inner: inner
    kept = support_of(scene).file_ids
    scene.remove("support")

    change = change_of(scene.plan(OTHER), "file.a.md")

    assert (change.action, change.id, change.binding.current) == (Action.DELETE, old, uploaded)
    assert scene.apply(OTHER).exit_code == 0
    assert list(scene.files()) == kept
    assert scene.bound().keys() == {"assistant.other"}


def test_the_current_upload_goes_when_the_removed_one_kept_an_earlier_one(scene):
    ignoring = replace(SUPPORT, ignored=frozenset({"files"}))
    wanted = assistant("other", files=["a.md"])
    scene.apply(ignoring, wanted)
    (old,) = scene.files()
    scene.contents["a.md"] = b"rewritten"
    scene.apply(ignoring, wanted)
    assert len(scene.files()) == 2
    scene.remove("support")

    assert scene.apply(OTHER).exit_code == 0
    assert list(scene.files()) == [old]
    assert scene.bound().keys() == {"assistant.other"}
    assert not [one for one in scene.plan(OTHER).changes if one.is_visible]


def test_what_a_stranger_carries_does_not_keep_the_other_uploads_of_a_file(scene):
    scene.apply(SUPPORT)
    (old,) = scene.files()
    stranger = scene.ask(lambda client: client.beta.assistants.create(model="m", file_ids=[old]))
    scene.contents["a.md"] = b"rewritten"
    scene.apply(SUPPORT)

    report = scene.apply(assistant("support", description="x", files=[]))

    assert report.exit_code == 0
    assert list(scene.files()) == [old]
    assert scene.bound()["file.a.md"] == old
    scene.ask(lambda client: client.beta.assistants.delete(stranger.id))
    scene.apply(assistant("support", description="x", files=[]))
    assert scene.files() == {}


def test_a_target_brings_the_files_that_are_forgotten_because_of_it(leaving):
    only = selection(leaving.plan(OTHER), leaving.desired(OTHER), ["assistant.support"], [])

    assert only == {address_of("support"), file_of("a.md")}
    assert leaving.apply(assistant("other", description="new"), targets=only).exit_code == 0
    assert leaving.bound().keys() == {"assistant.other"}
    assert {one.description for one in leaving.assistants()} == {"x", None}


def test_an_excluded_file_keeps_the_assistant_that_carries_it(leaving):
    only = selection(leaving.plan(OTHER), leaving.desired(OTHER), [], ["file.a.md"])

    assert leaving.apply(OTHER, targets=only).exit_code == 0
    assert mark_of(support_of(leaving)).name == "support"
    assert leaving.apply(OTHER).exit_code == 0
    assert leaving.bound().keys() == {"assistant.other"}


def test_what_is_not_selected_is_not_forgotten_and_neither_are_its_files(leaving):
    only = selection(leaving.plan(OTHER), leaving.desired(OTHER), ["assistant.other"], [])

    assert leaving.apply(OTHER, targets=only).exit_code == 0
    assert leaving.bound().keys() == {"assistant.other", "assistant.support", "file.a.md"}


def test_a_removal_is_no_deletion(scene):
    many = [assistant(f"n{number}") for number in range(5)]
    scene.apply(*many)
    scene.remove(*(f"n{number}" for number in range(5)))

    check(scene.plan(), Permissions())
    check(scene.plan(), Permissions(max_destroy=0))


def test_what_is_removed_does_not_allow_an_empty_configuration_to_delete_the_rest(leaving):
    with pytest.raises(RefusedError, match="declares nothing"):
        check(leaving.plan(), Permissions())


def test_another_account_is_noticed_although_everything_is_to_be_forgotten(scene):
    scene.apply(OTHER)
    found = scene.only().id
    scene.ask(lambda client: client.beta.assistants.delete(found))
    scene.remove("other")

    with pytest.raises(RefusedError, match="--allow-missing"):
        check(scene.plan(), Permissions())


def test_an_edit_between_plan_and_write_is_seen(leaving):
    found = support_of(leaving).id

    async def edit(client):
        await client.beta.assistants.update(found, name="theirs")

    assert leaving.apply(OTHER, between=edit).exit_code == 4
    assert mark_of(support_of(leaving)).name == "support"
    assert leaving.apply(OTHER).exit_code == 0


def test_what_was_deleted_between_plan_and_write_is_forgotten(leaving):
    found = support_of(leaving).id

    async def delete(client):
        await client.beta.assistants.delete(found)

    assert leaving.apply(OTHER, between=delete).exit_code == 0
    assert leaving.bound().keys() == {"assistant.other"}


def test_a_server_that_keeps_our_mark_is_a_failure_and_it_stays_bound(leaving):
    found = support_of(leaving)
    at(leaving, "POST", f"/assistants/{found.id}", httpx.Response(200, json=found.model_dump()))

    report = leaving.apply(OTHER)

    assert report.exit_code == 3
    assert "did not remove the ownership mark" in report.outcomes[0].message
    assert "assistant.support" in leaving.bound()
    assert leaving.apply(OTHER).exit_code == 0


def test_a_refused_write_leaves_it_bound_and_the_next_run_forgets_it(leaving):
    at(leaving, "POST", f"/assistants/{support_of(leaving).id}", REFUSAL)

    report = leaving.apply(OTHER)

    assert [one.result for one in report.outcomes] == [Result.FAILED, Result.APPLIED]
    assert "assistant.support" in leaving.bound()
    assert leaving.apply(OTHER).exit_code == 0
    assert leaving.bound().keys() == {"assistant.other"}
    assert len(leaving.files()) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before it counts", "after it counts"])
def test_a_write_whose_answer_was_lost_is_finished_by_the_next_run(leaving, after):
    at(leaving, "POST", f"/assistants/{support_of(leaving).id}", httpx.ReadTimeout("late"), after=after)

    assert leaving.apply(OTHER).exit_code == 3
    assert leaving.apply(OTHER).exit_code == 0
    assert support_of(leaving).metadata == {"team": "a"}
    assert leaving.bound().keys() == {"assistant.other"}


def test_what_an_interrupted_run_created_is_forgotten_and_not_deleted(scene):
    at(scene, "POST", "/assistants", httpx.ReadTimeout("late"), after=True)
    lost = scene.transport
    nothing = httpx.Response(200, json={"object": "list", "data": [], "has_more": False})

    def blind(request):
        return nothing if (request.method, request.url.path) == ("GET", "/v1/assistants") else None

    scene.transport = lambda inner: Faulty(lost(inner), blind)
    assert scene.apply(assistant("support", description="x")).exit_code == 3
    scene.transport = lambda inner: inner
    scene.remove("support")

    assert scene.apply().exit_code == 0
    assert scene.only().metadata == {}
    assert scene.store.load().pending == ()


THIRD = assistant("third", files=["a.md", "b.md"])


def shared(world):
    """Of two that carry one file one is forgotten, of another file the only one."""
    world.contents["c.md"] = b"about c"
    world.apply(assistant("support", description="x", files=["a.md", "c.md"]), OTHER, THIRD)
    world.remove("support")


def unremembered(world):
    shared(world)
    world.lose_state()


def forget(world):
    world.apply(OTHER, THIRD, parallelism=1)


def forget_more(world):
    """Another one is forgotten too, and the file they shared changes."""
    world.remove("other")
    world.contents["a.md"] = b"rewritten"
    world.apply(THIRD, parallelism=1)


@pytest.mark.parametrize(
    ("before", "then"),
    [
        pytest.param(shared, forget, id="forgotten"),
        pytest.param(shared, forget_more, id="forgotten, and a shared file changes"),
        pytest.param(unremembered, forget, id="forgotten without the state"),
    ],
)
def test_a_removal_that_dies_at_any_write_is_finished_by_the_next_run(tmp_path, before, then):
    deaths = 0
    for world in dying(tmp_path, before, then):
        deaths += 1
        seen, kept = {one.id for one in world.assistants()}, support_of(world).file_ids
        world.forget_requests()

        then(world)

        assert {one.id for one in world.assistants()} == seen
        assert support_of(world).metadata == {}
        assert support_of(world).file_ids == kept
        assert world.files().keys() == {file for one in world.assistants() for file in one.file_ids}
        assert not world.bound().keys() & {"assistant.support", "file.c.md"}
        world.forget_requests()
        then(world)
        assert world.requests("POST", "DELETE") == []
    assert deaths >= 6


def test_a_removal_that_died_never_costs_the_upload(tmp_path):
    """Also when its assistant is deleted by whoever has it now, and `removed` is taken out."""
    for world in dying(tmp_path, shared, forget):
        found = support_of(world)
        if MARK_KEY in found.metadata:
            continue
        world.ask(lambda client, found=found: client.beta.assistants.delete(found.id))
        world.removed = frozenset()

        forget(world)

        assert "c.md" in world.files().values()


def renamed(world):
    world.apply(SUPPORT, OTHER)
    world.move("helpdesk", "support")


def rename(world):
    world.apply(replace(SUPPORT, address=address_of("helpdesk")), OTHER, parallelism=1)


@pytest.mark.parametrize("names", [["support", "helpdesk"], ["helpdesk"]], ids=["both names", "the new name"])
def test_a_move_that_died_can_be_forgotten_under_the_names_it_had(tmp_path, names):
    for world in dying(tmp_path, renamed, rename):
        if "support" in world.named() and len(names) == 1:
            continue
        world.moved = {}
        world.remove(*names)

        assert world.apply(OTHER).exit_code == 0
        assert support_of(world).metadata == {"team": "a"}
        assert len(world.files()) == 1
        assert world.bound().keys() == {"assistant.other"}
        assert not world.plan(OTHER).has_changes
