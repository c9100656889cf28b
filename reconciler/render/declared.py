"""Declared assistants for people to read: one with the origin of each value, or two environments compared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.dialects.assistants_v1.shape import FIELDS
from reconciler.model.address import Address
from reconciler.render.diff import comparison_lines
from reconciler.render.lines import Line, Span, Style, line
from reconciler.render.text_diff import compared
from reconciler.render.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.model.resource import Desired, DesiredAssistant

_WIDTH = 14


def declared_lines(one: DesiredAssistant, origins: Mapping[str, str]) -> Iterator[Line]:
    """Every managed value, and where it comes from."""
    yield line(Span(visible(one.address), Style.BOLD))
    for field, value in _values(one).items():
        where = origins.get(field) or origins.get(field.partition(".")[0], "")
        yield from _value(field, value, where)
    if one.protected:
        yield line(f"  {'lifecycle':{_WIDTH}} prevent_destroy")
    if one.ignored:
        yield line(f"  {'ignored':{_WIDTH}} {', '.join(sorted(one.ignored))}")


def _value(field: str, value: Any, where: str) -> Iterator[Line]:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    from_there = Span(f"  ({visible(where)})", Style.DIM)
    if "\n" not in text:
        yield line(f"  {visible(field):{_WIDTH}} {visible(text)}", from_there)
        return
    yield line(f"  {visible(field)}", from_there)
    for number, row in enumerate(text.removesuffix("\n").split("\n"), 1):
        yield line(Span(f"  {number:4} │ ", Style.DIM), visible(row))


def declared_json(one: DesiredAssistant, origins: Mapping[str, str]) -> str:
    """The same as one JSON object."""
    shown = {
        "format_version": 1,
        "address": str(one.address),
        "fields": dict(one.fields),
        "files": None if one.files is None else [str(each) for each in one.files],
        "prevent_destroy": one.protected,
        "ignore_changes": sorted(one.ignored),
        "origins": dict(origins),
    }
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


def difference_lines(before: Desired, after: Desired, names: tuple[str, str]) -> Iterator[Line]:
    """Every assistant in which two environments differ, texts word by word, and a count."""
    old = {one.address: one for one in before.assistants}
    new = {one.address: one for one in after.assistants}
    count = 0
    for where in sorted({*old, *new}):
        changed = [*_differences(old.get(where), new.get(where))]
        if changed:
            count += 1
            yield line(Span(f"  ~ {visible(where)}", Style.CHANGE))
            yield from changed
            yield line()
    first, second = (visible(name) for name in names)
    if count:
        plural = "s" * (count != 1)
        yield line(Span(f"{first} and {second} differ in {count} assistant{plural}.", Style.BOLD))
    else:
        yield line(Span(f"{first} and {second} are the same.", Style.BOLD))


def _differences(old: DesiredAssistant | None, new: DesiredAssistant | None) -> Iterator[Line]:
    before, after = (_values(one) if one else {} for one in (old, new))
    for field in dict.fromkeys((*before, *after)):
        if before.get(field) != after.get(field) or (field in before) != (field in after):
            yield from _changed(field, before.get(field), after.get(field))


def _changed(field: str, before: Any, after: Any) -> Iterator[Line]:
    are_texts = isinstance(before, str) and isinstance(after, str)
    if are_texts and max(len(before), len(after)) > _WIDTH:
        yield line(f"      {visible(field)}")
        yield from comparison_lines(compared(before, after), "        ")
        return
    yield line(
        f"      {visible(field):{_WIDTH}} ",
        Span(_short(before), Style.REMOVE),
        " → ",
        Span(_short(after), Style.ADD),
    )


def _short(value: Any) -> str:
    return "(none)" if value is None else visible(json.dumps(value, ensure_ascii=False))


def _values(one: DesiredAssistant) -> dict[str, Any]:
    """Every managed value by its name: metadata key by key, tools one by one, files by path or id."""
    found: dict[str, Any] = {}
    for field, value in one.fields.items():
        if field == "metadata":
            found |= {f"metadata.{key}": inner for key, inner in value.items()}
        elif field == "tools":
            row: Any = FIELDS.by_name["tools"]
            found |= {f"tools.{row.key(tool)}": tool for tool in value or ()}
        else:
            found[field] = value
    if one.files is not None:
        found["files"] = [each.name if isinstance(each, Address) else each for each in one.files]
    return found
