"""A plan as Markdown: only our own marks in it, whatever anybody wrote, and never longer than allowed."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from render.plans import (
    HOSTILE,
    PLANS,
    REPORTS,
    changed,
    document_of,
    field,
    markdown_of,
    planned,
    prompt,
    report_of,
    swap,
)

from reconciler.model import address
from reconciler.model.change import Action, Change, Reason
from reconciler.render.document import plan_document
from reconciler.render.formats import drawn
from reconciler.render.page_options import PageOptions
from reconciler.render.plan_view import plan_view
from reconciler.render.view import shown

PARSER = MarkdownIt("gfm-like", {"html": True})
OURS = re.compile(r"<details><summary><code>([^<>]*)</code></summary>\n?|</details>\n?")
LINES = re.compile(r"… (\d[\d,]*) more lines?")
PLENTY = 10**6
LONGEST = 32_768
MORE = [
    *("`", "``", "```", "`" * 50, "` `", " ` ", "a`", "`a", "``a`` `b`", "\\`", "`\\", "```diff", "~~~~"),
    *("|", "||", "| |", "\\|", "\\\\|", "|\\", "\\", "\\\\", "a\\|b\\\\|c", "|---|---|", "`|`", "`\\|`"),
    *("<b>", "</code>", "</pre>", "<!--", "-->", "<![CDATA[x]]>", "<?php ?>", "<!DOCTYPE x>", "<a href=x>"),
    *("&lt;script&gt;", "&#60;", "&", "&amp;amp;", "<x@evil.example>", "<http://evil.example>"),
    *("http://evil.example", "HTTPS://EVIL.EXAMPLE/?a=b", "www.evil.example", "ftp://evil.example", "a@b.cd"),
    *("@team", "#1", "GH-1", "o/r#1", "!12", "~label", "%milestone", "$snippet", "&epic", "deadbeefdeadbeef"),
    *("$$", "$`x`$", "$$\nx\n$$", "\\[x\\]", "- [ ] a", "- [x] a", "[^1]: a", "[x]: http://evil.example"),
    *(
        "[x](javascript:x)",
        "![](http://evil.example)",
        "[![a](b)](c)",
        "[[_TOC_]]",
        "/close",
        ":::note",
        ">>>",
    ),
    *(":smile:", "**a**", "__a__", "~~a~~", "~a~", "# a", "===", "---", "***", "+++", "> [!NOTE]", "1. a"),
    *("\x1b[31m", "\x1b]8;;http://evil.example\x07", "::error::", "##[group]", "\u202ea", "a\r\nb", "\u2028"),
    *(
        "\n\n",
        "\n</details>\n",
        " ",
        "   ",
        " a",
        "a ",
        " a ",
        "\t",
        "\u00a0",
        "\u3000",
        "{{ x }}",
        "::include",
    ),
    *(
        "`" * LONGEST,
        "|" * LONGEST,
        "\\" * LONGEST,
        "a\n" * (LONGEST // 2),
        "🚀" * (LONGEST // 4),
        "`|" * 200,
    ),
]


def tokens(text):
    """Everything that a parser of Markdown finds, in its order."""
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def nodes(text):
    """Every node by its kind, in their order; what a text is cut into tells nothing."""
    return [(one.type, one.tag) for one in tokens(text) if one.type not in {"text", "inline"}]


def prose(text):
    """Every word that stands neither in code nor in HTML."""
    return "".join(one.content for one in tokens(text) if one.type == "text")


def codes(text):
    """What the code spans hold."""
    return [one.content for one in tokens(text) if one.type == "code_inline"]


def titles(text):
    """What the HTML says, of which there is none but ours."""
    found = []
    for html in (one.content for one in tokens(text) if one.type.startswith("html")):
        for line in html.splitlines(keepends=True):
            ours = OURS.fullmatch(line)
            assert ours, line
            found += [unescape(ours[1])] if ours[1] else []
    return found


HARMLESS = markdown_of(document_of("harmless"), PLENTY)
HARMLESS_REPORT = markdown_of(report_of("harmless"), PLENTY)


def is_only_text(text, document_of=document_of, harmless=HARMLESS):
    """Whether a plan with a text in every place is, but for that text, the harmless plan."""
    found = markdown_of(document_of(text), PLENTY)
    assert nodes(found) == nodes(harmless)
    assert prose(found) == prose(harmless)
    assert len(titles(found)) == len(titles(harmless))


@pytest.mark.parametrize("name", HOSTILE)
def test_nor_is_one_in_a_report(name):
    is_only_text(HOSTILE[name], report_of, HARMLESS_REPORT)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_value_is_nothing_but_text(name):
    is_only_text(HOSTILE[name])


@pytest.mark.parametrize("text", MORE, ids=lambda text: ascii(text)[:40])
def test_nor_is_any_of_a_hundred_more(text):
    is_only_text(text)


def test_the_check_has_teeth(monkeypatch):
    monkeypatch.setattr("reconciler.render.markdown._code", lambda text, _=0: f"`{text}`")

    with pytest.raises(AssertionError):
        is_only_text("a ` <b> `")
    with pytest.raises(AssertionError):
        is_only_text("` @team `")


def test_a_harmless_plan_has_no_link_no_image_and_no_html_but_ours():
    kinds = {kind for kind, _ in nodes(HARMLESS)}

    assert kinds.isdisjoint({"link_open", "image", "html_inline", "s_open", "em_open", "blockquote_open"})
    assert "www" not in HARMLESS
    assert "://" not in HARMLESS
    assert set(re.findall(r"</?\w+", HARMLESS)) == {
        *("<details", "<summary", "<code", "</code", "</summary", "</details")
    }


@given(st.text(min_size=1, max_size=60).filter("file.".__ne__))
def test_no_text_at_all_is_anything_but_text(text):
    if text != "-":  # which is no environment
        is_only_text(text)


@given(st.text("`~|\\<>&[]()!*_#@ \n-=+:$'\"ab", min_size=1, max_size=30))
def test_nor_is_any_made_of_marks(text):
    if text != "-":
        is_only_text(text)


@given(st.text(st.sampled_from("`|\\ ab<&~") | st.characters(codec="utf-8"), min_size=1, max_size=20))
def test_a_reader_finds_each_value_whole_in_code(text):
    found = markdown_of(document_of(text), PLENTY)

    if len(shown(f"assistant.{text}").encode()) <= 100 and "\\|" not in text:
        assert shown(f"assistant.{text}") in codes(found)
        assert f"~ {shown(f'assistant.{text}')}" in titles(found)


def test_a_bar_in_the_table_is_a_bar():
    for text in ("a|b", "|", "`|`"):
        found = markdown_of(planned_on(text))
        assert f"assistant.{text}" in codes(found)


def planned_on(name):
    return plan_document(
        planned(Change(address.assistant(name), Action.DELETE, Reason.UNDECLARED, id="asst_1"))
    )


def test_a_report_is_a_table_and_says_why_not():
    text = markdown_of(REPORTS["report of a part"])

    assert "| `!` | `file.docs/handbook.md` | was not uploaded |  |\n" in text
    assert "| `!` | `assistant.support` | was not updated completely `asst_1` |  |\n" not in text
    assert "- **Error**: `file.docs/handbook.md` `the server said no (HTTP 400) (request req_1)`\n" in text
    assert "- **Skipped**: `assistant.support` `not started: it needs file.docs/handbook.md`\n" in text
    assert "state serial" not in text


def test_what_a_server_does_not_keep_is_a_remark_and_shown_below():
    text = markdown_of(REPORTS["report of values that a server changes"])

    assert "Verified: 2 values as declared, 1 in another form, 1 ignored, 1 lost, 1 added.\n" in text
    assert "- **Error**: `assistant.sales` `the server ignored instructions`" in text
    assert '-     " Support "\n+     "Support"\n' in text
    assert "AKIAB3" not in text


def test_what_a_server_does_not_take_is_a_remark_of_a_plan():
    text = markdown_of(PLANS["refused in part"])

    assert "will be updated in part" in text
    assert (
        "- **Refused in part**: `assistant.support` `the server ignored description: it cannot be cleared;"
        in text
    )


# how long it is


@pytest.mark.parametrize("name", PLANS | REPORTS)
@pytest.mark.parametrize("most", [2_000, 2_001, 2_777, 5_000, 20_000, 60_000])
def test_it_is_never_longer_than_allowed_and_still_only_ours(name, most):
    document = (PLANS | REPORTS)[name]
    text = markdown_of(document, most)

    assert len(text.encode()) <= most
    assert set(nodes(text)) <= set(nodes(HARMLESS))
    assert titles(text) is not None
    assert text.startswith("### ")
    assert text.endswith(f"Digest of the plan: `{document.digest}`\n")


@pytest.mark.parametrize("text", ["`" * 300, "`a" * 150, "🚀" * 300, "`🚀" * 150, "|" * 300, "<" * 300])
def test_the_least_there_may_be_is_enough_for_the_worst_names(text):
    for most in range(2_000, 2_600, 7):
        assert len(markdown_of(document_of(text), most).encode()) <= most


@given(st.integers(2_000, 100_000), st.text(min_size=1, max_size=2_000).map("x".__add__))
def test_however_long_the_values_are(most, text):
    assert len(markdown_of(document_of(text), most).encode()) <= most


MANY = plan_document(planned(*(swap(f"docs/{number}.md") for number in range(500))))


@pytest.mark.parametrize("most", [*range(2_000, 100_000, 3_001), 500_000])
def test_what_finds_no_room_is_counted(most):
    text = markdown_of(MANY, most)
    assert len(text.encode()) <= most
    rows, folded = text.count("\n| `~` | `file."), text.count("<details>")
    unlisted = re.search(r"^(\d+) more resources? do(es)? not fit here", text, re.MULTILINE)
    unfolded = re.search(r"^The diffs of (\d+) more resources? do not fit here", text, re.MULTILINE)

    assert rows + int(unlisted[1] if unlisted else 0) == 500
    assert folded + int(unfolded[1] if unfolded else 0) == 500


@pytest.mark.parametrize("most", [2_000, 4_000, 60_000])
def test_remarks_that_find_no_room_are_counted(most):
    text = markdown_of(plan_document(planned(notices=tuple(f"notice {n}" for n in range(2_000)))), most)
    missing = re.search(r"^([\d,]+) more remarks do not fit here", text, re.MULTILINE)

    assert text.count("- **Note**: ") + int(missing[1].replace(",", "")) == 2_000


@pytest.mark.parametrize("most", [2_000, 10_000, 60_000])
def test_of_a_diff_that_finds_no_room_the_lines_are_counted(most):
    after = "".join(f"line {number} of a long prompt\n" for number in range(3000))
    document = plan_document(planned(prompt("short\n", after)))
    whole, cut = markdown_of(document, PLENTY), markdown_of(document, most)

    assert whole.count(" │ ") == 3001
    assert cut.count(" │ ") + int(LINES.search(cut)[1].replace(",", "")) == 3001
    assert most - len(cut.encode()) < 200


def test_a_line_that_is_too_long_is_cut_and_its_rest_counted():
    text = markdown_of(plan_document(planned(prompt(None, "x" * LONGEST))))
    line = next(line for line in text.splitlines() if " │ x" in line)

    assert line.count("x") + int(re.search(r"… ([\d,]+) more char", line)[1].replace(",", "")) == LONGEST


def test_a_fence_is_longer_than_every_run_of_backticks_in_it_and_no_longer():
    for run in (1, 2, 3, 7, 100):
        text = markdown_of(plan_document(planned(prompt("a\n", f"b {'`' * run}\n"))))
        assert f"\n{'`' * max(3, run + 1)}diff\n" in text


# what it says


def test_equal_plans_are_drawn_equal():
    assert markdown_of(document_of("x")) == markdown_of(document_of("x"))
    assert drawn(MANY, "markdown", PageOptions(most=5_000)) == markdown_of(MANY, 5_000)


def test_a_prompt_keeps_the_numbers_of_its_lines_and_signs_stand_in_front():
    text = markdown_of(PLANS["a few words of a prompt"])

    assert "\n     4 │ 1. Rule 1.\n-    5 │ 2. Rule [-2-].\n+    5 │ 2. Rule {+two+}.\n" in text
    assert "§ Rules: 1 line\n" in text


def test_lines_that_are_left_out_between_two_changes_leave_a_sign():
    before = "".join(f"line {number}\n" for number in range(1, 31))
    after = before.replace("line 3\n", "third\n").replace("line 20\n", "twentieth\n")
    text = markdown_of(plan_document(planned(prompt(before, after))))

    assert "\n     5 │ line 5\n       ⋮\n    18 │ line 18\n" in text


def test_no_bullet_or_rule_of_a_prompt_is_read_as_a_sign():
    text = markdown_of(plan_document(planned(prompt("a\n", "- a\n+ b\n+++ c\n--- d\n@@ e @@\n"))))
    rows = [line for line in text.splitlines() if " │ " in line]

    assert all(re.match(r"[-+ ] +\d+ │ ", row) for row in rows)
    assert len(rows) == 6


def test_the_sides_of_a_value_stand_one_below_the_other():
    text = markdown_of(plan_document(planned(changed(field("model", "gpt-5.5", "gpt-5.6")))))

    assert '\n~ model\n-     "gpt-5.5"\n+     "gpt-5.6"\n' in text


def test_the_table_comes_first_and_a_deletion_is_bold():
    text = markdown_of(PLANS["delete"])

    assert text.splitlines()[:7] == [
        "### Plan: 0 to add, 0 to change, 1 to destroy.",
        "",
        "Target `the server`, project `acme`, state serial 3",
        "",
        "|  | Resource | What happens | What changes | Prompt |",
        "| --- | --- | --- | --- | --- |",
        "| `-` | `assistant.sales` | **will be destroyed** `asst_1` | `no longer in the configuration` |  |",
    ]


def test_the_table_says_how_long_a_prompt_becomes():
    text = markdown_of(PLANS["a few words of a prompt"])

    row = next(line for line in text.splitlines() if line.startswith("| `~`"))
    assert re.search(r"\| `instructions` \| `\+1 -1 lines, \d+ → \d+ words, ~\d+ → ~\d+ tokens` \|$", row)


def test_of_many_parts_six_are_named_and_the_others_counted():
    fields = [field(f"metadata.{n}", "a", "b", drifted=True) for n in range(16)]
    text = markdown_of(plan_document(planned(changed(*fields, drifted=True))))

    row, remark = (line for line in text.splitlines() if " and 10 more" in line)
    assert (row.count("`metadata."), remark.count("`metadata.")) == (6, 6)


def test_why_and_where_from_are_said_too():
    assert "moved from assistant.sales" in markdown_of(PLANS["moved"])
    assert "was deleted on the server since the last apply" in markdown_of(PLANS["deleted and created"])


@pytest.mark.parametrize("name", PLANS)
def test_every_change_has_a_row_and_every_changed_part_is_in_its_diff(name):
    view = plan_view(PLANS[name])
    text = markdown_of(PLANS[name], PLENTY)

    assert sum(kind == "tr_open" for kind, _ in nodes(text)) == len(view.entries) + bool(view.entries)
    parts = [[part for part in entry.parts if not part.is_deletion] for entry in view.entries]
    assert text.count("<details>") == sum(map(bool, parts))
    for part in (part for some in parts for part in some):
        assert f"\n{part.sign} {part.name}".rstrip() in text


def test_what_a_reader_must_not_miss_stands_before_the_diffs():
    text = markdown_of(document_of("x"))
    listed = re.findall(r"^- \*\*(\w+)\*\*", text, re.MULTILINE)

    assert listed == ["Deletion", "Breaking", "Drift", "Refused", "Note", "Warning"]
    assert text.index("- **Warning**") < text.index("<details>")


def test_a_plan_without_changes_is_short():
    assert markdown_of(PLANS["nothing"]).startswith(
        "### No changes. Your assistants match the configuration.\n"
    )
    assert len(markdown_of(PLANS["nothing"])) < 300


@pytest.mark.parametrize("text", ["a\\|b", "a\\\\|b", "\\|", "a|b", "| \\\\\\| |"])
def test_no_bar_stands_behind_two_backslashes_of_which_readers_think_differently(text):
    rows = [row for row in markdown_of(document_of(text)).splitlines() if row.startswith("| ")]

    assert not any("\\\\|" in row for row in rows)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}


def test_who_moved_a_field_is_told():
    assert "\n!     changed on the server, will be set back\n" in markdown_of(PLANS["drift"])
