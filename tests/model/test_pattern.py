"""A pattern is compiled when it is first used, and is then what `re` makes of it."""

import re

import pytest

from reconciler.model import pattern


def test_a_pattern_is_compiled_when_it_is_first_used():
    wrong = pattern.compile("(")

    assert wrong.pattern == "("
    with pytest.raises(re.error):
        wrong.search("a")


@pytest.mark.parametrize("method", ["search", "match", "fullmatch", "findall", "split"])
def test_it_answers_as_a_pattern_of_re_does(method):
    ours, theirs = (compiled(r"(b)|c", re.IGNORECASE) for compiled in (pattern.compile, re.compile))

    for text in ("B", "aBc", "x", ""):
        assert str(getattr(ours, method)(text)) == str(getattr(theirs, method)(text))


def test_it_is_taken_for_a_pattern():
    ours = pattern.compile("a+")

    assert isinstance(ours, re.Pattern)
    assert re.sub(ours, "b", "caat") == "cbt"
    assert ours.flags == re.compile("a+").flags
