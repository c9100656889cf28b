"""Where two features meet: what one promises must not be undone by the other."""

import time

import httpx
import pytest
from builders import FUNCTION, assistant, without_mark
from engine.deaths import Killed, dying
from faults import Faulty, at

from reconciler.engine.guard import Permissions, check
from reconciler.engine.selection import selection
from reconciler.errors import RefusedError, StoreError
from reconciler.model.address import assistant as address_of
from reconciler.model.change import Action, Reason
from reconciler.model.mark import MARK_KEY
from reconciler.model.outcome import Result

REFUSAL = httpx.Response(400, json={"error": {"message": "no"}})


def edit(world, **fields):
    target = world.only().id
    world.ask(lambda client: client.beta.assistants.update(target, **fields))


def change_of(plan, address):
    return next(one for one in plan.changes if str(one.address) == address)


def test_an_upload_is_kept_while_an_assistant_with_ignored_files_carries_it(world):
    wanted = assistant(files=["a.md"], ignored=["files"])
    world.apply(wanted)
    world.contents["a.md"] = b"rewritten"
    world.apply(wanted)
    world.apply(assistant(files=[], ignored=["files"]))

    assert len(world.only().file_ids) == 1
    assert world.only().file_ids[0] in world.files()


def test_an_ignored_field_is_not_cleared_when_it_is_named_no_longer(world):
    world.apply(assistant(description="x", tools=[FUNCTION], metadata={"team": "a"}))
    world.apply(assistant(ignored=["description", "tools", "metadata"]))

    assert world.only().description == "x"
    assert len(world.only().tools) == 1
    assert without_mark(world.only().metadata) == {"team": "a"}


def test_a_field_that_was_ignored_is_no_drift_once_it_counts_again(world):
    world.apply(assistant(description="x", ignored=["description"]))
    edit(world, description="by hand")

    (change,) = world.plan(assistant(description="x")).changes

    assert (change.reason, change.drifted) == (Reason.EDITED, False)


def test_what_the_configuration_protects_stays_although_the_state_never_heard_of_it(world):
    world.apply(assistant(), assistant("other"))

    plan = world.plan(protected=frozenset({address_of("support")}), because=Reason.DESTROY)

    assert "prevent_destroy" in change_of(plan, "assistant.support").refused
    assert not change_of(plan, "assistant.other").refused


def test_the_mark_remembers_protection_when_the_state_is_lost(world):
    world.apply(assistant(protected=True))
    world.lose_state()

    assert world.apply(prune=True).exit_code == 5
    assert len(world.assistants()) == 1


def test_an_explicit_limit_holds_for_destroy_too(world):
    world.apply(assistant(), assistant("other"))

    with pytest.raises(RefusedError, match="--max-destroy"):
        check(world.plan(), Permissions(max_destroy=1, everything=True))


def test_targeting_one_undeclared_assistant_is_not_an_empty_configuration(world):
    world.apply(assistant(), assistant("other"))
    only = selection(world.plan(assistant()), world.desired(assistant()), ["assistant.other"], [])

    check(world.plan(assistant(), targets=only), Permissions())


def test_an_upload_that_somebody_attached_after_the_plan_is_not_deleted(world):
    world.apply(assistant(files=["a.md"]))
    (upload,) = world.files()

    async def attach(client):
        await client.beta.assistants.create(model="m", file_ids=[upload])

    report = world.apply(assistant(files=[]), between=attach)

    assert report.exit_code == 3
    assert upload in world.files()


def test_nothing_is_deleted_when_nobody_can_say_who_carries_it(world):
    world.apply(assistant(files=["a.md"]))
    lists = []

    def second_list_fails(request):
        begins = request.url.path == "/v1/assistants" and "after" not in request.url.params
        lists.append(request) if begins else None
        return httpx.Response(503) if begins and len(lists) > 1 else None

    world.transport = lambda inner: Faulty(inner, second_list_fails)
    report = world.apply(assistant(files=[]))
    world.transport = lambda inner: inner

    assert report.exit_code == 3
    assert len(world.files()) == 1
    assert world.apply(assistant(files=[])).exit_code == 0
    assert world.files() == {}


def test_a_failed_replacement_does_not_forget_an_interrupted_upload(world):
    world.apply(assistant(files=["a.md"]))
    world.contents["a.md"] = b"second"
    at(world, "POST", "/files", httpx.ReadTimeout("late"), after=True)
    lost = world.transport
    nothing = httpx.Response(200, json={"object": "list", "data": []})
    seen = []

    def blind(request):
        looks = (request.method, request.url.path) == ("GET", "/v1/files")
        seen.append(1) if looks else None
        return nothing if looks and len(seen) > 1 else None

    world.transport = lambda inner: Faulty(lost(inner), blind)
    assert world.apply(assistant(files=["a.md"])).exit_code == 3

    world.contents["a.md"] = b"third"
    at(world, "POST", "/files", REFUSAL)
    assert world.apply(assistant(files=["a.md"])).exit_code == 1
    world.transport = lambda inner: inner

    assert world.apply(assistant(files=["a.md"])).exit_code == 0
    assert len(world.files()) == 1


def test_what_an_interrupted_run_attached_is_taken_back_when_files_are_named_no_longer(world):
    world.apply(assistant())
    at(world, "POST", f"/assistants/{world.only().id}", REFUSAL)
    assert world.apply(assistant(files=["a.md"])).exit_code == 3
    world.transport = lambda inner: inner

    assert world.apply(assistant()).exit_code == 0
    assert world.only().file_ids == []
    assert world.files() == {}


def test_what_a_partial_apply_did_itself_is_no_drift(world):
    world.apply(assistant(files=["b.md"]))
    at(world, "POST", f"/assistants/{world.only().id}", REFUSAL)
    world.apply(assistant(files=["a.md"]))
    world.transport = lambda inner: inner

    assert not change_of(world.plan(assistant(files=["a.md"])), "assistant.support").drifted


def test_a_state_says_whose_it_is_before_the_first_call(world):
    def die(request):
        if request.method == "POST":
            raise KeyboardInterrupt

    world.transport = lambda inner: Faulty(inner, die)
    with pytest.raises(KeyboardInterrupt):
        world.apply(assistant())

    state = world.store.load()
    assert (state.project, state.target) == ("acme", "the server")


def test_a_call_that_was_given_up_is_looked_for_during_a_week(world, monkeypatch):
    at(world, "POST", "/files", httpx.ReadTimeout("late"))
    assert world.apply(assistant(files=["a.md"])).exit_code == 3
    world.transport = lambda inner: inner
    assert world.store.load().pending

    world.apply(assistant("other"))
    assert world.store.load().pending

    later = time.time() + 8 * 24 * 3600
    monkeypatch.setattr(time, "time", lambda: later)
    world.apply(assistant("other", name="Renamed"))

    assert world.store.load().pending == ()


def test_excluding_a_file_that_need_not_move_holds_nobody_up(world):
    world.apply(assistant(files=["a.md"]))
    wanted = [assistant(files=["a.md"]), assistant("other", files=["a.md"])]
    only = selection(world.plan(*wanted), world.desired(*wanted), [], ["file.a.md"])

    assert world.apply(*wanted, targets=only).exit_code == 0
    assert len(world.assistants()) == 2


@pytest.mark.parametrize("path", ["update", "delete"])
def test_a_write_whose_answer_was_lost_may_have_happened(world, path):
    world.apply(assistant(description="one"))
    where = f"/assistants/{world.only().id}"
    method = "POST" if path == "update" else "DELETE"
    at(world, method, where, httpx.ReadTimeout("late"), after=True)

    report = world.apply(assistant(description="two")) if path == "update" else world.apply()

    assert report.exit_code == 3


def test_a_create_is_unknown_when_the_search_for_it_fails_too(world):
    at(world, "POST", "/assistants", httpx.ReadTimeout("late"), after=True)
    lost, lists = world.transport, []

    def gone(request):
        lists.append(request) if (request.method, request.url.path) == ("GET", "/v1/assistants") else None
        return httpx.ConnectError("gone") if len(lists) > 1 else None

    world.transport = lambda inner: Faulty(lost(inner), gone)
    report = world.apply(assistant())

    assert (report.exit_code, report.outcomes[0].result) == (3, Result.UNKNOWN)


def test_a_state_that_cannot_be_saved_at_the_end_is_part_of_the_report(world, monkeypatch):
    world.apply(assistant())

    def full(*_):
        raise StoreError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "save", full)
        report = world.apply(assistant(), assistant("other"))

    assert (report.exit_code, report.unsaved) == (3, "no space left")
    assert not world.plan(assistant(), assistant("other")).counts.added


def test_the_whole_lost_mark_is_named(world):
    world.apply(assistant(description="x", metadata={"team": "a"}))
    edit(world, metadata={})

    refused = world.plan(assistant(description="x", metadata={"team": "a"})).changes[0].refused
    edit(world, metadata={MARK_KEY: refused.rpartition(" to '")[2].removesuffix("'")})

    assert world.apply(assistant(description="x", metadata={"team": "a"})).exit_code == 0
    assert not world.plan(assistant(description="x", metadata={"team": "a"})).has_changes


def test_metadata_that_others_filled_up_is_refused_in_the_plan(world):
    world.apply(assistant(metadata={"team": "a"}))
    foreign = {f"k{number}": "v" for number in range(14)}
    edit(world, metadata={**world.only().metadata, **foreign})

    (change,) = world.plan(assistant(metadata={"team": "a", "tier": "b"})).changes

    assert "14 pairs of other users" in change.refused


def test_what_a_server_adds_to_a_plain_tool_is_no_change(world):
    world.apply(assistant(tools=[{"type": "retrieval"}]))
    target = world.only()

    def adding(request):
        if request.method != "GET" or request.url.path != "/v1/assistants":
            return None
        shown = {**target.model_dump(), "tools": [{"type": "retrieval", "ranking_options": {"k": 1}}]}
        page = {"object": "list", "data": [shown], "has_more": False}
        return httpx.Response(200, json=page)

    world.transport = lambda inner: Faulty(inner, adding)

    assert not world.plan(assistant(tools=[{"type": "retrieval"}])).has_changes


def test_a_refused_assistant_keeps_its_upload_in_the_plan_too(world):
    world.apply(assistant(files=["a.md"]))

    plan = world.plan(assistant(files=["file-nowhere"]))

    assert plan.counts.destroyed == 0


def test_a_file_that_moves_takes_its_leftovers_along(world):
    world.apply(assistant(files=["a.md"]))
    (old,) = world.files()
    stranger = world.ask(lambda client: client.beta.assistants.create(model="m", file_ids=[old]))
    world.contents["a.md"] = world.contents["docs/a.md"] = b"rewritten"
    world.apply(assistant(files=["a.md"]))
    world.ask(lambda client: client.beta.assistants.delete(stranger.id))

    assert world.apply(assistant(files=["docs/a.md"])).exit_code == 0
    assert old not in world.files()
    assert not world.plan(assistant(files=["docs/a.md"])).has_changes


def test_an_upload_that_moved_under_a_target_is_deleted_once(world):
    world.apply(assistant(files=["a.md"]))
    world.contents["docs/a.md"] = world.contents["a.md"]
    moved = assistant(files=["docs/a.md"])
    only = selection(world.plan(moved), world.desired(moved), ["assistant.support"], [])
    world.apply(moved, targets=only)
    world.contents["docs/a.md"] = b"rewritten"

    plan = world.plan(moved)

    assert plan.counts.destroyed == 0
    assert world.apply(moved).exit_code == 0
    assert len(world.files()) == 1


def test_without_the_state_a_changed_file_is_named_as_staying_behind(world):
    world.apply(assistant(files=["a.md"]))
    (old,) = world.files()
    world.lose_state()
    world.contents["a.md"] = b"rewritten"

    plan = world.plan(assistant(files=["a.md"]))

    assert change_of(plan, "assistant.support").action is Action.ADOPT
    assert any(old in notice and "nothing proves" in notice for notice in plan.notices)


def forgotten(world):
    world.apply(assistant(files=["a.md"]), assistant("other", files=["b.md"]))
    world.lose_state()


def edited(world):
    world.apply(assistant(description="x", files=["a.md"]), assistant("other", files=["b.md"]), parallelism=1)


def test_an_adoption_that_dies_at_any_write_uploads_nothing_again(tmp_path):
    for world in dying(tmp_path, forgotten, edited):
        world.forget_requests()

        edited(world)

        assert "POST /v1/files" not in world.requests("POST")
        assert len(world.files()) == 2


def test_a_field_that_only_an_update_of_a_killed_run_named_is_cleared_when_it_is_named_no_more(tmp_path):
    def begin(scene):
        scene.apply(assistant())

    def name_more(scene):
        scene.apply(assistant(description="new", metadata={"k": "v"}))

    for scene in dying(tmp_path, begin, name_more):
        scene.apply(assistant())

        assert (scene.only().description, without_mark(scene.only().metadata)) == (None, {})


def unanswered(world):
    """An assistant of which only its intent is known: the run that created it died before the answer."""
    plain = world.transport
    at(world, "POST", "/assistants", Killed(), after=True)
    with pytest.raises(Killed):
        world.apply(assistant(files=["a.md", "b.md"]))
    world.transport = plain


def unremembered(world):
    """An assistant of which only its Mark is known."""
    world.apply(assistant(files=["a.md", "b.md"]))
    world.lose_state()


@pytest.mark.parametrize("known", [unanswered, unremembered])
def test_files_that_a_killed_run_began_to_let_go_are_let_go_by_the_next(tmp_path, known):
    """Its Mark is all that says that they were managed, so it must say so until the last is detached."""
    for world in dying(tmp_path, known, lambda world: world.apply(assistant(description="x"))):
        assert world.apply(assistant(description="y")).exit_code == 0

        assert world.only().file_ids == []
        assert known is unremembered or world.files() == {}
