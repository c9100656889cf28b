"""A plan that apply refuses as a whole, and what would allow it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """The rules by which an apply refuses a whole plan."""

    ALL_MISSING = "all_missing"
    NOTHING_DECLARED = "nothing_declared"
    MASS_DELETION = "mass_deletion"
    DRIFT = "drift"
    UNREVIEWED = "unreviewed"
    EVERY_CHANGE = "every_change"
    SECRET = "secret"  # noqa: S105 - the name of a rule


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason to refuse a plan; ``options`` are those of an apply that is allowed, if there are any."""

    rule: Rule
    message: str
    remedy: str = ""
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the reason and the remedy as one sentence."""
        return ": ".join(filter(None, (self.message, self.remedy)))
