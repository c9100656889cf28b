"""The page that a reviewer is sent: everything of a plan, and nothing in it that is more than text."""

import re
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render.hostile import HOSTILE, document_of, harmless, look_of
from render.plans import PLANS, REPORTS, field, page_of, report_of

from reconciler.model import address
from reconciler.model.change import Action, Change, Reason, Step, StepKind
from reconciler.model.plan import Basis, Plan
from reconciler.render.document import plan_document
from reconciler.render.formats import drawn
from reconciler.render.page_options import PageOptions

VOID = {"meta", "input", "col"}
ATTRIBUTES = {
    "autocomplete",
    "class",
    "charset",
    "colspan",
    "content",
    "for",
    "href",
    "http-equiv",
    "id",
    "lang",
    "name",
    "open",
    "scope",
    "tabindex",
    "type",
    "aria-label",
}
UPDATE = Step(StepKind.UPDATE)


class Page(HTMLParser):
    """Elements, attributes and texts of a page, whose elements are all closed in order."""

    def __init__(self, html):
        super().__init__()
        self.shape, self.attributes, self.texts, self._open = [], [], [], []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.shape.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self._open[-1] if self._open else "", data))

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def values(self, name):
        """What an attribute of this name says, wherever it stands."""
        return [value for _, found, value in self.attributes if found == name]

    def told(self, tag=None):
        """The text of all elements of a name, in one."""
        return " ".join(" ".join(text for of, text in self.texts if tag in {None, of}).split())


def planned(*changes, notices=(), partial=False):
    basis = Basis("lineage", 3, "http://127.0.0.1:8123/v1", "acme inc")
    return plan_document(Plan("acme", "prod", basis, changes, notices, is_partial=partial))


def updated(*fields, name="support", **more):
    return Change(address.assistant(name), Action.UPDATE, Reason.EDITED, fields, (UPDATE,), **more)


def page(*changes, look=PageOptions(), **more):  # noqa: B008 - frozen
    return Page(page_of(planned(*changes, **more), look))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_value_never_adds_an_element_wherever_it_stands(text):
    found = Page(page_of(document_of(text), look_of(text)))
    calm = Page(page_of(document_of(harmless(text)), look_of(harmless(text))))

    assert found.shape == calm.shape


@pytest.mark.parametrize("text", HOSTILE)
def test_nor_does_it_in_a_report(text):
    assert (
        Page(page_of(report_of(text), look_of(text))).shape
        == Page(page_of(report_of("x"), look_of("x"))).shape
    )


def test_a_report_says_what_was_done_and_what_was_not():
    told = Page(page_of(REPORTS["report of a part"])).told()

    assert "Apply for acme" in told
    assert "was not updated completely" in told
    assert told.index("prevent_destroy is set") < told.index("the server said no (HTTP 400) (request req_1)")


def test_a_report_shows_the_values_that_a_server_did_not_keep():
    told = Page(page_of(REPORTS["report of values that a server changes"])).told()

    assert "Verified: 2 values as declared" in told
    assert "Error" in told
    assert "metadata.team" in told
    assert "AKIAB3" not in told


def test_a_plan_shows_what_a_server_does_not_take_before_the_changes():
    told = Page(page_of(PLANS["refused in part"])).told()

    assert "Refused in part" in told
    assert "the server ignored description: it cannot be cleared" in told


@given(st.text(min_size=1, max_size=40))
def test_no_text_adds_an_element(text):
    known = Page(page_of(planned(updated(field("name", "a", "b"))), PageOptions()))
    found = Page(page_of(planned(updated(field("name", "a", text))), PageOptions()))

    assert found.shape == known.shape


def test_every_value_is_there_to_be_read():
    text = '<script>alert("1")</script> & more'
    found = page(
        updated(field("name", "a", text), id=text),
        notices=(text,),
        look=PageOptions(commit=text, time=text),
    )

    assert found.told().count(text) == 5
    assert "script" not in {tag for tag, _ in found.shape}


def test_attributes_hold_nothing_of_a_plan_but_names_of_links():
    html = page_of(document_of(*HOSTILE[:40]), look_of(*HOSTILE[:3]))
    found, names = Page(html), re.compile(r"#?[A-Za-z0-9_./~-]+")

    assert {name for _, name, _ in found.attributes} <= ATTRIBUTES
    assert all(names.fullmatch(value) for value in found.values("id"))
    assert all(names.fullmatch(value) and value[0] == "#" for value in found.values("href"))
    assert set(found.values("class")) == set(
        Page(page_of(document_of(*map(harmless, HOSTILE[:40])), PageOptions())).values("class")
    )
    assert not [
        value
        for _, name, value in found.attributes
        if name not in {"id", "href"} and re.search(r"https?:|//|url\(", value or "")
    ]


def test_names_of_links_are_unique_and_lead_somewhere():
    found = page(
        *(
            updated(field("name", "a", "b"), name=name)
            for name in ("a b", "a~20~b", "a/b", "A", "ä", "a b", "a b", "a~2", "a", "a")
        )
    )
    names = found.values("id")

    assert [name for name, number in Counter(names).items() if number > 1] == []
    assert {link.removeprefix("#") for link in found.values("href")} <= set(names)


def test_the_name_of_a_link_is_the_address():
    found = page(
        updated(field("name", "a", "b")),
        Change(address.file("docs/my handbook.md"), Action.REPLACE, Reason.CONTENT),
    )

    assert "assistant.support" in found.values("id")
    assert "file.docs/my~20~handbook.md" in found.values("id")


def test_the_policy_allows_exactly_the_rules_of_the_page():
    html = page_of(planned(), PageOptions())
    rules = html.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(rules.encode()).digest()).decode()

    assert Page(html).values("content")[0] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert "no-referrer" in Page(html).values("content")
    assert not re.search(r"url\(|@import|https?:", rules)


def test_the_same_plan_is_the_same_page():
    text = HOSTILE[0]
    assert page_of(document_of(text), look_of(text)).startswith("<!doctype html>\n")
    assert page_of(document_of(text), look_of(text)) == drawn(document_of(text), "html", look_of(text))


def test_a_page_says_what_it_rests_on():
    told = page(look=PageOptions(commit="3f9c2ab", time="2026-11-23 02:59 UTC"), partial=True).told()

    for one in (
        "Target http://127.0.0.1:8123/v1",
        "Account acme inc",
        "Project acme",
        "Environment prod",
        "Scope only what was selected",
        "State serial 3",
        "Checked out 3f9c2ab",
        "Drawn 2026-11-23 02:59 UTC",
        f"Digest {planned(partial=True).digest}",
    ):
        assert one in told


def test_what_is_not_known_is_not_told():
    plan = plan_document(Plan("acme", "-", Basis("lineage", 0, "t"), ()))
    told = Page(page_of(plan, PageOptions())).told()

    assert not {"Account", "Environment", "Checked", "Drawn", "Scope"} & set(told.split())


def test_nothing_to_do_is_told_and_lists_nothing():
    found = page()

    assert "No changes. Your assistants match the configuration." in found.told()
    assert "h3" not in {tag for tag, _ in found.shape}


PROMPT = "".join(f"Rule {number}.\n" for number in range(1, 41))


def rows(html):
    """Every row of lines: the texts of its cells."""
    for row in re.findall(r"<tr(?: class=\"same\")?>\n(<td.*?)</tr>", html, re.DOTALL):
        yield [re.sub(r"<.*?>", "", cell).strip() for cell in re.findall(r"<td.*?>(.*?)</td>", row)]


def text_page(before, after):
    return page_of(planned(updated(field("instructions", before, after))), PageOptions())


def test_changed_lines_stand_side_by_side_by_their_place():
    assert list(rows(text_page("a\nb one\nc two\nd\n", "a\nb 1 one\nd\n"))) == [
        ["1", "a", "1", "a"],
        ["2 -", "b one", "2 +", "b 1 one"],
        ["3 -", "c two", "", ""],
        ["4", "d", "3", "d"],
    ]


def test_words_that_went_and_came_are_marked_on_their_sides():
    html = text_page("Refunds above 50 EUR", "Refunds above 100 EUR")

    assert "Refunds above <del>50</del> EUR" in html
    assert "Refunds above <ins>100</ins> EUR" in html


def test_every_line_is_there_and_long_unchanged_stretches_are_folded():
    html = text_page(PROMPT, PROMPT.replace("Rule 20.", "Rule twenty."))
    found = Page(html)

    assert [one[2] for one in rows(html)] == [*map(str, range(1, 20)), "20 +", *map(str, range(21, 41))]
    assert "16 unchanged lines (lines 1 to 16)" in found.told()
    assert "17 unchanged lines (lines 24 to 40)" in found.told()
    assert found.values("class").count("same") == 39 + 2


@pytest.mark.parametrize(("distance", "folds"), [(12, 0), (13, 1)])
def test_a_short_unchanged_stretch_is_not_folded(distance, folds):
    lines = [f"Line {number}" for number in range(distance)]
    changed = [lines[0] + " x", *lines[1:-1], lines[-1] + " x"]

    assert text_page("\n".join(lines), "\n".join(changed)).count('<details class="same">') == folds


def test_a_prompt_that_comes_or_goes_is_shown_whole_on_its_one_side():
    for before, after, sign in ((None, PROMPT, "+"), (PROMPT, None, "-")):
        html = text_page(before, after)
        assert list(rows(html)) == [[f"{number} {sign}", f"Rule {number}."] for number in range(1, 41)]
        assert "<del>" not in html


def test_the_toggle_is_there_where_there_is_something_to_leave_out():
    assert 'id="only"' in text_page("a\nb\n", "a\nc\n")
    assert 'id="only"' not in text_page("b\n", "c\n")


def test_what_differs_only_in_how_it_is_written_says_so():
    assert "only Unicode normalisation differs" in text_page("caf\u00e9", "cafe\u0301")


def test_a_tool_is_compared_by_path_and_what_breaks_stands_on_top():
    found = Page(page_of(document_of("lookup"), PageOptions()))
    told = found.told()

    assert told.index("May break who answers a tool's calls") < told.index("where before after")
    assert "! breaking: lookup" in told
    assert "Inside tools.function lookup" in told


def test_whole_tools_are_laid_out_and_what_is_no_json_stands_as_it_is():
    html = page_of(
        planned(
            updated(
                field("tools.function a", None, {"type": "function", "z": [1]}),
                field("tools.function b", {"type": "\x7f"}, None),
            )
        ),
        PageOptions(),
    )

    assert "{\n  &#34;type&#34;: &#34;function&#34;,\n  &#34;z&#34;: [\n    1\n  ]\n}" in html
    assert "<code>{&#34;type&#34;: &#34;\\x7f&#34;}</code>" in html
    assert "tools.function b: the whole of it, as it was" in Page(html).told()


def test_refusals_drift_notices_and_warnings_stand_before_the_changes():
    told = Page(page_of(document_of("xyz"), PageOptions())).told()
    heads = [
        told.index(head)
        for head in (
            "Before you read on",
            "! Refused",
            "! May break",
            "! Changed on the server since the last apply",
            "! To know",
            "! Likely mistakes",
            "will be replaced xyz",
        )
    ]

    assert heads == sorted(heads)
    assert "assistant.xyz0 name" in told


def test_a_refusal_is_told_with_its_reason():
    told = page(
        Change(address.assistant("a"), Action.DELETE, Reason.UNDECLARED, refused="prevent_destroy is set")
    ).told()

    assert "! assistant.a cannot be destroyed" in told
    assert "Refused: prevent_destroy is set" in told


def test_something_deleted_by_hand_is_told_as_drift():
    told = page(Change(address.assistant("a"), Action.CREATE, Reason.GONE, drifted=True)).told()

    assert "assistant.a was deleted on the server since the last apply" in told


def test_files_that_are_swapped_are_told():
    file = address.file("handbook.md")
    steps = (Step(StepKind.ATTACH, file), Step(StepKind.DETACH, file, "file-1"))
    told = page(
        Change(address.assistant("a"), Action.UPDATE, Reason.FOLLOWS, steps=steps, follows=(file,))
    ).told()

    assert "+ attach handbook.md (new upload)" in told
    assert "- detach handbook.md (old upload) file-1" in told


def test_the_jump_list_has_signs_and_counts():
    instructions = field("instructions", "a\nb\nc\n", "a\nx\ny\n")
    told = page(updated(instructions, field("name", "a", "b"))).told()

    assert "1 resource ~ assistant.support will be updated: 2 changes, +2 -2 lines" in told


def test_headings_come_in_order():
    found = Page(page_of(document_of("a", "b"), PageOptions()))
    levels = [int(tag[1]) for tag, _ in found.shape if re.fullmatch(r"h[1-6]", tag)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_key_is_never_shown():
    key = "sk-" + "a1B2" * 8
    assert key not in page_of(document_of(key), look_of(key))
