"""What a server made of the writes to one assistant: each value is compared with what was declared.

The values come from the responses to our writes, and of attachments from one look afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.model.change import StepKind
from reconciler.model.field import Files
from reconciler.model.outcome import Kept, Verified

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.engine.memory import Memory
    from reconciler.model.change import Change
    from reconciler.model.field import Field, Fields
    from reconciler.model.resource import DesiredAssistant, LiveAssistant

_CARRYING = frozenset({StepKind.ATTACH, StepKind.DETACH})
_FAILED = frozenset({Kept.IGNORED, Kept.LOST})


class _Sides(NamedTuple):
    """One value: as it is declared, as it was before the write, and as it is after it."""

    wanted: Any
    old: Any
    new: Any


def verified(  # noqa: PLR0913 - an assistant before, as declared, and after
    fields: Fields,
    change: Change,
    desired: DesiredAssistant,
    memory: Memory,
    *,
    file_ids: Sequence[str],
    before: LiveAssistant | None,
    after: LiveAssistant,
) -> tuple[Verified, ...]:
    """Return what became of every value of an assistant, by path; ``before`` is None after a create.

    ``memory`` is what was known of it before. A value that nothing changed, and that is not as declared, is
    left out: it was not written.
    """
    written = {row.remembered(one.field) for one in change.fields if (row := fields.row(one.field))}
    if fields.files and (before is None or any(step.kind in _CARRYING for step in change.steps)):
        written.add(fields.files.name)
    rows = [row for row in fields if after.knows_files or row is not fields.files]
    found: list[Verified | None] = []
    for row in rows:
        if before is None and _is_taken(row, desired, after):
            found += _taken(row, row.wanted(desired))
            continue
        found += [
            _verified(row, path, written, memory, desired=desired, ids=file_ids, before=before, after=after)
            for path in _paths(row, desired, before, after)
        ]
    return tuple(filter(None, found))


def _is_taken(row: Field, desired: DesiredAssistant, after: LiveAssistant) -> bool:
    """Return whether a new assistant has a declared field just as it was sent: then nothing is compared."""
    if isinstance(row, Files) or row.name in desired.ignored or not row.is_managed(desired):
        return False
    return _is_same(row.wanted(desired), row.found(after))


def _taken(row: Field, wanted: Any) -> Iterator[Verified]:
    """Yield the values of such a field."""
    for path in row.parts(wanted) if row.has_keys else (row.name,):
        shown = row.present(row.at(wanted, path))
        yield Verified(path, Kept.DECLARED, shown, shown)


def _paths(
    row: Field, desired: DesiredAssistant, before: LiveAssistant | None, after: LiveAssistant
) -> Iterable[str]:
    """Return the paths of a field under which a state remembers it."""
    if not row.has_keys:
        return [row.name]
    seen = (row.wanted(desired), row.found(before) if before else None, row.found(after))
    return dict.fromkeys(path for value in seen for path in row.parts(value))


def _verified(  # noqa: PLR0913 - one value, and everything that it is compared with
    row: Field,
    path: str,
    written: set[str],
    memory: Memory,
    *,
    desired: DesiredAssistant,
    ids: Sequence[str],
    before: LiveAssistant | None,
    after: LiveAssistant,
) -> Verified | None:
    wanted = ids if isinstance(row, Files) else row.wanted(desired)
    old = row.at(row.found(before), path) if before else None
    sides = _Sides(row.at(wanted, path), old, row.at(row.found(after), path))
    is_named = row.is_managed(desired) and (not row.has_keys or path in row.parts(wanted))
    is_ours = row.name not in desired.ignored and (is_named or path in written)
    if not is_ours:
        kept = None if _is_ours_respelled(row, path, wanted, after) else _of_other(row, sides)
    elif isinstance(row, Files):
        kept = _of_files(sides, is_sent=path in written)
    else:
        is_known = bool(memory.echo(row, path))
        kept = _of_declared(row, sides, is_sent=path in written, is_known=is_known)
        if kept is Kept.IGNORED and _is_renamed(row, path, sides.wanted, after):
            kept = Kept.NORMALISED
    if kept is None:
        return None
    if sides.old is not None and row.forgets(sides.old, sides.new):  # what is not compared was lost
        return Verified(path, kept, sides.old, sides.new)
    shown = row.present(sides.wanted if is_ours else old)
    is_same = kept is Kept.DECLARED and _is_same(sides.wanted, sides.new)
    return Verified(path, kept, shown, shown if is_same else row.present(sides.new))


def _of_declared(row: Field, sides: _Sides, *, is_sent: bool, is_known: bool) -> Kept | None:
    """Return what became of a declared value.

    One that did not move was ignored, but where the server only spells it in its own way: which ways that may
    be depends on whether it ``is_known`` what the value was before.
    """
    wanted, old, new = sides
    if old is not None and row.forgets(old, new):
        return Kept.LOST
    if _is_same(wanted, new) or row.digest(new) == row.digest(wanted):  # mostly the same, without a digest
        return Kept.DECLARED
    is_same = row.digest(new) == row.digest(old)
    if not is_sent:
        return None if is_same else Kept.LOST if row.lacks(wanted, new) else Kept.NORMALISED
    if row.present(wanted) is None or row.lacks(wanted, new):
        return Kept.IGNORED
    if row.keeps(old, wanted, new):
        return Kept.IGNORED
    is_form = row.is_respelled(wanted, new) if is_known else row.is_form(wanted, new)
    return Kept.IGNORED if is_same and not is_form else Kept.NORMALISED


def _is_same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are the same in value, type and order: true is not 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(map(_is_same, one.values(), other.values()))
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return bool(one == other)


def _of_files(sides: _Sides, *, is_sent: bool) -> Kept | None:
    """Return what became of the files; one that another user attached meanwhile is not looked at here."""
    wanted, old, new = (set(side or ()) for side in sides)
    if not is_sent:
        return Kept.LOST if old - new else Kept.DECLARED if wanted == new else None
    return Kept.DECLARED if wanted <= new and not (old & new) - wanted else Kept.IGNORED


def _is_renamed(row: Field, path: str, wanted: Any, after: LiveAssistant) -> bool:
    """Return whether a server keeps a value under another spelling of its key."""
    if not row.has_keys or row.present(wanted) is None:
        return False
    parts = row.parts(row.found(after))
    return any(row.is_form(path, key) and row.is_equal(value, wanted) for key, value in parts.items())


def _is_ours_respelled(row: Field, path: str, wanted: Any, after: LiveAssistant) -> bool:
    """Return whether a key is another spelling of a declared one that the server does not return itself."""
    if not row.has_keys:
        return False
    found = row.parts(row.found(after))
    return any(row.is_form(ours, path) for ours in row.parts(wanted) if ours not in found)


def _of_other(row: Field, sides: _Sides) -> Kept | None:
    """Return what became of an undeclared value."""
    if row.forgets(sides.old, sides.new):
        return Kept.LOST
    if row.digest(sides.old) == row.digest(sides.new):
        return None
    return Kept.ADDED if row.extends(sides.old, sides.new) else Kept.LOST


def results(values: Sequence[Verified]) -> Mapping[str, Kept]:
    """Return what became of the values that are remembered, by path."""
    return {one.path: one.kept for one in values if one.kept is not Kept.ADDED}


def failures(values: Sequence[Verified]) -> Iterator[Verified]:
    """Yield the values that are not as they must be."""
    return (one for one in values if one.kept in _FAILED)
