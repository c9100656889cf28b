"""That apply will refuse a plan stands first in every format."""

import json
from dataclasses import replace

import pytest
from render.plans import changed, field, markdown_of, page_of, planned

from reconciler.model.refusal import Refusal, Rule
from reconciler.render.document import plan_document, printed, read_plan, refusal_record
from reconciler.render.formats import drawn
from reconciler.render.page_options import Depth, PageOptions
from reconciler.render.pipeline import plan_annotations, plan_comment, plan_outputs

REFUSALS = (
    Refusal(Rule.MASS_DELETION, "this would destroy 4 of 7", "say --max-destroy 4", ("--max-destroy", "4")),
    Refusal(Rule.DRIFT, "x changed", "say --on-drift overwrite"),
)
COMMAND = "assistants-sync apply --max-destroy 4"
DOCUMENT = plan_document(
    planned(changed(field("model", "m", "n")), notices=("a notice",)),
    refusal=refusal_record(REFUSALS, COMMAND),
)


@pytest.mark.parametrize("depth", Depth)
def test_in_text_it_follows_the_target(depth):
    rows = drawn(DOCUMENT, "text", PageOptions(depth=depth)).splitlines()

    assert rows[2:5] == [
        "  ! apply will refuse this plan: this would destroy 4 of 7; x changed",
        f"    To allow it, run: {COMMAND}",
        "",
    ]


def test_without_a_command_the_remedy_is_shown():
    document = plan_document(planned(), refusal=refusal_record(REFUSALS, ""))
    rows = drawn(document, "text", PageOptions()).splitlines()

    assert rows[3] == "    say --max-destroy 4; say --on-drift overwrite"
    assert "  - `say --max-destroy 4; say --on-drift overwrite`\n" in markdown_of(document)


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_a_remedy_is_said_once(form):
    assert drawn(DOCUMENT, form, PageOptions()).count("--max-destroy 4") == 1


def test_in_markdown_it_comes_before_the_table():
    text = markdown_of(DOCUMENT)

    assert text.index("apply will refuse this plan") < text.index("| --- |")
    assert f"\n  - `To allow it, run: {COMMAND}`\n" in text


@pytest.mark.parametrize("most", [2_000, 3_000])
def test_in_little_markdown_it_stays_and_the_size_holds(most):
    long = replace(REFUSALS[0], message="x" * 5_000)
    found = plan_document(planned(), refusal=refusal_record([long] * 3, COMMAND * 100))
    text = markdown_of(found, most)

    assert "apply will refuse this plan" in text
    assert len(text.encode()) <= most


def test_in_a_comment_without_room_it_is_a_sentence():
    assert plan_comment(DOCUMENT, 0, "").startswith("**Apply will refuse this plan.**\n")


def test_in_a_page_it_is_the_first_thing_to_know():
    html = page_of(DOCUMENT)

    assert html.index("Apply will refuse this plan") < html.index("a notice")
    assert f"To allow it, run: {COMMAND}" in html


def test_in_json_it_has_a_code_a_message_a_remedy_and_a_command():
    assert json.loads(printed(DOCUMENT))["refusal"] == {
        "code": "mass_deletion",
        "message": "this would destroy 4 of 7; x changed",
        "remedy": "say --max-destroy 4; say --on-drift overwrite",
        "command": COMMAND,
    }
    assert read_plan(printed(DOCUMENT).encode(), "p") == DOCUMENT


def test_in_a_pipeline_it_is_an_error_and_an_output():
    first, *_ = plan_annotations(DOCUMENT).splitlines()

    assert first.startswith("::error title=The plan is refused::apply will refuse this plan: this would")
    assert plan_outputs(DOCUMENT)["refused"] == "true"


def test_a_plan_that_nothing_refuses_says_no_word_of_it():
    document = plan_document(planned(), refusal=refusal_record((), ""))

    assert document.refusal is None
    assert plan_outputs(document)["refused"] == "false"
    assert not any("refuse this" in drawn(document, form, PageOptions()) for form in ("text", "markdown"))


def test_a_plan_file_from_before_there_was_this_field_is_read():
    record = json.loads(printed(plan_document(planned())))
    from reconciler.render.document import _checksum  # noqa: PLC0415 - the sum of another version

    older = {name: value for name, value in record.items() if name not in {"refusal", "warnings_omitted"}}
    older["checksum"] = _checksum(older)

    assert read_plan(json.dumps(older).encode(), "p").refusal is None
