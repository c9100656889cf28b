"""The addresses of a plan, when a user names some: these, and their dependencies."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.errors import UsageError
from reconciler.model.address import Address
from reconciler.model.change import Action
from reconciler.model.diagnostic import did_you_mean
from reconciler.model.resource import DesiredAssistant

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from reconciler.model.plan import Plan
    from reconciler.model.resource import Desired

_AWAITED = frozenset({Action.CREATE, Action.REPLACE, Action.ADOPT, Action.FORGET})


def selection(
    plan: Plan, desired: Desired, targets: Sequence[str], excluded: Sequence[str]
) -> frozenset[Address] | None:
    """Return the addresses to keep of a full plan, or None for all.

    A target brings its dependencies; an excluded address takes along its dependents. UsageError for an
    address that is neither declared nor known.
    """
    if not targets and not excluded:
        return None
    whole = _Whole(plan, desired)
    wanted = whole.named(targets) or frozenset(plan.by_address)
    wanted |= whole.dependencies(wanted)
    without = whole.named(excluded)
    return wanted - without - whole.dependents(wanted, without)


@dataclass(frozen=True)
class _Whole:
    """A full plan, and the dependencies in it."""

    plan: Plan
    desired: Desired

    def named(self, texts: Sequence[str]) -> frozenset[Address]:
        """Return the addresses that a user named; UsageError for an unknown one."""
        known = {str(address): address for address in self.plan.by_address}
        for text in texts:
            if text not in known:
                near = did_you_mean(text, known) or f"known: {', '.join(known) or 'none'}"
                raise UsageError(f"no resource has the address {text!r}; {self._successor(text) or near}")
        return frozenset(known[text] for text in texts)

    def _successor(self, text: str) -> str:
        for address, former in self.desired.moved.items():
            if text in map(str, former):
                return f"it moved to {address}"
        return ""

    def dependencies(self, addresses: Collection[Address]) -> frozenset[Address]:
        """Return the files that assistants contain, and bindings forgotten only because of them."""
        return frozenset(one for address in addresses for one in self._dependencies_of(address))

    def dependents(self, addresses: Collection[Address], excluded: Collection[Address]) -> frozenset[Address]:
        """Return the addresses that wait for an excluded one."""
        awaited = {address for address in excluded if self.plan.by_address[address].action in _AWAITED}
        return frozenset(address for address in addresses if awaited & self._dependencies_of(address))

    def _dependencies_of(self, address: Address) -> set[Address]:
        declared = self.desired.by_address.get(address)
        files = declared.files or () if isinstance(declared, DesiredAssistant) else ()
        return {*self._following.get(address, ()), *(file for file in files if isinstance(file, Address))}

    @cached_property
    def _following(self) -> Mapping[Address, Sequence[Address]]:
        """The addresses that are forgotten only because of another, by this one."""
        following: dict[Address, list[Address]] = defaultdict(list)
        for change in self.plan.changes:
            for cause in change.follows if change.action is Action.FORGET else ():
                following[cause].append(change.address)
        return following
