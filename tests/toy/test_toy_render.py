"""What people and programs read of a plan, for every field of two dialects: by its shape, not by its name."""

import html
import json
import re

import pytest
from markdown_it import MarkdownIt
from toy.sides import EDITS

from reconciler.model.field import Shape
from reconciler.render.document import plan_document, printed, read_plan, report_document
from reconciler.render.formats import FORMATS, drawn, view_of
from reconciler.render.page_options import PageOptions
from reconciler.render.terminal import painted
from reconciler.render.text import drift_lines

HOSTILE = "<script>alert(1)</script> \x1b[31m \u202e `x` | ##vso[task] [a](javascript:b)"
BOTH_SIDES = {
    ("text", Shape.VALUE): "~ {path} +{before} → {after}\n",
    ("text", Shape.PAIR): "~ {path} +{before} → {after}\n",
    ("text", Shape.PROSE): r"~ {path} +\+1 -1 lines.*\[-.*\{{\+",
    ("text", Shape.ITEM): "- {path}\n|~ {path}\n +level +1 → 0\n",
    ("markdown", Shape.VALUE): "~ {path}\n- +{before}\n\\+ +{after}\n",
    ("markdown", Shape.PAIR): "~ {path}\n- +{before}\n\\+ +{after}\n",
    ("markdown", Shape.PROSE): r"{path}.*```diff\n.*\n- .*\n\+ ",
    ("markdown", Shape.ITEM): "- {path}\n|~ {path}\n- +level +1\n\\+ +level +0\n",
    ("html", Shape.VALUE): "{path}.*{before}.*{after}",
    ("html", Shape.PAIR): "{path}.*{before}.*{after}",
    ("html", Shape.PROSE): "{path}.*<del>.*<ins>",
    ("html", Shape.ITEM): "{path}(.*level.*1.*0)?",
}
"""What a format shows of an edit, by the shape of the field."""


def shown(plan, form):
    """Return a plan in a format; of a page the text, and the tags around what was deleted and inserted."""
    text = drawn(plan_document(plan), form, PageOptions())
    return text if form != "html" else html.unescape(re.sub(r"<(?!/?(del|ins)\b)[^>]*>", "", text))


def has(text, pattern, form="text"):
    """Return whether a pattern is found in a format; a page may break a value into lines."""
    if form == "html":
        text, pattern = (re.sub(r"\\?\s", "", one) for one in (text, pattern))
    return re.search(pattern, text, re.DOTALL) is not None


def edit_plan(world, edit):
    """Return the plan of an edit."""
    world.apply(world.assistant(**{edit.field: edit.first}))
    return world.plan(world.assistant(**{edit.field: edit.second}))


def written(value):
    """Return a value as a pattern of how every format writes it."""
    return re.escape("(none)" if value is None else json.dumps(value, ensure_ascii=False))


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_a_format_for_people_shows_both_sides_of_an_edit(edited, form):
    world, edit = edited
    row = world.fields.by_name[edit.field]
    before, after = (written(edit.part(world.fields, value)) for value in (edit.first, edit.second))
    pattern = BOTH_SIDES[form, row.shape].format(path=edit.shown, before=before, after=after)

    text = shown(edit_plan(world, edit), form)

    assert has(text, pattern, form), text


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_a_format_for_people_says_that_a_field_is_cleared(edited, form):
    world, edit = edited
    world.apply(world.assistant(**{edit.field: edit.first}))

    text = shown(world.plan(world.assistant()), form)

    assert has(text, rf"{edit.shown}.*no longer in the configuration, will be cleared", form), text


def test_a_plan_document_has_exactly_what_the_plan_has(edited):
    world, edit = edited
    plan = edit_plan(world, edit)

    text = printed(plan_document(plan))

    (field,) = json.loads(text)["changes"][0]["fields"]
    sides = [edit.part(world.fields, value) for value in (edit.first, edit.second)]
    assert [field["field"], field["before"], field["after"]] == [edit.shown, *sides]
    assert json.loads(text)["changes"][0]["values"].keys() <= {edit.field}


@pytest.mark.parametrize("form", FORMATS)
def test_a_plan_that_is_read_from_a_file_is_shown_as_it_was(edited, form):
    world, edit = edited
    document = plan_document(edit_plan(world, edit))

    again = read_plan(printed(document).encode(), "plan.json")

    assert drawn(again, form, PageOptions()) == drawn(document, form, PageOptions())


def test_drift_shows_the_value_of_the_server(edited):
    world, edit = edited
    wanted = world.assistant(**{edit.field: edit.first})
    world.apply(wanted)
    world.set(edit, edit.second)
    run, row = world.run(wanted), world.fields.by_name[edit.field]

    lines = drift_lines(view_of(plan_document(run.plan), 3), world.drift(wanted), 1)
    text = painted(lines, colour=False)

    before, after = (written(edit.part(world.fields, value)) for value in (edit.first, edit.second))
    patterns = {Shape.PROSE: rf"! {edit.field}.*\[-.*\{{\+", Shape.ITEM: f"! {edit.field}"}
    pattern = patterns.get(row.shape, f"! {edit.shown} +{before} → {after}\n")
    assert has(text, pattern), text


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_names_what_was_done(world, form):
    plan = world.plan(world.assistant())
    report = world.apply(world.assistant())

    text = drawn(report_document(report, plan), form, PageOptions())

    assert "assistant.support" in text


def hostile(side, edit):
    """Return a value for a field that contains a hostile text, or None where it can contain none."""
    if side.dialect.fields.by_name[edit.field].has_keys:
        return {"team": HOSTILE}
    return HOSTILE if isinstance(edit.first, str) else None


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("pair", [one for one in EDITS if hostile(*one)], ids=lambda pair: str(pair[1]))
def test_no_text_of_a_field_acts_in_any_format(edited, form):
    world, edit = edited
    wanted = world.assistant(**{edit.field: hostile(world.side, edit)})

    text = drawn(plan_document(world.plan(wanted)), form, PageOptions())

    assert not {"\x1b", "\u202e"} & set(text)
    assert "##vso[" not in text
    assert form != "html" or "<script>alert" not in text
    assert form != "markdown" or "javascript" not in str([*links(text)])


def links(text):
    """Yield the target of every link in Markdown."""
    for token in MarkdownIt().parse(text):
        for one in (token, *(token.children or ())):
            yield one.attrs.get("href", "")
