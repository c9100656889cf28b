"""One writer at a time: the kernel says who, a run may wait, and a dead holder holds nothing."""

import errno
import fcntl
import getpass
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from reconciler.errors import LockedError, StoreError
from reconciler.store import LocalStore

HOLDER = """\
import sys, time
from pathlib import Path
from reconciler.store import LocalStore
with LocalStore(Path(sys.argv[1])).lock("apply"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def holder(store):
    """Another process that holds the lock until it reads a line."""
    command = [sys.executable, "-c", HOLDER, str(store.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout.readline() == b"held\n"
            yield other
        finally:
            other.kill()


def test_a_second_holder_is_refused_and_told_who_holds_the_lock(store):
    who = rf"{getpass.getuser()}@{socket.gethostname()} \(process {os.getpid()}\) since .* UTC to apply"
    with (
        store.lock("apply"),
        pytest.raises(LockedError, match=who),
        LocalStore(store.folder).lock("apply"),
    ):
        pass


def test_nobody_is_named_once_the_lock_is_free(store):
    with store.lock("apply"):
        assert (store.folder / "lock").read_bytes()

    assert (store.folder / "lock").read_bytes() == b""


def test_a_holder_that_has_not_signed_yet_is_another_run(store):
    with (store.folder / "lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(LockedError, match="locked by another run"), store.lock("apply"):
            pass


def test_the_kernel_frees_the_lock_of_a_killed_holder(store):
    with holder(store) as other:
        with pytest.raises(LockedError, match=f"process {other.pid}"), store.lock("apply"):
            pass
        other.send_signal(signal.SIGKILL)
        other.wait()

        with store.lock("apply"):
            pass


def test_a_run_that_may_wait_takes_the_lock_when_it_is_free_and_says_once_for_whom_it_waits(store):
    told = []

    def free(who):
        told.append(who)
        other.stdin.write(b"\n")
        other.stdin.flush()

    with holder(store) as other, store.lock("apply", 60, free):
        assert len(told) == 1
        assert f"process {other.pid}" in told[0]
        assert other.wait() == 0


def test_a_run_that_waits_in_silence_waits_as_well(store):
    with holder(store) as other:
        other.stdin.write(b"\n")
        other.stdin.flush()
        with store.lock("apply", 60):
            assert other.wait() == 0


def test_a_run_that_has_waited_long_enough_is_refused(store):
    told = []
    with holder(store) as other:
        begun = time.monotonic()
        with pytest.raises(LockedError, match=f"process {other.pid}"), store.lock("apply", 0.3, told.append):
            pass

    assert time.monotonic() - begun >= 0.3
    assert len(told) == 1


def test_a_free_lock_is_taken_without_a_word(store):
    told = []
    with store.lock("apply", 60, told.append):
        assert told == []


def test_the_pauses_grow_end_with_the_time_and_are_never_those_of_another_run(store, monkeypatch):
    now, pauses = [0.0], []

    def sleep(seconds):
        pauses.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", sleep)
    with store.lock("apply"), pytest.raises(LockedError), LocalStore(store.folder).lock("apply", 5):
        pass

    most = [0.05, 0.1, 0.2, 0.4, 0.8, *[1] * len(pauses)]
    assert sum(pauses) == pytest.approx(5)
    assert all(0.29 * limit < pause <= limit for pause, limit in zip(pauses[:-1], most, strict=False))
    assert len(pauses) >= 9


def increments(folder, counter, times):
    store = LocalStore(folder)
    for _ in range(times):
        with store.lock("count", 60):
            counter.write_text(str(int(counter.read_text()) + 1))


def test_many_processes_never_hold_it_at_once(store, tmp_path):
    counter = tmp_path / "counter"
    counter.write_text("0")
    fork = multiprocessing.get_context("fork")
    running = [fork.Process(target=increments, args=(store.folder, counter, 10)) for _ in range(4)]
    for one in running:
        one.start()
    for one in running:
        one.join()

    assert [one.exitcode for one in running] == [0, 0, 0, 0]
    assert counter.read_text() == "40"


def test_the_lock_file_stays_the_same_file(store):
    before = (store.folder / "lock").stat().st_ino
    with store.lock("apply"):
        pass

    assert (store.folder / "lock").stat().st_ino == before


def test_a_lock_on_a_file_that_was_removed_meanwhile_counts_for_nothing(store, monkeypatch):
    real, removed = fcntl.flock, []

    def remove_first(number, how):
        if not removed:
            removed.append((store.folder / "lock").unlink())
        real(number, how)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    with store.lock("apply"), pytest.raises(LockedError), LocalStore(store.folder).lock("apply"):
        pass


def test_a_lock_that_is_a_link_is_refused_and_what_it_leads_to_is_untouched(store, tmp_path):
    path = store.folder / "lock"
    path.unlink()
    (tmp_path / "precious").write_text("untouched")
    path.symlink_to(tmp_path / "precious")

    with pytest.raises(StoreError, match="it is a link, and no link is followed"), store.lock("apply"):
        pass

    assert (tmp_path / "precious").read_text() == "untouched"


def test_a_lock_that_is_a_fifo_is_refused_at_once(store):
    path = store.folder / "lock"
    path.unlink()
    os.mkfifo(path)

    with pytest.raises(StoreError, match="it is not a regular file"), store.lock("apply"):
        pass


def test_a_folder_whose_file_system_knows_no_locks_is_refused(store, monkeypatch):
    def unsupported(number, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with (
        pytest.raises(StoreError, match=r"No locks available.*Keep the state on a local disk, in PostgreSQL"),
        store.lock("x"),
    ):
        pass


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.EOPNOTSUPP, "Its file system has no locks"),
        (errno.ENOSYS, "Its file system has no locks"),
        (errno.EROFS, "It is mounted for reading only. Keep the state on a local disk, in PostgreSQL"),
        (errno.EACCES, "Run as a user who may write there, or name another location with --state"),
        (errno.EPERM, "Run as a user who may write there, or name another location with --state"),
        (errno.ENOSPC, "Make room there, and run the same command again"),
        (errno.EDQUOT, "Make room there, and run the same command again"),
        (errno.ESTALE, "Its NFS mount is stale: mount it again"),
        (errno.EIO, "Its disk fails. Keep the state"),
    ],
)
def test_a_lock_that_the_system_refuses_names_the_remedy(number, remedy, store, monkeypatch):
    def refusing(descriptor, how):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refusing)
    with pytest.raises(StoreError) as refused, store.lock("x"):
        pass
    assert f": {os.strerror(number)}. {remedy}" in str(refused.value)


def test_a_user_without_a_name_holds_it_by_number(store, monkeypatch):
    def nameless():
        raise OSError("no such user")

    monkeypatch.setattr(getpass, "getuser", nameless)
    with store.lock("apply"):
        assert f"user {os.getuid()}@" in (store.folder / "lock").read_text()


def test_what_fails_under_the_lock_frees_it_and_passes_unchanged(store):
    with pytest.raises(OSError, match="not ours"), store.lock("apply"):
        raise OSError("not ours")

    with store.lock("apply"):
        pass
