"""Changes of a function's parameters that may break the applications which answer its calls.

The model makes the arguments, as the JSON Schema of the parameters says; the application receives them. So
it breaks where something comes no more, may be missing, comes in another form, or is new and always there.
Descriptions, new optional parameters and bounds break nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DEPTH = 20  # schemas within schemas that are followed
_MOST = 1_000  # parts that are compared: definitions that refer to others make millions of a few lines
_NAMES = 10_000  # names and values in these parts that are looked at
_REASONS = 100  # that are returned
_VALUES = 20  # values in one reason
_REFERENCE = 1_000  # characters of a reference to a definition
_DEFINITION = "#/"


def breaking(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return every reason, beginning with the path of a parameter; none where a side has no parameters.

    At most 1,000 parts are compared and 100 reasons returned; the last then says that there are more.
    """
    if before is None or after is None or before == after:
        return ()
    walk = _Walk(before, after)
    reasons = tuple(islice(walk.schema("", before, after), _REASONS + 1))
    if len(reasons) > _REASONS or not walk.left:
        return (*reasons[:_REASONS], "the parameters: more changes not shown")
    return reasons


@dataclass
class _Walk:
    """Two sets of parameters, compared part by part.

    ``left`` is how many parts may still be compared, ``names`` how many names and values in them.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    left: int = _MOST
    names: int = _NAMES

    def schema(self, path: str, old: Any, new: Any, depth: int = 0) -> Iterator[str]:
        """Yield what breaks in a schema and in those inside it."""
        if not self.left or depth > _DEPTH:
            return
        self.left -= 1
        self.names -= _width(old) + _width(new)
        if self.names < 0:
            self.left = 0
            return
        before, after = _plain(old, self.before), _plain(new, self.after)
        self.names -= _width(before) + _width(after)
        yield from _form(path, before, after)
        yield from self._properties(path, before, after, depth)
        if "items" in before and "items" in after:
            yield from self.schema(f"{path}[]", before["items"], after["items"], depth + 1)

    def _properties(
        self, path: str, before: Mapping[str, Any], after: Mapping[str, Any], depth: int
    ) -> Iterator[str]:
        old, new = (_named(schema) for schema in (before, after))
        must, must_now = (_required(schema) for schema in (before, after))
        for name, schema in old.items():
            parameter = f"{path}.{name}" if path else name
            if name not in new:
                yield f"{parameter} is gone"
                continue
            if name in must_now - must:
                yield f"{parameter} is required now"
            if name in must - must_now:
                yield f"{parameter} may be missing now"
            yield from self.schema(parameter, schema, new[name], depth + 1)
        for name in new:
            if name not in old and name in must_now:
                yield f"{path}.{name} is new and required" if path else f"{name} is new and required"


def _width(schema: Any) -> int:
    """Return how many names and values a schema has beside each other."""
    inside = schema.values() if isinstance(schema, dict) else ()
    return sum(len(one) for one in inside if isinstance(one, (list, dict)))


def _plain(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema with its definitions looked up and its alternatives joined.

    Of several that are more than ``null`` it has the types and the values, and not what is inside. What the
    schema says beside them counts first.
    """
    plain = _resolved(schema, root)
    whole = plain.get("allOf")
    if isinstance(whole, list) and len(whole) == 1:
        plain = {**_resolved(whole[0], root), **plain}
    alternatives = plain.get("anyOf", plain.get("oneOf"))
    if not isinstance(alternatives, list) or not alternatives:
        return plain
    resolved = [_resolved(alternative, root) for alternative in alternatives]
    return {**_inside(resolved), **_together(resolved), **plain}


def _inside(alternatives: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the only alternative that is more than ``null``."""
    more = [one for one in alternatives if _types(one) != ["null"]]
    return more[0] if len(more) == 1 else {}


def _together(alternatives: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the types of all alternatives, and their values where each names some."""
    types = [_types(one) for one in alternatives]
    values = [[None] if _types(one) == ["null"] else _allowed(one) for one in alternatives]
    joined: dict[str, Any] = {"type": sorted({one for some in types for one in some}) if all(types) else []}
    if None not in values:
        joined["enum"] = [one for some in values if some for one in some]
    return joined


def _resolved(schema: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema, or the definition that it refers to; empty for ``true`` and the like."""
    for _ in range(_DEPTH):
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(reference, str) or len(reference) > _REFERENCE:
            break
        schema = _definition(reference, root)
    return schema if isinstance(schema, dict) else {}


def _definition(reference: str, root: Mapping[str, Any]) -> Any:
    """Return a definition of the same document; None for any other."""
    if reference == "#":
        return root
    definition: Any = root if reference.startswith(_DEFINITION) else None
    for step in reference.removeprefix(_DEFINITION).split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        definition = definition.get(name) if isinstance(definition, dict) else None
    return definition


def _form(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Yield changes of types and of allowed values."""
    parameter = path or "the parameters"
    types, others = _types(before), _types(after)
    if types != others and (path or types):  # a function without parameters promises nothing
        yield f"{parameter}: {_either(types)} becomes {_either(others)}"
    known, allowed = _values(before), _values(after)
    if known is None:
        return
    if allowed is None:
        yield f"{parameter}: any value may come now"
        return
    old, new = set(known), set(allowed)
    if more := [value for value in allowed if value not in old]:
        yield f"{parameter}: new values: {_some(more)}"
    if less := [value for value in known if value not in new]:
        yield f"{parameter}: no longer values: {_some(less)}"


def _some(values: list[str]) -> str:
    more = len(values) - _VALUES
    return ", ".join(values[:_VALUES]) + f" and {more:,} more" * (more > 0)


def _values(schema: Mapping[str, Any]) -> list[str] | None:
    """Return the only values that a schema allows, as JSON; None where it names none."""
    found = _allowed(schema)
    return None if found is None else [json.dumps(value, ensure_ascii=False) for value in found]


def _allowed(schema: Mapping[str, Any]) -> list[Any] | None:
    found = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return found if isinstance(found, list) else None


def _types(schema: Mapping[str, Any]) -> list[str]:
    found = schema.get("type", [])
    return sorted(map(str, found)) if isinstance(found, list) else [str(found)]


def _either(types: list[str]) -> str:
    return " or ".join(types[:_VALUES]) or "any type"


def _named(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found = schema.get("properties")
    return found if isinstance(found, dict) else {}


def _required(schema: Mapping[str, Any]) -> set[str]:
    found = schema.get("required")
    return {name for name in found if isinstance(name, str)} if isinstance(found, list) else set()
