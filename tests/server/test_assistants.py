"""Assistants: create, retrieve, update, delete."""

import re

import pytest
from server.asking import changed, made, refused, seen, uploaded

TOOLS = [
    {"type": "code_interpreter"},
    {"function": {"parameters": {"z": 1.5, "a": [None, True]}, "name": "look_up"}, "type": "function"},
    {"type": "retrieval"},
]


def test_a_new_assistant_has_the_ten_keys_in_the_order_of_the_wire(client):
    assistant = made(client, model="gpt-4")
    assert re.fullmatch(r"asst_[A-Za-z0-9]{24}", assistant.pop("id"))
    assert list(assistant.items()) == [
        ("object", "assistant"),
        ("created_at", 1_700_000_000),
        ("name", None),
        ("description", None),
        ("model", "gpt-4"),
        ("instructions", None),
        ("tools", []),
        ("file_ids", []),
        ("metadata", {}),
    ]


def test_every_field_comes_back_as_it_was_sent(client):
    file = uploaded(client)
    fields = {
        "name": "Zoë 🚀",
        "description": "d",
        "model": "any-model:v7",
        "instructions": "line\n\u2028\x00end ",
        "tools": TOOLS,
        "file_ids": [file["id"]],
        "metadata": {"schlüssel": "wert", "": ""},
    }
    assistant = made(client, **fields)
    assert {name: assistant[name] for name in fields} == fields
    assert list(assistant["tools"][1]) == ["function", "type"]
    assert seen(client, assistant) == assistant


def test_replies_are_compact_json_in_utf_8(client):
    reply = client.post("/assistants", json={"model": "m", "name": "é"})
    assert reply.headers["content-type"] == "application/json"
    assert '"name":"é","description":null'.encode() in reply.content


def test_two_assistants_may_share_a_name(client):
    first, second = made(client, name="twin"), made(client, name="twin")
    assert first["id"] != second["id"]


def test_an_update_touches_only_the_fields_it_names(client, clock):
    assistant = made(client, name="a", instructions="i", tools=TOOLS, metadata={"k": "v"})
    clock.now += 60
    assert changed(client, assistant, name="b", model="n") == assistant | {"name": "b", "model": "n"}
    assert changed(client, assistant, tools=[])["tools"] == []
    assert seen(client, assistant)["instructions"] == "i"


def test_an_update_replaces_the_file_ids_as_a_whole(client):
    one, two, three = (uploaded(client, f"{name}.md")["id"] for name in ("one", "two", "three"))
    assistant = made(client, file_ids=[one, two])
    assert changed(client, assistant, file_ids=[three, two])["file_ids"] == [two, three]
    assert changed(client, assistant, file_ids=[])["file_ids"] == []


def test_a_deleted_assistant_is_gone(client):
    assistant = made(client)
    reply = client.delete(f"/assistants/{assistant['id']}")
    assert reply.status_code == 200
    assert list(reply.json().items()) == [
        ("id", assistant["id"]),
        ("object", "assistant.deleted"),
        ("deleted", True),
    ]
    refused(client.get(f"/assistants/{assistant['id']}"), None, None, 404)
    assert client.get("/assistants").json()["data"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/assistants/asst_x"),
        ("POST", "/assistants/asst_x"),
        ("DELETE", "/assistants/asst_x"),
        ("GET", "/assistants/asst_x/files"),
        ("POST", "/assistants/asst_x/files"),
        ("GET", "/assistants/asst_x/files/file-x"),
        ("DELETE", "/assistants/asst_x/files/file-x"),
    ],
)
def test_an_unknown_assistant_is_named_in_a_404(client, method, path):
    reply = client.request(method, path, json={"file_id": "file-x"} if path.endswith("files") else {})
    assert refused(reply, None, None, 404) == "No assistant found with id 'asst_x'."


def test_an_id_of_another_kind_is_refused_before_it_is_looked_for(client):
    message = refused(client.get("/assistants/2"), "invalid_value", "assistant_id")
    assert message == "Invalid 'assistant_id': '2'. Expected an ID that begins with 'asst'."


def test_a_refused_update_changes_nothing(client):
    assistant = made(client, name="before")
    body = {"name": "after", "file_ids": ["file-unknown"]}
    refused(client.post(f"/assistants/{assistant['id']}", json=body), None, "id", 404)
    assert seen(client, assistant) == assistant


def test_a_refused_create_creates_nothing(client):
    body = {"model": "m", "file_ids": ["file-unknown"]}
    message = refused(client.post("/assistants", json=body), None, "id", 404)
    assert message == "No such File object: file-unknown"
    assert client.get("/assistants").json()["data"] == []
