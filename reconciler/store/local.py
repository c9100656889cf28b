"""A Store in a folder: one state file, replaced whole; one journal; one lock the kernel frees."""

from __future__ import annotations

import shlex
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from reconciler import files
from reconciler.errors import StoreError, UnsavedError
from reconciler.model.state import State
from reconciler.store import folder, history, journal, lock, rescue
from reconciler.store.record import Saved, expect, fresh, reporting_damage, saved_of, text_of
from reconciler.store.store import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from reconciler.model.address import Address
    from reconciler.model.state import Binding, Intent
    from reconciler.store.journal import Entry


class LocalStore:
    """State in ``state.json``, journal in ``journal.jsonl``, lock on ``lock``, all in one folder.

    The newest ten state files that were replaced stay in ``history``, each under its serial. Every
    file is its owner's alone, no link among them is followed, and a folder in which others can
    write is refused. The folder, or ``top`` where the state is one of several beneath that, is kept
    out of git by a ``.gitignore`` of its own, which a person may change.
    """

    def __init__(self, folder: Path, top: Path | None = None) -> None:
        self.folder = folder
        self._top = top or folder
        self.path = folder / "state.json"
        self._journal = folder / "journal.jsonl"
        self._history = folder / "history"
        self._saved = Saved(State("", 0))  # what was loaded or saved last
        self._named = False  # whether the journal's name is durable
        self._whole = True  # whether the journal took every record

    @property
    def location(self) -> str:
        """The address of the state, for people."""
        return str(self.path)

    def load(self) -> State:
        """Return the State, or a new one of serial 0 where none is stored; writes nothing."""
        folder.check(self.folder)
        # The journal first: a run that ends between the two reads leaves records of an earlier save, which
        # are ignored, and not a State that lacks its records.
        recorded = self._read(self._journal)
        saved = self._parsed(self._read(self.path)) or Saved(State(uuid4().hex, 0))
        state = journal.fold(saved, self._journal, recorded or b"")
        self._follow(saved)
        return state

    def snapshot(self) -> Snapshot:
        """Return the State, when it was saved, and its lock's holder."""
        state = self.load()
        return Snapshot(state, self._saved.at, lock.holder(self.folder / "lock"))

    def _follow(self, saved: Saved) -> None:
        """Let the next records follow this save."""
        self._saved, self._named, self._whole = saved, False, True

    def _read(self, path: Path) -> bytes | None:
        try:
            return files.read(path)
        except OSError as cause:
            raise StoreError(f"cannot read {path}: {files.why(cause)}") from cause

    def _parsed(self, text: bytes | None) -> Saved | None:
        with reporting_damage(self.path, self._remedy):
            return None if text is None else saved_of(text)

    def _remedy(self) -> str:
        newest = history.newest(self._history)
        if newest is None:
            return (
                "Restore it from a backup, or move it aside: everything of ours is found again "
                "by its ownership mark."
            )
        back = shlex.join(["cp", str(newest), str(self.path)])
        return (
            f"The newest generation that can be read is put back with: {back}. What was done since then is "
            "found again by its ownership marks."
        )

    @contextmanager
    def lock(
        self, purpose: str, timeout: float = 0.0, waiting: Callable[[str], None] | None = None
    ) -> Iterator[None]:
        """Hold the folder's lock, creating the folder; the kernel frees it when the process dies.

        A lock that another run holds is waited for ``timeout`` seconds; ``waiting`` gets the holder
        once. Then LockedError names it.
        """
        folder.make(self.folder)
        folder.check(self.folder)
        with lock.held(self.folder / "lock", purpose, timeout, waiting):
            if not self.path.exists():  # before the first record, so that a killed run leaves it, too
                folder.ignore(self._top)
            yield

    def unlock(self, id_: str) -> None:  # noqa: ARG002 - the port's: such a lock has no id
        """Refuse: the lock is free once its holder has ended."""
        raise lock.frees_itself(self.location)

    def intend(self, intent: Intent) -> None:
        """Record durably a call that is about to be made."""
        self.commit([journal.intended(intent)])

    def record(self, address: Address, binding: Binding | None) -> None:
        """Record durably what an address is bound to."""
        self.commit([journal.Entry(address, binding)])

    def commit(self, entries: Sequence[Entry]) -> None:
        """Record several, with one fsync."""
        try:
            journal.append(self._journal, self._saved, entries)
            if not self._named:
                files.sync(self.folder)
                self._named = True
        except OSError as cause:
            self._whole = False
            raise StoreError(f"cannot write {self._journal}: {files.why(cause)}") from cause

    def save(self, state: State, expecting: int, serial: int | None = None) -> None:
        """Replace the state file, durably, then empty the journal, whose records are now part of it.

        What is replaced goes into ``history``; that it cannot be kept there keeps nothing from being
        saved. UnsavedError when the folder does not take the state: it says where a copy of it is.
        """
        saving = fresh(replace(state, serial=serial or expecting + 1))
        text = text_of(saving)
        try:
            before = files.read(self.path)
            expect(expecting, self._saved, self._parsed(before) or Saved(State("", 0)))
            self._replace(before, text, saving, expecting)
        except OSError as cause:
            raise self._unsaved(saving, text, cause) from cause
        with suppress(OSError):  # its records follow an earlier save, so they are never read again
            self._journal.unlink()
        self._follow(saving)

    def _replace(self, before: bytes | None, text: bytes, saving: Saved, serial: int) -> None:
        """Write the new text first, so that the last of a disk's space goes to it and not to the history."""
        new = files.beside(self.path, text)
        if before is not None:
            with suppress(OSError):
                history.keep(self._history, serial, before)
        new.replace(self.path)
        self._saved = saving  # what the next load finds, also when the folder cannot be synced
        files.sync(self.folder)
        if before is None:
            folder.sync_above(self.folder)

    def _unsaved(self, saving: Saved, text: bytes, cause: OSError) -> UnsavedError:
        """Return the error of a State that was not saved, once a copy of it is as safe as can be."""
        saved = rescue.copy(f"assistants-sync-state-{saving.save}.json", text)
        back = shlex.join(["cp", str(saved), str(self.path)])
        return UnsavedError(self.path, files.why(cause), saved, whole=self._whole, back=back)
