"""What an application that answers the calls of a function may not survive, told from its parameters.

The model makes the arguments, as the JSON Schema of the parameters says; the application receives them. So
it breaks where something comes no more, may be missing, comes in another form, or is new and always there.
Descriptions, new optional parameters and bounds break nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DEPTH = 20  # schemas within schemas that are followed
_DEFINITION = "#/"


def breaking(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Every reason, each beginning with the path of the parameter; none for tools that are no functions."""
    old, new = (_parameters(tool) for tool in (before, after))
    return tuple(_schema("", old, new, (old, new), 0)) if old is not None and new is not None else ()


def _parameters(tool: Mapping[str, Any]) -> Mapping[str, Any] | None:
    function = tool.get("function")
    if tool.get("type") != "function" or not isinstance(function, dict):
        return None
    found = function.get("parameters")
    return found if isinstance(found, dict) else {}


Roots = tuple["Mapping[str, Any]", "Mapping[str, Any]"]


def _schema(path: str, old: Any, new: Any, roots: Roots, depth: int) -> Iterator[str]:
    """What of one schema breaks, and of those inside it."""
    before, after = _resolved(old, roots[0]), _resolved(new, roots[1])
    if before == after or depth > _DEPTH:
        return
    yield from _form(path, before, after)
    yield from _properties(path, before, after, roots, depth)
    if "items" in before and "items" in after:
        yield from _schema(f"{path}[]", before["items"], after["items"], roots, depth + 1)


def _resolved(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema, or the definition that it refers to; what is none, such as ``true``, asks for nothing."""
    for _ in range(_DEPTH):
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not (isinstance(reference, str) and reference.startswith(_DEFINITION)):
            break
        schema = root
        for step in reference.removeprefix(_DEFINITION).split("/"):
            name = step.replace("~1", "/").replace("~0", "~")
            schema = schema.get(name) if isinstance(schema, dict) else None
    return schema if isinstance(schema, dict) else {}


def _form(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Another type, or other values."""
    where = path or "the parameters"
    old, new = _types(before), _types(after)
    if old != new and (path or old):  # a function without parameters promises nothing
        yield f"{where}: {_either(old)} becomes {_either(new)}"
    known, allowed = _values(before), _values(after)
    if known is None:
        return
    if allowed is None:
        yield f"{where}: any value may come now"
        return
    if more := [value for value in allowed if value not in known]:
        yield f"{where}: new values: {', '.join(more)}"
    if less := [value for value in known if value not in allowed]:
        yield f"{where}: no longer values: {', '.join(less)}"


def _values(schema: Mapping[str, Any]) -> list[str] | None:
    """The only values that a schema allows, as JSON; None where it names none."""
    found = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return [json.dumps(value, ensure_ascii=False) for value in found] if isinstance(found, list) else None


def _types(schema: Mapping[str, Any]) -> list[str]:
    found = schema.get("type", [])
    return sorted(map(str, found)) if isinstance(found, list) else [str(found)]


def _either(types: list[str]) -> str:
    return " or ".join(types) or "any type"


def _properties(
    path: str, before: Mapping[str, Any], after: Mapping[str, Any], roots: Roots, depth: int
) -> Iterator[str]:
    old, new = (_named(schema) for schema in (before, after))
    must, must_now = (_required(schema) for schema in (before, after))
    for name, schema in old.items():
        where = f"{path}.{name}" if path else name
        if name not in new:
            yield f"{where} is gone"
            continue
        if name in must_now - must:
            yield f"{where} is required now"
        if name in must - must_now:
            yield f"{where} may be missing now"
        yield from _schema(where, schema, new[name], roots, depth + 1)
    for name in new:
        if name not in old and name in must_now:
            yield f"{path}.{name} is new and required" if path else f"{name} is new and required"


def _named(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found = schema.get("properties")
    return found if isinstance(found, dict) else {}


def _required(schema: Mapping[str, Any]) -> set[str]:
    found = schema.get("required")
    return {name for name in found if isinstance(name, str)} if isinstance(found, list) else set()
