"""What the replies of a server mean: agents in their normal form, and refusals in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reconciler.api.errors import BadRequestError, NotFoundError
from reconciler.dialects.agents_v1.settings import Settings
from reconciler.dialects.agents_v1.tools import nested
from reconciler.model.resource import LiveAssistant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.api.agents_types import Agent
    from reconciler.api.errors import APIStatusError
    from reconciler.model.field import Fields

_ABSENT: Final[Mapping[str, Mapping[str, Any]]] = {
    "compaction": {"async": False},
    "experimental": {"time_awareness": False},
}
"""What a setting is that a server leaves out."""
_GONE = 410


def live_agent(agent: Agent, fields: Fields) -> LiveAssistant:
    """Return the normal form: an absent value is None, absent tools, settings and metadata are empty."""
    raw = agent.as_sent()
    values = {row.name: raw.get(row.name) for row in fields.plain}
    values["tools"] = nested(values["tools"] or [])
    for row in fields.plain:
        if isinstance(row, Settings):
            values[row.name] = values[row.name] or _ABSENT.get(row.name, {})
    metadata = raw.get("metadata") or {}
    pairs = {key: str(value) for key, value in metadata.items() if value is not None}
    odd = {key: value for key, value in metadata.items() if not isinstance(value, str | None)}
    extra = {name: one for name, one in (agent.model_extra or {}).items() if one not in (None, "", [], {})}
    return LiveAssistant(agent.id, agent.created_at, values, pairs, file_ids=(), raw=odd, others=extra)


def meaning(cause: APIStatusError, target: str) -> str:
    """Return what a refusal of the list of agents means; it never means that nothing exists."""
    if isinstance(cause, NotFoundError) or cause.status_code == _GONE:
        return (
            f"{target} answers {cause.status_code} to its list of agents, so it does not speak agents-v1 "
            "there: either it speaks another dialect, or the URL is wrong (it must end in the version, as in "
            f"/v1). Nothing was changed. The answer: {cause}"
        )
    if isinstance(cause, BadRequestError) and "invalid_beta" in {cause.code, cause.type}:
        return f"{target} does not speak agents=v1. Nothing was changed. The answer: {cause}"
    return ""
