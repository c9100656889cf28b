"""A plan as Markdown: only our own marks in it, whatever anybody wrote, and never longer than allowed."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from render.plans import HOSTILE, PLANS, document_of, planned, prompt, swap

from reconciler.render.document import plan_document
from reconciler.render.markdown import plan_markdown

PARSER = MarkdownIt("gfm-like", {"html": True})
OURS = re.compile(r"<details><summary><code>[^<>]*</code></summary>\n?|</details>\n?")
LINES = re.compile(r"… (\d[\d,]*) more lines?")


def nodes(text):
    """Every node that a parser of Markdown finds, by its kind; HTML by what it says."""
    found = Counter()
    for token in PARSER.parse(text):
        for one in (token, *(token.children or ())):
            if one.type.startswith("html"):
                assert all(OURS.fullmatch(line) for line in one.content.splitlines(keepends=True)), (
                    one.content
                )
            if one.type not in {"text", "inline"}:  # a text between two others may be empty
                found[one.type, one.tag] += 1
    return found


HARMLESS = nodes(plan_markdown(document_of("harmless"), 10**6))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_value_is_nothing_but_text(name):
    text = plan_markdown(document_of(HOSTILE[name]), 10**6)

    assert nodes(text) == HARMLESS
    assert not {kind for kind, _ in nodes(text)} & {"link_open", "image", "html_inline", "s_open"}


@pytest.mark.parametrize("name", PLANS)
def test_only_our_own_kinds_of_nodes_are_in_any_plan(name):
    assert set(nodes(plan_markdown(PLANS[name]))) <= set(HARMLESS)


@given(st.text(min_size=1, max_size=60))
def test_no_text_at_all_is_anything_but_text(text):
    if text != "-" and "\n" not in text.strip("\n"):  # a prompt of two lines has more rows
        assert nodes(plan_markdown(document_of(text), 10**6)) == HARMLESS


@given(st.text("`~|\\<>&[]()!*_#@ \n-=+:$'\"ab", min_size=1, max_size=30))
def test_nor_is_any_made_of_marks(text):
    if text != "-":  # which is no environment
        assert nodes(plan_markdown(document_of(text), 10**6)) == HARMLESS


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("most", [2_000, 2_001, 2_777, 5_000, 20_000, 60_000])
def test_it_is_never_longer_than_allowed_and_still_only_ours(name, most):
    text = plan_markdown(PLANS[name], most)

    assert len(text.encode()) <= most
    assert set(nodes(text)) <= set(HARMLESS)
    assert text.startswith("### ")
    assert f"Digest of this plan: `{PLANS[name].digest}`\n" in text


@given(st.integers(2_000, 100_000), st.text(min_size=1, max_size=2_000))
def test_however_long_the_values_are(most, text):
    assert len(plan_markdown(document_of(text), most).encode()) <= most


MANY = plan_document(planned(*(swap(f"docs/{number}.md") for number in range(500))))


@pytest.mark.parametrize("most", [2_000, 10_000, 60_000, 100_000, 500_000])
def test_what_finds_no_room_is_counted(most):
    text = plan_markdown(MANY, most)
    rows, folded = text.count("\n| `~` | `file."), text.count("<details>")
    unlisted = re.search(r"(\d+) more resources? not listed", text)
    unfolded = re.search(r"diffs of (\d+) more resources?", text)

    assert rows + int(unlisted[1] if unlisted else 0) == 500
    assert folded + int(unfolded[1] if unfolded else 0) == 500


def test_of_a_diff_that_finds_no_room_the_lines_are_counted():
    after = "".join(f"line {number} of a long prompt\n" for number in range(1000))
    document = plan_document(planned(prompt("short\n", after)))
    whole, cut = plan_markdown(document, 10**6), plan_markdown(document, 10_000)

    assert whole.count(" │ ") == 1001
    assert cut.count(" │ ") + int(LINES.search(cut)[1].replace(",", "")) == 1001


def test_a_prompt_keeps_the_numbers_of_its_lines_and_signs_stand_in_front():
    text = plan_markdown(PLANS["a few words of a prompt"])

    assert "\n      4 │ 1. Rule 1.\n-     5 │ 2. Rule [-2-].\n+     5 │ 2. Rule {+two+}.\n" in text
    assert "§ Rules: 1 line\n" in text


def test_the_table_comes_first_and_a_deletion_is_bold():
    text = plan_markdown(PLANS["delete"])

    assert text.splitlines()[:7] == [
        "### Plan: 0 to add, 0 to change, 1 to destroy.",
        "",
        "Target `the server`, project `acme`, state serial 3.",
        "",
        "| | resource | | what changes |",
        "|---|---|---|---|",
        "| `-` | `assistant.sales` | **will be destroyed** |  |",
    ]


def test_what_a_reader_must_not_miss_stands_before_the_diffs():
    text = plan_markdown(document_of("x"))
    listed = re.findall(r"^- \*\*(\w+)\*\*", text, re.MULTILINE)

    assert listed == ["Breaking", "Drift", "Refused", "Note", "Warning"]
    assert text.index("- **Warning**") < text.index("<details>")


def test_a_plan_without_changes_is_short():
    assert plan_markdown(PLANS["nothing"]).startswith(
        "### No changes. Your assistants match the configuration.\n"
    )
    assert len(plan_markdown(PLANS["nothing"])) < 300
