"""The ledger of requests, in memory and, where wished, in a file for other processes."""

import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from reconciler.errors import ReconcilerError
from reconciler.files import appending
from reconciler.model.credentials import without_secret_values
from reconciler.server.request_patterns import Pattern

_REMEMBERED: Final = 100_000
_REFUSALS: Final = 400


class UnwritableLedgerError(ReconcilerError):
    """The file that the ledger is to be kept in cannot be opened."""


@dataclass(frozen=True)
class Entry:
    """One request.

    `status` is what the server did, whatever the caller got; 0 where a fault kept the request from it. A
    request that took effect late has a second entry from then. `deviations` names the rows it met.
    """

    method: str
    path: str
    query: str
    status: int
    request_id: str
    fault: str = ""
    deviations: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether the request could have changed something."""
        return self.method not in {"GET", "HEAD"}

    @property
    def changed(self) -> bool:
        """Whether the request was a write that the server carried out."""
        return self.writes and 0 < self.status < _REFUSALS


class Ledger(deque[Entry]):
    """The latest requests, oldest first; an entry is there before its reply leaves."""

    def writes(self) -> int:
        """Count the requests that could have changed something."""
        return sum(entry.writes for entry in list(self))

    def changes(self) -> int:
        """Count the writes that were carried out."""
        return sum(entry.changed for entry in list(self))

    def about(self, on: str) -> list[Entry]:
        """Return the entries of some requests, such as `POST /assistants`; see Pattern."""
        pattern = Pattern(on)
        return [entry for entry in list(self) if pattern.covers(entry.method, entry.path)]


class _Written(Ledger):
    """A ledger that also writes each entry as a line of JSON."""

    def __init__(self, outlet: BinaryIO, redacted: Callable[[str], str]) -> None:
        super().__init__(maxlen=_REMEMBERED)
        self._outlet = outlet
        self._redacted = redacted

    def append(self, entry: Entry) -> None:
        # Unbuffered and in one piece: a reader in another process sees whole lines, and sees them at once.
        shown = asdict(entry) | {"query": without_secret_values(entry.query)}
        self._outlet.write(self._redacted(json.dumps(shown)).encode() + b"\n")
        super().append(entry)


def remembered() -> Ledger:
    """Return a ledger that goes with the process."""
    return Ledger(maxlen=_REMEMBERED)


@contextmanager
def ledger_in(path: Path, redacted: Callable[[str], str] = str) -> Iterator[Ledger]:
    """Append a ledger to `path` as well, a line of JSON an entry; raises UnwritableLedgerError.

    `redacted` hides secrets in a line; those of callers are known by the names of their parameters.
    """
    try:
        outlet = os.fdopen(appending(path), "ab", buffering=0)
    except OSError as error:
        raise UnwritableLedgerError(f"cannot write the ledger {path}: {error.strerror}") from error
    with outlet:
        yield _Written(outlet, redacted)


def entries(path: Path) -> Ledger:
    """Return the entries that a server, which may be running, wrote to `path`, which may be missing."""
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    return Ledger(_entry(json.loads(line)) for line in lines if line.endswith(b"\n"))


def _entry(line: dict[str, Any]) -> Entry:
    return Entry(**line | {"deviations": tuple(line.get("deviations", ()))})
