"""The files that a folder stands for: the names that count, their order, and how many there may be."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from reconciler.config import names
from reconciler.config.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ENVIRONMENTS: Final = "environments"
"""The folder beside a configuration file that holds one file for each environment."""
MOST_FILES: Final = 5_000
"""YAML and Markdown files that a folder may hold."""
MOST_LEVELS: Final = 64
"""Levels of folders below one that is named."""

MARKDOWN: Final = (".md", ".markdown")
"""The endings of Markdown files."""
ENDINGS: Final = (".yaml", ".yml", *MARKDOWN)
_LEAVE_OUT = "begin the link's name with `_`"
_NARROWER = "-f names the folder of the configuration itself"


def chosen(paths: Iterable[str], folder: str) -> list[str]:
    """Return those of the paths that a folder stands for, sorted; ContentError beyond the bounds.

    What is hidden, partial or an environment is left out.
    """
    before = prefix(folder)
    found: list[list[str]] = []
    for path in paths:
        if not (path.startswith(before) and path.endswith(ENDINGS)):
            continue
        steps = path[len(before) :].split("/")
        if all(map(_counts, steps)):
            _check(folder, levels=len(steps) - 1, files=len(found) + 1)
            found.append(steps)
    return [before + "/".join(steps) for steps in sorted(found)]


def walked(top: str, folder: str, *, follows_links: bool) -> Iterator[tuple[str, str]]:
    """Yield the files that may count below the folder, in any order: their paths, and those for the system.

    A link to a folder within this one is followed, where links are, and refused elsewhere. A folder that this
    user may not list is passed over. ContentError where the levels have no end.
    """
    pending, followed = [(top, prefix(folder), 0)], set[str]()
    while pending:
        here, before, level = pending.pop()
        _check(folder, levels=level)
        for entry in _listed(here):
            path = before + names.from_system(entry.name)
            if entry.is_dir(follow_symlinks=False):
                pending.append((entry.path, f"{path}/", level + 1))
            elif _leads_to_folder(entry):
                target = _target(top, entry.path, path, follows_links=follows_links)
                if target and target not in followed:
                    followed.add(target)
                    pending.append((target, f"{path}/", level + 1))
            elif entry.name.endswith(ENDINGS):
                yield path, entry.path


def _listed(here: str) -> list[os.DirEntry[str]]:
    """Return what counts in a folder; nothing where it may not be listed."""
    with suppress(OSError), os.scandir(here) as entries:
        return [entry for entry in entries if _counts(entry.name)]
    return []


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):  # a link to itself
        return entry.is_dir()
    return False


def _target(top: str, link: str, path: str, *, follows_links: bool) -> str:
    """Return the folder a link leads to; empty where its files are found without the link.

    ContentError where it may not be followed: what it leads to would look deleted.
    """
    target = os.path.realpath(link)
    if not follows_links or os.path.commonpath([top, target]) != top:
        problem = f"cannot read the configuration: {path} is a link to a folder"
        raise ContentError("AS303", problem, f"name that folder with -f, and {_LEAVE_OUT}")
    steps = os.path.relpath(target, top).split("/")
    return "" if target == top or all(map(_counts, steps)) else target


def prefix(folder: str) -> str:
    """Return how the paths below a folder begin."""
    return f"{folder}/" if folder != "." else ""


def _counts(step: str) -> bool:
    return step[:1] not in {"", ".", "_"} and step != ENVIRONMENTS


def _check(folder: str, *, levels: int, files: int = 0) -> None:
    if levels > MOST_LEVELS:
        raise ContentError("AS107", f"{folder} has more than {MOST_LEVELS} levels of folders", _NARROWER)
    if files > MOST_FILES:
        problem = f"{folder} has more than {MOST_FILES:,} YAML and Markdown files"
        raise ContentError("AS107", problem, _NARROWER)
