"""Two values → FieldChanges; the only deepdiff import, reached only by values that differ.

What equal means, and what a server may add, is decided by the field.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from reconciler.engine.breaking import breaking
from reconciler.model.canonical import canonical
from reconciler.model.change import Detail, FieldChange
from reconciler.model.field import Clear, Items

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from reconciler.engine.memory import Memory
    from reconciler.model.change import Change
    from reconciler.model.field import Field, Fields, Mapped
    from reconciler.model.resource import DesiredAssistant, LiveAssistant
    from reconciler.model.state import AssistantBinding

_VALUES = 4_000  # values of a plan that are compared one by one; above, a part only says that it differs
_LONG = 100  # characters of a text that cost as much as a value
_KEYS = 100  # keys of a large part that are compared as a whole


def field_changes(
    fields: Fields, desired: DesiredAssistant, live: LiveAssistant, memory: Memory
) -> Iterator[FieldChange]:
    """Yield every managed part whose live value is not the desired one, files and ownership mark aside.

    A part that was managed and is no longer named is cleared; binding and live mark remember which were. A
    value that the server keeps in a form of its own is no difference.
    """
    rows = [row for row in fields.values if row.name not in desired.ignored]
    for row in rows:
        if row.is_managed(desired):
            yield from _changes(row, desired, live, memory)
    former = former_paths(fields, live, memory.binding)
    for row in rows:
        if row.has_keys or (row.name in former and not row.is_managed(desired)):
            yield from _cleared(row, desired, live, former, memory=memory)


def _changes(
    row: Field, desired: DesiredAssistant, live: LiveAssistant, memory: Memory
) -> Iterator[FieldChange]:
    wanted, actual = row.wanted(desired), row.found(live)
    new, old = row.parts(wanted), row.parts(actual)
    for path in row.paths(new, old):
        before, after = old.get(path), new.get(path)
        if not row.is_equal(before, after) and not memory.is_settled(row, path, wanted, actual):
            yield FieldChange(
                path,
                before,
                after,
                drifted=memory.is_drifted(row, path, actual, wanted),
                unrecorded=_is_there(row, before) and memory.is_unrecorded(row, path, actual, wanted),
                source=desired.sources.get(row.name, ""),
                edited=memory.is_edited(row, path, wanted),
                shape=row.shape,
            )


def _is_there(row: Field, part: Any) -> bool:
    """Return whether a part has a value that an update would replace."""
    return part is not None and not row.is_equal(part, None)


def _cleared(
    row: Field,
    desired: DesiredAssistant,
    live: LiveAssistant,
    former: Collection[str],
    *,
    memory: Memory,
) -> Iterator[FieldChange]:
    """Yield the parts that were managed and that the configuration no longer names."""
    actual = row.found(live)
    parts, named = row.parts(actual), row.parts(row.wanted(desired))
    ours = {path for path in named if path not in parts}
    gone = (
        sorted(
            path
            for path in parts
            if path in former and path not in named and not any(row.is_form(one, path) for one in ours)
        )
        if row.has_keys
        else parts
    )
    for path in gone if row.clear is not Clear.NEVER else ():
        if not row.is_equal(parts[path], None):
            yield FieldChange(
                path,
                parts[path],
                None,
                drifted=memory.is_drifted(row, path, actual),
                unrecorded=memory.is_unrecorded(row, path, actual),
                cleared=True,
                edited=True,
                shape=row.shape,
            )


def uncleared(
    fields: Fields, desired: DesiredAssistant, live: LiveAssistant, binding: AssistantBinding | None
) -> list[str]:
    """Return the names of fields that were managed, are not any more, and cannot be cleared."""
    never = [row for row in fields.plain if row.clear is Clear.NEVER and not row.is_managed(desired)]
    former = managed_before(fields, live, binding) if never else ()
    return [row.name for row in never if row.name in former and row.present(row.found(live)) is not None]


@dataclass
class Explaining:
    """What is left to explain the changes of a plan: values that are compared one by one."""

    left: int = _VALUES

    def covers(self, *values: Any) -> bool:
        """Return whether values may be compared, and take them from what is left."""
        number = sum(_number(value, self.left) for value in values)
        is_covered = number <= self.left
        self.left -= number * is_covered
        return is_covered


def _number(value: Any, most: int) -> int:
    """Return how many values there are in a value, long texts counted as many, or more than ``most``."""
    number, waiting = 0, [value]
    while waiting and number <= most:
        one = waiting.pop()
        number += 1 + (len(one) // _LONG if isinstance(one, str) else 0)
        if isinstance(one, (list, dict)):
            number += len(one)
            waiting += islice(one.values() if isinstance(one, dict) else one, most)
    return number


def explained(fields: Fields, change: Change, explaining: Explaining) -> Change:
    """Return a change with what differs inside each part, and what of that can break an application."""
    if not change.fields:
        return change
    parts = tuple(_explained(fields, part, explaining) for part in change.fields)
    return replace(change, fields=parts) if parts != change.fields else change


def _explained(fields: Fields, change: FieldChange, explaining: Explaining) -> FieldChange:
    row, before, after = fields.row(change.field), change.before, change.after
    if row is None or not (isinstance(before, dict) and isinstance(after, dict)):
        return change
    reasons = breaking(row.contract(before), row.contract(after))
    return replace(change, details=tuple(_details(row, before, after, explaining)), breaking=reasons)


def inside(
    fields: Fields, row: Field, *, before: Any, after: Any, explaining: Explaining
) -> tuple[Sequence[Detail], Sequence[str]]:
    """Return what differs inside a field with items, and what of that can break an application."""
    old, new = row.parts(before), row.parts(after)
    details: list[Detail] = []
    reasons: list[str] = []
    for path in row.paths(new, old):
        here, there, name = old.get(path), new.get(path), path.removeprefix(f"{row.name}.")
        if row.is_equal(here, there):
            continue
        found = _explained(fields, FieldChange(path, here, there), explaining)
        named = [replace(one, path=f"{name}.{one.path}") for one in found.details]
        details += named or [Detail(name, here, there)]
        reasons += found.breaking
    return details, reasons


def _details(row: Field, before: Any, after: Any, explaining: Explaining) -> Iterator[Detail]:
    """Yield the differences inside a structured part, by JSON path; only the first level of a large one."""
    here, there = row.inside(before), row.inside(after)
    if not (isinstance(here, dict) and isinstance(there, dict)):
        return
    if not explaining.covers(here, there):
        yield from _at_first_level(here, there)
        return
    from deepdiff import DeepDiff  # noqa: PLC0415 - 270 ms that a plan without changes must not pay

    diff = DeepDiff(here, there, view="tree")
    for item in sorted((item for items in diff.values() for item in items), key=lambda item: item.path()):
        path = ".".join(str(step) for step in item.path(output_format="list"))
        sides = [None if type(side).__name__ == "NotPresent" else side for side in (item.t1, item.t2)]
        yield Detail(path, *sides)


def _at_first_level(here: Mapping[str, Any], there: Mapping[str, Any]) -> Iterator[Detail]:
    """Yield the keys whose values differ; none where they are too many to be read."""
    names = dict.fromkeys([*here, *there])
    if len(names) <= _KEYS:
        sides = ((name, here.get(name), there.get(name)) for name in names)
        yield from (Detail(*one) for one in sides if canonical(one[1]) != canonical(one[2]))


def former_paths(fields: Fields, live: LiveAssistant, binding: AssistantBinding | None) -> frozenset[str]:
    """Return the paths that were managed when the assistant was last applied: names, and keys of some fields.

    The ownership mark is asked besides the binding: an update that a killed run made is recorded nowhere
    else.
    """
    known, keys = binding.digests if binding else {}, live.mark.keys if live.mark else frozenset()
    names = managed_before(fields, live, binding) - {row.name for row in fields.keyed}
    paths = [(row, path) for row in fields.keyed for path in row.parts(row.found(live))]
    return names | {
        path
        for row, path in paths
        if path in known or row.marked(path) in keys or _is_respelled(row, path, binding)
    }


def _is_respelled(row: Mapped, path: str, binding: AssistantBinding | None) -> bool:
    """Return whether the server keeps a key of ours under this spelling; it returned none under ours."""
    return binding is not None and any(
        row.is_form(ours, path) and binding.echo(ours) == row.digest(None) != sent
        for ours, sent in binding.digests.items()
        if ours != path and ours.startswith(f"{row.name}.")
    )


def managed_before(fields: Fields, live: LiveAssistant, binding: AssistantBinding | None) -> frozenset[str]:
    """Return the names of the fields that were managed, by the binding or the ownership mark."""
    known = binding.digests if binding else ()
    named = frozenset(path.partition(".")[0] for path in known)
    return named | fields.names(live.mark.letters if live.mark else "")


def remembered(fields: Fields, live: LiveAssistant) -> dict[str, str]:
    """Return what a lost state had of an assistant: the paths in its mark, their values not known."""
    return dict.fromkeys(former_paths(fields, live, None), "")


def sent(
    fields: Fields,
    desired: DesiredAssistant,
    *,
    live: LiveAssistant,
    changes: Sequence[FieldChange],
    rest: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the values that an update sends: whole ones, and of fields with keys the changed keys.

    ``rest`` are the values of other fields that the update must send too. What an item has besides what is
    compared stays: no plan says that it goes.
    """
    values = dict(rest)
    for row in fields.values:
        edits: Mapping[str, Any] = {one.field: one.after for one in changes if fields.row(one.field) is row}
        if edits:
            wanted = row.completed(row.sent(edits, row.wanted(desired)), row.found(live))
            values[row.name] = {**rest.get(row.name, {}), **wanted} if row.has_keys else wanted
    return values


def plainly(fields: Fields, values: Mapping[str, Any], found: LiveAssistant) -> dict[str, Any] | None:
    """Return the values of an update without what a server added; None where that would lose something.

    A list that stays as it was found, and that has more than servers add by themselves, is left out.
    """
    plain = {}
    for name, value in values.items():
        row = fields.by_name[name]
        bare = row.present(value) or value if isinstance(row, Items) else value
        if not row.forgets(value, bare):
            plain[name] = bare
        elif canonical(value) != canonical(row.found(found)):
            return None
    return plain


def as_found(fields: Fields, live: LiveAssistant) -> dict[str, Any]:
    """Return every value of an assistant, the pairs aside, for an update that must name them all."""
    found = {row.name: row.found(live) for row in fields.plain}
    return {name: value for name, value in found.items() if fields.by_name[name].present(value) is not None}
