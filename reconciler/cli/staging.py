"""A directory in which a project is written, before it takes its place as a whole."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reconciler.errors import UsageError
from reconciler.files import create_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

BEGINNING = ".assistants-sync-export-"
"""How the name of such a directory begins; what a killed run left is removed by the next one."""


class Staging(NamedTuple):
    """Where the files of a project are made, and where contents wait until their names are known."""

    project: Path
    contents: Path


@contextmanager
def staging(target: Path) -> Iterator[Staging]:
    """Make a directory on the file system of ``target``, and remove it in the end.

    It is locked, so that another run leaves it alone; those that no run has locked are removed.
    """
    for left in (*target.parent.glob(f"{BEGINNING}*"), *target.glob(f"{BEGINNING}*")):
        _remove(left)
    parent = target if _is_kept(target) else target.parent
    parent.mkdir(parents=True, exist_ok=True)
    made = parent / f"{BEGINNING}{os.urandom(8).hex()}"
    made.mkdir(mode=0o700)
    number = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        here = Staging(made / "project", made / "contents")
        for folder in here:
            folder.mkdir()
        yield here
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(number)


def _is_kept(target: Path) -> bool:
    """Return whether a directory stays the same one: it has files, or this process works in it."""
    return target.is_dir() and (any(target.iterdir()) or target.samefile(Path.cwd()))


def _remove(left: Path) -> None:
    """Remove a directory that no run has locked; one that is a link, or another user's, stays."""
    with suppress(OSError):
        number = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left)
        finally:
            os.close(number)


def write(folder: Path, texts: Mapping[str, str], before: Mapping[str, str]) -> None:
    """Write the texts by their paths, where those of ``before`` are."""
    for path in before.keys() - texts.keys():
        (folder / path).unlink()
    for path, text in texts.items():
        if before.get(path) != text:
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
            create_source(file, text.encode())


def move(content: Path, file: Path) -> None:
    """Move a content to the path of its file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    content.replace(file)


def refuse_link(target: Path) -> None:
    """Raise UsageError for a link: a directory that takes its place leaves what it leads to alone."""
    if target.is_symlink():
        raise UsageError(f"{target} is a link; name the directory that it leads to. Nothing was written")


def existing(target: Path, paths: Iterable[str]) -> list[str]:
    """Return what is there of some files; UsageError where one of them, or what it is in, cannot be one."""
    found = [path for path in paths if os.path.lexists(target / path)]
    folders = {folder for path in paths for folder in [*Path(path).parents][:-1]}
    wrong = [path for path in found if (target / path).is_dir()]
    wrong += [str(one) for one in folders if os.path.lexists(target / one) and not _is_folder(target / one)]
    if wrong:
        raise UsageError(f"cannot write to {target}: {min(wrong)} is in the way. Nothing was written")
    return found


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def put_in_place(made: Path, target: Path, *, last: str) -> None:
    """Move a project to its place: as a whole, or file by file into a directory that stays the same one.

    There the file ``last``, which makes it a project, is removed first and comes last, so that no moment
    has a mixture of two projects.
    """
    if not _is_kept(target):
        made.rename(target)
        return
    (target / last).unlink(missing_ok=True)
    files = [path.relative_to(made) for path in made.rglob("*") if not path.is_dir()]
    for path in sorted(files, key=lambda one: (str(one) == last, one)):
        move(made / path, target / path)
