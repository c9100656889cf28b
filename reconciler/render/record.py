"""A record as lines: each value beside its name, nested ones below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.model.keys import masked
from reconciler.render.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MARGIN = "  "
_NOTHING = "-"


def record_lines(record: Mapping[str, Any], margin: str = "") -> Iterator[str]:
    """Yield a line for each value; a mapping and a list of several follow their name, indented."""
    width = max((len(visible(name)) for name in record), default=0)
    for name, value in record.items():
        if isinstance(value, dict) and value:
            yield f"{margin}{visible(name)}"
            yield from record_lines(value, margin + _MARGIN)
        elif isinstance(value, list) and value:
            yield f"{margin}{visible(name)}"
            yield from (f"{margin}{_MARGIN}{_plain(one)}" for one in value)
        else:
            yield f"{margin}{visible(name):{width}}  {_plain(value)}"


def _plain(value: Any) -> str:
    if value in ("", None, [], {}):
        return _NOTHING
    if isinstance(value, dict):
        return _MARGIN.join(_plain(inner) for inner in value.values() if inner not in ("", None, []))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return visible(masked(str(value)))
