"""Retry policy: whether to try again, and when; pure, without a clock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHORTEST = 0.1  # a server that asks for less would be asked in a busy loop
_FIRST_WAIT = 0.5
_DOUBLINGS = 4  # from 0.5 s to 8 s
_JITTER = 0.25
_FORBIDDEN = 403
_TOO_MANY = 429
_TRANSIENT = frozenset({408, 409, _TOO_MANY})
_FAILED = 500
_DONE = frozenset(
    {301, 302, 303}
)  # redirects that many servers send after a write; the answer lies elsewhere


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt without a result.

    ``status`` is None when no answer came; ``sent`` is False when the request cannot have reached the
    server. ``headers`` have lower-case names. ``now`` is the wall clock, for a Retry-After date in an answer
    that does not say by its own Date what time it is there.
    """

    sent: bool = True
    status: int | None = None
    headers: Mapping[str, str] | None = None
    now: float = 0.0

    @property
    def is_known(self) -> bool:
        """Whether it is certain that nothing happened on the server."""
        refused = self.status is not None and not self.is_transient and self.status not in _DONE
        return refused or not self.sent or self.status in {_FORBIDDEN, _TOO_MANY}

    @property
    def is_transient(self) -> bool:
        """Whether another attempt could end differently.

        A 403 could where the server says when: so some forges limit the rate of requests.
        """
        if self.status == _FORBIDDEN:
            return self.asked is not None
        return self.status is None or self.status in _TRANSIENT or self.status >= _FAILED

    @property
    def asked(self) -> float | None:
        """Seconds that the server asks to wait, 0.1 at least; None for a hint that makes no sense."""
        hint = _hint(self.headers or {}, self.now)
        return max(hint, _SHORTEST) if hint is not None and 0 < hint < math.inf else None


@dataclass(frozen=True, slots=True)
class Retry:
    """Limits of retries; the waits are those of the SDK of the time.

    ``repeat_unknown`` allows what is not repeatable to be done twice, rather than perhaps not at all. A
    server may ask for a wait of up to ``longest`` seconds; all waits of a call are at most ``budget``.
    ``patient`` lets that budget alone say how often a server may answer that it is busy.
    """

    times: int = 2
    repeat_unknown: bool = False
    longest: float = 120.0
    budget: float = 300.0
    patient: bool = False

    def __post_init__(self) -> None:
        if self.times < 0:
            raise ValueError(f"max_retries must be 0 or more, not {self.times}")

    def delay(
        self, attempt: int, failure: Failure, *, repeatable: bool, chance: float, waited: float = 0.0
    ) -> float | None:
        """Return seconds to wait before attempt ``attempt + 1``, or None to give up.

        ``attempt`` counts from 0, ``chance`` lies in 0 to 1. What is not repeatable is tried again only
        when it is known that nothing happened, whatever the server asks by ``x-should-retry``. ``waited``
        are the seconds that went by between the attempts so far.
        """
        headers = failure.headers or {}
        asked = headers.get("x-should-retry")
        wanted = asked == "true" or (failure.is_transient and asked != "false")
        harmless = repeatable or self.repeat_unknown or failure.is_known
        is_awaited = self.patient and failure.status == _TOO_MANY
        if (attempt >= self.times and not is_awaited) or not (wanted and harmless):
            return None
        own = _FIRST_WAIT * 2.0 ** min(attempt + 1, _DOUBLINGS) * (1 - _JITTER * chance)
        wait = failure.asked or own
        return None if wait > self.longest or waited + wait > self.budget else wait

    def excess(self, failure: Failure, waited: float) -> str:
        """Return the addition to an error about a wait that is too long; empty when it is not."""
        asked = failure.asked
        if asked is None or (asked <= self.longest and waited + asked <= self.budget):
            return ""
        return (
            f"; the server asks to wait {asked:.10g} s, and a call waits {self.longest:g} s at once "
            f"and {self.budget:g} s in all at most"
        )


def _hint(headers: Mapping[str, str], now: float) -> float | None:
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is not None or text is None:
        return seconds
    until, there = _moment(text), _moment(headers.get("date", ""))
    return None if until is None else until - (now if there is None else there)


def _moment(text: str) -> float | None:
    try:
        when = parsedate_to_datetime(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
