"""How long a call may last and how long its answer may be, whatever the server does."""

import asyncio
import io
import time
import tracemalloc
import zlib
from itertools import repeat
from threading import Event

import httpx
import pytest
from api.colours import PARSED, RAW
from api.replies import LOCAL, Script, Speaker, assistant, listening, refused, said, told, unread, upload

from reconciler.api import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    BadRequestError,
    UnknownOutcomeError,
)
from reconciler.api import deadline as deadlines
from reconciler.api.deadline import Deadline
from reconciler.api.settings import Settings

SOON = 0.3
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
DRIPS = {
    "headers that never end": (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"),
    "a status that never ends": (b"HTTP/1.1 200 O", b"K"),
    "a body": (OK + b"content-length: 99999\r\n\r\n{", b" "),
    "chunks": (OK + b"transfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a refusal": (b"HTTP/1.1 400 No\r\ncontent-length: 99999\r\n\r\n{", b" "),
}
HEADERS = ["headers that never end", "a status that never ends"]


class Drip(Speaker):
    """Says something, and then more of the same piece by piece, for long but not for ever."""

    def __init__(self, reply, more):
        super().__init__(reply)
        self._more = more

    def __call__(self, connection):
        with connection:
            self.heard.append(connection.recv(65536))
            try:
                connection.sendall(self._reply)
                for _ in range(400):
                    time.sleep(0.025)
                    connection.sendall(self._more)
            except OSError:
                return  # the client had enough


@pytest.fixture(params=[*PARSED, *RAW])
def whole(request):
    """Open a client of one of the colours in which a call ends with the whole body."""
    return (PARSED | RAW)[request.param]


# How long a call may last


@pytest.mark.parametrize(("reply", "more"), DRIPS.values(), ids=DRIPS)
def test_a_read_ends_at_its_deadline_however_busy_the_server_looks(whole, reply, more):
    drip = Drip(reply, more)
    with (
        listening(drip) as address,
        whole(base_url=f"http://{address}", deadline=SOON, max_retries=0) as client,
        pytest.raises(APITimeoutError, match=r"the whole call was not over after 0\.3 s"),
    ):
        client.beta.assistants.retrieve("asst_1")
    assert len(drip.heard) == 1


@pytest.mark.parametrize(("reply", "more"), DRIPS.values(), ids=DRIPS)
def test_a_create_that_meets_its_deadline_is_in_doubt_and_not_repeated(connect, reply, more):
    drip = Drip(reply, more)
    with (
        listening(drip) as address,
        connect(base_url=f"http://{address}", deadline=SOON) as client,
        pytest.raises(UnknownOutcomeError, match="may or may not have taken effect") as raised,
    ):
        client.beta.assistants.create(model="m")
    assert isinstance(raised.value.__cause__, APITimeoutError)
    assert raised.value.__cause__.sent
    assert len(drip.heard) == 1


@pytest.mark.parametrize("name", HEADERS)
def test_a_streamed_view_keeps_to_the_deadline_until_it_has_the_headers(connect, name):
    with (
        listening(Drip(*DRIPS[name])) as address,
        connect(base_url=f"http://{address}", deadline=SOON, max_retries=0) as client,
    ):
        waiting = client.beta.assistants.with_streaming_response.retrieve("asst_1")
        with pytest.raises(APITimeoutError, match="the whole call"), waiting:
            raise AssertionError("the block was entered")


def test_the_body_of_a_streamed_view_may_take_its_time(connect):
    class Patient(Speaker):
        def __call__(self, connection):
            with connection:
                connection.recv(65536)
                connection.sendall(OK + b"content-length: 5\r\n\r\nhe")
                asked.wait(60)
                connection.sendall(b"llo")

    asked = Event()
    with (
        listening(Patient(b"")) as address,
        connect(base_url=f"http://{address}", deadline=SOON) as client,
        client.files.with_streaming_response.content("file-1") as answer,
    ):
        time.sleep(2 * SOON)
        asked.set()
        assert answer.read() == b"hello"


def test_an_upload_that_nobody_takes_ends_at_its_deadline(connect, monkeypatch):
    class Deaf(Speaker):
        def __call__(self, connection):
            self.heard.append(connection)

    monkeypatch.setattr(deadlines, "_PACE", 1e12)  # 50 MB would earn most of a minute
    deaf = Deaf(b"")
    with (
        listening(deaf) as address,
        connect(base_url=f"http://{address}", deadline=SOON) as client,
        pytest.raises(UnknownOutcomeError, match="no answer in time"),
    ):
        client.files.create(file=bytes(50_000_000), purpose="assistants")
    for connection in deaf.heard:
        connection.close()


def test_a_body_ends_at_the_deadline_over_a_callers_own_connections_too(over):
    with (
        listening(Drip(*DRIPS["a body"])) as address,
        over(f"http://{address}", {}, deadline=SOON, max_retries=0) as (client, _),
        pytest.raises(APITimeoutError, match="the whole call"),
    ):
        client.beta.assistants.retrieve("asst_1")


def test_each_attempt_has_a_deadline_of_its_own(connect, waits):
    drip = Drip(*DRIPS["a body"])
    with (
        listening(drip) as address,
        connect(base_url=f"http://{address}", deadline=SOON, max_retries=1) as client,
        pytest.raises(APITimeoutError),
    ):
        client.files.list()
    assert len(drip.heard) == 2
    assert len(waits) == 1


def test_who_asks_for_no_deadline_has_none(embedded, connect):
    with connect(base_url=embedded.url) as client:
        assert client.beta.assistants.list(limit=1) is not None
        assert client.copy(deadline=60).copy(deadline=None).files.list().object == "list"


def test_a_call_within_its_deadline_is_as_any_other(embedded, client):
    hurried = client.copy(deadline=60)
    made = hurried.files.create(file=("n.md", io.BytesIO(b"hello")), purpose="assistants")
    assert hurried.files.content(made.id) == b"hello"
    assert hurried.files.delete(made.id).deleted


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 30),
        ({"content-length": "5000000"}, 35),
        ({"content-length": "99999999999999"}, 542),
        ({"content-length": "many"}, 30),
        ({"transfer-encoding": "chunked"}, 542),
    ],
)
def test_each_megabyte_that_is_sent_earns_a_second(headers, seconds):
    deadline = Deadline.of(httpx.Request("POST", LOCAL, headers=headers), 30)
    assert seconds - 10 < deadline.left <= seconds
    assert Deadline.of(httpx.Request("POST", LOCAL, headers=headers), None).clip(None) is None


def test_no_operation_may_take_longer_than_what_is_left():
    deadline = Deadline(30)
    assert 20 < deadline.clip(None) <= 30
    assert 20 < deadline.clip(60) <= 30
    assert deadline.clip(5) == 5
    with pytest.raises(httpx.ReadTimeout, match="not over after 0 s"):
        Deadline(0).clip(5)


def test_content_that_comes_earns_time_too():
    deadline = Deadline(0.2)

    async def late():
        with deadline.cutting():
            deadline.extend(60_000_000)
            await asyncio.sleep(0.4)

    asyncio.run(late())
    assert deadline.left > 0


def test_a_timeout_that_is_not_the_deadline_is_left_as_it_is():
    async def late():
        with Deadline(60).cutting():
            raise TimeoutError("another")

    with pytest.raises(TimeoutError, match="another"):
        asyncio.run(late())


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf")])
def test_a_deadline_is_some_seconds(wrong):
    with pytest.raises(ValueError, match="deadline must be more than 0 seconds"):
        Settings(LOCAL, deadline=wrong)


# How long an answer may be

LIMIT = 1000
LONG = assistant(instructions="x" * LIMIT)


@pytest.fixture
def limited(whole):
    """A scripted server for a client that takes short answers only, in the colours that read them."""

    def opened(*replies, **options):
        transport = httpx.MockTransport(Script(*replies))
        return whole(base_url=LOCAL, transport=transport, max_answer_bytes=LIMIT, **options)

    return opened


@pytest.fixture(scope="module")
def bomb():
    """100 MB of nothing, as gzip."""
    press = zlib.compressobj(wbits=31)
    return b"".join(press.compress(bytes(1_000_000)) for _ in range(100)) + press.flush()


def test_an_answer_beyond_the_limit_is_an_error_that_says_it_and_not_asked_for_again(limited):
    with (
        limited(said(LONG, x_request_id="req_1")) as client,
        pytest.raises(
            APIResponseValidationError, match="GET /assistants/asst_1 answered 200 with more than 1000"
        ),
    ):
        client.beta.assistants.retrieve("asst_1")


def test_a_create_whose_answer_is_beyond_the_limit_is_in_doubt(limited):
    with limited(said(LONG, x_request_id="req_1")) as client, pytest.raises(UnknownOutcomeError) as raised:
        client.beta.assistants.create(model="m")
    assert isinstance(raised.value.__cause__, APIResponseValidationError)
    assert (raised.value.status_code, raised.value.request_id) == (200, "req_1")


def test_even_who_repeats_what_is_in_doubt_does_not_repeat_that(limited):
    with limited(said(LONG), repeat_unknown=True) as client, pytest.raises(UnknownOutcomeError):
        client.files.create(file=b"x", purpose="assistants")


def test_an_answer_at_the_limit_is_fine(limited):
    body = b'{"id": "asst_1", "object": "assistant", "created_at": 1, "model": "m"}'
    with limited(told(body + b" " * (LIMIT - len(body)))) as client:
        assert client.beta.assistants.retrieve("asst_1").id == "asst_1"


def test_an_answer_without_end_is_left_after_the_limit(limited):
    endless = unread(said(), *repeat(b"x" * 100, 1_000_000))
    with limited(endless) as client, pytest.raises(APIResponseValidationError, match="more than 1000 bytes"):
        client.files.list()
    assert endless.is_closed
    assert endless.stream is not None


def test_of_a_refusal_only_the_beginning_is_read(limited):
    with limited(refused(400, "x" * LIMIT)) as client, pytest.raises(BadRequestError, match="xxx") as raised:
        client.beta.assistants.create(model="m")
    assert len(raised.value.body) == LIMIT


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "identity, gzip"])
def test_what_counts_is_the_answer_unpacked_and_it_is_unpacked_step_by_step(whole, bomb, coding):
    reply = unread(httpx.Response(200, headers={"content-encoding": coding}), bomb)
    with whole(base_url=LOCAL, transport=httpx.MockTransport(Script(reply))) as client:
        tracemalloc.start()
        try:
            with pytest.raises(APIResponseValidationError, match="more than 16777216 bytes"):
                client.files.list()
            assert tracemalloc.get_traced_memory()[1] < 80_000_000
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "zstd", "identity, zstd", "deflate,gzip"])
def test_what_could_unpack_to_anything_is_not_unpacked(limited, coding):
    reply = told(b"x", content_encoding="identity")
    reply.headers["content-encoding"] = coding
    with (
        limited(reply, max_retries=0) as client,
        pytest.raises(APIConnectionError, match="unexpected Content-Encoding: "),
    ):
        client.files.list()


def test_a_packed_answer_is_read_as_ever(limited):
    press = zlib.compressobj(wbits=31)
    body = press.compress(b'{"object": "list", "data": []}') + press.flush()
    reply = unread(httpx.Response(200, headers={"content-encoding": "gzip"}), body[:9], body[9:])
    with limited(reply) as client:
        assert client.files.list().data == []


def test_content_has_a_limit_of_its_own(limited, monkeypatch):
    with limited(told(b"x" * 5000)) as client:
        assert len(client.files.content("file-1")) == 5000
    monkeypatch.setattr("reconciler.api.uploads.LARGEST", 4999)
    with (
        limited(told(b"x" * 5000)) as client,
        pytest.raises(APIResponseValidationError, match="more than 4999 bytes"),
    ):
        client.files.content("file-1")


def test_a_streamed_view_keeps_to_no_limit(scripted):
    with (
        scripted(said(LONG), max_answer_bytes=LIMIT) as (client, _),
        client.beta.assistants.with_streaming_response.retrieve("asst_1") as answer,
    ):
        assert len(answer.parse().instructions) == LIMIT


def test_a_copy_may_have_another_limit(scripted):
    with scripted(said(LONG), said(LONG), max_answer_bytes=LIMIT) as (client, _):
        assert client.copy(max_answer_bytes=10 * LIMIT).beta.assistants.retrieve("asst_1").id == "asst_1"
        with pytest.raises(APIResponseValidationError):
            client.copy(max_retries=0).beta.assistants.retrieve("asst_1")


def test_a_limit_is_some_bytes():
    with pytest.raises(ValueError, match="max_answer_bytes must be 1 or more"):
        Settings(LOCAL, max_answer_bytes=0)


def test_an_answer_that_was_read_whole_can_be_read_in_every_way(scripted):
    with scripted(said(upload())) as (client, _):
        raw = client.files.with_raw_response.retrieve("file-1")
        assert raw.json() == upload()
        assert raw.parse().id == "file-1"
        assert raw.is_closed
        assert raw.elapsed.total_seconds() >= 0
