"""The answers behind the results: everything a raw one tells, and a streamed one read in every way."""

import asyncio
import gzip
import tracemalloc
from contextlib import contextmanager, suppress
from datetime import timedelta

import httpx
import pytest
from api.replies import LOCAL, Body, Script, assistant, attachment, page, refused, said, told, unread, upload

from reconciler.api import (
    APIResponseValidationError,
    AsyncClient,
    Client,
    InternalServerError,
    NotFoundError,
    StreamConsumedError,
    UnknownOutcomeError,
)

KEY = "sk-0123456789abcdef"
CHARSETS = ["hex", "idna", "rot13", "undefined", "no-such-thing"]
NO_JSON = {"text": "hello", "nothing": "", "too deep": "[" * 100_000, "not UTF-8": b"\xff\xff"}
GOOD = ["first\n", "second: é☃\r\n", "third"]


@pytest.fixture
def raw(scripted):
    """The raw answer that a retrieval makes of one reply."""

    def ask(reply, call=lambda assistants: assistants.retrieve("asst_1"), **options):
        with scripted(reply, **options) as (client, _):
            return call(client.beta.assistants.with_raw_response)

    return ask


@pytest.fixture
def download(scripted):
    """Open the streamed answer that brings these chunks, and show the body beneath it."""

    @contextmanager
    def opened(*chunks, **headers):
        reply = unread(httpx.Response(200, headers=headers), *chunks)
        body = reply.stream
        with scripted(reply) as (client, _), client.files.with_streaming_response.content("f") as answer:
            yield answer, body

    return opened


# Raw


def test_a_raw_answer_tells_everything_of_the_exchange(raw):
    answer = raw(said(assistant(), x_request_id="req_1", x_limit="9"), api_key=KEY)
    assert answer.status_code == 200
    assert answer.headers["X-Limit"] == "9"
    assert answer.request_id == "req_1"
    assert str(answer.url) == f"{LOCAL}/assistants/asst_1"
    assert answer.method == "GET"
    assert answer.http_version == "HTTP/1.1"
    assert answer.http_request.headers["authorization"] == f"Bearer {KEY}"
    assert answer.http_response.headers is answer.headers
    assert answer.is_closed
    assert timedelta(0) <= answer.elapsed < timedelta(minutes=1)


def test_a_raw_answer_has_its_body_in_every_form(raw):
    answer = raw(said(assistant(name="é")))
    assert answer.json() == assistant(name="é")
    assert answer.parse().name == "é"
    assert "é" in answer.text
    assert answer.content == answer.text.encode()


def test_a_raw_answer_is_parsed_once(raw):
    answer = raw(said(assistant()))
    assert answer.parse() is answer.parse()


def test_an_exchange_without_a_name_has_an_empty_one(raw):
    assert raw(said(assistant())).request_id == ""


@pytest.mark.parametrize("status", [201, 202, 299])
def test_a_raw_answer_keeps_the_success_it_was(raw, status):
    answer = raw(said(assistant(), status))
    assert (answer.status_code, answer.parse().id) == (status, "asst_1")


def test_a_raw_answer_shows_what_was_sent(raw):
    answer = raw(said(assistant()), lambda assistants: assistants.create(model="m"))
    assert answer.http_request.content == b'{"model":"m"}'
    assert answer.method == "POST"


def test_a_raw_answer_came_after_the_same_retries(scripted, waits):
    with scripted(refused(500), said(assistant())) as (client, asked):
        answer = client.beta.assistants.with_raw_response.retrieve("asst_1")
        assert answer.http_request is asked[1]
    assert len(waits) == 1


def test_a_refusal_is_raised_and_not_a_raw_answer(raw):
    with pytest.raises(InternalServerError):
        raw(refused(500), max_retries=0)


def test_a_raw_answer_that_makes_no_sense_can_be_looked_at_and_not_parsed(raw):
    answer = raw(told("<h1>Welcome</h1>", x_request_id="req_1"))
    assert answer.text == "<h1>Welcome</h1>"
    for _ in range(2):
        with pytest.raises(APIResponseValidationError, match="GET /assistants/asst_1 answered 200") as raised:
            answer.parse()
        assert raised.value.request_id == "req_1"


def test_a_raw_creation_that_makes_no_sense_is_in_doubt(raw):
    answer = raw(told("<h1>Welcome</h1>"), lambda assistants: assistants.create(model="m"))
    assert answer.text == "<h1>Welcome</h1>"
    with pytest.raises(UnknownOutcomeError, match="POST /assistants may or may not") as raised:
        answer.parse()
    assert type(raised.value.__cause__) is APIResponseValidationError


@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON)
def test_a_body_that_is_no_json_is_an_error(scripted, body):
    with scripted(told(body), told(body)) as (client, _):
        with pytest.raises(APIResponseValidationError, match="not JSON"):
            client.files.with_raw_response.content("file-1").json()
        with (
            client.files.with_streaming_response.content("file-1") as answer,
            pytest.raises(APIResponseValidationError, match="not JSON"),
        ):
            answer.json()


def test_an_error_about_a_body_tells_which_answer_it_was(scripted):
    with scripted(told("hello", x_request_id="req_1")) as (client, _):
        answer = client.files.with_raw_response.content("file-1")
        with pytest.raises(APIResponseValidationError) as raised:
            answer.json()
    assert (raised.value.status_code, raised.value.request_id) == (200, "req_1")


def test_a_raw_text_is_decoded_as_its_headers_say(raw):
    assert raw(told("é".encode("latin-1"), kind="text/plain; charset=latin-1")).text == "é"
    assert raw(told("é☃".encode(), kind="text/plain")).text == "é☃"


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_raw_text_in_a_charset_that_makes_no_sense_can_be_read(raw, charset):
    assert raw(told("hello", kind=f"text/plain; charset={charset}")).text == "hello"


def test_a_raw_list_leads_to_pages_that_are_parsed(scripted):
    with scripted(said(page("a", has_more=True)), said(page("b", has_more=False))) as (client, asked):
        answer = client.beta.assistants.with_raw_response.list(limit=1, extra_headers={"X-Team": "red"})
        assert len(asked) == 1
        assert answer.json()["data"] == [assistant("a")]
        assert [one.id for one in answer.parse()] == ["a", "b"]
    assert [one.url.params.get("after") for one in asked] == [None, "a"]
    assert [one.headers["x-team"] for one in asked] == ["red", "red"]


def test_a_raw_download_is_bytes(scripted):
    with scripted(told(b"\x00\xff")) as (client, _):
        answer = client.files.with_raw_response.content("file-1")
    assert (answer.content, answer.parse()) == (b"\x00\xff", b"\x00\xff")


# Both views, of everything

FILES = {
    "below": lambda client, view: getattr(client.beta.assistants, view).files,
    "above": lambda client, view: getattr(client.beta.assistants.files, view),
}


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_attachments_have_the_views_too_from_either_side(scripted, files):
    with scripted(said(attachment()), said(attachment())) as (client, asked):
        answer = files(client, "with_raw_response").retrieve("file-1", assistant_id="asst_1")
        assert answer.parse().assistant_id == "asst_1"
        with files(client, "with_streaming_response").retrieve("file-1", assistant_id="asst_1") as answer:
            assert answer.parse().assistant_id == "asst_1"
    assert {str(one.url) for one in asked} == {f"{LOCAL}/assistants/asst_1/files/file-1"}
    assert {one.headers["openai-beta"] for one in asked} == {"assistants=v1"}


def test_uploads_have_the_views_too(scripted):
    with scripted(said(upload()), said(upload())) as (client, asked):
        answer = client.files.with_raw_response.create(file=("n.md", b"hello"), purpose="assistants")
        assert answer.parse().id == "file-1"
        with client.files.with_streaming_response.create(file=b"hello", purpose="assistants") as answer:
            assert answer.parse().id == "file-1"
    assert [b"\r\n\r\nhello\r\n--" in one.content for one in asked] == [True, True]


def test_a_view_is_made_once():
    with Client(base_url=LOCAL) as client:
        for resource in (client.files, client.beta.assistants, client.beta.assistants.files):
            assert resource.with_raw_response is resource.with_raw_response
            assert resource.with_streaming_response is resource.with_streaming_response


# Streamed


def test_nothing_of_a_streamed_body_is_fetched_before_it_is_asked_for(download):
    with download(b"hello", b" world", **{"x-request-id": "req_1"}) as (answer, body):
        assert (answer.status_code, answer.request_id, answer.method) == (200, "req_1", "GET")
        assert (answer.is_closed, body.taken) == (False, 0)
        assert next(iter(answer.iter_bytes())) == b"hello"
        assert body.taken == 1
    assert (body.taken, body.closes, answer.is_closed) == (1, 1, True)


def test_a_streamed_answer_tells_how_long_it_took_once_it_is_closed(download):
    with download(b"hello") as (answer, _), pytest.raises(RuntimeError, match="elapsed"):
        answer.elapsed  # noqa: B018 - it is the reading that fails
    assert answer.elapsed >= timedelta(0)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (None, [b"abc", b"defg", b"h"]),
        (1, [b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h"]),
        (3, [b"abc", b"def", b"gh"]),
        (8, [b"abcdefgh"]),
        (100, [b"abcdefgh"]),
    ],
)
def test_bytes_come_as_they_come_or_in_chunks_of_a_size(download, size, expected):
    with download(b"abc", b"defg", b"h") as (answer, body):
        assert list(answer.iter_bytes(chunk_size=size)) == expected
        assert body.taken == 3
        assert answer.is_closed


def test_text_is_decoded_across_chunks(download):
    snow = "é☃".encode()
    with download(snow[:1], snow[1:4], snow[4:]) as (answer, _):
        assert "".join(answer.iter_text()) == "é☃"
    with download(snow[:1], snow[1:4], snow[4:] + b"abc") as (answer, _):
        assert list(answer.iter_text(chunk_size=2)) == ["é☃", "ab", "c"]


@pytest.mark.parametrize("charset", CHARSETS)
def test_streamed_text_in_a_charset_that_makes_no_sense_can_be_read(download, charset):
    kind = {"content-type": f"text/plain; charset={charset}"}
    with download(b"hello", **kind) as (answer, _):
        assert list(answer.iter_text()) == ["hello"]
    with download(b"hello", **kind) as (answer, _):
        assert answer.text() == "hello"


def test_lines_come_one_by_one_whatever_the_chunks(download):
    text = "".join(GOOD).encode()
    with download(text[:3], text[3:15], text[15:]) as (answer, _):
        assert list(answer.iter_lines()) == [line.strip() for line in GOOD]


def test_compressed_bytes_come_out_as_they_went_in(download):
    packed = gzip.compress(b"hello" * 1000)
    with download(packed[:9], packed[9:], **{"content-encoding": "gzip"}) as (answer, _):
        assert b"".join(answer.iter_bytes()) == b"hello" * 1000


def test_a_whole_streamed_body_is_kept_and_can_be_had_in_any_way(scripted):
    with scripted(said(assistant(name="é"))) as (client, _):
        with client.beta.assistants.with_streaming_response.retrieve("asst_1") as answer:
            content = answer.read()
            assert answer.read() == content
            assert answer.text() == content.decode()
            assert answer.json() == assistant(name="é")
            assert answer.parse().name == "é"
            assert answer.parse() is answer.parse()
            assert b"".join(answer.iter_bytes(7)) == content
            assert "".join(answer.iter_text()) == content.decode()
            assert list(answer.iter_lines()) == [content.decode()]
        assert (answer.read(), answer.parse().name) == (content, "é")


WHOLE = {
    "read": lambda answer: answer.read(),
    "text": lambda answer: answer.text(),
    "json": lambda answer: answer.json(),
    "parse": lambda answer: answer.parse(),
}
PIECES = {
    "bytes": lambda answer: list(answer.iter_bytes()),
    "text": lambda answer: list(answer.iter_text()),
    "lines": lambda answer: list(answer.iter_lines()),
}
WAYS = [*WHOLE.values(), *PIECES.values()]


@pytest.mark.parametrize("way", WHOLE.values(), ids=WHOLE)
def test_after_any_whole_reading_the_body_is_still_there(download, way):
    with download(b'{"a": ', b"1}") as (answer, body):
        way(answer)
        for again in WAYS:
            again(answer)
        assert answer.read() == b'{"a": 1}'
        assert (body.taken, answer.is_closed) == (2, True)


@pytest.mark.parametrize("iterate", PIECES.values(), ids=PIECES)
def test_a_body_that_was_iterated_is_gone(download, iterate):
    with download(b'{"a": ', b"1}") as (answer, body):
        iterate(answer)
        for again in WAYS:
            with pytest.raises(StreamConsumedError, match="iterated once"):
                again(answer)
    assert (body.taken, body.closes) == (2, 1)


def test_a_body_that_was_begun_is_gone_too(download):
    with download(b'{"a": ', b"1}") as (answer, _):
        next(iter(answer.iter_bytes()))
        for again in WAYS:
            with pytest.raises(StreamConsumedError):
                again(answer)


@pytest.mark.parametrize("way", WAYS)
def test_after_the_block_an_unread_body_is_gone(scripted, way):
    with scripted(told("hello")) as (client, _):
        with client.files.with_streaming_response.content("file-1") as answer:
            pass
        with pytest.raises(StreamConsumedError, match="its `with` block has ended"):
            way(answer)


def test_a_block_may_be_closed_before_it_ends(download):
    with download(b'{"a": ', b"1}") as (answer, body):
        answer.close()
        answer.close()
        assert answer.is_closed
        for way in WAYS:
            with pytest.raises(StreamConsumedError):
                way(answer)
    assert (body.taken, body.closes) == (0, 1)


def test_an_exception_in_the_block_comes_out_of_it_and_closes_the_answer(download):
    with pytest.raises(LookupError, match="ours") as raised, download(b"hello") as (answer, body):
        raise LookupError("ours")
    assert raised.value.__cause__ is None
    assert (answer.is_closed, body.closes) == (True, 1)


def test_a_streamed_answer_that_makes_no_sense_can_be_looked_at_and_not_parsed(scripted):
    with scripted(told("<h1>"), told("<h1>")) as (client, _):
        assistants = client.beta.assistants.with_streaming_response
        with assistants.retrieve("asst_1") as answer:
            with pytest.raises(APIResponseValidationError, match="GET /assistants/asst_1 answered 200"):
                answer.parse()
            assert answer.text() == "<h1>"
        with assistants.create(model="m") as answer:
            with pytest.raises(UnknownOutcomeError, match="POST /assistants may or may not"):
                answer.parse()
            assert answer.text() == "<h1>"


def test_a_streamed_list_leads_to_pages_that_are_parsed_even_after_its_block(scripted):
    with scripted(said(page("a", has_more=True)), said(page("b", has_more=False))) as (client, asked):
        with client.beta.assistants.with_streaming_response.list(limit=1) as answer:
            found = answer.parse()
        assert len(asked) == 1
        assert [one.id for one in found] == ["a", "b"]


def test_a_block_is_entered_once(scripted):
    with scripted(said(assistant())) as (client, asked):
        block = client.beta.assistants.with_streaming_response.retrieve("asst_1")
        with block:
            pass
        with pytest.raises((AttributeError, RuntimeError)), block:
            raise AssertionError("the block was entered again")
        assert len(asked) == 1


def test_a_cancelled_block_closes_its_answer():
    reply = unread(httpx.Response(200), b"{}")
    body = reply.stream

    async def stuck(client, entered):
        async with client.beta.assistants.with_streaming_response.retrieve("asst_1"):
            entered.set()
            await asyncio.Event().wait()

    async def cancelled():
        async with AsyncClient(base_url=LOCAL, transport=httpx.MockTransport(Script(reply))) as client:
            entered = asyncio.Event()
            task = asyncio.create_task(stuck(client, entered))
            await entered.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return task.cancelled()

    assert asyncio.run(cancelled())
    assert (reply.is_closed, body.closes) == (True, 1)


# Much, over one connection


@pytest.fixture
def narrow(over, embedded):
    """A client of the embedded server that has one connection, and the id of a large upload."""
    patience = httpx.Timeout(5, pool=0.1)
    with over(embedded.url, {"limits": httpx.Limits(max_connections=1), "timeout": patience}) as (client, _):
        yield client, client.files.create(file=bytes(3_000_000), purpose="assistants").id


def leave_at_once(answer):
    assert not answer.is_closed


def leave_in_the_middle(answer):
    for _ in answer.iter_bytes():
        break


def leave_with_an_error(answer):
    next(iter(answer.iter_lines()), None)
    raise LookupError("ours")


def close_first(answer):
    answer.close()


@pytest.mark.parametrize("leave", [leave_at_once, leave_in_the_middle, leave_with_an_error, close_first])
def test_a_block_that_is_left_early_gives_its_connection_back(narrow, leave):
    client, large = narrow
    for _ in range(2):
        with suppress(LookupError), client.files.with_streaming_response.content(large) as answer:
            leave(answer)
        assert client.files.retrieve(large).bytes == 3_000_000


def test_a_whole_download_gives_its_connection_back_within_the_block(narrow):
    client, large = narrow
    with client.files.with_streaming_response.content(large) as answer:
        assert sum(len(chunk) for chunk in answer.iter_bytes()) == 3_000_000
        assert client.files.retrieve(large).bytes == 3_000_000


def test_a_refused_block_gives_its_connection_back(narrow):
    client, large = narrow
    waiting = client.files.with_streaming_response.content("file-none")
    with pytest.raises(NotFoundError), waiting:
        raise AssertionError("the block was entered")
    assert client.files.retrieve(large).bytes == 3_000_000


@pytest.mark.parametrize("size", [None, 1_000_000])
def test_a_large_download_needs_little_memory(scripted, size):
    chunk, times = 256 * 1024, 320
    reply = httpx.Response(200, stream=Body(bytes(chunk) for _ in range(times)))
    with scripted(reply) as (client, _), client.files.with_streaming_response.content("file-1") as answer:
        tracemalloc.start()
        try:
            assert sum(map(len, answer.iter_bytes(size))) == chunk * times
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 8_000_000
