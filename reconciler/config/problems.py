"""The problems of one configuration: the first hundred are kept, the others counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.config.causes import Causes
from reconciler.config.codes import RULES
from reconciler.config.errors import ConfigError
from reconciler.config.exceptions import Exceptions
from reconciler.model.diagnostic import MOST_COUNTED, Suggestions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model.diagnostic import Diagnostic, Origin

KEPT: Final = 100
"""Problems that are shown; errors come before warnings."""
_SHAPE = frozenset(code for code in RULES if code < "AS3") | {"AS403", "AS404"}


class Problems:
    """Collects the problems of a configuration, each once; ``suggestions`` are for those who report them.

    ``most`` are kept, the others counted. Of those that many files have for one reason, the first stands for
    all.

    ``notes`` explain the files, by their paths, that are wrong as a whole: one is taken with the first error
    about the shape of its file.

    What ``exceptions`` may allow is held until it is known which assistants it is about. The
    ten-thousandth error ends the reading with a ConfigError. Warnings end nothing.
    """

    def __init__(self, found: Iterable[Diagnostic] = (), *, most: int = KEPT) -> None:
        self.most = most
        self.suggestions = Suggestions()
        self.exceptions = Exceptions()
        self.notes: dict[str, Diagnostic] = {}
        self._held: list[Diagnostic] = []
        self._errors: list[Diagnostic] = []
        self._warnings: list[Diagnostic] = []
        self._more = self._found = 0  # errors that are not described, and that are
        self._merged = 0  # that another one stands for
        self._causes = Causes()
        self._seen: set[tuple[Origin, str]] = set()
        self.extend(found)

    @property
    def has_errors(self) -> bool:
        """Whether one of them is an error."""
        return bool(self._errors)

    @property
    def describes_errors(self) -> bool:
        """Whether another error would be shown, and not only counted."""
        return len(self._errors) < self.most

    @property
    def is_full(self) -> bool:
        """Whether another warning would not even be counted."""
        return len(self._seen) + self._more >= MOST_COUNTED

    @property
    def total(self) -> int:
        """How many were found, at most MOST_COUNTED; one for each cause."""
        return min(len(self._seen) + self._more, MOST_COUNTED) - self._merged

    @property
    def omitted(self) -> int:
        """How many are not shown."""
        return self.total - len(self.ordered())

    def append(self, problem: Diagnostic) -> None:
        """Take a problem; ConfigError where it is one error too many."""
        if self.exceptions.may_permit(problem) and len(self._held) < MOST_COUNTED:
            self._held.append(problem)
        else:
            self._take(problem)

    def decide(self) -> None:
        """Take what was held and no exception allows; ConfigError as for one."""
        held, self._held = self._held, []
        for problem in held:
            if not self.exceptions.permit(problem):
                self._take(problem)

    def _take(self, problem: Diagnostic) -> None:
        problem = self.exceptions.placed(problem)
        if (problem.origin, problem.message) in self._seen or (problem.is_warning and self.is_full):
            return
        kept = self._warnings if problem.is_warning else self._errors
        if self._causes.merge(problem):
            self._merged += 1
        elif len(kept) < self.most:
            kept.append(problem)
        if problem.is_warning:
            self._seen.add((problem.origin, problem.message))
        else:
            self._explain(problem)
            self.note(problem.origin, problem.message)

    def _explain(self, problem: Diagnostic) -> None:
        if problem.code in _SHAPE and (note := self.notes.pop(problem.origin.path, None)):
            self._take(note)

    def extend(self, problems: Iterable[Diagnostic]) -> None:
        """Take problems in turn; ConfigError as for one."""
        for problem in problems:
            self.append(problem)

    def note(self, origin: Origin, message: str) -> None:
        """Count an error once, without its description; ConfigError as for one."""
        if (origin, message) not in self._seen:
            self._seen.add((origin, message))
            self._found += 1
            self._end_if_full()

    def count(self, errors: int) -> None:
        """Count errors that are not described; ConfigError as for one."""
        self._more += min(errors, MOST_COUNTED)
        self._end_if_full()

    def ordered(self) -> tuple[Diagnostic, ...]:
        """Return the first of them in the order of their positions, errors before warnings."""
        kept = map(self._causes.whole, [*self._errors, *self._warnings][: self.most])
        return tuple(sorted(kept, key=lambda problem: problem.origin))

    def copy(self) -> Problems:
        """Return a collection that begins with these."""
        other = Problems(most=self.most)
        other._errors, other._warnings = [*self._errors], [*self._warnings]
        other._more, other._found, other._seen = self._more, self._found, {*self._seen}
        other.notes = {**self.notes}
        other._merged, other._causes = self._merged, self._causes.copy()
        return other

    def error(self) -> ConfigError:
        """Return the error that has them all."""
        return ConfigError(self.ordered(), self.omitted)

    def _end_if_full(self) -> None:
        if self._found + self._more >= MOST_COUNTED:
            raise self.error()
