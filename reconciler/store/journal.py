"""The journal: one line a record, each with a checksum, durable before the next thing happens."""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.errors import StoreError, UnreadableStateError
from reconciler.model.address import Address
from reconciler.store.record import binding_of, intent_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.model.state import State


def append(path: Path, record: dict[str, Any]) -> None:
    """Add a record and return when it is on the disk."""
    text = json.dumps(record, separators=(",", ":"))
    line = f"{zlib.crc32(text.encode()):08x} {text}\n".encode()
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        _write_all(number, line)
        os.fsync(number)
    finally:
        os.close(number)


def mend(path: Path) -> None:
    """Cut off a torn last line, so that the next record starts on a line of its own."""
    if not path.exists():
        return
    text = path.read_bytes()
    whole = text.rfind(b"\n") + 1
    if whole < len(text):
        os.truncate(path, whole)


def fold(state: State, path: Path) -> State:
    """The State after a journal: results bound, intents without a result in ``unsettled``.

    A torn last line is a record that never was; anything else unreadable is refused. A journal of
    another serial belongs to a run whose State was saved, and is empty for this one.
    """
    bindings = dict(state.bindings)
    unsettled = list(state.unsettled)
    journaled = False
    for number, record in enumerate(_records(path), start=1):
        try:
            if record["serial"] != state.serial:
                continue
            journaled = True
            where = Address.parse(record["address"])
            if record["is"] == "intent":
                unsettled.append(intent_of(record["intent"]))
                continue
            unsettled = [one for one in unsettled if one.address != where]
            if record["binding"] is None:
                bindings.pop(where, None)
            else:
                bindings[where] = binding_of(record["address"], record["binding"])
        except (KeyError, TypeError, ValueError, AttributeError) as cause:
            raise _damaged(path, number) from cause
    return replace(state, bindings=bindings, unsettled=tuple(unsettled), journaled=journaled)


def _records(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    except OSError as cause:
        raise StoreError(f"cannot read {path}: {cause.strerror}") from cause
    for number, line in enumerate(lines[:-1], start=1):
        checksum, _, text = line.partition(b" ")
        if checksum != f"{zlib.crc32(text):08x}".encode():
            raise _damaged(path, number)
        yield json.loads(text)


def _damaged(path: Path, number: int) -> UnreadableStateError:
    remedy = "Move it aside: what it recorded is found again on the server by its Marks."
    return UnreadableStateError(path, f"line {number} of the journal is damaged", remedy)


def _write_all(number: int, line: bytes) -> None:
    while line:
        line = line[os.write(number, line) :]
