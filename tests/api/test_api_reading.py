"""What real servers send: read leniently where nothing depends on it, refused by name where it does."""

import asyncio
from contextlib import suppress

import httpx
import pytest
from api.replies import LOCAL, Script, assistant, attachment, page, said, told, upload

from reconciler.api import (
    APIError,
    APIResponseValidationError,
    Assistant,
    AsyncClient,
    Client,
    UnknownOutcomeError,
    Unreadable,
    assistants,
    attachments,
    tolerant,
    uploads,
)

KEY = "sk-AbC/0123456789-key"
DELETED = {"id": "asst_1", "object": "assistant.deleted", "deleted": True}


@pytest.fixture
def read(scripted):
    """What a call makes of one reply."""

    def ask(call, reply, **options):
        with scripted(reply, max_retries=0, **options) as (client, _):
            return call(client)

    return ask


@pytest.fixture
def refusal(read):
    """The sentence with which a call refuses one reply."""

    def ask(call, reply, kind=APIResponseValidationError, **options):
        with pytest.raises(kind) as raised:
            read(call, reply, **options)
        assert not raised.value.had_no_effect
        return raised.value.message

    return ask


def retrieved(client):
    return client.beta.assistants.retrieve("asst_1")


def listed(client):
    return client.beta.assistants.list().data


# Objects


@pytest.mark.parametrize("field", ["tools", "file_ids"])
def test_a_null_list_is_empty_and_a_missing_one_too(read, field):
    null, lean = assistant() | {field: None}, {k: v for k, v in assistant().items() if k != field}
    for body in (null, lean):
        assert getattr(read(retrieved, said(body)), field) == []
        assert getattr(read(listed, said(page() | {"data": [body]}))[0], field) == []


def test_a_null_list_differs_from_one_that_the_server_leaves_out(read):
    assert "file_ids" in read(retrieved, said(assistant(file_ids=None))).model_fields_set
    lean = {"id": "asst_1", "model": "m"}
    assert "file_ids" not in read(retrieved, said(lean)).model_fields_set


TIMES = {
    "whole": (1_795_986_719, 1_795_986_719),
    "whole, as a float": (1_795_986_719.0, 1_795_986_719),
    "with a fraction": (1_795_986_719.9, 1_795_986_719),
    "milliseconds": (1_795_986_719_900, 1_795_986_719),
    "milliseconds, as a float": (1_795_986_719_900.5, 1_795_986_719),
    "microseconds": (1_795_986_719_900_000, 1_795_986_719),
    "nanoseconds": (1_795_986_719_900_000_000, 1_795_986_719),
    "ISO": ("2026-11-29T12:00:00Z", 1_795_953_600),
    "ISO with a fraction and a zone": ("2026-11-29T13:00:00.250+01:00", 1_795_953_600),
    "ISO without a zone": ("2026-11-29T12:00:00", 1_795_953_600),
    "a number as a string": ("1795986719", 1_795_986_719),
    "a fraction as a string": ("1795986719.5", 1_795_986_719),
    "milliseconds as a string": ("1795986719900", 1_795_986_719),
    "null": (None, 0),
    "a word": ("today", 0),
    "nothing": ("", 0),
    "negative": (-5, 0),
    "too many digits": ("9" * 400, 0),
    "a year before all clocks": ("0001-01-01T00:00:00+14:00", 0),
    "an object": ({"seconds": 1}, 0),
}


@pytest.mark.parametrize(("told", "seconds"), TIMES.values(), ids=TIMES)
def test_a_time_is_whole_seconds_whatever_form_it_has(read, told, seconds):
    found = read(retrieved, said(assistant(created_at=told)))
    assert (found.created_at, type(found.created_at)) == (seconds, int)
    assert read(listed, said(page() | {"data": [assistant(created_at=told)]}))[0].created_at == seconds
    assert read(lambda c: c.files.retrieve("file-1"), said(upload(created_at=told))).created_at == seconds
    carried = attachment() | {"created_at": told}
    found = read(lambda c: c.beta.assistants.files.retrieve("f", assistant_id="asst_1"), said(carried))
    assert found.created_at == seconds


def test_a_time_that_is_missing_is_unknown(read):
    assert read(retrieved, said({"id": "asst_1", "model": "m"})).created_at == 0


@pytest.mark.parametrize("odd", [None, "", "Assistant", "assistants", 5, "openai.assistant"])
def test_an_object_without_its_name_is_known_by_its_fields(read, odd):
    found = read(retrieved, said(assistant() | {"object": odd}))
    assert (found.id, found.object) == ("asst_1", "assistant")
    found = read(lambda c: c.files.retrieve("file-1"), said(upload() | {"object": odd}))
    assert (found.filename, found.object) == ("notes.md", "file")


@pytest.mark.parametrize("other", ["thread", "file", "assistant.deleted", "list", "error"])
def test_another_object_of_the_wire_is_not_what_was_asked_for(refusal, other):
    told = refusal(retrieved, said(assistant() | {"object": other}))
    assert told == f'GET /assistants/asst_1 answered 200, but object is "{other}", not "assistant"'


def test_unknown_fields_survive_lenient_reading(read):
    body = assistant(tools=None, response_format={"type": "auto"}, created_at=5.5)
    found = read(retrieved, said(body))
    assert found.response_format == {"type": "auto"}
    assert found.as_sent() == body | {"tools": [], "created_at": 5}


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.beta.assistants.retrieve("asst_1"),
        lambda c: c.beta.assistants.update("asst_1", name="n"),
    ],
)
def test_an_answer_about_another_assistant_contradicts_the_request(refusal, call):
    assert 'answered 200, but id is "asst_2", not "asst_1"' in refusal(call, said(assistant("asst_2")))


def test_an_answer_about_another_upload_contradicts_the_request(refusal):
    told = refusal(lambda c: c.files.retrieve("file-1"), said(upload("file-2")))
    assert told == 'GET /files/file-1 answered 200, but id is "file-2", not "file-1"'


def test_attachments_may_have_the_odd_ids_of_real_servers(read):
    def attach(client):
        return client.beta.assistants.files.create("asst_1", file_id="file-1")

    assert read(attach, said(attachment(""))).id == ""


# Deletions

DELETES = {
    "assistant": ("asst_1", lambda c: c.beta.assistants.delete("asst_1")),
    "upload": ("file-1", lambda c: c.files.delete("file-1")),
    "attachment": ("file-1", lambda c: c.beta.assistants.files.delete("file-1", assistant_id="asst_1")),
}
DONE = {
    "204": lambda _: httpx.Response(204),
    "an empty 200": lambda _: told("", 200),
    "null": lambda _: told("null", 200),
    "{}": lambda _: said({}, 202),
    "another object": lambda i: said({"id": i, "object": "deleted", "deleted": True}),
    "the object that was there": lambda i: said({"id": i, "object": "assistant", "name": "n"}, 201),
    "without an id": lambda _: said({"object": "file.deleted", "deleted": True}),
    "a null id": lambda _: said({"id": None, "deleted": None}),
}


@pytest.mark.parametrize(("identity", "call"), DELETES.values(), ids=DELETES)
@pytest.mark.parametrize("reply", DONE.values(), ids=DONE)
def test_a_delete_that_succeeds_is_done_whatever_its_body_says(read, identity, call, reply):
    found = read(call, reply(identity))
    assert (found.id, found.deleted) == (identity, True)
    assert found.object == type(found).model_fields["object"].default


@pytest.mark.parametrize(("identity", "call"), DELETES.values(), ids=DELETES)
@pytest.mark.parametrize("denied", [False, 0, "no", []])
def test_a_delete_that_says_it_did_not_is_an_error(refusal, identity, call, denied):
    assert ", not true" in refusal(call, said({"id": identity, "deleted": denied}))


@pytest.mark.parametrize(("identity", "call"), DELETES.values(), ids=DELETES)
@pytest.mark.parametrize("body", [[], "done", 5, {"error": "No."}])
def test_a_delete_answered_with_something_else_is_an_error(refusal, identity, call, body):
    refusal(call, said(body))
    refusal(call, told("<h1>Log in</h1>"))


@pytest.mark.parametrize("name", ["assistant", "upload"])
def test_a_delete_of_another_object_contradicts_the_request(refusal, name):
    _, call = DELETES[name]
    assert 'id is "other", not' in refusal(call, said({"id": "other", "deleted": True}))


# Lists

ENVELOPES = {
    "without its name": {"data": [assistant()]},
    "null for its name": {"object": None, "data": [assistant()]},
    "another name": {"object": "file", "data": [assistant()]},
    "bare": [assistant()],
    "odd edges": {"data": [assistant()], "first_id": 5, "last_id": [], "has_more": "perhaps"},
}


@pytest.mark.parametrize("body", ENVELOPES.values(), ids=ENVELOPES)
def test_a_list_is_what_has_a_list_in_it(read, body):
    found = read(lambda c: c.beta.assistants.list(), said(body))
    assert [one.id for one in found.data] == ["asst_1"]
    assert (found.first_id, found.last_id, found.has_more) == (None, None, None)


@pytest.mark.parametrize("body", [{"data": None}, [], {"object": "list"}, {"object": "file", "data": []}])
def test_a_list_may_be_empty_in_many_ways(read, body):
    assert read(listed, said(body)) == []
    assert read(lambda c: c.files.list().data, said(body)) == []


def test_what_a_page_says_about_itself_survives_lenient_reading(read):
    body = page("a", "b", has_more=True, first_id="a", last_id="b") | {"object": None, "total": 2}
    found = read(lambda c: c.beta.assistants.list(), said(body))
    assert (found.first_id, found.last_id, found.has_more) == ("a", "b", True)
    assert found.next_page_info().params == {"after": "b"}
    assert read(lambda c: c.files.list(), said({"data": [], "total": 2})).total == 2


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "data is missing"),
        ({"object": "assistant", "id": "asst_1"}, "data is missing"),
        ({"data": "x"}, 'data is "x", not a list'),
        ({"data": {"asst_1": {}}}, 'data is {"asst_1": {}}, not a list'),
        ({"data": None, "error": "No."}, 'error is "No."'),
        ("x", 'the body is "x", not an object'),
    ],
)
def test_what_has_no_list_in_it_is_not_taken_for_an_empty_one(refusal, body, problem):
    assert refusal(listed, said(body)) == f"GET /assistants answered 200, but {problem}"


def test_an_object_of_a_list_that_cannot_be_read_is_named_with_its_field(refusal):
    body = page("asst_0") | {"data": [assistant("asst_0"), assistant("asst_1", tools="x")]}
    assert refusal(listed, said(body)) == (
        'GET /assistants answered 200, but data[1] (asst_1): tools is "x", not a list'
    )


@pytest.mark.parametrize("identity", [None, 5, "", [], {}])
def test_an_object_of_a_list_without_an_id_is_named_by_its_place(refusal, identity):
    body = page() | {"data": [assistant("asst_0"), assistant(identity)]}
    assert "answered 200, but data[1]: id is" in refusal(listed, said(body))


# Lists in which what cannot be read hides nothing


def sent(call, reply, **options):
    """What clients of both colours make of a call."""

    def transport():
        return httpx.MockTransport(Script(said(reply)))

    async def awaited():
        async with AsyncClient(base_url=LOCAL, transport=transport(), **options) as client:
            return await client.send(call)

    with Client(base_url=LOCAL, transport=transport(), **options) as client:
        found = client.send(call)
    assert asyncio.run(awaited()) == found
    return found


def test_an_object_that_cannot_be_read_hides_no_other():
    healthy = assistant("asst_0"), assistant("asst_2", tools=None)
    body = page(has_more=False, last_id="asst_2") | {"data": [healthy[0], assistant(tools="x"), healthy[1]]}
    found = sent(tolerant(assistants.list()), body)
    assert [one.id for one in found.data] == ["asst_0", "asst_1", "asst_2"]
    assert found.data[1] == Unreadable("asst_1", 'tools is "x", not a list')
    assert [type(one) for one in (found.data[0], found.data[2])] == [Assistant, Assistant]
    assert (found.has_more, found.last_id) == (False, "asst_2")


def test_half_a_surrogate_pair_hides_no_other():
    reply = '{"data": [{"id": "a", "model": "\\ud800"}, {"id": "b", "model": "m"}]}'
    script = Script(told(reply, kind="application/json"))
    with Client(base_url=LOCAL, transport=httpx.MockTransport(script)) as client:
        first, second = client.send(tolerant(assistants.list())).data
    assert first == Unreadable("a", "half a surrogate pair is in it, which is no character")
    assert second.id == "b"


def test_uploads_and_attachments_are_listed_so_too():
    found = sent(
        tolerant(uploads.list()), {"data": [upload("a"), upload("b", bytes="many")], "has_more": True}
    )
    assert found.data[1] == Unreadable("b", 'bytes is "many", not a number')
    assert found.has_more is True
    found = sent(tolerant(attachments.list("asst_1")), [attachment("a"), {"id": "b"}])
    assert found.data[1] == Unreadable("b", "assistant_id is missing")


def test_an_unreadable_object_does_not_repeat_the_key():
    body = {"data": [assistant(tools=f"{'x' * 66}{KEY}")]}
    (found,) = sent(tolerant(assistants.list()), body, api_key=KEY).data
    assert "sk-" not in found.problem


@pytest.mark.parametrize(
    "odd", [{}, None, 7, "asst_1", {"id": ""}, {"id": 5}, {"id": None}, {"id": ["a"]}], ids=str
)
def test_an_object_without_an_id_hides_no_other_either(odd):
    found = sent(tolerant(assistants.list()), {"data": [assistant(), odd]})
    assert [type(one) for one in found.data] == [Assistant, Unreadable]
    assert (found.data[1].id, bool(found.data[1].problem)) == ("", True)
    with pytest.raises(APIResponseValidationError, match=r"data\[1\]"):
        sent(assistants.list().page, {"data": [assistant(), odd]})


def test_what_does_not_list_cannot_be_tolerant():
    with pytest.raises(TypeError, match="GET /assistants/a does not list"):
        tolerant(assistants.retrieve("a"))


# Creates


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_create_that_cannot_be_read_says_what_it_made(read, status):
    with pytest.raises(UnknownOutcomeError) as raised:
        read(lambda c: c.beta.assistants.create(model="m"), said(assistant(tools="x"), status))
    assert raised.value.created_id == "asst_1"
    assert raised.value.message == (
        "POST /assistants may or may not have taken effect: "
        f'the server answered {status}, but asst_1: tools is "x", not a list'
    )


@pytest.mark.parametrize("reply", [lambda: told("<h1>"), lambda: said({"id": 5}), lambda: said({}, 500)])
def test_a_create_that_names_nothing_made_nothing_that_is_known(read, reply):
    with pytest.raises(UnknownOutcomeError) as raised:
        read(lambda c: c.files.create(file=b"x", purpose="assistants"), reply())
    assert raised.value.created_id == ""


@pytest.mark.parametrize("status", [201, 202, 204])
def test_any_success_of_a_create_counts_when_it_can_be_read(read, status):
    assert read(lambda c: c.beta.assistants.create(model="m"), said(assistant(), status)).id == "asst_1"


# Every field, whatever a server puts there

ODD = [None, True, 0, -1, 1.5, 10**30, "", "x", "..", "\x1b[2J", [], {}, [None], [[]], {"a": {}}]
WHOLE = {
    "id": "asst_1",
    "object": "assistant",
    "created_at": 1,
    "name": "n",
    "description": "d",
    "model": "m",
    "instructions": "i",
    "tools": [{"type": "retrieval"}],
    "file_ids": ["file-1"],
    "metadata": {"k": "v"},
}
STORED = {
    "id": "file-1",
    "object": "file",
    "bytes": 1,
    "created_at": 1,
    "filename": "a.md",
    "purpose": "assistants",
}
GONE = {"id": "asst_1", "object": "assistant.deleted", "deleted": True}
REPLIES = {
    "create": (assistants.create(model="m"), WHOLE),
    "retrieve": (assistants.retrieve("asst_1"), WHOLE),
    "update": (assistants.update("asst_1", name="n"), WHOLE),
    "delete": (assistants.delete("asst_1"), GONE),
    "upload": (uploads.retrieve("file-1"), STORED),
}


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize(
    ("call", "body", "field"),
    [(call, body, field) for call, body in REPLIES.values() for field in body],
    ids=[f"{name}.{field}" for name, (_, body) in REPLIES.items() for field in body],
)
def test_no_value_of_a_field_is_more_than_an_error_of_the_wire(call, body, field, odd):
    with suppress(APIError):
        sent(call, body | {field: odd})


ODD_IDS = [".", "..", "a/b", "a b", "a\n", "é", "\x1b[2J", "../files/x?y=#", "a" * 201, "a" * 1_000_000]
NAMING = {
    "create": (assistants.create(model="m"), WHOLE),
    "retrieve": (assistants.retrieve("asst_1"), WHOLE),
    "update": (assistants.update("asst_1", name="n"), WHOLE),
    "upload": (uploads.create(file=b"x", purpose="assistants"), STORED),
    "attach": (attachments.create("asst_1", file_id="file-1"), attachment()),
    "list": (assistants.list().page, page("asst_1")),
    "uploads": (uploads.list(), {"data": [STORED]}),
    "attachments": (attachments.list("asst_1").page, {"data": [attachment()]}),
}


@pytest.mark.parametrize("odd", ODD_IDS, ids=lambda odd: repr(odd[:14]))
@pytest.mark.parametrize(("call", "body"), NAMING.values(), ids=NAMING)
def test_an_id_that_no_request_can_name_is_an_error_of_one_line(call, body, odd):
    first = body["data"][0] if "data" in body else body
    strange = {"data": [first, first | {"id": odd}]} if "data" in body else first | {"id": odd}
    with pytest.raises(APIError, match="not an id") as raised:
        sent(call, strange)
    said = str(raised.value)
    assert said.startswith(f"{call.method} /{call.url} ")
    assert len(said.splitlines()) == 1
    assert len(said) < 300
    assert getattr(raised.value, "created_id", "") == ""


@pytest.mark.parametrize("odd", ["", *ODD_IDS], ids=lambda odd: repr(odd[:14]))
@pytest.mark.parametrize(
    ("call", "whole"),
    [(assistants.list(), WHOLE), (uploads.list(), STORED), (attachments.list("asst_1"), attachment())],
    ids=["list", "uploads", "attachments"],
)
def test_an_id_that_no_request_can_name_hides_no_other_object(call, whole, odd):
    found = sent(tolerant(call), {"data": [whole | {"id": odd}, whole]}).data
    assert [one.id for one in found] == ["", whole["id"]]
    if odd or "assistant_id" not in whole:  # an attachment may have an empty id
        assert "id is " in found[0].problem
        assert "not an id" in found[0].problem
        assert len(found[0].problem.splitlines()) == 1
        assert len(found[0].problem) < 120


@pytest.mark.parametrize("identity", ["...", "..a", ".a", "a.", "asst:1", "A-_.:9", "a" * 200])
def test_every_other_id_is_read(identity):
    assert sent(assistants.create(model="m"), WHOLE | {"id": identity}).id == identity
    assert sent(tolerant(assistants.list()), {"data": [WHOLE | {"id": identity}]}).data[0].id == identity


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("field", [*WHOLE, "tools.0.type", "tools.0"])
def test_no_value_of_a_field_hides_the_other_objects_of_a_list(field, odd):
    strange = WHOLE | {field: odd}
    if field.startswith("tools."):
        strange = WHOLE | {"tools": [odd if field == "tools.0" else {"type": odd}]}
    found = sent(
        tolerant(assistants.list()), {"data": [WHOLE | {"id": "asst_0"}, strange], "has_more": False}
    )
    assert [found.data[0].id, len(found.data)] == ["asst_0", 2]
