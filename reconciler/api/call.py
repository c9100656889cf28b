"""A Call: one exchange with the server, described and not yet made."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

from reconciler.api.types import NOT_GIVEN, NotGiven

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from reconciler.api.types import Body, Headers, Page, Query

T = TypeVar("T")

BETA: Mapping[str, str] = {"OpenAI-Beta": "assistants=v1"}
"""Demanded on /assistants, never sent to /files."""


@dataclass(frozen=True, slots=True)
class Extras:
    """What every endpoint lets its caller add: headers, query, body fields, a timeout in seconds.

    Each wins over what the endpoint itself says.
    """

    headers: Headers | None = None
    query: Query | None = None
    body: Body | None = None
    timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One exchange: equal Calls send equal requests.

    ``path`` holds unescaped segments. ``answer`` reads a successful body and raises ValueError for
    anything but the object it expects. ``repeatable``: sending it twice does what sending it once does.
    """

    method: str
    path: tuple[str, ...]
    answer: Callable[[bytes], T]
    query: Mapping[str, object] = field(default_factory=dict)
    body: Mapping[str, object] | None = None
    parts: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True
    extras: Extras = Extras()

    @property
    def url(self) -> str:
        """The path, every segment percent-encoded."""
        return "/".join(quote(segment, safe="") for segment in self.path)

    @property
    def sent_query(self) -> dict[str, str]:
        """The query as it goes out: nothing that was not given, lists joined by commas."""
        given = {**self.query, **(self.extras.query or {})}
        return {
            key: _text(value) for key, value in given.items() if is_given(value) and value not in (None, "")
        }

    @property
    def sent_body(self) -> dict[str, object] | None:
        """The JSON body as it goes out; None when there is none."""
        if self.body is None and not self.extras.body:
            return None
        given = {**(self.body or {}), **(self.extras.body or {})}
        return {key: value for key, value in given.items() if is_given(value)}


@dataclass(frozen=True, slots=True)
class ListCall(Generic[T]):
    """A Call for one page, and how to ask for the next."""

    page: Call[Page[T]]

    def following(self, found: Page[T]) -> ListCall[T] | None:
        """The call for the next page; None at the end, or when the cursor would not move.

        The walk goes backwards when it was started with ``before``.
        """
        asked = self.page.sent_query
        cursor = "before" if "before" in asked and "after" not in asked else "after"
        last = found.edge(backwards=cursor == "before")
        if found.has_more is False or last is None or last == asked.get(cursor):
            return None
        extras = replace(self.page.extras, query=None)  # it is in what was asked, and must not win again
        return ListCall(replace(self.page, query={**asked, cursor: last}, extras=extras))


def is_given(value: object) -> bool:
    """Whether an argument was given at all; None was."""
    return not isinstance(value, NotGiven)


def segment(name: str, value: str) -> str:
    """An id fit for a path; ValueError when it is empty or would climb."""
    if not value:
        raise ValueError(f"Expected a non-empty value for `{name}` but received {value!r}")
    if value in {".", ".."}:
        raise ValueError(f"{value!r} cannot be an id: it would change the path")
    return value


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(_text(one) for one in value)
    return str(value)
