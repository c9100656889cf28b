"""The rules of the engine about whole assistants, for two dialects: whose they are, what becomes of them."""

import httpx
import pytest
from faults import Faulty
from toy.sides import SIDES
from toy.world import named, own

from reconciler.errors import RefusedError
from reconciler.model.address import assistant as address
from reconciler.model.change import Action, Reason
from reconciler.model.mark import MARK_KEY
from reconciler.model.outcome import Cause, Result


def losing(world, *numbers, after):
    """Lose the answer of some writes, counted from 1; ``after``: they take effect all the same."""
    seen = {"writes": 0}

    def script(request):
        is_write = request.method not in {"GET", "HEAD"}
        seen["writes"] += is_write
        return httpx.ReadTimeout("late") if is_write and seen["writes"] in numbers else None

    world.transport = lambda inner: Faulty(inner, script, after=after)


def cut_off(world):
    """Let the first write take effect, and lose every answer from then on."""
    written = []

    def script(request):
        written.extend([request] if request.method not in {"GET", "HEAD"} else [])
        return httpx.ReadTimeout("late") if written else None

    world.transport = lambda inner: Faulty(inner, script, after=True)


def test_an_assistant_that_was_deleted_on_the_server_is_created_again(world):
    world.apply(world.assistant())
    world.delete()

    change = world.change(world.assistant())
    world.apply(world.assistant())

    assert (change.action, change.reason) == (Action.CREATE, Reason.GONE)
    assert len(world.live()) == 1


def test_a_deleted_assistant_is_drift(world):
    world.apply(world.assistant())
    world.delete()

    (found,) = world.drift(world.assistant())

    assert found.is_gone


def test_an_assistant_that_is_no_longer_declared_is_deleted(world):
    world.apply(world.assistant(), world.assistant("other"))
    report = world.apply(world.assistant("other"))

    assert report.exit_code == 0
    assert [one.mark.name for one in world.live()] == ["other"]
    assert not world.plan(world.assistant("other")).has_changes


def test_a_deletion_of_what_is_gone_already_succeeds(world):
    world.apply(world.assistant())

    assert world.apply(between=world.delete).exit_code == 0
    assert world.live() == []


def test_a_destroy_deletes_everything_of_the_project_and_nothing_else(world):
    world.copy(owner="another team")
    foreign = world.only()
    world.apply(world.assistant("one"), world.assistant("two"))

    report = world.apply(because=Reason.DESTROY)

    assert report.exit_code == 0
    assert world.live() == [foreign]


def test_what_is_protected_is_not_deleted_even_after_its_state_was_lost(world):
    world.apply(world.assistant(protected=True))
    refused = [world.change().refused]
    assert world.apply().exit_code == 5
    world.lose_state()
    refused.append(world.change(prune=True).refused)

    assert world.apply(prune=True).exit_code == 5
    assert all("prevent_destroy" in why for why in refused)
    assert len(world.live()) == 1


def test_a_moved_assistant_keeps_its_id(world):
    world.apply(world.assistant("old"))
    before = world.only().id
    world.moved = {address("new"): (address("old"),)}

    change = world.change(world.assistant("new"))
    world.apply(world.assistant("new"))

    assert (change.reason, change.moved_from) == (Reason.RENAMED, address("old"))
    assert (world.only().id, world.only().mark.name) == (before, "new")
    assert not world.plan(world.assistant("new")).has_changes


def test_a_removed_assistant_stays_and_loses_its_ownership_mark_alone(world):
    pairs = {"team": "red"}
    world.apply(world.assistant(**{world.side.pairs: pairs}))
    world.removed = frozenset({address("support")})

    assert world.change().action is Action.FORGET
    world.apply()

    assert world.only().metadata == pairs
    assert not world.plan().has_changes


def test_an_undeclared_assistant_with_our_mark_is_left_alone_until_a_user_prunes(world):
    world.apply(world.assistant())
    world.lose_state()

    assert not world.plan().has_changes
    assert "--prune-marked deletes it" in world.plan().notices[0]
    world.apply(prune=True)

    assert world.live() == []


def test_an_assistant_of_another_project_is_never_touched(world):
    world.apply(world.assistant())
    world.lose_state()
    world.project = "other"

    assert world.change(world.assistant()).action is Action.CREATE
    assert not world.plan(prune=True).has_changes


def test_an_assistant_whose_mark_was_removed_is_refused_and_its_pair_named(world):
    world.apply(world.assistant())
    world.foreign(pairs={MARK_KEY: None})

    refused = world.change(world.assistant()).refused

    assert f"set its {world.side.pairs} key {MARK_KEY} to 'v1 acme/-/support n=" in refused
    (found,) = world.drift(world.assistant())
    assert [one.field for one in found.fields] == [f"{world.side.pairs}.{MARK_KEY}"]


def test_the_mark_that_a_refusal_names_makes_the_assistant_ours_again(world):
    world.apply(world.assistant())
    world.foreign(pairs={MARK_KEY: None})
    _, mark, _ = world.change(world.assistant()).refused.split("'")

    world.foreign(pairs={MARK_KEY: mark})

    assert not world.plan(world.assistant()).has_changes


def test_a_copy_is_reported_and_left_alone(world):
    world.apply(world.assistant())
    copy = world.copy(**world.only().metadata)

    (notice,) = world.plan(world.assistant()).notices
    assert f"{copy.id} is a copy of assistant.support with our ownership mark; it is left alone" in notice


def test_pairs_of_other_users_stay_through_every_update(world):
    pairs = world.side.pairs
    world.apply(world.assistant(**{pairs: {"team": "red"}}))
    world.foreign(pairs={"theirs": "stays"})

    for wanted in ({"team": "blue"}, {}, {"team": None}):
        assert world.apply(world.assistant(**{pairs: wanted})).exit_code == 0
        assert own(world.only().metadata) == {"theirs": "stays", **{k: v for k, v in wanted.items() if v}}


def test_more_pairs_than_the_dialect_allows_are_refused_before_the_update(world):
    row = world.fields.pairs
    world.apply(world.assistant())
    world.foreign(pairs={f"k{number}": "v" for number in range(row.limit - 2)})

    assert not world.change(world.assistant(**{row.name: {"k0": "ours"}})).refused
    assert not world.change(world.assistant(**{row.name: {"one": "more"}})).refused
    refused = world.change(world.assistant(**{row.name: {"one": "x", "two": "y"}})).refused
    assert f"2 {row.name} pairs" in refused
    assert f"more than the {row.limit}" in refused


@pytest.mark.parametrize("after", [True, False])
def test_a_create_without_a_response_is_never_made_twice(world, after):
    losing(world, 1, after=after)

    report = world.apply(world.assistant())
    world.transport = lambda inner: inner
    world.apply(world.assistant())

    assert report.exit_code == (0 if after else 3)
    assert len(world.live()) == 1
    assert not world.plan(world.assistant()).has_changes
    assert len(world.store.load().pending) == (0 if after else 1)


def test_an_interrupted_create_is_found_by_its_nonce_in_the_next_run(world):
    cut_off(world)
    assert world.apply(world.assistant()).outcomes[0].result is Result.UNKNOWN
    world.transport = lambda inner: inner

    change = world.change(world.assistant())
    assert (change.action, change.reason) == (Action.NOOP, Reason.FINISHED)
    assert world.change().action is Action.DELETE
    assert world.apply(world.assistant()).exit_code == 0
    assert len(world.live()) == 1


@pytest.mark.parametrize("after", [True, False])
def test_an_update_without_a_response_is_seen_by_the_next_run(edited, after):
    world, edit = edited
    world.apply(world.assistant(**{edit.field: edit.first}))
    wanted = world.assistant(**{edit.field: edit.second})
    losing(world, *range(1, 9), after=after)

    (outcome,) = world.apply(wanted).outcomes
    world.transport = lambda inner: inner

    assert outcome.result is Result.UNKNOWN
    assert world.plan(wanted).has_changes is not after
    assert world.apply(wanted).exit_code == 0
    assert world.part(edit.shown) == edit.part(world.fields, edit.second)


@pytest.mark.parametrize("after", [True, False])
def test_a_deletion_without_a_response_is_finished_by_the_next_run(world, after):
    world.apply(world.assistant())
    losing(world, *range(1, 9), after=after)
    world.apply()
    world.transport = lambda inner: inner

    assert world.apply().exit_code == 0
    assert world.live() == []
    assert world.store.load().bindings == {}


def test_a_change_by_another_user_between_plan_and_write_is_not_overwritten(edited):
    world, edit = edited
    world.apply(world.assistant(**{edit.field: edit.first}))
    theirs = {"by": "another user"}

    report = world.apply(
        world.assistant(**{edit.field: edit.second}), between=lambda: world.foreign(pairs=theirs)
    )

    assert (report.exit_code, report.outcomes[0].cause) == (4, Cause.STALE)
    assert world.part(edit.shown) == edit.part(world.fields, edit.first)


def test_a_change_by_another_user_between_plan_and_deletion_keeps_the_assistant(world):
    world.apply(world.assistant())

    assert world.apply(between=lambda: world.foreign(pairs={"by": "x"})).exit_code == 4
    assert len(world.live()) == 1


def test_a_state_of_another_dialect_is_refused_before_any_request(world):
    world.apply(world.assistant())
    world.transport = lambda inner: Faulty(inner, lambda request: pytest.fail(f"{request} was sent"))
    other = next(one.name for one in SIDES if one is not world.side)

    with pytest.raises(RefusedError, match=f"belongs to the dialect {world.side.name}, .* is of {other}"):
        world.plan(world.assistant(), dialect=other)


def test_only_the_selected_address_is_changed(world):
    wanted = [world.assistant("one"), world.assistant("two")]

    world.apply(*wanted, targets=frozenset({address("two")}))

    assert [one.mark.name for one in world.live()] == ["two"]
    assert named(world.plan(*wanted), "one").action is Action.CREATE


def test_assistants_of_several_pages_are_all_found(world):
    wanted = [world.assistant(f"n{number}") for number in range(5)]
    world.apply(*wanted)

    assert not world.plan(*wanted).has_changes
    assert len(world.live()) == 5
