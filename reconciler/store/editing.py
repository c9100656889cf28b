"""A state changed by a user: addresses forgotten or renamed, or all of it replaced by a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.errors import RefusedError, UsageError
from reconciler.model import pattern as re
from reconciler.model.address import Kind, is_file_path
from reconciler.model.diagnostic import did_you_mean
from reconciler.model.state import AssistantBinding
from reconciler.store.record import address_of, binding_values, state_values

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from reconciler.model.address import Address
    from reconciler.model.state import Binding, Intent, State
    from reconciler.store.store import Snapshot

_NAMED = 3  # addresses in a message
_FINISH = "Run `assistants-sync apply` first: it finds out what became of that"


def bound(state: State, text: str) -> tuple[Address, Binding]:
    """Return an address of a state, and its binding; UsageError for an unknown one."""
    found = {str(address): address for address in state.bindings}
    if text not in found:
        near = did_you_mean(text, found) or "`state list` prints what it has"
        raise UsageError(f"the state has no {text!r}; {near}")
    return found[text], state.bindings[found[text]]


def forgotten(state: State, addresses: Sequence[Address]) -> State:
    """Return a state without some addresses; RefusedError where that would lose a pending operation."""
    for address in addresses:
        _require_settled(state, address)
    rest = {address: one for address, one in state.bindings.items() if address not in addresses}
    return replace(state, bindings=rest)


def renamed(state: State, old: Address, new: Address) -> State:
    """Return a state in which what one address is bound to has another one.

    An ownership mark keeps its name until the next apply, and the state remembers that name until then.
    RefusedError where the new address is bound, or that would lose a pending operation.
    """
    if old.kind is not new.kind:
        raise RefusedError(f"{old} is {_a(old.kind)}, and {new} is {_a(new.kind)}. Nothing was changed")
    if new == old:
        raise RefusedError(f"{state.bindings[old].id} has the address {old} already. Nothing was changed")
    if new in state.bindings:
        raise RefusedError(f"{new} is bound to {state.bindings[new].id} already. Nothing was changed")
    _require_settled(state, old)
    _require_settled(state, new)
    moved = {new if address == old else address: one for address, one in state.bindings.items()}
    binding = moved[new]
    if isinstance(binding, AssistantBinding):
        before = binding.marked or old.name
        moved[new] = replace(binding, marked="" if before == new.name else before)
    return replace(state, bindings=moved)


def address_in(text: str) -> Address:
    """Return the address in a text; UsageError when it is none, or one that no configuration can declare."""
    try:
        address = address_of(text)
    except ValueError as cause:
        raise UsageError(f"{text!r} is not an address; write assistant.NAME or file.PATH") from cause
    if address.kind is Kind.FILE and not is_file_path(address.name):
        raise UsageError(
            f"no configuration can declare {text!r}; write file.PATH, with forward slashes, from the root"
        )
    return address


def require_newer(stored: State, pushed: State) -> None:
    """Raise RefusedError for a state that does not follow the stored one, or a pending operation.

    A store that has no state takes any.
    """
    if not (stored.serial or stored.journaled):
        return
    if stored.lineage != pushed.lineage:
        raise RefusedError(
            f"this file has the lineage {pushed.lineage}, and the stored state {stored.lineage}: they are "
            "two states. Nothing was changed. To keep that of the file, push it to an empty location"
        )
    if pushed.serial <= stored.serial:
        raise RefusedError(
            f"this file has the serial {pushed.serial}, and the stored state {stored.serial}: it is "
            f"{'older' if pushed.serial < stored.serial else 'another one of the same serial'}. Nothing was "
            "changed. Pull the stored state, and compare the two"
        )
    if stored.pending or stored.journaled:
        names = ", ".join(dict.fromkeys(str(one.address) for one in stored.pending))
        what = f"pending operations: {names}" if names else "a journal of a run that did not end"
        raise RefusedError(f"the stored state has {what}. Nothing was changed. {_FINISH}")


def is_same(one: State, other: State) -> bool:
    """Return whether two states have the same content and the same serial."""
    return state_values(one) == state_values(other)


def _require_settled(state: State, address: Address) -> None:
    pending = [one for one in state.pending if _concerns(one, address, state.bindings.get(address))]
    if pending:
        steps = ", ".join(dict.fromkeys(one.step for one in pending))
        raise RefusedError(f"{address} has a pending operation ({steps}). Nothing was changed. {_FINISH}")


def _concerns(intent: Intent, address: Address, binding: Binding | None) -> bool:
    """Return whether a pending operation is one of an address, or of the object that it is bound to."""
    return intent.address == address or (binding is not None and intent.updates(binding))


def _a(kind: Kind) -> str:
    return "an assistant" if kind is Kind.ASSISTANT else "a file"


def differences(before: State, after: State) -> Sequence[str]:
    """Return what of the bindings differs, one address each."""
    lines = []
    for address in sorted({*before.bindings, *after.bindings}):
        old, new = before.bindings.get(address), after.bindings.get(address)
        if old is None and new is not None:
            lines.append(f"+ {address}  {new.id}")
        elif new is None and old is not None:
            lines.append(f"- {address}  {old.id}")
        elif old is not None and new is not None and old != new:
            lines.append(f"~ {address}  {_moved(old, new)}")
    return lines


def _moved(old: Binding, new: Binding) -> str:
    return new.id if old.id == new.id else f"{old.id} becomes {new.id}"


def described(location: str, snapshot: Snapshot) -> dict[str, Any]:
    """Return what a state is and where, without its bindings, as JSON values; ``at`` is when it was saved."""
    state = snapshot.state
    return {
        "location": location,
        "lineage": state.lineage,
        "serial": state.serial,
        "saved": snapshot.at,
        "locked_by": snapshot.holder,
        "project": state.project,
        "target": state.target,
        "account": state.account,
        "dialect": state.dialect,
        "traits": sorted(state.traits),
        "assistants": len(state.assistant_ids()),
        "uploads": len(state.files),
        "exceptions": len(state.exceptions or ()),
        "pending": [_pending(one) for one in state.pending],
    }


def described_binding(state: State, address: Address, binding: Binding) -> dict[str, Any]:
    """Return what a state has of one address, as JSON values; digests are shortened."""
    values = {name: value for name, value in binding_values(binding).items() if name not in _UNSHOWN}
    concerned = [one for one in state.pending if _concerns(one, address, binding)]
    return {"address": str(address), **_shortened(values), "pending": [_pending(one) for one in concerned]}


_UNSHOWN = frozenset({"nonce"})
"""What only a proof needs."""
_DIGEST = re.compile("[0-9a-f]{16,}")
_SHOWN = 12  # characters of a digest


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shortened(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shortened(inner) for inner in value]
    return value[:_SHOWN] if isinstance(value, str) and _DIGEST.fullmatch(value) else value


def _pending(intent: Intent) -> dict[str, Any]:
    since = datetime.fromtimestamp(intent.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if intent.at else ""
    return {"address": str(intent.address), "step": intent.step, "since": since}
