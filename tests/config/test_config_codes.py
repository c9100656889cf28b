"""Codes: every problem has one, and every one is explained."""

import re
from pathlib import Path

from reconciler.config.codes import RULES

CONFIG = Path(__file__).parents[2] / "reconciler/config"
BROKEN = Path(__file__).parent / "broken"
TABLE = CONFIG / "codes.py"


def used():
    """Every code that the source gives to a problem."""
    sources = (path for path in CONFIG.glob("*.py") if path != TABLE)
    return {code for path in sources for code in re.findall(r'"(AS\d{3})"', path.read_text())}


def test_every_code_that_is_given_is_explained_and_no_other():
    assert used() == RULES.keys()


def test_every_explanation_says_something_and_codes_stand_in_their_order():
    assert [*RULES] == sorted(RULES)
    for rule in RULES.values():
        assert rule.text.endswith(".")
        assert len(rule.text) > 40
        assert rule.title[0].islower()


def test_nearly_every_code_has_a_broken_configuration_that_shows_it():
    shown = {code for path in BROKEN.glob("*.txt") for code in re.findall(r"\[(AS\d{3})\]", path.read_text())}
    rare = {"AS204", "AS205", "AS305", "AS306", "AS307", "AS308", "AS309", "AS310", "AS311", "AS402", "AS418"}
    assert RULES.keys() - shown <= rare
    # what no small file shows: sizes, numbers, names that git would not keep, a race, folders, two files
