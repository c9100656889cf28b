"""Which changes of a function's parameters an application that answers its calls may not survive."""

import pytest

from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.engine.breaking import breaking

TOOLS = ASSISTANTS_V1.fields.by_name["tools"]


def function(parameters):
    return {"type": "function", "function": {"name": "lookup", "parameters": parameters}}


def contracts(before, after):
    return breaking(TOOLS.contract(before), TOOLS.contract(after))


def schema(required=(), **properties):
    return {"type": "object", "properties": properties, "required": list(required)}


TEXT, NUMBER, NULL = {"type": "string"}, {"type": "number"}, {"type": "null"}


def either(*alternatives, word="anyOf"):
    return {word: list(alternatives)}


def referring(name, **definitions):
    return {**schema(a=schema(b={"$ref": f"#/$defs/{name}"})), "$defs": definitions}


@pytest.mark.parametrize(
    ("before", "after", "reasons"),
    [
        (schema(a=TEXT, b=TEXT), schema(a=TEXT), ["b is gone"]),
        (schema(a=TEXT), schema(a=NUMBER), ["a: string becomes number"]),
        (schema(a=TEXT), schema(a={"type": ["string", "null"]}), ["a: string becomes null or string"]),
        (schema(a=TEXT), schema(a={}), ["a: string becomes any type"]),
        (schema(a=TEXT), schema(["a"], a=TEXT), ["a is required now"]),
        (schema(["a"], a=TEXT), schema(a=TEXT), ["a may be missing now"]),
        (schema(a=TEXT), schema(["b"], a=TEXT, b=TEXT), ["b is new and required"]),
        (schema(a={"enum": ["x"]}), schema(a={"enum": ["x", "y"]}), ['a: new values: "y"']),
        (schema(a={"enum": ["x", 1]}), schema(a={"enum": ["x"]}), ["a: no longer values: 1"]),
        (
            schema(a={"const": "x"}),
            schema(a={"const": "y"}),
            ['a: new values: "y"', 'a: no longer values: "x"'],
        ),
        (
            schema(a={"enum": ["x"]}),
            schema(a=TEXT),
            ["a: any type becomes string", "a: any value may come now"],
        ),
        (
            schema(a={"type": "array", "items": schema(b=TEXT)}),
            schema(a={"type": "array", "items": schema(c=TEXT)}),
            ["a[].b is gone"],
        ),
        (
            schema(a=schema(b=schema(c=TEXT))),
            schema(a=schema(b=schema(c=NUMBER))),
            ["a.b.c: string becomes number"],
        ),
        (
            {**schema(a={"$ref": "#/$defs/id"}), "$defs": {"id": TEXT}},
            {**schema(a={"$ref": "#/$defs/id"}), "$defs": {"id": NUMBER}},
            ["a: string becomes number"],
        ),
        ({**schema(a={"$ref": "#/$defs/id"}), "$defs": {"id": TEXT}}, schema(a=TEXT), []),
        (referring("id", id=TEXT), referring("id", id=NUMBER), ["a.b: string becomes number"]),
        (schema(a=either(TEXT, NULL)), schema(a=TEXT), ["a: null or string becomes string"]),
        (
            schema(a=either(TEXT, NULL)),
            schema(a=either(NUMBER, NULL)),
            ["a: null or string becomes null or number"],
        ),
        (schema(a=either(TEXT, NULL)), schema(a={"type": ["null", "string"]}), []),
        (schema(a=either(TEXT, NUMBER, word="oneOf")), schema(a=either(NUMBER, TEXT)), []),
        (schema(a=either(TEXT, {})), schema(a={}), []),
        (
            schema(a=either({**TEXT, "enum": ["x"]}, NULL)),
            schema(a=either({**TEXT, "enum": ["x", "y"]}, NULL)),
            ['a: new values: "y"'],
        ),
        (schema(a=either(schema(b=TEXT), NULL)), schema(a=either(schema(), NULL)), ["a.b is gone"]),
        (
            schema(a=either({"type": "array", "items": TEXT}, NULL)),
            schema(a=either({"type": "array", "items": NUMBER}, NULL)),
            ["a[]: string becomes number"],
        ),
        (
            {**schema(a={"allOf": [{"$ref": "#/$defs/id"}], "default": "x"}), "$defs": {"id": TEXT}},
            {**schema(a={"allOf": [{"$ref": "#/$defs/id"}], "default": "x"}), "$defs": {"id": NUMBER}},
            ["a: string becomes number"],
        ),
        ({"type": "object"}, {"type": "array"}, ["the parameters: object becomes array"]),
    ],
)
def test_what_comes_no_more_in_another_form_or_always_breaks(before, after, reasons):
    assert list(contracts(function(before), function(after))) == reasons


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (schema(a=TEXT), schema(a=TEXT, b=NUMBER)),
        (schema(a=TEXT), schema(a={**TEXT, "description": "What to look up."})),
        (schema(a=TEXT), schema(a={**TEXT, "maxLength": 9})),
        (schema(a=TEXT), schema(a={**TEXT, "enum": ["x"]})),
        (schema(), schema(a=TEXT)),
        (schema(a=TEXT), {**schema(a=TEXT), **either({"required": ["a"]}, {"required": ["b"]})}),
        (None, schema(a=TEXT)),
    ],
)
def test_descriptions_optional_parameters_and_bounds_break_nothing(before, after):
    assert contracts(function(before), function(after)) == ()


@pytest.mark.parametrize(
    "odd", [True, 3, "x", [], {"properties": [], "required": "a", "enum": 3, "items": False}]
)
def test_what_is_no_schema_is_compared_without_an_error(odd):
    for before, after in (
        (odd, schema(a=TEXT)),
        (schema(a=odd), schema(a=TEXT)),
        (schema(a=TEXT), schema(a=odd)),
    ):
        assert isinstance(contracts(function(before), function(after)), tuple)


def test_definitions_that_make_millions_of_a_few_lines_are_compared_in_part_and_that_is_told():
    def tree(leaf):
        inner = {f"t{n}": schema(**{one: {"$ref": f"#/$defs/t{n + 1}"} for one in "abc"}) for n in range(15)}
        return {"$ref": "#/$defs/t0", "$defs": {**inner, "t15": leaf}}

    more = "the parameters: more changes not shown"
    assert contracts(function(tree(TEXT)), function(tree({**TEXT, "title": "t"}))) == (more,)
    found = contracts(function(tree(TEXT)), function(tree(NUMBER)))
    assert (len(found), found[-1]) == (101, more)


def test_a_definition_that_refers_to_itself_ends():
    itself = {**schema(a={"$ref": "#/$defs/a"}), "$defs": {"a": {"$ref": "#/$defs/a"}}}
    tree = {**schema(a={"$ref": "#"})}

    assert contracts(function(itself), function(schema(a=TEXT))) == ("a: any type becomes string",)
    assert contracts(function(tree), function({**tree, "title": "t"})) == ()


def test_tools_that_are_no_functions_break_nothing():
    assert contracts({"type": "retrieval"}, {"type": "code_interpreter"}) == ()
    assert contracts({"type": "retrieval"}, function(schema(["a"], a=TEXT))) == ()
