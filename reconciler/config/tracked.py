"""What git has of the files beneath a folder, and what is done about files it does not have."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from reconciler.config.git import REGULAR, git, reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_WATCHED = "H"  # anything else: git has orders to assume that the file is unchanged or absent
_MERGED = "0"


class TrackedRule(Enum):
    """What is done about a file that git does not have as it is."""

    REFUSE = "refuse"
    WARN = "warn"
    ALLOW = "allow"


@dataclass(frozen=True)
class Tracked:
    """What git had of the files beneath a folder when it was asked; paths are those from that folder.

    ``files`` are the regular files of the index: no link, no submodule, nothing in conflict. ``changed`` are
    paths whose working file is another, or that git does not look at by order of a user.
    """

    files: frozenset[str]
    changed: frozenset[str]

    def objection(self, path: str) -> str:
        """Return why a file is not what a reviewer saw, or an empty text."""
        if path not in self.files:
            return "is not in git's index"
        return "differs from what git has" if path in self.changed else ""


@dataclass(frozen=True)
class Silence:
    """Git could not say: why, and what to do about it."""

    reason: str
    help: str


def rule_for(*, in_ci: bool, allow: bool) -> TrackedRule:
    """Return the rule of a CI or of a person's machine; another one where untracked files are allowed."""
    if allow:
        return TrackedRule.ALLOW
    return TrackedRule.REFUSE if in_ci else TrackedRule.WARN


def tracked(folder: Path) -> Tracked | Silence | None:
    """Return what git has beneath a folder; None outside a checkout.

    A checkout is a folder with .git at or above this one, so that a git that is missing or refuses
    differs from a tree that never was in git.
    """
    checkout = _checkout(folder)
    if checkout is None:
        return None
    try:
        return _tracked(_ask(folder, "-v", "--stage"), _ask(folder, "--modified"))
    except subprocess.TimeoutExpired as cause:
        return Silence(f"no answer within {cause.timeout:g} seconds", "try again, or say --allow-untracked")
    except subprocess.CalledProcessError as cause:
        reading = f"git config --global --add safe.directory {shlex.quote(str(checkout))}"
        return Silence(reason(cause), f"let git read it ({reading}), or say --allow-untracked")
    except OSError as cause:
        why = f"it cannot be run: {(cause.strerror or 'no reason given').lower()}"
        return Silence(why, "install git, or say --allow-untracked")


def _checkout(folder: Path) -> Path | None:
    return next((one for one in (folder, *folder.parents) if os.path.lexists(one / ".git")), None)


def _ask(folder: Path, *options: str) -> list[str]:
    """Return what ``git ls-files`` lists; paths need no quoting, whatever characters they hold."""
    return [os.fsdecode(one) for one in git(folder, "ls-files", "-z", *options).split(b"\0") if one]


def _tracked(staged: Sequence[str], modified: Sequence[str]) -> Tracked:
    files: set[str] = set()
    changed = set(modified)
    for entry in staged:
        about, _, path = entry.partition("\t")
        tag, mode, _, stage = about.split(" ")
        if mode in REGULAR and stage == _MERGED:
            files.add(path)
        if tag != _WATCHED:
            changed.add(path)
    return Tracked(frozenset(files), frozenset(changed))
