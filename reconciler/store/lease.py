"""A lock that runs out: one object that says who holds it, renewed while its holder lives.

``lock.json`` is never deleted, so that its token only grows, and it is only ever swapped for what was
seen. Its age is a difference of two times that the *service* gave: no machine's clock is compared with
another's. The holder counts from before it asked for its last renewal, on a clock that only it sees, and
stops a margin earlier. ``objects.py`` explains why late requests of a stopped holder are harmless.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from reconciler.errors import StoreError
from reconciler.store.lock import signature, waited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.store.bucket import Bucket, Stored

_LOCK = "lock.json"
_TRIES = 5  # swaps that another one may come before
_LONGEST = 86_400  # seconds that a lease may last, of any run


class LostError(StoreError):
    """The lock is not held any more: what this run would write may not follow what others have written."""


def elapsed() -> float:
    """Return seconds on a clock that is never set; it goes on in sleep where the system has such a clock."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds that a lease lasts, after which it is renewed, and before its end when writing ends."""

    lasts: float = 60.0
    renewed: float = 15.0
    margin: float = 20.0


@dataclass(frozen=True, slots=True)
class Ticket:
    """Content of the lock's object; without an id the lock is free.

    ``token`` grows with every holder. ``renewed`` makes every version another text: tags may be made of the
    content alone, and one that came again would let a run steal a lease that was renewed a moment ago.
    """

    id: str
    token: int
    holder: str
    seconds: float
    renewed: int = 0

    @classmethod
    def of(cls, text: bytes) -> Ticket:
        """Return the ticket in a text; ValueError when it is not ours."""
        try:
            record = json.loads(text)
            if record.pop("format") != 1:
                raise ValueError("it is of another format")
            ticket = cls(**record)
            ticket = replace(
                ticket, token=int(ticket.token), seconds=float(ticket.seconds), renewed=int(ticket.renewed)
            )
        except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as cause:
            raise ValueError("it is no lock") from cause
        if not 0 <= ticket.seconds <= _LONGEST:
            raise ValueError("it lasts for a time that makes no sense")
        return ticket

    def text(self) -> bytes:
        """Return the text of the object."""
        return json.dumps({"format": 1, **asdict(self)}, indent=1).encode() + b"\n"

    def freed(self) -> Ticket:
        """Return the same lock without a holder."""
        return replace(self, id="", holder="", renewed=self.renewed + 1)


@dataclass(frozen=True, slots=True)
class Lock:
    """The lock of one prefix."""

    bucket: Bucket
    span: Span
    clock: Callable[[], float]

    @contextmanager
    def held(self, purpose: str, timeout: float, waiting: Callable[[str], None] | None) -> Iterator[Lease]:
        """Hold the lock, renewed by a thread; LockedError once it was waited for in vain."""
        location = self.bucket.location(_LOCK)
        lease = waited(lambda: self._attempt(purpose), location, timeout, waiting)
        ended = threading.Event()
        renewing = threading.Thread(target=lease.keep, args=(ended,), name="lease", daemon=True)
        renewing.start()
        try:
            yield lease
        finally:
            ended.set()
            renewing.join()
            lease.release()

    def holder(self) -> str:
        """Return the holder, or the last one: expiry is not checked, since the clock must be written."""
        stored, ticket = self._seen()
        if not stored or not ticket.id:
            return ""
        renewed = stored.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        return f"{ticket.holder}, lock id {ticket.id}, renewed {renewed}"

    def _attempt(self, purpose: str) -> tuple[Lease | None, str]:
        """Return the lease, or the holder."""
        for _ in range(_TRIES):
            stored, ticket = self._seen()
            if stored and ticket.id and not self._is_over(stored, ticket):
                return None, f"{ticket.holder}, lock id {ticket.id}"
            lease = self._taken(purpose, stored, ticket)
            if lease:
                return lease, ""
        return None, "runs that were quicker"

    def _seen(self) -> tuple[Stored | None, Ticket]:
        stored = self.bucket.get(_LOCK)
        try:
            return stored, Ticket.of(stored.text) if stored else Ticket("", 0, "", 0)
        except ValueError as cause:
            raise StoreError(
                f"cannot read {self.bucket.location(_LOCK)}: {cause}. If no run is "
                "in progress, delete that object."
            ) from None

    def _is_over(self, stored: Stored, ticket: Ticket) -> bool:
        """Return whether the service's clock shows that a lease has run out."""
        return self.bucket.now() - stored.at > timedelta(seconds=ticket.seconds)

    def _taken(self, purpose: str, stored: Stored | None, before: Ticket) -> Lease | None:
        since = self.clock()
        ticket = Ticket(uuid4().hex, before.token + 1, signature(purpose), self.span.lasts)
        tag = self.bucket.swap(_LOCK, ticket.text(), stored.tag if stored else None)
        return Lease(self, ticket, tag, since) if tag else None

    def unlock(self, id_: str) -> None:
        """Take the lock from the holder of an id; StoreError when it has no holder of that id.

        A live holder learns it at its next renewal, and cannot write the state any more once another has.
        """
        for _ in range(_TRIES):  # it may be renewed in between
            stored, ticket = self._seen()
            if not stored or not ticket.id:
                raise StoreError(
                    f"the state is not locked ({self.bucket.location(_LOCK)}). Nothing was changed."
                )
            if ticket.id != id_:
                raise StoreError(
                    f"the lock has another id now: {ticket.holder}, lock id {ticket.id}. Nothing was changed."
                )
            if self.bucket.swap(_LOCK, ticket.freed().text(), stored.tag):
                return
        raise StoreError(
            f"the lock {self.bucket.location(_LOCK)} is being changed all the time. Try it again."
        )


class Lease:
    """The lock while this run holds it."""

    def __init__(self, lock: Lock, ticket: Ticket, tag: str, since: float) -> None:
        self.ticket = ticket
        self._lock = lock
        self._bucket = lock.bucket
        self._tag = tag
        self._since = since
        self._attempts = 0  # each has a text of its own, so that none is taken for another
        self._taken_away = False

    def check(self) -> None:
        """Raise LostError unless this run may write: before the margin, and without a refused renewal."""
        if self._taken_away:
            raise self._lost("it was taken away, by `state unlock` or by a run that found it expired")
        if self._since + self.ticket.seconds - self._lock.clock() < self._lock.span.margin:
            raise self._lost(
                "it was not renewed in time: the service was not reached, or this run was stopped"
            )

    def _lost(self, why: str) -> LostError:
        return LostError(
            f"the lease on {self._bucket.location(_LOCK)} was lost: {why}. What was done until then is in "
            "the journal. Run the same command again."
        )

    def keep(self, ended: threading.Event) -> None:
        """Renew it until it ends, sooner again after a failure."""
        pause = self._lock.span.renewed
        while not self._taken_away and not ended.wait(pause):
            pause = self._lock.span.renewed / (1 if self.renew() else 5)

    def renew(self) -> bool:
        """Renew it; False when that failed. :meth:`check` raises the error of a lost lease."""
        since = self._lock.clock()
        self._attempts += 1
        ticket = replace(self.ticket, renewed=self._attempts)
        with suppress(StoreError):
            tag = self._bucket.swap(_LOCK, ticket.text(), self._tag)
            if tag:
                self.ticket, self._tag, self._since = ticket, tag, since
                return True
            self._follow()
        return False

    def _follow(self) -> None:
        """Find out why a swap was refused: the lock is gone, or an earlier renewal took effect after all.

        Its tag is then taken over, but not its time, which is unknown.
        """
        stored = self._bucket.get(_LOCK)
        try:
            ticket = Ticket.of(stored.text if stored else b"")
        except ValueError:
            self._taken_away = True
            return
        self._taken_away = ticket.id != self.ticket.id
        if stored and not self._taken_away:
            self.ticket, self._tag = ticket, stored.tag

    def release(self) -> None:
        """Let others have it; where the service is not reached it runs out by itself."""
        with suppress(StoreError):
            for _ in range(_TRIES):
                if self._taken_away or self._bucket.swap(_LOCK, self.ticket.freed().text(), self._tag):
                    return
                self._follow()
