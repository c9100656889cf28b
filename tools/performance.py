"""The plot and the table of docs/performance.md, made of BENCHMARKS.md; `make bench` runs it."""

from __future__ import annotations

import math
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from bench.table import Benchmarks, read, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.ratios import Cost

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "BENCHMARKS.md"
PAGE = ROOT / "docs/performance.md"
PLOT = ROOT / "docs/pictures/performance.svg"
WORKS = ("validate", "no-op plan", "apply", "CSafeLoader")
BLOCK = re.compile(r"(?<=<!-- measured -->\n).*?(?=<!-- end -->)", re.DOTALL)

WIDTH = 900
STYLE = """\
text { font: 12px system-ui, sans-serif; fill: #1f2328 } .small { font-size: 11px }
.title { font-weight: 600 } .end { text-anchor: end } .middle { text-anchor: middle }
.grid { stroke: #d1d9e0 } .figure { stroke: #1f2328; stroke-dasharray: 4 3 }
.line { fill: none; stroke-width: 2 } .within { fill: #1a7f5a } .over { fill: #cf222e }
.s0 { stroke: #0969da; fill: #0969da } .s1 { stroke: #8250df; fill: #8250df }
.s2 { stroke: #bc4c00; fill: #bc4c00 } .s3 { stroke: #6e7781; fill: #6e7781 }
.line.s0, .line.s1, .line.s2, .line.s3 { fill: none }
.sheet { fill: #fff }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .sheet { fill: #0d1117 } .grid { stroke: #3d444d } .figure { stroke: #f0f6fc }
}"""


class Panel:
    """A chart of lines over the number of assistants; both axes are logarithmic."""

    def __init__(self, title: str, left: int, value: Callable[[Cost], float], unit: str) -> None:
        self.title, self.left, self.value, self.unit = title, left, value, unit
        self.width, self.top, self.height = 330, 66, 210

    def drawn(self, found: Benchmarks) -> list[str]:
        """Return its elements."""
        counts = [one.count for one in found.growth]
        values = [self.value(cost) for one in found.growth for cost in one.costs.values()]
        self.across, self.up = _decades(counts), _decades(values)
        return [
            _text(self.left, self.top - 12, self.title, "title"),
            *(part for count in counts for part in self._column(count)),
            *(part for power in range(*self.up) for part in self._level(power)),
            *(part for number, work in enumerate(WORKS) for part in self._line(found, number, work)),
        ]

    def _x(self, count: float) -> float:
        return self.left + self.width * _share(count, self.across)

    def _y(self, value: float) -> float:
        return self.top + self.height * (1 - _share(value, self.up))

    def _column(self, count: int) -> list[str]:
        x, bottom = self._x(count), self.top + self.height
        return [
            f'<line class="grid" x1="{x:.1f}" y1="{self.top}" x2="{x:.1f}" y2="{bottom}"/>',
            _text(x, bottom + 16, f"{count:,}", "small middle"),
        ]

    def _level(self, power: int) -> list[str]:
        y = self._y(10**power)
        label = f"{10**power:,g} {self.unit}"
        return [
            f'<line class="grid" x1="{self.left}" y1="{y:.1f}" x2="{self.left + self.width}" y2="{y:.1f}"/>',
            _text(self.left - 6, y + 4, label, "small end"),
        ]

    def _line(self, found: Benchmarks, number: int, work: str) -> list[str]:
        costs = [(one.count, self.value(one.costs[work])) for one in found.growth if work in one.costs]
        points = [(self._x(count), self._y(value)) for count, value in costs]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dots = [f'<circle class="s{number}" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in points]
        return [f'<polyline class="line s{number}" points="{path}"/>', *dots]


def _decades(values: list[float] | list[int]) -> tuple[int, int]:
    """Return the powers of ten below and above."""
    return math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1


def _share(value: float, powers: tuple[int, int]) -> float:
    """Return where a value is between the first power and the last."""
    return (math.log10(value) - powers[0]) / (powers[1] - 1 - powers[0])


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def bars(found: Benchmarks, top: int) -> list[str]:
    """Return a bar for each figure: the part of it that was used; one and a half of it is the edge."""
    rows = [(f"{row.title}, {name}", used) for row in found.rows for name, used in row.used.items()]
    left, whole = 470, 240
    parts = [_text(20, top, "Measured ratio as a part of the figure it must not exceed", "title")]
    for number, (label, used) in enumerate(rows):
        y = top + 16 + 18 * number
        kind = "over" if used > 1 else "within"
        length = whole * min(used, 1.5)
        parts += [
            _text(left - 8, y + 10, label.replace("`", ""), "small end"),
            f'<rect class="{kind}" x="{left}" y="{y}" width="{length:.1f}" height="12"/>',
            _text(left + length + 6, y + 10, f"{used:.0%}", "small"),
        ]
    bottom = top + 16 + 18 * len(rows)
    x = left + whole
    return [*parts, f'<line class="figure" x1="{x}" y1="{top + 10}" x2="{x}" y2="{bottom}"/>']


def plot(found: Benchmarks) -> str:
    """Return the whole plot as SVG, which asks for no font and no file."""
    panels = [
        Panel("CPU by number of assistants", 70, lambda one: one.cpu, "s"),
        Panel("Peak memory by number of assistants", 530, lambda one: one.peak, "MiB"),
    ]
    height = 380 + 18 * sum(len(row.used) for row in found.rows)
    legend = [
        part
        for number, work in enumerate(WORKS)
        for part in (
            f'<rect class="s{number}" x="{70 + 150 * number}" y="16" width="12" height="12"/>',
            _text(88 + 150 * number, 26, f"{work} of its text" if work == "CSafeLoader" else work),
        )
    ]
    elements = [*legend, *(part for one in panels for part in one.drawn(found)), *bars(found, 340)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            "<title>Growth of costs, and ratios as parts of their figures</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="sheet" width="{WIDTH}" height="{height}"/>',
            *elements,
            "</svg>\n",
        ]
    )


def table(found: Benchmarks) -> str:
    """Return the table of the page."""
    heads = "".join(f" {work} |" for work in WORKS)
    rows = [f"| assistants |{heads}\n|---:|{'---:|' * len(WORKS)}\n"]
    for one in found.growth:
        cells = [f"{seconds(cost.cpu)}, {cost.peak:.0f} MiB" for cost in one.costs.values()]
        rows.append(f"| {one.count:,} | {' | '.join(cells)} |\n")
    return "".join(rows)


def updated(page: str, found: Benchmarks) -> str:
    """Return the page with the table of these figures."""
    return BLOCK.sub(lambda _: table(found), page)


def main() -> None:
    """Write the plot, and the table into the page."""
    found = read(SOURCE.read_text(encoding="utf-8"))
    PLOT.write_text(plot(found), encoding="utf-8")
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")


if __name__ == "__main__":
    main()
