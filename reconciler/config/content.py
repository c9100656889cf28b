"""The files a configuration names: found beneath the root, read once, and sent as they were hashed."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Self

from reconciler.config.source import MAX_BYTES, Source
from reconciler.config.tracked import Silence, Tracked, TrackedRule, tracked
from reconciler.errors import ReconcilerError
from reconciler.model.diagnostic import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.model.resource import DesiredFile

_PIECE = 1024 * 1024
_IN_MEMORY = 8 * _PIECE
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class ContentError(ReconcilerError):
    """A named file cannot be used; ``code`` names the rule, ``help`` says what to do."""

    def __init__(self, code: str, message: str, help: str = "") -> None:  # noqa: A002 - the field's word
        super().__init__(message)
        self.code = code
        self.help = help


class Root:
    """The folder beneath which every named file must lie.

    Links, devices and anything but regular files are refused, and so is a path that climbs out, enters .git
    or another file system. A hard link looks like a file of its own. ``rule`` says what is done
    about named files that git does not have as they are; where it warns, ``untracked`` collects what git
    does not have at all: paths in the order they were met, and what is to be said of each. ``read`` counts
    the characters of texts.
    """

    def __init__(self, folder: Path, rule: TrackedRule = TrackedRule.ALLOW) -> None:
        self.folder = folder.resolve()
        self.rule = rule
        self.untracked: dict[str, str] = {}
        self.read = 0

    def locate(self, named: str, beside: str) -> str:
        """Return the path beneath the root that ``named`` means in the file ``beside``.

        Both sides use forward slashes; raises ContentError for a path that is absolute or climbs out.
        """
        if not named or "\0" in named or "\\" in named or named[0] in "/~":
            remedy = (
                "use forward slashes"
                if "\\" in named
                else "name it from this file's folder, like docs/handbook.md"
            )
            raise ContentError("AS302", f"{named!r} is not a path relative to this file", remedy)
        steps: list[str] = []
        for step in (*PurePosixPath(beside).parent.parts, *PurePosixPath(named).parts):
            if step != "..":
                steps.append(step)
            elif steps:
                steps.pop()
            else:
                raise ContentError(
                    "AS302", f"{named!r} leads out of the root {self.folder}", "-C names another root"
                )
        return "/".join(steps)

    def source(self, path: str, *, limit: int = MAX_BYTES, named: bool = True) -> Source:
        """Return a file's text, exactly; ContentError when it is not UTF-8 or longer than ``limit`` bytes.

        The rule for files that git does not have is for those ``named`` by a configuration: it does not
        apply to the configuration itself, whose name a person gave.
        """
        content = bytearray()
        self._pour_within(path, limit, content.extend, named=named)
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as cause:
            line = content.count(b"\n", 0, cause.start) + 1
            raise ContentError(
                "AS304", f"{path} is not UTF-8 text (line {line})", "save it as UTF-8"
            ) from cause
        self.read += len(text)
        return Source(path, text)

    def fingerprint(self, path: str, limit: int) -> tuple[str, int]:
        """Return sha256 in hex and size in bytes of a named file; ContentError above ``limit`` bytes."""
        seen = hashlib.sha256()
        size = self._pour_within(path, limit, seen.update, named=True)
        return seen.hexdigest(), size

    def reopen(self, file: DesiredFile) -> IO[bytes]:
        """Return a copy of the very bytes that were hashed; ContentError when the file changed since.

        Git is not asked again: these are the bytes of which it was asked when they were hashed.
        """
        seen = hashlib.sha256()
        with ExitStack() as unless_returned:
            spool = unless_returned.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY))
            size = self._pour(file.address.name, file.size, seen.update, spool.write, named=False)
            if (size, seen.hexdigest()) != (file.size, file.sha256):
                problem = f"{file.address.name} changed after it was planned; run the command again"
                raise ContentError("AS308", problem)
            spool.seek(0)
            unless_returned.pop_all()
        return spool

    def _pour_within(self, path: str, limit: int, sink: Callable[[bytes], object], *, named: bool) -> int:
        size = self._pour(path, limit, sink, named=named)
        if size > limit:
            raise ContentError("AS305", f"{path} is larger than {limit:,} bytes")
        return size

    def _pour(self, path: str, limit: int, *sinks: Callable[[bytes], object], named: bool) -> int:
        """Return a file's size once every sink has its bytes; above ``limit`` they do not get all.

        Not more than one byte above the limit is read, however the file grows meanwhile.
        """
        with self._open(path) as stream:
            if named:
                self._hold_to_git(path)
            size = os.fstat(stream.fileno()).st_size
            if size > limit:
                return size
            size = 0
            while piece := _piece(stream, path, limit + 1 - size):
                size += len(piece)
                for sink in sinks:
                    sink(piece)
            return size

    def _open(self, path: str) -> IO[bytes]:
        try:
            with _Walk(self.folder, path) as walk:
                return walk.file()
        except OSError as cause:
            raise _unreadable(path, cause) from cause

    def _hold_to_git(self, path: str) -> None:
        """Apply the rule to a file that was opened, before the first byte of it is read."""
        if self.rule is TrackedRule.REFUSE:
            self._refuse_unless_tracked(path)
        elif self.rule is TrackedRule.WARN and isinstance(self._git, Tracked) and path not in self._git.files:
            self.untracked[path] = self._git.objection(path)

    def _refuse_unless_tracked(self, path: str) -> None:
        if isinstance(self._git, Silence):
            problem = f"git cannot say whether it has {path}: {self._git.reason}"
            raise ContentError("AS306", problem, self._git.help)
        if self._git and (objection := self._git.objection(path)):
            raise ContentError("AS306", f"{path} {objection}", "commit it, or say --allow-untracked")

    @cached_property
    def _git(self) -> Tracked | Silence | None:
        return tracked(self.folder)


class _Walk:
    """The way down from the root to one file, by descriptors.

    Each step is opened from the folder before it and then held, so that no link can be put in the place
    of something that was looked at already.
    """

    def __init__(self, root: Path, path: str) -> None:
        self.path = path
        *self.folders, self.name = PurePosixPath(path).parts or (".",)
        self.passed = PurePosixPath()
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
        """Go down into a folder.

        Only folders are held to the device: in a container's file system of several layers, a file's is that
        of its layer.
        """
        there = self._opened(step, _FOLDER)
        os.close(self.here)
        self.here = there
        self.passed /= step
        if os.fstat(there).st_dev != device:
            raise ContentError(
                "AS303", f"{self.passed} lies on another file system", "copy what is needed beneath the root"
            )

    def _opened(self, step: str, flags: int) -> int:
        if step == ".." or "/" in step:
            raise ContentError("AS302", f"{self.path!r} leads out of the root", "-C names another root")
        if step.lower() == ".git":
            raise ContentError("AS306", f"{self.path} belongs to git itself", "name a file of the project")
        try:
            return os.open(step, flags, dir_fd=self.here)
        except OSError as cause:
            raise self._refusal(step, cause) from cause

    def _refusal(self, step: str, cause: OSError) -> ContentError:
        """Return why a step could not be opened; the step is inspected for the message alone."""
        try:
            mode = os.stat(step, dir_fd=self.here, follow_symlinks=False).st_mode
        except OSError:
            names = os.listdir(self.here)  # noqa: PTH208 - a path may be another folder by now
            return _unreadable(self.path, cause, did_you_mean(step, names))
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            return _unreadable(self.path, cause)
        return _no_file(str(self.passed / step), mode)


def _piece(stream: IO[bytes], path: str, most: int) -> bytes:
    try:
        return stream.read(min(most, _PIECE))
    except OSError as cause:
        raise _unreadable(path, cause) from cause


def _unreadable(path: str, cause: OSError, remedy: str = "") -> ContentError:
    return ContentError("AS301", f"{path}: {(cause.strerror or 'unreadable').lower()}", remedy)


def _no_file(path: str, mode: int) -> ContentError:
    if stat.S_ISLNK(mode):
        return ContentError("AS303", f"{path} is a link", "name the file it leads to")
    kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
    return ContentError("AS303", f"{path} is {kind}", "name a file")
