"""A Plan: the changes to make, as a value, before any is made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.model.canonical import digest
from reconciler.model.change import Action, Change
from reconciler.model.target import canonical_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from reconciler.model.address import Address
    from reconciler.model.diagnostic import AllowedFinding
    from reconciler.model.mark import Mark
    from reconciler.model.weakening import Weakening


@dataclass(frozen=True, slots=True)
class Basis:
    """The basis of a plan besides the live objects its changes name.

    ``account`` is the server's name for the account of the key, empty if unknown. ``dialect``
    names the API that the server speaks.
    """

    lineage: str
    serial: int
    target: str
    account: str = ""
    dialect: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of resources added, changed and destroyed; attachments are part of their assistant."""

    added: int = 0
    changed: int = 0
    destroyed: int = 0

    @classmethod
    def of(cls, changes: Iterable[Change]) -> Counts:
        """Return the counts of the summary line."""
        some = [change for change in changes if change.steps]  # without a step nothing is counted
        counter = Counter(change.counts_as for change in some)
        destroyed = sum(len(change.destroyed) for change in some)
        return cls(counter[Action.CREATE], counter[Action.UPDATE], destroyed)


@dataclass(frozen=True)
class Plan:
    """Ordered Changes: creates and updates after their dependencies, then deletions in the reverse order.

    ``notices`` are sentences that belong to no Change, such as about a marked object that is neither
    declared nor in the state. ``managed`` is the number of objects in the state, ``missing`` the
    number of them that are not on the server. ``is_bare``: the configuration declares nothing.
    ``is_partial``: only some addresses were asked for. ``left`` are the uploads that stay, as only a
    review deletes them. ``weakened`` are protections that the configuration weakens. ``exceptions`` are
    the findings of the checks that it allows. ``existing`` are lines about what would be created although it
    exists already, under another owner or without a mark, and the entries that keep it.
    """

    project: str
    environment: str
    basis: Basis
    changes: tuple[Change, ...]
    notices: tuple[str, ...] = ()
    managed: int = 0
    missing: int = 0
    is_bare: bool = False
    is_partial: bool = False
    left: tuple[str, ...] = ()
    weakened: tuple[Weakening, ...] = ()
    exceptions: tuple[AllowedFinding, ...] = ()
    existing: tuple[str, ...] = ()

    @cached_property
    def counts(self) -> Counts:
        """The summary line's numbers; what is refused is not counted."""
        return Counts.of(change for change in self.changes if not change.refused)

    @cached_property
    def digest(self) -> str:
        """The name of this plan in a review: ``sha256:`` over target and account, and what is done there.

        Two plans of one digest do the same to the same objects; an unrelated change in the account, of the
        state's serial or of a sentence moves nothing. A target is one in all its spellings.
        """
        weakened = [[str(one.protection), one.address, *one.names] for one in self.weakened]
        named = {
            "target": canonical_target(self.basis.target),
            "account": self.basis.account,
            "weakened": weakened,
            "changes": self._made,
        }
        return f"sha256:{digest(named)}"

    @property
    def earlier_digest(self) -> str:
        """The digest of the same plan from before it covered the target; for older plan files."""
        return f"sha256:{digest(self._made)}"

    @property
    def _made(self) -> Sequence[Mapping[str, Any]]:
        """The signature of every Change that does something."""
        return [
            change.signature for change in self.changes if change.action is not Action.NOOP or change.steps
        ]

    def owns(self, mark: Mark) -> bool:
        """Return whether an ownership mark names the project and the environment of the plan."""
        return (mark.project, mark.environment) == (self.project, self.environment)

    @property
    def has_changes(self) -> bool:
        """True if apply would do, or refuse, anything a person should see."""
        return any(change.action is not Action.NOOP or change.refused for change in self.changes)

    @cached_property
    def by_address(self) -> dict[Address, Change]:
        """Every change under its address."""
        return {change.address: change for change in self.changes}
