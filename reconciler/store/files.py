"""Files of one owner: never through a link, never half of one, never readable by other users."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 64 * 1024 * 1024
"""Bytes of the largest file that is read; no state comes near it, and a mistake does not fill the memory."""

_CAREFULLY = os.O_NOFOLLOW | os.O_NONBLOCK  # a FIFO instead of a file answers instead of waiting
_LINKED = {errno.ELOOP, errno.EMLINK}  # what O_NOFOLLOW says of a link, here and on the BSDs


def opened(path: Path, flags: int) -> int:
    """Open a regular file of our own, created for us alone; OSError for anything else."""
    try:
        number = os.open(path, flags | _CAREFULLY, 0o600)
    except OSError as cause:
        if cause.errno in _LINKED:
            raise OSError(cause.errno, "it is a link, and no link is followed") from cause
        raise
    try:
        _check(os.fstat(number))
        if flags & os.O_CREAT:
            os.fchmod(number, 0o600)  # a umask may have taken more, an earlier program left more
    except OSError:
        os.close(number)
        raise
    return number


def _check(status: os.stat_result) -> None:
    """Refuse what is not a file, or belongs to another user."""
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    if os.geteuid() and status.st_uid not in {0, os.geteuid()}:
        raise OSError(errno.EPERM, f"it belongs to another user ({status.st_uid})")


def read(path: Path) -> bytes | None:
    """Return the whole content of a file, or None where there is none."""
    try:
        number = opened(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    with os.fdopen(number, "rb") as stream:
        text = stream.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise OSError(errno.EFBIG, f"it is larger than {LARGEST} bytes")
    return text


def create(path: Path, text: bytes) -> None:
    """Write a file that is not there yet, and return when its content is on the disk."""
    number = opened(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        write(number, text)
        os.fsync(number)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise
    finally:
        os.close(number)


def beside(path: Path, text: bytes) -> Path:
    """Write the content of a file durably under another name, for one rename, and return that path."""
    new = path.with_name("state.new")
    new.unlink(missing_ok=True)  # of a run that was killed here
    create(new, text)
    return new


def write(number: int, text: bytes) -> None:
    """Write all of a text, however little of it the system takes at a time."""
    rest = memoryview(text)
    while rest:
        rest = rest[os.write(number, rest) :]


def sync(folder: Path) -> None:
    """Make names durable: without this an old one can come back, or a new one vanish, in a power cut."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def why(cause: OSError) -> str:
    """Return the words of the system, without number and path."""
    return cause.strerror or str(cause)
