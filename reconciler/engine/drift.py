"""What somebody changed on the server since the last apply, whatever the configuration says by now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.engine.difference import field_digest
from reconciler.model.change import FieldChange
from reconciler.model.drift import Drift
from reconciler.model.mark import MARK_KEY
from reconciler.model.resource import DesiredAssistant
from reconciler.model.state import AssistantBinding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model.address import Address
    from reconciler.model.resource import Desired, Live, LiveAssistant
    from reconciler.model.state import State


def drift(desired: Desired, live: Live, state: State) -> tuple[Drift, ...]:
    """Every bound object that moved on the server, by address; pure."""
    return tuple(found for where in sorted(state.bindings) if (found := _drift(where, desired, live, state)))


def _drift(where: Address, desired: Desired, live: Live, state: State) -> Drift | None:
    binding = state.bindings[where]
    if not live.holds(binding.id):
        return Drift(where, binding.id, is_gone=True)
    if not isinstance(binding, AssistantBinding):
        return None
    wanted = desired.by_address.get(where)
    known = wanted if isinstance(wanted, DesiredAssistant) else None
    fields = tuple(_moved(binding, live.assistants[binding.id], known))
    return Drift(where, binding.id, fields=fields) if fields else None


def _moved(
    binding: AssistantBinding, live: LiveAssistant, wanted: DesiredAssistant | None
) -> Iterator[FieldChange]:
    for field, before in binding.digests.items():
        kind, found = field.partition(".")[0], _found(field, live)
        if before and before != field_digest(kind, found):
            said = _said(field, wanted)
            last = said if said is not None and field_digest(kind, said) == before else None
            yield FieldChange(field, last, found or None, drifted=True)
    if live.mark is None:  # the Mark is in no digest; without it nothing of the assistant is managed
        yield FieldChange(f"metadata.{MARK_KEY}", None, live.metadata.get(MARK_KEY), drifted=True)


def _found(field: str, live: LiveAssistant) -> Any:
    kind, _, key = field.partition(".")
    if kind == "metadata":
        return live.metadata.get(key)
    return live.file_ids if kind == "files" else live.fields.get(kind)


def _said(field: str, wanted: DesiredAssistant | None) -> Any:
    kind, _, key = field.partition(".")
    if wanted is None or kind == "files":
        return None
    return wanted.metadata.get(key) if kind == "metadata" else wanted.fields.get(kind)
