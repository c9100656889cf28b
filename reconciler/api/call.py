"""A Call: one exchange with the server, described and not yet made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar
from urllib.parse import quote

from reconciler.api.arguments import NOT_GIVEN, NotGiven
from reconciler.api.errors import UnknownOutcomeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from reconciler.api.arguments import Body, Headers, Query
    from reconciler.api.errors import APIError
    from reconciler.api.multipart_part import Part

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Extras:
    """Additions of a caller to any endpoint: headers, query, body fields, a timeout in seconds.

    Each wins over what the endpoint itself says.
    """

    headers: Headers | None = field(default=None, repr=False)
    query: Query | None = field(default=None, repr=False)
    body: Body | None = None
    timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One exchange: equal Calls send equal requests.

    ``path`` holds unescaped segments. ``answer`` reads a successful body and raises ValueError for
    anything but the object it expects. ``repeatable``: sending it twice does what sending it once does.
    ``at_most``: bytes that its answer may have where that is not for the client to say, as it is content.
    """

    method: str
    path: tuple[str, ...]
    answer: Callable[[bytes], T]
    query: Mapping[str, object] = field(default_factory=dict)
    body: Mapping[str, object] | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    repeatable: bool = True
    at_most: int | None = None
    extras: Extras = Extras()

    @property
    def url(self) -> str:
        """The path, every segment percent-encoded."""
        return "/".join(quote(segment, safe="") for segment in self.path)

    def fail(self, error: APIError, *, created_id: str = "") -> NoReturn:
        """Raise the error for the caller: UnknownOutcomeError where the Call may have taken effect once."""
        if self.repeatable or error.had_no_effect:
            raise error
        named = f"{self.method} /{self.url}"
        happened = error.message.removeprefix(f"{named} ")
        by = "the server " if happened != error.message else ""
        raise UnknownOutcomeError(
            f"{named} may or may not have taken effect: {by}{happened}",
            created_id=created_id,
            status_code=error.status_code,
            request_id=error.request_id,
            body=error.body,
        ) from error

    @property
    def is_replayable(self) -> bool:
        """Whether what it sends can be read once more: a pipe that is uploaded cannot."""
        return all(part.is_replayable for part in self.parts.values())

    @property
    def sent_query(self) -> dict[str, str]:
        """The query as it goes out: nothing that was not given, lists joined by commas."""
        return written({**self.query, **(self.extras.query or {})})

    @property
    def sent_body(self) -> dict[str, object] | None:
        """The JSON body as it goes out; None when there is none."""
        if self.body is None and not self.extras.body:
            return None
        fields = {**(self.body or {}), **(self.extras.body or {})}
        return {key: value for key, value in fields.items() if is_given(value)}


def is_given(value: object) -> bool:
    """Return whether an argument was given at all; None was."""
    return not isinstance(value, NotGiven)


def segment(name: str, value: str) -> str:
    """Return an id for a path; ValueError when it is empty or would climb, TypeError for no string."""
    if not value:
        raise ValueError(f"Expected a non-empty value for `{name}` but received {value!r}")
    if not isinstance(value, str):
        raise TypeError(f"`{name}` must be a str, not {type(value).__name__}")
    if value in {".", ".."}:
        raise ValueError(f"{value!r} cannot be an id: it would change the path")
    return value


def written(query: Mapping[str, object]) -> dict[str, str]:
    """Return a query as it goes out: nothing that was not given, lists joined by commas."""
    return {key: _text(value) for key, value in query.items() if is_given(value) and value not in (None, "")}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(_text(item) for item in value)
    return str(value)
