"""What was changed on the server since the last apply, whatever the configuration declares by now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.engine.memory import Memory, is_outdated, refreshed
from reconciler.model.change import FieldChange
from reconciler.model.drift import Drift
from reconciler.model.field import Files, Shape
from reconciler.model.mark import MARK_KEY
from reconciler.model.resource import DesiredAssistant
from reconciler.model.state import AssistantBinding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model.address import Address
    from reconciler.model.field import Field, Fields
    from reconciler.model.resource import Desired, Live, LiveAssistant
    from reconciler.model.state import Intent, State


def drift(fields: Fields, desired: Desired, live: Live, state: State) -> tuple[Drift, ...]:
    """Return every bound object that was changed on the server, by address; pure."""
    updates = state.updates_by_id()
    memories = {
        address: _memory(fields, binding, live, updates.get(binding.id, ()))
        for address, binding in state.bindings.items()
        if isinstance(binding, AssistantBinding)
    }
    may_be_ours = is_outdated(desired, live, state)
    drifts = (
        _drift(fields, address, desired, live=live, state=state, memory=memories.get(address))
        for address in sorted(state.bindings)
        if not may_be_ours or live.holds(state.bindings[address].id)
    )
    return tuple(found for found in drifts if found)


def _memory(fields: Fields, binding: AssistantBinding, live: Live, updates: Sequence[Intent]) -> Memory:
    """Return what a binding says of an assistant as it is; one that is older than its mark says nothing."""
    found = live.assistants.get(binding.id)
    return Memory(refreshed(fields, binding, found, updates) if found else binding, updates)


def _drift(  # noqa: PLR0913 - the three sides, and what is known of one
    fields: Fields,
    address: Address,
    desired: Desired,
    *,
    live: Live,
    state: State,
    memory: Memory | None,
) -> Drift | None:
    binding = state.bindings[address]
    if not live.holds(binding.id):
        return Drift(address, binding.id, is_gone=True)
    if memory is None:
        return None
    declared = desired.by_address.get(address)
    known = declared if isinstance(declared, DesiredAssistant) else None
    found = live.assistants.get(binding.id)
    if found is None:  # it cannot be read, or is no assistant
        return None
    if found.mark and not desired.owns(found.mark):  # it is of another owner, and nothing of it is shown
        return None
    if MARK_KEY not in found.metadata and not _is_wanted(desired, address):  # it was released since
        return None
    changed = tuple(_changes(fields, memory, found, known))
    return Drift(address, binding.id, fields=changed) if changed else None


def _is_wanted(desired: Desired, address: Address) -> bool:
    """Return whether an address, or that to which it moved, is declared."""
    return address in desired.by_address or any(address in before for before in desired.moved.values())


def _changes(
    fields: Fields, memory: Memory, live: LiveAssistant, desired: DesiredAssistant | None
) -> Iterator[FieldChange]:
    for path, applied in (memory.binding.digests if memory.binding else {}).items():
        row = fields.row(path)
        found = row.at(row.found(live), path) if row else None
        if row and memory.is_drifted(row, path, row.found(live), _wanted(row, desired)):
            declared = row.at(row.wanted(desired), path) if desired and row is not fields.files else None
            last = declared if declared is not None and row.digest(declared) == applied else None
            yield FieldChange(path, row.present(last), row.present(found), drifted=True, shape=row.shape)
    if live.mark is None:  # the mark is in no digest; without it nothing of the assistant is managed
        path = f"{fields.pairs.name}.{MARK_KEY}"
        yield FieldChange(path, None, live.metadata.get(MARK_KEY), drifted=True, shape=Shape.PAIR)


def _wanted(row: Field, desired: DesiredAssistant | None) -> Any:
    """Return what the configuration declares; uploads are compared by their ids alone."""
    return None if desired is None or isinstance(row, Files) else row.wanted(desired)
