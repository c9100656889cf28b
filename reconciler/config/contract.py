"""JSON Schemas that applications rely on, checked; the only jsonschema_rs import."""

from __future__ import annotations

from typing import Any, NamedTuple

from reconciler.model.diagnostic import did_you_mean

_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_DRAFTS = (
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema",
    "http://json-schema.org/draft-06/schema",
    "http://json-schema.org/draft-04/schema",
)


class Flaw(NamedTuple):
    """What is wrong with a JSON Schema, and where inside it."""

    message: str
    path: tuple[str | int, ...] = ()
    help: str = ""


def flaw(schema: dict[str, Any], called: str) -> Flaw | None:
    """Return why a value is no JSON Schema of an object; None where it is one. ``called`` is what it is."""
    import jsonschema_rs  # noqa: PLC0415 - only configurations with such schemas pay for it

    if schema.get("type", "object") != "object":
        remedy = "write `type: object` and the arguments under `properties`"
        return Flaw(f"{called} are an object", ("type",), remedy)
    draft = schema.get("$schema", _DRAFTS[0])
    if (
        not isinstance(draft, str) or draft.removesuffix("#") not in _DRAFTS
    ):  # never looked up: it is no file of ours
        remedy = f"leave it out, or name a known one: {_DRAFTS[0]}"
        return Flaw("an unknown `$schema`", ("$schema",), remedy)
    try:
        jsonschema_rs.meta.validate(schema)
    except jsonschema_rs.ValidationError as cause:
        return _refused(cause.message, tuple(cause.instance_path), cause.instance)
    except (ValueError, jsonschema_rs.ReferencingError) as cause:
        return Flaw(f"not a JSON Schema: {cause}")
    return None


def _refused(message: str, path: tuple[str | int, ...], instance: Any) -> Flaw:
    is_type = path[-1:] == ("type",) and path[-2:-1] != ("properties",)
    if is_type and isinstance(instance, str):
        remedy = did_you_mean(instance, _TYPES) or f"types: {', '.join(_TYPES)}"
        return Flaw(f"{instance!r} is no type of JSON Schema", path, remedy)
    if path[-1:] == ("required",) and isinstance(instance, bool):
        named = f"[{path[-2]}]" if instance and path[-3:-2] == ("properties",) else "[…]"
        remedy = "remove it: " * (not instance) + f"an object lists what it requires: `required: {named}`"
        return Flaw("`required` is a list of names, beside `properties`", path, remedy)
    return Flaw(f"not a JSON Schema: {message}", path)
