"""The disk fails at any call, in any way: the state is old or new, and no durable record is lost."""

import errno
import os
from itertools import count

import pytest

from reconciler.errors import StoreError
from reconciler.store import LocalStore

CALLS = (
    "open",
    "write",
    "pwrite",
    "fsync",
    "replace",
    "rename",
    "link",
    "unlink",
    "mkdir",
    "ftruncate",
    "fchmod",
)
ERRORS = ("EIO", "ENOSPC", "EROFS", "EACCES", "EMFILE", "EINTR", "EDQUOT")


class Killed(BaseException):
    """The program is gone: nothing runs after the call that it died in."""


class Disk:
    """Counts the calls that could write; the n-th fails, before it had its effect or after."""

    def __init__(self, monkeypatch):
        self.left, self.failure, self.after, self.forever = 0, None, False, False
        self.trace, self.real = [], {name: getattr(os, name) for name in CALLS}
        self.real["fsync"] = lambda _: None  # what is counted here is order, and not time
        for name in CALLS:
            monkeypatch.setattr(os, name, self.counted(name))

    def fail(self, number, failure, *, after=False, forever=False):
        """Let the n-th call from now fail; ``forever`` lets every later one fail too."""
        self.left, self.failure, self.after, self.forever = number, failure, after, forever

    def rest(self):
        """Let nothing fail, and tell whether something did."""
        failed = self.failure is not None and self.left <= 0
        self.failure = None
        return failed

    def counted(self, name):
        def call(*arguments, **named):
            self.left -= 1
            hit = self.failure is not None and (self.left <= 0 if self.forever else self.left == 0)
            if hit and not (self.after and self.left == 0):
                raise self.failure
            self.trace.append((name, *self.seen(arguments)))
            if hit and name == "write":
                arguments = (arguments[0], arguments[1][: len(arguments[1]) // 2])
            answer = self.real[name](*arguments, **named)
            if hit:
                if name == "open":
                    os.close(answer)
                raise self.failure
            return answer

        return call

    @staticmethod
    def seen(arguments):
        """What a call is about: the names of its files."""
        for one in arguments:
            if isinstance(one, int) and not isinstance(one, bool) and one == arguments[0]:
                yield os.path.basename(os.readlink(f"/proc/self/fd/{one}"))  # noqa: PTH115, PTH119 - no Path
            elif hasattr(one, "name"):
                yield one.name


@pytest.fixture
def disk(monkeypatch):
    return Disk(monkeypatch)


class Run:
    """A run on a fresh folder, of which the beginning is durable: a state, and a record in its journal."""

    def __init__(self, folder, sample):
        self.sample, self.store = sample, LocalStore(folder)
        with self.store.lock("test"):
            self.store.save(self.sample.another("old"), self.store.load().serial)
        self.durable = []

    def begin(self):
        """What happens under the lock before the disk may fail."""
        self.store.load()
        self.store.record(self.sample.support, self.sample.bound)
        self.durable.append("support")

    def carry_on(self):
        """What may fail: an intent, its result, and the save of all of it."""
        self.attempt("intent", self.store.intend, self.sample.intent)
        self.attempt("handbook", self.store.record, self.sample.handbook, self.sample.uploaded)
        self.attempt("new", self.store.save, self.sample.state(), 1)

    def attempt(self, name, call, *arguments):
        try:
            call(*arguments)
        except StoreError as error:
            assert "cannot write" in str(error)  # noqa: PT017 - that it is raised is not certain
        else:
            self.durable.append(name)

    def check(self):
        """What a next run finds is old or new, and has every record that was durable."""
        state = LocalStore(self.store.folder).load()
        assert (state.serial, state.project) in {(1, "project-old"), (2, "acme")}
        if state.serial == 2:
            assert (state.bindings, state.pending) == (self.sample.state().bindings, (self.sample.intent,))
            return
        assert "new" not in self.durable
        assert state.bindings[self.sample.support] == self.sample.bound
        if "handbook" in self.durable:
            assert state.bindings[self.sample.handbook] == self.sample.uploaded
        elif "intent" in self.durable and self.sample.handbook not in state.bindings:
            assert state.pending == (self.sample.intent,)

    def go_on(self):
        """The next run works as if nothing had been."""
        again = LocalStore(self.store.folder)
        with again.lock("test"):
            state = again.load()
            again.record(self.sample.handbook, self.sample.uploaded)
            assert LocalStore(self.store.folder).load().bindings[self.sample.handbook] == self.sample.uploaded
            again.save(state, state.serial)
            assert again.load().serial == state.serial + 1


@pytest.fixture
def run(tmp_path, sample):
    """A function that begins another run."""
    numbers = count()
    return lambda: Run(tmp_path / str(next(numbers)), sample)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", ERRORS)
def test_one_failing_call_leaves_old_or_new_and_every_durable_record(disk, run, name, after):
    code = getattr(errno, name)
    for number in count(1):
        one = run()
        with one.store.lock("test"):
            one.begin()
            disk.fail(number, OSError(code, os.strerror(code)), after=after)
            one.carry_on()
            failed = disk.rest()
        if not failed:
            break
        one.check()
        one.go_on()
    assert one.durable == ["support", "intent", "handbook", "new"]
    assert number > 20


@pytest.mark.parametrize("name", ERRORS)
def test_a_disk_that_is_broken_from_some_call_on_does_the_same(disk, run, name):
    code = getattr(errno, name)
    for number in count(1):
        one = run()
        with one.store.lock("test"):
            one.begin()
            disk.fail(number, OSError(code, os.strerror(code)), after=True, forever=True)
            one.carry_on()
            failed = disk.rest()
        if not failed:
            break
        one.check()
        one.go_on()
    assert number > 20


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_program_killed_at_any_call_leaves_old_or_new_and_every_durable_record(disk, run, after):
    for number in count(1):
        one = run()
        disk.fail(10**9, None)
        try:
            with one.store.lock("test"):
                one.begin()
                disk.fail(number, Killed(), after=after, forever=True)
                one.carry_on()
        except Killed:
            disk.rest()
            one.check()
            one.go_on()
        else:
            break
    assert number > 20


@pytest.mark.parametrize("name", ERRORS)
def test_a_lock_that_fails_at_any_call_is_not_held_and_says_which_folder(disk, run, tmp_path, name):
    code = getattr(errno, name)
    for number in count(1):
        store = LocalStore(tmp_path / f"locked {number}")
        disk.fail(number, OSError(code, os.strerror(code)))
        try:
            with store.lock("test"):
                entered = True
        except StoreError as error:
            disk.rest()
            assert str(store.folder) in str(error)  # noqa: PT017 - that it is raised is not certain
            with store.lock("test"):
                pass
        else:
            assert entered
            if not disk.rest():
                break
    assert number > 5


@pytest.mark.parametrize("most", [1, 7])
def test_a_disk_that_takes_little_at_a_time_takes_all_of_it(run, monkeypatch, most):
    real = os.write
    monkeypatch.setattr(os, "write", lambda number, text: real(number, text[:most]))
    one = run()
    with one.store.lock("test"):
        one.begin()
        one.carry_on()

    one.check()
    one.go_on()
    assert one.durable[-1] == "new"


def test_a_record_after_one_that_was_cut_stands_alone(disk, run, sample):
    one = run()
    one.begin()
    for call in (1, 2, 3):
        disk.fail(2 + call, OSError(errno.ENOSPC, "No space left on device"), after=True, forever=True)
        with pytest.raises(StoreError):
            one.store.intend(sample.intent)
        disk.rest()
    one.store.record(sample.handbook, sample.uploaded)

    state = LocalStore(one.store.folder).load()
    assert set(state.bindings) == {sample.support, sample.handbook}


def test_a_record_that_the_disk_did_not_confirm_is_taken_back(disk, run, sample):
    one = run()
    one.begin()
    path = one.store.folder / "journal.jsonl"
    before = path.read_bytes()
    disk.real["fsync"] = broken

    with pytest.raises(StoreError, match="Input/output error"):
        one.store.record(sample.handbook, sample.uploaded)

    assert path.read_bytes() == before


def test_records_after_a_save_that_was_not_confirmed_follow_what_is_found(disk, run, sample):
    one = run()
    one.begin()
    disk.real["fsync"] = lambda number: broken(number) if at_folder(number, one.store) else None
    with pytest.raises(StoreError, match="Input/output error"):
        one.store.save(sample.state(), 1)
    disk.real["fsync"] = lambda _: None
    one.store.record(sample.support, None)

    state = LocalStore(one.store.folder).load()

    assert (state.serial, set(state.bindings)) == (2, {sample.handbook})


def broken(_):
    raise OSError(errno.EIO, "Input/output error")


def at_folder(number, store):
    return os.path.samestat(os.fstat(number), store.folder.stat())


def test_what_must_be_durable_first_is_synced_first(disk, run):
    one = run()
    disk.trace.clear()
    one.begin()
    folder = one.store.folder.name
    assert [call for call in disk.trace if call[0] in {"write", "fsync"}] == [
        ("write", "journal.jsonl"),
        ("fsync", "journal.jsonl"),
        ("fsync", folder),
    ]
    disk.trace.clear()
    one.carry_on()

    order = [call for call in disk.trace if call[0] in {"write", "fsync", "replace"}]
    first, second = (call[1] for call in order if call[0] == "write" and call[1].endswith(".new"))
    assert order == [
        ("write", "journal.jsonl"),
        ("fsync", "journal.jsonl"),
        ("write", "journal.jsonl"),
        ("fsync", "journal.jsonl"),
        ("write", first),
        ("fsync", first),
        ("write", second),
        ("fsync", second),
        ("replace", second, "00000001.json"),
        ("fsync", "history"),
        ("replace", first, "state.json"),
        ("fsync", folder),
    ]
    assert disk.trace[-1] == ("unlink", "journal.jsonl")
