"""Secrets that stop a command which would store them, and where each comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.redactor import Redactor

REVOKE: Final = "Take it out of there, and revoke it"
"""What to do about a secret that is repeated, unless its source says more."""


class Source(NamedTuple):
    """Where a secret comes from, such as ``OPENAI_API_KEY``, and what to do where it is repeated."""

    place: str
    remedy: str = REVOKE


@dataclass(frozen=True)
class Sources:
    """The secrets that must not be stored, each with its source."""

    known: Mapping[str, Source] = field(default_factory=dict, repr=False)

    @cached_property
    def redactor(self) -> Redactor:
        """What finds all of them."""
        return _redactor(*self.known)

    def leaks(self, text: str) -> bool:
        """Return whether a text repeats one of them."""
        return bool(self.known) and self.redactor.leaks(text)

    def of(self, value: Any) -> Source | None:
        """Return the source of the first secret that a JSON value repeats; None if it repeats none."""
        if not self.redactor.hides(value):
            return None
        repeated = (one for secret, one in self.known.items() if _redactor(secret).hides(value))
        return next(repeated, Source("a secret of this run"))


def _redactor(*secrets: str) -> Redactor:
    from reconciler.model.redactor import Redactor  # noqa: PLC0415 - costs time, and many commands need none

    return Redactor.of(*secrets)
