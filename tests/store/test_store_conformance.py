"""What every store promises, whatever it keeps a state in."""

import re
import signal
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import pairwise

import pytest
from store.places import PLACES
from store.runners import crowd, holder

from reconciler.errors import ConflictError, LockedError, StoreError, UnsavedError
from reconciler.store.journal import Entry, intended


@pytest.fixture(params=PLACES)
def place(request):
    return PLACES[request.param](request)


@contextmanager
def writing(place):
    """A store under its lock, and the State that it has loaded."""
    store = place.open()
    with store.lock("test"):
        yield store, store.load()


def lived(place, sample, times=1):
    """A place whose state was saved some times, each with its number as project."""
    with writing(place) as (store, state):
        for number in range(state.serial, state.serial + times):
            store.save(sample.another(number + 1), number)


def seen(place):
    """What another run finds, but for what is always new."""
    state = place.open().load()
    return replace(state, lineage="") if not state.serial else state


def test_loading_what_was_never_saved_is_a_new_state_each_time_and_writes_nothing(place):
    first, second = place.open().load(), place.open().load()

    assert (first.serial, first.bindings, first.pending, first.journaled) == (0, {}, (), False)
    assert first.lineage != second.lineage


def test_everything_of_a_state_comes_back(place, sample):
    with writing(place) as (store, _):
        store.save(sample.state(account="org"), 0)

    assert place.open().load() == replace(sample.state(account="org"), serial=1)


def test_a_save_of_another_serial_is_refused_and_changes_nothing(place, sample):
    lived(place, sample)
    before = seen(place)
    with (
        writing(place) as (store, state),
        pytest.raises(ConflictError, match="serial 1 where 7 was expected"),
    ):
        store.save(state, 7)

    assert seen(place) == before


def test_a_save_over_another_save_of_the_same_serial_is_refused(place, sample):
    with writing(place) as (store, state):
        place.unlock(store)
        lived(place, sample)
        with pytest.raises(StoreError):
            store.save(replace(state, project="lost"), 0)

    assert seen(place).project == "project-1"


def test_records_are_folded_into_the_state(place, sample):
    with writing(place) as (store, _):
        store.save(sample.another(1), 0)
        store.intend(sample.intent)
        store.record(sample.handbook, sample.uploaded)
        store.record(sample.support, sample.bound)
        store.record(sample.support, None)

    state = place.open().load()
    assert (state.bindings, state.pending, state.journaled) == (
        {sample.handbook: sample.uploaded},
        (),
        True,
    )


def test_records_come_in_their_order_however_many(place, sample):
    with writing(place) as (store, _):
        for number in range(30):
            store.record(sample.support, replace(sample.bound, id=f"asst_{number}"))

    assert place.open().load().bindings[sample.support].id == "asst_29"


def test_records_that_are_made_together_come_in_their_order_between_others(place, sample):
    numbered = [Entry(sample.support, replace(sample.bound, id=f"asst_{number}")) for number in range(30)]
    with writing(place) as (store, _):
        store.record(sample.support, None)
        store.commit([intended(sample.intent), *numbered[:20]])
        store.commit(numbered[20:])
        store.record(sample.handbook, sample.uploaded)

    state = place.open().load()
    assert state.bindings[sample.support].id == "asst_29"
    assert (state.bindings[sample.handbook], state.pending) == (sample.uploaded, ())


def test_records_that_are_made_together_are_refused_together_where_there_is_no_room(place, sample):
    lived(place, sample)
    with writing(place) as (store, _):
        store.record(sample.handbook, sample.uploaded)
        with place.full(), pytest.raises(StoreError, match=place.no_room):
            store.commit([intended(sample.intent), Entry(sample.support, sample.bound)])

    state = place.open().load()
    assert (state.bindings, state.pending) == ({sample.handbook: sample.uploaded}, ())


def test_an_intent_without_a_result_is_unsettled_even_before_the_first_save(place, sample):
    with writing(place) as (store, _):
        store.intend(sample.intent)

    assert place.open().load().pending == (sample.intent,)


def test_a_call_that_was_given_up_stays_open_when_what_another_one_made_is_recorded_again(place, sample):
    given_up = replace(sample.intent, at=1.0)
    with writing(place) as (store, _):
        store.intend(given_up)
        store.intend(sample.intent)
        store.record(sample.handbook, sample.uploaded)
        store.record(sample.handbook, replace(sample.uploaded, old=()))

    assert place.open().load().pending == (given_up,)


def test_a_save_ends_the_journal(place, sample):
    with writing(place) as (store, _):
        store.record(sample.support, sample.bound)
        store.save(sample.another(1), 0)

    assert (seen(place).bindings, seen(place).journaled) == ({}, False)


def test_the_ten_states_before_are_kept(place, sample):
    lived(place, sample, 14)

    assert place.generations() == list(range(4, 14))


def test_a_save_may_be_given_a_later_serial_and_what_it_replaces_is_kept_under_its_own(place, sample):
    lived(place, sample, 2)
    with writing(place) as (store, state):
        store.save(sample.another(9), state.serial, 9)
        store.save(sample.another(10), 9)

    assert (seen(place).serial, seen(place).project) == (10, "project-10")
    assert place.generations() == [1, 2, 9]


def test_the_lock_excludes_another_process_and_names_its_holder(place):
    with (
        holder(place.site) as (process, _),
        pytest.raises(LockedError, match=rf"process {process.pid}\) since .* UTC to apply"),
        place.open().lock("apply"),
    ):
        pass


def test_a_wait_that_is_too_short_ends_with_the_holders_name(place):
    told = []
    with holder(place.site) as (process, _):
        begun = time.monotonic()
        with (
            pytest.raises(LockedError, match=f"process {process.pid}"),
            place.open().lock("apply", 0.3, told.append),
        ):
            pass
        assert 0.3 <= time.monotonic() - begun < 5

    assert len(told) == 1


def test_a_run_that_may_wait_is_told_once_for_whom_and_goes_on(place):
    told = []

    def free(who):
        told.append(who)
        line.send("enough")

    with holder(place.site) as (process, line), place.open().lock("apply", 60, free):
        assert len(told) == 1
        assert f"process {process.pid}" in told[0]


def test_a_free_lock_is_taken_without_a_word_and_again_at_once(place):
    told = []
    for _ in range(3):
        with place.open().lock("apply", 60, told.append):
            pass

    assert told == []


def test_the_lock_of_a_killed_holder_is_free_as_soon_as_the_place_says(place, record_property):
    killed = []

    def kill(_):
        process.kill()
        killed.append(time.monotonic())

    with holder(place.site) as (process, _), place.open().lock("apply", 60, kill):
        waited = time.monotonic() - killed[0]

    assert process.exitcode == -signal.SIGKILL
    record_property("seconds", waited)
    assert waited < place.frees


def test_what_fails_under_the_lock_frees_it(place):
    with pytest.raises(OSError, match="not ours"), place.open().lock("apply"):
        raise OSError("not ours")

    with place.open().lock("apply"):
        pass


def test_who_has_lost_the_lock_is_refused_and_what_the_next_one_does_stays(place, sample):
    lived(place, sample)
    with writing(place) as (stale, state):
        place.unlock(stale)
        with writing(place) as (store, _):
            store.save(sample.another(2), 1)
            store.record(sample.support, sample.bound)
            late(stale.record, sample.support, None)
            late(stale.intend, sample.intent)
            with pytest.raises(StoreError):
                stale.save(state, 1)

    state = place.open().load()
    assert (state.serial, state.project, state.pending) == (2, "project-2", ())
    assert state.bindings == {sample.support: sample.bound}


def late(call, *arguments):
    """A write of somebody who should not: refused, or of no account."""
    try:
        call(*arguments)
    except StoreError:
        return


def test_an_answer_to_a_save_that_was_lost_does_not_lose_the_save(place, sample, elsewhere):
    store, way = lossy(place)
    with store.lock("apply"):
        store.load()
        way.lose_save()
        store.save(sample.state(), 0)

    assert way.lost == 1
    assert (seen(place).serial, seen(place).project) == (1, "acme")
    assert elsewhere.copies() == []


def test_a_save_of_which_nobody_can_learn_what_became_leaves_a_copy(place, sample, elsewhere):
    store, way = lossy(place)
    with store.lock("apply"):
        store.load()
        way.lose_save(closes=True)
        with pytest.raises(UnsavedError) as error:
            store.save(sample.state(), 0)

    assert elsewhere.copies() == [error.value.rescue]


def test_a_record_whose_answer_was_lost_is_found_by_the_next_run_told_or_not(place, sample):
    store, way = lossy(place)
    with store.lock("apply"):
        store.load()
        way.lose_record()
        with suppress(StoreError):
            store.intend(sample.intent)

    assert way.lost == 1
    assert place.open().load().pending == (sample.intent,)


def lossy(place):
    if not place.answers:
        pytest.skip("nothing answers from afar")
    return place.lossy()


def test_a_place_that_cannot_be_reached_is_named(place, sample):
    store, named = place.unreachable()
    with pytest.raises(StoreError, match=re.escape(named)):
        store.load()
    with pytest.raises(StoreError, match=re.escape(named)), store.lock("apply"):
        pass


def test_a_place_that_denies_everything_stays_as_it_is(place, sample):
    lived(place, sample)
    before = seen(place)
    with place.denied() as store:
        with pytest.raises(StoreError, match=place.denial):
            store.load()
        with pytest.raises(StoreError, match=place.denial), store.lock("apply"):
            pass

    assert seen(place) == before


def test_a_full_place_keeps_what_it_has_and_a_copy_goes_elsewhere(place, sample, elsewhere):
    lived(place, sample)
    with writing(place) as (store, _):
        store.record(sample.support, sample.bound)
        with place.full():
            with pytest.raises(StoreError, match=place.no_room):
                store.intend(sample.intent)
            with pytest.raises(UnsavedError, match=place.no_room) as error:
                store.save(sample.state(), 1)

        assert elsewhere.copies() == [error.value.rescue]
        assert not error.value.whole
        assert seen(place).bindings == {sample.support: sample.bound}
        store.save(sample.state(), 1)

    assert seen(place).serial == 2


def test_ten_runs_at_once_come_one_after_another_and_none_is_lost(place, capfd):
    found = crowd(place.site, 10)

    state = place.open().load()
    assert (state.serial, len(state.bindings), state.journaled) == (10, 10, False)
    assert found.exits == {0}
    one_by_one(found)
    reports_who_holds_it(found)
    assert capfd.readouterr() == ("", "")


@pytest.mark.sweep
@pytest.mark.timeout(600)
def test_a_hundred_runs_at_once_come_one_after_another_and_none_is_lost(place, capsys):
    found = crowd(place.site, 100)

    state = place.open().load()
    assert (state.serial, len(state.bindings), found.exits) == (100, 100, {0})
    one_by_one(found)
    reports_who_holds_it(found)
    with capsys.disabled():
        print(f"\n{type(place).__name__}: {found.figures}")  # noqa: T201 - a sweep tells its figures


def one_by_one(found):
    """Whether no two of many held the lock at the same time."""
    turns = sorted(found.turns, key=lambda one: one.held)
    assert all(one.freed <= after.held for one, after in pairwise(turns))


def reports_who_holds_it(found):
    """Whether those who had to wait were told for whom, once."""
    told = [one.told for one in found.turns]
    pids = "|".join(map(str, found.pids))
    assert max(map(len, told)) == 1
    assert all(
        re.search(rf"process ({pids})\) since|another run|quicker", who) for one in told for who in one
    )
    assert re.search(pids, str(told))


def test_a_lock_is_taken_from_its_holder_only_where_it_would_not_free_itself(place):
    with pytest.raises(StoreError), place.open().lock("apply"):
        place.open().unlock("another-id")

    with place.open().lock("apply"):
        pass


def test_a_snapshot_tells_a_state_and_its_holder_and_takes_no_lock(place, sample):
    lived(place, sample, 2)
    assert place.open().snapshot().state.serial == 2

    with holder(place.site) as (process, _):
        assert f"process {process.pid}" in str(place.open().snapshot().holder)
