"""What is shown of large values and texts: a bounded number of lines, and a sentence that counts the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render.plans import planned

from reconciler.model.address import assistant
from reconciler.model.change import Action, Change, Detail, FieldChange, Reason
from reconciler.model.field import Shape
from reconciler.render.document import plan_document
from reconciler.render.formats import drawn
from reconciler.render.markdown import markdown
from reconciler.render.page_options import Depth, PageOptions
from reconciler.render.plan_view import plan_view
from reconciler.render.text_diff import ALL_ROWS, ROWS, WHOLE, compared
from reconciler.render.view import PARTS

FORMS = [("text", Depth.PLAIN), ("text", Depth.FULL), ("html", Depth.PLAIN), ("markdown", Depth.PLAIN)]


def updated(*fields, name="a"):
    return Change(assistant(name), Action.UPDATE, Reason.EDITED, fields=fields, id="asst_1")


def prose(before, after):
    return FieldChange("instructions", before, after, shape=Shape.PROSE)


def page(form, *changes):
    return drawn(plan_document(planned(*changes)), form[0], PageOptions(depth=form[1]))


@pytest.mark.parametrize("context", [2, WHOLE])
def test_a_text_of_many_changed_lines_shows_some_and_counts_the_rest(context):
    before = "\n".join(f"a{number}" for number in range(100_000))
    after = "\n".join(f"b{number}" for number in range(60_000))
    found = compared(before, after, context)
    rows = [row for hunk in found.hunks for row in hunk]
    assert (found.removed, found.added, len(rows)) == (100_000, 60_000, ROWS)
    assert {row.sign for row in rows} == {"-", "+"}
    assert found.rest == "155,000 more changed lines are not shown"


def test_a_change_is_shown_however_much_stands_before_it():
    same = "\n".join(f"line {number}" for number in range(50_000))
    found = compared(f"{same}\nold", f"{same}\nnew", WHOLE)
    assert [row.text for row in found.hunks[-1]][-2:] == ["old", "new"]
    assert (found.hidden, found.rest) == (0, "")


def test_all_texts_of_a_plan_share_their_rows():
    before, after = ("\n".join(f"{sign}{number}" for number in range(4_000)) for sign in "ab")
    changes = [updated(prose(before, after), name=f"a{number}") for number in range(5)]
    view = plan_view(plan_document(planned(*changes)))
    shown = [sum(map(len, entry.parts[0].comparison.hunks)) for entry in view.entries]
    hidden = [entry.parts[0].comparison.hidden for entry in view.entries]
    assert sum(shown) == ALL_ROWS
    assert sum(shown) + sum(hidden) == 5 * 8_000


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_format_counts_the_lines_that_it_does_not_show(form):
    before, after = ("\n".join(f"{sign}{number}" for number in range(100_000)) for sign in "ab")
    text = page(form, updated(prose(before, after)))
    assert "195,000 more changed lines are not shown" in text or form[0] == "markdown"
    assert len(text) < 2_000_000


@pytest.mark.parametrize("form", FORMS[1:], ids=str)  # of the whole page is more to draw
@pytest.mark.parametrize(
    "value",
    [
        "x" * 1_000_000,
        ["x"] * 200_000,
        [[]] * 300_000,
        {f"k{n}": n for n in range(60_000)},
        "\u202e" * 300_000,
    ],
    ids=["text", "list", "lists", "object", "hidden"],
)
def test_of_a_long_value_the_beginning_is_shown(form, value):
    text = page(form, updated(FieldChange("response", None, value), FieldChange("name", value, "n")))
    assert len(text) < 3_000_000


@pytest.mark.parametrize("most", [2, 10_000])
def test_notices_are_counted_where_they_are_too_many(most):
    view = plan_view(plan_document(planned(notices=("x",) * (most + 10_000))))
    assert view.notices[-1] == f"and {most:,} more notices"
    assert len(view.notices) == 10_001


@pytest.mark.parametrize(
    "text", ["\\" * 300_000, "`" * 300_000, "|" * 300_000, "\\|" * 150_000, "#" * 300_000]
)
def test_markdown_takes_time_in_proportion_to_a_text(text):
    change = updated(FieldChange("name", "n", text), prose("", text), name="a")
    assert len(markdown(plan_view(plan_document(planned(change))))) <= 60_000


def test_parts_and_differences_are_counted_where_they_are_too_many():
    many = updated(*(FieldChange(f"f{n}", "a", "b") for n in range(5_000)))
    inside = tuple(Detail(f"p{n}", 0, 1) for n in range(5_000))
    item = updated(FieldChange("t.x", {}, {}, details=inside, shape=Shape.ITEM))
    (entry,) = plan_view(plan_document(planned(many))).entries
    assert (len(entry.parts), entry.asides[-1]) == (PARTS, "1,000 more parts not shown")
    (part,) = plan_view(plan_document(planned(item))).entries[0].parts
    assert (len(part.inner), part.note) == (PARTS - 1, "1,001 more differences not shown")


LINES = st.lists(st.sampled_from(["", "a", " ", "# b", "a\r", "password: hunter2hunter2"]), max_size=12)


@given(lines=LINES, end=st.sampled_from(["", "\n", "\r\n"]), most=st.integers(0, 15))
def test_the_lines_of_a_text_without_another_are_counted_as_they_are_drawn(lines, end, most):
    text = "\n".join(lines) + end
    for found in (compared("", text, most=most), compared(text, "", most=most)):
        drawn_rows = sum(map(len, found.hunks))
        assert found.rows == drawn_rows <= most
        assert found.added + found.removed == drawn_rows + found.hidden
        assert bool(found.rest) == bool(found.hidden)
