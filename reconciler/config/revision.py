"""The files beneath a folder as a commit has them, laid out in a folder of their own."""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.config.git import REGULAR, git, reason
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_AT_ONCE = 200  # files that git is asked for at once
_LEADS_OUT = frozenset({b"", b".", b"..", b".git"})  # a tree made by hand can hold any name
MOST = 1_000_000_000
"""Bytes that are laid out at most."""


class RevisionError(ReconcilerError):
    """A commit cannot be read: git does not know it, or it holds too much."""


@contextmanager
def laid_out(folder: Path, revision: str) -> Iterator[tuple[Path, str]]:
    """Yield a folder with what the commit has beneath this one, and the commit's full name.

    Regular files only, byte for byte as git stores them: a configuration may name nothing else. It is gone
    afterwards.
    """
    try:
        commit = _commit(folder, revision)
        files = _files(folder, commit)
        with tempfile.TemporaryDirectory(prefix="assistants-sync-") as there:
            for start in range(0, len(files), _AT_ONCE):
                _write(Path(there), folder, files[start : start + _AT_ONCE])
            yield Path(there), commit
    except subprocess.CalledProcessError as cause:
        raise RevisionError(f"git cannot show {revision}: {reason(cause)}") from cause
    except (OSError, subprocess.TimeoutExpired) as cause:
        raise RevisionError(f"git gave no answer about {revision}: {cause}") from cause


def _commit(folder: Path, revision: str) -> str:
    try:
        name = git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except subprocess.CalledProcessError as cause:
        remedy = "in CI, fetch it first: a shallow checkout has one commit only"
        raise RevisionError(f"there is no commit {revision} here; {remedy}") from cause
    return name.decode().strip()


def _files(folder: Path, commit: str) -> list[tuple[str, str]]:
    """Return the path and the object of every regular file; RevisionError for more than MOST bytes."""
    files, total = [], 0
    for entry in git(folder, "ls-tree", "-r", "-l", "-z", commit).split(b"\0"):
        about, _, path = entry.partition(b"\t")
        if not path:
            continue
        mode, _, name, size = about.decode().split()
        if mode in REGULAR and _LEADS_OUT.isdisjoint(path.lower().split(b"/")):
            files.append((os.fsdecode(path), name))
            total += int(size)
    if total > MOST:
        raise RevisionError(f"{commit[:12]} holds more than {MOST:,} bytes; -C names a smaller folder")
    return files


def _write(there: Path, folder: Path, files: Sequence[tuple[str, str]]) -> None:
    """Write some files."""
    names = "".join(f"{name}\n" for _, name in files).encode()
    answer = memoryview(git(folder, "cat-file", "--batch", sent=names))
    for path, _ in files:
        head, _, _ = bytes(answer[:200]).partition(b"\n")
        start, size = len(head) + 1, int(head.rpartition(b" ")[2])
        target = there / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(answer[start : start + size])
        answer = answer[start + size + 1 :]
