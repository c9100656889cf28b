"""What leaves: path, headers, query, body and timeout of every request."""

import inspect
import json
from contextlib import suppress

import httpx
import pytest
from api.replies import LOCAL, assistant, attachment, page, said, upload

from reconciler.api import (
    NOT_GIVEN,
    APIResponseValidationError,
    Assistants,
    Client,
    NotGiven,
    assistants,
    attachments,
    uploads,
)
from reconciler.api.call import Call

DELETED = {"id": "a", "object": "assistant.deleted", "deleted": True}
DETACHED = {"id": "x", "object": "assistant.file.deleted", "deleted": True}
DISCARDED = {"id": "f", "object": "file", "deleted": True}
UPLOADS = {"object": "list", "data": []}

ENDPOINTS = {
    "create": ("POST", "assistants", assistant(), lambda c: c.beta.assistants.create(model="m")),
    "retrieve": ("GET", "assistants/asst_1", assistant(), lambda c: c.beta.assistants.retrieve("asst_1")),
    "update": ("POST", "assistants/asst_1", assistant(), lambda c: c.beta.assistants.update("asst_1")),
    "list": ("GET", "assistants", page(), lambda c: c.beta.assistants.list()),
    "delete": ("DELETE", "assistants/a", DELETED, lambda c: c.beta.assistants.delete("a")),
    "attach": (
        "POST",
        "assistants/a/files",
        attachment(),
        lambda c: c.beta.assistants.files.create("a", file_id="f"),
    ),
    "attachment": (
        "GET",
        "assistants/a/files/f",
        attachment(),
        lambda c: c.beta.assistants.files.retrieve("f", assistant_id="a"),
    ),
    "attachments": ("GET", "assistants/a/files", page(), lambda c: c.beta.assistants.files.list("a")),
    "detach": (
        "DELETE",
        "assistants/a/files/f",
        DETACHED,
        lambda c: c.beta.assistants.files.delete("f", assistant_id="a"),
    ),
    "upload": ("POST", "files", upload(), lambda c: c.files.create(file=b"x", purpose="assistants")),
    "uploaded": ("GET", "files/f", upload("f"), lambda c: c.files.retrieve("f")),
    "uploads": ("GET", "files", UPLOADS, lambda c: c.files.list()),
    "discard": ("DELETE", "files/f", DISCARDED, lambda c: c.files.delete("f")),
    "content": ("GET", "files/f/content", {}, lambda c: c.files.content("f")),
}


@pytest.fixture
def sent(scripted):
    """The one request that a call sends."""

    def ask(call, body=None, **options):
        with scripted(said(assistant() if body is None else body), **options) as (client, asked):
            call(client)
        (request,) = asked
        return request

    return ask


@pytest.fixture
def created(sent):
    """The request that a creation with these arguments sends."""
    return lambda **arguments: sent(lambda client: client.beta.assistants.create(model="m", **arguments))


def values_of(request, header):
    """Every value sent under the name of a header, in whatever case."""
    return [value.decode() for name, value in request.headers.raw if name.lower() == header.encode()]


@pytest.mark.parametrize(("method", "path", "body", "call"), ENDPOINTS.values(), ids=ENDPOINTS)
def test_every_endpoint_has_its_method_and_path_in_every_colour(staged, method, path, body, call):
    with staged(said(body)) as (client, asked):
        call(client)
    (request,) = asked
    assert request.method == method
    assert str(request.url) == f"{LOCAL}/{path}"


@pytest.mark.parametrize(("method", "path", "body", "call"), ENDPOINTS.values(), ids=ENDPOINTS)
def test_the_beta_header_goes_to_assistants_and_never_to_files(sent, method, path, body, call):
    expected = ["assistants=v1"] if path.startswith("assistants") else []
    assert values_of(sent(call, body), "openai-beta") == expected


@pytest.mark.parametrize(("method", "path", "body", "call"), ENDPOINTS.values(), ids=ENDPOINTS)
def test_only_a_post_has_a_body(sent, method, path, body, call):
    request = sent(call, body)
    assert bool(request.content) == (method == "POST")
    assert ("content-type" in request.headers) == (method == "POST")


def test_every_request_says_who_asks_and_for_what(created):
    request = created()
    assert values_of(request, "accept") == ["application/json"]
    assert request.headers["user-agent"].startswith("assistants-sync/")
    assert request.headers["content-type"] == "application/json"


def test_a_call_can_be_described_without_a_client_and_equal_calls_are_equal():
    assert assistants.create(model="m") == assistants.create(model="m")
    assert assistants.create(model="m") != assistants.create(model="n")
    assert attachments.list("a", limit=3) == attachments.list("a", limit=3)
    assert isinstance(uploads.retrieve("f"), Call)


def test_a_method_can_be_read_about_and_its_arguments_seen():
    with Client(base_url=LOCAL) as client:
        for method, first in [(client.beta.assistants.delete, []), (Assistants.delete, ["self"])]:
            assert "its files stay" in inspect.getdoc(method)
            assert [*inspect.signature(method).parameters][: len(first) + 1] == [*first, "assistant_id"]


# Ids


@pytest.mark.parametrize(
    ("identity", "escaped"),
    [
        ("a/../b?x=1", "a%2F..%2Fb%3Fx%3D1"),
        ("a#b", "a%23b"),
        ("a b", "a%20b"),
        ("50%", "50%25"),
        ("%2e%2e", "%252e%252e"),
        ("...", "..."),
        ("é", "%C3%A9"),
        ("a\r\nX: y", "a%0D%0AX%3A%20y"),
    ],
)
def test_an_id_is_one_segment_of_the_path_whatever_is_in_it(sent, identity, escaped):
    def retrieve(client):
        with suppress(APIResponseValidationError):  # of the answer, which is about another id
            client.beta.assistants.retrieve(identity)

    request = sent(retrieve, assistant())
    assert request.url.raw_path.decode() == f"/v1/assistants/{escaped}"


def test_both_ids_of_an_attachment_are_escaped(sent):
    request = sent(
        lambda client: client.beta.assistants.files.retrieve("f/1", assistant_id="a/1"), attachment()
    )
    assert request.url.raw_path == b"/v1/assistants/a%2F1/files/f%2F1"


NAMING = {
    "retrieve": ("assistant_id", lambda c, i: c.beta.assistants.retrieve(i)),
    "update": ("assistant_id", lambda c, i: c.beta.assistants.update(i)),
    "delete": ("assistant_id", lambda c, i: c.beta.assistants.delete(i)),
    "attach": ("assistant_id", lambda c, i: c.beta.assistants.files.create(i, file_id="f")),
    "attachments": ("assistant_id", lambda c, i: c.beta.assistants.files.list(i)),
    "owner": ("assistant_id", lambda c, i: c.beta.assistants.files.retrieve("f", assistant_id=i)),
    "attachment": ("file_id", lambda c, i: c.beta.assistants.files.retrieve(i, assistant_id="a")),
    "detach": ("file_id", lambda c, i: c.beta.assistants.files.delete(i, assistant_id="a")),
    "detach from": ("assistant_id", lambda c, i: c.beta.assistants.files.delete("f", assistant_id=i)),
    "uploaded": ("file_id", lambda c, i: c.files.retrieve(i)),
    "content": ("file_id", lambda c, i: c.files.content(i)),
    "discard": ("file_id", lambda c, i: c.files.delete(i)),
}


@pytest.mark.parametrize(("name", "call"), NAMING.values(), ids=NAMING)
def test_an_empty_id_is_refused_before_anything_is_sent(scripted, name, call):
    with scripted() as (client, asked):
        with pytest.raises(ValueError, match="non-empty") as refused:
            call(client, "")
        assert str(refused.value) == f"Expected a non-empty value for `{name}` but received ''"
        assert asked == []


@pytest.mark.parametrize("climbing", [".", ".."])
@pytest.mark.parametrize(("name", "call"), NAMING.values(), ids=NAMING)
def test_an_id_that_would_climb_is_refused_before_anything_is_sent(scripted, name, call, climbing):
    with scripted() as (client, asked):
        with pytest.raises(ValueError, match="would change the path"):
            call(client, climbing)
        assert asked == []


# Bodies


def test_what_is_not_given_is_not_sent(created):
    assert json.loads(created().content) == {"model": "m"}
    assert json.loads(created(name=NOT_GIVEN, tools=NOT_GIVEN).content) == {"model": "m"}


def test_none_is_sent_as_null(created):
    body = json.loads(created(name=None, metadata=None).content)
    assert body == {"model": "m", "name": None, "metadata": None}


def test_empty_values_are_sent_as_they_are(created):
    empty = {"name": "", "file_ids": [], "tools": [], "metadata": {}}
    assert json.loads(created(**empty).content) == {"model": "m"} | empty


def test_an_update_of_nothing_sends_an_empty_object(sent):
    assert sent(lambda client: client.beta.assistants.update("asst_1")).content == b"{}"


def test_values_are_left_to_the_server_to_judge(created):
    body = json.loads(created(name="x" * 300, metadata={"n": 1, "deep": {"er": []}}).content)
    assert body["name"] == "x" * 300
    assert body["metadata"] == {"n": 1, "deep": {"er": []}}


def test_extra_body_is_added_and_wins(created):
    body = json.loads(created(name="ours", extra_body={"name": "theirs", "top_p": 0.5}).content)
    assert body == {"model": "m", "name": "theirs", "top_p": 0.5}


def test_extra_body_can_take_a_field_back(created):
    assert json.loads(created(name="ours", extra_body={"name": NOT_GIVEN}).content) == {"model": "m"}


def test_extra_body_gives_a_body_to_a_request_that_has_none(sent):
    request = sent(lambda client: client.beta.assistants.retrieve("asst_1", extra_body={"why": "x"}))
    assert json.loads(request.content) == {"why": "x"}


def test_an_upload_is_two_parts_and_extra_body_adds_more(sent):
    def call(client):
        client.files.create(file=("n.md", b"hello"), purpose="assistants", extra_body={"note": "n"})

    request = sent(call, upload())
    kind, boundary = request.headers["content-type"].split("; boundary=")
    assert kind == "multipart/form-data"
    parts = request.content.split(b"--" + boundary.encode())[1:-1]
    heads = [part.split(b"\r\n\r\n")[0].decode().strip().splitlines()[0] for part in parts]
    assert heads == [
        'Content-Disposition: form-data; name="purpose"',
        'Content-Disposition: form-data; name="note"',
        'Content-Disposition: form-data; name="file"; filename="n.md"',
    ]


def test_the_media_type_of_an_upload_is_the_one_given(sent):
    def call(client):
        client.files.create(file=("n.md", b"hello", "text/x-odd"), purpose="assistants")

    assert b"Content-Type: text/x-odd\r\n" in sent(call, upload()).content


def test_the_sentinel_is_false_and_says_its_name():
    assert not NOT_GIVEN
    assert isinstance(NOT_GIVEN, NotGiven)
    assert repr(NOT_GIVEN) == "NOT_GIVEN"


# Headers, query, timeout


@pytest.mark.parametrize("name", ["OpenAI-Beta", "openai-beta", "OPENAI-BETA"])
def test_extra_headers_win_in_whatever_case_they_are_spelt(created, name):
    request = created(extra_headers={name: "assistants=v2"})
    assert values_of(request, "openai-beta") == ["assistants=v2"]


def test_extra_headers_win_over_those_of_the_client(sent):
    request = sent(
        lambda client: client.beta.assistants.create(model="m", extra_headers={"x-team": "blue"}),
        default_headers={"X-Team": "red", "X-Other": "kept"},
    )
    assert values_of(request, "x-team") == ["blue"]
    assert values_of(request, "x-other") == ["kept"]


def test_the_key_can_be_replaced_for_one_call(sent):
    request = sent(
        lambda client: client.files.retrieve("f", extra_headers={"authorization": "Bearer other"}),
        upload("f"),
        api_key="sk-usual",
    )
    assert values_of(request, "authorization") == ["Bearer other"]


def test_a_query_holds_what_was_given(sent):
    request = sent(
        lambda client: client.beta.assistants.list(after="x", before="y", limit=3, order="asc"), page()
    )
    assert dict(request.url.params) == {"after": "x", "before": "y", "limit": "3", "order": "asc"}


def test_extra_query_is_added_and_wins(sent):
    extra = {"limit": 7, "flag": True, "off": False, "zero": 0, "ids": ["a", 2], "none": None, "empty": ""}
    request = sent(lambda client: client.beta.assistants.list(limit=3, extra_query=extra), page())
    assert dict(request.url.params) == {
        "limit": "7",
        "flag": "true",
        "off": "false",
        "zero": "0",
        "ids": "a,2",
    }


def test_extra_query_reaches_a_call_without_a_query(created):
    assert created(extra_query={"trace": "a b&c"}).url.query == b"trace=a+b%26c"


@pytest.mark.parametrize(
    ("options", "arguments", "expected"),
    [
        ({}, {}, {"connect": 5, "read": 600, "write": 600, "pool": 600}),
        ({"timeout": 30}, {}, {"connect": 30, "read": 30, "write": 30, "pool": 30}),
        ({"timeout": 2}, {}, {"connect": 2, "read": 2, "write": 2, "pool": 2}),
        ({}, {"timeout": 7}, {"connect": 7, "read": 7, "write": 7, "pool": 7}),
        ({}, {"timeout": None}, dict.fromkeys(["connect", "read", "write", "pool"])),
        (
            {},
            {"timeout": httpx.Timeout(1, read=9)},
            {"connect": 1, "read": 9, "write": 1, "pool": 1},
        ),
    ],
)
def test_timeouts_reach_the_transport(sent, options, arguments, expected):
    request = sent(lambda client: client.beta.assistants.create(model="m", **arguments), **options)
    assert request.extensions["timeout"] == expected
