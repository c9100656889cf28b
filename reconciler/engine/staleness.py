"""What of a reviewed plan moved since: it is compared with a plan made anew, and never carried out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.errors import StalePlanError
from reconciler.model.canonical import digest
from reconciler.model.outcome import Cause, Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.engine.planned_run import PlannedRun
    from reconciler.model.address import Address
    from reconciler.model.change import Change
    from reconciler.model.plan import Plan

_MOST = 10


@dataclass(frozen=True)
class Review:
    """What a person reviewed: a plan, the digest of one, or neither.

    ``skip_stale`` applies what of the plan did not move; None of it is applied otherwise.
    """

    plan: Plan | None = None
    digest: str | None = None
    skip_stale: bool = False


def reviewed(review: Review, found: PlannedRun) -> tuple[PlannedRun, Sequence[Outcome]]:
    """What of a plan made anew may be carried out, and an Outcome for what may not; StalePlanError."""
    if review.digest is not None:
        require_digest(review.digest, review.plan or found.plan)
    if review.plan is None:
        return found, ()
    if not review.skip_stale:
        require_same(review.plan, found.plan)
        return found, ()
    belongs(review.plan, found.plan)
    return _untouched(review.plan, found)


def _untouched(reviewed: Plan, found: PlannedRun) -> tuple[PlannedRun, Sequence[Outcome]]:
    """The part of a plan of which nothing moved, nor anything that it needs."""
    rest, stale = found, dict.fromkeys(moved(reviewed, found.plan))
    while some := [str(one) for one in stale if one in rest.plan.by_address]:
        rest = replace(found, plan=rest.plan).narrowed((), some)
        stale |= dict.fromkeys(moved(reviewed, rest.plan))
    return rest, tuple(skipped(reviewed, found.plan, tuple(stale)))


def belongs(reviewed: Plan, found: Plan) -> None:
    """StalePlanError where the two plans are of another project, server or state."""
    old, new = reviewed.basis.account, found.basis.account  # where one is not known, nothing differs
    is_first = not reviewed.basis.serial  # made before there was a state to speak of
    pairs = (
        ("project", reviewed.project, found.project),
        ("environment", reviewed.environment, found.environment),
        ("target", reviewed.basis.target, found.basis.target),
        ("account", old or new, new or old),
        ("state", "" if is_first else reviewed.basis.lineage, "" if is_first else found.basis.lineage),
    )
    for what, before, now in pairs:
        if before != now:
            raise StalePlanError(
                f"the plan was made for the {what} {before}, and this is {now}. Nothing was changed."
            )


def moved(reviewed: Plan, found: Plan) -> tuple[Address, ...]:
    """The addresses of which the two plans say something else, in the order of the plans."""
    before, now = _signed(reviewed), _signed(found)
    return tuple(where for where in dict.fromkeys([*before, *now]) if before.get(where) != now.get(where))


def _signed(plan: Plan) -> dict[Address, str]:
    return {
        change.address: digest(change.signature)
        for change in plan.changes
        if change.steps or change.is_visible
    }


def told(addresses: Sequence[Address]) -> str:
    """The addresses as a sentence names them."""
    shown = ", ".join(map(str, addresses[:_MOST]))
    more = len(addresses) - _MOST
    return f"{shown} and {more} more" if more > 0 else shown


def require_same(reviewed: Plan, found: Plan) -> None:
    """StalePlanError, naming what moved, unless both plans do the same."""
    belongs(reviewed, found)
    stale = moved(reviewed, found)
    if stale:
        raise StalePlanError(
            f"the plan is stale: {told(stale)} moved since it was made. Nothing was changed. Run plan "
            "again and have it reviewed, or apply the untouched rest with --skip-stale."
        )


def require_digest(expected: str, found: Plan) -> None:
    """StalePlanError unless the plan is the one that a review named by its digest."""
    if found.digest != expected:
        raise StalePlanError(
            f"the plan is not the one that was reviewed: its digest is {found.digest}. Nothing was changed. "
            "Run plan again and have it reviewed."
        )


def skipped(reviewed: Plan, found: Plan, stale: Sequence[Address]) -> Iterator[Outcome]:
    """An Outcome for everything of a reviewed plan that moved and was left as it is."""
    for where in stale:
        change: Change | None = reviewed.by_address.get(where) or found.by_address.get(where)
        if change is not None:
            message = "moved since the plan was made; run plan again"
            yield Outcome(change, Result.SKIPPED, Cause.STALE, message)
