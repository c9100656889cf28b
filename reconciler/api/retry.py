"""Again, or not, and when: pure, without a clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_HINT = 60.0
_FIRST_WAIT = 0.5
_DOUBLINGS = 4  # from 0.5 s to 8 s
_JITTER = 0.25
_TOO_MANY = 429
_TRANSIENT = frozenset({408, 409, _TOO_MANY})
_FAILED = 500
_SEE_OTHER = 303  # the one redirect that says: done, and the answer lies elsewhere


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt gave no result.

    ``status`` is None when no answer came; ``sent`` is False when the request cannot have reached the
    server. ``headers`` have lower-case names. ``now`` is the wall clock, for Retry-After dates.
    """

    sent: bool = True
    status: int | None = None
    headers: Mapping[str, str] | None = None
    now: float = 0.0

    @property
    def is_known(self) -> bool:
        """Whether it is certain that nothing happened on the server."""
        refused = self.status is not None and not self.is_transient and self.status != _SEE_OTHER
        return refused or not self.sent or self.status == _TOO_MANY

    @property
    def is_transient(self) -> bool:
        """Whether another attempt could end differently."""
        return self.status is None or self.status in _TRANSIENT or self.status >= _FAILED


@dataclass(frozen=True, slots=True)
class Retry:
    """How often to try again, at most; the waits are those of the SDK of the time.

    ``repeat_unknown`` allows what is not repeatable to be done twice, rather than perhaps not at all.
    """

    times: int = 2
    repeat_unknown: bool = False

    def __post_init__(self) -> None:
        if self.times < 0:
            raise ValueError(f"max_retries must be 0 or more, not {self.times}")

    def delay(self, attempt: int, failure: Failure, *, repeatable: bool, chance: float) -> float | None:
        """Seconds to wait before attempt ``attempt + 1``, or None to give up.

        ``attempt`` counts from 0, ``chance`` lies in 0 to 1. What is not repeatable is tried again only
        when it is known that nothing happened, whatever the server asks by ``x-should-retry``.
        """
        headers = failure.headers or {}
        asked = headers.get("x-should-retry")
        wanted = asked == "true" or (failure.is_transient and asked != "false")
        harmless = repeatable or self.repeat_unknown or failure.is_known
        if attempt >= self.times or not (wanted and harmless):
            return None
        hint = _hint(headers, failure.now)
        if hint is not None and 0 < hint <= _LONGEST_HINT:
            return hint
        return _FIRST_WAIT * 2.0 ** min(attempt + 1, _DOUBLINGS) * (1 - _JITTER * chance)


def _hint(headers: Mapping[str, str], now: float) -> float | None:
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is not None or text is None:
        return seconds
    try:
        when = parsedate_to_datetime(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, OverflowError):
        return None


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
