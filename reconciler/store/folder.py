"""The state folder: made for one user, and refused when others could plant a state in it."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import shlex
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from reconciler.errors import StoreError
from reconciler.files import make_folders, replace, sync, why

if TYPE_CHECKING:
    from pathlib import Path


def make(folder: Path) -> None:
    """Make the folder and those above it that are missing, each for its owner alone."""
    try:
        make_folders(folder)
    except OSError as cause:
        raise unusable(folder, cause) from cause


def ignore(folder: Path) -> None:
    """Keep a new state folder out of git; a ``.gitignore`` that is there stays as it is.

    It ignores itself, too. A folder that does not take it is used all the same: what the state
    needs is written by others, who report it.
    """
    path = folder / ".gitignore"
    if not os.path.lexists(path):
        with suppress(OSError):
            replace(path, b"*\n")


def sync_above(folder: Path) -> None:
    """Make the name of a new folder durable, and those of the folders above it, which may be as new.

    An interrupted run may have made them. Those that this user cannot open were there before.
    """
    for above in folder.absolute().parents:
        with suppress(PermissionError):
            sync(above)


def check(folder: Path) -> None:
    """Refuse a folder in which another user could write; a missing one is harmless.

    The folder may be reached through a link: it is what a person named. Root may use any user's.
    """
    try:
        status = folder.stat()
    except FileNotFoundError:
        return
    except OSError as cause:
        raise unusable(folder, cause) from cause
    problem = _foreign(status) or _open(status, folder)
    if problem:
        raise StoreError(f"the state folder {folder} is not safe: {problem} Nothing was changed.")


def environments(folder: Path) -> list[str | None]:
    """Return the environments that have a state in a folder, None among them for the state without one."""
    try:
        named = [path for path in (folder / "environments").iterdir() if _has_state(path)]
    except FileNotFoundError:
        named = []
    except OSError as cause:
        raise unusable(folder, cause) from cause
    without = [None] if _has_state(folder) else []
    return [*without, *sorted(path.name for path in named)]


def _has_state(folder: Path) -> bool:
    return any((folder / name).exists() for name in ("state.json", "journal.jsonl"))


_ELSEWHERE = "Keep the state on a local disk, in PostgreSQL or in a bucket: --state"
_LOCKLESS = f"Its file system has no locks, as on some NFS mounts. Nothing was changed. {_ELSEWHERE}"
_FULL = "Make room there, and run the same command again"
_DENIED = "Run as a user who may write there, or name another location with --state"
_REMEDIES = {
    **dict.fromkeys((errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS), _LOCKLESS),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), _FULL),
    **dict.fromkeys((errno.EACCES, errno.EPERM), _DENIED),
    errno.EROFS: f"It is mounted for reading only. {_ELSEWHERE}",
    errno.ESTALE: "Its NFS mount is stale: mount it again, and run the same command again",
    errno.EIO: f"Its disk fails. {_ELSEWHERE}",
}


def unusable(folder: Path, cause: OSError) -> StoreError:
    """Return the error of a folder that cannot be used."""
    remedy = _REMEDIES.get(cause.errno or 0)
    end = f". {remedy}" if remedy else ""
    return StoreError(f"cannot use the state folder {folder}: {why(cause)}{end}")


def _foreign(status: os.stat_result) -> str:
    if os.geteuid() in {0, status.st_uid}:
        return ""
    return (
        f"it belongs to user {status.st_uid}, and this run is user {os.geteuid()}'s. "
        "Run as its owner, or use a folder of your own."
    )


def _open(status: os.stat_result, folder: Path) -> str:
    """Return the problem of a folder that others can write; the sticky bit protects from a group only."""
    if status.st_mode & stat.S_IWOTH:
        return f"every user can write to it. Close it with: chmod go-w {shlex.quote(str(folder))}."
    if not status.st_mode & stat.S_IWGRP or status.st_mode & stat.S_ISVTX:
        return ""
    if _private(status.st_gid, status.st_uid):
        return ""
    return f"its group can write to it. Close it with: chmod g-w {shlex.quote(str(folder))}."


def _private(group: int, owner: int) -> bool:
    """Return whether a group is a user's own: of the user's name, with no other member.

    That is what makes a umask of 002 safe where every user has such a group. A container's ids
    need not have names; there the equal number says the same.
    """
    try:
        entry, name = grp.getgrgid(group), pwd.getpwuid(owner).pw_name
    except KeyError:
        return group == owner
    return entry.gr_name == name and set(entry.gr_mem) <= {name}
