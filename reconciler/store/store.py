"""The Store port: it keeps a State between runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from reconciler.model.address import Address
    from reconciler.model.state import Binding, Intent, State
    from reconciler.store.journal import Entry


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A State as it is stored now; ``at`` is when it was saved, ``holder`` the holder of its lock, if any."""

    state: State
    at: str
    holder: str


class Store(Protocol):
    """Remembers one State and the journal of a run that is under way.

    Must: make ``save`` all-or-nothing, also when the power fails; refuse it with ConflictError unless
    the stored State is the one expected, by its serial and by the id of its save. Must: return from
    ``intend``, ``record`` and ``commit`` only when every record is durable, and lose none of them until a
    State that has them is durable. Must: fold only records that follow the very State that is stored, and not
    another one of its serial. Must: refuse, with UnreadableStateError, a state it cannot read to the
    end, and leave it as it is. Must: put a State that it cannot save where it can, and say where, with
    UnsavedError. Must: free the lock of a holder who died, without a person. Must: work when ``commit`` is
    called from another thread, one call at a time.

    Must: find out, where the answer to a save was lost, whether it happened, and return if it did. Must:
    let a holder who has lost the lock change nothing that its successor reads: its saves are refused,
    its records are refused or count for nothing. Must: end in time, with StoreError, where the location
    cannot be reached, denies access or is full, and name the location and a remedy.

    Must: where a lock can outlive its holder, name its id in LockedError, and let ``unlock`` take it from
    that id and no other. May: refuse every ``unlock`` where the end of a holder frees its lock.

    May: keep earlier generations, and accept one of them instead of the State; fail to keep one.
    May: refuse to write without the lock. May: leave a record whose ``intend`` or ``record`` was a
    StoreError; it counts like any other. Must not: write anything while loading; let others write what
    it reads; break a lock whose holder lives and can be reached, but for ``unlock``; say a password or a
    key.
    """

    @property
    def location(self) -> str:
        """The address of the State, for people: without a password or a key."""
        ...

    def load(self) -> State:
        """Return the State, with the journal folded in and its open intents in ``pending``.

        It comes before everything else: records and saves follow the State loaded last.
        """
        ...

    def snapshot(self) -> Snapshot:
        """Return the State, read without a lock and without writing, with what a listing shows besides."""
        ...

    def lock(
        self, purpose: str, timeout: float = 0.0, waiting: Callable[[str], None] | None = None
    ) -> AbstractContextManager[None]:
        """Hold the only right to write, waiting ``timeout`` seconds for it.

        ``waiting`` gets the holder once, when the waiting begins. LockedError names it in the end.
        """
        ...

    def unlock(self, id_: str) -> None:
        """Take the lock from the holder of an id, a run that a person knows to be dead.

        StoreError when it has no holder of that id, and where a lock has no id, since it frees itself.
        """
        ...

    def intend(self, intent: Intent) -> None:
        """Record a call that is about to be made; after StoreError it must not be made."""
        ...

    def record(self, address: Address, binding: Binding | None) -> None:
        """Record what an address is bound to, None for nothing."""
        ...

    def commit(self, entries: Sequence[Entry]) -> None:
        """Record several, in their order, as ``intend`` and ``record`` would, and durable together.

        StoreError leaves none of them, or some that count like any other.
        """
        ...

    def save(self, state: State, expecting: int, serial: int | None = None) -> None:
        """Replace the stored State, whose serial must be ``expecting``, and empty the journal.

        The new one gets the next serial, or a given later one.
        StoreError leaves the old State or the new one, and every record of the old one. After
        ConflictError it is another run's, untouched.
        """
        ...
