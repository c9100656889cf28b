"""Tools: inline or from files that assistants share, as the wire takes them, their parameters checked."""

import json
import re
import socket
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.content import Root
from reconciler.config.errors import ConfigError
from reconciler.config.resolve import configuration
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1

LOOKUP = {
    "name": "lookup_order",
    "description": "Look an order up.",
    "parameters": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
}
WIRE = {"type": "function", "function": LOOKUP}


@pytest.fixture
def means(workspace, root):
    """The assistants of a configuration."""

    def means(*paths):
        named = [workspace.folder / path for path in paths or ("assistants.yaml",)]
        return configuration(root, named, ASSISTANTS_V1).desired.assistants

    return means


@pytest.fixture
def sent(workspace, means):
    """What is sent of these tools."""

    def sent(*tools):
        shown = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in tools]
        body = f"  a:\n    model: m\n    tools: [{', '.join(shown)}]\n"
        workspace.configure(f"project: acme\nassistants:\n{body}")
        return means()[0].fields["tools"]

    return sent


@pytest.fixture
def refused(sent):
    """Where and what is wrong with these tools."""

    def refused(*tools):
        with pytest.raises(ConfigError) as caught:
            sent(*tools)
        return [f"{problem.origin}: {problem.message}" for problem in caught.value.diagnostics]

    return refused


def function(**parts):
    """A tool, inline."""
    return {"type": "function", "function": {"name": "f", **parts}}


YAML = """\
# shared by all
name: lookup_order
description: Look an order up.
parameters:
  type: object
  properties: {id: {type: string}}
  required: [id]
"""
WHOLE = "type: function\nfunction:\n" + re.sub(r"(?m)^", "  ", YAML)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("x.json", json.dumps(LOOKUP)),
        ("x.json", json.dumps(WIRE, indent=4)),
        ("x.json", json.dumps({"function": LOOKUP, "type": "function"})),
        ("x.json", b"\xef\xbb\xbf" + json.dumps(LOOKUP).encode()),
        ("x.yaml", YAML),
        ("x.yml", WHOLE),
        ("x.yaml", YAML.replace("\n", "\r\n")),
        ("x", YAML),
    ],
)
def test_a_file_holds_a_function_or_a_whole_tool(file, text, workspace, sent):
    workspace.write(f"tools/{file}", text)

    assert sent(f"{{file: tools/{file}}}") == [WIRE]
    assert sent(f"{{type: function, function: {{file: tools/{file}}}}}") == [WIRE]


def test_all_ways_to_name_tools_stand_side_by_side_in_their_order(workspace, sent):
    for name in ("a", "b"):
        workspace.write(f"{name}.json", json.dumps({"name": name}))
    tools = sent(
        {"type": "code_interpreter"},
        "{file: b.json}",
        function(name="c"),
        "{type: function, function: {file: a.json}}",
        {"type": "retrieval"},
    )

    names = [tool.get("function", tool).get("name", tool["type"]) for tool in tools]
    assert names == ["code_interpreter", "b", "c", "a", "retrieval"]


def test_a_file_that_many_share_is_read_once(workspace, root, monkeypatch, means):
    read = []
    source = root.source
    monkeypatch.setattr(root, "source", lambda path, **more: read.append(path) or source(path, **more))
    workspace.write("tools/x.json", json.dumps(LOOKUP))
    defaults = "defaults: {model: m, tools: [{file: tools/x.json}]}"
    workspace.write("a.yaml", f"project: acme\n{defaults}\nassistants: {{a: {{}}, b: {{}}}}\n")
    workspace.write("deep/c.yaml", "assistants: {c: {model: m, tools: [{file: ../tools/./x.json}]}}\n")

    assert [one.fields["tools"] for one in means("a.yaml", "deep")] == [[WIRE]] * 3
    assert read.count("tools/x.json") == 1


def test_what_is_wrong_in_a_file_is_told_once_however_often_it_is_named(workspace, refused):
    workspace.write("x.json", '{\n  "name": "a b"\n}')

    assert refused("{file: x.json}", "{type: function, function: {file: ./x.json}}") == [
        "assistants.yaml:5:29: the tool `a b` is listed twice",
        "x.json:2:11: 'a b' cannot be a function's name",
    ]


def test_a_file_that_is_not_there_is_told_at_every_place_that_names_it(refused):
    message = "cannot read the function: no.json: no such file or directory"

    assert refused("{file: no.json}", "{type: function, function: {file: no.json}}") == [
        f"assistants.yaml:5:20: {message}",
        f"assistants.yaml:5:64: {message}",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("type: function\nfunction: {file: y.json}\n", "2:18: a tool file cannot name another"),
        ("file: y.json\n", "1:1: unknown field `file`"),
        ("type: retrieval\n", "1:1: unknown field `type`"),
        ("type: functoin\nfunction: {name: a}\n", "1:7: `type` must be 'function'"),
        ("function: {name: a}\n", "1:1: unknown field `function`"),
        ("type: function\nfunction: {name: a, nmae: b}\n", "2:21: unknown field `nmae` in `function`"),
        ("type: function\nfunction: {name: a}\nstrict: true\n", "3:1: unknown field `strict`"),
        ("type: function\nfunction: [a]\n", "2:11: `function` must have name, description and parameters"),
        ("name: 5\n", "1:7: `name` must be text, and is a number"),
        ("name: a\nparameters: [a]\n", "2:13: `parameters` must be a mapping, and is a list"),
        ("- name: a\n", "1:1: the file must be a mapping, and is a list"),
        ("", "1:1: the file is empty"),
        ("name: &a b\n", "1:7: anchors are not allowed"),
        ("name: a\n---\nname: b\n", "2:1: a second document starts here"),
        ("name: a\nname: b\n", "2:1: `name` is written twice here"),
    ],
)
def test_a_file_that_holds_something_else_is_refused_where_it_is_wrong(text, problem, workspace, refused):
    workspace.write("x.yaml", text)
    workspace.write("y.json", json.dumps(LOOKUP))

    assert any(found.startswith(f"x.yaml:{problem}") for found in refused("{file: x.yaml}"))


@pytest.mark.parametrize("name", ["a", "A-z_0-9", "9", "_", "-", "f" * 64])
def test_a_function_has_a_name_of_letters_digits_dashes_and_underscores(name, sent):
    assert sent(function(name=name))[0]["function"]["name"] == name


@pytest.mark.parametrize("name", ["", "a b", "a.b", "a/b", "ä", "a\n", "\uff41"])
def test_another_name_is_refused_inline_and_in_a_file(name, workspace, refused):
    message = f"{name!r} cannot be a function's name"
    workspace.write("x.json", json.dumps({"name": name}))

    assert refused(function(name=name)) == [f"assistants.yaml:5:55: {message}"]
    assert refused("{file: x.json}") == [f"x.json:1:10: {message}"]


def test_one_function_twice_is_refused_however_it_is_written(workspace, refused):
    workspace.write("x.json", json.dumps(LOOKUP))
    found = refused("{file: x.json}", "{type: function, function: {file: x.json}}", WIRE)

    assert [problem.partition(": ")[2] for problem in found] == [
        "the tool `lookup_order` is listed twice"
    ] * 2


def test_a_function_is_no_duplicate_of_a_tool_that_is_called_like_it(sent):
    assert len(sent({"type": "retrieval"}, function(name="retrieval"))) == 2


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"type": "object"},
        {"properties": {}},
        {"type": "object", "properties": {"type": {"type": "string"}, "properties": {"enum": ["a"]}}},
        {"type": "object", "additionalProperties": False, "required": []},
        {"type": "object", "properties": {"a": {"type": ["string", "null"]}, "b": True}},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"type": "number"}}},
        {"type": "object", "properties": {"a": {"minimum": -(2**70), "maximum": 10**200, "multipleOf": 0.5}}},
        {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "definitions": {"a": {}}},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"},
        {"type": "object", "x-note": "words of others", "properties": {"é": {"description": "🚀"}}},
        {"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
    ],
)
def test_parameters_that_are_a_schema_are_sent_as_they_are(parameters, sent):
    assert sent(function(parameters=parameters))[0]["function"]["parameters"] == parameters


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ("type: array", "2:9: a function's parameters are an object"),
        ("type: [object]", "2:9: a function's parameters are an object"),
        ("type: null", "2:9: a function's parameters are an object"),
        ("properties: [a]", "2:15: not a JSON Schema: "),
        ("properties: {a: {type: strin}}", "2:26: 'strin' is no type of JSON Schema"),
        ("properties: {a: {type: String}}", "2:26: 'String' is no type of JSON Schema"),
        ("properties: {a: {type: 5}}", "2:26: not a JSON Schema: "),
        ("properties:\n    a:\n      enum: b", "4:13: not a JSON Schema: "),
        ("properties: {type: string}", "2:22: not a JSON Schema: "),
        ("properties: {a: string}", "2:19: not a JSON Schema: "),
        ("required: id", "2:13: not a JSON Schema: "),
        ("required: [1]", "2:14: not a JSON Schema: "),
        ("properties: {a: {items: {minLength: -1}}}", "2:39: not a JSON Schema: "),
        ("$defs: {a: {type: object, properties: {b: {multipleOf: 0}}}}", "2:58: not a JSON Schema: "),
    ],
)
def test_parameters_that_are_no_schema_are_refused_where_they_are_wrong(schema, problem, workspace, refused):
    workspace.write("x.yaml", f"parameters:\n  {schema}\nname: f\n")

    (found,) = refused("{file: x.yaml}")
    assert found.startswith(f"x.yaml:{problem}")


def test_a_misspelt_type_is_told_with_the_nearest(sent):
    with pytest.raises(ConfigError) as caught:
        sent(function(parameters={"properties": {"a": {"type": "strng"}}}))

    assert caught.value.diagnostics[0].help == "did you mean `string`?"


@pytest.mark.parametrize(
    "dialect",
    ["https://example.com/schema", "file:///etc/passwd", "", "#", "json-schema:///x", "http://[::1", "a b"],
)
def test_a_dialect_that_is_not_known_is_refused(dialect, refused):
    (problem,) = refused(function(parameters={"$schema": dialect}))

    assert problem == "assistants.yaml:5:86: an unknown `$schema`"


@pytest.mark.parametrize("key", ["$ref", "$id", "$dynamicRef", "$schema"])
def test_nothing_is_fetched_that_a_schema_names(key, sent):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/schema"
        sent(function(parameters={"properties": {"a": {key: address}}}))

        with pytest.raises(TimeoutError):
            server.accept()


def test_a_place_behind_an_emoji_of_a_json_file_is_its_place(workspace, refused):
    workspace.write("x.json", '{"description": "🚀 é", "name": "a b"}')

    assert refused("{file: x.json}") == ["x.json:1:32: 'a b' cannot be a function's name"]


def test_a_description_of_null_is_not_sent_from_a_file_either(workspace, sent):
    workspace.write("x.json", '{"name": "f", "description": null, "parameters": null}')

    assert sent("{file: x.json}") == [{"type": "function", "function": {"name": "f"}}]


KEYS = ["type", "properties", "items", "enum", "$schema", "$id", "$ref", "$defs", "pattern", "required"]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["object", "string", "#", "#/$defs/a", "(", "^a$"])
    | st.text(max_size=3)
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=10,
)
SCHEMAS = st.dictionaries(st.sampled_from(KEYS), TREES, max_size=4)
FUNCTIONS = TREES | st.fixed_dictionaries({"name": st.just("f")}, optional={"parameters": SCHEMAS | TREES})


@given(FUNCTIONS | st.fixed_dictionaries({"type": st.just("function") | TREES, "function": FUNCTIONS}))
def test_any_tool_file_is_read_or_refused_with_a_place(tool):
    with TemporaryDirectory() as folder:
        file = Path(folder, "assistants.yaml")
        file.with_name("x.json").write_text(json.dumps(tool), "utf-8")
        file.write_text("project: acme\nassistants: {a: {model: m, tools: [{file: x.json}]}}\n")
        try:
            (found,) = configuration(Root(file.parent), [file], ASSISTANTS_V1).desired.assistants
        except ConfigError as refused:
            places = {problem.origin.path for problem in refused.diagnostics}
        else:
            places = {"x.json"} if found.fields["tools"][0]["function"]["name"] == "f" else set()

    assert places == {"x.json"}
