"""Evidence that a file's bytes are those that a reviewer saw: git's index has a blob of the same name."""

from __future__ import annotations

import os
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.config import listing, names
from reconciler.config.causes import merged
from reconciler.config.errors import ContentError, UnusableFileError
from reconciler.config.git import GitError, commit_of, git
from reconciler.config.placeholder import Pointer
from reconciler.config.stored import Stored
from reconciler.config.tracked import Entry, Index, Objection, Silence, TrackedRule, tracked
from reconciler.model.diagnostic import Diagnostic, Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from reconciler.config.blob import Passed

_DIFFERS = "differs from what git has"


class Proof(Enum):
    """What the bytes of a file are to git."""

    NONE = "none"
    BLOB = "blob"
    LINE_ENDS = "line ends"
    """Those of the blob, once CR LF is LF."""
    POINTER = "pointer"
    """Those that the Git LFS pointer in git stands for."""


class Evidence:
    """What a run demands of the files that it reads, and what it found out about them.

    Git is asked once, for its index. ``untracked`` has what git does not have at all, in the order in which
    it was met, ``line_ends`` the files whose checkout made CR LF of LF, and ``unproved`` what was read
    without a proof; ``folders`` are those that were read whole. ``proved`` has the digest and the size of
    contents by the name of their blob.
    """

    def __init__(self, folder: Path, rule: TrackedRule, *, in_ci: bool) -> None:
        self.folder = folder
        self.rule = rule
        self.in_ci = in_ci or rule is TrackedRule.REFUSE
        self.untracked: dict[str, Objection] = {}
        self.line_ends: set[str] = set()
        self.unproved: dict[str, tuple[Entry | None, Pointer]] = {}
        self.folders: set[str] = set()
        self.proved: dict[str, tuple[str, int]] = {}
        self._read: set[str] = set()
        self._stored = Stored(folder)

    @property
    def follows_links(self) -> bool:
        """Whether a link that a person named is followed: in CI no reviewer saw where it leads."""
        return not self.in_ci or self.rule is TrackedRule.ALLOW

    def silence(self) -> Silence | None:
        """Return why nothing can be proved, where that is demanded."""
        refuses = self.rule is TrackedRule.REFUSE
        return self._index if refuses and isinstance(self._index, Silence) else None

    def admit(self, path: str, *, by_hand: bool) -> Entry | None:
        """Return what git has under a path; ContentError where it must have the file and does not.

        It is asked before a byte of the file is read. A person who named the file is not warned about it.
        """
        self._read.add(path)
        index = self._index
        if isinstance(index, Silence):
            if self.rule is TrackedRule.REFUSE:
                raise ContentError(
                    "AS306", f"git cannot say whether it has {path}: {index.reason}", index.help
                )
            return None
        objection = index.objection(path)
        if objection is None:
            return index.entry(path)
        if self.rule is TrackedRule.REFUSE:
            raise UnusableFileError("AS306", path, objection.reason, objection.help)
        if self.rule is TrackedRule.WARN and not by_hand:
            self.untracked[path] = objection
        return None

    def judge(self, path: str, entry: Entry | None, seen: Passed, others: Callable[[], Passed]) -> Proof:
        """Return what proves the bytes of a file; ContentError where they must be proved and are not.

        ``others`` makes a second pass, as if the line ends were LF; it is called only if that is needed.
        """
        proof = self._proof(path, entry, seen, others) if entry else Proof.NONE
        if proof is Proof.NONE:
            self.unproved[path] = entry, Pointer(seen.sha256, seen.size)
            if self.rule is TrackedRule.REFUSE and entry:
                objection = self._objection(path, entry, others if seen.line_ends else None)
                raise UnusableFileError("AS306", path, objection.reason, objection.help)
        elif proof is Proof.LINE_ENDS:
            self.line_ends.add(path)
        return proof

    def absence(self, path: str, folder: str = "") -> str:
        """Return the remedy for a file that is missing although git has it; an empty text for any other.

        If a ``folder`` is named, it is for all its files.
        """
        index = self._index
        entry = index.entry(path) if isinstance(index, Index) else None
        it, here = ("them", folder) if folder else ("it", path.rpartition("/")[0] or path)
        if entry and entry.is_left_out:
            return f"this sparse checkout leaves {it} out: git sparse-checkout add {here}"
        if entry and entry.stage == "0":
            missing = f"what git ls-files --deleted {folder} lists" if folder else path
            return f"git has {it}: run git restore {missing}"
        return ""

    def stored_heads(self, paths: Sequence[str], most: int) -> Mapping[str, bytes]:
        """Return the first bytes that git has of files; none of those that it lacks, or keeps elsewhere."""
        index = self._index
        entries = {path: index.entry(path) for path in paths} if isinstance(index, Index) else {}
        return self._stored.heads({path: entry.name for path, entry in entries.items() if entry}, most)

    def missing_files(self) -> Sequence[str]:
        """Return the paths of git's index that the working copy must not lack.

        All of them where only what git has is read, elsewhere those that a sparse checkout leaves out.
        """
        index = self._index
        if isinstance(index, Silence):
            return ()
        if self.rule is TrackedRule.REFUSE:
            return [names.from_bytes(path) for path in index.entries]
        return list(index.left_out())

    def is_quoted(self, proof: Proof) -> bool:
        """Return whether messages may show lines of a file: the log of a CI has many readers."""
        return proof is not Proof.NONE or not self.in_ci

    def is_converted(self, path: str, blob: str) -> bool:
        """Return whether a file that was read has other bytes than this blob because a filter changes it."""
        entry, _ = self.unproved.get(path, (None, None))
        return entry is not None and entry.name == blob and self._stored.conversion(path) is not None

    def warnings(self) -> tuple[Diagnostic, ...]:
        """Return what a person should know about the files that were read."""
        found = [*merged(self._untracked(path, objection) for path, objection in self.untracked.items())]
        if self.rule is not TrackedRule.ALLOW and (converted := self._converted()):
            found.append(self._line_ends(converted))
        return tuple(found)

    def commit(self) -> str:
        """Return the commit that is checked out, and whether a file that was read is edited since.

        An empty text if the commit is unknown. A file that a filter changes is not called edited.
        """
        if isinstance(self._index, Silence):
            return ""
        try:
            commit = commit_of(self.folder, "HEAD")
            staged = git(
                self.folder,
                *("diff-index", "--cached", "--name-only", "-z", "--relative", "--no-renames"),
                *("--no-ext-diff", "--no-textconv", "--ignore-submodules=all", commit),
            )
        except GitError:
            return ""
        paths = [names.from_bytes(path) for path in staged.split(b"\0") if path]
        is_edited = (
            not self._read.isdisjoint(paths)
            or self._has_deleted(self._index, paths)
            or any(self._is_edit(path, *each) for path, each in self.unproved.items())
        )
        return f"{commit} and edits that are not committed" if is_edited else commit

    @cached_property
    def _index(self) -> Index | Silence:
        return tracked(self.folder)

    def _proof(self, path: str, entry: Entry, seen: Passed, others: Callable[[], Passed]) -> Proof:
        if entry.is_link:
            if seen.blob != entry.name:
                return Proof.NONE
            reason = "is the text of a link: git has a link there, and this checkout has no links"
            raise UnusableFileError("AS310", path, reason, "name the file it leads to")
        if seen.blob == entry.name:
            self.proved[entry.name] = seen.sha256, seen.size
            return Proof.BLOB
        if seen.line_ends and (other := others()).blob == entry.name:
            self.proved[entry.name] = other.sha256, other.size
            return Proof.LINE_ENDS
        # Only in CI a proof makes a difference here; a person's edits need not be explained.
        is_pointed_at = self.in_ci and self._stored.pointer(entry.name) == Pointer(seen.sha256, seen.size)
        return Proof.POINTER if is_pointed_at else Proof.NONE

    def _is_edit(self, path: str, entry: Entry | None, content: Pointer) -> bool:
        """Return whether bytes that are not in git are an edit, rather than what a checkout made of them."""
        if entry is None:
            return True
        expected = self._stored.pointer(entry.name)
        return expected != content if expected else not self._stored.conversion(path)

    def _has_deleted(self, index: Index, staged: Sequence[str]) -> bool:
        """Return whether a folder that was read lacks a file of the commit that should be checked out."""
        paths = [*staged, *index.checked_out()] if self.folders else []
        named = (path for path in paths if path.endswith(listing.ENDINGS))
        missing = [path for path in named if not os.path.lexists(self.folder / names.to_system(path))]
        try:
            return any(listing.chosen(missing, folder) for folder in self.folders)
        except ContentError:
            return True  # it lacks more than a folder may hold

    def _objection(self, path: str, entry: Entry, others: Callable[[], Passed] | None) -> Objection:
        if entry.is_link:
            return Objection("is a link in git's index, and here a file")
        if entry.is_empty:
            return Objection("is empty in git's index")
        if self._stored.pointer(entry.name):
            return Objection("is not what its Git LFS pointer stands for", "run `git lfs pull`, or commit it")
        if converted := self._stored.conversion(path):
            what, remedy = converted
            return Objection(f"{_DIFFERS}: {what}", remedy)
        if others and others().sha256 == self._stored.digest_with_line_feeds(entry.name):
            cause = "the attribute eol=crlf" if self._stored.with_crlf([path]) else "the checkout"
            remedy = f"git add --renormalize {path}, and commit it, or say --allow-untracked"
            return Objection(f"{_DIFFERS}: git has CR LF and LF in it, and {cause} changes them", remedy)
        return Objection(_DIFFERS)

    @staticmethod
    def _untracked(path: str, objection: Objection) -> Diagnostic:
        remedy = f"{objection.help.partition(', or say --allow-untracked')[0]}; in CI it is refused"
        return Diagnostic(
            "AS306",
            f"{path} {objection.reason}",
            Origin(path),
            help=remedy,
            is_warning=True,
            reason=objection.reason,
            file=path,
        )

    def _converted(self) -> list[str]:
        """Return the files whose checkout made CR LF of LF, sorted, without those that should have CR LF."""
        found = sorted(self.line_ends)
        on_purpose = self._stored.with_crlf(found)
        return [path for path in found if path not in on_purpose]

    @staticmethod
    def _line_ends(paths: Sequence[str]) -> Diagnostic:
        first, *more = paths
        named = f"{first} and {len(more):,} more files have" if more else f"{first} has"
        problem = f"{named} CR LF here and LF in git; what git has is used"
        remedy = "`git config core.autocrlf input`, or `* text eol=lf` in .gitattributes, and check out again"
        return Diagnostic("AS311", problem, Origin(first, 0), help=remedy).as_warning()
