"""Every way a run can end badly, and the exit code each one has.

::

    ReconcilerError                     1   something went wrong; nothing was changed
    ├── ConfigError                     1   what a person wrote is wrong (in ``reconciler.config.errors``)
    ├── TargetError                    64   no server was named, or not in a usable way
    ├── UsageError                     64   an option's value does not fit the configuration
    ├── GoneError                       1   a collection answers 404: the service is gone, not its objects
    ├── UnsupportedError                1   the server lacks what the configuration needs
    ├── UnreadableObjectError           1   an object of this project is not what the dialect says
    ├── RefusedError                    5   a rule refuses the run; nothing was written
    │   └── UnreviewedError             5   an apply that no user sees needs a review of its plan
    ├── PlanFileError                   1   a plan file cannot be used
    ├── StalePlanError                  4   what was reviewed is not what apply would do now
    ├── StoreError                      1   the state cannot be read or written
    │   ├── UnreadableStateError        1   a state that is damaged, or from a newer version
    │   ├── UnsavedError                1   the store does not take the state; a copy of it is elsewhere
    │   ├── DisclosureError             5   a record would keep a secret; it was not written
    │   ├── NotBegunError               1   a call was not made, since an earlier record is not durable
    │   ├── LockedError                 5   somebody else is changing the same state
    │   └── ConflictError               4   the state moved since it was read
    ├── ForgeError                      1   a forge says no (its tree is in ``reconciler.forges.comments``)
    └── APIError                        1   the wire failed (its tree is in ``reconciler.api.errors``)

Exit codes that are not errors: 0 done, 2 changes with ``--detailed-exitcode``, 3 apply partly done.
70 is a bug of ours; 129, 130 and 143 are interruptions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class ReconcilerError(Exception):
    """The root: catch it and every failure of this project is caught.

    ``ways`` are sentences about how to go on, each with a whole command where there is one.
    """

    exit_code = 1
    ways: Sequence[str] = ()


class TargetError(ReconcilerError):
    """No server was named, or it was named in a way that cannot be used."""

    exit_code = 64


class UsageError(ReconcilerError):
    """An option's value does not fit the configuration it is used with."""

    exit_code = 64


class GoneError(ReconcilerError):
    """A collection itself answered 404 or 410: the service is gone, which says nothing of its objects."""


class UnsupportedError(ReconcilerError):
    """The server lacks something that the configuration needs; nothing was changed."""


class UnreadableObjectError(ReconcilerError):
    """An object of this project is on the server and cannot be read; nothing was changed."""


class RefusedError(ReconcilerError):
    """A rule refuses the whole run; nothing was written."""

    exit_code = 5


class UnreviewedError(RefusedError):
    """An apply that no user sees needs a review of its plan; nothing was written."""

    def __init__(self, message: str, ways: Sequence[str]) -> None:
        super().__init__(message)
        self.ways = tuple(ways)


class PlanFileError(ReconcilerError):
    """A plan file is none, was changed, or comes from a newer version; nothing was sent."""


class StalePlanError(ReconcilerError):
    """What was reviewed is not what apply would do now; nothing was written."""

    exit_code = 4


class StoreError(ReconcilerError):
    """The state could not be read or written."""


class NotBegunError(StoreError):
    """A call was not made, since the store did not take an earlier record; ``reason`` is its error."""

    def __init__(self, reason: StoreError) -> None:
        super().__init__(f"not started: {reason}")
        self.reason = reason


class UnreadableStateError(StoreError):
    """The state is damaged or written by a newer version; it was left exactly as it is."""

    def __init__(self, place: Path | str, problem: str, remedy: str) -> None:
        super().__init__(place, problem, remedy)
        self.place = place
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}. Nothing was changed. {self.remedy}"


class UnsavedError(StoreError):
    """The state could not be written.

    ``rescue`` is a copy of it in another place, if any took one, and ``back`` the command that puts it back.
    ``whole`` tells whether the journal took every record, so that it alone is enough.
    """

    def __init__(
        self, place: Path | str, problem: str, rescue: Path | None, *, whole: bool, back: str = ""
    ) -> None:
        super().__init__(place, problem, rescue, whole, back)
        self.place = place
        self.problem = problem
        self.rescue = rescue
        self.whole = whole
        self.back = back

    def __str__(self) -> str:
        return f"cannot write {self.place}: {self.problem}. {self._copy()} {self._journal()}"

    def _copy(self) -> str:
        if self.rescue is None:
            return "No other place took a copy of it."
        if not self.back:
            return f"A copy is in {self.rescue}."
        return f"A copy is in {self.rescue}; once it can be written, put it back with: {self.back}."

    def _journal(self) -> str:
        if self.whole:
            return "The journal has everything too: the next run reads it."
        return "The journal lacks a part of it; without the copy that is found again by its ownership marks."


class DisclosureError(StoreError):
    """A record would keep a secret of this process; it was not written."""

    exit_code = 5


class LockedError(StoreError):
    """Somebody else holds the lock of this state."""

    exit_code = 5

    def __init__(self, place: Path | str, holder: str) -> None:
        super().__init__(place, holder)
        self.place = place
        self.holder = holder

    def __str__(self) -> str:
        return (
            f"the state is locked by {self.holder} ({self.place}). Nothing was changed. "
            "Wait until that run has ended, then run the same command again."
        )


class ConflictError(StoreError):
    """The stored serial is not the one this run started from."""

    exit_code = 4

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(expected, found)
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        found = f"another serial {self.found}" if self.found == self.expected else f"serial {self.found}"
        return (
            f"the state moved while this run was working: {found} where {self.expected} "
            "was expected. Run the same command again."
        )
