"""Shapes of other APIs, which users bring along: one problem for each, which says what to write instead."""

import json

import pytest

from reconciler.config.errors import ConfigError
from reconciler.dialects import DIALECTS
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.dialects.written import keys
from reconciler.model.field import Items

PARAMETERS = "parameters: {type: object}"
FLAT = "put name, description and parameters under `function:`"
CHOSEN = "the v1 API has no such field: a run chooses it; remove it"
PROMPT = "write `instructions:`"
FILES = "write `files:`, with paths, or {id: file-…} for a file that is on the server"


@pytest.fixture
def problems(read):
    """What is wrong with the lines of an assistant, and the remedies."""

    def problems(*lines):
        body = "".join(f"    {line}\n" for line in lines)
        with pytest.raises(ConfigError) as caught:
            read(f"project: acme\nassistants:\n  a:\n    model: m\n{body}")
        return {one.message: one.help for one in caught.value.diagnostics}

    return problems


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("temperature: 0.2", CHOSEN),
        ("top_p: 1", CHOSEN),
        ("response_format: {type: json_object}", CHOSEN),
        ("reasoning_effort: low", CHOSEN),
        ("system_prompt: Be kind.", PROMPT),
        ("prompt: Be kind.", PROMPT),
        ("file_ids: [file-abc]", FILES),
        ("tool_resources: {}", "in v1, files belong to the assistant: list them under `files:`"),
        ("vector_store_ids: [vs_1]", "v1 has no vector stores: list the files under `files:`"),
        ("functions: [{name: f}]", "write `tools:`, with {type: function, function: …} for each"),
        ("created_at: 1", "the server chooses it; remove it"),
        ("modle: m", "did you mean `model`?"),
    ],
)
def test_a_field_of_another_api_is_named_with_what_to_write(line, remedy, problems):
    word = line.partition(":")[0]

    assert problems(line) == {f"unknown field `{word}` in `assistants.a`": remedy}


@pytest.mark.parametrize(
    ("function", "word", "remedy"),
    [
        (f"{{name: f, strict: true, {PARAMETERS}}}", "strict", "the v1 API has no strict mode; remove it"),
        ("{name: f, input_schema: {type: object}}", "input_schema", "write `parameters:`"),
    ],
)
def test_a_field_of_a_function_of_another_api_is_named(function, word, remedy, problems):
    found = problems(f"tools: [{{type: function, function: {function}}}]")

    assert found == {f"unknown field `{word}` in `assistants.a.tools[0].function`": remedy}


def test_a_flat_tool_is_one_problem(problems):
    found = problems(f"tools: [{{type: function, name: f, description: d, {PARAMETERS}}}]")

    assert found == {"`assistants.a.tools[0].function` is missing": FLAT}


def test_what_else_is_wrong_with_a_flat_tool_is_said_too(problems):
    assert problems(f"tools: [{{type: function, name: f, strict: true, {PARAMETERS}}}]") == {
        "`assistants.a.tools[0].function` is missing": FLAT,
        "unknown field `strict` in `assistants.a.tools[0]`": "the v1 API has no strict mode; remove it",
    }


@pytest.mark.parametrize("tool", ["{file: f.json}", "{type: function, function: {file: f.json}}"])
def test_a_flat_tool_in_a_file_is_one_problem(tool, workspace, problems):
    workspace.write("f.json", json.dumps({"type": "function", "name": "f", "parameters": {"type": "object"}}))

    assert problems(f"tools: [{tool}]") == {"unknown field `type`": f"{FLAT}, or remove `type`"}


@pytest.mark.parametrize(
    ("item", "remedy"),
    [
        ("retrieval", "write {type: retrieval}"),
        ("retreival", "did you mean `{type: retrieval}`?"),
        ("file_search", "v1 calls it {type: retrieval}"),
        ("{type: file_search}", "v1 calls it {type: retrieval}"),
        ("{type: web_search}", "the v1 API has no such tool; remove it, or declare a function"),
        ("code_interpreter: {}", "write {type: code_interpreter}"),
        ("{function: {name: f}}", "add `type: function`"),
        (f"{{name: f, {PARAMETERS}}}", f"add `type: function`, and {FLAT}"),
        (
            "{name: f, input_schema: {}}",
            f"add `type: function`, and {FLAT}; `input_schema`: write `parameters:`",
        ),
        ("{other: 1, more: 2}", ""),
        ("3", ""),
    ],
)
def test_an_item_of_another_api_is_recognised_by_what_it_has(item, remedy, problems):
    (found,) = problems(f"tools: [{item}]").items()

    assert found[0].startswith("`assistants.a.tools[0]` must have a type, code_interpreter, retrieval or")
    assert found[1] == remedy


def test_one_word_in_place_of_a_list_of_tools_is_explained(problems):
    (found,) = problems("tools: file_search").items()

    assert found == (
        "`assistants.a.tools` must be a list, and is text",
        "v1 calls it {type: retrieval}, as an item of a list",
    )


@pytest.mark.parametrize("kind", ["retrieval", "code_interpreter"])
def test_files_of_a_tool_belong_to_the_assistant(kind, problems):
    (remedy,) = problems(f"tools: [{{type: {kind}, file_ids: [file-abc]}}]").values()

    assert "the `files` of its assistant" in remedy


def test_parameters_as_a_json_text_are_to_be_written_as_they_are(problems):
    found = problems("""tools: [{type: function, function: {name: f, parameters: '{"type": "object"}'}}]""")

    assert [*found.values()] == ["write it without quotes, or as indented lines"]


def test_a_property_that_says_itself_that_it_is_required_is_explained(problems):
    schema = "{type: object, properties: {id: {type: string, required: true}}}"
    found = problems(f"tools: [{{type: function, function: {{name: f, parameters: {schema}}}}}]")

    assert found == {
        "`required` is a list of names, beside `properties`": "an object lists what it requires: "
        "`required: [id]`"
    }


def test_a_file_that_is_named_in_a_mapping_is_explained(problems):
    found = problems("files: [{path: a.md}]")

    assert "name a file of the project by its path alone: `- PATH`" in found.values()


def test_nothing_that_a_dialect_has_is_called_foreign():
    for fields in (load().fields for load in DIALECTS.values()):
        assert fields.foreign.keys().isdisjoint(fields.by_name)
        for row in fields:
            for kind in row.kinds if isinstance(row, Items) else ():
                assert kind.tag not in row.foreign
                assert kind.written.foreign.keys().isdisjoint(keys(kind.written))
    assert ASSISTANTS_V1.fields.foreign
