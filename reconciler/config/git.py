"""Git, asked without letting the repository or the surroundings have a say in it."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE: Final = 30.0
"""Seconds that git may take for one answer."""
REGULAR: Final = frozenset({"100644", "100755"})
"""The modes of regular files."""

_SETTINGS = (
    "core.fsmonitor=false",  # would run a program that the repository names
    "core.untrackedCache=false",
    "core.fileMode=false",  # bytes are sent, so that a changed right to execute is no change
    "safe.bareRepository=explicit",  # a folder that was checked out cannot pose as a repository
)
_GIT = ("git", *(word for one in _SETTINGS for word in ("-c", one)))
_OF_ANOTHER_REPOSITORY = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"}
)


def git(folder: Path, *arguments: str, sent: bytes = b"") -> bytes:
    """Return what git prints in a folder, given some input; raises what subprocess.run does."""
    own = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_REPOSITORY}
    ended = subprocess.run(  # noqa: S603 - nothing of it comes from a configuration
        [*_GIT, *arguments],
        cwd=folder,
        env={**own, "GIT_OPTIONAL_LOCKS": "0"},
        input=sent,
        capture_output=True,
        check=True,
        timeout=PATIENCE,
    )
    return ended.stdout


def checked_out(folder: Path) -> str:
    """Return the commit that is checked out, and whether a file of it was edited; empty if unknown."""
    try:
        commit = git(folder, "rev-parse", "--verify", "--quiet", "HEAD").decode().strip()
        # A submodule has settings of its own, which would not be ours.
        edited = git(
            folder, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all", "--", "."
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return f"{commit} and edits that are not committed" if edited else commit


def reason(cause: subprocess.CalledProcessError) -> str:
    """Return git's reason, which warnings may precede and advice follow."""
    lines: list[str] = cause.stderr.decode(errors="replace").splitlines()
    fatal = (line.removeprefix("fatal: ") for line in lines if line.startswith("fatal: "))
    return next(fatal, " ".join(lines) or f"it ended with status {cause.returncode}")
