"""What a refusal says: the request, the status, the field; never what was sent."""

import httpx
import pytest
from api.replies import refused, said, told
from hypothesis import given
from hypothesis import strategies as st

from reconciler.api import APIError, UnknownOutcomeError
from reconciler.api.sentences import reason, unrepeated

PROMPT = "You are the support assistant of Example Ltd.\nNever mention the merger with Sample plc."
SECRET = "hunter2hunter2"


@pytest.fixture
def refusal(scripted):
    """The sentence of the error with which an update that sends a prompt and a secret ends."""

    def ask(reply):
        with scripted(reply, max_retries=0) as (client, _), pytest.raises(APIError) as raised:
            client.beta.assistants.update(
                "asst_1",
                model="gpt-5.6-turbo",
                instructions=PROMPT,
                metadata={"token": SECRET},
                file_ids=["file-12345678"],
            )
        assert "\n" not in raised.value.message
        return raised.value.message.removeprefix("POST /assistants/asst_1 answered ")

    return ask


MISTAKES = [
    {"loc": ["body", "model"], "msg": "Field required", "type": "missing", "input": {"instructions": PROMPT}},
    {"loc": ["body", "tools", 0, "type"], "msg": "Input should be 'function'", "input": SECRET},
]


def test_the_mistakes_that_fastapi_lists_are_told_without_their_input(refusal):
    assert refusal(said({"detail": MISTAKES[:1]}, 422)) == "422: body.model: Field required"
    assert refusal(said({"detail": MISTAKES}, 422)) == (
        "422: body.model: Field required; body.tools[0].type: Input should be 'function'"
    )
    many = [{"loc": ["body", str(n)], "msg": "no"} for n in range(7)]
    assert refusal(said({"detail": many}, 422)) == "422: body.0: no; body.1: no; body.2: no; and 4 more"


@pytest.mark.parametrize(
    "body",
    [
        {"received": {"instructions": PROMPT}},
        {"received": {"metadata": {"token": SECRET}}},
        [[{"instructions": PROMPT}]],
        [[PROMPT[:30]]],
        {"received": [f"{'x' * 200} {SECRET}"]},
    ],
)
def test_a_body_that_repeats_the_request_is_not_shown(refusal, body):
    assert refusal(said(body, 400)) == "400: the answer repeats the request and is not shown"


@pytest.mark.parametrize("text", [f"cannot take {PROMPT}", f"odd: {PROMPT!r}", f"token={SECRET}"])
def test_a_text_that_repeats_the_request_is_not_shown(refusal, text):
    assert refusal(told(text, 400, kind="text/plain")) == (
        "400: the answer repeats the request and is not shown"
    )


def test_what_a_message_repeats_of_the_request_is_left_out(refusal):
    assert refusal(refused(400, f"Bad instructions: {PROMPT}")) == "400: Bad instructions: …"
    assert refusal(refused(400, f"Bad instructions: '{PROMPT[:40]}' (cut)")) == (
        "400: Bad instructions: '…' (cut)"
    )
    assert refusal(said({"detail": f"token {SECRET} is odd"}, 400)) == "400: token … is odd"
    assert refusal(told(f"<title>{SECRET}!</title>", 400)) == "400: an HTML page, '…!'"


def test_the_names_of_the_servers_own_things_may_be_repeated(refusal):
    assert refusal(refused(400, "No model 'gpt-5.6-turbo'.")) == "400: No model 'gpt-5.6-turbo'."
    assert refusal(refused(404, "No file 'file-12345678'.")) == "404: No file 'file-12345678'."


def test_a_success_of_another_shape_repeats_no_request_either(refusal):
    body = {"id": "asst_1", "model": "m", "tools": {"instructions": PROMPT}}
    assert refusal(said(body)) == '200, but tools is {"instructions": "…, not a list'


def test_doubt_names_the_request_once(scripted):
    with scripted(refused(500, "Oops.")) as (client, _), pytest.raises(UnknownOutcomeError) as raised:
        client.beta.assistants.create(model="m")
    assert raised.value.message == (
        "POST /assistants may or may not have taken effect: the server answered 500: Oops."
    )


def test_a_redirect_names_the_request_too(refusal):
    assert refusal(httpx.Response(302, headers={"location": "/x"})) == (
        "302: redirect to '/x' refused; name that server yourself"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["detail", "loc"]), inner),
    max_leaves=12,
)


@given(body=JSON, sent=st.text(min_size=8))
def test_whatever_a_server_says_is_one_short_line(body, sent):
    told = reason(body, {"instructions": sent})
    assert len(told) <= 420
    assert told == " ".join(told.split())


@given(before=st.text(), value=st.text(st.characters(codec="ascii"), min_size=8), after=st.text())
def test_no_value_survives_in_a_text(before, value, after):
    assert value == "…" * len(value) or value not in unrepeated(f"{before}{value}{after}", [value])
