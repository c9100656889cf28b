"""Two texts compared line by line: what was removed, what was added, and nothing hidden."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.render.diff import comparison_lines
from reconciler.render.lines import plain
from reconciler.render.text_diff import WHOLE, Extent, compared

ROW = re.compile(r"^ *(?P<number>[0-9]+) (?P<sign>[ +-]) │ ?(?P<text>.*)$")
LINES = st.lists(
    st.sampled_from(["", "a", "b", "- bullet", "+ plus", "ä 🚀", "  two", "end "]), min_size=1, max_size=12
)


def diff(before, after):
    return plain(list(comparison_lines(compared(before, after), "  ", full=True)))


def rows(text):
    """The rows of a diff: number, sign and line, without the marks of words."""
    found = (ROW.match(line) for line in text.splitlines())
    return [(int(row["number"]), row["sign"], unmarked(row)) for row in found if row is not None]


def unmarked(row):
    mark = {"-": r"\[-(.*?)-\]", "+": r"\{\+(.*?)\+\}", " ": "(?!)(.)"}[row["sign"]]
    return re.sub(mark, r"\1", row["text"]).replace("\\x20", " ")


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
    old, new = ([] if not text else text.removesuffix("\n").split("\n") for text in (before, after))
    assert patched(list(old), rows(shown), "-", "+") == new
    assert patched(list(new), rows(shown), "+", "-") == old
    ends = bool(before and after) and before.endswith("\n") != after.endswith("\n")
    assert ("ends with a newline" in shown) == ends


@given(LINES, LINES)
def test_lines_that_stay_are_numbered_as_in_the_new_text(old, new):
    shown = rows(diff("\n".join(old) + "\n", "\n".join(new) + "\n"))
    assert all(new[number - 1] == text for number, sign, text in shown if sign == " ")


def test_a_long_text_shows_only_what_is_near_a_change():
    before = "".join(f"line {number}\n" for number in range(1, 101))
    after = before.replace("line 50\n", "line fifty\n").replace("line 80\n", "")
    assert diff(before, after).splitlines() == [
        "    48   │ line 48",
        "    49   │ line 49",
        "    50 - │ line [-50-]",
        "    50 + │ line {+fifty+}",
        "    51   │ line 51",
        "    52   │ line 52",
        "       ⋮",
        "    78   │ line 78",
        "    79   │ line 79",
        "    80 - │ line 80",
        "    80   │ line 81",
        "    81   │ line 82",
    ]


@pytest.mark.parametrize(
    ("before", "after", "label"),
    [
        ("a\nb", "a\nb\n", "only the new text ends with a newline"),
        ("a\nb\n", "a\nb", "only the old text ends with a newline"),
        ("a\r\nb\r\n", "a\nb\n", "line ends: CRLF → LF"),
        ("a\nb\n", "a\r\nb\r\n", "line ends: LF → CRLF"),
        ("caf\u00e9\n", "cafe\u0301\n", "only Unicode normalisation differs: what is seen is the same"),
        (
            "key sk-" + "a" * 30,
            "key sk-" + "b" * 30,
            "only something that looks like a key differs; it is not shown",
        ),
    ],
)
def test_what_lines_cannot_show_is_told_in_words(before, after, label):
    assert diff(before, after) == f"       {label}\n"


def test_a_change_of_blanks_alone_is_told_and_shown():
    assert diff("Be  kind.\n", "Be kind. \n") == (
        "       only blanks differ\n     1 - │ Be [- -]kind.\n     1 + │ Be kind.{+\\x20+}\n"
    )


def test_other_changes_beside_another_kind_of_line_end_are_shown_alone():
    assert diff("a\r\nb\r\n", "a\nc\n") == (
        "       line ends: CRLF → LF\n     1   │ a\n     2 - │ b\n     2 + │ c\n"
    )


def test_a_separator_that_looks_like_a_line_end_is_shown():
    assert diff("a\nb", "a\u2028b").endswith("     1 + │ a{+<U+2028>+}b\n")
    assert diff("a\nb", "a\rb\nc").endswith("     1 + │ a{+\\rb+}\n     2 + │ {+c+}\n")


def test_lines_are_counted_under_their_headings_but_not_in_fenced_code():
    before = "Hi.\n# Refunds\nNever.\nx\n```\n# no heading\ny\n```\n## Tone #\nKind.\n"
    after = (
        before.replace("Hi.", "Hello.")
        .replace("Never.", "Always.")
        .replace("y\n", "z\n")
        .replace("Kind.", "")
    )

    assert diff(before, after).splitlines()[0].strip() == (
        "§ (before the first heading): 1 line, § Refunds: 2 lines, § Tone: 1 line"
    )


def test_a_long_stretch_that_did_not_change_is_left_out_of_a_changed_line():
    before, after = ("# A\n" + "word " * 60 + f"{end} " + "more " * 60 + "\n" for end in ("x", "y"))
    shown = plain(list(comparison_lines(compared(before, after), "")))

    assert max(map(len, shown.splitlines())) < 150
    assert "…" in shown.splitlines()[2]
    assert "…" not in diff(before, after)


def test_extents_are_measured_in_lines_words_and_estimated_tokens():
    found = compared("Be kind.\n", "Be kind and brief, größer.\nAlways.\n")

    assert (found.before, found.after) == (Extent(1, 2, 3), Extent(2, 6, 10))
    assert (found.added, found.removed) == (2, 1)


def test_equal_lines_do_not_hide_how_little_changed():
    assert diff("a\n" * 300, "b\n" + "a\n" * 300) == "     1 + │ b\n     2   │ a\n     3   │ a\n"


def test_nor_do_thousands_of_empty_lines_between_others():
    lines = [f"Rule {number}.\n\n" for number in range(3_000)]
    edited = [f"Edited: {line}" if number % 100 == 50 else line for number, line in enumerate(lines)]

    found = compared("".join(lines), "".join(edited))

    assert (found.added, found.removed) == (30, 30)


HOSTILE = {
    "two that alternate": ("a\nb\n" * 20_000, "a\nc\n" * 10_000),
    "words that alternate": ("x\n".join(["q"] * 498), "x\n".join(["q", "r"] * 249)),
    "a heading of blanks": ("# a\n", f"# y{' ' * 200_000}x\n"),
    "every other line": (
        "".join(f"{number}\nx{number}\n" for number in range(5_000)),
        "".join(f"{number}\ny{number}\n" for number in range(5_000)),
    ),
}


@pytest.mark.timeout(90)  # without a bound each of them takes many minutes
@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_is_compared_for_ever(name):
    before, after = HOSTILE[name]
    found = compared(before, after)
    rows = [row for hunk in found.hunks for row in hunk]

    old = [row.text for row in rows if row.sign == "-"]
    new = [row.text for row in rows if row.sign == "+"]
    assert len(old) + len(new) + found.hidden == found.removed + found.added
    assert found.added > 0


@given(st.lists(st.sampled_from("abcd"), max_size=30), st.lists(st.sampled_from("abcd"), max_size=30))
def test_a_comparison_that_runs_out_of_time_is_still_true(before, after):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reconciler.render.text_diff._STEPS", 1)
        found = compared("\n".join(before), "\n".join(after), WHOLE)
    rows = [row for hunk in found.hunks for row in hunk]

    if "\n".join(before) != "\n".join(after) and found.hunks:
        assert [row.text for row in rows if row.sign in " -"] == (
            "\n".join(before).split("\n") if before else []
        )
        assert [row.text for row in rows if row.sign in " +"] == (
            "\n".join(after).split("\n") if after else []
        )


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("# a", "a"),
        ("## a ##  ", "a"),
        ("# a#", "a#"),
        ("# #", "(before the first heading)"),
        ("# a b # c", "a b # c"),
    ],
)
def test_the_signs_that_close_a_heading_are_no_part_of_it(line, title):
    assert compared(f"{line}\nx\n", f"{line}\ny\n# z\n").headings[0] == (title, 1)


def test_a_text_of_many_equal_lines_is_compared_in_time():
    shown = rows(diff("a\n" * 15_000, "b\n" + "a\n" * 15_000))
    assert (1, "+", "b") in shown
