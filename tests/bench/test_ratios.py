"""Ratios of pairs of processes, and the figures that they must meet."""

from bench.__main__ import _matches
from bench.ratios import Cost, Limit, Measured, failed, typical
from bench.rows import rows


def measured(*limits, pairs, title="plan"):
    return Measured(title, "another", limits, pairs)


def costs(*walls):
    return [Cost(wall, wall / 2, 100) for wall in walls]


def test_a_median_is_of_each_quantity_alone():
    assert typical([Cost(1, 9, 5), Cost(2, 8, 7), Cost(3, 7, 6)]) == Cost(2, 8, 6)


def test_a_ratio_is_the_median_of_the_pairs_and_not_the_ratio_of_the_medians():
    pairs = tuple(zip(costs(1, 10, 4), costs(2, 40, 4), strict=True))

    assert measured(pairs=pairs).ratio("wall") == 0.5
    assert measured(pairs=pairs).ours.wall / measured(pairs=pairs).theirs.wall == 1


def test_a_row_is_over_each_figure_that_it_exceeds():
    pairs = ((Cost(3, 2, 300), Cost(2, 2, 100)),)
    wall, cpu = Limit("wall", 1.4), Limit("cpu", 1)
    peak = Limit("peak", 200, is_absolute=True)

    assert measured(wall, cpu, peak, pairs=pairs).over == (wall, peak)


def test_a_row_without_its_peer_does_not_count():
    over = measured(Limit("wall", 1), pairs=((Cost(2, 2, 2), Cost(1, 1, 1)),))
    missing = Measured("plan", "another", over.limits, (), "not installed")

    assert failed([over, missing]) == [over]


def test_rows_are_found_by_all_of_the_words():
    titles = [f"{one.title} {one.beside}" for one in rows(1000)]

    assert len([one for one in titles if _matches(one, "")]) == len(titles)
    assert [one for one in titles if _matches(one, "VALIDATE csafeloader")] == [
        "validate of 10,000 CSafeLoader on its text"
    ]


def test_each_row_has_a_name_of_its_own():
    titles = [(one.title, one.beside) for one in rows(1000)]

    assert len({*titles}) == len(titles)
