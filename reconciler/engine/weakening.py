"""The protections that a configuration weakens, compared with the last apply: state and mark know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.engine.ownership import Verdict
from reconciler.model.diagnostic import names_of
from reconciler.model.weakening import Protection, Weakening

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.engine.ownership import Claims, PlannerInput
    from reconciler.model.address import Address
    from reconciler.model.resource import DesiredAssistant
    from reconciler.model.state import AssistantBinding


def weakened(inputs: PlannerInput, claims: Claims) -> Iterator[Weakening]:
    """Yield what was protected at the last apply and no longer is; nothing where that is not recorded."""
    for desired in inputs.open:  # what is settled is as protected as it was
        if inputs.options.selected(desired.address):
            yield from _of_assistant(inputs, claims, desired)
    for claim in claims.of(Verdict.REMOVED):
        mark, is_bound = claim.live.mark, bool(claim.binding and claim.binding.protected)
        if inputs.options.selected(claim.address) and (is_bound or (mark and mark.is_protected)):
            yield Weakening(Protection.PREVENT_DESTROY, str(claim.address))
    known = inputs.state.exceptions
    if known is not None and (added := names_of(inputs.desired.exceptions) - known):
        yield Weakening(Protection.LINT, names=tuple(sorted(added)))


def _of_assistant(inputs: PlannerInput, claims: Claims, desired: DesiredAssistant) -> Iterator[Weakening]:
    claim, binding = claims.declared.get(desired.address), _binding(inputs, claims, desired.address)
    mark = claim.live.mark if claim else None
    was_protected = (mark is not None and mark.is_protected) or (binding is not None and binding.protected)
    if was_protected and not desired.protected:
        yield Weakening(Protection.PREVENT_DESTROY, str(desired.address))
    if ignored := _ignored(binding, desired):
        yield Weakening(Protection.IGNORE_CHANGES, str(desired.address), ignored)


def _binding(inputs: PlannerInput, claims: Claims, address: Address) -> AssistantBinding | None:
    """Return what the state knows of an assistant under any of its addresses, also where it is gone."""
    claim = claims.declared.get(address)
    if claim and claim.binding:
        return claim.binding
    known = (inputs.state.assistant(one) for one in inputs.names(address))
    return next((one for one in known if one), None)


def _ignored(binding: AssistantBinding | None, desired: DesiredAssistant) -> tuple[str, ...]:
    """Return the fields that are ignored from now on, of those whose values were enforced before.

    A state has an empty digest of what was ignored, or is not known.
    """
    enforced = (
        {path.partition(".")[0] for path, sent in binding.digests.items() if sent} if binding else set()
    )
    return tuple(sorted(desired.ignored & enforced))
