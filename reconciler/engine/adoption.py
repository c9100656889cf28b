"""What an adopted assistant holds besides what a plan sets.

A mark can be copied, so an assistant that only its mark makes ours may hold what no reviewer has seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.model.canonical import canonical
from reconciler.model.change import Found, StepKind
from reconciler.model.field import Files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from reconciler.model.change import FieldChange, Step
    from reconciler.model.field import Field, Fields
    from reconciler.model.resource import DesiredAssistant, LiveAssistant, LiveFile

_NOT_SAID = "the server does not say which"


def stays(
    fields: Fields,
    desired: DesiredAssistant,
    live: LiveAssistant,
    *,
    uploads: Mapping[str, LiveFile],
    touched: Collection[str],
) -> Iterator[Found]:
    """Yield every value of an assistant that a plan leaves, mark aside; ``touched`` is as of `touched`."""
    for row in fields:
        if isinstance(row, Files):
            yield from _files(row, desired, live, uploads=uploads, detached=touched)
        else:
            yield from _parts(row, desired, live, touched)
    for name, value in live.others.items():
        yield Found(name, value, known=False)


def touched(changed: Iterable[FieldChange], steps: Iterable[Step]) -> frozenset[str]:
    """Return what an update sets or removes: the paths of fields, and the ids of uploads."""
    detached = (step.id for step in steps if step.kind is StepKind.DETACH)
    return frozenset((*(one.field for one in changed), *detached))


def _is_declared(row: Field, desired: DesiredAssistant) -> bool:
    return row.is_managed(desired) and row.name not in desired.ignored


def _parts(
    row: Field, desired: DesiredAssistant, live: LiveAssistant, changed: Collection[str]
) -> Iterator[Found]:
    """Yield the parts of a field; what a server added to a declared part is not declared, but harmless."""
    wanted = row.parts(row.wanted(desired)) if _is_declared(row, desired) else {}
    found = row.found(live)
    compared = row.parts(found)
    for path, value in row.entire(found).items():
        if path not in changed:
            same = path in wanted and canonical(value) == canonical(compared[path])
            acts = path not in wanted and not row.is_equal(compared[path], None)
            yield Found(path, value, declared=same, behaves=row.behaves and (same or acts), shape=row.shape)


def _files(
    row: Files,
    desired: DesiredAssistant,
    live: LiveAssistant,
    *,
    uploads: Mapping[str, LiveFile],
    detached: Collection[str],
) -> Iterator[Found]:
    """Yield one value for each upload that stays attached."""
    declared = _is_declared(row, desired)
    if not live.knows_files:
        yield Found(row.name, _NOT_SAID, behaves=row.behaves)
    for one in live.file_ids if live.knows_files else ():
        if one not in detached:
            yield Found(f"{row.name}.{one}", _facts(uploads.get(one)), declared=declared, behaves=row.behaves)


def _facts(upload: LiveFile | None) -> Any:
    """Return the name and the size of an upload, as far as they are known."""
    return {"filename": upload.filename, "bytes": upload.size} if upload else {}
