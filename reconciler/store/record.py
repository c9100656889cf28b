"""State, bindings and intents ⇄ plain JSON values, strictly."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from reconciler.model.address import Address, Kind
from reconciler.model.state import AssistantBinding, Binding, FileBinding, Intent, State

FORMAT = 1


def state_record(state: State) -> dict[str, Any]:
    """A State as JSON values."""
    return {
        "lineage": state.lineage,
        "serial": state.serial,
        "project": state.project,
        "target": state.target,
        "bindings": {str(where): asdict(binding) for where, binding in sorted(state.bindings.items())},
        "unsettled": [intent_record(intent) for intent in state.unsettled],
    }


def state_of(record: dict[str, Any]) -> State:
    """The State a record holds; KeyError, TypeError or ValueError when it holds none."""
    return State(
        _text(record["lineage"]),
        int(record["serial"]),
        _text(record["project"]),
        _text(record["target"]),
        {Address.parse(key): binding_of(key, value) for key, value in record["bindings"].items()},
        tuple(intent_of(intent) for intent in record["unsettled"]),
    )


def binding_of(where: str, record: dict[str, Any]) -> Binding:
    """The binding of an address; KeyError, TypeError or ValueError when it is none."""
    if Address.parse(where).kind is Kind.ASSISTANT:
        return AssistantBinding(**record)
    return FileBinding(**{**record, "old": tuple(record["old"])})


def intent_record(intent: Intent) -> dict[str, Any]:
    """An Intent as JSON values."""
    return {**asdict(intent), "address": str(intent.address)}


def intent_of(record: dict[str, Any]) -> Intent:
    """The Intent a record holds; KeyError, TypeError or ValueError when it holds none."""
    known = tuple(record["known"])
    return Intent(**{**record, "address": Address.parse(record["address"]), "known": known})


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value
