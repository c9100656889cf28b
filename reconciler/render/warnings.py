"""Warnings about a configuration in few lines: one for each cause, counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reconciler.render.view import count

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from reconciler.model.diagnostic import Diagnostic
    from reconciler.render.document import WarningRecord

MOST: Final = 8
"""Lines that the warnings of one command take."""
_LONGEST = 200  # characters of a message on one line
_WIDTH = 90  # characters of a line that stands for different messages
_LEAST = 30  # characters of its example, however long the place is
ALL: Final = "assistants-sync validate"
"""The command that shows every warning with its lines and its remedy."""


@dataclass(frozen=True, slots=True)
class Group:
    """Warnings of one cause: the first of them, and how many there are.

    Those of one code with different messages are ``alike``; what is true of the first may not be of others.
    """

    code: str
    message: str
    place: str
    number: int = 1
    alike: bool = False

    def __str__(self) -> str:
        """Return it on one line."""
        if self.alike:
            return self._example()
        message = _cut(self.message, _LONGEST)
        if self.number == 1:
            return f"{self.code} {message}" + f" ({self.place})" * bool(self.place)
        return f"{self.code} {message}: {count(self.number, 'time')}, first at {self.place}"

    def _example(self) -> str:
        """Return how many there are, and the first as an example."""
        head, place = f"{self.code} {self.number:,} warnings, such as: ", f" ({self.place})"
        room = max(_LEAST, _WIDTH - len(head) - len(place))
        return f"{head}{_cut(self.message, room)}{place}"


def _cut(message: str, most: int) -> str:
    return message if len(message) <= most else f"{message[:most].rstrip()}…"


def of_diagnostics(warnings: Iterable[Diagnostic]) -> list[Group]:
    """Return warnings as groups of one each."""
    return [Group(one.code, one.message, str(one.origin)) for one in warnings]


def of_records(warnings: Iterable[WarningRecord]) -> list[Group]:
    """Return the warnings of a document as groups of one each."""
    return [Group(one.code, one.message, _place(one)) for one in warnings]


def _place(one: WarningRecord) -> str:
    return ":".join(str(part) for part in (one.file, one.line, one.column) if part)


def grouped(warnings: Sequence[Group], omitted: int = 0, how: str = f"run: {ALL}") -> tuple[str, ...]:
    """Return at most `MOST` lines: one for each cause; the last one counts what they do not show whole.

    Where there are more causes than lines, those of one code share a line. ``how`` has the command that
    shows all of them.
    """
    groups = _gathered(warnings, lambda one: (one.code, one.message))
    if len(groups) > MOST - 1:
        groups = _gathered(warnings, lambda one: (one.code,))
    lines = [str(group) for group in groups[: MOST - 1]]
    number = len(warnings) + omitted
    rest = f"{count(number, 'warning')} in all; to see each of them, {how}"
    return tuple(lines) if len(lines) == number else (*lines, rest)


def _gathered(warnings: Iterable[Group], cause: Callable[[Group], Hashable]) -> list[Group]:
    """Return one group for each cause, in the order of the first warning of each."""
    gathered: dict[Hashable, list[Group]] = {}
    for one in warnings:
        gathered.setdefault(cause(one), []).append(one)
    return [
        replace(some[0], number=len(some), alike=len({one.message for one in some}) > 1)
        for some in gathered.values()
    ]
