"""What real servers do otherwise: each row and bundle of the catalogue, as a caller sees it."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from server.asking import BETA, attached, changed, in_process, made, refused, seen, uploaded

from reconciler.server import Fault, Faults, create_app, running
from reconciler.server.deviations.table import BUNDLES, ROWS

LISTS = (
    "has_more_false limit_20 after_ignored after_ge_time after_gt_time limit_max list_shape files_20"
    " files_object_file"
)
OBJECTS = (
    "null_lists no_file_ids float_timestamps iso_timestamps texts_trimmed model_renamed retrieval_renamed"
    " metadata_renamed fixed_example"
)
WRITES = (
    "metadata_dropped metadata_frozen metadata_merged update_needs_model null_refused null_ignored"
    " falsy_ignored update_wipes_tools update_detaches create_drops_files get_405 update_405"
)
FILES = (
    "no_files upload_name_prefixed content_as_json upload_types no_attach attach_needs_assistant_id"
    " attach_noop attach_once attach_adds_retrieval detach_404 detach_500 detach_noop"
)
GATEWAYS = "delete_204 delete_object_odd beta_dropped"
WORKING = (
    "no_has_more has_more_full no_last_id order_ignored nulls_omitted nulls_as_empty ms_timestamps plain_ids"
    " extra_fields function_extra attach_refused_again unknown_500 unknown_200 created_201"
)
NORMALISING = (
    "parameters_filled required_added model_resolved texts_lf texts_nfc metadata_lowered"
    " update_rewrites_description"
)
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
RETRIEVAL = {"type": "retrieval"}
NOW = 1_700_000_000


def deviation(name, on="* /**", **parameters):
    return Fault("deviate", on, as_=name, **parameters)


@pytest.fixture
def odd(database, clock):
    """A client of the same database, for which deviations are in force."""

    @contextmanager
    def played(*faults):
        armed = [deviation(each) if isinstance(each, str) else each for each in faults]
        app = create_app(database, clock=clock, faults=Faults(armed))
        with in_process(app) as client:
            client.app = app
            yield client

    return played


def ids(page):
    return [each["id"] for each in page["data"]]


def listed(client, path="/assistants", **query):
    reply = client.get(path, params=query)
    assert reply.status_code == 200, reply.text
    return reply.json()


def crowd(client, clock, times):
    """Assistants made at so many seconds, their ids oldest first."""
    start, found = clock.now, []
    for seconds in times:
        clock.now = start + seconds
        found.append(made(client)["id"])
    return found


def test_the_table_has_every_row_of_the_catalogue_and_no_other():
    assert sorted(ROWS) == sorted(
        f"{LISTS} {OBJECTS} {WRITES} {FILES} {GATEWAYS} {WORKING} {NORMALISING}".split()
    )


BUNDLED = {
    "server:myla": (
        "has_more_false null_lists update_needs_model ms_timestamps extra_fields after_gt_time files_20"
        " no_attach delete_object_odd"
    ),
    "server:open-assistant-api-2024": "files_object_file plain_ids null_lists metadata_renamed upload_types",
    "server:open-assistant-api": (
        "files_object_file retrieval_renamed attach_needs_assistant_id detach_404 plain_ids extra_fields"
        " attach_noop upload_types"
    ),
    "server:opengpts": (
        "list_shape no_has_more no_last_id no_files null_ignored falsy_ignored plain_ids after_ge_time"
        " no_attach"
    ),
    "server:openopenai": (
        "nulls_omitted null_refused has_more_full upload_name_prefixed content_as_json attach_once detach_500"
        " attach_refused_again plain_ids"
    ),
    "server:rubra": (
        "nulls_as_empty falsy_ignored update_wipes_tools update_detaches attach_adds_retrieval"
        " content_as_json attach_refused_again plain_ids"
    ),
    "server:litellm": "limit_20 after_ignored get_405 update_405 beta_dropped",
    "server:prism": "fixed_example metadata_dropped",
}


def test_there_is_a_bundle_for_every_server_of_the_catalogue():
    assert {name: sorted(part["as"] for part in parts) for name, parts in BUNDLES.items()} == {
        name: sorted(rows.split()) for name, rows in BUNDLED.items()
    }


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundle_arms_all_its_rows(name):
    faults = Faults([deviation(name)])
    requests = [f"{method} /v1{path}" for method in ("GET", "POST", "DELETE") for path in PATHS]
    found = {one.row.name for each in requests for one in faults.deviations_of(*each.split(" "))}
    assert sorted(found) == sorted(BUNDLED[name].split())
    assert len(faults) == len(found)


PATHS = [
    "/assistants",
    "/assistants/asst_a",
    "/assistants/asst_a/files",
    "/assistants/asst_a/files/file-a",
    "/files",
    "/files/file-a",
    "/files/file-a/content",
]

# Lists


def test_has_more_false(client, odd):
    for _ in range(3):
        made(client)
    with odd("has_more_false") as other:
        assert listed(other, limit=2)["has_more"] is False
        assert len(listed(other, limit=2)["data"]) == 2


@pytest.mark.parametrize(("given", "size"), [({}, 20), ({"size": 10}, 10)])
def test_limit_20(client, odd, given, size):
    for _ in range(25):
        made(client)
    with odd(deviation("limit_20", **given)) as other:
        page = listed(other, limit=100)
        assert (len(page["data"]), page["has_more"]) == (size, True)
        assert len(listed(other, limit=100, after=page["last_id"])["data"]) == min(size, 25 - size)


def test_limit_20_and_has_more_false_together(client, odd):
    for _ in range(25):
        made(client)
    with odd("has_more_false", "limit_20") as other:
        page = listed(other, limit=100)
        assert (len(page["data"]), page["has_more"]) == (20, False)


def test_after_ignored(client, odd):
    for _ in range(3):
        made(client)
    with odd("after_ignored") as other:
        page = listed(other, limit=2)
        assert listed(other, limit=2, after=page["last_id"]) == page
        assert page["has_more"] is True
    with odd("after_ignored", "has_more_false") as other:
        page = listed(other, limit=2)
        assert listed(other, limit=2, after=page["last_id"]) == page
        assert page["has_more"] is False


def test_order_ignored(client, odd):
    found = [made(client)["id"] for _ in range(3)]
    with odd("order_ignored") as other:
        assert ids(listed(other, order="asc")) == found[::-1]


def test_after_ge_time(client, odd, clock):
    found = crowd(client, clock, [0, 1, 1, 1, 2])
    with odd("after_ge_time") as other:
        page = listed(other, order="asc", after=found[2], limit=3)
        assert (ids(page), page["has_more"]) == (found[1:4], True)
        assert (page["first_id"], page["last_id"]) == (found[1], found[3])
        assert ids(listed(other, order="desc", after=found[2])) == [*found[3:0:-1], found[0]]
        assert ids(listed(other, order="asc", limit=2)) == found[:2]


def test_after_gt_time(client, odd, clock):
    found = crowd(client, clock, [0, 1, 1, 1, 2])
    with odd("after_gt_time") as other:
        page = listed(other, order="asc", after=found[1], limit=3)
        assert (ids(page), page["has_more"]) == ([found[4]], False)
        assert ids(listed(other, after=found[4], limit=2)) == found[3:1:-1]
        assert ids(listed(other, after=found[3])) == [found[0]]
        refused(other.get("/assistants?after=asst_x"), "invalid_value", "after")


@pytest.mark.parametrize(("given", "size"), [({}, 50), ({"size": 7}, 7)])
def test_limit_max(odd, given, size):
    with odd(deviation("limit_max", **given)) as client:
        reply = client.get("/assistants", params={"limit": size + 1})
        assert (reply.status_code, reply.json()) == (422, {"detail": f"limit must be <= {size}"})
        assert listed(client, limit=size)["data"] == []
        assert listed(client)["data"] == []


@pytest.mark.parametrize("variant", [None, "no_object", "null_object", "bare", "null_data"])
def test_list_shape(client, odd, variant):
    with odd(deviation("list_shape", variant=variant)) as shaped:
        empty = listed(shaped)
        one = made(client)
        page = listed(shaped)
        assert seen(shaped, one) == one
    if variant == "bare":
        assert (empty, page) == ([], [one])
    elif variant == "null_data":
        assert (empty["data"], page["data"], page["object"]) == (None, [one], "list")
    elif variant == "null_object":
        assert (page["object"], page["data"]) == (None, [one])
    else:
        assert ("object" in page, page["data"]) == (False, [one])


@pytest.mark.parametrize(("given", "size"), [({}, 20), ({"size": 2}, 2)])
def test_files_20(client, odd, given, size):
    found = [uploaded(client)["id"] for _ in range(22)]
    with odd(deviation("files_20", **given)) as other:
        page = listed(other, "/files")
    assert ids(page) == found[::-1][:size]
    assert page["has_more"] is False


def test_files_object_file(odd):
    with odd("files_object_file") as client:
        assert listed(client, "/files")["object"] == "file"


def test_no_has_more(client, odd):
    own = f"/assistants/{made(client)['id']}/files"
    with odd("no_has_more") as other:
        assert [list(listed(other, path)) for path in ("/assistants", own)] == [
            ["object", "data", "first_id", "last_id"]
        ] * 2


def test_has_more_full(client, odd):
    for _ in range(20):
        made(client)
    with odd("has_more_full") as other:
        assert [listed(other, **query)["has_more"] for query in ({}, {"limit": 20}, {"limit": 21})] == [
            True,
            True,
            False,
        ]


def test_no_last_id(client, odd):
    made(client)
    with odd("no_last_id") as other:
        assert list(listed(other)) == ["object", "data", "has_more"]


# Objects


def views(client, assistant):
    """An assistant in every reply that shows one."""
    (entry,) = [each for each in listed(client)["data"] if each["id"] == assistant["id"]]
    return [seen(client, assistant), changed(client, assistant), entry]


@pytest.mark.parametrize(
    ("row", "given", "told"),
    [
        (deviation("null_lists"), {}, {"tools": None, "file_ids": None}),
        (deviation("null_lists", variant="tools"), {}, {"tools": None, "file_ids": []}),
        (deviation("null_lists", variant="file_ids"), {}, {"tools": [], "file_ids": None}),
        (deviation("null_lists"), {"tools": [RETRIEVAL]}, {"tools": [RETRIEVAL], "file_ids": None}),
        (deviation("float_timestamps"), {}, {"created_at": NOW + 0.5}),
        (deviation("iso_timestamps"), {}, {"created_at": "2023-11-14T22:13:20Z"}),
        (deviation("ms_timestamps"), {}, {"created_at": NOW * 1000}),
        (
            deviation("texts_trimmed"),
            {"name": " a\n", "instructions": "b c\n", "description": None},
            {"name": "a", "instructions": "b c", "description": None},
        ),
        (deviation("model_renamed"), {"model": "m"}, {"model": "openai/m"}),
        (deviation("retrieval_renamed"), {"tools": [RETRIEVAL]}, {"tools": [{"type": "file_search"}]}),
        (
            deviation("nulls_as_empty"),
            {"name": "n"},
            {"name": "n", "description": "", "instructions": ""},
        ),
        (
            deviation("function_extra"),
            {"tools": [FUNCTION, RETRIEVAL]},
            {
                "tools": [
                    FUNCTION | {"function": FUNCTION["function"] | {"strict": False}},
                    RETRIEVAL | {"function": None},
                ]
            },
        ),
        (deviation("extra_fields"), {}, {"updated_at": NOW, "user_id": "u1", "response_format": "auto"}),
    ],
)
def test_an_assistant_looks_otherwise_in_every_reply(client, odd, row, given, told):
    with odd(row) as other:
        assistant = made(other, **given)
        for view in [assistant, *views(other, assistant)]:
            assert {name: view[name] for name in told} == told
    assert seen(client, assistant)["created_at"] == NOW


@pytest.mark.parametrize(
    ("row", "left_out", "there"),
    [
        ("no_file_ids", ["file_ids"], ["tools"]),
        ("metadata_renamed", ["metadata"], ["metadata_"]),
        ("nulls_omitted", ["name", "description", "instructions"], ["tools", "metadata"]),
    ],
)
def test_an_assistant_lacks_fields_in_every_reply(odd, row, left_out, there):
    with odd(row) as other:
        assistant = made(other, metadata={"k": "v"})
        for view in [assistant, *views(other, assistant)]:
            assert not set(left_out) & set(view)
            assert set(there) <= set(view)


def test_nulls_are_omitted_of_uploads_and_of_empty_pages_too(client, odd):
    file = uploaded(client)
    with odd("nulls_omitted") as other:
        assert "status_details" not in other.get(f"/files/{file['id']}").json()
        assert list(listed(other)) == ["object", "data", "has_more"]


def test_retrieval_is_understood_by_its_other_name(client, odd):
    with odd("retrieval_renamed") as other:
        assistant = made(other, tools=[{"type": "file_search"}])
    assert seen(client, assistant)["tools"] == [RETRIEVAL]


@pytest.mark.parametrize(
    ("variant", "form"),
    [
        (None, r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("hex", r"[0-9a-f]{24}"),
        ("short", r"[0-9a-f]{6}"),
    ],
)
def test_plain_ids(client, odd, variant, form):
    row = deviation("plain_ids", variant=variant)
    with odd(row) as plain:
        file = uploaded(plain)
        assistant = made(plain, file_ids=[file["id"]])
        for identity in (file["id"], assistant["id"]):
            assert re.fullmatch(form, identity)
        assert seen(plain, assistant) == assistant
        assert assistant["file_ids"] == [file["id"]]
        assert changed(plain, assistant, name="n")["id"] == assistant["id"]
        other = made(plain)
        assert ids(listed(plain, after=other["id"])) == [assistant["id"]]
        assert listed(plain)["last_id"] == assistant["id"]
        assert attached(plain, other, file).json()["assistant_id"] == other["id"]
        assert plain.get(f"/files/{file['id']}/content").content == b"hello"
    with odd(row) as restarted:
        assert seen(restarted, assistant)["id"] == assistant["id"]
        assert restarted.delete(f"/assistants/{assistant['id']}").json()["id"] == assistant["id"]
        assert restarted.get(f"/assistants/{assistant['id']}").status_code == 404
    with odd(row) as restarted:
        assert restarted.get(f"/assistants/{assistant['id']}").status_code == 404
    assert len(ids(listed(client))) == 1


def test_extra_fields_of_uploads_too(odd):
    with odd("extra_fields") as client:
        file = uploaded(client)
        assert file["_id"] == file["id"]


def test_fixed_example(client, odd):
    with odd("fixed_example") as example:
        assistants = [made(example, name=name) for name in ("a", "b", "c")]
        files = [uploaded(example, name=name) for name in ("a.md", "b.md")]
    assert assistants == [assistants[0]] * 3
    assert files == [files[0]] * 2
    assert ids(listed(client)) == [assistants[0]["id"]]
    assert ids(listed(client, "/files")) == [files[0]["id"]]


def test_a_fixed_example_is_one_even_where_many_create_at_once(client, database):
    app = create_app(database, faults=Faults([deviation("fixed_example")]))
    with (
        running(app) as url,
        ThreadPoolExecutor(8) as pool,
        httpx.Client(base_url=url, headers=BETA) as other,
    ):
        told = list(pool.map(lambda number: made(other, name=str(number)), range(16)))
    assert told == [told[0]] * 16
    assert ids(listed(client)) == [told[0]["id"]]


# Writes of assistants


def test_metadata_dropped(odd):
    with odd("metadata_dropped") as client:
        assistant = made(client, metadata={"k": "v"})
        assert assistant["metadata"] == {}
        assert changed(client, assistant, metadata={"k": "v"})["metadata"] == {"k": "v"}


def test_metadata_frozen(odd):
    with odd("metadata_frozen") as client:
        assistant = made(client, metadata={"k": "v"})
        told = changed(client, assistant, metadata={"k": "w"}, name="n")
        assert (told["metadata"], told["name"]) == ({"k": "v"}, "n")


@pytest.mark.parametrize(
    ("variant", "sent", "kept"),
    [
        (None, {"b": "2"}, {"a": "1", "b": "2"}),
        (None, {"a": ""}, {"a": ""}),
        ("empty_removes", {"a": "", "b": "2"}, {"b": "2"}),
        ("null_removes", {"a": None, "b": "2"}, {"b": "2"}),
    ],
)
def test_metadata_merged(odd, variant, sent, kept):
    with odd(deviation("metadata_merged", variant=variant)) as client:
        assistant = made(client, metadata={"a": "1"})
        assert changed(client, assistant, metadata=sent)["metadata"] == kept
        assert changed(client, assistant, name="n")["metadata"] == kept


def test_metadata_merged_refuses_null_where_it_removes_nothing(odd):
    with odd("metadata_merged") as client:
        path = f"/assistants/{made(client, metadata={'a': '1'})['id']}"
        refused(client.post(path, json={"metadata": {"a": None}}), "invalid_type", "metadata.a")


def test_update_needs_model(odd):
    with odd("update_needs_model") as client:
        assistant = made(client)
        reply = client.post(f"/assistants/{assistant['id']}", json={"name": "n"})
        assert reply.status_code == 422
        assert reply.json()["detail"][0]["loc"] == ["body", "model"]
        assert changed(client, assistant, name="n", model="m")["name"] == "n"


def test_null_refused(odd):
    with odd("null_refused") as client:
        assistant = made(client, description="d")
        reply = client.post(f"/assistants/{assistant['id']}", json={"description": None})
        assert reply.status_code == 400
        assert "Expected string, received null" in reply.text
        assert changed(client, assistant, description="")["description"] == ""


FULL = {"description": "d", "tools": [RETRIEVAL], "metadata": {"k": "v"}}


@pytest.mark.parametrize(
    ("row", "sent", "kept"),
    [
        ("null_ignored", {"description": None, "tools": []}, FULL | {"tools": []}),
        ("falsy_ignored", {"description": None, "tools": [], "metadata": {}}, FULL),
        ("falsy_ignored", {"description": ""}, FULL),
        ("update_wipes_tools", {"description": "e"}, FULL | {"description": "e", "tools": []}),
        ("update_wipes_tools", {"tools": [FUNCTION]}, FULL | {"tools": [FUNCTION]}),
    ],
)
def test_an_update_means_something_else(odd, row, sent, kept):
    with odd(row) as client:
        told = changed(client, made(client, **FULL), **sent)
        assert {name: told[name] for name in kept} == kept


def test_update_detaches(client, odd):
    file = uploaded(client)["id"]
    with odd("update_detaches") as other:
        assistant = made(other, file_ids=[file])
        assert changed(other, assistant, name="n", file_ids=[file])["file_ids"] == [file]
        assert changed(other, assistant, name="m")["file_ids"] == []
    assert seen(client, assistant)["file_ids"] == []


def test_create_drops_files(odd):
    with odd("create_drops_files") as client:
        assert made(client, file_ids=[uploaded(client)["id"]])["file_ids"] == []


@pytest.mark.parametrize(("row", "method"), [("get_405", "GET"), ("update_405", "POST")])
def test_an_assistant_may_not_be_asked_for_or_changed(client, odd, row, method):
    path = f"/assistants/{made(client)['id']}"
    with odd(row) as other:
        replies = {each: other.request(each, path, json={}) for each in ("GET", "POST")}
        assert {each: reply.status_code for each, reply in replies.items()} == {
            "GET": 200,
            "POST": 200,
        } | {method: 405}
        assert replies[method].json() == {"detail": "Method Not Allowed"}
        assert [entry.status for entry in other.app.state.ledger if entry.method == method] == [0]
        assert len(listed(other)["data"]) == 1


# Uploads and attachments


@pytest.mark.parametrize(("status", "others"), [(None, 200), (404, 404)])
def test_no_files(client, odd, status, others):
    file = uploaded(client)
    with odd(deviation("no_files", status=status)) as other:
        assert other.get("/files").status_code == (status or 405)
        assert other.get(f"/files/{file['id']}").status_code == others
        assert other.get(f"/files/{file['id']}/content").status_code == others
        upload = {"files": {"file": ("a.md", b"x")}, "data": {"purpose": "assistants"}}
        assert other.post("/files", **upload).status_code == others


@pytest.mark.parametrize(
    ("row", "sent", "kept"),
    [
        ("model_resolved", {"model": "m"}, {"model": "m-2026-03-01"}),
        ("texts_lf", {"instructions": "a\r\nb\n"}, {"instructions": "a\nb\n"}),
        ("texts_nfc", {"name": "Cafe\u0301"}, {"name": "Caf\u00e9"}),
        ("metadata_lowered", {"metadata": {"Tier": "Gold"}}, {"metadata": {"tier": "Gold"}}),
    ],
)
def test_what_is_written_is_normalised(odd, row, sent, kept):
    with odd(row) as client:
        assistant = made(client, **sent)
        for each in (assistant, seen(client, assistant), changed(client, assistant, **sent)):
            assert {name: each[name] for name in kept} == kept


@pytest.mark.parametrize(
    ("row", "given", "kept"),
    [
        ("parameters_filled", {}, {"parameters": {"type": "object", "properties": {}}}),
        ("parameters_filled", {"parameters": {"type": "object"}}, {"parameters": {"type": "object"}}),
        (
            "required_added",
            {"parameters": {"type": "object"}},
            {"parameters": {"type": "object", "required": []}},
        ),
        ("required_added", {}, {}),
    ],
)
def test_the_parameters_of_a_function_are_completed(odd, row, given, kept):
    with odd(row) as client:
        tools = [RETRIEVAL, {"type": "function", "function": {"name": "f"} | given}]
        assistant = made(client, tools=tools)
        assert seen(client, assistant)["tools"] == assistant["tools"]
        assert assistant["tools"][1]["function"].get("parameters") == kept.get("parameters")


def test_update_rewrites_description(odd):
    with odd("update_rewrites_description") as client:
        assistant = made(client, description="d")
        assert assistant["description"] == "d"
        for _ in range(2):
            assert changed(client, assistant, name="n")["description"] == "d (updated)"
        assert changed(client, assistant, description="e")["description"] == "e (updated)"
        assert changed(client, assistant, description=None)["description"] is None
        assert changed(client, assistant, name="o")["description"] is None


def test_upload_name_prefixed(odd):
    with odd("upload_name_prefixed") as client:
        file = uploaded(client, name="notes.md")
        assert re.fullmatch(r"[0-9a-f]{6}-notes\.md", file["filename"])
        assert listed(client, "/files")["data"] == [client.get(f"/files/{file['id']}").json()] == [file]


def test_content_as_json(odd):
    with odd("content_as_json") as client:
        file = uploaded(client, content="Zürich\n".encode())
        reply = client.get(f"/files/{file['id']}/content")
        assert reply.headers["content-type"] == "application/json"
        assert reply.json() == "Zürich\n"
        assert client.get("/files/file-x/content").status_code == 404


@pytest.mark.parametrize(
    ("variant", "name", "taken"),
    [
        (None, "a.csv", False),
        (None, "a.json", True),
        ("few", "a.json", False),
        ("few", "a.CSV", False),
        ("few", "a.md", True),
    ],
)
def test_upload_types(odd, variant, name, taken):
    with odd(deviation("upload_types", variant=variant)) as client:
        upload = {"files": {"file": (name, b"x")}, "data": {"purpose": "assistants"}}
        reply = client.post("/files", **upload)
        assert reply.status_code == (200 if taken else 400)
        assert taken or "is not supported" in reply.json()["detail"]
        assert len(listed(client, "/files")["data"]) == taken


@pytest.fixture
def carrying(client):
    """An assistant that carries a file, that file, and another one."""
    file, other = uploaded(client), uploaded(client)
    return made(client, file_ids=[file["id"]]), file, other


def detached(client, assistant, file):
    return client.delete(f"/assistants/{assistant['id']}/files/{file['id']}")


def test_no_attach(odd, carrying):
    assistant, file, other = carrying
    with odd("no_attach") as client:
        replies = [attached(client, assistant, other), detached(client, assistant, file)]
        replies.append(client.get(f"/assistants/{assistant['id']}/files"))
        assert [reply.status_code for reply in replies] == [404, 404, 404]
        assert changed(client, assistant, file_ids=[other["id"]])["file_ids"] == [other["id"]]


def test_attach_needs_assistant_id(odd, carrying):
    assistant, _, other = carrying
    with odd("attach_needs_assistant_id") as client:
        reply = attached(client, assistant, other)
        assert (reply.status_code, reply.json()["detail"][0]["loc"]) == (422, ["body", "assistant_id"])
        body = {"file_id": other["id"], "assistant_id": assistant["id"]}
        assert client.post(f"/assistants/{assistant['id']}/files", json=body).status_code == 200
        assert other["id"] in seen(client, assistant)["file_ids"]


def test_attach_noop(odd, carrying):
    assistant, _, other = carrying
    with odd("attach_noop") as client:
        told = attached(client, assistant, other).json()
        assert (told["id"], told["object"], told["assistant_id"]) == ("", "assistant.file", assistant["id"])
        assert seen(client, assistant) == assistant
        assert client.app.state.ledger.about("POST /assistants/*/files")[0].status == 0
        assert attached(client, {"id": "asst_x"}, other).status_code == 404


def test_attach_once(odd, carrying):
    assistant, file, other = carrying
    with odd("attach_once") as client:
        second = made(client)
        assert attached(client, second, file).status_code == 500
        assert attached(client, second, other).status_code == 200
        assert attached(client, assistant, other).status_code == 500
        assert seen(client, assistant) == assistant


def test_attach_adds_retrieval(odd, carrying):
    assistant, _, other = carrying
    with odd("attach_adds_retrieval", "created_201") as client:
        assert attached(client, assistant, other).status_code == 201
        assert attached(client, assistant, other).status_code == 201
        assert seen(client, assistant)["tools"] == [RETRIEVAL]
        made_with = client.post("/assistants", json={"model": "m", "file_ids": [other["id"]]})
        assert made_with.status_code == 201
        assert made_with.json()["tools"] == [RETRIEVAL]
        assert client.post("/assistants", json={"model": "m"}).json()["tools"] == []


@pytest.mark.parametrize(
    ("row", "status", "asked"),
    [("detach_404", 404, 404), ("detach_500", 500, 200), ("detach_noop", 200, 200)],
)
def test_a_detach_has_no_effect(odd, carrying, row, status, asked):
    assistant, file, _ = carrying
    with odd(row) as client:
        reply = detached(client, assistant, file)
        assert reply.status_code == status
        assert client.get(f"/assistants/{assistant['id']}/files/{file['id']}").status_code == asked
        assert seen(client, assistant) == assistant
    if row == "detach_noop":
        assert reply.json() == {"id": file["id"], "object": "assistant.file.deleted", "deleted": True}


@pytest.mark.parametrize("status", [None, 404])
def test_attach_refused_again(odd, carrying, status):
    assistant, file, other = carrying
    with odd(deviation("attach_refused_again", status=status)) as client:
        assert attached(client, assistant, file).status_code == (status or 409)
        assert attached(client, assistant, other).status_code == 200


# Deletes and gateways


@pytest.fixture
def deletes(carrying):
    """The deletes of an attachment, an upload and an assistant, in an order in which all succeed."""
    assistant, file, other = carrying
    own = f"/assistants/{assistant['id']}"
    return [f"{own}/files/{file['id']}", f"/files/{other['id']}", own]


def test_delete_204(odd, deletes):
    with odd("delete_204") as client:
        for path in deletes:
            reply = client.delete(path)
            assert (reply.status_code, reply.content) == (204, b"")
            assert client.delete(path).status_code == 404
        assert {entry.status for entry in client.app.state.ledger} == {200, 404}


def test_delete_object_odd(odd, deletes):
    with odd("delete_object_odd") as client:
        told = [client.delete(path).json() for path in deletes]
    assert [each["object"] for each in told] == ["assistant_file.deleted", "file.deleted", "deleted"]
    assert all(each["deleted"] for each in told)


def test_unknown_500(odd, deletes):
    with odd("unknown_500") as client:
        statuses = [[client.delete(path).status_code for _ in range(2)] for path in deletes]
        assert statuses == [[200, 500]] * 3
        assert client.get(deletes[2]).status_code == 404
        assert client.app.state.ledger.about("DELETE /files/*")[-1].status == 404


def test_unknown_200(odd, deletes):
    with odd("unknown_200") as client:
        for path in deletes:
            first, second = client.delete(path), client.delete(path)
            assert (first.status_code, second.status_code) == (200, 200)
            assert first.json() == second.json()
        assert client.get(deletes[2]).status_code == 404


def test_beta_dropped(odd):
    with odd("beta_dropped") as client:
        refused(client.get("/assistants"), "invalid_beta", None)
        assert client.get("/files").status_code == 200


def test_created_201(odd):
    with odd("created_201") as client:
        reply = client.post("/assistants", json={"model": "m"})
        assert (reply.status_code, reply.json()["model"]) == (201, "m")
        assert client.post(f"/assistants/{reply.json()['id']}", json={}).status_code == 201
        assert client.post("/assistants", json={}).status_code == 400
        assert client.get("/assistants").status_code == 200
        assert [entry.status for entry in client.app.state.ledger] == [200, 200, 400, 200]


# Together, and with other faults


def test_any_number_of_deviations_apply_at_once(odd):
    with odd(
        "null_lists", "ms_timestamps", "plain_ids", "extra_fields", "created_201", "nulls_omitted"
    ) as client:
        reply = client.post("/assistants", json={"model": "m"})
        told = reply.json()
    assert reply.status_code == 201
    assert "asst_" not in told["id"]
    assert told["_id"] == told["id"]
    assert told["created_at"] == NOW * 1000
    assert not {"tools", "file_ids", "name"} & set(told)
    assert client.app.state.ledger[0].deviations == tuple(
        name
        for name in ROWS
        if name
        in {"null_lists", "ms_timestamps", "plain_ids", "extra_fields", "created_201", "nulls_omitted"}
    )


def test_a_list_of_another_shape_holds_objects_of_another_shape(client, odd):
    made(client)
    with odd("null_lists", deviation("list_shape", variant="bare")) as other:
        assert listed(other)[0]["tools"] is None


def test_a_deviation_applies_beside_an_ordinary_fault(client, odd):
    error = Fault("commit_then_status", "POST /assistants", status=503)
    with odd(error, "metadata_dropped") as broken:
        assert broken.post("/assistants", json={"model": "m", "metadata": {"k": "v"}}).status_code == 503
        entry = broken.app.state.ledger[0]
        assert (entry.status, entry.fault, entry.deviations) == (
            200,
            "commit_then_status",
            ("metadata_dropped",),
        )
    assert [each["metadata"] for each in listed(client)["data"]] == [{}]


def test_a_lag_applies_to_deviating_lists(client, odd, clock):
    made(client)
    with odd(Fault("lag", seconds=5), "no_last_id") as other:
        assert listed(other) == {"object": "list", "data": [], "has_more": False}


def test_only_the_chosen_requests_meet_a_deviation(client, odd):
    made(client)
    with odd(deviation("null_lists", "GET /assistants", every=2)) as other:
        told = [listed(other)["data"][0]["tools"] for _ in range(4)]
        assert told == [[], None, [], None]
        assert other.get(f"/assistants/{listed(other)['data'][0]['id']}").json()["tools"] == []
        assert [bool(entry.deviations) for entry in other.app.state.ledger][:4] == [False, True, False, True]


@pytest.mark.parametrize("name", BUNDLES)
def test_a_life_is_possible_beside_a_bundle(client, odd, name):
    file = uploaded(client)
    with odd(name) as other:
        replies = [
            other.post("/assistants", json={"model": "m", "metadata": {"k": "v"}}),
            other.get("/assistants"),
            other.get("/files"),
            other.get(f"/files/{file['id']}/content"),
        ]
    assert {reply.status_code for reply in replies} <= {200, 400, 404, 405}
    assert all("server had an error" not in reply.text for reply in replies)


@pytest.mark.parametrize("name", sorted(ROWS))
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_row_that_meets_requests_which_are_not_its_own_breaks_nothing(client, odd, name, method):
    file = uploaded(client)
    assistant = made(client, file_ids=[file["id"]])
    paths = [
        "/assistants",
        "/assistants?limit=x&after=asst_x&order=up",
        f"/assistants/{assistant['id']}/files",
        f"/files/{file['id']}/content",
        "/files",
        "/",
        f"/assistants/{assistant['id']}/files/{file['id']}",
        f"/assistants/{assistant['id']}",
    ]
    with odd(deviation(name, "* /v1/**")) as other:
        for path in paths:
            for body in ({}, {"json": {"file_id": 5, "metadata": [], "tools": 7}}, {"content": b"{"}):
                reply = other.request(method, path, **body)
                assert "mention the request ID" not in reply.text, (name, path, body)


def test_nothing_answers_outside_the_prefix_beside_a_deviation(odd):
    with odd("extra_fields") as client:
        assert refused(client.get("http://embedded/files"), "unknown_url", None, 404).endswith("(GET /files)")


def test_a_deviation_answers_as_the_wire_does(client, odd):
    with odd("extra_fields") as other:
        reply = other.get("/files")
    assert reply.headers["content-type"] == "application/json"
    assert int(reply.headers["content-length"]) == len(reply.content)
    assert reply.headers["x-request-id"] == other.app.state.ledger[0].request_id
    assert json.loads(reply.content) == client.get("/files").json()
