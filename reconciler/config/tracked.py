"""What git's index has of the files beneath a directory, and what is done about files it does not have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from reconciler.config import names
from reconciler.config.git import REGULAR, GitError, asked, checkout
from reconciler.model.characters import normalised
from reconciler.model.spelling import difference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import IO

_LINK, _MODULE, _DIRECTORY = "120000", "160000", "040000"
_MERGED = "0"
_SKIPPED = "S"
_EMPTY = frozenset(
    {
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
    }
)
_COMMIT = "commit it, or say --allow-untracked"
_PIECE = 1024 * 1024
_TREE = "ls-tree", "-r", "-z"
_USAGE = 129  # how git ends on an option that it does not know
_MOST_DIRECTORIES = 500  # of a sparse index; a git is started for each
MOST_ENTRIES: Final = 500_000
"""Files that an index may have."""
MOST_NAMES: Final = 50_000_000
"""Bytes that the paths of an index may have together."""
_NARROWER = "-C names a smaller directory"


class TrackedRule(Enum):
    """What is done about a file whose bytes git does not have."""

    REFUSE = "refuse"
    WARN = "warn"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index has under one path: ``name`` is that of the object."""

    tag: str
    mode: str
    name: str
    stage: str

    @property
    def is_link(self) -> bool:
        """Whether git has a symbolic link there."""
        return self.mode == _LINK and self.stage == _MERGED

    @property
    def is_empty(self) -> bool:
        """Whether git has an empty file there, which may only announce one."""
        return self.name in _EMPTY

    @property
    def is_left_out(self) -> bool:
        """Whether a sparse checkout leaves it out of the working copy."""
        return self.tag.upper() == _SKIPPED


@dataclass(frozen=True, slots=True)
class Objection:
    """Why git does not have a file, and what to do about it."""

    reason: str
    help: str = _COMMIT


@dataclass(frozen=True)
class Index:
    """The index, as far as it lies beneath a directory; paths are those from there, as bytes."""

    entries: Mapping[bytes, bytes]

    def entry(self, path: str) -> Entry | None:
        """Return what the index has under a path."""
        about = self.entries.get(names.to_bytes(path))
        return Entry(*about.decode().split(" ")) if about else None

    def objection(self, path: str) -> Objection | None:
        """Return why git cannot have the bytes of a file, whatever they are; None where it may."""
        entry = self.entry(path)
        if entry is None:
            module = self._module(path)
            if module is None:
                return self._spelt(path) or Objection("is not in git's index")
            return Objection(f"belongs to the submodule {module}", f"run it there, with -C {module}")
        if entry.stage != _MERGED:
            return Objection("is in conflict", "resolve the conflict and commit it")
        if entry.mode in REGULAR or entry.is_link:
            return None
        return Objection("is a submodule or a directory in git's index")

    def _spelt(self, path: str) -> Objection | None:
        """Return the objection to a path that git has in another normal form; None where it has none."""
        there = self._forms.get(normalised("NFC", path)) if not path.isascii() else None
        if there is None:
            return None
        how = difference(there, path)
        return Objection(
            "is in git's index under a name that looks the same",
            f"git's name differs: {how}, or rename the file (git config core.precomposeunicode true)",
        )

    @cached_property
    def _forms(self) -> Mapping[str, str]:
        """The paths that are not of ASCII, by their normal forms."""
        paths = (names.from_bytes(path) for path in self.entries if not path.isascii())
        return {normalised("NFC", path): path for path in paths}

    def left_out(self) -> Iterator[str]:
        """Yield the files that a sparse checkout leaves out."""
        return (names.from_bytes(path) for path, about in self.entries.items() if about[:1] in b"Ss")

    def checked_out(self) -> Iterator[str]:
        """Yield the files that a working copy has."""
        return (names.from_bytes(path) for path, about in self.entries.items() if about[:1] not in b"Ss")

    def _module(self, path: str) -> str | None:
        parents = (parent.as_posix() for parent in PurePosixPath(path).parents)
        found = ((parent, self.entry(parent)) for parent in parents)
        return next((parent for parent, entry in found if entry and entry.mode == _MODULE), None)


@dataclass(frozen=True)
class Silence:
    """Git could not say: why, and what to do about it."""

    reason: str
    help: str


NO_CHECKOUT: Final = Silence(
    "there is no .git here or above", "run it in a checkout, or say --allow-untracked"
)
"""The silence outside a checkout."""


def rule_for(*, in_ci: bool, allow: bool, embedded: bool) -> TrackedRule:
    """Return the rule of a CI or of a person's machine; ``embedded`` is whether the server is our own."""
    if allow:
        return TrackedRule.ALLOW
    return TrackedRule.REFUSE if in_ci and not embedded else TrackedRule.WARN


def tracked(folder: Path) -> Index | Silence:
    """Return what git has beneath a directory.

    A checkout is a directory with .git at or above this one, so that a git that is missing or refuses
    differs from a tree that never was in git.
    """
    if checkout(folder) is None:
        return NO_CHECKOUT
    try:
        return Index(_listed(folder))
    except GitError as cause:
        return Silence(str(cause), cause.help)


def _listed(folder: Path) -> dict[bytes, bytes]:
    """Return what the index has; a git that does not know sparse indexes is asked without the word."""
    command = "ls-files", "-z", "-v", "--stage"
    try:
        with asked(folder, *command, "--sparse") as answer:
            return _expanded(folder, _entries(answer))
    except GitError as cause:
        if cause.code != _USAGE:
            raise
    with asked(folder, *command) as answer:
        return _entries(answer).found


class _Entries:
    """Entries of an index by their paths; GitError where they are more, or longer, than the whole may be."""

    def __init__(self) -> None:
        self.found: dict[bytes, bytes] = {}
        self._length = 0

    def add(self, path: bytes, about: bytes) -> None:
        """Take what is known of a path; one in conflict has several entries, of which any will do."""
        self.found[path] = about
        self._length += len(path)
        if len(self.found) > MOST_ENTRIES:
            raise GitError(f"its index has more than {MOST_ENTRIES:,} files", _NARROWER)
        if self._length > MOST_NAMES:
            raise GitError(f"the paths in its index have more than {MOST_NAMES:,} bytes", _NARROWER)


def _entries(answer: IO[bytes]) -> _Entries:
    entries = _Entries()
    for one in records(answer):
        about, _, path = one.partition(b"\t")
        entries.add(path, about)
    return entries


def _expanded(folder: Path, entries: _Entries) -> dict[bytes, bytes]:
    """Return entries with the files of the directories that a sparse index does not list.

    Git itself would pass over a directory whose tree is missing, without a word.
    """
    listed = entries.found.items()
    directories = [path for path, about in listed if about.split(b" ")[1] == _DIRECTORY.encode()]
    if len(directories) > _MOST_DIRECTORIES:
        raise GitError("it has a sparse index", "run `git sparse-checkout reapply --no-sparse-index`")
    for directory in directories:
        tree = entries.found.pop(directory).decode().split(" ")[2]
        with asked(folder, *_TREE, "--full-tree", tree) as answer:
            for one in records(answer):
                about, _, path = one.partition(b"\t")
                mode, _, name = about.split(b" ")
                entries.add(directory + path, b"S %s %s 0" % (mode, name))
    return entries.found


def records(answer: IO[bytes]) -> Iterator[bytes]:
    """Yield what NULs end."""
    held = b""
    while piece := answer.read(_PIECE):
        *whole, held = (held + piece).split(b"\0")
        yield from whole
