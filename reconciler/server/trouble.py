"""The log of a server on a socket: one line of a sort in a while, so that no caller can fill a disk."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

REPEATED_SECONDS: Final = 10.0
"""How long one sort of line is kept out of the log after it was written."""

_LOGS: Final = ("uvicorn.error", "reconciler.server.middleware", __name__)
_MOST: Final = 1000  # sorts that are remembered

_log = logging.getLogger(__name__)


class Seldom(logging.Filter):
    """Passes a line, and then no other of its sort for a while; the next one says how many were left out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._latest: dict[object, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a line is written."""
        now, sort = self._clock(), _sort(record)
        latest, omitted = self._latest.get(sort, (-REPEATED_SECONDS, 0))
        if now - latest < REPEATED_SECONDS:
            self._latest[sort] = latest, omitted + 1
            return False
        if len(self._latest) >= _MOST:
            self._latest.clear()
        self._latest[sort] = now, 0
        if omitted:
            record.msg, record.args = f"{record.getMessage().rstrip()} ({omitted} more before)", ()
        return True


def _sort(record: logging.LogRecord) -> object:
    """Return what makes two lines one of a sort; our own have few reasons, others may have any."""
    if record.name == __name__:
        return record.getMessage()
    return record.msg, record.exc_info and record.exc_info[0]


@contextmanager
def written_seldom() -> Iterator[None]:
    """Thin out the log of a server while it runs."""
    seldom = Seldom()
    logs = [logging.getLogger(name) for name in _LOGS]
    for log in logs:
        log.addFilter(seldom)
    try:
        yield
    finally:
        for log in logs:
            log.removeFilter(seldom)


def closing(reason: str) -> None:
    """Report that connections are closed, and why."""
    _log.warning("Closing connections: %s", reason)


def not_accepted(reason: str) -> None:
    """Report that the system gives out no more connections."""
    _log.warning("Cannot accept connections: %s", reason)
