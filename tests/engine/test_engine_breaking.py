"""Which changes of a function's parameters an application that answers its calls may not survive."""

import pytest

from reconciler.engine.breaking import breaking


def function(parameters):
    return {"type": "function", "function": {"name": "lookup", "parameters": parameters}}


def schema(required=(), **properties):
    return {"type": "object", "properties": properties, "required": list(required)}


TEXT, NUMBER = {"type": "string"}, {"type": "number"}


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
        ({"type": "object"}, {"type": "array"}, ["the parameters: object becomes array"]),
    ],
)
def test_what_comes_no_more_in_another_form_or_always_breaks(before, after, reasons):
    assert list(breaking(function(before), function(after))) == reasons


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (schema(a=TEXT), schema(a=TEXT, b=NUMBER)),
        (schema(a=TEXT), schema(a={**TEXT, "description": "What to look up."})),
        (schema(a=TEXT), schema(a={**TEXT, "maxLength": 9})),
        (schema(a=TEXT), schema(a={**TEXT, "enum": ["x"]})),
        (schema(), schema(a=TEXT)),
        (None, schema(a=TEXT)),
    ],
)
def test_descriptions_optional_parameters_and_bounds_break_nothing(before, after):
    assert breaking(function(before), function(after)) == ()


@pytest.mark.parametrize(
    "odd", [True, 3, "x", [], {"properties": [], "required": "a", "enum": 3, "items": False}]
)
def test_what_is_no_schema_is_compared_without_an_error(odd):
    for before, after in (
        (odd, schema(a=TEXT)),
        (schema(a=odd), schema(a=TEXT)),
        (schema(a=TEXT), schema(a=odd)),
    ):
        assert isinstance(breaking(function(before), function(after)), tuple)


def test_a_definition_that_refers_to_itself_ends():
    itself = {**schema(a={"$ref": "#/$defs/a"}), "$defs": {"a": {"$ref": "#/$defs/a"}}}
    tree = {**schema(a={"$ref": "#"})}

    assert breaking(function(itself), function(schema(a=TEXT))) == ("a: any type becomes string",)
    assert breaking(function(tree), function({**tree, "title": "t"})) == ()


def test_tools_that_are_no_functions_break_nothing():
    assert breaking({"type": "retrieval"}, {"type": "code_interpreter"}) == ()
    assert breaking({"type": "retrieval"}, function(schema(["a"], a=TEXT))) == ()
