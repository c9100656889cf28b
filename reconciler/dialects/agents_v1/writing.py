"""What an update of an agent sends, and what of the reply are values.

Settings are replaced whole by this API, so the keys that stay are sent too, as they came. In the reply, a
key that was cleared has what the server chooses in its place, which is no value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reconciler.dialects.agents_v1.settings import Settings
from reconciler.dialects.agents_v1.tools import Tools, flat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.field import Field, Fields
    from reconciler.model.resource import LiveAssistant

_MERGED: Final = "experimental"
"""The one setting whose keys this API sets one by one."""


def created(fields: Fields, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a create sends: nothing that is cleared, since a new agent has no value yet."""
    sent = {name: _sent(fields.by_name[name], value) for name, value in values.items()}
    return {name: value for name, value in sent.items() if value is not None}


def updated(fields: Fields, values: Mapping[str, Any], live: LiveAssistant) -> dict[str, Any]:
    """Return what an update sends of some values, of settings the changed keys alone."""
    body: dict[str, Any] = {}
    for name, value in values.items():
        row = fields.by_name[name]
        if name == _MERGED:
            body[name] = {key: False if inner is None else inner for key, inner in (value or {}).items()}
        elif isinstance(row, Settings):
            body[name] = _whole(name, row.found(live) or {}, value or {})
        else:
            body[name] = _sent(row, value)
    return {name: value for name, value in body.items() if name != _MERGED or value}


def _sent(row: Field, value: Any) -> Any:
    """Return a value as the wire has it; None for none."""
    if isinstance(row, Tools):
        return flat(value or ()) or None
    if isinstance(row, Settings):
        return {key: inner for key, inner in (value or {}).items() if inner is not None} or None
    return value


def _whole(name: str, found: Mapping[str, Any], changed: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return all of a setting; None where nothing of it is left."""
    whole = {key: inner for key, inner in {**found, **changed}.items() if inner is not None}
    if name == "multi_agent" and not whole.get("enabled"):
        kept = {"enabled"} | {key for key, inner in changed.items() if inner is not None}
        whole = {key: inner for key, inner in whole.items() if key in kept}
    return whole or None


def kept(
    fields: Fields, reply: Mapping[str, Any], values: Mapping[str, Any], before: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the values of a reply to a write, without what the server chose where nothing was sent.

    ``before`` are the values that it replaced; None after a create, to which every key is new.
    """
    found = dict(reply)
    for row in fields.plain:
        if isinstance(row, Settings) and (before is None or row.name in values):
            found[row.name] = _kept(
                reply[row.name] or {}, values.get(row.name) or {}, (before or {}).get(row.name) or {}
            )
    return found


def _kept(reply: Mapping[str, Any], sent: Mapping[str, Any], before: Mapping[str, Any]) -> Mapping[str, Any]:
    ours = {key: reply.get(key) for key, inner in sent.items() if inner is not None}
    others = {key: inner for key, inner in before.items() if key not in sent}
    return {**others, **ours}
