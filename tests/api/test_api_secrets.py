"""What a client knows as a secret is in no error, and in nothing that tools print of its objects."""

import base64
import json
import traceback

import httpx
import pytest

from reconciler.api import APIConnectionError, APIStatusError, Client

KEY, HEADER, QUERY, PASSWORD = (
    "key-0123456789-K",
    "header-0123456789-H",
    "query-0123456789-Q",
    "proxy-0123456789-P",
)
SECRETS = (KEY, HEADER, QUERY)


def client_of(answer, **more):
    return Client(
        base_url="http://127.0.0.1:9/v1",
        api_key=KEY,
        default_headers={"X-Api-Key": HEADER},
        default_query={"api-key": QUERY},
        max_retries=0,
        transport=httpx.MockTransport(answer),
        **more,
    )


def failing(request):
    raise httpx.ReadError(f"{KEY} {HEADER} {QUERY}", request=request)


def chain(error):
    while error:
        yield error
        error = error.__cause__ or error.__context__


def test_no_repr_shows_a_secret():
    client = client_of(failing)
    settings, call = client._settings, _call()  # noqa: SLF001 - what a report of an error has among its variables
    with settings.request(call) as request:
        shown = repr([client, settings, call, request, request.headers])

    assert not [secret for secret in SECRETS if secret in shown]
    assert "x-api-key" in repr(request.headers).lower()


def _call():
    from reconciler.api.call import Call, Extras  # noqa: PLC0415 - only here

    extras = Extras(headers={"X-Api-Key": HEADER}, query={"api-key": QUERY})
    return Call("GET", ("files",), json.loads, headers={"X-Token": HEADER}, extras=extras)


def test_no_cause_of_an_error_has_a_secret():
    with client_of(failing) as client, pytest.raises(APIConnectionError) as caught:
        client.files.list()

    for error in chain(caught.value):
        texts = [str(error), repr(error), "".join(traceback.format_exception(error))]
        if getattr(error, "_request", None) is not None:
            texts += [str(error.request.url), str(error.request.headers.raw), repr(error.request)]
        assert not [secret for secret in SECRETS if secret in str(texts)]


@pytest.mark.parametrize(
    "form",
    [str, str.upper, lambda s: s[::-1], lambda s: base64.b64encode(s.encode()).decode(), lambda s: s[:16]],
)
def test_a_refusal_that_repeats_the_secrets_is_shown_without_them(form):
    said = " ".join(map(form, SECRETS))
    answer = httpx.Response(400, json={"error": {"message": said}}, headers={"x-request-id": said})
    with client_of(lambda _: answer) as client, pytest.raises(APIStatusError) as caught:
        client.files.list()

    error = caught.value
    assert not [one for one in map(form, SECRETS) if one in f"{error} {error.body} {error.request_id}"]
