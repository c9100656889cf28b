"""The results of a Plan: Events while it runs, one Outcome for each Change, a Report of them all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from reconciler.model.plan import Counts

if TYPE_CHECKING:
    from reconciler.model.change import Change, Step


class Result(StrEnum):
    """The end of a Change; ``unknown`` is a call whose effect could not be found out."""

    APPLIED = "applied"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


class Kept(StrEnum):
    """What a server made of a value that was sent to it, or of one that was not.

    DECLARED: it keeps what was declared. NORMALISED: it keeps it in a form of its own. IGNORED: it keeps the
    value from before. LOST: it lost or replaced an undeclared value. ADDED: it added one.
    """

    DECLARED = "declared"
    NORMALISED = "normalised"
    IGNORED = "ignored"
    LOST = "lost"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Verified:
    """One value after a write; ``sent`` is what was declared, ``found`` what the server keeps.

    Of an undeclared value, ``sent`` is the one from before.
    """

    path: str
    kept: Kept
    sent: Any = None
    found: Any = None


class Cause(StrEnum):
    """The cause of a Change that was not applied."""

    NONE = ""
    ERROR = "error"
    STALE = "stale"
    REFUSED = "refused"
    IGNORED = "ignored"
    DEPENDENCY = "dependency"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one Change; ``written`` if at least one of its calls took, or may have taken, effect.

    ``verified`` are the values of an assistant after its writes: those that are managed, and those that the
    server changed besides. It is empty where nothing was written. ``deleted`` are the uploads of a file that
    were deleted.
    """

    change: Change
    result: Result
    cause: Cause = Cause.NONE
    message: str = ""
    request_id: str = ""
    written: bool = False
    id: str = ""
    verified: tuple[Verified, ...] = ()
    deleted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """A step's call is about to be made."""

    change: Change
    step: Step


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step's call succeeded, after so many seconds."""

    change: Change
    step: Step
    seconds: float


@dataclass(frozen=True, slots=True)
class Ended:
    """A Change ended without being applied; its steps report the applied part."""

    outcome: Outcome


Event: TypeAlias = Started | Stepped | Ended


@dataclass(frozen=True)
class Report:
    """All Outcomes, in plan order.

    ``interrupted`` names the signal that ended the run early, or is 0. ``unsaved`` says why the state
    could not be saved at the end, or is empty.
    """

    outcomes: tuple[Outcome, ...]
    interrupted: int = 0
    unsaved: str = ""

    @cached_property
    def counts(self) -> Counts:
        """The numbers of resources really added, changed and destroyed."""
        return Counts.of(end.change for end in self.outcomes if end.result is Result.APPLIED)

    @property
    def unfinished(self) -> tuple[Outcome, ...]:
        """Every Outcome that is not ``applied``."""
        return tuple(end for end in self.outcomes if end.result is not Result.APPLIED)

    @property
    def exit_code(self) -> int:
        """The exit code: 0 applied; 3 written in part; else 5 refused, 4 stale, 1 failed."""
        if self.interrupted:
            return 128 + self.interrupted
        if not self.unfinished and not self.unsaved:
            return 0
        if any(outcome.written for outcome in self.outcomes):
            return 3
        causes = {outcome.cause for outcome in self.unfinished}
        return 5 if Cause.REFUSED in causes else 4 if Cause.STALE in causes else 1
