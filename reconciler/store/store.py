"""The Store port: what remembers a State between runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from reconciler.model.address import Address
    from reconciler.model.state import Binding, Intent, State


class Store(Protocol):
    """Remembers one State and the journal of a run that is under way.

    Must: make ``save`` all-or-nothing, also when the power fails; refuse it with ConflictError unless
    the stored serial is the one expected. Must: return from ``intend`` and ``settle`` only when the
    record is durable. Must: refuse, with UnreadableStateError, a state it cannot read to the end, and
    leave it as it is. May: keep earlier serials. Must not: write anything while loading.
    """

    def load(self) -> State:
        """The State, with the journal folded in and its open intents in ``unsettled``."""
        ...

    def lock(self, purpose: str) -> AbstractContextManager[None]:
        """Hold the only right to write; LockedError names who holds it."""
        ...

    def intend(self, intent: Intent) -> None:
        """Record what is about to be done."""
        ...

    def settle(self, address: Address, binding: Binding | None) -> None:
        """Record what an address is bound to now, or that it is bound to nothing."""
        ...

    def save(self, state: State, expecting: int) -> None:
        """Replace the stored State, whose serial must be ``expecting``, and empty the journal."""
        ...
