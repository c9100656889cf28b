"""Two texts side by side: what was removed, what was added, and nothing hidden."""

import re

from hypothesis import given
from hypothesis import strategies as st

from reconciler.render.diff import text_diff
from reconciler.render.lines import plain

ROW = re.compile(r"^ *(?P<number>[0-9]+) (?P<sign>[ +-]) │ ?(?P<text>.*)$")
LINES = st.lists(
    st.sampled_from(["", "a", "b", "- bullet", "+ plus", "ä 🚀", "  two", "end "]), min_size=1, max_size=12
)


def diff(before, after):
    return plain(list(text_diff(before, after, "  ")))


def rows(text):
    """The rows of a diff: number, sign and line."""
    found = (ROW.match(line) for line in text.splitlines())
    return [
        (int(row["number"]), row["sign"], row["text"].replace("\\x20", " "))
        for row in found
        if row is not None
    ]


def patched(lines, shown, gone, come):
    """Lines with one side's rows taken out, and the other side's put where their numbers say."""
    for number, _, text in reversed([row for row in shown if row[1] == gone]):
        assert lines[number - 1] == text
        del lines[number - 1]
    for number, _, text in [row for row in shown if row[1] == come]:
        lines.insert(number - 1, text)
    return lines


@given(LINES, LINES, st.sampled_from(["", "\n"]), st.sampled_from(["", "\n"]))
def test_either_text_can_be_read_back_from_the_other(old, new, old_end, new_end):
    if old == new:
        return
    before, after = "\n".join(old) + old_end, "\n".join(new) + new_end
    shown = diff(before, after)
    if "only line ends or a trailing newline differ" in shown:
        assert before.removesuffix("\n") == after.removesuffix("\n")
        return
    old, new = before.removesuffix("\n").split("\n"), after.removesuffix("\n").split("\n")
    assert patched(list(old), rows(shown), "-", "+") == new
    assert patched(list(new), rows(shown), "+", "-") == old
    assert ("ends with a newline" in shown) == (before.endswith("\n") != after.endswith("\n"))


@given(LINES, LINES)
def test_lines_that_stay_are_numbered_as_in_the_new_text(old, new):
    shown = rows(diff("\n".join(old) + "\n", "\n".join(new) + "\n"))
    assert all(new[number - 1] == text for number, sign, text in shown if sign == " ")


def test_a_long_text_shows_only_what_is_near_a_change():
    before = "".join(f"line {number}\n" for number in range(1, 101))
    after = before.replace("line 50\n", "line fifty\n")
    assert diff(before, after).splitlines() == [
        "    48   │ line 48",
        "    49   │ line 49",
        "    50 - │ line 50",
        "    50 + │ line fifty",
        "    51   │ line 51",
        "    52   │ line 52",
    ]


def test_line_ends_alone_are_told_in_words():
    message = "  only line ends or a trailing newline differ\n"
    assert diff("a\nb", "a\nb\n") == message
    assert diff("a\r\nb\r\n", "a\nb\n") == message


def test_a_separator_that_looks_like_a_line_end_is_shown():
    assert diff("a\nb", "a\u2028b") == "     1 - │ a\n     2 - │ b\n     1 + │ a<U+2028>b\n"
    assert diff("a\nb", "a\rb\nc") == "     1 - │ a\n     2 - │ b\n     1 + │ a\\rb\n     2 + │ c\n"


def test_a_blank_at_the_end_of_a_line_is_shown():
    assert diff("Be kind.\n", "Be kind.  \n") == "     1 - │ Be kind.\n     1 + │ Be kind.\\x20\\x20\n"


def test_a_newline_at_the_end_that_comes_or_goes_beside_other_changes_is_told():
    assert diff("a\n", "b").endswith("\n       only the old text ends with a newline\n")
    assert diff("a", "b\n").endswith("\n       only the new text ends with a newline\n")


def test_equal_lines_do_not_hide_how_little_changed():
    assert diff("a\n" * 300, "b\n" + "a\n" * 300) == "     1 + │ b\n     2   │ a\n     3   │ a\n"


def test_a_text_of_many_equal_lines_is_compared_in_time():
    shown = rows(diff("a\n" * 15_000, "b\n" + "a\n" * 15_000))
    assert (1, "+", "b") in shown
