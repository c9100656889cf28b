"""The connections of a server: what each waits for, for how long it may, and which must make room.

A caller who is slow, or who never sends anything, costs a descriptor. There are fewer of those than callers.
"""

from __future__ import annotations

import resource
import time
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Protocol

from reconciler.server import trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEAD_SECONDS: Final = 10.0
"""How long the head of a request may take, from the opening of the connection or the head's first byte."""

BODY_SECONDS: Final = 30.0
"""How long nothing of a body may arrive."""

BODY_TOTAL: Final = 600.0
"""How long a whole body may take; one that arrives at `BODY_RATE` or faster may take longer."""

BODY_RATE: Final = 64 << 10  # bytes a second

REPLY_SECONDS: Final = 30.0
"""How long a caller may leave a reply unread that fills the buffers."""

_MOST: Final = 2000
_RESERVED: Final = 64  # descriptors of the program and of its database
_EACH: Final = 2  # descriptors that a request takes: its connection, and a temporary file for its upload


class Phase(IntEnum):
    """What a connection waits for, in the order in which connections make room."""

    HEAD = 0
    IDLE = 1
    BODY = 2
    BUSY = 3


class Member(Protocol):
    """A connection, as a value that can be ended."""

    def overdue(self, now: float) -> str:
        """Return what took too long; empty if nothing did."""

    def abort(self) -> None:
        """End it at once."""


class Crowd:
    """The open connections of one server, each phase in the order in which they entered it."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._most = most
        self._phases: dict[Member, Phase] = {}
        self._waiting: tuple[dict[Member, None], ...] = tuple({} for _ in Phase)

    def __len__(self) -> int:
        return len(self._phases)

    def enter(self, member: Member, phase: Phase) -> None:
        """Note what a connection waits for now; a new one may cost another its place, or find none."""
        before = self._phases.get(member)
        if before is phase:
            return
        if before is None and len(self._phases) >= self._most and not self._make_room():
            member.abort()
            return
        if before is not None:
            del self._waiting[before][member]
        self._phases[member] = phase
        self._waiting[phase][member] = None

    def leave(self, member: Member) -> None:
        """Forget a connection that has ended."""
        phase = self._phases.pop(member, None)
        if phase is not None:
            del self._waiting[phase][member]

    def sweep(self) -> None:
        """End the connections whose callers take too long."""
        now = self.clock()
        for member in list(self._phases):
            reason = member.overdue(now)
            if reason:
                trouble.closing(reason)
                self._end(member)

    def _make_room(self) -> bool:
        """End the connection that has waited longest for its caller; False if all are busy."""
        trouble.closing(f"more than {self._most} are open")
        oldest = next(self._oldest(), None)
        if oldest is not None:
            self._end(oldest)
        return oldest is not None

    def _oldest(self) -> Iterator[Member]:
        for phase in Phase:
            if phase is not Phase.BUSY:
                yield from self._waiting[phase]

    def _end(self, member: Member) -> None:
        self.leave(member)
        member.abort()


def room() -> int:
    """Return how many connections this process has descriptors for."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return _MOST
    return max(1, min(_MOST, (limit - _RESERVED) // _EACH))
