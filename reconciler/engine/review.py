"""What of a plan needs a reviewer: an apply that no user sees overwrites nothing that another user wrote.

A difference from the echo of our last write is drift. Where no echo is recorded, as in a lost state, nothing
says who wrote a value, and it needs the same review. A mark can be copied, so an assistant that only its mark
makes ours may hold what no reviewer has seen; an entry that names it by its id is consent to that. Our own
interrupted writes need no review: the journal has their intents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model.change import Action, FieldChange
from reconciler.model.refusal import Refusal, Rule
from reconciler.model.resource import DesiredAssistant
from reconciler.model.review import Need, Why

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model.change import Change
    from reconciler.model.plan import Plan


CHANGED = frozenset({Why.DRIFTED, Why.DELETED, Why.UNRECORDED})
"""The reasons that `--on-drift` covers: what was changed on the server, or may have been."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What a user said in advance, besides the configuration.

    ``drift``: what becomes of values that were changed on the server. ``missing``: if everything is missing
    there, it is created again. Neither covers an assistant of another owner, nor undeclared behaviour.
    """

    drift: bool = False
    missing: bool = False

    def covers(self, why: Why, plan: Plan) -> bool:
        """Return whether no review is needed for a reason."""
        is_lost = why is Why.DELETED and self.missing and plan.missing == plan.managed
        return is_lost or (self.drift and why in CHANGED)


def needs(plan: Plan, consent: Consent) -> tuple[Need, ...]:
    """Return what of a plan an unattended apply may only do after a review."""
    changes = (one for one in plan.changes if one.action is not Action.NOOP and not one.refused)
    found = (need for change in changes for need in _needs(change))
    return tuple(need for need in found if not consent.covers(need.why, plan))


def drifted(plan: Plan) -> Iterator[Refusal]:
    """Yield the refusal of a plan with drift, for a user who wants to look at it first."""
    names = [str(change.address) for change in plan.changes if change.drifted]
    if names:
        yield Refusal(
            Rule.DRIFT,
            f"{', '.join(names)} changed on the server since the last apply",
            "--on-drift overwrite sets it back, --on-drift keep leaves it",
        )


def _needs(change: Change) -> Iterator[Need]:
    if change.taken_from:
        yield _need(change, Why.TAKEN_OVER)
    if change.copy_of:
        yield _need(change, Why.COPIED)
    yield from _overwriting(change)
    stays = (one for one in change.found if one.is_unreviewed and not change.imported)
    sources = change.wanted.sources if isinstance(change.wanted, DesiredAssistant) else {}
    kept = tuple(
        FieldChange(one.field, one.value, one.value, source=sources.get(one.field, ""), shape=one.shape)
        for one in stays
    )
    if kept:
        yield _need(change, Why.ADOPTED, kept)


def _overwriting(change: Change) -> Iterator[Need]:
    if change.drifted and change.action is Action.CREATE:
        yield _need(change, Why.DELETED)
    moved = tuple(one for one in change.overwritten if one.drifted)
    unknown = tuple(one for one in change.overwritten if not one.drifted)
    if moved:
        yield _need(change, Why.DRIFTED, moved)
    if unknown:
        yield _need(change, Why.UNRECORDED, unknown)


def _need(change: Change, why: Why, values: tuple[FieldChange, ...] = ()) -> Need:
    origin = change.wanted.origin if isinstance(change.wanted, DesiredAssistant) else None
    place = f"{origin.path}:{origin.line}" if origin and origin.line else origin.path if origin else ""
    return Need(
        change.address,
        change.id,
        why,
        values=values,
        place=place,
        owner=change.taken_from or change.copy_of,
        is_declared=change.action is not Action.DELETE,
    )
