"""Records of calls that run at the same time share a write, and each is durable before what rests on it."""

import asyncio
import os
import threading
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import DisclosureError, StoreError
from reconciler.model.address import assistant
from reconciler.model.sources import Source, Sources
from reconciler.model.state import AssistantBinding, Intent
from reconciler.store import LocalStore
from reconciler.store.group_commit import GroupCommit
from reconciler.store.journal import Entry, intended
from reconciler.store.screened import ScreenedStore

SECRET = "sk-proj-" + "aZ3kQ9xLm2Vt7Rb5" * 3
CALLS = 60


class Calls:
    """Calls that run at the same time, each between its intent and its result, on a disk of some slowness."""

    def __init__(self, folder, pauses=()):
        self.folder, self.store, self.pauses = folder, LocalStore(folder), list(pauses)
        self.made, self.failed = [], []

    def run(self, count):
        """Make all calls at once, in a run of their own."""

        async def together():
            self.journal = GroupCommit(self.store)
            await asyncio.gather(*(self.call(number) for number in range(count)))

        with self.store.lock("test"):
            self.store.load()
            asyncio.run(together())

    async def call(self, number):
        intent = Intent(assistant(f"a{number}"), "create", f"nonce-{number}")
        await asyncio.sleep(self.pause())
        await self.durable(intended(intent))
        if number in self.failed:
            return
        assert intent in LocalStore(self.folder).load().pending
        self.made.append(number)
        await asyncio.sleep(self.pause())
        await self.durable(Entry(intent.address, AssistantBinding(f"asst_{number}", intent.nonce)))

    def pause(self):
        return self.pauses.pop() / 1000 if self.pauses else 0

    async def durable(self, entry):
        def settled(failure):
            if failure:
                self.failed.append(int(entry.address.name[1:]))

        self.journal.add(entry, settled)
        await self.journal.flushed()


@pytest.fixture
def slow_disk(monkeypatch):
    """An fsync takes a while; the number of those that there were."""
    real, taken = os.fsync, []

    def fsync(number):
        taken.append(number)
        time.sleep(0.005)
        real(number)

    monkeypatch.setattr(os, "fsync", fsync)
    return taken


def test_calls_at_the_same_time_wait_for_the_disk_together(tmp_path, slow_disk):
    calls = Calls(tmp_path / "state")
    calls.run(CALLS)

    state = LocalStore(calls.folder).load()
    assert (len(calls.made), len(state.bindings), state.pending) == (CALLS, CALLS, ())
    assert len(slow_disk) < 2 * CALLS / 8


@given(pauses=st.lists(st.integers(0, 3), min_size=16, max_size=16))
def test_whatever_comes_when_no_call_is_made_before_its_intent_is_durable(tmp_path_factory, pauses):
    calls = Calls(tmp_path_factory.mktemp("run") / "state", pauses)
    calls.run(8)

    state = LocalStore(calls.folder).load()
    assert sorted(calls.made) == list(range(8))
    assert {one.id for one in state.bindings.values()} == {f"asst_{number}" for number in range(8)}
    assert state.pending == ()


def test_a_write_that_fails_ends_everything_that_waits_for_it(tmp_path, monkeypatch):
    calls = Calls(tmp_path / "state")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    calls.run(CALLS)

    assert (calls.made, sorted(calls.failed)) == ([], list(range(CALLS)))
    assert "No space left" in str(calls.journal.failure)
    assert LocalStore(calls.folder).load().pending == ()


def test_the_results_after_a_write_that_failed_are_still_recorded(tmp_path, monkeypatch):
    calls, left = Calls(tmp_path / "state", pauses=[0, 30, 0, 0]), [1]
    real = os.fsync

    def once(number):
        if not left:
            return real(number)
        left.clear()
        raise OSError(5, "Input/output error")

    async def run():
        calls.journal = GroupCommit(calls.store)
        await calls.call(0)
        monkeypatch.setattr(os, "fsync", once)
        await calls.call(1)
        await calls.durable(Entry(assistant("a2"), AssistantBinding("asst_2", "nonce-2")))

    with calls.store.lock("test"):
        calls.store.load()
        asyncio.run(run())

    assert calls.failed == [1]
    assert {where.name for where in LocalStore(calls.folder).load().bindings} == {"a0", "a2"}


def test_what_is_no_error_of_a_store_ends_those_who_wait_too(tmp_path):
    class Killed(BaseException):
        pass

    class Dying(LocalStore):
        def commit(self, _):
            raise Killed

    calls = Calls(tmp_path / "state")
    calls.store = Dying(calls.folder)

    with pytest.raises(Killed):
        calls.run(3)


def test_the_event_loop_goes_on_while_a_disk_is_waited_for(tmp_path, monkeypatch):
    written = threading.Event()

    def fsync(_):
        if threading.current_thread() is not threading.main_thread():
            assert written.wait(10)

    async def run():
        journal = GroupCommit(calls.store)
        journal.add(intended(Intent(assistant("a"), "create", "nonce")), lambda _: None)
        await asyncio.sleep(0.01)
        written.set()
        await journal.flushed()

    calls = Calls(tmp_path / "state")
    with calls.store.lock("test"):
        calls.store.load()
        monkeypatch.setattr(os, "fsync", fsync)
        asyncio.run(run())

    assert len(LocalStore(calls.folder).load().pending) == 1


def test_a_record_with_a_secret_is_refused_alone(tmp_path, sample):
    store = LocalStore(tmp_path / "state")
    screened, failures = ScreenedStore(store, Sources({SECRET: Source("A_KEY")})), {}
    entries = [
        intended(sample.intent),
        Entry(sample.support, replace(sample.bound, id=f"asst_{SECRET}")),
        Entry(assistant("other"), sample.bound),
    ]

    async def run():
        journal = GroupCommit(screened)
        for number, entry in enumerate(entries):
            journal.add(entry, lambda failure, number=number: failures.setdefault(number, failure))
        await journal.flushed()
        return journal.failure

    with store.lock("test"):
        store.load()
        assert isinstance(asyncio.run(run()), DisclosureError)  # so no further call is made

    assert [type(failures[number]) for number in range(3)] == [type(None), DisclosureError, type(None)]
    state = LocalStore(store.folder).load()
    assert (list(state.bindings), state.pending) == ([assistant("other")], (sample.intent,))


def test_a_screened_store_takes_none_of_several_records_where_one_has_a_secret(tmp_path, sample):
    store = LocalStore(tmp_path / "state")
    screened = ScreenedStore(store, Sources({SECRET: Source("A_KEY")}))
    with store.lock("test"):
        store.load()
        with pytest.raises(StoreError, match="cannot record the id of assistant"):
            screened.commit(
                [intended(sample.intent), Entry(sample.support, replace(sample.bound, nonce=SECRET))]
            )

    assert not (store.folder / "journal.jsonl").exists()


class Counted(Sources):
    """Sources that count the characters they look at."""

    def leaks(self, text):
        looked.append(len(text))
        return super().leaks(text)


looked = []


def test_a_save_looks_again_only_at_what_was_not_recorded(tmp_path, sample):
    screened = ScreenedStore(LocalStore(tmp_path / "state"), Counted({SECRET: Source("A_KEY")}))
    bound = {assistant(f"a{number}"): replace(sample.bound, id=f"asst_{number}") for number in range(50)}
    with screened.lock("test"):
        state = replace(screened.load(), bindings=bound)
        screened.commit([Entry(address, one) for address, one in bound.items()])
        looked.clear()
        screened.save(state, 0)
        assert sum(looked) < 1_000

        other = replace(sample.bound, id=f"asst_{SECRET}")
        for changed in ({assistant("a7"): other}, {assistant("new"): other}):
            with pytest.raises(DisclosureError, match="the id of assistant"):
                screened.save(replace(state, bindings={**bound, **changed}), 1)


def test_wherever_a_write_of_several_records_is_cut_the_whole_ones_count(store, sample):
    store.load()
    store.record(sample.support, sample.bound)
    journal = store.folder / "journal.jsonl"
    before = len(journal.read_bytes())
    store.commit([Entry(assistant(f"a{number}"), sample.bound) for number in range(3)])
    whole = journal.read_bytes()
    ends = [place + 1 for place in range(before, len(whole)) if whole[place : place + 1] == b"\n"]

    for cut in (*range(before, len(whole) + 1, 7), *ends):
        journal.write_bytes(whole[:cut])
        if cut + 1 in ends:  # nothing is missing but the end of a line: no write leaves that
            continue
        state = LocalStore(store.folder).load()
        assert len(state.bindings) == 1 + sum(end <= cut for end in ends)
