"""Objects of a list that cannot be read, kept aside by their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.api.types import Unreadable
from reconciler.model.mark import MARK_KEY, Mark
from reconciler.model.resource import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.model.address import Kind


def unread(objects: Iterable[object], kind: Kind) -> dict[str, Unread]:
    """Return what cannot be read by its id; what has no usable id is numbered."""
    aside = [one for one in objects if isinstance(one, Unreadable)]
    named = [
        (one.id or f"{kind} {number} without a usable id", one) for number, one in enumerate(aside, start=1)
    ]
    return {name: Unread(name, kind, one.problem, _mark(one.sent)) for name, one in named}


def _mark(sent: Mapping[str, Any]) -> Mark | None:
    metadata = sent.get("metadata")
    return Mark.parse(metadata.get(MARK_KEY)) if isinstance(metadata, dict) else None
