"""The journal: its records, how they are folded into a State, and a file of them.

A record is a line with a checksum. Records of calls that run at the same time become durable together.
"""

from __future__ import annotations

import json
import os
import zlib
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler.errors import UnreadableStateError
from reconciler.files import opened, write
from reconciler.model.state import Intent, Pending, PendingIndex
from reconciler.store.record import (
    Saved,
    address_of,
    binding_of,
    binding_values,
    intent_of,
    intent_values,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from reconciler.model.address import Address
    from reconciler.model.state import Binding, State


class DamagedRecordError(ValueError):
    """One of a journal's records is damaged; ``number`` counts from one."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@dataclass(frozen=True, slots=True)
class Entry:
    """What a journal records: a call that is about to be made, or what an address is bound to.

    It is turned into JSON once, wherever it is looked at and written.
    """

    address: Address
    value: Intent | Binding | None
    text: str = field(init=False, compare=False, repr=False)
    """The record as JSON."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", json.dumps(self.record, separators=(",", ":")))

    @property
    def record(self) -> dict[str, Any]:
        """The record as JSON values."""
        if isinstance(self.value, Intent):
            return {"is": "intent", "address": str(self.address), "intent": intent_values(self.value)}
        bound = None if self.value is None else binding_values(self.value)
        return {"is": "result", "address": str(self.address), "binding": bound}


def intended(intent: Intent) -> Entry:
    """Return the entry of a call that is about to be made."""
    return Entry(intent.address, intent)


def line_of(saved: Saved, entry: Entry, **more: str) -> bytes:
    """Return the line, with its checksum and without its end, of a record that follows one save."""
    following = json.dumps({"save": saved.save, "serial": saved.state.serial, **more}, separators=(",", ":"))
    text = f"{following[:-1]},{entry.text[1:]}".encode()
    return b"%08x %s" % (zlib.crc32(text), text)


def records_of(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the records of some lines; DamagedRecordError at one whose checksum does not fit."""
    for number, line in enumerate(lines, start=1):
        try:
            yield _record(line)
        except (ValueError, RecursionError) as cause:
            raise DamagedRecordError(number) from cause


def folded(saved: Saved, records: Iterable[Mapping[str, Any]]) -> State:
    """Return the State after its records: results bound, intents without a result in ``pending``.

    DamagedRecordError at one that is none. Records that follow another save belong to a run whose
    State was saved, or to a generation that was left.
    """
    state = saved.state
    after = _Folded(dict(state.bindings), PendingIndex(state.pending))
    journaled = False
    for number, record in enumerate(records, start=1):
        try:
            if (record["serial"], record.get("save", "")) == (state.serial, saved.save):
                journaled = True
                after.add(record)
        except (KeyError, TypeError, ValueError, AttributeError) as cause:
            raise DamagedRecordError(number) from cause
    return replace(state, bindings=after.bindings, pending=Pending(after.pending), journaled=journaled)


def append(path: Path, saved: Saved, entries: Iterable[Entry]) -> None:
    """Add records that follow one save, and return when their content is on the disk, by one fsync.

    OSError leaves the records before them as they were: what was written of these is cut off again,
    now or before the next ones.
    """
    lines = b"".join(line_of(saved, entry) + b"\n" for entry in entries)
    number = opened(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    try:
        _drop_torn_line(number)
        _add(number, lines)
    finally:
        os.close(number)


def _drop_torn_line(number: int) -> None:
    """Cut off a torn last line, so that the next record starts on a line of its own."""
    length = os.fstat(number).st_size
    if length and os.pread(number, 1, length - 1) != b"\n":
        os.ftruncate(number, os.pread(number, length, 0).rfind(b"\n") + 1)


def _add(number: int, lines: bytes) -> None:
    length = os.fstat(number).st_size
    try:
        write(number, lines)
        os.fsync(number)
    except OSError:
        with suppress(OSError):  # half a line is cut off by the next append, or ignored by the next load
            os.ftruncate(number, length)
        raise


def fold(saved: Saved, path: Path, text: bytes) -> State:
    """Return the State after the journal in a file.

    A torn last line is a record that never was; anything else unreadable is refused.
    """
    try:
        return folded(saved, records_of(_lines(path, text)))
    except DamagedRecordError as cause:
        raise _damaged(path, cause.number) from cause


class _Folded:
    """Bindings and intents of a State, changed record by record."""

    def __init__(self, bindings: dict[Address, Binding], pending: PendingIndex) -> None:
        self.bindings = bindings
        self.pending = pending

    def add(self, record: Mapping[str, Any]) -> None:
        """Apply one more record; KeyError, TypeError or ValueError when it is none."""
        address = address_of(record["address"])
        before = self.bindings.get(address)
        if record["is"] == "intent":
            self.pending.add(intent_of(record["intent"]))
            return
        if record["binding"] is None:
            self.bindings.pop(address, None)
        else:
            self.bindings[address] = binding_of(record["address"], record["binding"])
        self.pending.resolve(address, before, self.bindings.get(address))


def _lines(path: Path, text: bytes) -> list[bytes]:
    """Return every whole line; a torn one is left out, but not one that lacks nothing but its end."""
    *lines, rest = text.split(b"\n")
    if _fits(rest[:-1]):  # a byte was changed: writing leaves less of a line, or all of it
        raise _damaged(path, len(lines) + 1)
    return lines


def _record(line: bytes) -> dict[str, Any]:
    if not _fits(line):
        raise ValueError("the checksum does not fit")
    record: dict[str, Any] = json.loads(line.partition(b" ")[2])
    return record


def _fits(line: bytes) -> bool:
    checksum, _, text = line.partition(b" ")
    return checksum == b"%08x" % zlib.crc32(text)


def _damaged(path: Path, number: int) -> UnreadableStateError:
    remedy = "Move it aside: what it recorded is found again on the server by its ownership marks."
    return UnreadableStateError(path, f"line {number} of the journal is damaged", remedy)
