"""The way down from the root to one file, by descriptors and without a link."""

from __future__ import annotations

import os
import stat
from typing import IO, TYPE_CHECKING, Self

from reconciler.config import names
from reconciler.config.errors import ContentError
from reconciler.config.mounts import kernels
from reconciler.model.characters import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.model.diagnostic import Suggestions

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class Walk:
    """The steps to a path. Each is opened from the folder before it and then held.

    So no link can be put in the place of something that was looked at already.
    """

    def __init__(self, root: Path, path: str, suggestions: Suggestions) -> None:
        self.path = path
        self._suggestions = suggestions
        steps = [step for step in path.split("/") if step not in {"", "."}] or ["."]
        *self.folders, self.name = ["/", *steps] if path.startswith("/") else steps
        self.passed: list[str] = []
        self.here = os.open(root, _FOLDER)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.here)

    def file(self) -> IO[bytes]:
        """Return the file at the end of the path, which is a regular one."""
        device = os.fstat(self.here).st_dev
        for step in self.folders:
            self._enter(step, device)
        number = self._opened(self.name, _FILE)
        mode = os.fstat(number).st_mode
        if not stat.S_ISREG(mode):
            os.close(number)
            raise _no_file(self.path or ".", mode)
        return os.fdopen(number, "rb", buffering=0)

    def _enter(self, step: str, device: int) -> None:
        """Go down into a folder; what is mounted there is entered, unless the kernel shows itself in it."""
        there = self._opened(step, _FOLDER)
        os.close(self.here)
        self.here = there
        self.passed.append(step)
        other = os.fstat(there).st_dev
        if other != device and (kind := kernels(other)):
            problem = f"{'/'.join(self.passed)} is a file system of the kernel ({kind})"
            raise ContentError("AS303", problem, "name a file of the project")

    def _opened(self, step: str, flags: int) -> int:
        if step == ".." or "/" in step:
            raise ContentError("AS302", f"{quoted(self.path)} leads out of the root", "-C names another root")
        if step.lower() == ".git":
            raise ContentError("AS306", f"{self.path} belongs to git itself", "name a file of the project")
        try:
            return os.open(names.to_bytes(step), flags, dir_fd=self.here)
        except OSError as cause:
            raise self._refusal(step, cause) from cause

    def _refusal(self, step: str, cause: OSError) -> ContentError:
        """Return why a step could not be opened; the step is inspected for the message alone."""
        try:
            mode = os.stat(names.to_bytes(step), dir_fd=self.here, follow_symlinks=False).st_mode
        except OSError:
            return unreadable(self.path, cause, self._suggestions.nearest(step, self._there()))
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            return unreadable(self.path, cause)
        return _no_file("/".join([*self.passed, step]), mode)

    def _there(self) -> Iterator[str]:
        """Yield the names in this folder, which is listed only if they are looked at."""
        yield from map(names.from_system, os.listdir(self.here))  # noqa: PTH208 - a path may be another folder by now


def unreadable(path: str, cause: OSError, remedy: str = "") -> ContentError:
    """Return the error of a file that the system does not let us read."""
    return ContentError("AS301", f"{path}: {(cause.strerror or 'unreadable').lower()}", remedy)


def _no_file(path: str, mode: int) -> ContentError:
    if stat.S_ISLNK(mode):
        return ContentError("AS303", f"{path} is a link", "name the file it leads to")
    kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
    return ContentError("AS303", f"{path} is {kind}", "name a file")
