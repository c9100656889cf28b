"""A dialect as plain values: its fields, limits and tools, what it refuses, and with what it was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from reconciler.dialects.written import Strict, fields, is_required, key
from reconciler.model.field import Boolean, Clear, Files, Items, Mapped, Number, Pairs, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.dialects.dialect import Dialect
    from reconciler.model.field import Field, ItemKind

_KINDS: Sequence[tuple[type[Field], str]] = (
    (Pairs, "pairs of texts"),
    (Mapped, "object, key by key"),
    (Items, "list"),
    (Files, "files"),
    (Number, "number"),
    (Boolean, "true or false"),
    (Text, "text"),
)
_CLEARED = {Clear.NULL: "null", Clear.EMPTY: "an empty value", Clear.NEVER: "never"}


def facts(dialect: Dialect) -> Mapping[str, Any]:
    """Return what there is to know of a dialect, as JSON has it."""
    lists = [row for row in dialect.fields if isinstance(row, Items)]
    return {
        "dialect": dialect.name,
        "fields": [_field(row) for row in dialect.fields],
        "tools": [_tool(row, kind) for row in lists for kind in row.kinds],
        "refused_fields": dict(dialect.fields.foreign),
        "refused_tools": {name: remedy for row in lists for name, remedy in row.foreign.items()},
        "tried": dict(dialect.tried),
    }


def _field(row: Field) -> Mapping[str, Any]:
    return {
        "name": row.name,
        "kind": next((word for kind, word in _KINDS if isinstance(row, kind)), "any value"),
        "required": row.required,
        "cleared_by": _CLEARED[row.clear],
        "same_as_none": list(row.filled),
        "keys": _keys(row.written),
        "values": [*get_args(row.written)] if get_origin(row.written) is Literal else [],
        "limits": [text for _, text in row.limits],
    }


def _keys(shape: Any) -> Sequence[str]:
    """Return the keys of a shape; none of what is no shape."""
    is_shape = isinstance(shape, type) and issubclass(shape, Strict)
    return [key(name) for name in fields(shape)] if is_shape else []


def _tool(row: Items, kind: ItemKind) -> Mapping[str, Any]:
    return {
        "type": kind.tag,
        "field": row.name,
        "known_by": kind.key or None,
        "inside": kind.inner or None,
        "keys": _keys(kind.written),
        "required": [*_required(kind.written)],
    }


def _required(shape: Any) -> Iterator[str]:
    if isinstance(shape, type) and issubclass(shape, Strict):
        yield from (key(name) for name in fields(shape) if is_required(shape, name))
