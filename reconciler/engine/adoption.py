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


def stays(  # noqa: PLR0913 - both sides, and what the plan does about each value
    fields: Fields,
    desired: DesiredAssistant,
    live: LiveAssistant,
    *,
    uploads: Mapping[str, LiveFile],
    touched: Collection[str],
    kept: Collection[str],
    file_ids: Collection[str],
) -> Iterator[Found]:
    """Yield every value of an assistant that a plan leaves, mark aside; ``touched`` is as of `touched`.

    ``kept`` are the paths whose value differs from the declared one and stays all the same, and ``file_ids``
    are the uploads that the configuration declares.
    """
    for row in fields:
        if isinstance(row, Files):
            wanted = file_ids if _is_declared(row, desired) else ()
            yield from _files(row, live, uploads=uploads, detached=touched, wanted=wanted)
        else:
            yield from _parts(row, desired, live, touched, kept=kept)
    for name, value in live.others.items():
        yield Found(name, value, known=False)


def touched(changed: Iterable[FieldChange], steps: Iterable[Step]) -> frozenset[str]:
    """Return what an update sets or removes: the paths of fields, and the ids of uploads."""
    detached = (step.id for step in steps if step.kind is StepKind.DETACH)
    return frozenset((*(one.field for one in changed), *detached))


def _is_declared(row: Field, desired: DesiredAssistant) -> bool:
    return row.is_managed(desired) and row.name not in desired.ignored


def _parts(
    row: Field,
    desired: DesiredAssistant,
    live: LiveAssistant,
    changed: Collection[str],
    *,
    kept: Collection[str],
) -> Iterator[Found]:
    """Yield the parts of a field; what a server added to a declared part is not declared, but harmless."""
    wanted = row.parts(row.wanted(desired)) if _is_declared(row, desired) else {}
    found = row.found(live)
    compared = row.parts(found)
    for path, value in row.entire(found).items():
        if path not in changed:
            is_named = path in wanted and path not in kept
            same = is_named and canonical(value) == canonical(compared[path])
            acts = not is_named and not row.is_equal(compared[path], None)
            yield Found(path, value, declared=same, behaves=row.behaves and (same or acts), shape=row.shape)


def _files(
    row: Files,
    live: LiveAssistant,
    *,
    uploads: Mapping[str, LiveFile],
    detached: Collection[str],
    wanted: Collection[str],
) -> Iterator[Found]:
    """Yield one value for each upload that stays attached."""
    if not live.knows_files:
        yield Found(row.name, _NOT_SAID, behaves=row.behaves)
    for one in live.file_ids if live.knows_files else ():
        if one not in detached:
            facts, declared = _facts(uploads.get(one)), one in wanted
            yield Found(f"{row.name}.{one}", facts, declared=declared, behaves=row.behaves, shape=row.shape)


def _facts(upload: LiveFile | None) -> Any:
    """Return the name and the size of an upload, as far as they are known."""
    return {"filename": upload.filename, "bytes": upload.size} if upload else {}
