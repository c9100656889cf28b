"""Whether git has anything of a directory that holds a state, by whatever path it is reached."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.config import names
from reconciler.config.git import REGULAR, GitError, checkout, git

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a person commits to keep a directory, or to keep its contents out of git. Nothing reads these.
_HARMLESS = frozenset({b".gitignore", b".gitattributes", b".gitkeep", b"README.md"})


def brought_within(root: Path, folder: Path) -> str | None:
    """Return why git or an archive may have brought a state; None where neither can, or nothing is there.

    The directory counts wherever it really is: in a submodule, in another checkout, or behind links, each
    of which may be in git itself. Where git has nothing of the project, its silence proves nothing.
    """
    path = Path(os.path.abspath(root / folder))  # noqa: PTH100 - resolve() would follow the links
    if not path.exists():
        return None
    return tracked_within(path) or (_unproved(root) if _has_contents(path) else None)


def tracked_within(path: Path) -> str | None:
    """Return why git may have brought a file, or what is in a directory; None where it cannot have."""
    try:
        found = next((one for way in _ways(path) for one in _entries(way)), None)
    except GitError as cause:
        return f"git cannot say what it has there ({cause}), so a pull request can change it"
    return f"git has {found}, so a pull request can change it" if found else None


def _unproved(root: Path) -> str | None:
    """Return why git's silence about a state proves nothing: it has no file of the project at all."""
    if checkout(root) is None:
        missing = "there is no .git here or above"
    elif not git(root, "ls-files", "-z", "--", "."):
        missing = "git has no file of this project"
    else:
        return None
    return f"{missing}, so nothing shows that it did not come with the configuration"


def _has_contents(path: Path) -> bool:
    """Return whether anything is there that is read, or a link on the way to it."""
    if path.resolve() != path or not path.is_dir():
        return True
    return any(
        os.fsencode(one.name) not in _HARMLESS or not one.is_file(follow_symlinks=False)
        for one in os.scandir(path)
    )


def _ways(path: Path) -> Iterator[Path]:
    """Yield the directory as it is named, as it is on the disk, and every link on the way to it."""
    named = _as_on_disk(path)
    real = _as_on_disk(path.resolve())
    yield from dict.fromkeys((named, real))
    yield from (one for one in (named, *named.parents) if one.is_symlink())


def _as_on_disk(path: Path) -> Path:
    """Return a path as the disk spells it: where the case of letters does not count, git's still does."""
    found = Path(path.anchor)
    for part in path.parts[1:]:
        found /= part if os.path.lexists(found / part) and part in _names(found) else _spelt(found, part)
    return found


def _spelt(folder: Path, part: str) -> str:
    same = (name for name in _names(folder) if _is_same(folder / name, folder / part))
    return next(same, part)


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - the names alone
    except OSError:
        return []


def _entries(path: Path) -> Iterator[str]:
    """Yield what the nearest checkout has at a path and beneath it, relative to that checkout."""
    top = checkout(path if path.is_dir() and not path.is_symlink() else path.parent)
    if top is None:
        return
    here = names.to_bytes(names.from_system(path.relative_to(top).as_posix()))
    listed = git(top, "ls-files", "-z", "--stage", "--", os.fsdecode(here))
    for one in filter(None, listed.split(b"\0")):
        about, _, name = one.partition(b"\t")
        if not (about[:6].decode() in REGULAR and _is_harmless(name, here)):
            yield names.from_bytes(name)


def _is_harmless(name: bytes, folder: bytes) -> bool:
    return name.removeprefix(folder).removeprefix(b"/") in _HARMLESS
