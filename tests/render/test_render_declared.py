"""What is declared, for people to read: one assistant with its origins, and two environments side by side."""

import json

import pytest
from builders import FUNCTION, assistant

from reconciler.dialects.assistants_v1.shape import FIELDS
from reconciler.model.resource import Desired
from reconciler.render.declared import declared_json, declared_lines, difference_lines
from reconciler.render.terminal import painted

EVERYTHING = assistant(
    "triage",
    name="Support triage",
    description=None,
    instructions="# Tickets\n\nBe kind.\n",
    tools=[{"type": "retrieval"}, FUNCTION],
    metadata={"tier": "gold", "team": None},
    files=["docs/handbook.md", "file-abc"],
    protected=True,
    ignored=["name", "model"],
)
ORIGINS = {
    "name": "assistants.yaml:4:11",
    "description": "assistants.yaml:5:18",
    "model": "environments/prod.yaml:3:12",
    "instructions": "prompts/tone.md + prompts/triage.md",
    "tools": "assistants.yaml:7:7",
    "metadata.tier": "assistants.yaml:9:20",
    "metadata.team": "assistants.yaml:9:32",
    "files": "assistants.yaml:12:7",
}


def shown(one):
    return painted(declared_lines(one, ORIGINS, FIELDS), colour=False).splitlines()


def test_every_managed_value_stands_with_its_origin():
    assert shown(EVERYTHING) == [
        "assistant.triage",
        "  model          gpt-5.6  (environments/prod.yaml:3:12)",
        "  name           Support triage  (assistants.yaml:4:11)",
        "  description    null  (assistants.yaml:5:18)",
        "  instructions  (prompts/tone.md + prompts/triage.md)",
        "     1 │ # Tickets",
        "     2 │",
        "     3 │ Be kind.",
        '  tools.retrieval {"type": "retrieval"}  (assistants.yaml:7:7)',
        f"  tools.function lookup {json.dumps(FUNCTION)}  (assistants.yaml:7:7)",
        "  metadata.tier  gold  (assistants.yaml:9:20)",
        "  metadata.team  null  (assistants.yaml:9:32)",
        '  files          ["docs/handbook.md", "file-abc"]  (assistants.yaml:12:7)',
        "  lifecycle      prevent_destroy",
        "  ignored        model, name",
    ]


def test_what_is_not_managed_is_not_shown():
    assert shown(assistant()) == [
        "assistant.support",
        "  model          gpt-5.6  (environments/prod.yaml:3:12)",
    ]


def test_files_that_are_managed_and_none_are_shown():
    assert shown(assistant(files=[]))[-1] == "  files          []  (assistants.yaml:12:7)"


@pytest.mark.parametrize("field", ["name", "description", "instructions"])
def test_nothing_of_a_value_acts_on_a_terminal(field):
    text = painted(declared_lines(assistant(**{field: "\x1b]0;owned\a\u202e"}), {}, FIELDS), colour=False)

    assert r"\x1b]0;owned\x07<U+202E>" in text
    assert "\x1b" not in text


def test_nothing_of_an_origin_a_key_or_a_tool_acts_on_a_terminal():
    one = assistant(
        metadata={"k\u200b": "v\x1b"}, tools=[{"type": "function", "function": {"name": "f\u202e"}}]
    )
    text = painted(declared_lines(one, {"metadata.k\u200b": "a\x1b.yaml"}, FIELDS), colour=False)

    assert "k<U+200B>" in text
    assert r"v\x1b  (a\x1b.yaml)" in text
    assert "tools.function f<U+202E>" in text
    assert not {"\x1b", "\u200b", "\u202e"} & {*text}


def test_as_json_it_is_one_object_with_everything():
    assert json.loads(declared_json(EVERYTHING, ORIGINS, FIELDS)) == {
        "format_version": 1,
        "address": "assistant.triage",
        "fields": dict(EVERYTHING.fields),
        "files": ["file.docs/handbook.md", "file-abc"],
        "prevent_destroy": True,
        "ignore_changes": ["model", "name"],
        "origins": ORIGINS,
    }
    assert json.loads(declared_json(assistant(), {}, FIELDS))["files"] is None
    assert json.loads(declared_json(assistant(files=[]), {}, FIELDS))["files"] == []


# Two environments


def difference(before, after, names=("staging", "prod")):
    lines = difference_lines(Desired("acme", before), Desired("acme", after), names, FIELDS)
    return painted(lines, colour=False).splitlines()


def test_environments_that_are_the_same_say_so():
    assert difference((EVERYTHING,), (EVERYTHING,)) == ["staging and prod are the same."]
    assert difference((), ()) == ["staging and prod are the same."]


def test_only_what_differs_is_shown():
    before = assistant(name="Support", metadata={"tier": "gold", "team": "a"}, files=["a.md"])
    after = assistant(
        name="Support", model="gpt-6", metadata={"tier": "silver", "team": "a"}, files=["a.md", "b.md"]
    )

    assert difference((before, assistant("same")), (after, assistant("same"))) == [
        "  ~ assistant.support",
        '      model          "gpt-5.6" → "gpt-6"',
        '      metadata.tier  "gold" → "silver"',
        '      files          ["a.md"] → ["a.md", "b.md"]',
        "",
        "staging and prod differ in 1 assistant.",
    ]


def test_long_texts_are_compared_word_by_word_and_short_ones_whole():
    before = assistant(name="Desk one", description="Answers before somebody buys.")
    after = assistant(name="Desk two", description="Answers after somebody buys.")

    assert difference((before,), (after,))[1:-2] == [
        '      name           "Desk one" → "Desk two"',
        "      description",
        "           1 - │ Answers [-before-] somebody buys.",
        "           1 + │ Answers {+after+} somebody buys.",
    ]


def test_what_only_one_of_them_has_is_told():
    before = assistant(name="Support", metadata={"tier": "gold"})
    after = assistant(name=None, tools=[FUNCTION])

    assert difference((before,), (after,))[1:-2] == [
        '      name           "Support" → (none)',
        '      metadata.tier  "gold" → (none)',
        f"      tools.function lookup (none) → {json.dumps(FUNCTION)}",
    ]


def test_assistants_that_only_one_of_them_has_are_counted_in_the_order_of_their_addresses():
    found = difference(
        (assistant("zeta"), assistant("alpha")), (assistant("zeta", name="Z"), assistant("mid"))
    )

    assert [row for row in found if "assistant." in row[:14]] == [
        "  ~ assistant.alpha",
        "  ~ assistant.mid",
        "  ~ assistant.zeta",
    ]
    assert found[1] == '      model          "gpt-5.6" → (none)'
    assert found[-1] == "staging and prod differ in 3 assistants."


def test_nothing_of_either_environment_acts_on_a_terminal():
    before = assistant(name="\x1b[2J", description="\u202ea long description")
    after = assistant(name="x", description="\u202ea longer description", metadata={"k\u200b": "\a"})
    text = "\n".join(difference((before,), (after,), ("a\x1b", "b")))

    assert not {"\x1b", "\u202e", "\u200b", "\a"} & {*text}
    assert r"a\x1b and b differ in 1 assistant." in text
    assert "k<U+200B>" in text
