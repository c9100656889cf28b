"""A Store in a folder: one state file, replaced whole; one journal; one lock the kernel frees."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from reconciler.errors import ConflictError, LockedError, StoreError, UnreadableStateError
from reconciler.model.canonical import digest
from reconciler.model.state import State
from reconciler.store import journal
from reconciler.store.record import FORMAT, intent_record, state_of, state_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.model.address import Address
    from reconciler.model.state import Binding, Intent


class LocalStore:
    """State in ``state.json``, journal in ``journal.jsonl``, lock on ``lock``, all in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "state.json"
        self._journal = folder / "journal.jsonl"
        self._serial = 0

    def load(self) -> State:
        """The State, or a new one of serial 0 where none is stored; writes nothing."""
        state = journal.fold(self._stored() or State(uuid4().hex, 0), self._journal)
        self._serial = state.serial
        return state

    def _stored(self) -> State | None:
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as cause:
            raise StoreError(f"cannot read {self.path}: {cause.strerror}") from cause
        return self._parsed(text)

    def _parsed(self, text: bytes) -> State:
        try:
            record = json.loads(text)
            self._refuse_newer(record["format"])
            return state_of(_proved(record))
        except (ValueError, KeyError, TypeError, AttributeError) as cause:
            remedy = (
                "Restore it from a backup, or move it aside: everything of ours is found again by its Mark."
            )
            raise UnreadableStateError(self.path, "the state is damaged or cut short", remedy) from cause

    def _refuse_newer(self, found: int) -> None:
        if found > FORMAT:
            problem = f"it is of format {found}, and this version reads {FORMAT}"
            raise UnreadableStateError(self.path, problem, "Use a newer assistants-sync.")

    @contextmanager
    def lock(self, purpose: str) -> Iterator[None]:
        """Hold the folder's lock, creating the folder; the kernel frees it when the process dies."""
        number = self._opened()
        try:
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as cause:
                raise LockedError(self.folder / "lock", _holder(number)) from cause
            with _signed(number, purpose):
                journal.mend(self._journal)
                yield
        finally:
            os.close(number)

    def _opened(self) -> int:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as cause:
            raise StoreError(f"cannot use the state folder {self.folder}: {cause.strerror}") from cause

    def intend(self, intent: Intent) -> None:
        """Record durably what is about to be done."""
        self._append({"is": "intent", "address": str(intent.address), "intent": intent_record(intent)})

    def settle(self, address: Address, binding: Binding | None) -> None:
        """Record durably what an address is bound to now."""
        record = None if binding is None else asdict(binding)
        self._append({"is": "result", "address": str(address), "binding": record})

    def _append(self, record: dict[str, Any]) -> None:
        try:
            journal.append(self._journal, {"serial": self._serial, **record})
        except OSError as cause:
            raise StoreError(f"cannot write {self._journal}: {cause.strerror}") from cause

    def save(self, state: State, expecting: int) -> None:
        """Replace the state file, durably, then empty the journal, whose records are now part of it."""
        found = self._stored()
        serial = found.serial if found else 0
        if serial != expecting:
            raise ConflictError(expecting, serial)
        record = state_record(replace(state, serial=expecting + 1))
        try:
            self._replace({"format": FORMAT, "checksum": digest(record), "state": record})
            self._journal.unlink(missing_ok=True)
        except OSError as cause:
            raise StoreError(f"cannot write {self.path}: {cause.strerror}") from cause
        self._serial = expecting + 1

    def _replace(self, record: dict[str, Any]) -> None:
        text = json.dumps(record, indent=1, ensure_ascii=False).encode() + b"\n"
        beside = self.path.with_suffix(".new")
        number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(number, "wb") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(self.path)
        _sync_folder(self.folder)


def _proved(record: dict[str, Any]) -> dict[str, Any]:
    """The state inside a record whose checksum fits; ValueError when it does not."""
    inside: dict[str, Any] = record["state"]
    if record["checksum"] != digest(inside):
        raise ValueError("the checksum does not fit")
    return inside


def _sync_folder(folder: Path) -> None:
    """Make a rename durable: without this the old name can come back after a power cut."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _signed(number: int, purpose: str) -> Iterator[None]:
    """The holder's name in the lock file for as long as the lock is held."""
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    who = f"{_user()}@{socket.gethostname()} (process {os.getpid()}) since {since} to {purpose}"
    os.ftruncate(number, 0)
    os.pwrite(number, who.encode(), 0)
    try:
        yield
    finally:
        os.ftruncate(number, 0)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return f"user {os.getuid()}"


def _holder(number: int) -> str:
    return os.pread(number, 1000, 0).decode(errors="replace").strip() or "another run"
