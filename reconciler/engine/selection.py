"""Which addresses a plan is about, when a person names some: these, and what they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import UsageError
from reconciler.model.address import Address
from reconciler.model.change import Action
from reconciler.model.diagnostic import did_you_mean
from reconciler.model.resource import DesiredAssistant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.model.change import Change
    from reconciler.model.plan import Plan
    from reconciler.model.resource import Desired


def selection(
    plan: Plan, desired: Desired, targets: Sequence[str], excluded: Sequence[str]
) -> frozenset[Address] | None:
    """The addresses to keep of a full plan, or None for all.

    A target brings the files it carries and what is forgotten because of it; what is excluded takes along
    the assistants that wait for it. UsageError for an address that is neither declared nor known.
    """
    if not targets and not excluded:
        return None
    known = {str(change.address): change.address for change in plan.changes}
    wanted = {_known(one, known, desired) for one in targets} or set(known.values())
    forgotten = [change for change in plan.changes if change.action is Action.FORGET and change.follows]
    wanted |= {need for one in tuple(wanted) for need in _needs(desired, forgotten, one)}
    without = {_known(one, known, desired) for one in excluded}
    waiting = {
        one
        for one in wanted
        for need in _needs(desired, forgotten, one)
        if need in without and _moves(plan, need)
    }
    return frozenset(wanted - without - waiting)


def _known(text: str, known: Mapping[str, Address], desired: Desired) -> Address:
    if text not in known:
        near = did_you_mean(text, known) or f"known: {', '.join(known) or 'none'}"
        raise UsageError(f"no resource has the address {text!r}; {_moved(text, desired) or near}")
    return known[text]


def _moved(text: str, desired: Desired) -> str:
    today = [one for one, before in desired.moved.items() if text in map(str, before)]
    return f"it moved to {today[0]}" if today else ""


def _needs(desired: Desired, forgotten: Sequence[Change], where: Address) -> Iterator[Address]:
    """The files that an assistant carries, and what is forgotten only because it is, or has moved."""
    found = desired.by_address.get(where)
    if isinstance(found, DesiredAssistant):
        yield from (one for one in found.files or () if isinstance(one, Address))
    yield from (change.address for change in forgotten if where in change.follows)


def _moves(plan: Plan, where: Address) -> bool:
    return plan.by_address[where].action in {Action.CREATE, Action.REPLACE, Action.ADOPT, Action.FORGET}
