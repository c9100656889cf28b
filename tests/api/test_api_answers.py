"""What answers mean: objects with everything the server said, or one error per kind of refusal."""

import json
import traceback

import httpx
import pytest
from api.replies import assistant, page, refused, said, told, upload

from reconciler.api import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UnknownOutcomeError,
    UnknownTool,
    UnprocessableEntityError,
)
from reconciler.errors import ReconcilerError

KEY = "sk-AbC/0123456789-key"


@pytest.fixture
def answered(scripted):
    """What a retrieval makes of one reply."""

    def ask(reply, **options):
        with scripted(reply, max_retries=0, **options) as (client, _):
            return client.beta.assistants.retrieve("asst_1")

    return ask


@pytest.fixture
def failed(answered):
    """The error that a retrieval makes of one reply."""

    def ask(reply, **options):
        with pytest.raises(APIError) as raised:
            answered(reply, **options)
        return raised.value

    return ask


# Objects


def test_fields_nobody_knew_of_are_kept(answered):
    later = {"top_p": 1.0, "temperature": 1.0, "response_format": "auto"}
    found = answered(said(assistant(**later)))
    assert found.top_p == 1.0
    assert found.model_dump() == assistant(**later) | {"description": None, "instructions": None}
    assert found.model_dump(exclude_unset=True) == assistant(**later)


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "file_search", "file_search": {"max_num_results": 3, "ranking": {"x": [1, None]}}},
        {"type": "browser"},
        {"type": "code_interpreter", "since": 2},
        {"type": "function", "function": {"name": "f", "strict": True, "parameters": None}},
        {"type": "function", "function": {"name": "f"}},
    ],
)
def test_a_tool_comes_out_as_it_came_in(answered, tool):
    found = answered(said(assistant(tools=[tool])))
    assert [one.model_dump(exclude_unset=True) for one in found.tools] == [tool]
    assert found.model_dump(exclude_unset=True)["tools"] == [tool]
    assert type(found).model_validate(found.model_dump()) == found


def test_a_tool_of_an_unknown_type_is_not_taken_for_a_known_one(answered):
    found = answered(said(assistant(tools=[{"type": "file_search"}])))
    assert [type(tool) for tool in found.tools] == [UnknownTool]


def test_metadata_may_be_null_or_hold_more_than_texts(answered):
    assert answered(said(assistant(metadata=None))).metadata is None
    assert answered(said(assistant(metadata={"n": 1, "deep": [None]}))).metadata == {"n": 1, "deep": [None]}


def test_what_a_lean_server_leaves_out_reads_as_nothing(answered):
    lean = {"id": "asst_1", "object": "assistant", "created_at": 1, "model": "m"}
    found = answered(said(lean))
    assert (found.name, found.instructions, found.metadata) == (None, None, None)
    assert (found.tools, found.file_ids) == ([], [])


WRONG = {
    "another object": (assistant() | {"object": "thread"}, 'object is "thread", not "assistant"'),
    "no id": ({"object": "assistant", "created_at": 1, "model": "m"}, "id is missing"),
    "an empty id": (assistant(""), 'id is "", not an id'),
    "a number for an id": (assistant(5), "id is 5, not a string"),
    "another id": (assistant("asst_2"), 'id is "asst_2", not "asst_1"'),
    "no model": ({"id": "asst_1", "object": "assistant", "created_at": 1}, "model is missing"),
    "null for the model": (assistant(model=None), "model is null, not a string"),
    "a number for a name": (assistant(name=3), "name is 3, not a string"),
    "a text for tools": (assistant(tools="x"), 'tools is "x", not a list'),
    "a number among files": (assistant(file_ids=["f", 3]), "file_ids[1] is 3, not a string"),
    "a tool without a type": (assistant(tools=[{}]), "tools[0].type is missing"),
    "a tool that is a number": (assistant(tools=[3]), "tools[0] is 3, not an object"),
    "a tool whose type is a list": (assistant(tools=[{"type": []}]), "tools[0].type is [], not a string"),
    "a tool whose type is null": (assistant(tools=[{"type": None}]), "tools[0].type is null, not a string"),
    "a function without its definition": (
        assistant(tools=[{"type": "function"}]),
        "tools[0].function is missing",
    ),
    "a function without a name": (
        assistant(tools=[{"type": "function", "function": {}}]),
        "tools[0].function.name is missing",
    ),
    "a list for metadata": (assistant(metadata=[]), "metadata is [], not an object"),
    "a long value": (assistant(tools="x" * 500), f'tools is "{"x" * 78}…, not a list'),
    "an error in a 200": ({"error": {"message": "No."}}, 'error is {"message": "No."}'),
    "a list": ([], "the body is [], not an object"),
    "null": (None, "the body is empty"),
    "a word": ("today", 'the body is "today", not an object'),
}


@pytest.mark.parametrize(("body", "problem"), WRONG.values(), ids=WRONG)
def test_an_answer_of_another_shape_is_an_error_that_names_field_and_value(failed, body, problem):
    error = failed(said(body, x_request_id="req_1"))
    assert type(error) is APIResponseValidationError
    assert error.message == f"GET /assistants/asst_1 answered 200, but {problem}"
    assert error.request_id == "req_1"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"<h1>Welcome</h1>", "the body is HTML, not JSON"),
        (b"", "the body is empty"),
        (b"\xff\xfe", "the body is not JSON"),
        (b"[" * 100_000, "the body is not JSON"),
        (b"{}" * 2, "the body is not JSON"),
        (b"null", "the body is null, not an object"),
        (b'{"id": "\\ud800", "model": "m"}', "half a surrogate pair is in it, which is no character"),
    ],
)
def test_an_answer_that_is_no_json_is_an_error(failed, content, problem):
    error = failed(httpx.Response(200, content=content))
    assert type(error) is APIResponseValidationError
    assert error.message == f"GET /assistants/asst_1 answered 200, but {problem}"


@pytest.mark.parametrize("status", [201, 202, 204])
def test_any_other_success_counts_when_it_can_be_read(answered, failed, status):
    assert answered(said(assistant(), status)).id == "asst_1"
    assert type(failed(httpx.Response(status))) is APIResponseValidationError


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.beta.assistants.list(),
        lambda c: c.beta.assistants.delete("a"),
        lambda c: c.beta.assistants.files.retrieve("f", assistant_id="a"),
        lambda c: c.beta.assistants.files.list("a"),
        lambda c: c.files.list(),
        lambda c: c.files.retrieve("f"),
        lambda c: c.files.delete("f"),
    ],
)
def test_every_object_is_told_from_every_other(scripted, call):
    with scripted(said(assistant())) as (client, _), pytest.raises(APIResponseValidationError):
        call(client)


def test_content_is_bytes_whatever_they_are(scripted):
    with scripted(told("<h1>A page somebody uploaded</h1>")) as (client, _):
        assert client.files.content("file-1") == b"<h1>A page somebody uploaded</h1>"


def test_an_upload_keeps_the_status_that_old_servers_tell(scripted):
    with scripted(said(upload(status="processed", status_details=None))) as (client, _):
        assert client.files.retrieve("file-1").model_dump()["status"] == "processed"


# Refusals

KINDS = {
    400: BadRequestError,
    401: AuthenticationError,
    402: APIStatusError,
    403: PermissionDeniedError,
    404: NotFoundError,
    405: APIStatusError,
    408: APIStatusError,
    409: ConflictError,
    410: APIStatusError,
    413: APIStatusError,
    418: APIStatusError,
    422: UnprocessableEntityError,
    429: RateLimitError,
    500: InternalServerError,
    502: InternalServerError,
    503: InternalServerError,
    529: InternalServerError,
    304: APIStatusError,
}


@pytest.mark.parametrize(("status", "kind"), KINDS.items())
def test_every_status_has_its_error(failed, status, kind):
    details = {"message": "It is so.", "type": "some_error", "param": "tools[0]", "code": "so"}
    error = failed(said({"error": details}, status, x_request_id="req_9"))
    assert type(error) is kind
    assert error.status_code == status
    told = f"GET /assistants/asst_1 answered {status}: It is so. (param: tools[0])"
    assert error.message == told
    assert str(error) == f"{told} (request req_9)"
    assert error.body == details
    assert (error.type, error.param, error.code) == ("some_error", "tools[0]", "so")
    assert error.request_id == "req_9"


def test_the_errors_are_one_tree():
    for kind in {*KINDS.values(), APITimeoutError, APIResponseValidationError, UnknownOutcomeError}:
        assert issubclass(kind, APIError)
    assert issubclass(APITimeoutError, APIConnectionError)
    assert not issubclass(APIConnectionError, APIStatusError)
    assert issubclass(APIError, ReconcilerError)
    assert APIError.exit_code == 1


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (lambda: told("<h1>Bad\n  gateway</h1>", 502), "502: an HTML page, 'Bad gateway'"),
        (lambda: told("<html><title>Oops</title><p>x", 502), "502: an HTML page, 'Oops'"),
        (lambda: told("<html><p>x", 502), "502: an HTML page"),
        (lambda: told("", 502), "502: Bad Gateway"),
        (lambda: told("upstream\nreset", 502), "502: upstream reset"),
        (lambda: said({"message": "flat"}, 400), "400: flat"),
        (lambda: said({"detail": "odd"}, 400), "400: odd"),
        (lambda: said({"detail": {"message": "deep"}}, 400), "400: deep"),
        (lambda: said({"error": "a word"}, 400), "400: a word"),
        (lambda: said({"error": {"message": 5}}, 400), '400: {"message": 5}'),
        (lambda: said({"error": {"message": "Bad tools.", "param": "tools"}}, 400), "400: Bad tools."),
        (lambda: said({"errors": [{"message": "One."}, "Two."]}, 400), "400: One.; Two."),
        (lambda: said(["a", 1], 400), "400: a"),
        (lambda: said([1, 2], 400), "400: [1, 2]"),
        (lambda: told("null", 400), "400: null"),
        (lambda: told("x" * 500, 500), f"500: {'x' * 79}…"),
        (lambda: told("[" * 100_000, 500), f"500: {'[' * 79}…"),
        (lambda: said({"message": "x" * 500}, 400), f"400: {'x' * 399}…"),
    ],
)
def test_a_refusal_in_any_other_form_still_says_something_on_one_line(failed, reply, message):
    error = failed(reply())
    assert error.message == f"GET /assistants/asst_1 answered {message}"
    assert error.request_id == ""
    assert str(error) == error.message


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        (lambda: told("<h1>Bad\n  gateway</h1>", 502), "<h1>Bad\n  gateway</h1>"),
        (lambda: told("", 502), ""),
        (lambda: said({"message": "flat"}, 400), {"message": "flat"}),
        (lambda: said({"error": "a word"}, 400), "a word"),
        (lambda: said({"error": {"message": 5}}, 400), {"message": 5}),
        (lambda: told("null", 400), None),
        (lambda: told("x" * 500, 500), "x" * 500),
        (lambda: told("[" * 100_000, 500), "[" * 100_000),
    ],
)
def test_a_refusal_keeps_its_body(failed, reply, body):
    assert failed(reply()).body == body


ENDS = {
    "no connection": (lambda: httpx.ConnectError("refused"), APIConnectionError, None),
    "no answer in time": (lambda: httpx.ReadTimeout("late"), APITimeoutError, None),
    "half an answer": (lambda: httpx.RemoteProtocolError("cut"), APIConnectionError, None),
    "no sense": (lambda: said([], 201), APIResponseValidationError, 201),
    "a refusal": (lambda: refused(418), APIStatusError, 418),
    "a redirect": (lambda: said(status=308, location="/"), APIStatusError, 308),
}


@pytest.mark.parametrize(("reply", "kind", "status"), ENDS.values(), ids=ENDS)
def test_every_error_knows_the_status_or_that_there_was_none(failed, reply, kind, status):
    error = failed(reply())
    assert type(error) is kind
    assert error.status_code == status


DOUBTS = {
    "no answer": (lambda: httpx.ReadTimeout("late"), None, None),
    "no sense": (lambda: told("<h1>", 201), 201, None),
    "a failure": (lambda: refused(500, "Oops."), 500, "Oops."),
}


@pytest.mark.parametrize(("reply", "status", "message"), DOUBTS.values(), ids=DOUBTS)
def test_doubt_knows_the_status_or_that_there_was_none(scripted, reply, status, message):
    with scripted(reply()) as (client, _), pytest.raises(UnknownOutcomeError) as raised:
        client.beta.assistants.create(model="m")
    assert raised.value.status_code == status
    assert (raised.value.body or {}).get("message") == message


def test_an_error_without_an_answer_has_nothing_of_one(failed):
    error = failed(httpx.ReadTimeout("late"))
    assert (error.request_id, error.body, error.code, error.param, error.type) == ("", None, None, None, None)


@pytest.mark.parametrize("odd", [429, 1.5, True, None, [], ["tools", 0], {}, {"a": "b"}])
def test_codes_that_are_no_texts_are_left_to_the_body(failed, odd):
    details = {"message": "No.", "code": odd, "param": odd, "type": odd}
    error = failed(said({"error": details}, 400))
    assert (error.code, error.param, error.type) == (None, None, None)
    assert error.body == details


def test_codes_that_are_missing_are_nothing(failed):
    error = failed(said({"error": {"message": "No.", "code": "", "other": 1}}, 400))
    assert (error.code, error.param, error.type) == ("", None, None)
    assert error.body == {"message": "No.", "code": "", "other": 1}


@pytest.mark.parametrize("charset", ["hex", "idna", "rot13", "undefined", "utf-16", "no-such-thing"])
def test_a_refusal_in_a_charset_that_makes_no_sense_can_be_read(failed, charset):
    error = failed(told("Bad gateway", 502, kind=f"text/html; charset={charset}"))
    assert error.message == "GET /assistants/asst_1 answered 502: Bad gateway"


def test_the_embedded_server_names_its_refusals(client):
    with pytest.raises(BadRequestError) as raised:
        client.beta.assistants.create(model="m", extra_body={"colour": "red"})
    assert (raised.value.code, raised.value.param) == ("unknown_parameter", "colour")
    assert raised.value.type == "invalid_request_error"
    assert raised.value.request_id.startswith("req_")
    assert raised.value.request_id in str(raised.value)


def test_without_the_beta_header_the_embedded_server_refuses(client):
    with pytest.raises(BadRequestError, match="OpenAI-Beta") as raised:
        client.beta.assistants.list(extra_headers={"openai-beta": "assistants=v2"})
    assert raised.value.code == "invalid_beta"


# The key

ESCAPED = json.dumps({"error": {"message": f"Key {KEY}", "code": KEY}}).replace("/", "\\/")
ECHOES = {
    "envelope": lambda: refused(401, f"Incorrect API key provided: {KEY}."),
    "deep in the body": lambda: said({"error": {"message": "No.", "deep": [{KEY: [KEY, 1]}]}}, 400),
    "another form": lambda: said({"detail": KEY}, 500),
    "escaped": lambda: told(ESCAPED, 400, kind="application/json"),
    "HTML": lambda: told(f"<p>{'x' * 190}{KEY}</p>", 500),
    "request id": lambda: refused(400, x_request_id=f"req-{KEY}"),
    "location": lambda: said(status=302, location=f"https://far.example/?key={KEY}"),
    "long location": lambda: said(status=302, location=f"https://far.example/{'x' * 160}?key={KEY}"),
    "reason": lambda: httpx.Response(500, extensions={"reason_phrase": f"Bad {KEY}".encode()}),
    "unreadable": lambda: told(f"{KEY} is your key", kind=f"text/{KEY}", x_request_id=KEY),
    "unreadable object": lambda: said(assistant(name={"key": KEY}) | {"object": KEY, KEY: [KEY]}),
}


def shown(error):
    """Everything of an error that could end up in front of somebody or in a log."""
    told = "".join(traceback.format_exception(error))
    return " ".join([told, str(error), repr(error), repr(vars(error)), repr(vars(error.__cause__ or error))])


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.beta.assistants.retrieve("asst_1"),
        lambda c: c.beta.assistants.create(model="m"),
        lambda c: c.files.create(file=b"x", purpose="assistants"),
    ],
    ids=["retrieve", "create", "upload"],
)
def test_a_server_that_echoes_the_key_does_not_make_us_tell_it(scripted, call, echo):
    with scripted(echo(), max_retries=0, api_key=KEY) as (client, asked):
        with pytest.raises(APIError) as raised:
            call(client)
        assert asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY[:12] not in shown(raised.value)


def test_the_rest_of_an_answer_that_echoes_the_key_is_told(failed):
    error = failed(refused(401, f"Incorrect API key provided: {KEY}."), api_key=KEY)
    assert str(error) == "GET /assistants/asst_1 answered 401: Incorrect API key provided: ***."
    assert error.body["message"] == "Incorrect API key provided: ***."


def test_a_failed_connection_does_not_tell_the_key(scripted):
    with (
        scripted(httpx.ReadTimeout("late"), max_retries=0, api_key=KEY) as (client, _),
        pytest.raises(APIError) as raised,
    ):
        client.beta.assistants.create(model="m")
    assert KEY not in shown(raised.value)


def test_an_unreadable_page_repeats_of_what_it_holds_only_the_start_of_one_value(scripted):
    body = page("asst_1") | {"data": [assistant(instructions="hunter2", tools={"x" * 80: "hunter2"})]}
    with (
        scripted(said(body)) as (client, _),
        pytest.raises(APIResponseValidationError) as raised,
    ):
        client.beta.assistants.list()
    assert "data[0] (asst_1): tools is" in str(raised.value)
    assert "hunter2" not in shown(raised.value)
