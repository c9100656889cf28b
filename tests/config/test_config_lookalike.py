"""Names that a person cannot tell apart, marks in heaps, and what hides in keys."""

import json
import time

import pytest

from reconciler.config.errors import ConfigError
from reconciler.model.characters import heap, look

UNSEEN = [
    "\u034f",
    "\u115f",
    "\u3164",
    "\ufe0f",
    "\U000e0100",
    "\u2800",
    "\uffa0",
    "\u17b4",
    "\U000e0041",
    "\u202e",
]


@pytest.fixture
def written(workspace, means):
    """What a text means as a configuration."""

    def written(text):
        workspace.configure(text)
        return means()

    return written


def codes(written, *names):
    lines = "".join(
        f"  a{number}: {{model: m, name: {json.dumps(name, ensure_ascii=False)}}}\n"
        for number, name in enumerate(names)
    )
    found = written(f"project: acme\nassistants:\n{lines}")
    return [(problem.code, problem.origin.line) for problem in found.warnings]


@pytest.mark.parametrize(
    "names",
    [
        ("admin", "аdmin"),
        ("аdmin", "admin"),
        ("Support", "Support"),
        ("Support desk", "Support  desk "),
        ("Support desk", "Support\u00a0desk"),
        ("Ορders", "Opders"),
        ("ＡＢＣ", "ABC"),
        ("𝐀dmin", "Admin"),
        ("ѕсоре", "scope"),
        ("Tier l", "Tier I"),
        ("Desk O", "Desk 0"),
        ("cafe\u0301", "café"),
        ("Ꭺsk", "Ask"),
    ],
)
def test_names_that_look_alike_are_warned_of_at_the_second(written, names):
    assert codes(written, *names) == [("AS511", 4)]


@pytest.mark.parametrize(
    "names",
    [
        ("Support", "support"),
        ("Support 1", "Support 2"),
        ("café", "cafe"),
        ("Поддержка", "Продажи"),
        ("客服", "客户"),
        ("Übersicht", "Ubersicht"),
        ("modern", "modem"),
        ("Tier 1", "Tier 2", "Tier 3"),
    ],
)
def test_names_that_a_person_can_tell_apart_pass(written, names):
    assert codes(written, *names) == []


def test_the_warning_names_the_other_assistant_and_shows_the_difference(written):
    found = written(
        "project: acme\nassistants:\n  one: {model: m, name: аdmin}\n  two: {model: m, name: admin}\n"
    )
    (problem,) = found.warnings

    assert problem.message == "`name` 'admin' looks like '<U+0430>dmin', the name of assistant `one`"


def test_equal_names_are_called_so(written):
    found = written(
        "project: acme\nassistants:\n  one: {model: m, name: Desk}\n  two: {model: m, name: Desk}\n"
    )

    assert found.warnings[0].message == "`name` is also the name of assistant `one`"


@pytest.mark.parametrize(("count", "expected"), [(4, []), (5, [("AS512", 3)]), (200, [("AS512", 3)])])
def test_more_than_a_few_marks_in_a_row_are_warned_of(written, count, expected):
    assert codes(written, "x" + "\u0328" * count) == expected


@pytest.mark.parametrize("text", ["שָׁ֖לוֹם בְּרֵאשִׁ֖ית", "ệ Tiếng Việt", "ที่นี่", "क्षत्रिय", "བསྒྲུབས", "ﷺ مُحَمَّدٌ"])
def test_no_script_needs_as_many_marks(text):
    assert heap(text) is None


@pytest.mark.timeout(30)
def test_ten_thousand_names_are_compared_in_linear_time():
    names = [f"Support {number} аdmin ѕсоре" for number in range(10_000)]
    began = time.process_time()
    looks = {look(name) for name in names}

    assert len(looks) < len(names) + 1
    assert time.process_time() - began < 2


@pytest.mark.parametrize("one", UNSEEN, ids=ascii)
@pytest.mark.parametrize(
    "line",
    [
        "metadata: {{'k': a, \"k{0}\": b}}",
        'tools: [{{type: function, function: {{name: f, parameters: {{properties: {{"a{0}": {{}}}}}}}}}}]',
        'tools: [{{type: function, function: {{name: f, parameters: {{enum: ["a{0}"]}}}}}}]',
        'metadata: {{k: "a{0}"}}',
    ],
)
@pytest.mark.parametrize("is_escaped", [True, False])
def test_what_cannot_be_seen_is_refused_in_keys_as_in_values(written, one, line, is_escaped):
    spelt = f"\\U{ord(one):08X}" if is_escaped else one
    with pytest.raises(ConfigError) as refused:
        written(f"project: acme\nassistants:\n  one:\n    model: m\n    {line.format(spelt)}\n")

    assert {problem.code for problem in refused.value.diagnostics} <= {"AS501", "AS106"}


@pytest.mark.parametrize("one", UNSEEN, ids=ascii)
def test_what_cannot_be_seen_is_refused_in_the_keys_of_a_tool_file(project, one):
    tool = {"name": "f", "parameters": {"type": "object", "properties": {f"a{one}": {"type": "string"}}}}
    project.write("tool.json", json.dumps(tool))
    tools = "[{type: function, function: {file: tool.json}}]"
    project.configure(f"project: acme\nassistants: {{one: {{model: m, tools: {tools}}}}}\n")
    ended = project.run("validate")

    assert ended.code == 1
    assert "AS501" in ended.err or "AS106" in ended.err


def test_a_character_that_is_allowed_passes_in_keys_too(written):
    lint = 'lint: {allow_characters: ["U+3164"]}\n'
    found = written(f'project: acme\n{lint}assistants:\n  one: {{model: m, metadata: {{"k\\u3164": b}}}}\n')

    assert found.desired.assistants[0].fields["metadata"] == {"k\u3164": "b"}


@pytest.mark.parametrize("key", ["می‌خواهم", "র‍্যাব", "ශ්‍රී", "👩‍💻"])
def test_a_key_may_hold_what_its_script_needs(written, key):
    tool = f"{{type: function, function: {{name: f, parameters: {{properties: {{'{key}': {{}}}}}}}}}}"
    assert written(f"project: acme\nassistants:\n  one: {{model: m, tools: [{tool}]}}\n").warnings == ()


@pytest.mark.parametrize("one", ["\\t", "\\n", "\\u00a0", "\\u3000", "\\u2028", "\\u0085", "\\e"])
def test_a_key_has_no_blank_but_spaces(written, one):
    with pytest.raises(ConfigError) as refused:
        written(f'project: acme\nassistants:\n  one:\n    model: m\n    metadata: {{"a{one}b": c}}\n')

    assert {problem.code for problem in refused.value.diagnostics} == {"AS106"}
