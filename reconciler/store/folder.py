"""The state folder: made for one user, and refused when others could plant a state in it."""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from reconciler.errors import StoreError
from reconciler.store.files import sync, why

if TYPE_CHECKING:
    from pathlib import Path


def make(folder: Path) -> None:
    """Make the folder and those above it that are missing, each for its owner alone."""
    try:
        for one in reversed([folder, *folder.parents]):
            if not one.is_dir():
                _make(one)
    except OSError as cause:
        raise unusable(folder, cause) from cause


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not folder.is_dir():  # it may have been made by another run just now
            raise
    else:
        folder.chmod(0o700)  # whatever the umask


def sync_above(folder: Path) -> None:
    """Make the name of a new folder durable, and those of the folders above it, which may be as new.

    An interrupted run may have made them. Those that this user cannot open were there before.
    """
    for one in folder.absolute().parents:
        with suppress(PermissionError):
            sync(one)


def check(folder: Path) -> None:
    """Refuse a folder in which somebody else could write; one that does not exist harms nobody.

    The folder may be reached through a link: it is what a person named. Root may use anybody's.
    """
    try:
        found = folder.stat()
    except FileNotFoundError:
        return
    except OSError as cause:
        raise unusable(folder, cause) from cause
    problem = _foreign(found) or _open(found, folder)
    if problem:
        raise StoreError(f"the state folder {folder} is not safe: {problem} Nothing was changed.")


def environments(folder: Path) -> list[str | None]:
    """The environments that have a state in a folder, None among them for the state without one."""
    try:
        found = [one for one in (folder / "environments").iterdir() if _has_state(one)]
    except FileNotFoundError:
        found = []
    except OSError as cause:
        raise unusable(folder, cause) from cause
    without = [None] if _has_state(folder) else []
    return [*without, *sorted(one.name for one in found)]


def _has_state(folder: Path) -> bool:
    return any((folder / name).exists() for name in ("state.json", "journal.jsonl"))


def unusable(folder: Path, cause: OSError) -> StoreError:
    """The error of a folder that cannot be used."""
    return StoreError(f"cannot use the state folder {folder}: {why(cause)}")


def _foreign(found: os.stat_result) -> str:
    if os.geteuid() in {0, found.st_uid}:
        return ""
    return (
        f"it belongs to user {found.st_uid}, and this run is user {os.geteuid()}'s. "
        "Run as its owner, or use a folder of your own."
    )


def _open(found: os.stat_result, folder: Path) -> str:
    """Who else may write. The sticky bit keeps a group from our files, and nobody from planting theirs."""
    if found.st_mode & stat.S_IWOTH:
        return f"everybody may write to it. Close it with: chmod go-w {shlex.quote(str(folder))}."
    if not found.st_mode & stat.S_IWGRP or found.st_mode & stat.S_ISVTX:
        return ""
    if _private(found.st_gid, found.st_uid):
        return ""
    return f"its group may write to it. Close it with: chmod g-w {shlex.quote(str(folder))}."


def _private(group: int, owner: int) -> bool:
    """Whether a group is a user's own: of the user's name, with nobody else in it.

    That is what makes a umask of 002 safe where every user has such a group. A container's ids
    need not have names; there the equal number says the same.
    """
    try:
        found, name = grp.getgrgid(group), pwd.getpwuid(owner).pw_name
    except KeyError:
        return group == owner
    return found.gr_name == name and set(found.gr_mem) <= {name}
