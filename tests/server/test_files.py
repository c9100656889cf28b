"""Uploads: multipart in, bytes out."""

import re

import pytest
from server.asking import refusal, refused, uploaded

from reconciler.server import uploads

BOUNDARY = {"content-type": "multipart/form-data; boundary=b"}


def test_an_upload_answers_the_file_with_its_keys_in_the_order_of_the_wire(client):
    file = uploaded(client, "notes.txt", b"12345")
    assert re.fullmatch(r"file-[A-Za-z0-9]{24}", file["id"])
    assert list(file.items()) == [
        ("object", "file"),
        ("id", file["id"]),
        ("purpose", "assistants"),
        ("filename", "notes.txt"),
        ("bytes", 5),
        ("created_at", 1_700_000_000),
        ("status", "processed"),
        ("status_details", None),
    ]
    assert client.get(f"/files/{file['id']}").json() == file


def test_files_need_no_beta_header(client):
    del client.headers["OpenAI-Beta"]
    file = uploaded(client)
    assert client.get("/files").json()["data"] == [file]


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_content_comes_back_byte_for_byte(client, size):
    content = (bytes(range(256)) * (size // 256 + 1))[:size]
    file = uploaded(client, "a.bin", content)
    reply = client.get(f"/files/{file['id']}/content")
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-length"] == str(size) == str(file["bytes"])
    assert reply.content == content


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Übersicht 日本.md", "Übersicht 日本.md"),
        ("two words.tar.gz", "two words.tar.gz"),
        ("../../etc/passwd", "passwd"),
        ("C:\\folder\\a.txt", "a.txt"),
        ("folder\\a.txt", "a.txt"),
    ],
)
def test_a_file_name_is_kept_without_its_folders(client, sent, kept):
    assert uploaded(client, sent)["filename"] == kept


def test_files_can_be_narrowed_to_a_purpose(client):
    one, two = uploaded(client), uploaded(client, "t.jsonl", b"{}", "fine-tune")
    assert client.get("/files", params={"purpose": "fine-tune"}).json()["data"] == [two]
    assert client.get("/files", params={"purpose": "assistants"}).json()["data"] == [one]
    assert client.get("/files", params={"purpose": "other"}).json()["data"] == []


def test_the_list_of_files_is_one_page_without_cursors(client):
    files = [uploaded(client) for _ in range(30)]
    page = client.get("/files").json()
    assert list(page) == ["object", "data", "has_more"]
    assert (page["object"], page["has_more"], len(page["data"])) == ("list", False, len(files))
    refused(client.get("/files?before=file-x"), "unknown_parameter", "before")


def test_who_asks_for_a_page_of_files_gets_a_page(client):
    files = [uploaded(client) for _ in range(5)]
    page = client.get("/files", params={"limit": 2}).json()
    assert page == {
        "object": "list",
        "data": files[:2:-1],
        "first_id": files[4]["id"],
        "last_id": files[3]["id"],
        "has_more": True,
    }
    page = client.get("/files", params={"order": "asc", "after": files[2]["id"]}).json()
    assert (page["data"], page["has_more"]) == (files[3:], False)
    assert client.get("/files", params={"after": files[0]["id"]}).json()["data"] == []
    client.delete(f"/files/{files[2]['id']}")
    assert client.get("/files", params={"after": files[2]["id"]}).json()["data"] == files[1::-1]


def test_a_page_of_files_of_one_purpose_lacks_the_others(client):
    files = [uploaded(client, purpose=purpose) for purpose in ("assistants", "fine-tune") * 3]
    query = {"purpose": "fine-tune", "limit": 2}
    page = client.get("/files", params=query).json()
    assert (page["data"], page["has_more"]) == ([files[5], files[3]], True)
    page = client.get("/files", params=query | {"after": page["last_id"]}).json()
    assert (page["data"], page["has_more"]) == ([files[1]], False)


def test_a_page_of_files_has_limits(client):
    refused(client.get("/files?limit=0"), "integer_below_min_value", "limit")
    refused(client.get("/files?limit=10001"), "integer_above_max_value", "limit")
    refused(client.get("/files?order=up"), "invalid_value", "order")
    refused(client.get("/files?after=file-x"), "invalid_value", "after")
    assert client.get("/files?limit=10000").json()["data"] == []


def test_a_deleted_file_is_gone_with_its_content(client):
    file = uploaded(client)
    reply = client.delete(f"/files/{file['id']}")
    assert reply.status_code == 200
    assert list(reply.json().items()) == [("id", file["id"]), ("object", "file"), ("deleted", True)]
    for path in (f"/files/{file['id']}", f"/files/{file['id']}/content"):
        message = refused(client.get(path), None, "id", 404)
        assert message == f"No such File object: {file['id']}"


def test_an_upload_has_exactly_a_file_and_a_purpose(client):
    file = {"file": ("a.md", b"x")}
    purpose = {"purpose": "assistants"}
    refused(client.post("/files", files=file), "missing_required_parameter", "purpose")
    refused(
        client.post("/files", files={"purpose": (None, "assistants")}), "missing_required_parameter", "file"
    )
    refused(client.post("/files", files=file, data=purpose | {"x": "1"}), "unknown_parameter", "x")
    refused(client.post("/files", json={}), "missing_required_parameter", "file")


def test_a_part_of_the_wrong_kind_is_refused(client):
    as_text = {"file": (None, "text"), "purpose": (None, "assistants")}
    refused(client.post("/files", files=as_text), "invalid_type", "file")
    as_file = {"file": ("a.md", b"x"), "purpose": ("p.txt", b"assistants")}
    refused(client.post("/files", files=as_file), "invalid_type", "purpose")


def test_a_part_that_comes_twice_is_refused(client):
    twice = [("file", ("a.md", b"x")), ("file", ("b.md", b"y"))]
    reply = client.post("/files", files=twice, data={"purpose": "assistants"})
    refused(reply, "array_above_max_length", "file")


def test_a_file_without_a_name_is_refused(client):
    reply = client.post("/files", files={"file": ("folder/", b"x")}, data={"purpose": "assistants"})
    refused(reply, "invalid_value", "file")


def test_another_purpose_is_refused(client):
    reply = client.post("/files", files={"file": ("a.md", b"x")}, data={"purpose": "vision"})
    message = refused(reply, "invalid_value", "purpose")
    assert message == "Invalid 'purpose': 'vision'. Expected one of 'fine-tune', 'assistants'."


def test_a_broken_multipart_body_is_refused(client):
    refusal(client.post("/files", content=b"no parts here", headers=BOUNDARY))
    refusal(client.post("/files", content=b"x", headers={"content-type": "multipart/form-data"}))


def test_a_file_of_the_largest_size_is_taken_and_one_byte_more_is_not(client, monkeypatch):
    monkeypatch.setattr(uploads, "LIMIT", 1000)
    assert uploaded(client, content=b"x" * 1000)["bytes"] == 1000
    reply = client.post("/files", files={"file": ("a.md", b"x" * 1001)}, data={"purpose": "assistants"})
    refused(reply, "file_above_max_size", "file", 413)


def test_a_body_beyond_the_largest_file_is_refused_while_it_streams(client, monkeypatch):
    monkeypatch.setattr(uploads, "LIMIT", 1000)
    files = {"file": ("a.md", b"x" * (2 << 20))}
    refused(
        client.post("/files", files=files, data={"purpose": "assistants"}), "file_above_max_size", "file", 413
    )
    assert client.get("/files").json()["data"] == []
