"""Two prompts word by word: what went and what came is marked, with colour or without."""

import random
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.render.diff import comparison_lines
from reconciler.render.lines import Style
from reconciler.render.terminal import painted
from reconciler.render.text_diff import compared

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
KIND = "Be kind.\nAnswer in one sentence.\nAsk for the order.\nSign with your name.\n"


def diff(before, after, *, colour=False):
    return painted(comparison_lines(compared(before, after), "  ", full=True), colour=colour)


@pytest.mark.parametrize(
    ("before", "after", "gone", "come"),
    [
        ("above 50 EUR", "above 100 EUR", "above [-50-] EUR", "above {+100+} EUR"),
        ("Be kind.", "Be kind and brief.", "Be kind.", "Be kind{+ and brief+}."),
        ("Be kind and brief.", "Be kind.", "Be kind[- and brief-].", "Be kind."),
        ("never pay", "never, pay", "never pay", "never{+,+} pay"),
        ("one two three", "three one two", "one two[- three-]", "{+three +}one two"),
        ("größer", "größer 🚀", "größer", "größer{+ 🚀+}"),
    ],
)
def test_words_that_changed_are_marked_and_no_others(before, after, gone, come):
    assert diff(before, after) == f"     1 - │ {gone}\n     1 + │ {come}\n"


@pytest.mark.parametrize(("gone", "come"), [("####x", "#;#"), ("####[", "#x#"), ("##a", "#;#b")])
def test_a_sign_between_two_words_makes_no_command_of_them(gone, come):
    """On the other side nothing stands there, and both `#` side by side before the bracket of a mark."""
    shown = diff(f"one two three four {gone}", f"one two three four {come}")

    assert "##[" not in shown
    assert "#\\x23[-" in shown


def test_lines_that_come_and_go_are_whole():
    assert diff("a\nb\n", "a\nnew line\nb\n").splitlines()[1] == "     2 + │ new line"
    assert diff("a\nold line\nb\n", "a\nb\n").splitlines()[1] == "     2 - │ old line"


def test_a_line_of_which_little_is_left_is_shown_whole():
    assert diff("Be kind.", "Sell tents to whoever asks for one") == (
        "     1 - │ Be kind.\n     1 + │ Sell tents to whoever asks for one\n"
    )


def test_colour_repeats_the_marks_and_replaces_none():
    before, after = KIND, KIND.replace("one sentence", "two sentences")
    styles = {span.style: span.text for one in comparison_lines(compared(before, after), "") for span in one}

    assert styles[Style.REMOVE].startswith("[-")
    assert styles[Style.ADD].startswith("{+")
    assert "\x1b[" not in diff(before, after)
    assert "\x1b[" in diff(before, after, colour=True)
    assert ESCAPE.sub("", diff(before, after, colour=True)) == diff(before, after)


def test_marks_that_stand_in_the_text_hide_no_change():
    assert diff("x [-a-] y", "x [-a-] z").endswith("x [-a-] {+z+}\n")
    assert diff("{+ x", "{+ y").endswith("{+ {+y+}\n")


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b]0;owned\a", r"\x1b]0;owned\x07"),
        ("\u202etxet", "<U+202E>txet"),
        ("zero\u200bwidth", "zero<U+200B>width"),
        ("a\tb", r"a\tb"),
        ("a\rb", r"a\rb"),
        ("\u2028", "<U+2028>"),
        ("\U000e0041", "<U+E0041>"),
    ],
)
def test_what_cannot_be_seen_is_spelt_out_whether_it_came_went_or_stayed(hostile, shown):
    came, went = (
        diff("one two three four", f"one two three four {hostile}"),
        diff(f"a b c {hostile}", "a b c"),
    )
    stayed = diff(f"a\n{hostile} b c d\n", f"a\n{hostile} b c e\n")

    for text in (came, went, stayed):
        flat = re.sub(r"\[-|-\]|\{\+|\+\}", "", text)
        assert shown in flat
        assert hostile not in text


@given(st.text(max_size=60), st.text(max_size=60))
def test_nothing_of_any_text_acts_on_a_terminal(before, after):
    shown = diff(f"a b c {before}", f"a b c {after}")

    hidden = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}  # which are unassigned, each Python has its own opinion
    assert {one for one in shown if unicodedata.category(one) in hidden} <= {"\n"}


def prompt(seed, size=256 * 1024):
    """A text of that size, of lines of words."""
    chance = random.Random(seed)  # noqa: S311 - only for a test
    vocabulary = [f"word{number}" for number in range(500)]
    lines = []
    while size > 0:
        lines.append(" ".join(chance.choices(vocabulary, k=12)))
        size -= len(lines[-1]) + 1
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(prompt(1), prompt(2), id="every word is another"),
        pytest.param(prompt(1), prompt(1).replace("word7 ", "word8 "), id="a word here and there"),
        pytest.param(prompt(1).replace("\n", " "), prompt(2).replace("\n", " "), id="one line"),
        pytest.param(prompt(1), "".join(sorted(prompt(1).splitlines(keepends=True))), id="sorted"),
    ],
)
@pytest.mark.timeout(20)
def test_two_long_prompts_are_compared(before, after):
    assert diff(before, after)
