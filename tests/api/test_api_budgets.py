"""What a hostile reply may cost: no reading goes on after the first mistakes, and no sentence is long."""

import json
import re
import socket
from contextlib import suppress

import httpx
import pytest
from api.replies import LOCAL, Speaker, assistant, listening, page, said, unread

from reconciler.api import (
    APIError,
    APIResponseValidationError,
    BadRequestError,
    Client,
    UnknownOutcomeError,
    assistants,
    attachments,
    tolerant,
    uploads,
)
from reconciler.api.json_body import MOST_VALUES
from reconciler.api.types import MOST_OBJECTS

MILLION = 990_000
LISTS = {
    "assistants": assistants.list().page,
    "uploads": uploads.list(),
    "attachments": attachments.list("asst_1").page,
}
ITEMS = ["{}", "null", "1", '""', "[]", '{"id":1}', '{"id":"a"}', '{"error":1}', '{"object":"list"}']


def many(item, size=MILLION):
    return ",".join([item] * (size // (len(item) + 1)))


def answered(call, body, status=200, **options):
    """What a call makes of one body."""
    whole = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    with Client(base_url=LOCAL, transport=whole, max_retries=0, **options) as client:
        return client.send(call)


def refusal(call, body, status=200, **options):
    with pytest.raises(APIError) as raised:
        answered(call, body, status, **options)
    assert len(str(raised.value)) < 700
    assert len(str(raised.value).splitlines()) == 1
    return raised.value


# Lists


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("call", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("form", ['{{"object":"list","data":[{}]}}', "[{}]"], ids=["a list", "bare"])
def test_a_list_of_many_odd_objects_is_refused_at_the_first(call, item, form):
    some = ",".join([item] * 50_000)
    assert "data[0]" in refusal(call, form.format(some)).message
    assert refusal(call, form.format(many(item)))


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("call", LISTS.values(), ids=LISTS)
def test_a_tolerant_reading_keeps_a_thousand_unreadable_objects_aside_and_no_more(call, item):
    kept = answered(tolerant(call), f'{{"data":[{",".join([item] * 1_000)}]}}')
    assert len(kept.data) == 1_000
    error = refusal(tolerant(call), f'{{"data":[{",".join([item] * 50_000)}]}}')
    assert "more than 1,000 objects cannot be read: data[1000]" in error.message


@pytest.mark.parametrize("item", ["{}", "null", "1", '""', "[]", '{"type":"function","function":{}}'])
@pytest.mark.parametrize("field", ["tools", "file_ids"])
def test_a_field_of_many_wrong_items_is_wrong_at_the_first(field, item):
    body = json.dumps(page() | {"data": [assistant(**{field: "@"})]}).replace('"@"', f"[{many(item)}]")
    assert f"{field}[0]" in answered(tolerant(assistants.list()), body).data[0].problem
    assert f"{field}[0]" in refusal(assistants.list().page, body).message


def test_a_list_has_a_largest_number_of_objects():
    ones = [{"id": f"a{number}", "model": ""} for number in range(MOST_OBJECTS + 1)]
    body = json.dumps({"data": ones})
    for call in (assistants.list().page, tolerant(assistants.list())):
        assert refusal(call, body).message.endswith(f"data has more than {MOST_OBJECTS:,} objects")
    assert len(answered(assistants.list().page, json.dumps({"data": ones[1:]})).data) == MOST_OBJECTS


# Values


@pytest.mark.parametrize("value", ["[]", "{}", "1", "null", '{"a":[]}'])
def test_a_body_of_millions_of_small_values_is_not_read(value):
    body = f'{{"id":"asst_1","model":"m","x":[{many(value, 12_000_000)}]}}'
    for call in (assistants.retrieve("asst_1"), assistants.list().page, assistants.delete("asst_1")):
        assert refusal(call, body).message.endswith(f"the body has more than {MOST_VALUES:,} values")


def test_commas_of_a_text_are_no_values():
    text = ',"[{\\' * (MOST_VALUES // 3)
    read = answered(assistants.retrieve("asst_1"), json.dumps(assistant(instructions=text)))
    assert read.instructions == text


@pytest.mark.parametrize("body", ["[" * 500_000, '{"a":' * 150_000, "[" * 600 + '"\\ud800"' + "]" * 600])
def test_a_body_that_is_too_deep_is_not_json(body):
    for call in (assistants.retrieve("asst_1"), assistants.list().page, uploads.list()):
        assert "the body is not JSON" in refusal(call, body).message


@pytest.mark.parametrize("levels", [200, 600])
def test_an_object_of_a_list_that_is_too_deep_hides_no_other(levels):
    deep = '{"id":"asst_2","model":"m","x":' + "[" * levels + "]" * levels + "}"
    body = f'{{"object":"list","data":[{json.dumps(assistant())},{deep}]}}'

    fine, aside = answered(tolerant(assistants.list()), body).data

    assert fine.id == assistant()["id"]
    assert (aside.id, aside.problem) == ("asst_2", "it is nested too deeply")
    assert "nested too deeply" in refusal(assistants.list().page, body).message


@pytest.mark.parametrize("levels", [150, 400, 900, 200_000])
def test_a_refusal_may_be_as_deep_as_it_likes(levels):
    body = '{"error":' * levels + '"no"' + "}" * levels
    assert isinstance(refusal(assistants.retrieve("asst_1"), body, 400), BadRequestError)


# Sentences


@pytest.mark.parametrize(
    "value",
    [
        ["x" * MILLION],
        [1] * 300_000,
        [[[]] * 10] * 30_000,
        {f"k{n}": n for n in range(60_000)},
        {"k" * MILLION: 1},
    ],
    ids=["long", "wide", "nested", "keys", "one key"],
)
def test_a_sentence_shows_the_beginning_of_a_value(value):
    error = refusal(assistants.retrieve("asst_1"), json.dumps(assistant(model=value)))
    assert isinstance(error, APIResponseValidationError)
    assert "model is " in error.message


def test_the_path_of_a_field_is_no_longer_than_a_line():
    tools = [{"type": "function", "function": {"name": 1, "x" * MILLION: 1}}]
    body = json.dumps(assistant(tools=tools))
    assert "tools[0].function.name is 1" in refusal(assistants.retrieve("asst_1"), body).message


REFUSALS = {
    "a long message": {"error": {"message": "x" * MILLION}},
    "many words": {"error": {"message": "x " * (MILLION // 2)}},
    "many entries": {"detail": [{"msg": "x", "loc": ["a"] * 100}] * 1_500},
    "a long path": {"detail": [{"msg": "x", "loc": ["a"] * 300_000}]},
    "what was sent": {"error": {"message": "i" * MILLION}},
    "a list": ["a"] * 200_000,
}


@pytest.mark.parametrize("body", REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("instructions", ["i" * 32_000, "in " * 10_000, "".join(map(str, range(8_000)))])
def test_a_refusal_is_one_line(body, instructions):
    call = assistants.create(model="m", instructions=instructions)
    assert refusal(call, json.dumps(body), 400).message.startswith("POST /assistants answered 400: ")


@pytest.mark.parametrize("text", ["<title " * 140_000, "<title>" * 140_000, "<" * MILLION, "<h1>a" * 190_000])
def test_a_page_is_named_by_its_title_or_not_at_all(text):
    assert "an HTML page" in refusal(assistants.retrieve("a"), text, 502).message


# Pages


@pytest.mark.parametrize(("limit", "size"), [({}, 1), ({}, 9), ({"limit": 100}, 9), ({"limit": 5}, 4)])
def test_a_walk_over_nearly_empty_pages_without_an_end_is_an_error(scripted, limit, size):
    pages = [page(*(f"a{n}_{one}" for one in range(size)), has_more=True) for n in range(31)]
    with scripted(*map(said, pages)) as (client, asked):
        with pytest.raises(APIResponseValidationError, match="GET /assistants answered 30 pages in a row"):
            list(client.beta.assistants.list(**limit))
        assert len(asked) == 31


@pytest.mark.parametrize(("limit", "size"), [({}, 10), ({"limit": 1}, 1), ({"limit": 5}, 5)])
def test_a_walk_over_pages_as_they_were_asked_for_goes_on(scripted, limit, size):
    pages = [page(*(f"a{n}_{one}" for one in range(size)), has_more=n < 39) for n in range(40)]
    with scripted(*map(said, pages)) as (client, _):
        assert len(list(client.beta.assistants.list(**limit))) == 40 * size


# Interim answers, and pieces

HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
FOUND = json.dumps(assistant()).encode()
ANSWER = HEAD + b"content-length: %d\r\n\r\n%s" % (len(FOUND), FOUND)


def whole_request(connection):
    """A request with its body: a server that closes before it has read everything resets the connection."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        heard += connection.recv(65536)
    head, _, body = heard.partition(b"\r\n\r\n")
    sized = re.search(rb"(?i)content-length: *(\d+)", head)
    missing = int(sized[1]) - len(body) if sized else 0
    while missing > 0:
        missing -= len(connection.recv(missing))
    return heard


class Pieces(Speaker):
    """Answers every connection in pieces, each sent by itself, until the client has had enough."""

    def __init__(self, pieces):
        super().__init__(b"")
        self._parts = pieces

    def __call__(self, connection):
        with connection:
            self.heard.append(whole_request(connection))
            with suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for part in self._parts:
                    connection.sendall(part)


@pytest.mark.parametrize(
    "pieces",
    [[HINTS * 21, ANSWER], [HINTS] * 1_000, [HINTS * 1_000] * 1_000, [bytes([one]) for one in HINTS * 21]],
    ids=["one too many", "one by one", "a flood", "byte by byte"],
)
def test_more_than_20_interim_answers_end_the_attempt_and_there_is_no_other(connect, pieces):
    speaker = Pieces(pieces)
    with listening(speaker) as here, connect(base_url=f"http://{here}", max_retries=2) as client:
        with pytest.raises(APIResponseValidationError, match=r"GET /assistants/asst_1 was answered by more"):
            client.beta.assistants.retrieve("asst_1")
        with pytest.raises(UnknownOutcomeError, match=r"more than 20 interim answers \(1xx\)"):
            client.beta.assistants.create(model="m")
    assert len(speaker.heard) == 2


@pytest.mark.parametrize(
    "hint",
    [HINTS, b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 102 Processing\n\n", HINTS.replace(b"103", b"199")],
)
def test_20_interim_answers_are_passed_over(connect, hint):
    for pieces in (
        [hint * 20 + ANSWER],
        [hint] * 20 + [ANSWER],
        [bytes([one]) for one in hint * 20 + ANSWER],
    ):
        with listening(Pieces(pieces)) as here, connect(base_url=f"http://{here}", max_retries=0) as client:
            assert client.beta.assistants.retrieve("asst_1").id == "asst_1"


def test_what_a_body_says_is_no_interim_answer(connect):
    body = b"HTTP/1.1 100 Continue\r\n\r\n" * 100
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    with listening(Speaker(answer)) as here, connect(base_url=f"http://{here}") as client:
        assert client.files.content("file-1") == body


def test_each_request_of_a_connection_may_have_interim_answers(connect):
    class Patient(Speaker):
        def __call__(self, connection):
            with connection:
                while connection.recv(65536):
                    connection.sendall(HINTS * 15 + ANSWER)

    with listening(Patient(b"")) as here, connect(base_url=f"http://{here}", max_retries=0) as client:
        for _ in range(4):
            assert client.beta.assistants.retrieve("asst_1").id == "asst_1"


def test_a_body_in_tiny_pieces_is_left_after_some_thousands(scripted):
    body = FOUND + b" " * 30_000
    with (
        scripted(unread(said(), *(bytes([one]) for one in body))) as (client, _),
        pytest.raises(APIResponseValidationError, match="more than 20,000 pieces of less than 256 bytes"),
    ):
        client.beta.assistants.retrieve("asst_1")


def test_a_body_in_a_few_thousand_tiny_pieces_is_read(scripted):
    body = FOUND + b" " * 15_000
    with scripted(unread(said(), *(bytes([one]) for one in body))) as (client, _):
        assert client.beta.assistants.retrieve("asst_1").id == "asst_1"
