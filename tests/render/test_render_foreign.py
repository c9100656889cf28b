"""The fields of a dialect that no renderer knows, in every format: 0 and false are values."""

import json
import re
from html import unescape
from textwrap import dedent

import pytest
from render.foreign import AFTER, BEFORE, CREATED, DESK, FIELDS, NEW, declared, planned
from render.plans import markdown_of, page_of

from reconciler.engine.drift import drift
from reconciler.model.canonical import digest
from reconciler.model.resource import Desired, Live, LiveAssistant
from reconciler.model.state import AssistantBinding, State
from reconciler.render.declared import declared_json, declared_lines, difference_lines
from reconciler.render.document import plan_document, plan_in, printed, read_plan
from reconciler.render.lines import plain
from reconciler.render.plan_view import plan_view
from reconciler.render.text import drift_lines, view_lines

PLAN = planned(declared(DESK, AFTER), declared(NEW, CREATED))
DOCUMENT = plan_document(PLAN)


def lines_of(lines):
    return plain(list(lines)).splitlines()


def text_of(plan):
    return plain(list(view_lines(plan_view(plan_document(plan)))))


def test_as_text_every_part_is_drawn_by_its_shape():
    assert text_of(PLAN) == dedent(
        """\
        Target: the server  project acme  state serial 3

          ~ assistant.desk will be updated  obj_1
              ~ warmth        0 → 0.5
              ~ loud          false → true
              ~ format        {"lines": 0} → {"lines": [0]}
              ~ routes.day    1 → 0
              ~ routes.night  ["a"] → {"to": "b"}
              + routes.late   (none) → "c"
              ~ greetings.morning
                  loud  false → true
                  text  "Hi" → "Hello"
              + greetings.night
              - greetings.noon
              + tags.team     (none) → "a"

          + assistant.new will be created
              + label         "Desk"
              + warmth        0
              + loud          false
              + format        {"lines": [0]}
              + routes        day = 0, night = {"to": "b"}, late = "c"
              + greetings     morning, night
              + tags          team = "a"

        Plan: 1 to add, 1 to change, 0 to destroy.
        """
    )


def test_zero_and_false_are_no_absent_values():
    fields = {name: AFTER[name] for name in ("label", "format", "routes", "greetings")}
    known = {name: FIELDS.by_name[name].digest(BEFORE[name]) for name in ("warmth", "loud")}

    cleared = text_of(planned(declared(DESK, fields), digests=known)).splitlines()
    without = {name: value for name, value in BEFORE.items() if name not in known}
    added = text_of(planned(declared(DESK, CREATED), live=without)).splitlines()

    assert "      - warmth        0 → (none)" in cleared
    assert "      - loud          false → (none)" in cleared
    assert "      + warmth        (none) → 0" in added
    assert "      + loud          (none) → false" in added


def test_as_json_every_part_says_its_shape_and_the_plan_comes_back():
    record = json.loads(printed(DOCUMENT))
    desk, new = record["changes"]

    assert record["dialect"] == "toy"
    assert [(one["field"], one["shape"], one["before"], one["after"]) for one in desk["fields"]] == [
        ("warmth", "value", 0, 0.5),
        ("loud", "value", False, True),
        ("format", "value", {"lines": 0}, {"lines": [0]}),
        ("routes.day", "pair", 1, 0),
        ("routes.night", "pair", ["a"], {"to": "b"}),
        ("routes.late", "pair", None, "c"),
        (
            "greetings.morning",
            "item",
            {"label": "morning", "text": "Hi", "loud": False},
            {"label": "morning", "text": "Hello", "loud": True},
        ),
        ("greetings.night", "item", None, {"label": "night", "text": ""}),
        ("greetings.noon", "item", {"label": "noon", "text": "Hm"}, None),
        ("tags.team", "pair", None, "a"),
    ]
    assert [one["after"] for one in new["fields"][1:3]] == [0, False]

    found = plan_in(read_plan(printed(DOCUMENT).encode(), "p.json"))
    assert (found.digest, found.basis) == (PLAN.digest, PLAN.basis)
    assert text_of(found) == text_of(PLAN)


def test_as_markdown_the_table_has_no_prompt_and_the_diff_has_every_value():
    text = markdown_of(DOCUMENT)
    rows = [line for line in text.splitlines() if line.startswith("| `")]

    assert all(row.endswith("|  |") for row in rows)
    assert "~ warmth\n-     0\n+     0.5\n~ loud\n-     false\n+     true\n" in text
    assert '~ routes.night\n-     ["a"]\n+     {"to": "b"}\n+ routes.late    "c"\n' in text
    assert "~ greetings.morning\n-     loud  false\n+     loud  true\n" in text
    assert "+ warmth         0\n+ loud           false\n" in text
    assert '+ routes         day = 0, night = {"to": "b"}, late = "c"\n' in text


@pytest.mark.parametrize(
    "expected",
    [
        "~ warmth 0 → 0.5",
        "~ loud false → true",
        '~ routes.night [ "a" ] → { "to": "b" }',
        '+ routes.late (none) → "c"',
        'Inside greetings.morning where before after loud false true text "Hi" "Hello"',
        "- greetings.noon greetings.noon: the whole of it, as it was",
        "+ warmth 0 + loud false",
        '+ routes day = 0, night = {"to": "b"}, late = "c"',
        "+ greetings morning, night",
    ],
)
def test_as_a_page_every_part_is_drawn_by_its_shape(expected):
    body = page_of(DOCUMENT).partition("<body>")[2]
    words = " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())

    assert expected in words


def test_drift_shows_zero_and_false_and_what_differs_inside_a_list():
    applied = {
        "warmth": digest(AFTER["warmth"]),
        "loud": digest(AFTER["loud"]),
        "routes.day": digest(AFTER["routes"]["day"]),
        "greetings": FIELDS.by_name["greetings"].digest(AFTER["greetings"]),
    }
    state = State("lineage", 3, bindings={DESK: AssistantBinding("obj_1", "abc", applied, echoes={})})
    live = Live({"obj_1": LiveAssistant("obj_1", 1, BEFORE, {}, ())}, {})
    drifts = drift(FIELDS, Desired("acme", (declared(DESK, AFTER),)), live, state)

    assert lines_of(drift_lines(plan_view(DOCUMENT), drifts, 1))[2:-2] == [
        "  ! assistant.desk was changed on the server  obj_1",
        "      ! warmth        0.5 → 0",
        "      ! loud          true → false",
        "      ! routes.day    0 → 1",
        "      ! greetings",
        "          morning.loud  true → false",
        '          morning.text  "Hello" → "Hi"',
        '          noon  (none) → {"label": "noon", "text": "Hm"}',
        '          night  {"label": "night", "text": ""} → (none)',
        "      ! tags.assistants_sync (not known) → (none)",
    ]


ORIGINS = {"warmth": "desk.yaml:4:13", "routes.day": "desk.yaml:6:10", "greetings": "desk.yaml:8:5"}


def test_what_is_declared_is_shown_part_by_part():
    fields = {"warmth": 0, "loud": None, "routes": {"day": 0}, "greetings": AFTER["greetings"][1:]}

    assert lines_of(declared_lines(declared(DESK, fields), ORIGINS, FIELDS)) == [
        "assistant.desk",
        "  warmth         0  (desk.yaml:4:13)",
        "  loud           null  ()",
        "  routes.day     0  (desk.yaml:6:10)",
        '  greetings.night {"label": "night", "text": ""}  (desk.yaml:8:5)',
    ]
    shown = json.loads(declared_json(declared(DESK, fields), ORIGINS, FIELDS))
    assert (shown["fields"], "files" in shown) == (fields, False)


def test_environments_that_differ_in_a_zero_or_in_one_item_differ():
    before = declared(DESK, {"warmth": 0, "loud": True, "greetings": AFTER["greetings"]})
    after = declared(DESK, {"warmth": None, "loud": 1, "greetings": AFTER["greetings"][:1]})
    lines = difference_lines(Desired("acme", (before,)), Desired("acme", (after,)), ("a", "b"), FIELDS)

    assert lines_of(lines) == [
        "  ~ assistant.desk",
        "      warmth         0 → (none)",
        "      loud           true → 1",
        '      greetings.night {"label": "night", "text": ""} → (none)',
        "",
        "a and b differ in 1 assistant.",
    ]
