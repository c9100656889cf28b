"""Whether a call may have had an effect: recorded by the sender, over all attempts."""

import httpx
import pytest
from api.replies import assistant, refused, said, told

from reconciler.api import APIConnectionError, APIError, UnknownOutcomeError

LOST, UNSENT = httpx.ReadTimeout("late"), httpx.ConnectError("refused")
AGAIN = {"x_should_retry": "true"}


def update(client):
    return client.beta.assistants.update("asst_1", name="n")


def create(client):
    return client.beta.assistants.create(model="m")


@pytest.fixture(params=[update, create])
def write(request):
    return request.param


@pytest.fixture
def failed(scripted):
    """The error with which a write ends."""

    def ask(write, *replies, **options):
        with scripted(*replies, **options) as (client, asked), pytest.raises(APIError) as raised:
            write(client)
        assert len(asked) == len(replies)
        return raised.value

    return ask


@pytest.mark.parametrize("status", [304, 307, 308, 400, 401, 403, 404, 405, 410, 413, 422, 429])
def test_an_answer_that_rules_an_effect_out_says_so(failed, write, status):
    assert failed(write, refused(status), max_retries=0).had_no_effect


@pytest.mark.parametrize("status", [301, 302, 303, 408, 409, 500, 502, 503, 529])
def test_any_other_refusal_may_have_had_an_effect(failed, write, status):
    assert not failed(write, refused(status), max_retries=0).had_no_effect


@pytest.mark.parametrize("answer", [lambda: told("<h1>"), lambda: said([]), lambda: told("x" * 99)])
def test_a_success_that_cannot_be_read_may_have_had_an_effect(failed, write, answer):
    assert not failed(write, answer(), max_answer_bytes=50).had_no_effect


def test_what_was_never_sent_had_no_effect(failed, write):
    error = failed(write, UNSENT, UNSENT, UNSENT)
    assert isinstance(error, APIConnectionError)
    assert not error.sent
    assert error.had_no_effect


def test_what_was_lost_may_have_had_an_effect(failed, write):
    assert not failed(write, LOST, max_retries=0).had_no_effect


@pytest.mark.parametrize("first", [lambda: LOST, lambda: refused(500), lambda: refused(409)])
@pytest.mark.parametrize("last", [lambda: refused(400), lambda: UNSENT], ids=["400", "unsent"])
def test_no_later_attempt_rules_out_what_an_earlier_one_did(failed, first, last):
    assert not failed(update, first(), last(), max_retries=1).had_no_effect


def test_attempts_that_all_rule_an_effect_out_had_none(failed, write):
    assert failed(write, UNSENT, refused(429), refused(404, **AGAIN)).had_no_effect


def test_doubt_is_never_without_effect(failed):
    error = failed(create, refused(500))
    assert isinstance(error, UnknownOutcomeError)
    assert not error.had_no_effect


def test_a_body_that_breaks_off_may_have_had_an_effect(scripted):
    reply = httpx.Response(200, stream=Broken())
    with scripted(reply) as (client, _):
        streamed = client.beta.assistants.with_streaming_response.update("asst_1", name="n")
        with streamed as answer, pytest.raises(APIConnectionError) as raised:
            answer.read()
    assert not raised.value.had_no_effect


def test_it_speaks_of_one_call_and_of_no_other(scripted):
    with scripted(said(assistant()), refused(404)) as (client, _):
        update(client)
        with pytest.raises(APIError) as raised:
            update(client)
    assert raised.value.had_no_effect


class Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks off at once."""

    def __iter__(self):
        raise httpx.ReadError("cut")
        yield b""

    async def __aiter__(self):
        raise httpx.ReadError("cut")
        yield b""
