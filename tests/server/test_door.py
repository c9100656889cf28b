"""Who may enter, what every reply carries, and what the ledger remembers."""

import asyncio
import logging
import re

import pytest
from server.asking import BETA, in_process, made, refusal, refused, uploaded

from reconciler.server import Entry, Ledger, assistants, create_app

KEY = "sk-abcdefghijklmnop-schlüssel"


@pytest.fixture
def guarded(database):
    with in_process(create_app(database, api_key=KEY)) as client:
        yield client


def test_every_reply_names_the_organization_if_there_is_one(database):
    with in_process(create_app(database, organization="acme")) as client:
        replies = [client.get("/assistants"), client.get("/files"), client.get("/nowhere")]
    assert [one.headers["openai-organization"] for one in replies] == ["acme"] * 3


def test_without_an_organization_no_reply_names_one(client):
    assert "openai-organization" not in client.get("/assistants").headers


def bearer(key):
    return {"Authorization": f"Bearer {key}".encode()}


ALLOWED = [
    ("/assistants", {"GET", "HEAD", "POST"}),
    ("/assistants/asst_x", {"GET", "HEAD", "POST", "DELETE"}),
    ("/assistants/asst_x/files", {"GET", "HEAD", "POST"}),
    ("/assistants/asst_x/files/file-x", {"GET", "HEAD", "DELETE"}),
    ("/files", {"GET", "HEAD", "POST"}),
    ("/files/file-x", {"GET", "HEAD", "DELETE"}),
    ("/files/file-x/content", {"GET", "HEAD"}),
]


@pytest.mark.parametrize(("path", "allowed"), ALLOWED)
def test_a_wrong_method_is_told_which_are_right(client, path, allowed):
    for method in {"PUT", "PATCH", "OPTIONS", "POST", "DELETE"} - allowed:
        reply = client.request(method, path)
        message = refused(reply, "method_not_supported", None, 405)
        assert message.startswith(f"Not allowed to {method} on /v1{path}.")
        assert set(reply.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize("path", ["/", "/assistant", "/assistants/", "/assistants/a/b", "/files/f/content/x"])
def test_an_unknown_path_is_a_404_in_the_envelope(client, path):
    assert refused(client.get(path), "unknown_url", None, 404) == f"Invalid URL (GET /v1{path})"


def test_nothing_answers_outside_the_prefix(client):
    refused(client.get("http://embedded/assistants"), "unknown_url", None, 404)


@pytest.mark.parametrize("path", [path for path, _ in ALLOWED if path.startswith("/assistants")])
@pytest.mark.parametrize("beta", [None, "assistants=v2", "assistants", "agents=v1"])
def test_assistants_demand_the_beta_header(client, path, beta):
    del client.headers["OpenAI-Beta"]
    reply = client.get(path, headers={"OpenAI-Beta": beta} if beta else {})
    told = refused(reply, "invalid_beta", None)
    clients = (
        "Clients that speak it: assistants-sync and its typed client, "
        "and the openai package for Python from 1.1.0 to 1.20.0."
    )
    sent = f"This server speaks assistants=v1, and the request sent 'OpenAI-Beta: {beta}'."
    nothing = (
        "You must provide the 'OpenAI-Beta' header to access the Assistants API. "
        "Please try again by setting the header 'OpenAI-Beta: assistants=v1'."
    )
    assert told == f"{sent if beta else nothing} {clients}"


def test_the_beta_header_may_name_other_things_too(client):
    assert client.get("/assistants", headers={"openai-beta": "x=1, assistants=v1"}).status_code == 200


def test_without_a_key_of_its_own_the_server_takes_any(client):
    assert client.get("/assistants", headers=bearer("whatever")).status_code == 200
    assert client.get("/assistants").status_code == 200


def test_the_right_key_opens(guarded):
    assert guarded.get("/assistants", headers=bearer(KEY)).status_code == 200
    assert guarded.get("/files", headers={"authorization": f"bearer  {KEY}".encode()}).status_code == 200


@pytest.mark.parametrize("path", [path for path, _ in ALLOWED])
def test_every_path_is_behind_the_key(guarded, path):
    assert refused(guarded.get(path, headers=bearer("wrong")), "invalid_api_key", None, 401) == (
        "Incorrect API key provided: ***. "
        "You can find your API key at https://platform.openai.com/account/api-keys."
    )


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": ""}, {"Authorization": KEY.encode()}, {"Authorization": b"Basic " + KEY.encode()}],
)
def test_a_key_that_is_not_a_bearer_is_no_key(guarded, headers):
    refused(guarded.get("/files", headers=headers), "invalid_api_key", None, 401)


def test_a_wrong_key_is_not_repeated_beyond_its_start(guarded):
    message = refused(guarded.get("/files", headers=bearer("sk-0123456789")), "invalid_api_key", None, 401)
    assert "sk-***" in message
    assert "0" not in message


def test_every_reply_carries_an_id_of_its_own_and_the_version(client):
    replies = [client.get(path) for path in ("/assistants", "/assistants/asst_x", "/nowhere", "/files")]
    replies.append(client.put("/files"))
    for reply in replies:
        assert re.fullmatch(r"req_[0-9a-f]{32}", reply.headers["x-request-id"])
        assert reply.headers["openai-version"] == "2020-10-01"
        assert reply.headers["openai-processing-ms"].isdecimal()
    assert len({reply.headers["x-request-id"] for reply in replies}) == len(replies)


def test_an_error_of_ours_is_a_500_that_names_the_request_and_nothing_else(app, monkeypatch, caplog):
    def explode(_):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(assistants.tables, "attached", explode)
    with in_process(app) as client, caplog.at_level(logging.ERROR):
        reply = client.get("/assistants")
    error = refusal(reply, 500)
    assert (error["type"], error["param"], error["code"]) == ("server_error", None, None)
    assert reply.headers["x-request-id"] in error["message"]
    assert "secret" not in reply.text
    assert reply.headers["x-request-id"] in caplog.text
    assert app.state.ledger[-1].status == 500


def test_the_ledger_has_a_line_for_every_request(app, client):
    reply = client.get("/assistants", params={"limit": 5, "order": "asc"})
    client.post("/nowhere")
    expected = Entry("GET", "/v1/assistants", "limit=5&order=asc", 200, reply.headers["x-request-id"])
    assert app.state.ledger[0] == expected
    assert [(entry.method, entry.status) for entry in app.state.ledger] == [("GET", 200), ("POST", 404)]


def test_the_ledger_counts_the_requests_that_could_have_written(app, client):
    assistant = made(client)
    uploaded(client)
    client.get("/assistants")
    client.head("/assistants")
    client.delete(f"/assistants/{assistant['id']}")
    client.post("/assistants", json={})
    assert app.state.ledger.writes() == 4


def test_the_ledger_forgets_the_oldest_first(app):
    assert app.state.ledger.maxlen == 100_000
    ledger = Ledger([Entry("GET", "/", "", 200, f"req_{number}") for number in range(3)], maxlen=2)
    assert [entry.request_id for entry in ledger] == ["req_1", "req_2"]


def test_head_answers_as_get_does(client):
    assert client.head("/files").status_code == 200
    assert client.head("/files/file-x").status_code == 404


def test_what_is_not_http_passes_the_door_unrecorded(app):
    heard, sent = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}], []

    async def receive():
        return heard.pop(0)

    async def send(message):
        sent.append(message["type"])

    asyncio.run(app({"type": "lifespan", "app": app, "state": {}}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert not app.state.ledger


def test_a_caller_who_leaves_early_is_in_the_ledger_as_a_refusal(app):
    sent = []
    heard = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/assistants",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in BETA.items()],
    }

    async def receive():
        return heard.pop(0)

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    assert app.state.ledger[-1].status == sent[0]["status"] == 400
