"""Two values → FieldChanges; the only deepdiff import, reached only by values that differ.

What equal means: tools as a set keyed by type and function name, function parameters as canonical
JSON, an empty text like none, everything else as it stands. What a server adds is never a change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.engine.breaking import breaking
from reconciler.model.canonical import canonical, digest
from reconciler.model.change import Detail, FieldChange
from reconciler.model.mark import key_digest
from reconciler.model.resource import TEXT_FIELDS
from reconciler.model.tools import tool_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from reconciler.model.mark import Mark
    from reconciler.model.resource import DesiredAssistant, LiveAssistant
    from reconciler.model.state import AssistantBinding

_FUNCTION_KEYS = ("name", "description", "parameters")
_BARE = frozenset({"code_interpreter", "retrieval"})


def normal_tools(tools: Sequence[Mapping[str, Any]] | None) -> dict[str, dict[str, Any]]:
    """Tools by key, without what a server may add to one."""
    return {tool_key(tool): _normal_tool(tool) for tool in tools or ()}


def _normal_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    function = tool.get("function")
    if tool.get("type") in _BARE:
        return {"type": tool["type"]}
    if tool.get("type") != "function" or not isinstance(function, dict):
        return dict(tool)
    kept = {key: function[key] for key in _FUNCTION_KEYS if function.get(key) is not None}
    return {"type": "function", "function": kept}


def field_digest(field: str, value: Any) -> str:
    """The digest by which a value is remembered and recognised."""
    if field == "tools":
        return digest(normal_tools(value))
    return digest(sorted(value)) if field == "files" else digest(value or None)


def digests(desired: DesiredAssistant, file_ids: Collection[str]) -> dict[str, str]:
    """What to remember of an assistant once it is as desired: a digest of every managed field.

    An ignored field is managed and its value is not known: its digest is empty.
    """
    found = {
        field: field_digest(field, value) for field, value in desired.fields.items() if field != "metadata"
    }
    found |= {f"metadata.{key}": field_digest("metadata", value) for key, value in desired.metadata.items()}
    if desired.files is not None:
        found["files"] = field_digest("files", file_ids)
    return {key: "" if key.partition(".")[0] in desired.ignored else value for key, value in found.items()}


def field_changes(
    desired: DesiredAssistant, live: LiveAssistant, binding: AssistantBinding | None
) -> Iterator[FieldChange]:
    """Every managed field whose live value is not the desired one, files and Mark aside.

    A field that was managed and is no longer named is cleared; binding and live Mark remember which were.
    """
    before = binding.digests if binding else {}
    for field, value in desired.fields.items():
        if field not in {"metadata", "tools"} and field not in desired.ignored:
            yield from _text_change(desired, live, field, value, before)
    if "tools" in desired.fields and "tools" not in desired.ignored:
        yield from _tool_changes(desired.fields["tools"], live, before)
    if "metadata" not in desired.ignored:
        yield from _metadata_changes(desired, live, before)
    yield from _cleared(desired, live, binding)


def _text_change(
    desired: DesiredAssistant, live: LiveAssistant, field: str, value: Any, before: Mapping[str, str]
) -> Iterator[FieldChange]:
    found = live.fields.get(field)
    if (found or None) != (value or None):
        yield FieldChange(
            field,
            found or None,
            value or None,
            _moved(field, found, before),
            source=desired.sources.get(field, ""),
            edited=_moved(field, value, before),
        )


def _moved(field: str, value: Any, before: Mapping[str, str]) -> bool:
    """Whether a value, live or desired, is another than the one last applied; no when that is not known."""
    kind = field.partition(".")[0]
    known = before.get(field)
    return bool(known) and known != field_digest(kind, value)


def _tool_changes(
    wanted: Any, live: LiveAssistant, before: Mapping[str, str], *, cleared: bool = False
) -> Iterator[FieldChange]:
    old, new = normal_tools(live.fields["tools"]), normal_tools(wanted)
    drifted, edited = _moved("tools", live.fields["tools"], before), _moved("tools", wanted, before)
    for key in dict.fromkeys([*new, *old]):
        here, there = old.get(key), new.get(key)
        if canonical(here) != canonical(there):
            found = FieldChange(f"tools.{key}", here, there, drifted, cleared, edited=edited)
            yield _explained(found) if here and there else found


def _explained(change: FieldChange) -> FieldChange:
    """A tool that stays, with what differs inside it."""
    details = tuple(_details(change.before, change.after))
    return replace(change, details=details, breaking=breaking(change.before, change.after))


def _details(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Detail]:
    """Where inside a tool its two sides differ, by JSON path."""
    from deepdiff import DeepDiff  # noqa: PLC0415 - 270 ms that a plan without changes must not pay

    found = DeepDiff(before.get("function", before), after.get("function", after), view="tree")
    for one in sorted((item for items in found.values() for item in items), key=lambda item: item.path()):
        path = ".".join(str(step) for step in one.path(output_format="list"))
        yield Detail(path, _present(one.t1), _present(one.t2))


def _present(value: Any) -> Any:
    return None if type(value).__name__ == "NotPresent" else value


def _metadata_changes(
    desired: DesiredAssistant, live: LiveAssistant, before: Mapping[str, str]
) -> Iterator[FieldChange]:
    for key, value in desired.metadata.items():
        found = live.metadata.get(key)
        if found != value:
            field = f"metadata.{key}"
            drifted, edited = _moved(field, found, before), _moved(field, value, before)
            yield FieldChange(field, found, value, drifted, edited=edited)


def _cleared(
    desired: DesiredAssistant, live: LiveAssistant, binding: AssistantBinding | None
) -> Iterator[FieldChange]:
    before = binding.digests if binding else {}
    managed = set(managed_before(live, binding)) - desired.fields.keys() - desired.ignored
    for field in TEXT_FIELDS:
        if field in managed and live.fields[field]:
            drifted = _moved(field, live.fields[field], before)
            yield FieldChange(field, live.fields[field], None, drifted, cleared=True, edited=True)
    if "tools" in managed:
        yield from _tool_changes([], live, before, cleared=True)
    keys = set() if "metadata" in desired.ignored else _keys_before(live, binding)
    for key in sorted(keys - set(desired.metadata)):
        field = f"metadata.{key}"
        drifted = _moved(field, live.metadata[key], before)
        yield FieldChange(field, live.metadata[key], None, drifted, cleared=True, edited=True)


def remembered(live: LiveAssistant) -> dict[str, str]:
    """What a lost state would say of an assistant: the fields its Mark names, their values not known."""
    fields = set(managed_before(live, None)) - {"prevent_destroy"}
    return dict.fromkeys([*fields, *(f"metadata.{key}" for key in _keys_before(live, None))], "")


def managed_before(live: LiveAssistant, binding: AssistantBinding | None) -> Collection[str]:
    """The fields that were managed when the assistant was last applied.

    The Mark is asked besides the binding: an update that a killed run made says so nowhere else.
    """
    mark: Mark | None = live.mark
    return {*(binding.digests if binding else ()), *(mark.fields if mark else ())}


def _keys_before(live: LiveAssistant, binding: AssistantBinding | None) -> set[str]:
    """The live metadata keys that were managed when the assistant was last applied."""
    digests, keys = binding.digests if binding else {}, live.mark.keys if live.mark else frozenset()
    return {key for key in live.metadata if f"metadata.{key}" in digests or key_digest(key) in keys}
