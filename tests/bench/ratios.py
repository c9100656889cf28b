"""What whole processes cost, the ratios of pairs, and the figures that they must meet: values, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

NAMES = {"wall": "wall", "cpu": "CPU", "peak": "peak"}
"""The quantities by their field of a Cost, with the words for readers."""


@dataclass(frozen=True)
class Cost:
    """What one whole process took: wall and CPU seconds, and its largest memory in MiB."""

    wall: float
    cpu: float
    peak: float


def typical(costs: list[Cost]) -> Cost:
    """Return the median of each quantity."""
    return Cost(*(median(getattr(one, name) for one in costs) for name in NAMES))


@dataclass(frozen=True)
class Limit:
    """The figure that a ratio must not exceed; an absolute one is seconds or MiB of ours."""

    quantity: str
    figure: float
    is_absolute: bool = False


@dataclass(frozen=True)
class Measured:
    """A row with its pairs of costs, ours and the peer's; without any, ``missing`` says why."""

    title: str
    beside: str
    limits: tuple[Limit, ...]
    pairs: tuple[tuple[Cost, Cost], ...]
    missing: str = ""

    @property
    def ours(self) -> Cost:
        """The medians of ours."""
        return typical([mine for mine, _ in self.pairs])

    @property
    def theirs(self) -> Cost:
        """The medians of the peer's."""
        return typical([other for _, other in self.pairs])

    def ratio(self, quantity: str) -> float:
        """Return the median of the paired ratios, which noise of the machine moves less than the medians."""
        return median(getattr(mine, quantity) / getattr(other, quantity) for mine, other in self.pairs)

    def value(self, limit: Limit) -> float:
        """Return what a limit is about."""
        found: float = getattr(self.ours, limit.quantity)
        return found if limit.is_absolute else self.ratio(limit.quantity)

    @property
    def over(self) -> tuple[Limit, ...]:
        """The limits that are exceeded; none where nothing was measured."""
        return tuple(one for one in self.limits if self.pairs and self.value(one) > one.figure)


@dataclass(frozen=True)
class Grown:
    """What so many assistants cost: each command, and CSafeLoader on the same text."""

    count: int
    costs: dict[str, Cost]


def failed(rows: list[Measured]) -> list[Measured]:
    """Return the rows over a figure; a row without its peer does not count."""
    return [one for one in rows if one.over]
