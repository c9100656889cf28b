"""The fields of an agent: what a request may have for each, and what the server makes of it."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from reconciler.server import agents_decisions, refusals
from reconciler.server.agents_tools import LONGEST, flag, schema, tools
from reconciler.server.checks import chosen, decoded, known, mapping, present, text
from reconciler.server.refusals import WireError

_NAME: Final = 128
_PAIRS: Final = 16
_KEY: Final = 64
_VALUE: Final = 512
_MOST_SUBAGENTS: Final = 4_294_967_295
_EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_SUMMARIES: Final = ("concise", "detailed", "auto")
_TIERS: Final = ("auto", "default", "flex", "priority", "fast", "ultrafast")
_VERBOSITIES: Final = ("low", "medium", "high")

Fields = dict[str, Any]


def creation(body: bytes) -> Fields:
    """Return every field of a new agent, with what the server fills in."""
    sent = _sent(body)
    present(sent, ("model",))
    cleaned = _cleaned(sent)
    blank = {name: check(name, None) for name, check in _CHECKS.items() if name not in _NEVER_NULL}
    fields = agents_decisions.merged({**blank, "experimental": {"time_awareness": False}}, cleaned)
    return {name: fields[name] for name in _CHECKS}


def change(stored: Mapping[str, Any], body: bytes) -> Fields:
    """Return every field of an agent after an update."""
    return agents_decisions.merged(stored, _cleaned(_sent(body)))


def _cleaned(sent: Mapping[str, Any]) -> Fields:
    return {name: _CHECKS[name](name, value) for name, value in sent.items()}


def _sent(body: bytes) -> Mapping[str, Any]:
    """Return what a body has; a key that is there twice, or that is not known, is refused."""
    if agents_decisions.is_empty(body):
        return {}
    with suppress(ValueError, RecursionError):  # which the reading of the body refuses
        json.loads(body, object_pairs_hook=_once)
    sent = decoded(body)
    known(sent, _CHECKS)
    return sent


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; one that has a key twice is refused."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise WireError(f"Duplicate parameter: '{name[:_KEY]}'.", code="duplicate_parameter")
        found[name] = value
    return found


def _name(param: str, value: Any) -> str | None:
    return None if value is None else text(param, value, _NAME)


def _model(param: str, value: Any) -> str:
    return text(param, value, LONGEST)


def _instructions(param: str, value: Any) -> str | None:
    return None if value is None else text(param, value, LONGEST)


def _metadata(param: str, value: Any) -> dict[str, str]:
    pairs = mapping(param, {} if value is None else value)
    if len(pairs) > _PAIRS:
        raise refusals.many_properties(param, _PAIRS, len(pairs))
    for key in pairs:
        if not key:
            raise refusals.pattern_mismatch(param, "^.{1,64}$")
        if len(key) > _KEY:
            raise refusals.long_property(param, _KEY, len(key))
    return {key: text(f"{param}.{key}", one, _VALUE) for key, one in pairs.items()}


def _choice(param: str, value: Any, choices: tuple[str, ...], default: str | None) -> str | None:
    return default if value is None else chosen(param, text(param, value), choices)


def _reasoning(param: str, value: Any) -> Fields:
    sent = mapping(param, {} if value is None else value)
    known(sent, ("effort", "summary"), f"{param}.")
    return {
        "effort": _choice(f"{param}.effort", sent.get("effort"), _EFFORTS, agents_decisions.EFFORT),
        "summary": _choice(f"{param}.summary", sent.get("summary"), _SUMMARIES, None),
    }


def _service_tier(param: str, value: Any) -> str | None:
    return _choice(param, value, _TIERS, "auto")


def _text(param: str, value: Any) -> Fields:
    sent = mapping(param, {} if value is None else value)
    known(sent, ("format", "verbosity"), f"{param}.")
    return {
        "format": _format(f"{param}.format", sent.get("format")),
        "verbosity": _choice(f"{param}.verbosity", sent.get("verbosity"), _VERBOSITIES, "medium"),
    }


def _format(param: str, value: Any) -> Fields:
    sent = mapping(param, {"type": "text"} if value is None else value)
    present(sent, ("type",), f"{param}.")
    if chosen(f"{param}.type", text(f"{param}.type", sent["type"]), ("text", "json_schema")) == "text":
        known(sent, ("type",), f"{param}.")
        return {"type": "text"}
    known(sent, ("type", "schema"), f"{param}.")
    present(sent, ("schema",), f"{param}.")
    return {"type": "json_schema", "schema": schema(f"{param}.schema", sent["schema"])}


def _multi_agent(param: str, value: Any) -> Fields:
    sent = mapping(param, {"enabled": False} if value is None else value)
    known(sent, ("enabled", "max_concurrent_subagents"), f"{param}.")
    present(sent, ("enabled",), f"{param}.")
    enabled, most = flag(f"{param}.enabled", sent["enabled"]), sent.get("max_concurrent_subagents")
    if most is not None:
        _admit_number(f"{param}.max_concurrent_subagents", most)
    return {
        "enabled": enabled,
        "max_concurrent_subagents": agents_decisions.subagents(enabled=enabled, most=most),
    }


def _admit_number(param: str, value: Any) -> None:
    if type(value) is not int:
        raise refusals.wrong_type(param, "an integer", value)
    if value < 1:
        raise refusals.small_integer(param, 1, value)
    if value > _MOST_SUBAGENTS:
        raise refusals.large_integer(param, _MOST_SUBAGENTS, value)


def _compaction(param: str, value: Any) -> Fields:
    sent = mapping(param, {} if value is None else value)
    known(sent, ("async",), f"{param}.")
    found = sent.get("async")
    return {"async": False if found is None else flag(f"{param}.async", found)}


def _experimental(param: str, value: Any) -> Fields:
    sent = mapping(param, value)
    known(sent, ("time_awareness",), f"{param}.")
    return {name: flag(f"{param}.{name}", one) for name, one in sent.items()}


_CHECKS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "name": _name,
    "model": _model,
    "instructions": _instructions,
    "metadata": _metadata,
    "tools": tools,
    "reasoning": _reasoning,
    "service_tier": _service_tier,
    "text": _text,
    "multi_agent": _multi_agent,
    "compaction": _compaction,
    "experimental": _experimental,
}
"""In the order of replies."""
_NEVER_NULL: Final = frozenset({"model", "experimental"})
