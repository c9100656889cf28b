"""A plan, everything it was made of, and how it is made from a server."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.dialects.incomplete_list import incomplete
from reconciler.engine.observation import complete, observe
from reconciler.engine.ownership import PlannerInput
from reconciler.engine.planner import compared, plan
from reconciler.engine.selection import selection
from reconciler.model.address import Kind
from reconciler.model.change import Action, Reason, StepKind
from reconciler.model.resource import End

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.dialects import Provider
    from reconciler.engine.options import PlanOptions
    from reconciler.model.change import Change
    from reconciler.model.plan import Plan
    from reconciler.model.resource import Desired, Live
    from reconciler.model.state import State


@dataclass(frozen=True, repr=False)  # asyncio makes the repr of what a task returns, though it is not printed
class PlannedRun:
    """A plan that can be made again for a part of what it was made of."""

    plan: Plan
    desired: Desired
    live: Live
    state: State
    options: PlanOptions

    @classmethod
    def whole(cls, desired: Desired, live: Live, state: State, options: PlanOptions) -> PlannedRun:
        """For everything."""
        return cls.of(PlannerInput(desired, live, state, options))

    @classmethod
    def of(cls, inputs: PlannerInput) -> PlannedRun:
        """For everything, of what was compared before."""
        made = compared(inputs)
        return cls(made, inputs.desired, inputs.live, state=inputs.state, options=inputs.options)

    def narrowed(self, targets: Sequence[str], excluded: Sequence[str]) -> PlannedRun:
        """For some addresses and what they need, without some others; for everything where none is named.

        UsageError for an address that is none of the plan's.
        """
        only = selection(self.plan, self.desired, targets, excluded)
        if only is None:
            return self
        options = replace(self.options, targets=only)
        part = plan(self.desired, self.live, self.state, options)
        return replace(self, plan=part, options=options)

    @property
    def digest_for_review(self) -> str:
        """The digest of the plan that a reviewer reads, with the uploads that only a review deletes."""
        if not self.plan.left:
            return self.plan.digest
        return self._again(lists_unproved=True).digest

    @property
    def rests_on_review(self) -> bool:
        """Whether the plan deletes uploads that only a review of it deletes."""
        if not self.options.lists_unproved or not any(map(_deletes_upload, self.plan.changes)):
            return False
        return bool(self._again(lists_unproved=False).left)

    def _again(self, *, lists_unproved: bool) -> Plan:
        """Return the plan of the same, made with or without the uploads that only a review deletes."""
        options = replace(self.options, lists_unproved=lists_unproved)
        return plan(self.desired, self.live, self.state, options)


async def planned(  # noqa: PLR0913 - what is compared, under which options, and which part of it is wanted
    provider: Provider,
    desired: Desired,
    state: State,
    options: PlanOptions,
    *,
    targets: Sequence[str] = (),
    excluded: Sequence[str] = (),
) -> PlannedRun:
    """Compare a configuration with a server; only reads.

    The end of the list of assistants is proved where the plan rests on it: before a create, an adoption or
    the deletion of an upload. Raises what ``observe`` and ``narrowed`` raise.
    """
    inputs = await observe(provider, desired, state, options)
    live, found = inputs.live, PlannedRun.of(inputs).narrowed(targets, excluded)
    is_destroy = options.is_destroy  # what it does not see, it leaves behind
    if live.end is End.CLAIMED and (is_destroy or _rests_on_end(found.plan)):
        inputs = await complete(provider, desired, state, options=options, live=live)
        whole = inputs.live
        if whole.end is not End.PROVED or replace(whole, end=live.end) != live:
            found = PlannedRun.of(inputs).narrowed(targets, excluded)
        live, found = whole, replace(found, live=whole)
    _require_room(found.plan, live, provider)
    return found


def _rests_on_end(plan: Plan) -> bool:
    """Return whether an assistant that the list leaves out would make a plan wrong."""
    return _creates(plan) > 0 or any(
        change.action is Action.ADOPT
        or change.reason in {Reason.MARKED, Reason.FINISHED}
        or _deletes_upload(change)
        for change in plan.changes
    )


def _deletes_upload(change: Change) -> bool:
    return change.address.kind is Kind.FILE and any(step.kind is StepKind.DELETE for step in change.steps)


def _creates(plan: Plan) -> int:
    return sum(step.kind is StepKind.CREATE for change in plan.changes for step in change.steps)


def _require_room(plan: Plan, live: Live, provider: Provider) -> None:
    """Raise IncompleteListError where a list whose end cannot be proved would grow past what it shows."""
    known, more = len(live.assistants) + len(live.unreadable), _creates(plan)
    most = provider.smallest_list
    if live.end is End.SHORT and more and known + more >= most:
        why = f"it may show only the first {most} objects; it has {known}, and {more} would be created"
        raise incomplete("assistants", provider.target, why, remedy=provider.remedies.assistants)
