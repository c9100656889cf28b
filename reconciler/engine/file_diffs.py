"""The texts of files that a plan replaces, old and new."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from reconciler.engine.ownership import PlannerInput
from reconciler.engine.proofs import Proofs
from reconciler.model.change import Action
from reconciler.model.resource import DesiredFile

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import IO, TypeAlias

    from reconciler.engine.planned_run import PlannedRun
    from reconciler.model.change import Change

    Content: TypeAlias = Callable[[str], Awaitable[bytes | None]]

LARGEST = 1_000_000  # bytes of a text
_OTHER = "the old upload is not the one that was applied"


async def with_texts(
    planned: PlannedRun, content: Content, reopen: Callable[[DesiredFile], IO[bytes]]
) -> PlannedRun:
    """Return the run with both texts of every replaced file; ``content`` reads an upload.

    A file that is not UTF-8, or larger than LARGEST, stays without. Where the server does not let users read
    the old one, or does not prove it to be the one that was applied, a note says so. The plan's digest stays
    the same.
    """
    inputs = PlannerInput(planned.desired, planned.live, planned.state, planned.options)
    proofs = Proofs.of(inputs, planned.state.files)
    changes = [
        await _explained(change, planned, proofs, content=content, reopen=reopen)
        for change in planned.plan.changes
    ]
    return replace(planned, plan=replace(planned.plan, changes=tuple(changes)))


async def _explained(
    change: Change,
    planned: PlannedRun,
    proofs: Proofs,
    *,
    content: Content,
    reopen: Callable[[DesiredFile], IO[bytes]],
) -> Change:
    file, bound = planned.desired.by_address.get(change.address), planned.state.files.get(change.address)
    is_swap = change.action is Action.REPLACE and change.fields
    if not (is_swap and bound and isinstance(file, DesiredFile)) or max(file.size, bound.size) > LARGEST:
        return change
    if not proofs.is_certain(bound.current):
        return replace(change, note=_OTHER)
    old = await content(bound.id)
    if old is None:
        return replace(change, note="the server does not let users read its old content")
    if sha256(old).hexdigest() != bound.sha256:
        return replace(change, note=_OTHER)
    with reopen(file) as stream:
        before, after = _text(old), _text(stream.read())
    if before is None or after is None:
        return change
    first, *rest = change.fields
    return replace(change, fields=(replace(first, texts=(before, after)), *rest))


def _text(content: bytes) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None
