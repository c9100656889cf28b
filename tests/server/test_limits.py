"""Every limit at its edge: N is taken, N + 1 is refused with its code."""

import pytest
from server.asking import made, refused, seen, uploaded


def tool(**function):
    return {"type": "function", "function": {"name": "f"} | function}


def create(client, **fields):
    return client.post("/assistants", json={"model": "m"} | fields)


@pytest.mark.parametrize(("field", "limit"), [("name", 256), ("description", 512), ("instructions", 32768)])
def test_a_text_is_taken_at_its_limit_and_refused_above(client, field, limit):
    assert made(client, **{field: "x" * limit})[field] == "x" * limit
    message = refused(create(client, **{field: "x" * (limit + 1)}), "string_above_max_length", field)
    assert message == (
        f"Invalid '{field}': string too long. Expected a string with maximum length {limit}, "
        f"but got a string with length {limit + 1} instead."
    )


def test_128_tools_are_taken_and_129_are_not(client):
    assert len(made(client, tools=[tool()] * 128)["tools"]) == 128
    message = refused(create(client, tools=[tool()] * 129), "array_above_max_length", "tools")
    assert message == (
        "Invalid 'tools': array too long. Expected an array with maximum length 128, "
        "but got an array with length 129 instead."
    )


def test_20_files_are_taken_and_21_are_not(client):
    files = [uploaded(client)["id"] for _ in range(21)]
    assert made(client, file_ids=files[:20])["file_ids"] == files[:20]
    refused(create(client, file_ids=files), "array_above_max_length", "file_ids")


def test_16_metadata_pairs_are_taken_and_17_are_not(client):
    pairs = {f"k{number}": "v" for number in range(17)}
    refused_message = (
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, "
        "but got an object with 17 properties instead."
    )
    assert (
        refused(create(client, metadata=pairs), "object_above_max_properties", "metadata") == refused_message
    )
    pairs.popitem()
    assert made(client, metadata=pairs)["metadata"] == pairs


def test_metadata_keys_and_values_have_limits_of_their_own(client):
    assert made(client, metadata={"k" * 64: "v" * 512})["metadata"] == {"k" * 64: "v" * 512}
    refused(create(client, metadata={"k" * 65: "v"}), "property_name_above_max_length", "metadata")
    refused(create(client, metadata={"k": "v" * 513}), "string_above_max_length", "metadata.k")


def test_a_function_name_of_64_is_taken_and_one_of_65_is_not(client):
    assert made(client, tools=[tool(name="f" * 64)])
    reply = create(client, tools=[tool(name="f" * 65)])
    refused(reply, "string_above_max_length", "tools[0].function.name")


@pytest.mark.parametrize("name", ["", "two words", "umläut", "line\n", "dot.ted"])
def test_a_function_name_outside_its_pattern_is_refused(client, name):
    reply = create(client, tools=[{"type": "retrieval"}, tool(name=name)])
    assert refused(reply, "invalid_value", "tools[1].function.name") == (
        "Invalid 'tools[1].function.name': string does not match pattern. "
        "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
    )


def test_the_limits_hold_for_updates_too(client):
    assistant = made(client)
    reply = client.post(f"/assistants/{assistant['id']}", json={"name": "x" * 257})
    refused(reply, "string_above_max_length", "name")
    assert seen(client, assistant) == assistant


@pytest.mark.parametrize(
    ("limit", "code", "message"),
    [
        (
            "101",
            "integer_above_max_value",
            "above maximum value. Expected a value <= 100, but got 101 instead.",
        ),
        ("0", "integer_below_min_value", "below minimum value. Expected a value >= 1, but got 0 instead."),
        ("-7", "integer_below_min_value", "below minimum value. Expected a value >= 1, but got -7 instead."),
    ],
)
def test_a_page_has_1_to_100_objects(client, limit, code, message):
    assert (
        client.get("/assistants?limit=1").status_code
        == client.get("/assistants?limit=100").status_code
        == 200
    )
    answer = refused(client.get(f"/assistants?limit={limit}"), code, "limit")
    assert answer == f"Invalid 'limit': integer {message}"


@pytest.mark.parametrize("limit", ["", "ten", "1.5", "1_0", " 5", "٣", "9" * 5000])
def test_a_limit_that_is_no_integer_is_refused(client, limit):
    refused(client.get("/assistants", params={"limit": limit}), "invalid_type", "limit")


def test_a_body_is_bounded(client):
    body = b'{"model": "' + b"m" * (16 << 20) + b'"}'
    refused(client.post("/assistants", content=body), "body_above_max_size", None, 413)
