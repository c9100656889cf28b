"""No regular expression takes more than its share: four times the text takes about four times as long."""

import re

import pytest
from budgets.patterns import Unknown, Used, found, seconds, text, worst

SIZES = (4_000, 16_000, 62_500, 250_000, 1_000_000)
MOST_SECONDS, MOST_RATIO, NOISE = 0.5, 6, 0.02
NOT_WRITTEN = {
    "reconciler.config.placeholder: re.compile": "anchored, and meets the first 64 kB of a file",
    "reconciler.config.dropped: re.search": "begins at a backslash that none is before",
    "reconciler.config.reduction: re.compile": "each line is met once, and so are the blanks of the next",
    "reconciler.config.front_matter: re.finditer": "of the first 4 kB of a file",
    "reconciler.model.characters: re.compile": "a class of single characters",
    "reconciler.model.characters: re.search": "a class of single characters, repeated",
    "reconciler.config.invisible: re.compile": "classes of one character, and looks at both sides",
    "reconciler.model.key_contexts: re.compile": "bounded after a word; measured by tests/model/test_keys.py",
    "reconciler.model.pattern: re.compile": "what another module writes, and is measured there",
    "reconciler.model.field: re.fullmatch": "of a row of a dialect, measured as its key_pattern",
    "reconciler.server.request_patterns: re.compile": "of a script of faults, written by the one who serves",
    "reconciler.server.toolrules: re.fullmatch": "one class, repeated; a rule of the embedded server",
}
"""Patterns that are not written where they are compiled, and why none of them can hurt."""
NOT_FOREIGN: dict[str, str] = {}
"""Patterns that may take long, and why no text of another reaches them."""
USED = [one for one in found() if isinstance(one, Used)]


def test_every_pattern_is_measured_or_explained():
    unknown = {one.name for one in found() if isinstance(one, Unknown)}
    assert unknown == set(NOT_WRITTEN)
    assert set(NOT_FOREIGN) <= {used.name for used in USED}


def test_patterns_are_found():
    assert len(USED) > 50
    assert any(used.name == "reconciler.config.lint.VARIABLE" for used in USED)


class TestTime:
    """The time of each pattern on the texts that hurt it most."""

    @pytest.mark.parametrize("used", USED, ids=lambda used: used.name)
    def test_no_text_takes_as_long_as_a_square_of_it(self, used):
        check(used, 1, sizes=SIZES[:-1], slack=3)  # a machine that other tests share counts more

    @pytest.mark.sweep
    @pytest.mark.parametrize("used", USED, ids=lambda used: used.name)
    def test_four_times_the_text_takes_about_four_times_as_long(self, used):
        check(used, 1)

    @pytest.mark.sweep
    @pytest.mark.parametrize("used", USED, ids=lambda used: used.name)
    def test_no_text_that_is_nearly_the_worst_takes_longer(self, used):
        check(used, 6)


def check(used, count, sizes=SIZES, slack=1):
    """Measure a pattern on its worst texts; with some slack, only whether it is far too slow."""
    for made in worst(used, count) if used.name not in NOT_FOREIGN else ():
        wrong = _measured(used, made, sizes, slack)
        assert not wrong, f"{used.pattern.pattern!r} on {made[0]!r} + {made[1]!r} * n: {wrong}"


def _measured(used, made, sizes=SIZES, slack=1):
    """Return what is wrong with the time that a text takes, as early as it shows; nothing if all is well."""
    before = 0.0
    for size in sizes:
        took = seconds(used, text(size, *made), tries=1 if before < NOISE else 2)
        is_uneven = slack == 1 and took > max(before * MOST_RATIO, 4 * NOISE) and size > sizes[0]
        if took > slack * MOST_SECONDS or is_uneven:
            return f"{before:.3f} s, then {took:.3f} s for {size:,} characters"
        before = took
    return ""


def test_a_pattern_that_hurts_is_noticed():
    hurts = Used("a", re.compile(r"\$\{var\.[^}\n]*\}"), frozenset({"search"}))
    assert any(_measured(hurts, made) for made in worst(hurts, 1))
