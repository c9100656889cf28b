"""Declared assistants for people to read: one with the origin of each value, or two environments compared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.model.address import Address
from reconciler.model.canonical import canonical
from reconciler.model.field import Shape
from reconciler.render.diff import comparison_lines
from reconciler.render.lines import Line, Span, Style, line
from reconciler.render.text_diff import compared
from reconciler.render.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.model.field import Fields
    from reconciler.model.resource import Desired, DesiredAssistant

_WIDTH = 14
_KEYED = frozenset({Shape.ITEM, Shape.PAIR})


def declared_lines(assistant: DesiredAssistant, origins: Mapping[str, str], fields: Fields) -> Iterator[Line]:
    """Yield every managed value, and where it comes from; ``fields`` are those of the dialect."""
    yield line(Span(visible(assistant.address), Style.BOLD))
    for path, value in _values(assistant, fields).items():
        origin = origins.get(path) or origins.get(path.partition(".")[0], "")
        yield from _value(path, value, origin)
    if assistant.protected:
        yield line(f"  {'lifecycle':{_WIDTH}} prevent_destroy")
    if assistant.ignored:
        yield line(f"  {'ignored':{_WIDTH}} {', '.join(sorted(assistant.ignored))}")


def _value(path: str, value: Any, origin: str) -> Iterator[Line]:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    source = Span(f"  ({visible(origin)})", Style.DIM)
    if "\n" not in text:
        yield line(f"  {visible(path):{_WIDTH}} {visible(text)}", source)
        return
    yield line(f"  {visible(path)}", source)
    for number, row in enumerate(text.removesuffix("\n").split("\n"), 1):
        yield line(Span(f"  {number:4} │ ", Style.DIM), visible(row))


def declared_json(assistant: DesiredAssistant, origins: Mapping[str, str], fields: Fields) -> str:
    """Return the same as one JSON object."""
    files = None if assistant.files is None else [str(each) for each in assistant.files]
    shown = {
        "format_version": 1,
        "address": str(assistant.address),
        "fields": dict(assistant.fields),
        **({fields.files.name: files} if fields.files else {}),
        "prevent_destroy": assistant.protected,
        "ignore_changes": sorted(assistant.ignored),
        "origins": dict(origins),
    }
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


def difference_lines(
    before: Desired, after: Desired, names: tuple[str, str], fields: Fields
) -> Iterator[Line]:
    """Yield every assistant in which two environments differ, texts word by word, and a count."""
    old = {assistant.address: _values(assistant, fields) for assistant in before.assistants}
    new = {assistant.address: _values(assistant, fields) for assistant in after.assistants}
    count = 0
    for address in sorted({*old, *new}):
        changed = [*_differences(old.get(address, {}), new.get(address, {}))]
        if changed:
            count += 1
            yield line(Span(f"  ~ {visible(address)}", Style.CHANGE))
            yield from changed
            yield line()
    first, second = (visible(name) for name in names)
    if count:
        plural = "s" * (count != 1)
        yield line(Span(f"{first} and {second} differ in {count} assistant{plural}.", Style.BOLD))
    else:
        yield line(Span(f"{first} and {second} are the same.", Style.BOLD))


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Line]:
    for path in dict.fromkeys((*before, *after)):
        old, new = before.get(path), after.get(path)
        if canonical(old) != canonical(new) or (path in before) != (path in after):
            yield from _changed(path, old, new)


def _changed(path: str, before: Any, after: Any) -> Iterator[Line]:
    are_texts = isinstance(before, str) and isinstance(after, str)
    if are_texts and max(len(before), len(after)) > _WIDTH:
        yield line(f"      {visible(path)}")
        yield from comparison_lines(compared(before, after), "        ")
        return
    yield line(
        f"      {visible(path):{_WIDTH}} ",
        Span(_short(before), Style.REMOVE),
        " → ",
        Span(_short(after), Style.ADD),
    )


def _short(value: Any) -> str:
    return "(none)" if value is None else visible(json.dumps(value, ensure_ascii=False))


def _values(assistant: DesiredAssistant, fields: Fields) -> dict[str, Any]:
    """Return every managed value by its path, what has keys key by key; files by path or id."""
    values: dict[str, Any] = {}
    for name, value in assistant.fields.items():
        row = fields.by_name[name]
        values |= row.parts(value) if row.shape in _KEYED else {name: value}
    if fields.files and assistant.files is not None:
        names = [each.name if isinstance(each, Address) else each for each in assistant.files]
        values[fields.files.name] = names
    return values
