"""The texts of files that a plan replaces, old and new, for whoever wants to read what differs in them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model.change import Action
from reconciler.model.resource import DesiredFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    from reconciler.model.change import Change
    from reconciler.model.plan import Plan
    from reconciler.model.resource import Desired
    from reconciler.providers import Provider

LARGEST = 1_000_000  # bytes of a text that anybody would read


async def with_texts(
    plan: Plan, desired: Desired, provider: Provider, reopen: Callable[[DesiredFile], IO[bytes]]
) -> Plan:
    """The same plan with both texts of every file that is replaced; one request each, and only reads.

    A file that is no UTF-8, or larger than LARGEST, stays without; of one that the server lets nobody
    read the Change says so. The plan's digest stays the same.
    """
    changes = [await _explained(change, desired, provider, reopen) for change in plan.changes]
    return replace(plan, changes=tuple(changes))


async def _explained(
    change: Change, desired: Desired, provider: Provider, reopen: Callable[[DesiredFile], IO[bytes]]
) -> Change:
    file = desired.by_address.get(change.address)
    if change.action is not Action.REPLACE or not isinstance(file, DesiredFile) or not change.fields:
        return change
    field = change.fields[0]
    if max(side["bytes"] for side in (field.before, field.after) if side) > LARGEST:
        return change
    old = await provider.content(change.id)
    if old is None:
        return replace(change, note="the server lets nobody read its old content")
    with reopen(file) as stream:
        texts = _text(old), _text(stream.read())
    if texts[0] is None or texts[1] is None:
        return change
    return replace(change, fields=(replace(field, texts=(texts[0], texts[1])), *change.fields[1:]))


def _text(content: bytes) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None
