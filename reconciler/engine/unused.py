"""The uploads of a project that no assistant of the account contains, and a plan that deletes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.engine.files import Leftovers, locate
from reconciler.engine.observation import complete, observe
from reconciler.engine.ownership import PlannerInput, identify
from reconciler.engine.planned_run import PlannedRun
from reconciler.errors import RefusedError
from reconciler.model.address import Kind
from reconciler.model.change import StepKind
from reconciler.model.diagnostic import names_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.dialects import Provider
    from reconciler.engine.options import PlanOptions
    from reconciler.model.address import Address
    from reconciler.model.change import Change
    from reconciler.model.plan import Plan
    from reconciler.model.resource import Desired
    from reconciler.model.state import State, UploadRecord

_IMPORTED = "it was imported, so it stays on the server"
_STRANGE = "its content is not the one that the state records"
_CURRENT = "it is the upload of a declared file; apply attaches it"
_PENDING = "apply deletes it together with its other changes"


@dataclass(frozen=True, slots=True)
class Unused:
    """An upload of a file, in no assistant of the account; ``stays`` is why it is not deleted, or empty."""

    id: str
    address: Address
    filename: str
    size: int
    stays: str = ""


async def unused(
    provider: Provider, desired: Desired, state: State, options: PlanOptions
) -> tuple[PlannedRun, Sequence[Unused]]:
    """Return the unused uploads of a project, and the plan that deletes those that can be; only reads.

    Assistants stay as they are, so what one of them contains is used, whatever is declared. RefusedError
    where an assistant that is not seen may contain any upload; raises what ``observe`` raises.
    """
    options = replace(options, targets=_files(desired, state), lists_unproved=False)
    live = (await observe(provider, desired, state, options)).live
    live = (await complete(provider, desired, state, options=options, live=live)).live
    if options.targets and live.blind_spot:
        raise RefusedError(
            f"cannot find out which uploads are unused: {live.blind_spot}, so it may contain any of them. "
            "Nothing was changed"
        )
    run = PlannedRun.whole(desired, live, state, options)
    run = replace(run, plan=_deleting(run.plan, state))
    return run, list(_unused(run))


def _files(desired: Desired, state: State) -> frozenset[Address]:
    pending = (one.address for one in state.pending if one.address.kind is Kind.FILE)
    return frozenset({*(one.address for one in desired.files), *state.files, *pending})


def _deleting(plan: Plan, state: State) -> Plan:
    """Return of a plan only what deletes uploads and does nothing else.

    What the checks allow stays as the last apply recorded it, if it did: no configuration is applied.
    """
    now = names_of(plan.exceptions)
    known = now if state.exceptions is None else state.exceptions
    return replace(
        plan,
        changes=tuple(change for change in plan.changes if _only_deletes(change)),
        exceptions=tuple(one for one in plan.exceptions if names_of([one]) <= known),
        notices=(),
        weakened=(),
        left=(),
    )


def _only_deletes(change: Change) -> bool:
    kinds = {step.kind for step in change.steps}
    return change.address.kind is Kind.FILE and kinds == {StepKind.DELETE} and not change.refused


def _unused(run: PlannedRun) -> Iterator[Unused]:
    """Yield every recorded upload that exists and that no assistant contains, by address."""
    inputs = PlannerInput(run.desired, run.live, run.state, run.options)
    claims = identify(inputs)
    leftovers = Leftovers.of(inputs, claims, locate(inputs, claims))
    deleted = {step.id for change in run.plan.changes for step in change.steps}
    for address, binding in sorted(leftovers.uploads.bound.items()):
        for one in binding.records:
            if one.id in run.live.files and not run.live.references.get(one.id):
                stays = "" if one.id in deleted else _reason(leftovers, one)
                yield Unused(one.id, address, one.filename, one.size, stays=stays)


def _reason(leftovers: Leftovers, record: UploadRecord) -> str:
    """Return why an upload that no assistant contains is not deleted."""
    if record.adopted:
        return _IMPORTED
    if record.id in leftovers.uploads.current:
        return _CURRENT
    parts = leftovers.parts([record])
    return _STRANGE if parts.strange else parts.note or _PENDING
