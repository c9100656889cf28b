"""Request bodies and queries that are not what the wire allows."""

import pytest
from server.asking import made, refused


def create(client, **fields):
    return client.post("/assistants", json={"model": "m"} | fields)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{",
        b'{"model": NaN}',
        b'{"model": "m", "metadata": {"k": 1e999}}',
        b'{"model": "\\ud800"}',
        b'{"model": ' + b"[" * 100_000,
        b'{"model": ' + b"[" * 100 + b"]" * 100 + b"}",
        b'{"model": ' + b"9" * 10_000 + b"}",
    ],
)
def test_a_body_that_is_no_json_is_refused(client, body):
    message = refused(client.post("/assistants", content=body), None, None)
    assert message.startswith("We could not parse the JSON body of your request.")


@pytest.mark.parametrize(
    ("body", "kind"),
    [("[]", "an array"), ("null", "null"), ("1", "an integer"), ('"x"', "a string"), ("1.5", "a number")],
)
def test_a_body_that_is_no_object_is_refused(client, body, kind):
    message = refused(client.post("/assistants", content=body), "invalid_type", None)
    assert message == f"Invalid type for the request body: expected an object, but got {kind} instead."


def test_a_model_is_required_to_create(client):
    message = refused(client.post("/assistants", json={}), "missing_required_parameter", "model")
    assert message == "Missing required parameter: 'model'."


def test_an_unknown_key_is_refused_in_create_and_update(client):
    assert refused(create(client, top_p=1), "unknown_parameter", "top_p") == "Unknown parameter: 'top_p'."
    path = f"/assistants/{made(client)['id']}"
    refused(client.post(path, json={"id": "asst_x"}), "unknown_parameter", "id")


def test_a_long_unknown_key_is_not_repeated_in_full(client):
    error = create(client, **{"k" * 1000: 1}).json()["error"]
    assert error["param"] == "k" * 64 + "..."


@pytest.mark.parametrize(
    ("field", "value", "expected", "kind"),
    [
        ("model", None, "a string", "null"),
        ("model", 4, "a string", "an integer"),
        ("name", ["x"], "a string", "an array"),
        ("description", {}, "a string", "an object"),
        ("instructions", True, "a string", "a boolean"),
        ("tools", None, "an array", "null"),
        ("tools", {}, "an array", "an object"),
        ("file_ids", None, "an array", "null"),
        ("file_ids", "file-x", "an array", "a string"),
        ("metadata", [], "an object", "an array"),
        ("metadata", "x", "an object", "a string"),
    ],
)
def test_a_field_of_the_wrong_type_is_refused(client, field, value, expected, kind):
    message = refused(create(client, **{field: value}), "invalid_type", field)
    assert message == f"Invalid type for '{field}': expected {expected}, but got {kind} instead."


@pytest.mark.parametrize(
    ("tool", "code", "param"),
    [
        ("retrieval", "invalid_type", "tools[0]"),
        ({}, "missing_required_parameter", "tools[0].type"),
        ({"type": 1}, "invalid_type", "tools[0].type"),
        ({"type": "file_search"}, "invalid_value", "tools[0].type"),
        ({"type": "retrieval", "x": 1}, "unknown_parameter", "tools[0].x"),
        ({"type": "code_interpreter", "function": {}}, "unknown_parameter", "tools[0].function"),
        ({"type": "function"}, "missing_required_parameter", "tools[0].function"),
        ({"type": "function", "function": None}, "invalid_type", "tools[0].function"),
        ({"type": "function", "function": {}}, "missing_required_parameter", "tools[0].function.name"),
        ({"type": "function", "function": {"name": 1}}, "invalid_type", "tools[0].function.name"),
        (
            {"type": "function", "function": {"name": "f", "strict": False}},
            "unknown_parameter",
            "tools[0].function.strict",
        ),
        (
            {"type": "function", "function": {"name": "f", "description": None}},
            "invalid_type",
            "tools[0].function.description",
        ),
        (
            {"type": "function", "function": {"name": "f", "parameters": []}},
            "invalid_type",
            "tools[0].function.parameters",
        ),
    ],
)
def test_a_tool_out_of_shape_is_refused(client, tool, code, param):
    refused(create(client, tools=[tool]), code, param)


def test_an_unknown_tool_is_told_which_there_are(client):
    message = refused(create(client, tools=[{"type": "x" * 99}]), "invalid_value", "tools[0].type")
    choices = "'code_interpreter', 'retrieval', 'function'"
    assert message == f"Invalid 'tools[0].type': '{'x' * 64}...'. Expected one of {choices}."


def test_a_function_may_have_all_its_fields(client):
    function = {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}}
    assert (
        made(client, tools=[{"type": "function", "function": function}])["tools"][0]["function"] == function
    )


def test_parameters_may_be_nested_deeply(client):
    parameters = {}
    for _ in range(90):
        parameters = {"items": parameters}
    tools = [{"type": "function", "function": {"name": "f", "parameters": parameters}}]
    assert made(client, tools=tools)["tools"] == tools


def test_file_ids_must_be_ids_of_files(client):
    refused(create(client, file_ids=["file-x", 1]), "invalid_type", "file_ids[1]")
    refused(create(client, file_ids=["asst_x"]), "invalid_value", "file_ids[0]")


def test_an_order_other_than_asc_or_desc_is_refused(client):
    message = refused(client.get("/assistants?order=up"), "invalid_value", "order")
    assert message == "Invalid 'order': 'up'. Expected one of 'asc', 'desc'."


def test_an_unknown_query_parameter_of_a_list_is_refused(client):
    refused(client.get("/assistants?page=2"), "unknown_parameter", "page")
    refused(client.get(f"/assistants/{made(client)['id']}/files?page=2"), "unknown_parameter", "page")
