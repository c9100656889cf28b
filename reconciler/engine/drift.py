"""What was changed on the server since the last apply, whatever the configuration declares by now."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler.engine.difference import Explaining, inside
from reconciler.engine.imports import taken
from reconciler.engine.memory import Memory, is_outdated, refreshed
from reconciler.model.change import Detail, FieldChange
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
        return Drift(address, binding.id, taken_over=taken(found.mark))
    if MARK_KEY not in found.metadata and not _is_wanted(desired, address):  # it was released since
        return None
    side = _Side(fields, state, live=live, found=found, declared=known)
    changed = tuple(_changes(side, memory))
    unknown = frozenset(
        one.field for one in changed if one.before is None and not side.was_absent(one.field, memory)
    )
    return Drift(address, binding.id, fields=changed, unknown=unknown) if changed else None


def _is_wanted(desired: Desired, address: Address) -> bool:
    """Return whether an address, or that to which it moved, is declared."""
    return address in desired.by_address or any(address in before for before in desired.moved.values())


@dataclass
class _Side:
    """One assistant on the server, and what is known of its former values."""

    fields: Fields
    state: State
    live: Live
    found: LiveAssistant
    declared: DesiredAssistant | None
    explaining: Explaining = field(default_factory=Explaining)

    def last(self, row: Field, path: str, applied: str) -> Any:
        """Return the value that was applied last, where the configuration still says it, or None."""
        if self.declared is None:
            return None
        value = self._uploads() if isinstance(row, Files) else row.at(row.wanted(self.declared), path)
        return value if value is not None and row.digest(value) == applied else None

    def was_absent(self, path: str, memory: Memory) -> bool:
        """Return whether nothing was there when it was last applied."""
        row, known = self.fields.row(path), memory.binding.digests if memory.binding else {}
        return row is not None and known.get(path) == row.digest(None)

    def _uploads(self) -> tuple[str, ...] | None:
        """Return the ids of the declared files; None where the state has not all of them."""
        named = self.declared.files if self.declared else None
        bound = [one if isinstance(one, str) else self._id(one) for one in named or ()]
        return None if named is None or None in bound else tuple(filter(None, bound))

    def _id(self, address: Address) -> str | None:
        binding = self.state.bindings.get(address)
        return binding.id if binding else None

    def upload(self, file_id: str) -> str:
        """Return the name of an upload, as far as it is known."""
        live = self.live.files.get(file_id)
        bound = {one.id: one.filename for one in self.state.files.values()}
        return live.filename if live else bound.get(file_id, file_id)

    def explained(self, row: Field, change: FieldChange) -> FieldChange:
        """Return the change of a field with what differs inside it."""
        if isinstance(row, Files):
            before, after = (dict.fromkeys(side or ()) for side in (change.before, change.after))
            gone = [Detail(self.upload(one), one, None) for one in before if one not in after]
            come = [Detail(self.upload(one), None, one) for one in after if one not in before]
            return replace(change, details=(*gone, *come))
        if row.shape is not Shape.ITEM:
            return change
        details, reasons = inside(
            self.fields, row, before=change.before, after=change.after, explaining=self.explaining
        )
        return replace(change, details=tuple(details), breaking=tuple(reasons))


def _changes(side: _Side, memory: Memory) -> Iterator[FieldChange]:
    fields, live = side.fields, side.found
    for path, applied in (memory.binding.digests if memory.binding else {}).items():
        row = fields.row(path)
        found = row.at(row.found(live), path) if row else None
        if row and memory.is_drifted(row, path, row.found(live), _wanted(row, side.declared)):
            last = side.last(row, path, applied)
            change = FieldChange(path, row.present(last), row.present(found), drifted=True, shape=row.shape)
            yield side.explained(row, change)
    if live.mark is None:  # the mark is in no digest; without it nothing of the assistant is managed
        path = f"{fields.pairs.name}.{MARK_KEY}"
        yield FieldChange(path, None, live.metadata.get(MARK_KEY), drifted=True, shape=Shape.PAIR)


def _wanted(row: Field, desired: DesiredAssistant | None) -> Any:
    """Return what the configuration declares; uploads are compared by their ids alone."""
    return None if desired is None or isinstance(row, Files) else row.wanted(desired)
