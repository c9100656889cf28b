"""What git's store and its attributes say of single files, for those whose bytes are not in the index."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from reconciler.config import names
from reconciler.config.blob import passed, with_line_feeds
from reconciler.config.errors import ContentError
from reconciler.config.git import GitError, git
from reconciler.config.objects import objects
from reconciler.config.placeholder import LONGEST_POINTER, Pointer, pointer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_EXPLAINED = 100  # files of which git is asked what changes them
_MOST_NAMED = 500  # paths of one command
_COMPARED = 20  # files whose line ends are compared with those of git
_LARGEST = 1024 * 1024  # bytes of a blob that is looked at
_EOL = ("check-attr", "-z", "eol", "--")
_CHECK = ("check-attr", "-z", "filter", "ident", "working-tree-encoding")
_UNSET = frozenset({"unspecified", "unset"})


class Stored:
    """A git that is asked about one file after the other, until it once gives no answer in time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_silent = False
        self._explained = self._compared = 0

    def pointer(self, name: str) -> Pointer | None:
        """Return the Git LFS pointer that a blob is; None where it is something else.

        Git's store may hold anything under a name, so the blob is hashed.
        """
        size = self._asked("cat-file", "-s", name)
        if size is None or int(size) > LONGEST_POINTER:
            return None
        blob = self._asked("cat-file", "blob", name)
        is_itself = blob is not None and passed([blob], len(blob), name).blob == name
        return pointer(blob) if blob is not None and is_itself else None

    def heads(self, blobs: Mapping[str, str], most: int) -> dict[str, bytes]:
        """Return the first bytes of the blobs of paths, in one conversation; none of those that git lacks."""
        heads: dict[str, bytes] = {}
        if self._is_silent or not blobs:
            return heads
        try:
            with objects(self._folder) as store:
                for path, name in blobs.items():
                    with suppress(ContentError):
                        heads[path] = store.content(name, path, _LARGEST)[:most]
        except GitError as cause:
            self._is_silent = not cause.code
        return heads

    def conversion(self, path: str) -> tuple[str, str] | None:
        """Return what changes a file on checkout, by its attributes, and the remedy; nothing is run."""
        attributes = self._attributes(path)
        if (name := attributes.get("filter", "unset")) not in _UNSET:
            return f"the filter {name} changes it on checkout", "say --allow-untracked"
        if attributes.get("ident") == "set":
            remedy = "remove the attribute ident, or say --allow-untracked"
            return "the attribute ident changes it on checkout", remedy
        if (name := attributes.get("working-tree-encoding", "unset")) not in _UNSET:
            remedy = "store it as UTF-8, or say --allow-untracked"
            return f"it is written as {name} on checkout", remedy
        return None

    def digest_with_line_feeds(self, name: str) -> str:
        """Return sha256 in hex of a small blob with LF where it has CR LF; an empty text for others."""
        self._compared += 1
        size = self._asked("cat-file", "-s", name) if self._compared <= _COMPARED else None
        if size is None or int(size) > _LARGEST:
            return ""
        blob = self._asked("cat-file", "blob", name) or b""
        return passed(with_line_feeds([blob]), len(blob), "").sha256

    def with_crlf(self, paths: Sequence[str]) -> set[str]:
        """Return the files to which .gitattributes gives CR LF on purpose."""
        found: set[str] = set()
        for first in range(0, min(len(paths), _MOST_NAMED * _EXPLAINED), _MOST_NAMED):
            named = map(names.to_system, paths[first : first + _MOST_NAMED])
            answer = self._asked(*_EOL, *named) or b""
            fields = answer.split(b"\0")
            pairs = zip(fields[::3], fields[2::3], strict=False)
            found.update(names.from_bytes(path) for path, value in pairs if value == b"crlf")
        return found

    def _attributes(self, path: str) -> dict[str, str]:
        self._explained += 1
        if self._explained > _EXPLAINED:
            return {}
        answer = self._asked(*_CHECK, "--", names.to_system(path)) or b""
        fields = answer.decode(errors="replace").split("\0")
        return dict(zip(fields[1::3], fields[2::3], strict=False))

    def _asked(self, *arguments: str) -> bytes | None:
        if self._is_silent:
            return None
        try:
            return git(self._folder, *arguments)
        except GitError as cause:
            self._is_silent = not cause.code
            return None
