"""One writer: a lock that the kernel frees when its holder dies, and that says who holds it."""

from __future__ import annotations

import fcntl
import getpass
import os
import random
import socket
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from reconciler.errors import LockedError, StoreError
from reconciler.files import opened
from reconciler.store.folder import unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_T = TypeVar("_T")

_PROBE = 0.02  # seconds: longer than reading the holder of a lock takes
_FIRST, _LONGEST = 0.05, 1.0  # seconds between two attempts: quick at first, then easy on the machine


@contextmanager
def held(
    path: Path, purpose: str, timeout: float = 0.0, waiting: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the lock on a file, which stays for ever: unlinking it would let two runs hold one lock each."""
    # another run may only be reading its holder, so one attempt proves nothing
    number = waited(lambda: _attempt(path), path, max(timeout, _PROBE), waiting if timeout else None)
    try:
        with _signed(number, path, purpose):
            yield
    finally:
        os.close(number)


def waited(
    attempt: Callable[[], tuple[_T | None, str]],
    location: Path | str,
    timeout: float,
    waiting: Callable[[str], None] | None,
) -> _T:
    """Return what an attempt takes, tried again for some seconds; LockedError with the holder after that."""
    until = time.monotonic() + timeout
    pause = _FIRST
    while True:
        taken, holder = attempt()
        if taken is not None:
            return taken
        left = until - time.monotonic()
        if left <= 0:
            raise LockedError(location, holder)
        if waiting is not None:
            waiting(holder)
            waiting = None
        # Runs that try in step leave the lock unused between two attempts.
        time.sleep(min(pause * random.uniform(0.3, 1), left))  # noqa: S311 - a pause is no secret
        pause = min(pause * 2, _LONGEST)


def holder(path: Path) -> str:
    """Return the holder of the lock on a file; empty for none.

    A holder that was killed leaves its name, so a name alone proves nothing: the lock is tried, shared and
    for a moment, for which a run that wants it waits.
    """
    try:
        number = opened(path, os.O_RDONLY)
    except FileNotFoundError:
        return ""
    except OSError as cause:
        raise unusable(path.parent, cause) from cause
    try:
        if not os.fstat(number).st_size:
            return ""
        fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(number)
    except OSError as cause:
        raise unusable(path.parent, cause) from cause
    finally:
        os.close(number)
    return ""


def _attempt(path: Path) -> tuple[int | None, str]:
    """Return a descriptor that holds the lock, or the holder."""
    while True:
        try:
            number = opened(path, os.O_RDWR | os.O_CREAT)
        except OSError as cause:
            raise unusable(path.parent, cause) from cause
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _still_there(path, number):
                return number, ""
        except BlockingIOError:
            who = _holder(number)
            os.close(number)
            return None, who
        except OSError as cause:
            os.close(number)
            raise unusable(path.parent, cause) from cause
        os.close(number)


def _still_there(path: Path, number: int) -> bool:
    """Return whether other runs find the locked file: its folder may have been removed."""
    try:
        return os.path.samestat(os.fstat(number), path.lstat())
    except FileNotFoundError:
        return False


def frees_itself(location: Path | str) -> StoreError:
    """Return the error of a lock that cannot be taken from its holder."""
    return StoreError(
        f"the lock of {location} is released when its holder ends, so there is nothing to unlock. "
        "Nothing was changed. Run the command again; if the state is locked, that run is still in progress."
    )


@contextmanager
def _signed(number: int, path: Path, purpose: str) -> Iterator[None]:
    """Write the holder's name into the lock file; a disk that refuses it would refuse a journal, too."""
    try:
        os.ftruncate(number, 0)
        os.pwrite(number, signature(purpose).encode(errors="replace"), 0)
    except OSError as cause:
        raise unusable(path.parent, cause) from cause
    try:
        yield
    finally:
        with suppress(OSError):  # what frees the lock is its closing
            os.ftruncate(number, 0)


def signature(purpose: str) -> str:
    """Return a line about this run: its user, since when it holds a lock, and its purpose."""
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"{_user()}@{socket.gethostname()} (process {os.getpid()}) since {since} to {purpose}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return f"user {os.getuid()}"


def _holder(number: int) -> str:
    return os.pread(number, 1000, 0).decode(errors="replace").strip() or "another run"
