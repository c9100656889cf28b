"""Files on an assistant: attach, list, retrieve, detach."""

from server.asking import attached, made, refused, seen, uploaded


def test_an_attachment_bears_the_id_of_its_file_and_the_time_of_attaching(client, clock):
    assistant, file = made(client), uploaded(client)
    clock.now += 5
    reply = attached(client, assistant, file)
    assert reply.status_code == 200
    assert list(reply.json().items()) == [
        ("id", file["id"]),
        ("object", "assistant.file"),
        ("created_at", assistant["created_at"] + 5),
        ("assistant_id", assistant["id"]),
    ]
    assert client.get(f"/assistants/{assistant['id']}/files/{file['id']}").json() == reply.json()


def test_an_attached_file_shows_on_the_assistant_at_once(client):
    assistant, file = made(client), uploaded(client)
    attached(client, assistant, file)
    assert seen(client, assistant)["file_ids"] == [file["id"]]


def test_files_given_at_creation_are_attachments_like_any_other(client):
    file = uploaded(client)
    assistant = made(client, file_ids=[file["id"]])
    (entry,) = client.get(f"/assistants/{assistant['id']}/files").json()["data"]
    assert (entry["id"], entry["created_at"]) == (file["id"], assistant["created_at"])


def test_one_file_may_serve_two_assistants(client):
    file = uploaded(client)
    first, second = made(client, file_ids=[file["id"]]), made(client, file_ids=[file["id"]])
    client.delete(f"/assistants/{first['id']}/files/{file['id']}")
    assert seen(client, second)["file_ids"] == [file["id"]]


def test_detaching_leaves_the_file(client):
    file = uploaded(client)
    assistant = made(client, file_ids=[file["id"]])
    reply = client.delete(f"/assistants/{assistant['id']}/files/{file['id']}")
    assert reply.status_code == 200
    assert reply.json() == {"id": file["id"], "object": "assistant.file.deleted", "deleted": True}
    assert seen(client, assistant)["file_ids"] == []
    assert client.get(f"/files/{file['id']}").json() == file


def test_a_file_that_is_not_attached_is_a_404_for_the_assistant(client):
    assistant, file = made(client), uploaded(client)
    path = f"/assistants/{assistant['id']}/files/{file['id']}"
    expected = f"No assistant file found with id '{file['id']}'."
    assert refused(client.get(path), None, None, 404) == expected
    assert refused(client.delete(path), None, None, 404) == expected


def test_an_unknown_file_cannot_be_attached(client):
    message = refused(attached(client, made(client), {"id": "file-x"}), None, "id", 404)
    assert message == "No such File object: file-x"


def test_the_body_of_attach_is_exactly_one_file_id(client):
    path = f"/assistants/{made(client)['id']}/files"
    refused(client.post(path, json={}), "missing_required_parameter", "file_id")
    refused(client.post(path, json={"file_id": "file-x", "x": 1}), "unknown_parameter", "x")
    refused(client.post(path, json={"file_id": None}), "invalid_type", "file_id")
    message = refused(client.post(path, json={"file_id": "asst_x"}), "invalid_value", "file_id")
    assert message == "Invalid 'file_id': 'asst_x'. Expected an ID that begins with 'file'."


def test_attachments_list_newest_first_and_carry_cursors(client):
    assistant = made(client)
    files = [uploaded(client)["id"] for _ in range(3)]
    for file in files:
        attached(client, assistant, {"id": file})
    page = client.get(f"/assistants/{assistant['id']}/files").json()
    assert [entry["id"] for entry in page["data"]] == files[::-1]
    assert (page["first_id"], page["last_id"], page["has_more"]) == (files[2], files[0], False)


def test_attachments_are_paged_within_their_own_assistant(client):
    files = [uploaded(client)["id"] for _ in range(4)]
    assistant = made(client, file_ids=files[:3])
    made(client, file_ids=files[3:])
    path = f"/assistants/{assistant['id']}/files"
    page = client.get(path, params={"limit": 1, "order": "asc", "after": files[0]}).json()
    assert ([entry["id"] for entry in page["data"]], page["has_more"]) == (files[1:2], True)
    refused(client.get(path, params={"after": files[3]}), "invalid_value", "after")
