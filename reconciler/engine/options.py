"""The options of a plan, besides the three values that it compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model.change import Reason

if TYPE_CHECKING:
    from reconciler.model.address import Address
    from reconciler.model.field import Fields


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """The target, the fields of its dialect, and what a user asks for.

    ``targets`` leaves everything but these addresses as it is. ``prune`` also deletes marked assistants that
    are neither declared nor in the state. ``protected`` may not be deleted, whatever the state remembers.
    ``because`` is the reason for every deletion. ``keep_drift`` leaves what was changed on the server as it
    is. ``allow_missing`` allows more objects to be missing than a plan requests by itself. ``dialect`` is the
    name of the dialect, which the state remembers. ``whole``: an update must send every value of an object.
    ``named`` are the addresses that a user named, of which a change that was refused is tried again.
    ``lists_unproved``: the plan is for a review, or was reviewed, so that it also deletes uploads that
    nothing else proves to be ours. ``unread`` are files that declared an assistant at the last apply, and
    that this run does not read although they are still there.
    """

    target: str
    fields: Fields
    targets: frozenset[Address] | None = None
    prune: bool = False
    protected: frozenset[Address] = frozenset()
    because: Reason = Reason.UNDECLARED
    keep_drift: bool = False
    allow_missing: bool = False
    dialect: str = ""
    whole: bool = False
    named: frozenset[str] = frozenset()
    lists_unproved: bool = False
    unread: frozenset[str] = frozenset()

    @property
    def is_destroy(self) -> bool:
        """Return whether everything of the project is being destroyed."""
        return self.because is Reason.DESTROY

    def retries(self, address: Address) -> bool:
        """Return whether a user named an address, so that what was refused before is tried again."""
        return str(address) in self.named

    def selected(self, address: Address) -> bool:
        """Return whether the plan is about an address at all."""
        return self.targets is None or address in self.targets
