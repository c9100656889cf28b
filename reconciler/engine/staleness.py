"""The stale part of a reviewed plan, which is compared with a current plan and never carried out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.errors import StalePlanError
from reconciler.model.canonical import digest
from reconciler.model.outcome import Cause, Outcome, Result
from reconciler.model.target import canonical_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.engine.planned_run import PlannedRun
    from reconciler.model.address import Address
    from reconciler.model.change import Change
    from reconciler.model.plan import Plan

_MOST = 10


@dataclass(frozen=True)
class Review:
    """The subject of a review: a plan, the digest of one, or neither.

    ``skip_stale`` applies what of the plan did not move; None of it is applied otherwise.
    """

    plan: Plan | None = None
    digest: str | None = None
    skip_stale: bool = False

    @property
    def is_given(self) -> bool:
        """Return whether anything was reviewed."""
        return self.plan is not None or self.digest is not None


def reviewed(review: Review, current: PlannedRun) -> tuple[PlannedRun, Sequence[Outcome]]:
    """Return what of the current plan may be carried out, and Outcomes for the rest; StalePlanError."""
    if review.digest is not None:
        require_digest(review.digest, review.plan or current.plan)
    if review.plan is None:
        return current, ()
    if not review.skip_stale:
        require_same(review.plan, current.plan)
        return current, ()
    belongs(review.plan, current.plan)
    return _untouched(review.plan, current)


def _untouched(reviewed: Plan, current: PlannedRun) -> tuple[PlannedRun, Sequence[Outcome]]:
    """Return the part of a plan of which nothing moved, nor any of its dependencies."""
    rest, stale = current, dict.fromkeys(differing(reviewed, current.plan))
    while some := [str(address) for address in stale if address in rest.plan.by_address]:
        rest = replace(current, plan=rest.plan).narrowed((), some)
        stale |= dict.fromkeys(differing(reviewed, rest.plan))
    return rest, tuple(skipped(reviewed, current.plan, tuple(stale)))


def belongs(reviewed: Plan, current: Plan) -> None:
    """Raise StalePlanError where the two plans are of another project, server or state."""
    old, new = reviewed.basis.account, current.basis.account  # where one is not known, nothing differs
    spoken, speaks = reviewed.basis.dialect, current.basis.dialect
    is_first = not reviewed.basis.serial  # made before there was a state to speak of
    pairs = (
        ("project", reviewed.project, current.project),
        ("environment", reviewed.environment, current.environment),
        ("dialect", spoken or speaks, speaks or spoken),
        ("target", reviewed.basis.target, current.basis.target),
        ("account", old or new, new or old),
        ("state", "" if is_first else reviewed.basis.lineage, "" if is_first else current.basis.lineage),
    )
    for subject, before, now in pairs:
        if canonical_target(before) != canonical_target(now):
            raise StalePlanError(
                f"the plan was made for the {subject} {before}, and this is {now}. Nothing was changed."
            )


def differing(reviewed: Plan, current: Plan) -> tuple[Address, ...]:
    """Return the addresses at which the two plans differ, in the order of the plans."""
    before, now = _signed(reviewed), _signed(current)
    return tuple(one for one in dict.fromkeys([*before, *now]) if before.get(one) != now.get(one))


def _signed(plan: Plan) -> dict[Address, str]:
    return {
        change.address: digest(change.signature)
        for change in plan.changes
        if change.steps or change.is_visible
    }


def listed(addresses: Sequence[Address]) -> str:
    """Return the addresses as text, at most ten of them."""
    shown = ", ".join(map(str, addresses[:_MOST]))
    more = len(addresses) - _MOST
    return f"{shown} and {more} more" if more > 0 else shown


def require_same(reviewed: Plan, current: Plan) -> None:
    """Raise StalePlanError, naming what moved, unless both plans do the same."""
    belongs(reviewed, current)
    stale = differing(reviewed, current)
    if stale:
        raise StalePlanError(
            f"the plan is stale: {listed(stale)} moved since it was made. Nothing was changed. Run plan "
            "again and have it reviewed, or apply the untouched rest with --skip-stale."
        )


def require_digest(expected: str, current: Plan) -> None:
    """Raise StalePlanError unless the plan is the one that a review named by its digest."""
    if current.digest != expected:
        raise StalePlanError(
            f"the plan is not the one that was reviewed: its digest is {current.digest}. Nothing was "
            "changed. Run plan again and have it reviewed."
        )


def skipped(reviewed: Plan, current: Plan, stale: Sequence[Address]) -> Iterator[Outcome]:
    """Yield an Outcome for everything of a reviewed plan that moved and was left as it is."""
    for address in stale:
        change: Change | None = reviewed.by_address.get(address) or current.by_address.get(address)
        if change is not None:
            message = "moved since the plan was made; run plan again"
            yield Outcome(change, Result.SKIPPED, Cause.STALE, message)
