"""BENCHMARKS.md is written of what was measured, and read again."""

import pytest

from bench.ratios import Cost, Grown, Limit, Measured
from bench.table import Run, line, number, page, ratio, read

PAIR = (Cost(0.5, 0.4, 50), Cost(6, 5, 511))
LIMITS = (Limit("wall", 1 / 12), Limit("peak", 40, is_absolute=True))
ROW = Measured("no-op plan of 1,000", "terraform", LIMITS, (PAIR,))
MISSING = Measured("no-op plan of 1,000", "terraform", LIMITS, (), "terraform is not installed")
GROWTH = [Grown(1000, {"validate": PAIR[0]}), Grown(10_000, {"validate": PAIR[1]})]
RUN = Run("2026-11-30", "abc1234", "2 cores, Linux", 3)


def test_a_row_shows_costs_ratios_figures_and_what_is_over():
    assert line(ROW) == (
        "| no-op plan of 1,000 | terraform | 0.500 s, 0.400 s, 50 MiB | 6.00 s, 5.00 s, 511 MiB "
        "| 1/12, 1/12.5, 1/10.2 | wall 1/12, peak 40 MiB | no: peak |"
    )


def test_a_row_without_its_peer_says_so():
    assert line(MISSING).endswith(
        "| - | - | - | wall 1/12, peak 40 MiB | no peer: terraform is not installed |"
    )


@pytest.mark.parametrize(
    ("value", "shown"), [(1 / 40, "1/40"), (1 / 8, "1/8"), (0.15, "0.15"), (0.75, "0.75"), (12.34, "12.3")]
)
def test_small_ratios_are_written_as_parts(value, shown):
    assert ratio(value) == shown
    assert number(shown) == pytest.approx(value, rel=0.01)


def test_a_page_is_read_as_it_was_written():
    found = read(page(RUN, [ROW, MISSING], GROWTH))

    assert found.growth == GROWTH
    assert [one.title for one in found.rows] == [ROW.title, MISSING.title]
    assert found.rows[0].used == {"wall": pytest.approx(1), "peak": pytest.approx(1.25)}
    assert found.rows[1].used == {}


def test_a_page_names_its_run():
    written = page(RUN, [ROW], GROWTH)

    assert "2026-11-30, commit abc1234; 2 cores, Linux." in written
    assert "in turn, 3 times" in written
