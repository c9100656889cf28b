"""A remote API as a value: its name, its fields, and how a server that speaks it is reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.errors import UsageError
from reconciler.model.diagnostic import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from reconciler.dialects.provider import Provider
    from reconciler.model.field import Fields
    from reconciler.model.migration import Arrival

DEFAULT = "assistants-v1"
"""The dialect of a configuration that names none."""


@dataclass(frozen=True)
class Connection:
    """Where a server is and how it is reached.

    ``target`` is what a person calls it. ``transport`` makes the requests; one for reading refuses anything
    but GET. Times are in seconds: ``delay`` is the consistency delay, after which lists show every write and
    a request without a response takes effect no more. ``connect_timeout`` and ``timeout`` bound one request.
    ``keeps_rest`` is known of a server whose updates leave alone what they do not name.
    """

    target: str
    url: str
    key: str = field(repr=False)
    transport: Any
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    allow_http: bool = False
    delay: float = 0.0
    timeout: float = 30.0
    connect_timeout: float = 5.0
    keeps_rest: bool = False


@dataclass(frozen=True, eq=False)
class Dialect:
    """One remote API; equal to itself alone, so that what is built of a dialect can be kept.

    ``provider`` connects to a server that speaks it. ``arrivals`` says what is different for a configuration
    that comes from another dialect, by the name of that. ``tried`` says with which servers it was tried, and
    how.
    """

    name: str
    fields: Fields
    provider: Callable[[Connection], AbstractAsyncContextManager[Provider]]
    arrivals: Mapping[str, Arrival] = field(default_factory=dict)
    tried: Mapping[str, str] = field(default_factory=dict)


def _assistants_v1() -> Dialect:
    from reconciler.dialects.assistants_v1 import ASSISTANTS_V1  # noqa: PLC0415 - only the chosen dialect is loaded

    return ASSISTANTS_V1


def _agents_v1() -> Dialect:
    from reconciler.dialects.agents_v1 import AGENTS_V1  # noqa: PLC0415 - the same

    return AGENTS_V1


DIALECTS: dict[str, Callable[[], Dialect]] = {DEFAULT: _assistants_v1, "agents-v1": _agents_v1}
"""Every dialect by its name, loaded when it is chosen."""


def dialect(name: str) -> Dialect:
    """Return the dialect of a name; UsageError for an unknown one."""
    if name not in DIALECTS:
        hint = did_you_mean(name, DIALECTS) or f"known: {', '.join(DIALECTS)}"
        raise UsageError(f"unknown dialect {name!r}; {hint}")
    return DIALECTS[name]()
