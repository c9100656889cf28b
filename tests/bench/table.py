"""BENCHMARKS.md: written from what was measured, and read again for the plot."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bench.ratios import NAMES, Cost, Grown, Limit, Measured

SMALL = 1 / 8
"""A ratio up to this is written as 1/N."""

HEAD = """\
# Benchmarks

Written by `make bench`, from its results and nothing else. {when}, commit {commit}; {machine}.

Each row runs both sides as whole processes, in turn, {runs}.
Costs are medians. A ratio is the median of the ratios of the pairs: below 1, ours costs less.
*Wall* is the time from start to end, *CPU* is user and system time, *peak* is the largest resident memory.
The servers are processes of their own on the same machine. Their costs are not counted.
An assistant has a prompt of 2 KB, two tools and three metadata pairs: 2.7 KB of YAML.
[Performance](docs/performance.md) explains the figures.

## Rows

| work | beside | ours: wall, CPU, peak | the other | ratio: wall, CPU, peak | at most | met |
|---|---|---|---|---|---|---|
"""
GROWTH = """
## Growth

Whole processes; an `apply` creates all assistants on a server that answers at once, and is measured once.

| assistants | work | wall | CPU | peak |
|---:|---|---:|---:|---:|
"""


@dataclass(frozen=True)
class Run:
    """Where and when a whole run of the benchmarks took place."""

    when: str
    commit: str
    machine: str
    runs: int


def page(run: Run, rows: list[Measured], growth: list[Grown]) -> str:
    """Return the whole page."""
    times = "once" if run.runs == 1 else f"{run.runs} times (less often where the row says so)"
    head = HEAD.format(when=run.when, commit=run.commit, machine=run.machine, runs=times)
    grown = [_grown(one.count, name, cost) for one in growth for name, cost in one.costs.items()]
    return head + "".join(f"{line(one)}\n" for one in rows) + GROWTH + "".join(grown)


def line(row: Measured) -> str:
    """Return one row of the table."""
    limits = ", ".join(_limit(one) for one in row.limits) or "-"
    if not row.pairs:
        return _cells(row.title, row.beside, "-", "-", "-", limits, f"no peer: {row.missing}")
    ratios = ", ".join(ratio(row.ratio(name)) for name in NAMES)
    over = ", ".join(NAMES[one.quantity] for one in row.over)
    met = f"no: {over}" if over else "yes" if row.limits else "-"
    return _cells(row.title, row.beside, cost(row.ours), cost(row.theirs), ratios, limits, met)


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def cost(one: Cost) -> str:
    """Return a cost in words."""
    return f"{seconds(one.wall)}, {seconds(one.cpu)}, {one.peak:.0f} MiB"


def seconds(value: float) -> str:
    """Return a time with three digits."""
    return f"{value:.0f} s" if value >= 100 else f"{value:#.3g} s"


def ratio(value: float) -> str:
    """Return a ratio as 1/N or as a number with three digits."""
    return f"1/{1 / value:.3g}" if value <= SMALL + 1e-9 else f"{value:.3g}"


def _limit(one: Limit) -> str:
    unit = {"peak": f"{one.figure:.0f} MiB"}.get(one.quantity, seconds(one.figure))
    return f"{NAMES[one.quantity]} {unit if one.is_absolute else ratio(one.figure)}"


def _grown(count: int, name: str, one: Cost) -> str:
    return _cells(f"{count:,}", name, seconds(one.wall), seconds(one.cpu), f"{one.peak:.0f} MiB") + "\n"


@dataclass(frozen=True)
class Row:
    """A row that was read: its figures in words, and how much of each limit it uses, by quantity."""

    title: str
    beside: str
    ours: str
    theirs: str
    met: str
    used: dict[str, float]


@dataclass(frozen=True)
class Benchmarks:
    """The page, read."""

    rows: list[Row]
    growth: list[Grown]


def read(text: str) -> Benchmarks:
    """Return what a page says; it is one that :func:`page` wrote."""
    parts = text.partition("## Growth")
    return Benchmarks([_row(cells) for cells in _table(parts[0])], _growth(_table(parts[2])))


def _table(text: str) -> list[list[str]]:
    lines = [one for one in text.splitlines() if one.startswith("| ")]
    return [one.strip("| ").split(" | ") for one in lines[1:]]


def _row(cells: list[str]) -> Row:
    title, beside, ours, theirs, ratios, limits, met = cells
    found = dict(zip(NAMES.values(), ratios.split(", "), strict=False)) if ratios != "-" else {}
    used = dict(_used(one, found, ours) for one in _split(limits) if found)
    return Row(title, beside, ours, theirs, met, used)


def _split(limits: str) -> list[str]:
    return [] if limits == "-" else limits.split(", ")


def _used(limit: str, found: dict[str, str], ours: str) -> tuple[str, float]:
    name, figure = limit.split(" ", 1)
    if figure.endswith(("s", "MiB")):
        mine = dict(zip(NAMES.values(), ours.split(", "), strict=True))[name]
        return name, number(mine) / number(figure)
    return name, number(found[name]) / number(figure)


def number(text: str) -> float:
    """Return the number of a cell: ``1/12.8``, ``0.74``, ``3.1 s``, ``46 MiB``."""
    digits = re.sub(r" ?(s|MiB)$", "", text).replace(",", "")
    if digits.startswith("1/"):
        return 1 / float(digits[2:])
    return float(digits)


def _growth(table: list[list[str]]) -> list[Grown]:
    by_count: dict[int, dict[str, Cost]] = {}
    for count, name, *cells in table:
        by_count.setdefault(int(count.replace(",", "")), {})[name] = Cost(*map(number, cells))
    return [Grown(count, costs) for count, costs in by_count.items()]
