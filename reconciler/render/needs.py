"""What of a plan needs a review, in sentences: with values for an error, by name for a plan."""

from __future__ import annotations

import json
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.model.keys import masked
from reconciler.model.review import Why
from reconciler.render.view import count
from reconciler.render.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reconciler.model.change import FieldChange
    from reconciler.model.review import Need
    from reconciler.render.document import NeedRecord

EFFECTS = {
    Why.DRIFTED: "overwrite what was changed on the server since the last apply",
    Why.DELETED: "create again what was deleted on the server since the last apply",
    Why.UNRECORDED: "overwrite values on the server of which the state does not record who wrote them",
    Why.TAKEN_OVER: "take over what another owner manages",
    Why.ADOPTED: "adopt, by the ownership mark alone, what the configuration does not declare",
    Why.COPIED: "create again what another owner has already",
}
_OBJECTS = 5  # of one reason in a message
_FIELDS = 10  # of one object
_EXCERPT = 60  # characters of a value
_BEFORE = 15  # of them before the first difference


class _Sides(NamedTuple):
    """The parts of two values that a message shows."""

    found: str
    wanted: str


def errors(needs: Sequence[Need], hidden: Callable[[str], str]) -> Iterator[str]:
    """Yield one sentence for each reason, with both values of each field; ``hidden`` removes secrets."""
    for why, some in _by_reason(needs):
        named = _few([_said(need, hidden) for need in some], "more object", _OBJECTS)
        yield f"this would {EFFECTS[why]}: {named}"


def sentences(records: Sequence[NeedRecord]) -> Iterator[str]:
    """Yield one sentence for each reason why an unattended apply needs a review of a plan."""
    for why, some in _by_reason(records):
        named = _few([_named(one.address, one.fields) for one in some], "more object", _OBJECTS)
        yield f"an unattended apply needs a review of this plan, since it would {EFFECTS[why]}: {named}"


def _by_reason(needs: Iterable[Any]) -> Iterator[tuple[Why, Sequence[Any]]]:
    order = {why: number for number, why in enumerate(Why)}
    grouped = groupby(sorted(needs, key=lambda one: order[one.why]), key=attrgetter("why"))
    return ((why, list(some)) for why, some in grouped)


def _named(address: str, fields: Sequence[str]) -> str:
    return f"{address} ({_few(fields, 'more field', _FIELDS)})" if fields else address


def _few(texts: Sequence[str], what: str, most: int) -> str:
    """Return the first of some texts; the rest are counted."""
    more = len(texts) - most
    return ", ".join(texts[:most]) + f" and {count(more, what)}" * (more > 0)


def _said(need: Need, hidden: Callable[[str], str]) -> str:
    """Return an object, and both sides of its values."""
    known = f" ({need.id})" if need.id else ""
    name = f"{need.address}{known}"
    match need.why:
        case Why.DELETED:
            return str(need.address)
        case Why.TAKEN_OVER | Why.COPIED:
            return f"{name} of {need.owner}"
        case Why.ADOPTED:
            return f"{name} keeps {_few(need.fields, 'more field', _FIELDS)}"
        case _:
            shown = [_both(one, need, hidden) for one in need.values[:_FIELDS]]
            more = len(need.values) - _FIELDS
            rest = [count(more, "more field")] if more > 0 else []
            return f"{name} {'; '.join([*shown, *rest])}"


def _both(change: FieldChange, need: Need, hidden: Callable[[str], str]) -> str:
    if not need.is_declared:
        found = _excerpts(_text(change.before, hidden), "absent").found
        return f"{visible(change.field)} is {found} on the server, and the object would be deleted"
    sides = _excerpts(_text(change.before, hidden), _text(change.after, hidden))
    where = visible(change.source or need.place or "the configuration")
    return f"{visible(change.field)} is {sides.found} on the server and {sides.wanted} in {where}"


def _text(value: Any, hidden: Callable[[str], str]) -> str:
    """Return a value without secrets; a part of one could no longer be recognised."""
    if value is None:
        return "absent"
    if isinstance(value, str):
        return f'"{masked(hidden(value))}"'
    return masked(hidden(json.dumps(value, ensure_ascii=False, sort_keys=True)))


def _excerpts(found: str, wanted: str) -> _Sides:
    """Return two texts; of long ones, where they begin to differ."""
    start = max(0, _shared(found, wanted) - _BEFORE) if max(len(found), len(wanted)) > _EXCERPT else 0
    return _Sides(_excerpt(found, start), _excerpt(wanted, start))


def _excerpt(text: str, start: int) -> str:
    part = text[start : start + _EXCERPT]
    before, after = "…" * (start > 0), "…" * (start + _EXCERPT < len(text))
    return f"{before}{visible(part)}{after}"


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    pairs = zip(one, other, strict=False)
    return next((number for number, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
