"""The files beneath a directory as a commit has them, read from git's store as they are needed."""

from __future__ import annotations

import hashlib
import sys
from contextlib import contextmanager
from functools import cached_property
from typing import IO, TYPE_CHECKING, Final

from reconciler.config import listing, names
from reconciler.config.causes import merged
from reconciler.config.content import Root, by_folder
from reconciler.config.errors import ContentError, UnusableFileError
from reconciler.config.git import REGULAR, GitError, asked, commit_of
from reconciler.config.objects import MOST, objects
from reconciler.config.placeholder import CUT, LONGEST_POINTER, Pointer, placeholder, pointer
from reconciler.config.source import MAX_BYTES, Source
from reconciler.config.tracked import records
from reconciler.errors import ReconcilerError
from reconciler.model.diagnostic import Diagnostic, Origin

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping
    from pathlib import Path

    from reconciler.config.objects import Objects

_LEADS_OUT = frozenset({b"", b".", b"..", b".git"})  # a tree made by hand can hold any name
_TREE = "ls-tree", "-r", "-z"
_LINK = "120000"
MOST_FILES: Final = 100_000
"""Files that a commit may have beneath the directory."""


class RevisionError(ReconcilerError):
    """A commit cannot be read: git does not know it, or it holds too much."""


class Commit(Root):
    """A root whose files are those of a commit: regular ones, byte for byte as git stores them.

    Only what is asked for is read, each content once; none that is ``known`` by the name of its blob. A
    file in place of which the commit has a Git LFS pointer is known by the pointer.
    """

    def __init__(
        self, here: Root, name: str, entries: Mapping[str, tuple[str, str]], objects: Objects
    ) -> None:
        super().__init__(here.folder)
        self.name = name
        self._here = here
        self._entries = entries
        self._objects = objects
        self._replaced: dict[str, str] = {}
        self._unreadable: dict[str, str] = {}

    def source(
        self,
        path: str,
        *,
        limit: int = MAX_BYTES,
        by_hand: bool = False,  # noqa: ARG002 - the root's signature
        as_it_is: bool = False,
    ) -> Source:
        """Return a file's text; ContentError when it is not UTF-8 or longer than ``limit`` bytes."""
        blob = self._blob(path)
        content = self._objects.content(blob, path, limit)
        if not as_it_is and (found := placeholder(content, content)):
            if self._at_hand(path, blob, pointer(content)):
                return self._here.source(path)
            reason = f"is {found.what} in the commit {self.name[:12]}, which --against cannot read"
            remedy = "plan without --against, or against a commit with its content"
            raise UnusableFileError("AS310", path, reason, remedy, is_guess=True)
        return self._decoded(path, content)

    def fingerprint(self, path: str, limit: int, *, as_it_is: bool = False) -> tuple[str, int]:
        """Return sha256 in hex and size in bytes of a file; ContentError above ``limit`` bytes.

        Of a placeholder they are those of the file at hand, if that is what it stands for, or else its own.
        """
        blob = self._blob(path)
        known = self._objects.known.get(blob)
        if known is None:
            known = self._objects.known[blob] = self._hashed(blob, path, limit)
        if blob in self._replaced and not as_it_is:
            if same := self._at_hand(path, blob):
                return same
            self._unreadable[path] = self._replaced[blob]
        if known[1] > limit:
            raise ContentError("AS305", f"{path} is larger than {limit:,} bytes")
        return known

    def warnings(self) -> tuple[Diagnostic, ...]:
        """Return which files are compared by their placeholders, as the commit has nothing else of them."""
        return merged(self._placeholder(path, what) for path, what in self._unreadable.items())

    def _placeholder(self, path: str, what: str) -> Diagnostic:
        reason = f"is {what} in the commit {self.name[:12]}, so what changed in it is unknown"
        return Diagnostic(
            "AS310",
            f"{path} {reason}",
            Origin(path, 0),
            help="plan without --against to compare it with the server",
            is_warning=True,
            reason=reason,
            file=path,
        )

    def content(self, path: str) -> bytes | None:
        """Return what a file holds; None where the commit has only a placeholder of it."""
        content = self._objects.content(self._blob(path), path, MAX_BYTES)
        return None if placeholder(content, content) else content

    def head(self, path: str) -> bytes:
        """Return the first bytes of a file."""
        return self._objects.content(self._blob(path), path, MAX_BYTES)[:CUT]

    def exists(self, path: Path) -> bool:
        """Return whether the commit has something under a path that a person named."""
        try:
            return self._has(self.named(path))
        except ContentError:
            return False

    def named(self, path: Path) -> str:
        """Return the path beneath the root that a person named: where it leads today, or else as it is."""
        followed = super().named(path)
        return followed if self._has(followed) else self._inside(self.folder / path, path)

    def is_folder(self, path: str) -> bool:
        """Return whether the commit has files beneath a path."""
        return any(path == "." or each.startswith(f"{path}/") for each in self._entries)

    def files_within(self, folder: str) -> dict[str, str]:
        """Return the YAML and Markdown files beneath a folder, sorted, each with the path to read."""
        return {path: path for path in listing.chosen(self._entries, folder)}

    def missing_within(self, folder: str, there: Container[str]) -> list[str]:  # noqa: ARG002 - the root's signature
        """Return no file: a commit has all of its own."""
        return []

    def children(self, folder: str) -> list[str]:
        """Return the files that a folder holds, sorted."""
        return sorted(self._by_folder.get(folder, ()))

    @cached_property
    def _by_folder(self) -> dict[str, list[str]]:
        return by_folder(self._entries)

    def _has(self, path: str) -> bool:
        return path in self._entries or self.is_folder(path)

    def _blob(self, path: str) -> str:
        mode, name = self._entries.get(path, ("", ""))
        if mode in REGULAR:
            return name
        if mode == _LINK:
            raise ContentError("AS303", f"{path} is a link", "name the file it leads to")
        remedy = "--against compares what is committed; plan without it to compare generated files too"
        raise ContentError("AS301", f"{path}: no such file in the commit", remedy)

    def _at_hand(self, path: str, blob: str, expected: Pointer | None = None) -> tuple[str, int] | None:
        """Return the digest and the size of the file at hand, if it is what a placeholder stands for.

        Either it has the digest of a pointer, or git's index has that very blob and a filter changes it.
        """
        try:
            found = self._here.fingerprint(path, sys.maxsize)
        except ContentError:
            return None
        is_same = expected == Pointer(*found) or self._here.evidence.is_converted(path, blob)
        return found if is_same else None

    def _hashed(self, blob: str, path: str, limit: int) -> tuple[str, int]:
        """Return the digest and the size of a content, or those that a pointer in its place stands for."""
        size = self._objects.size(blob, path)
        if size > limit:
            raise ContentError("AS305", f"{path} is larger than {limit:,} bytes")
        seen, head, tail = hashlib.sha256(), b"", b""
        for piece in self._objects.pieces(blob):
            seen.update(piece)
            head, tail = head or piece, piece
        if size <= LONGEST_POINTER and (stands_for := pointer(head)):
            return stands_for.sha256, stands_for.size
        if found := placeholder(head, tail):
            self._replaced[blob] = found.what
        return seen.hexdigest(), size


@contextmanager
def committed(root: Root, revision: str) -> Iterator[Commit]:
    """Yield the commit that a revision names, its files read as those beneath this root.

    Contents that the root has proved are not read again.
    """
    folder = root.folder
    try:
        name = _commit(folder, revision)
        with objects(folder, MOST) as store, asked(folder, *_TREE, name) as answer:
            store.known.update(root.evidence.proved)
            yield Commit(root, name, _entries(answer), store)
    except GitError as cause:
        raise RevisionError(f"git cannot show {revision}: {cause}. To go on: {cause.help}") from cause


def _commit(folder: Path, revision: str) -> str:
    try:
        return commit_of(folder, revision)
    except GitError as cause:
        if cause.code != 1:
            raise
        remedy = "in CI, fetch it first: a shallow checkout has one commit only"
        raise RevisionError(f"there is no commit {revision} here; {remedy}") from cause


def _entries(listed: IO[bytes]) -> dict[str, tuple[str, str]]:
    """Return the mode and the object of every file; GitError where there are more than MOST_FILES."""
    entries: dict[str, tuple[str, str]] = {}
    for entry in records(listed):
        about, _, path = entry.partition(b"\t")
        mode, _, name = about.decode().split(" ")
        if _LEADS_OUT.isdisjoint(path.lower().split(b"/")):
            entries[names.from_bytes(path)] = mode, name
        if len(entries) > MOST_FILES:
            raise GitError(f"it has more than {MOST_FILES:,} files here", "-C names a smaller directory")
    return entries
