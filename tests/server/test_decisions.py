"""What no known fact settles: one test or more for each decision, over HTTP."""

import pytest
from server.asking import attached, changed, made, refused, seen, uploaded

from reconciler.server import decisions

READABLE = ".c .cpp .docx .html .java .json .md .pdf .php .pptx .py .rb .tex .txt".split()  # noqa: SIM905 - as the facts list them


def listed(client, **query):
    return [entry["id"] for entry in client.get("/assistants", params=query).json()["data"]]


def test_deleting_an_attached_file_drops_its_attachments(client):
    file, other = uploaded(client), uploaded(client)
    assistant = made(client, file_ids=[file["id"], other["id"]])
    assert client.delete(f"/files/{file['id']}").status_code == 200
    assert seen(client, assistant)["file_ids"] == [other["id"]]
    refused(client.get(f"/assistants/{assistant['id']}/files/{file['id']}"), None, None, 404)


def test_deleting_an_assistant_leaves_its_files(client):
    file = uploaded(client)
    client.delete(f"/assistants/{made(client, file_ids=[file['id']])['id']}")
    assert client.get("/files").json()["data"] == [file]


def test_attaching_twice_answers_the_first_attachment_unchanged(client, clock):
    assistant, file = made(client), uploaded(client)
    first = attached(client, assistant, file).json()
    clock.now += 60
    again = attached(client, assistant, file)
    assert (again.status_code, again.json()) == (200, first)
    assert seen(client, assistant)["file_ids"] == [file["id"]]


def test_attaching_again_is_answered_even_when_all_places_are_taken(client):
    files = [uploaded(client) for _ in range(20)]
    assistant = made(client, file_ids=[file["id"] for file in files])
    assert attached(client, assistant, files[7]).status_code == 200


def test_a_file_named_twice_is_attached_once_at_its_first_place(client):
    one, two = uploaded(client)["id"], uploaded(client)["id"]
    assistant = made(client, file_ids=[two, one, two])
    assert assistant["file_ids"] == [two, one]
    assert changed(client, assistant, file_ids=[one, one])["file_ids"] == [one]


def test_a_21st_file_is_refused_at_attach(client):
    assistant = made(client, file_ids=[uploaded(client)["id"] for _ in range(19)])
    assert attached(client, assistant, uploaded(client)).status_code == 200
    message = refused(attached(client, assistant, uploaded(client)), "array_above_max_length", "file_ids")
    assert message.endswith("maximum length 20, but got an array with length 21 instead.")


def test_a_file_of_another_purpose_is_refused_wherever_it_could_be_attached(client):
    file, assistant = uploaded(client, purpose="fine-tune"), made(client)
    refused(attached(client, assistant, file), "invalid_value", "file_id")
    body = {"model": "m", "file_ids": [file["id"]]}
    refused(client.post("/assistants", json=body), "invalid_value", "file_ids")
    refused(client.post(f"/assistants/{assistant['id']}", json=body), "invalid_value", "file_ids")
    assert seen(client, assistant)["file_ids"] == []


def test_null_clears_a_field(client):
    assistant = made(client, name="n", description="d", instructions="i", metadata={"k": "v"})
    cleared = {"name": None, "description": None, "instructions": None}
    assert changed(client, assistant, **cleared, metadata=None) == assistant | cleared | {"metadata": {}}


def test_null_at_creation_is_the_same_as_nothing(client):
    nulls = dict.fromkeys(("name", "description", "instructions", "metadata"))
    assistant = made(client, **nulls)
    assert {name: assistant[name] for name in nulls} == nulls | {"metadata": {}}


def test_metadata_is_replaced_as_a_whole(client):
    assistant = made(client, metadata={"a": "1", "b": "2"})
    assert changed(client, assistant, metadata={"b": "3"})["metadata"] == {"b": "3"}
    assert changed(client, assistant, metadata={})["metadata"] == {}


def test_an_empty_text_is_kept_as_it_is(client):
    empty = {"name": "", "description": "", "instructions": ""}
    assistant = made(client, **empty)
    assert {name: assistant[name] for name in empty} == empty
    assert changed(client, made(client, name="n"), name="")["name"] == ""


def test_an_empty_update_changes_nothing(client, clock):
    assistant = made(client, name="n", tools=[{"type": "retrieval"}], file_ids=[uploaded(client)["id"]])
    clock.now += 60
    assert changed(client, assistant) == seen(client, assistant) == assistant


@pytest.mark.parametrize(
    ("value", "text"), [(True, "True"), (False, "False"), (1, "1"), (1.0, "1.0"), (-0.5, "-0.5"), ("x", "x")]
)
def test_a_metadata_scalar_becomes_the_text_that_python_makes_of_it(client, value, text):
    assert made(client, metadata={"k": value})["metadata"] == {"k": text}


@pytest.mark.parametrize(("value", "kind"), [({}, "an object"), ([], "an array"), (None, "null")])
def test_a_metadata_value_that_is_no_scalar_is_refused(client, value, kind):
    reply = client.post("/assistants", json={"model": "m", "metadata": {"k": value}})
    message = refused(reply, "invalid_type", "metadata.k")
    assert message == f"Invalid type for 'metadata.k': expected a string, but got {kind} instead."


def test_both_cursors_at_once_give_the_objects_strictly_between_them(client):
    found = [made(client)["id"] for _ in range(6)]
    assert listed(client, order="asc", after=found[0], before=found[4]) == found[1:4]
    assert listed(client, order="asc", after=found[0], before=found[4], limit=2) == found[1:3]
    assert listed(client, after=found[4], before=found[0]) == found[3:0:-1]
    assert listed(client, order="asc", after=found[4], before=found[0]) == []


def test_has_more_between_two_cursors_counts_only_what_is_between(client):
    found = [made(client)["id"] for _ in range(6)]
    query = {"order": "asc", "after": found[0], "before": found[3]}
    assert client.get("/assistants", params=query | {"limit": 1}).json()["has_more"] is True
    assert client.get("/assistants", params=query | {"limit": 2}).json()["has_more"] is False


def test_before_alone_gives_the_page_that_adjoins_the_cursor(client):
    found = [made(client)["id"] for _ in range(6)]
    page = client.get("/assistants", params={"order": "asc", "before": found[4], "limit": 2}).json()
    assert ([entry["id"] for entry in page["data"]], page["has_more"]) == (found[2:4], True)
    page = client.get("/assistants", params={"order": "asc", "before": found[2], "limit": 2}).json()
    assert ([entry["id"] for entry in page["data"]], page["has_more"]) == (found[:2], False)


def test_an_unknown_cursor_is_a_400(client):
    refused(client.get("/assistants", params={"after": made(client)["id"] + "x"}), "invalid_value", "after")
    other = attached(client, made(client), uploaded(client)).json()["id"]
    refused(client.get(f"/assistants/{made(client)['id']}/files?after={other}"), "invalid_value", "after")


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("cursor", ["after", "before"])
def test_a_deleted_object_keeps_its_place_in_the_list(client, order, cursor):
    found = [made(client)["id"] for _ in range(5)]
    query = {"order": order, cursor: found[2]}
    before = listed(client, **query)
    client.delete(f"/assistants/{found[2]}")
    assert before
    assert listed(client, **query) == before


@pytest.mark.parametrize("way", ["detach", "update", "delete the file"])
def test_a_detached_file_keeps_its_place_in_the_list(client, way):
    files = [uploaded(client)["id"] for _ in range(3)]
    own = f"/assistants/{made(client, file_ids=files)['id']}"
    ways = {
        "detach": lambda: client.delete(f"{own}/files/{files[1]}"),
        "update": lambda: client.post(own, json={"file_ids": [files[0], files[2]]}),
        "delete the file": lambda: client.delete(f"/files/{files[1]}"),
    }
    assert ways[way]().status_code == 200
    page = client.get(f"{own}/files", params={"after": files[1], "order": "asc"}).json()
    assert [entry["id"] for entry in page["data"]] == [files[2]]


def test_a_file_that_is_attached_again_counts_where_it_is_now(client):
    files = [uploaded(client)["id"] for _ in range(2)]
    own = f"/assistants/{made(client, file_ids=files)['id']}/files"

    def after_the_first():
        page = client.get(own, params={"after": files[0], "order": "asc"}).json()
        return [entry["id"] for entry in page["data"]]

    client.delete(f"{own}/{files[0]}")
    assert after_the_first() == [files[1]]
    client.post(own, json={"file_id": files[0]})
    assert after_the_first() == []
    client.delete(f"{own}/{files[0]}")
    assert after_the_first() == []


def test_only_the_latest_deletions_are_remembered(client, database):
    found = [made(client)["id"] for _ in range(2)]
    client.delete(f"/assistants/{found[0]}")
    with database.write() as connection:
        rows = [(f"asst_{number}",) for number in range(decisions.REMEMBERED)]
        insert = (
            "INSERT INTO assistants (id, created_at, model, tools, metadata) VALUES (?, 1, '', '[]', '{}')"
        )
        connection.executemany(insert, rows)
        connection.execute("DELETE FROM assistants WHERE created_at = 1")
    refused(client.get("/assistants", params={"after": found[0]}), "invalid_value", "after")
    assert listed(client, order="asc", after="asst_7") == [found[1]]
    with database.read() as connection:
        assert connection.execute("SELECT count(*) FROM gone").fetchone()[0] == decisions.REMEMBERED


def test_ties_are_in_the_order_of_insertion_even_when_the_clock_went_back(client, clock):
    first, second = made(client)["id"], made(client)["id"]
    clock.now -= 100
    earliest = made(client)["id"]
    assert listed(client, order="asc") == [earliest, first, second]
    assert listed(client) == [second, first, earliest]


def test_a_repeated_delete_is_a_404(client):
    file = uploaded(client)
    assistant = made(client, file_ids=[file["id"]])
    own = f"/assistants/{assistant['id']}"
    for path in (f"{own}/files/{file['id']}", f"/files/{file['id']}", own):
        assert client.delete(path).status_code == 200
        assert client.delete(path).status_code == 404


@pytest.mark.parametrize("extension", [*READABLE, ".PDF"])
def test_retrieval_takes_files_that_it_can_read(client, extension):
    file = uploaded(client, f"a{extension}")
    assert made(client, tools=[{"type": "retrieval"}], file_ids=[file["id"]])


def test_retrieval_refuses_files_that_it_cannot_read_at_creation(client):
    files = [uploaded(client, name)["id"] for name in ("b.PNG", "a.csv", "Makefile", "ok.md")]
    body = {"model": "m", "tools": [{"type": "code_interpreter"}, {"type": "retrieval"}], "file_ids": files}
    message = refused(client.post("/assistants", json=body), "unsupported_file", "file_ids")
    assert message.startswith(
        "Files with extensions [.csv, .png, none] are not supported for retrieval. See "
    )


def test_retrieval_refuses_files_that_it_cannot_read_at_update_and_attach(client):
    file, assistant = uploaded(client, "a.csv"), made(client, tools=[{"type": "retrieval"}])
    refused(attached(client, assistant, file), "unsupported_file", "file_ids")
    reply = client.post(f"/assistants/{assistant['id']}", json={"file_ids": [file["id"]]})
    refused(reply, "unsupported_file", "file_ids")


def test_retrieval_cannot_be_added_while_a_file_is_attached_that_it_cannot_read(client):
    file = uploaded(client, "a.csv")
    assistant = made(client, tools=[{"type": "code_interpreter"}], file_ids=[file["id"]])
    path, tools = f"/assistants/{assistant['id']}", [{"type": "retrieval"}]
    refused(client.post(path, json={"tools": tools}), "unsupported_file", "file_ids")
    assert changed(client, assistant, tools=tools, file_ids=[])["tools"] == tools


def test_file_ids_are_in_the_order_of_attaching(client):
    files = [uploaded(client) for _ in range(4)]
    assistant = made(client, file_ids=[files[2]["id"], files[0]["id"]])
    attached(client, assistant, files[3])
    expected = [files[2]["id"], files[0]["id"], files[3]["id"]]
    assert seen(client, assistant)["file_ids"] == expected
    assert changed(client, assistant, file_ids=[files[1]["id"], *expected])["file_ids"] == [
        *expected,
        files[1]["id"],
    ]


def test_a_file_that_stays_through_an_update_keeps_its_attachment(client, clock):
    file = uploaded(client)
    assistant = made(client, file_ids=[file["id"]])
    clock.now += 60
    changed(client, assistant, file_ids=[uploaded(client)["id"], file["id"]])
    kept = client.get(f"/assistants/{assistant['id']}/files/{file['id']}").json()
    assert kept["created_at"] == assistant["created_at"]


def test_a_limit_counts_code_points(client):
    rockets = "🚀" * 32768
    assert made(client, instructions=rockets)["instructions"] == rockets


def test_a_fine_tune_file_stays_uploaded_and_one_for_assistants_is_ready_at_once(client):
    assert uploaded(client)["status"] == "processed"
    assert uploaded(client, purpose="fine-tune")["status"] == "uploaded"


def test_the_list_of_files_is_newest_first(client):
    files = [uploaded(client)["id"] for _ in range(3)]
    assert [entry["id"] for entry in client.get("/files").json()["data"]] == files[::-1]
