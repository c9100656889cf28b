"""Whatever goes wrong between client and server: how often it was done, and what the caller is told."""

import time
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import pytest
from api.colours import PARSED, RAW, STREAMED
from api.replies import LOCAL, Faults, Lost, Speaker, assistant, cut, listening, refused, said, told, unread

from reconciler.api import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    Client,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UnknownOutcomeError,
    UnprocessableEntityError,
)

CONNECT, POOL = httpx.ConnectTimeout("timed out"), httpx.PoolTimeout("no free connection")
READ, WRITE = httpx.ReadTimeout("timed out"), httpx.WriteTimeout("timed out")
REFUSED, RESET = httpx.ConnectError("Connection refused"), httpx.ReadError("Connection reset by peer")
HALF = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{"id": "asst_1", '

KEPT_AWAY = {
    "refused": (lambda: REFUSED, APIConnectionError),
    "connect": (lambda: CONNECT, APITimeoutError),
    "pool": (lambda: POOL, APITimeoutError),
    "429": (lambda: refused(429), RateLimitError),
}
"""Before the server did anything."""
LOST = {
    "reset": (lambda: Lost(RESET), APIConnectionError),
    "read": (lambda: Lost(READ), APITimeoutError),
    "500": (lambda: Lost(refused(500)), InternalServerError),
    "409": (lambda: Lost(refused(409)), ConflictError),
}
"""After it did everything."""
MORE = {
    "write": (lambda: Lost(WRITE), APITimeoutError),
    "502 in HTML": (lambda: Lost(told("<h1>Bad gateway</h1>", 502)), InternalServerError),
    "408": (lambda: Lost(refused(408)), APIStatusError),
}
"""The same in other words."""
FAULTS = KEPT_AWAY | LOST | MORE
MADE_NO_SENSE = {
    "HTML": lambda: told("<h1>Welcome</h1>"),
    "empty": lambda: told("", kind="application/json"),
    "another object": lambda: said({"id": "thread_1", "object": "thread", "created_at": 1}),
    "a list": lambda: said([assistant()]),
    "half": lambda: told('{"id": "asst_1", "object": "assist', kind="application/json"),
}
"""A success, so it says."""

LATE = pytest.mark.parametrize(("fault", "kind"), LOST.values(), ids=LOST)
EARLY = pytest.mark.parametrize(("fault", "kind"), KEPT_AWAY.values(), ids=KEPT_AWAY)
ANY = pytest.mark.parametrize(("fault", "kind"), FAULTS.values(), ids=FAULTS)
SENSELESS = pytest.mark.parametrize("answer", MADE_NO_SENSE.values(), ids=MADE_NO_SENSE)


@pytest.fixture
def faulty(colour, embedded):
    """Open a client whose first requests meet these faults, and show what it asked."""

    @contextmanager
    def opened(*faults, **options):
        transport = Faults(embedded.url, *faults)
        with colour(base_url=embedded.url, transport=transport, **options) as client:
            yield client, transport.asked

    return opened


@pytest.fixture(scope="module")
def honest(embedded):
    """A client that meets no fault."""
    with Client(base_url=embedded.url) as client:
        yield client


@pytest.fixture(scope="module")
def notes(honest):
    """Three uploads that are there before anything goes wrong."""
    return [honest.files.create(file=b"hello", purpose="assistants").id for _ in range(3)]


@pytest.fixture
def made(honest):
    """An assistant that is there before anything goes wrong."""
    return honest.beta.assistants.create(model="m", name="Tutor")


@pytest.fixture
def happened(embedded, made, notes):
    """Every write that succeeded since the test began."""
    before = len(embedded.ledger)

    def found():
        entries = list(embedded.ledger)[before:]
        return [f"{one.method} {one.path}" for one in entries if one.writes and one.status == 200]

    return found


@pytest.fixture(params=[*PARSED, *RAW])
def whole(request):
    """Open a client of one of the colours in which a call ends with the whole body."""
    return (PARSED | RAW)[request.param]


@pytest.fixture(params=STREAMED)
def streamed(request):
    """Open a client of one of those in which it ends with the headers."""
    return STREAMED[request.param]


# Reads, updates and deletions


@ANY
def test_a_read_is_repeated_until_it_succeeds(faulty, made, waits, fault, kind):
    with faulty(fault(), fault()) as (client, asked):
        assert client.beta.assistants.retrieve(made.id) == made
        assert len(asked) == 3
    assert len(waits) == 2


@ANY
def test_a_read_that_never_succeeds_ends_with_the_last_error(faulty, waits, fault, kind):
    with faulty(Lost(RESET), Lost(READ), fault()) as (client, asked):
        with pytest.raises(kind) as raised:
            client.files.list()
        assert len(asked) == 3
    assert type(raised.value) is kind
    assert len(waits) == 2


@EARLY
def test_a_walk_goes_on_where_a_fault_met_it(faulty, made, notes, fault, kind):
    with faulty(None, None, None, fault(), None, fault(), fault()) as (client, asked):
        files = client.beta.assistants.files
        for file_id in notes:
            files.create(made.id, file_id=file_id)
        assert [one.id for one in files.list(made.id, limit=1, order="asc")] == notes
        assert [one.url.params.get("after") for one in asked[3:]] == [
            None,
            None,
            notes[0],
            notes[0],
            notes[0],
            notes[1],
        ]


@LATE
def test_an_update_whose_answer_is_lost_is_sent_again_and_changes_nothing_more(faulty, made, fault, kind):
    with faulty(fault()) as (client, asked):
        changed = client.beta.assistants.update(made.id, name="Mentor")
        assert [one.content for one in asked] == [b'{"name":"Mentor"}'] * 2
        assert client.beta.assistants.retrieve(made.id) == changed


@LATE
def test_a_deletion_whose_answer_is_lost_finds_nothing_left_to_delete(faulty, made, happened, fault, kind):
    with faulty(fault()) as (client, asked):
        with pytest.raises(NotFoundError):
            client.beta.assistants.delete(made.id)
        assert len(asked) == 2
    assert happened() == [f"DELETE /v1/assistants/{made.id}"]


# Creates, uploads and attachments


@pytest.mark.parametrize("late", (LOST | MORE).values(), ids=LOST | MORE)
def test_what_was_made_while_its_answer_was_lost_is_made_once(faulty, made, notes, happened, late):
    fault, kind = late
    calls = [
        lambda client: client.beta.assistants.create(model="m"),
        lambda client: client.beta.assistants.files.create(made.id, file_id=notes[0]),
        lambda client: client.files.create(file=b"hello", purpose="assistants"),
    ]
    with faulty(*(fault() for _ in calls)) as (client, _):
        for call in calls:
            with pytest.raises(UnknownOutcomeError) as raised:
                call(client)
            assert type(raised.value.__cause__) is kind
            assert raised.value.status_code == raised.value.__cause__.status_code
    assert happened() == ["POST /v1/assistants", f"POST /v1/assistants/{made.id}/files", "POST /v1/files"]


@EARLY
def test_a_create_that_was_kept_from_the_server_is_repeated_and_happens_once(faulty, happened, fault, kind):
    with faulty(fault(), fault()) as (client, asked):
        client.beta.assistants.create(model="m")
        assert len(asked) == 3
    assert happened() == ["POST /v1/assistants"]


@EARLY
def test_a_create_that_was_always_kept_from_the_server_certainly_failed(faulty, happened, fault, kind):
    with faulty(fault(), fault(), fault()) as (client, _), pytest.raises(kind) as raised:
        client.beta.assistants.create(model="m")
    assert type(raised.value) is kind
    assert happened() == []


@LATE
def test_who_asks_for_it_gets_a_create_repeated_and_perhaps_two(faulty, happened, waits, fault, kind):
    with faulty(fault(), fault(), repeat_unknown=True) as (client, asked):
        client.beta.assistants.create(model="m")
        assert len(asked) == 3
    assert happened() == ["POST /v1/assistants"] * 3
    assert len(waits) == 2


def test_a_copy_may_repeat_what_the_original_does_not(faulty, happened):
    with faulty(Lost(READ), None, Lost(READ), Lost(READ)) as (client, asked):
        bold = client.copy(repeat_unknown=True)
        bold.beta.assistants.create(model="m")
        for careful in (client, bold.copy(repeat_unknown=False)):
            with pytest.raises(UnknownOutcomeError):
                careful.beta.assistants.create(model="m")
        assert len(asked) == 4
    assert len(happened()) == 4


@LATE
def test_doubt_that_outlasts_every_attempt_is_still_doubt(faulty, happened, fault, kind):
    with faulty(*(fault() for _ in range(3)), repeat_unknown=True) as (client, asked):
        with pytest.raises(UnknownOutcomeError) as raised:
            client.beta.assistants.create(model="m")
        assert len(asked) == 3
    assert type(raised.value.__cause__) is kind
    assert len(happened()) == 3


@pytest.mark.parametrize("last", [lambda: REFUSED, lambda: refused(400)], ids=["refused", "400"])
def test_doubt_about_an_attempt_is_not_settled_by_a_later_one_that_did_nothing(faulty, happened, last):
    with (
        faulty(Lost(READ), last(), last(), repeat_unknown=True) as (client, _),
        pytest.raises(UnknownOutcomeError),
    ):
        client.beta.assistants.create(model="m")
    assert happened() == ["POST /v1/assistants"]


# A success that makes no sense


@SENSELESS
def test_a_read_whose_answer_makes_no_sense_is_not_repeated(staged, answer):
    for call in (
        lambda client: client.beta.assistants.retrieve("asst_1"),
        lambda client: client.beta.assistants.update("asst_1", name="n"),
        lambda client: client.files.retrieve("file-1"),
    ):
        with staged(answer()) as (client, asked):
            with pytest.raises(APIResponseValidationError) as raised:
                call(client)
            assert len(asked) == 1
        assert raised.value.status_code == 200


@SENSELESS
@pytest.mark.parametrize("options", [{}, {"repeat_unknown": True}])
def test_a_create_whose_answer_makes_no_sense_is_in_doubt_and_not_repeated(staged, answer, options):
    for call in (
        lambda client: client.beta.assistants.create(model="m"),
        lambda client: client.files.create(file=b"hello", purpose="assistants"),
    ):
        with staged(answer(), **options) as (client, asked):
            with pytest.raises(UnknownOutcomeError) as raised:
                call(client)
            assert len(asked) == 1
        assert type(raised.value.__cause__) is APIResponseValidationError
        assert raised.value.status_code == 200


def test_content_is_never_without_sense(staged):
    with staged(told("<h1>Welcome</h1>"), told("")) as (client, _):
        assert client.files.content("file-1") == b"<h1>Welcome</h1>"
        assert client.files.content("file-1") == b""


# A body that breaks off


def test_a_read_whose_body_breaks_off_is_repeated(whole, embedded, made):
    transport = Faults(embedded.url, Lost(cut), Lost(cut))
    with whole(base_url=embedded.url, transport=transport) as client:
        assert client.beta.assistants.retrieve(made.id) == made
    assert len(transport.asked) == 3


def test_a_create_whose_body_breaks_off_is_in_doubt(whole, embedded, happened):
    transport = Faults(embedded.url, Lost(cut))
    with (
        whole(base_url=embedded.url, transport=transport) as client,
        pytest.raises(UnknownOutcomeError, match="peer closed connection"),
    ):
        client.beta.assistants.create(model="m")
    assert happened() == ["POST /v1/assistants"]


def test_a_streamed_read_whose_body_breaks_off_is_not_repeated(streamed, embedded, made):
    transport = Faults(embedded.url, Lost(cut))
    with (
        streamed(base_url=embedded.url, transport=transport) as client,
        pytest.raises(APIConnectionError, match="peer closed connection"),
    ):
        client.beta.assistants.retrieve(made.id)
    assert len(transport.asked) == 1


def test_a_streamed_create_whose_body_breaks_off_is_in_doubt_when_it_is_parsed(streamed, embedded, happened):
    transport = Faults(embedded.url, Lost(cut))
    with (
        streamed(base_url=embedded.url, transport=transport) as client,
        pytest.raises(UnknownOutcomeError, match="peer closed connection"),
    ):
        client.beta.assistants.create(model="m")
    assert happened() == ["POST /v1/assistants"]


SILENT = {"hung up": lambda: Speaker(b""), "reset": lambda: Speaker(b"", reset=True)}


@pytest.mark.parametrize("speaker", SILENT.values(), ids=SILENT)
def test_a_server_that_hangs_up_is_asked_again_only_where_that_is_safe(colour, speaker):
    speaker = speaker()
    with listening(speaker) as address, colour(base_url=f"http://{address}") as client:
        with pytest.raises(APIConnectionError):
            client.beta.assistants.retrieve("asst_1")
        assert len(speaker.heard) == 3
        with pytest.raises(UnknownOutcomeError):
            client.beta.assistants.create(model="m")
        assert len(speaker.heard) == 4


READINGS = {
    "read": lambda answer: answer.read(),
    "text": lambda answer: answer.text(),
    "json": lambda answer: answer.json(),
    "parse": lambda answer: answer.parse(),
    "bytes": lambda answer: list(answer.iter_bytes()),
    "text by text": lambda answer: list(answer.iter_text()),
    "lines": lambda answer: list(answer.iter_lines()),
}


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
@pytest.mark.parametrize(
    "body",
    [
        HALF,
        HALF.replace(b"content-length: 999", b"transfer-encoding: chunked").replace(b"{", b"f\r\n{"),
        HALF.replace(b"999", b"18\r\ncontent-encoding: gzip"),
    ],
    ids=["truncated", "no last chunk", "not the gzip it claims"],
)
def test_a_streamed_body_that_breaks_off_is_an_error_however_it_is_read(connect, reading, body):
    with (
        listening(Speaker(body)) as address,
        connect(base_url=f"http://{address}") as client,
        client.beta.assistants.with_streaming_response.retrieve("asst_1") as answer,
    ):
        assert answer.status_code == 200
        with pytest.raises(APIConnectionError, match="no whole answer from") as raised:
            reading(answer)
        assert raised.value.sent
        assert isinstance(raised.value.__cause__, httpx.RequestError)
    assert answer.is_closed


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
@pytest.mark.parametrize(("cause", "kind"), [(RESET, APIConnectionError), (READ, APITimeoutError)])
def test_a_streamed_body_that_fails_on_its_way_is_an_error_however_it_is_read(scripted, reading, cause, kind):
    with (
        scripted(unread(said(assistant()), b'{"id": ', cause)) as (client, asked),
        client.beta.assistants.with_streaming_response.retrieve("asst_1") as answer,
    ):
        with pytest.raises(kind) as raised:
            reading(answer)
        assert type(raised.value) is kind
        assert raised.value.__cause__ is cause
        assert len(asked) == 1


def test_a_streamed_body_that_stops_coming_is_an_error_after_the_timeout(connect):
    class Slow(Speaker):
        def __call__(self, connection):
            with connection:
                self.heard.append(connection.recv(65536))
                connection.sendall(self._reply)
                connection.recv(1)

    patience = httpx.Timeout(5, read=0.25)
    with (
        listening(Slow(HALF)) as address,
        connect(base_url=f"http://{address}", timeout=patience) as client,
        client.files.with_streaming_response.content("file-1") as answer,
    ):
        pieces = iter(answer.iter_bytes())
        assert next(pieces) == b'{"id": "asst_1", '
        with pytest.raises(APITimeoutError, match="no answer in time from"):
            next(pieces)


# What the server wants


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_what_may_end_differently_is_tried_again(staged, waits, status):
    with staged(refused(status), refused(status), said(assistant())) as (client, _):
        assert client.beta.assistants.retrieve("asst_1").id == "asst_1"
    first, second = waits
    assert 0.75 <= first <= 1
    assert 1.5 <= second <= 2


FINAL = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    418: APIStatusError,
    422: UnprocessableEntityError,
}


@pytest.mark.parametrize(("status", "kind"), FINAL.items())
def test_a_plain_refusal_is_final_and_never_in_doubt(staged, waits, status, kind):
    for call in (lambda c: c.beta.assistants.create(model="m"), lambda c: c.beta.assistants.list()):
        with staged(refused(status, "Not so.", x_request_id="req_1"), repeat_unknown=True) as (client, asked):
            with pytest.raises(kind, match=f"answered {status}: Not so. .request req_1.") as raised:
                call(client)
            assert len(asked) == 1
        assert type(raised.value) is kind
    assert waits == []


def in_seconds(seconds):
    return format_datetime(datetime.fromtimestamp(time.time() + seconds, UTC), usegmt=True)


@pytest.mark.parametrize(
    ("hint", "least", "most"),
    [
        ({"retry_after": "7"}, 7, 7),
        ({"retry_after": "0.5"}, 0.5, 0.5),
        ({"retry_after_ms": "250"}, 0.25, 0.25),
        ({"retry_after_ms": "250", "retry_after": "7"}, 0.25, 0.25),
        ({"retry_after": "120"}, 120, 120),
        ({"retry_after_ms": "1"}, 0.1, 0.1),
        ({"retry_after": "0"}, 0.75, 1),
        ({"retry_after": "soon"}, 0.75, 1),
    ],
)
def test_the_wait_is_the_one_the_server_asks_for(staged, waits, hint, least, most):
    with staged(refused(429, **hint), said(assistant())) as (client, _):
        client.beta.assistants.create(model="m")
    (waited,) = waits
    assert least <= waited <= most


def test_the_wait_may_end_at_a_date(staged, waits):
    with staged(refused(503, retry_after=in_seconds(30)), said(assistant())) as (client, _):
        client.beta.assistants.retrieve("asst_1")
    (waited,) = waits
    assert 20 < waited <= 30


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_is_too_long_for_a_call_ends_it_at_once_and_is_told(staged, waits, status):
    with staged(refused(status, retry_after="3600")) as (client, asked):
        with pytest.raises(APIStatusError, match=r"the server asks to wait 3600 s, and a call waits 120 s"):
            client.beta.assistants.retrieve("asst_1")
        assert len(asked) == 1
    assert waits == []


def test_a_create_that_met_too_long_a_wait_is_known_to_have_failed(staged, waits):
    with (
        staged(refused(429, retry_after="3600")) as (client, _),
        pytest.raises(RateLimitError, match="asks to wait 3600 s"),
    ):
        client.beta.assistants.create(model="m")
    assert waits == []


def test_the_waits_of_a_call_have_a_budget(staged, waits):
    replies = [refused(429, retry_after="110") for _ in range(9)]
    with (
        staged(*replies, max_retries=9) as (client, asked),
        pytest.raises(RateLimitError, match=r"asks to wait 110 s.* 300 s in all"),
    ):
        client.beta.assistants.create(model="m")
    assert waits == [110, 110]
    assert len(asked) == 3


def test_a_server_may_forbid_another_try(staged, waits):
    for status in (408, 409, 429, 500):
        with staged(refused(status, x_should_retry="false")) as (client, _), pytest.raises(APIStatusError):
            client.beta.assistants.retrieve("asst_1")
    assert waits == []


def test_a_server_may_demand_another_try_but_not_of_what_may_have_happened(staged):
    with staged(refused(404, x_should_retry="true"), said(assistant())) as (client, asked):
        client.beta.assistants.create(model="m")
        assert len(asked) == 2
    with staged(refused(500, x_should_retry="true")) as (client, asked):
        with pytest.raises(UnknownOutcomeError):
            client.beta.assistants.create(model="m")
        assert len(asked) == 1


REDIRECTS = [301, 302, 303, 307, 308]


@pytest.mark.parametrize("status", REDIRECTS)
def test_a_redirect_is_not_followed(staged, status):
    for call in (
        lambda c: c.beta.assistants.retrieve("asst_1"),
        lambda c: c.beta.assistants.update("asst_1", name="n"),
    ):
        with staged(said(status=status, location=f"{LOCAL}/elsewhere")) as (client, asked):
            with pytest.raises(APIStatusError, match=f"{status}: redirect to '{LOCAL}/elsewhere' refused"):
                call(client)
            assert len(asked) == 1


@pytest.mark.parametrize("status", REDIRECTS)
def test_a_redirect_of_a_create_is_known_to_have_done_nothing_unless_it_says_see_other(staged, status):
    kind = UnknownOutcomeError if status in {301, 302, 303} else APIStatusError
    with staged(said(status=status, location=f"{LOCAL}/elsewhere")) as (client, asked):
        with pytest.raises(kind, match="refused") as raised:
            client.beta.assistants.create(model="m")
        assert len(asked) == 1
    assert type(raised.value) is kind
    assert raised.value.status_code == status


@pytest.mark.parametrize("location", ["https://far.example:port/v1", "/v1/\t", "http://[/", ""])
@pytest.mark.parametrize("status", [302, 308])
def test_a_redirect_to_nowhere_leads_nowhere(scripted, status, location):
    with scripted(said(status=status, location=location)) as (client, asked):
        with pytest.raises((APIStatusError, UnknownOutcomeError), match=r"(?i)redirect|location"):
            client.beta.assistants.create(model="m")
        assert len(asked) == 1


# Nothing before the block


def test_a_streamed_call_sends_nothing_until_its_block_is_entered(scripted):
    with scripted(said(assistant())) as (client, asked):
        waiting = client.beta.assistants.with_streaming_response.retrieve("asst_1")
        assert asked == []
        with waiting as answer:
            assert len(asked) == 1
            assert answer.parse().id == "asst_1"


def test_a_streamed_call_whose_block_is_never_entered_sends_nothing(scripted):
    with scripted() as (client, asked):
        client.beta.assistants.with_streaming_response.create(model="m")
        client.files.with_streaming_response.list()
    assert asked == []


@ANY
def test_a_refusal_is_raised_on_entering_the_block(connect, embedded, fault, kind):
    transport = Faults(embedded.url, fault())
    with connect(base_url=embedded.url, transport=transport, max_retries=0) as client:
        waiting = client.beta.assistants.with_streaming_response.list()
        with pytest.raises(kind), waiting:
            raise AssertionError("the block was entered")


@LATE
def test_a_create_in_doubt_is_told_on_entering_the_block(connect, embedded, fault, kind):
    transport = Faults(embedded.url, fault())
    with connect(base_url=embedded.url, transport=transport) as client:
        waiting = client.beta.assistants.with_streaming_response.create(model="m")
        with pytest.raises(UnknownOutcomeError), waiting:
            raise AssertionError("the block was entered")


def test_what_cannot_be_sent_is_told_at_the_call(scripted):
    with scripted() as (client, _):
        with pytest.raises(ValueError, match="non-empty"):
            client.beta.assistants.with_streaming_response.retrieve("")
        with pytest.raises(TypeError, match="pathlib"):
            client.files.with_streaming_response.create(file="notes.md", purpose="assistants")


def test_a_refusal_whose_own_body_breaks_off_gives_its_connection_back(scripted):
    broken = unread(refused(400), b'{"error": ', httpx.ReadError("Connection reset by peer"))
    with scripted(broken, max_retries=0) as (client, _):
        waiting = client.beta.assistants.with_streaming_response.list()
        with pytest.raises(APIConnectionError), waiting:
            raise AssertionError("the block was entered")
    assert broken.is_closed


# Time


def test_an_upload_that_the_server_does_not_take_ends_after_the_timeout(colour, waits):
    class Deaf(Speaker):
        def __call__(self, connection):
            self.heard.append(connection)

    deaf, patience = Deaf(b""), httpx.Timeout(5, write=0.05)
    with listening(deaf) as address, colour(base_url=f"http://{address}", timeout=patience) as client:
        with pytest.raises(UnknownOutcomeError, match="no answer in time") as raised:
            client.files.create(file=bytes(50_000_000), purpose="assistants")
        assert isinstance(raised.value.__cause__.__cause__, httpx.WriteTimeout)
    for connection in deaf.heard:
        connection.close()


def test_a_pool_that_stays_full_is_an_error_in_which_nothing_was_sent(over, embedded, happened):
    patience = httpx.Timeout(5, pool=0.05)
    with over(embedded.url, {"limits": httpx.Limits(max_connections=1), "timeout": patience}) as (client, _):
        with (
            client.beta.assistants.with_streaming_response.list(),
            pytest.raises(APITimeoutError, match="no answer in time") as raised,
        ):
            client.beta.assistants.create(model="m")
        assert not raised.value.sent
        assert happened() == []
        client.beta.assistants.create(model="m")
