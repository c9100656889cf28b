"""Problems that many files have for one reason: one of them is reported, with the number of the others."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model.diagnostic import Diagnostic, Origin


class _Cause(NamedTuple):
    """What problems have in common that are reported as one."""

    code: str
    reason: str
    help: str
    is_warning: bool


@dataclass(slots=True)
class _Group:
    """The first problem of a cause, in the order of their places; the files and the places of all."""

    first: Diagnostic
    files: set[str] = field(default_factory=set)
    places: set[Origin] = field(default_factory=set)

    def add(self, problem: Diagnostic) -> None:
        self.first = min(self.first, problem, key=lambda one: one.origin)
        self.files.add(problem.file)
        self.places.add(problem.origin)

    @property
    def whole(self) -> Diagnostic:
        """The first problem, with the number of the others."""
        more, noun = len(self.files) - 1, "file"
        if not more:
            more, noun = len(self.places) - 1, "place"
        rest = f" (and {more:,} more {noun}{'s' * (more > 1)})" if more else ""
        return replace(self.first, message=f"{self.first.message}{rest}")


class Causes:
    """The causes of problems that were met so far."""

    def __init__(self) -> None:
        self._groups: dict[_Cause, _Group] = {}

    def merge(self, problem: Diagnostic) -> bool:
        """Take a problem, and return whether an earlier one stands for it."""
        cause = _cause(problem)
        is_known = cause in self._groups
        if cause:
            self._groups.setdefault(cause, _Group(problem)).add(problem)
        return is_known

    def whole(self, problem: Diagnostic) -> Diagnostic:
        """Return the problem that stands for one and all others of its cause."""
        cause = _cause(problem)
        return self._groups[cause].whole if cause in self._groups else problem

    def copy(self) -> Causes:
        """Return a collection that begins with these."""
        other = Causes()
        other._groups = {
            cause: _Group(group.first, {*group.files}, {*group.places})
            for cause, group in self._groups.items()
        }
        return other


def merged(problems: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return problems, one for each cause."""
    causes = Causes()
    first = [problem for problem in problems if not causes.merge(problem)]
    return tuple(map(causes.whole, first))


def _cause(problem: Diagnostic) -> _Cause | None:
    if not problem.reason:
        return None
    return _Cause(problem.code, problem.reason, problem.help, problem.is_warning)
