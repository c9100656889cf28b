"""The files a configuration names: found beneath the root, read once, and sent as they were hashed."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from reconciler.errors import ReconcilerError
from reconciler.model.diagnostic import did_you_mean

if TYPE_CHECKING:
    from reconciler.model.resource import DesiredFile

_PIECE = 1024 * 1024
_IN_MEMORY = 8 * _PIECE


class ContentError(ReconcilerError):
    """A named file cannot be used; ``code`` names the rule, ``help`` says what to do."""

    def __init__(self, code: str, message: str, help: str = "") -> None:  # noqa: A002 - the field's word
        super().__init__(message)
        self.code = code
        self.help = help


class Root:
    """The folder beneath which every named file must lie.

    Links, devices and anything but regular files are refused, and so is a path that climbs out.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def locate(self, named: str, beside: str) -> str:
        """The path beneath the root that ``named``, written in the file ``beside``, means.

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

    def text(self, path: str, limit: int) -> str:
        """A file's text, exactly; ContentError when it is not UTF-8 or longer than ``limit`` bytes."""
        with self._open(path) as stream:
            found = stream.read(limit + 1)
        if len(found) > limit:
            raise ContentError("AS305", f"{path} is larger than {limit:,} bytes")
        try:
            return found.decode("utf-8-sig")
        except UnicodeDecodeError as cause:
            line = found.count(b"\n", 0, cause.start) + 1
            raise ContentError(
                "AS304", f"{path} is not UTF-8 text (line {line})", "save it as UTF-8"
            ) from cause

    def fingerprint(self, path: str, limit: int) -> tuple[str, int]:
        """Sha256 in hex and size in bytes of a file; ContentError above ``limit`` bytes."""
        seen = hashlib.sha256()
        size = 0
        with self._open(path) as stream:
            while piece := stream.read(_PIECE):
                seen.update(piece)
                size += len(piece)
                if size > limit:
                    raise ContentError("AS305", f"{path} is larger than {limit:,} bytes")
        return seen.hexdigest(), size

    def reopen(self, file: DesiredFile) -> IO[bytes]:
        """A copy of the very bytes that were hashed; ContentError when the file changed since."""
        seen = hashlib.sha256()
        with self._open(file.address.name) as stream:
            spool: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - the caller closes it
            while piece := stream.read(_PIECE):
                seen.update(piece)
                spool.write(piece)
        if seen.hexdigest() != file.sha256:
            spool.close()
            raise ContentError(
                "AS308", f"{file.address.name} changed after it was planned; run the command again"
            )
        spool.seek(0)
        return spool

    def _open(self, path: str) -> IO[bytes]:
        try:
            self._refuse_links(path)
            number = os.open(self.folder / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as cause:
            problem = f"{path}: {(cause.strerror or 'unreadable').lower()}"
            raise ContentError("AS301", problem, self._near(path)) from cause
        mode = os.fstat(number).st_mode
        if not stat.S_ISREG(mode):
            os.close(number)
            kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
            raise ContentError("AS303", f"{path or '.'} is {kind}", "name a file")
        return os.fdopen(number, "rb")

    def _refuse_links(self, path: str) -> None:
        here = self.folder
        for step in PurePosixPath(path).parts:
            here = here / step
            if here.is_symlink():
                raise ContentError(
                    "AS303", f"{here.relative_to(self.folder)} is a link", "name the file it leads to"
                )

    def _near(self, path: str) -> str:
        """The name nearest to the first step of a path that does not exist."""
        here = self.folder
        for step in PurePosixPath(path).parts:
            names = [one.name for one in here.iterdir()] if here.is_dir() and os.access(here, os.R_OK) else []
            if step not in names:
                return did_you_mean(step, names)
            here = here / step
        return ""
