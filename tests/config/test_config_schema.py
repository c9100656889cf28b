"""The JSON Schema for editors: what is valid passes, and what the program calls a wrong shape is marked."""

import json
import re
from pathlib import Path

import jsonschema_rs
import pytest

from reconciler.cli import main
from reconciler.config.source import Source
from reconciler.config.text import compose

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/configuration.md").read_text()
BROKEN = Path(__file__).parent / "broken"
TITLED = re.compile(r"^```yaml title=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OF_THE_SHAPE = re.compile(r"^error\[AS20[123]\].*\n +--> assistants\.yaml:", re.MULTILINE)


@pytest.fixture
def schema(capsys):
    """The schema that the program prints."""

    def schema(*what):
        assert main.run(["schema", *what]) == 0
        return json.loads(capsys.readouterr().out)

    return schema


@pytest.fixture
def marks(schema):
    """Where an editor would mark a configuration, or an environment."""

    def marks(text, *what):
        checked = jsonschema_rs.validator_for(schema(*what))
        value = compose(Source("assistants.yaml", text)).plain()
        return ["/".join(map(str, one.instance_path)) for one in checked.iter_errors(value)]

    return marks


@pytest.mark.parametrize("what", ["configuration", "environment"])
def test_it_is_a_json_schema_that_says_which(schema, what):
    found = schema(what)

    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema_rs.meta.validate(found)
    assert schema() == schema("configuration")


@pytest.mark.parametrize("what", ["configuration", "environment"])
def test_an_editor_has_a_sentence_for_everything_that_has_fields(schema, what):
    found = schema(what)

    for one in (found, *found["$defs"].values()):
        assert one["additionalProperties"] is False
        assert one["description"].endswith(".")
        assert "\n" not in one["description"]


def documents():
    """The configurations of the page, without what is shown for its mistakes, and without tools."""
    for found in TITLED.finditer(PAGE):
        path, text = found.groups()
        if path != "broken.yaml" and not path.startswith("tools/"):
            what = "environment" if path.startswith("environments/") else "configuration"
            yield pytest.param(text, what, id=f"{path} line {PAGE.count(chr(10), 0, found.start()) + 1}")


def test_the_page_has_examples_of_both_kinds():
    assert {one.values[1] for one in documents()} == {"configuration", "environment"}


@pytest.mark.parametrize(("text", "what"), [*documents()])
def test_every_example_of_the_page_passes(marks, text, what):
    assert marks(text, what) == []


def test_the_example_project_passes(marks):
    assert marks((ROOT / "examples/assistants.yaml").read_text()) == []


@pytest.mark.parametrize(
    "field",
    [
        "name: null",
        'name: ""',
        "instructions: Be kind.",
        "instructions: null",
        "instructions: {file: a.md}",
        "instructions: {file: a.md, template: true}",
        "instructions: {include: [a.md, b.md], template: false}",
        "instructions: {text: a, template: true}",
        "tools: null",
        "tools: []",
        "tools: [{type: retrieval}, {type: code_interpreter}, {file: a.json}]",
        "tools: [{type: function, function: {file: a.json}}]",
        "tools: [{type: function, function: {name: f, description: null, parameters: {any: [thing]}}}]",
        "files: [a.md, {id: file-abc}]",
        "metadata: {a: b, c: null}",
        "lifecycle: {prevent_destroy: true, ignore_changes: [name, files, metadata]}",
    ],
)
def test_every_form_of_a_field_passes(marks, field):
    assert marks(f"project: acme\nassistants:\n  support:\n    {field}\n") == []
    assert marks(f"patches:\n  assistant.support:\n    {field}\n", "environment") == []


OF_A_FILE = {
    "an unknown field": ("nmae: x", ""),
    "a project that is none": ("project: null", "project"),
    "a project that is a number": ("project: 5", "project"),
    "a list of assistants": ("assistants: []", "assistants"),
    "an assistant of nothing": ("assistants: {a: null}", "assistants/a"),
    "a name for defaults": ("defaults: {name: x}", "defaults"),
    "files for defaults": ("defaults: {files: []}", "defaults"),
    "a variable that is a fraction": ("vars: {a: 1.5}", "vars/a"),
    "a variable that is true": ("vars: {a: true}", "vars/a"),
    "an environment of nothing": ("environments: {prod: null}", "environments/prod"),
    "an unknown field of an environment": ("environments: {prod: {model: m}}", "environments/prod"),
    "a move to nowhere": ("moved: [{from: assistant.a}]", "moved/0"),
    "a removal that is no text": ("removed: [{a: b}]", "removed/0"),
    "a character that is none": ("lint: {allow_characters: [200B]}", "lint/allow_characters/0"),
}
OF_AN_ASSISTANT = {
    "an unknown field": ("nmae: x", ""),
    "a number for a text": ("name: 5", "name"),
    "a prompt of two kinds": ("instructions: {file: a.md, text: b}", "instructions"),
    "a prompt of no parts": ("instructions: {include: []}", "instructions"),
    "an unknown field of a prompt": ("instructions: {file: a.md, tmplate: true}", "instructions"),
    "one tool for a list": ("tools: {type: retrieval}", "tools"),
    "a word for a tool": ("tools: [retrieval]", "tools/0"),
    "a tool of no known type": ("tools: [{type: web_search}]", "tools/0"),
    "a function beside retrieval": ("tools: [{type: retrieval, function: {name: f}}]", "tools/0"),
    "a function without a name": ("tools: [{type: function, function: {}}]", "tools/0"),
    "a tool that has no function": ("tools: [{type: function}]", "tools/0"),
    "an unknown field of a function": (
        "tools: [{type: function, function: {name: f, strict: true}}]",
        "tools/0",
    ),
    "one path for a list": ("files: a.md", "files"),
    "a file without a name": ("files: [{id: ''}]", "files/0"),
    "a number in metadata": ("metadata: {a: 5}", "metadata/a"),
    "yes for true": ("lifecycle: {prevent_destroy: yes}", "lifecycle/prevent_destroy"),
    "an unknown field to ignore": ("lifecycle: {ignore_changes: [nmae]}", "lifecycle/ignore_changes/0"),
}


@pytest.mark.parametrize(("field", "place"), OF_A_FILE.values(), ids=OF_A_FILE)
def test_a_wrong_shape_of_a_file_is_marked_where_it_stands(marks, field, place):
    (found,) = marks(f"{field}\n")

    assert found == place


@pytest.mark.parametrize(("field", "place"), OF_AN_ASSISTANT.values(), ids=OF_AN_ASSISTANT)
def test_a_wrong_shape_of_an_assistant_is_marked_within_it(marks, field, place):
    (found,) = marks(f"assistants:\n  a:\n    {field}\n")
    (patched,) = marks(f"patches:\n  assistant.a:\n    {field}\n", "environment")

    assert f"assistants/a/{place}".startswith(found)
    assert f"patches/assistant.a/{place}".startswith(patched)


NAMES = sorted(path.stem for path in BROKEN.glob("*.txt") if OF_THE_SHAPE.search(path.read_text()))


def test_there_are_broken_configurations_to_try():
    assert len(NAMES) > 40


@pytest.mark.parametrize("name", NAMES)
def test_what_the_program_calls_a_wrong_shape_the_schema_marks_too(marks, name):
    assert marks((BROKEN / f"{name}.yaml").read_text())
