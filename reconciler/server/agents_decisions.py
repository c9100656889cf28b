"""Everything about agents that the known facts leave open, decided here and nowhere else.

Where sources contradict each other, a decision says which one is followed.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reconciler.server.refusals import WireError

EFFORT: Final = "medium"
"""The effort of a model that was asked for none: replies have the resolved value, as the hosted service was
seen to answer. Another server returns null, and the types say both."""

ORIGINS: Final[Mapping[str, str]] = {"http": "service", "stdio": "environment"}
"""Where connections to an MCP server begin that names no origin: what is started as a program can only be
reached from the environment in which it runs."""

CREATED: Final = 201
"""The status of a create, as the hosted service was seen to answer; samples of its documentation show 200."""

TYPES: Final[Mapping[int, str]] = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found_error",
    409: "conflict_error",
    429: "rate_limit_error",
    500: "internal_error",
    503: "service_unavailable_error",
}
"""The type of an error by its status. Sources have one word for each and call it type or code, so an error
of these statuses has it as its type, and no code."""

SINGLE: Final = frozenset(
    {"web_search", "tool_search", "programmatic_tool_calling", "computer_use", "automations"}
)
"""Tools of which an agent has one at most. Two of them are known to be so; the others have no name either by
which two could be distinguished."""

SUBAGENTS: Final = 6
"""How many subagents run at the same time where no number is given."""


def typed(error: WireError) -> WireError:
    """Give an error the type that requests for agents get.

    The key is checked before the beta header: sources disagree, and a caller without a key learns nothing.
    """
    if error.status in TYPES:
        error.type, error.code = TYPES[error.status], None
        if error.status == 404:  # noqa: PLR2004 - an unknown path is answered so too
            error.message = "Resource not found."
    return error


def queried(query: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return what of a query counts: unknown keys are ignored, `before` among them, unlike in a body.

    A limit that is out of range is refused: one server clamps it, but the documentation names the range.
    """
    return [(name, value) for name, value in query if name in {"after", "limit", "order"}]


def is_empty(body: bytes) -> bool:
    """Return whether a body counts as an empty object: an empty array was seen to be read so."""
    return body.strip() == b"[]"


def subagents(*, enabled: bool, most: int | None) -> int | None:
    """Return how many subagents may run at the same time: null where there are none, whatever was sent."""
    if not enabled:
        return None
    return SUBAGENTS if most is None else most


def merged(stored: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Lay what was sent over what is stored: a whole value over a whole value.

    The guide says so of every object, and the types say that `experimental` is set key by key: both hold,
    each where it is said.
    """
    experimental = {**stored["experimental"], **sent.get("experimental", {})}
    return {**stored, **sent, "experimental": experimental}
