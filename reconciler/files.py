"""The one way to make a file or a directory: for its owner alone, never through a link, never half of one."""

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

_CAREFULLY = (
    os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
)  # a FIFO instead of a file answers instead of waiting
_LINKED = {errno.ELOOP, errno.EMLINK}  # what O_NOFOLLOW says of a link, here and on the BSDs
_PRIVATE = 0o600
_SHARED = 0o666  # less what the umask takes
_BEGINNING, _END = ".assistants-sync-", ".new"
_EARLIER = "state.new"  # what earlier versions called it


def opened(path: Path, flags: int) -> int:
    """Open a regular file of our own, created for us alone; OSError for anything else."""
    number = _opened(path, flags, _PRIVATE)
    try:
        _check(os.fstat(number))
        if flags & os.O_CREAT:
            os.fchmod(number, _PRIVATE)  # a umask may have taken more, an earlier program left more
    except OSError:
        os.close(number)
        raise
    return number


def appending(path: Path) -> int:
    """Open a file to append to; OSError for a link. It is made for its owner alone, or stays as it is."""
    try:
        return opened(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL)
    except FileExistsError:
        number = _opened(path, os.O_WRONLY | os.O_APPEND, _PRIVATE)
    os.set_blocking(number, True)  # of a FIFO with a reader
    return number


def _opened(path: Path, flags: int, mode: int) -> int:
    try:
        return os.open(path, flags | _CAREFULLY, mode)
    except OSError as cause:
        if cause.errno in _LINKED:
            raise OSError(cause.errno, "it is a link, and no link is followed") from cause
        raise


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
    _fill(path, opened(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL), text)


def create_source(path: Path, text: bytes) -> None:
    """Write a file of the user's project, which others may read as the umask says; it is not there yet."""
    _fill(path, _opened(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _SHARED), text)


def _fill(path: Path, number: int, text: bytes) -> None:
    try:
        write(number, text)
        os.fsync(number)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise
    finally:
        os.close(number)


def replace(path: Path, text: bytes) -> None:
    """Replace a file, or a link, by one of its owner alone: whole, or not at all."""
    new = _unguessable(path)
    create(new, text)
    _take_place(new, path)


def _take_place(new: Path, path: Path) -> None:
    try:
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise
    with suppress(OSError):  # the file is there; its name may still not survive a power cut
        sync(path.parent)


def rewrite(path: Path, before: bytes, after: bytes) -> None:
    """Give a file of the user's project another content, and nothing else: it keeps its mode and its owner.

    It has the old content or the new one, whole. OSError where it is a link or no longer has the content
    ``before``, or where this user may not write it.
    """
    number = _opened(path, os.O_RDWR, _SHARED)
    with os.fdopen(number, "rb") as stream:
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        new = _unguessable(path)
        _fill_like(new, status, after)
        is_same = stream.read(len(before) + 1) == before and os.path.samestat(status, path.lstat())
    if not is_same:
        new.unlink()
        raise OSError(errno.EBUSY, "it was changed meanwhile")
    _take_place(new, path)


def _fill_like(new: Path, status: os.stat_result, text: bytes) -> None:
    """Write a file with the owner and the mode of another one."""
    number = _opened(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    with suppress(OSError):  # of another user: as with any editor, the file is then ours
        os.fchown(number, status.st_uid, status.st_gid)
    os.fchmod(number, stat.S_IMODE(status.st_mode))
    _fill(new, number, text)


def beside(path: Path, text: bytes) -> Path:
    """Write the content of a file durably under another name, for one rename, and return that path.

    Only the holder of a lock on the directory may call it: it removes what killed runs left.
    """
    for left in (path.with_name(_EARLIER), *path.parent.glob(f"{_BEGINNING}*{_END}")):
        left.unlink(missing_ok=True)
    new = _unguessable(path)
    create(new, text)
    return new


def _unguessable(path: Path) -> Path:
    """Return a name in the same directory that no other user can have taken before."""
    return path.with_name(f"{_BEGINNING}{os.urandom(8).hex()}{_END}")


def make_folders(folder: Path) -> None:
    """Make a directory and those above it that are missing, each for its owner alone."""
    for missing in reversed([folder, *folder.parents]):
        if not missing.is_dir():
            make_folder(missing)


def make_folder(folder: Path) -> None:
    """Make one directory for its owner alone; one that is there stays as it is."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not folder.is_dir():  # it may have been made by another run just now
            raise
    else:
        folder.chmod(0o700)  # whatever the umask


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
