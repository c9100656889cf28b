"""The page about performance shows what BENCHMARKS.md has, and the limits of the program."""

import re
from pathlib import Path

import click
import performance
from bench.table import read

from reconciler.cli.main import program
from reconciler.config.source import MAX_BYTES
from reconciler.config.text import MAX_ENTRIES
from reconciler.dialects import listing

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/performance.md").read_text()
BENCHMARKS = (ROOT / "BENCHMARKS.md").read_text()
FOUND = read(BENCHMARKS)
FIGURE = re.compile(r"[\d.,]+ (?:s|ms|MiB)\b")


def test_the_plot_is_drawn_of_the_benchmarks():
    assert performance.PLOT.read_text() == performance.plot(FOUND)


def test_the_table_is_that_of_the_benchmarks():
    assert performance.updated(PAGE, FOUND) == PAGE
    assert len(FOUND.growth) > 2


def test_each_figure_is_in_the_benchmarks():
    measured = PAGE.partition("## Limits")[0]
    figures = {one.strip(",") for one in FIGURE.findall(measured)}

    assert len(figures) > 10
    assert {one for one in figures if one not in BENCHMARKS} == set()


def test_the_limits_are_those_of_the_program():
    limits = dict(
        re.findall(r"^\| ([^|]+) \| ([\d,]+(?: MiB)?) \|$", PAGE.partition("## Limits")[2], re.MULTILINE)
    )
    parallelism = next(one for one in program.commands["apply"].params if one.name == "parallelism")

    assert isinstance(parallelism.type, click.IntRange)
    assert limits == {
        "entries of one mapping, such as `assistants:` in one file": f"{MAX_ENTRIES:,}",
        "bytes of one YAML file": f"{MAX_BYTES // 2**20} MiB",
        "pages of a list": f"{listing._PAGES:,}",  # noqa: SLF001 - no other module needs it
        "`--parallelism`": f"{parallelism.type.max}",
    }


def test_the_plot_loads_nothing():
    drawn = performance.PLOT.read_text()

    assert not re.search(r"href|url\(|<script|<image|@import|@font-face", drawn)
