"""What is tried again, how often, and what is said when the outcome is not known."""

import io

import httpx
import pytest
from api.replies import LOCAL, Speaker, assistant, attachment, listening, page, refused, said, told, upload

from reconciler.api import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    UnknownOutcomeError,
)

TIMEOUT, RESET = httpx.ReadTimeout("The read timed out"), httpx.ReadError("Connection reset by peer")
TRUNCATED = httpx.RemoteProtocolError("peer closed connection without sending complete message body")
GARBLED = httpx.DecodingError("Error -3 while decompressing data")
REFUSED, UNCONNECTED = httpx.ConnectError("Connection refused"), httpx.ConnectTimeout("timed out")
FULL = httpx.PoolTimeout("no free connection")

DELETED = {"id": "asst_1", "object": "assistant.deleted", "deleted": True}

REPEATABLE = {
    "retrieve": (assistant(), lambda c: c.beta.assistants.retrieve("asst_1")),
    "list": (page(has_more=False), lambda c: c.beta.assistants.list()),
    "update": (assistant(), lambda c: c.beta.assistants.update("asst_1", name="n")),
    "delete": (DELETED, lambda c: c.beta.assistants.delete("asst_1")),
}
ONCE = {
    "create": (assistant(), lambda c: c.beta.assistants.create(model="m")),
    "attach": (attachment(), lambda c: c.beta.assistants.files.create("asst_1", file_id="file-1")),
    "upload": (upload(), lambda c: c.files.create(file=b"hello", purpose="assistants")),
}
PASSING = {
    "408": (lambda: refused(408), APIStatusError),
    "409": (lambda: refused(409), ConflictError),
    "429": (lambda: refused(429), RateLimitError),
    "500": (lambda: refused(500), InternalServerError),
    "503 in HTML": (lambda: told("<h1>Unavailable</h1>", 503), InternalServerError),
    "timeout": (lambda: TIMEOUT, APITimeoutError),
    "reset": (lambda: RESET, APIConnectionError),
    "truncated": (lambda: TRUNCATED, APIConnectionError),
    "garbled": (lambda: GARBLED, APIConnectionError),
    "refused": (lambda: REFUSED, APIConnectionError),
    "unconnected": (lambda: UNCONNECTED, APITimeoutError),
    "full": (lambda: FULL, APITimeoutError),
}
HARMLESS = ("429", "refused", "unconnected", "full")
DOUBTFUL = {name: case for name, case in PASSING.items() if name not in HARMLESS}


@pytest.fixture(params=REPEATABLE.values(), ids=REPEATABLE)
def repeatable(request):
    return request.param


@pytest.fixture(params=ONCE.values(), ids=ONCE)
def once(request):
    return request.param


@pytest.mark.parametrize(("failure", "error"), PASSING.values(), ids=PASSING)
def test_what_changes_nothing_twice_is_tried_three_times(scripted, repeatable, waits, failure, error):
    answer, call = repeatable
    with scripted(failure(), failure(), said(answer)) as (client, asked):
        call(client)
        assert len(asked) == 3
    first, second = waits
    assert 0.75 <= first <= 1
    assert 1.5 <= second <= 2


@pytest.mark.parametrize(("failure", "error"), PASSING.values(), ids=PASSING)
def test_the_last_failure_is_the_one_that_is_told(scripted, repeatable, waits, failure, error):
    _, call = repeatable
    with scripted(RESET, TIMEOUT, failure()) as (client, asked):
        with pytest.raises(error) as raised:
            call(client)
        assert len(asked) == 3
    assert type(raised.value) is error
    assert len(waits) == 2


@pytest.mark.parametrize("times", [0, 1, 4])
def test_how_often_is_for_the_caller_to_say(scripted, repeatable, waits, times):
    answer, call = repeatable
    with scripted(*[TIMEOUT] * times, said(answer), max_retries=times) as (client, asked):
        call(client)
        assert len(asked) == times + 1
    with scripted(*[TIMEOUT] * (times + 1), max_retries=times) as (client, asked):
        with pytest.raises(APITimeoutError):
            call(client)
        assert len(asked) == times + 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 422])
def test_a_plain_refusal_is_final(scripted, waits, status):
    for _, call in (*REPEATABLE.values(), *ONCE.values()):
        with scripted(refused(status)) as (client, asked):
            with pytest.raises(APIStatusError) as raised:
                call(client)
            assert len(asked) == 1
        assert raised.value.status_code == status
    assert waits == []


def test_the_wait_is_the_one_the_server_asks_for(scripted, waits):
    replies = refused(429, Retry_After="7"), refused(503, RETRY_AFTER_MS="250"), said(assistant())
    with scripted(*replies) as (client, _):
        client.beta.assistants.retrieve("asst_1")
    assert waits == [7, 0.25]


def test_the_server_may_forbid_or_demand_another_try(scripted, waits):
    with scripted(refused(500, x_should_retry="false")) as (client, _), pytest.raises(InternalServerError):
        client.beta.assistants.retrieve("asst_1")
    assert waits == []
    with scripted(refused(404, x_should_retry="true"), said(assistant())) as (client, asked):
        client.beta.assistants.retrieve("asst_1")
        assert len(asked) == 2


@pytest.mark.parametrize(("failure", "cause"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_create_is_never_repeated_when_it_may_have_happened(scripted, once, waits, failure, cause):
    _, call = once
    with scripted(failure()) as (client, asked):
        with pytest.raises(UnknownOutcomeError) as raised:
            call(client)
        assert len(asked) == 1
    assert type(raised.value.__cause__) is cause
    happened = raised.value.__cause__.message.partition(" answered ")[2] or raised.value.__cause__.message
    assert happened in str(raised.value)
    assert f"POST {asked[0].url.path.removeprefix('/v1')} may or may not" in str(raised.value)
    assert waits == []


def test_even_when_the_server_forbids_another_try_the_outcome_is_unknown(scripted):
    with (
        scripted(refused(500, x_should_retry="false")) as (client, _),
        pytest.raises(UnknownOutcomeError),
    ):
        client.beta.assistants.create(model="m")


@pytest.mark.parametrize("failure", HARMLESS)
def test_a_create_is_repeated_when_it_cannot_have_happened(scripted, once, waits, failure):
    answer, call = once
    fail, _ = PASSING[failure]
    with scripted(fail(), fail(), said(answer)) as (client, asked):
        call(client)
        assert len(asked) == 3
    assert len(waits) == 2


@pytest.mark.parametrize("failure", HARMLESS)
def test_a_create_that_never_got_through_is_known_to_have_failed(scripted, once, failure):
    _, call = once
    fail, error = PASSING[failure]
    with scripted(*(fail() for _ in range(3))) as (client, asked):
        with pytest.raises(error) as raised:
            call(client)
        assert len(asked) == 3
    assert type(raised.value) is error


def test_a_create_in_doubt_after_a_harmless_failure_is_not_repeated_either(scripted):
    with scripted(REFUSED, TIMEOUT) as (client, asked):
        with pytest.raises(UnknownOutcomeError):
            client.beta.assistants.create(model="m")
        assert len(asked) == 2


UNREADABLE = {
    "html": lambda: told("<h1>Welcome</h1>"),
    "empty": lambda: told(""),
    "cut": lambda: told('{"id": "asst_1", "obj', kind="application/json"),
    "another object": lambda: said({"id": "thread_1", "object": "thread", "created_at": 1}),
    "no object": lambda: said({"id": "asst_1"}),
    "a list": lambda: said([]),
    "null": lambda: told("null", kind="application/json"),
}


@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE)
def test_a_create_whose_success_cannot_be_read_is_in_doubt(scripted, once, waits, answer):
    _, call = once
    with scripted(answer()) as (client, asked):
        with pytest.raises(UnknownOutcomeError) as raised:
            call(client)
        assert len(asked) == 1
    assert isinstance(raised.value.__cause__, APIResponseValidationError)
    assert waits == []


@pytest.mark.parametrize("answer", [UNREADABLE["html"], UNREADABLE["cut"], UNREADABLE["another object"]])
def test_a_success_that_cannot_be_read_is_not_asked_for_again(scripted, repeatable, waits, answer):
    _, call = repeatable
    with scripted(answer()) as (client, asked):
        with pytest.raises(APIResponseValidationError, match="answered 200, but"):
            call(client)
        assert len(asked) == 1
    assert waits == []


def test_doubt_carries_what_the_server_said(scripted):
    error = {"message": "Oops.", "type": "server_error", "param": "p", "code": "c"}
    with (
        scripted(said({"error": error}, 500, x_request_id="req_7")) as (client, _),
        pytest.raises(UnknownOutcomeError, match="Oops") as raised,
    ):
        client.beta.assistants.create(model="m")
    assert raised.value.request_id == "req_7"
    assert raised.value.body == error
    assert (raised.value.code, raised.value.param, raised.value.type) == ("c", "p", "server_error")


@pytest.mark.parametrize("start", [0, 3])
def test_an_open_file_is_sent_whole_each_time(scripted, start):
    content = io.BytesIO(b"hello")
    content.seek(start)
    with scripted(refused(429), said(upload())) as (client, asked):
        client.files.create(file=("n.md", content), purpose="assistants")
    assert [b"\r\n\r\nhello\r\n--" in one.content for one in asked] == [True, True]


def test_a_failure_without_words_is_named_by_its_kind(scripted):
    with (
        scripted(httpx.ReadTimeout(""), max_retries=0) as (client, _),
        pytest.raises(APITimeoutError) as late,
    ):
        client.files.list()
    assert str(late.value).startswith(f"no answer in time from {LOCAL}: ReadTimeout")
    with (
        scripted(httpx.ReadError(""), max_retries=0) as (client, _),
        pytest.raises(APIConnectionError) as lost,
    ):
        client.files.list()
    assert str(lost.value).startswith(f"no whole answer from {LOCAL}: ReadError")
    assert isinstance(lost.value.__cause__, httpx.ReadError)


# The same on real sockets

HALF = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{"id": "asst_1", '


@pytest.mark.parametrize(
    "speaker",
    [
        lambda: Speaker(HALF),
        lambda: Speaker(b"", reset=True),
        lambda: Speaker(b""),
        lambda: Speaker(b"SMTP\r\n"),
    ],
    ids=["truncated", "reset", "hung up", "not HTTP"],
)
def test_a_broken_conversation_is_repeated_only_where_that_is_safe(connect, speaker):
    speaker = speaker()
    with listening(speaker) as address, connect(base_url=f"http://{address}") as client:
        with pytest.raises(APIConnectionError):
            client.beta.assistants.retrieve("asst_1")
        assert len(speaker.heard) == 3
        with pytest.raises(UnknownOutcomeError):
            client.beta.assistants.create(model="m")
        assert len(speaker.heard) == 4


def test_a_port_nobody_listens_on_is_tried_again_and_nothing_is_in_doubt(connect, waits):
    with listening(Speaker(b"")) as address:
        pass
    with connect(base_url=f"http://{address}") as client:
        with pytest.raises(APIConnectionError, match="no connection to") as raised:
            client.beta.assistants.create(model="m")
        assert not raised.value.sent
    assert len(waits) == 2


def test_a_server_that_says_nothing_is_left_after_the_timeout(connect, waits):
    class Silent(Speaker):
        def __call__(self, connection):
            self.heard.append(connection.recv(65536))
            while connection.recv(65536):
                pass
            connection.close()

    silent = Silent(b"")
    with listening(silent) as address, connect(base_url=f"http://{address}", timeout=0.05) as client:
        with pytest.raises(APITimeoutError, match="no answer in time"):
            client.beta.assistants.retrieve("asst_1")
        assert len(silent.heard) == 3
        with pytest.raises(UnknownOutcomeError, match="no answer in time"):
            client.beta.assistants.create(model="m")
    assert len(silent.heard) == 4


def test_a_second_delete_of_the_same_assistant_is_a_plain_404(client):
    made = client.beta.assistants.create(model="m")
    client.beta.assistants.delete(made.id)
    with pytest.raises(NotFoundError):
        client.beta.assistants.delete(made.id)


def test_a_refused_create_made_nothing(client):
    before = [one.id for one in client.beta.assistants.list()]
    with pytest.raises(BadRequestError):
        client.beta.assistants.create(model="m", name="x" * 257)
    assert [one.id for one in client.beta.assistants.list()] == before
