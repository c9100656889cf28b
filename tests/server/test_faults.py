"""What goes wrong on purpose: what a caller sees of each fault, and what the database holds afterwards."""

import socket
import time
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import httpx
import pytest
from server.asking import BETA, asked, attached, in_process, made, names, refusal, refused, seen, uploaded

from reconciler.server import Fault, Faults, HungUpError, assistants, create_app, running

CREATE = "POST /assistants"
LOST = "disconnected without sending a response"


@pytest.fixture
def faults():
    return Faults()


@pytest.fixture
def app(database, faults, clock):
    return create_app(database, clock=clock, faults=faults)


def sent(what, place, rest=b"\r\n"):
    """The bytes of a request that names its host as it must."""
    return f"{what} HTTP/1.1\r\nHost: {place.netloc}\r\n".encode() + rest


@pytest.fixture
def url(app):
    with running(app) as url:
        yield url


@pytest.fixture
def client(url):
    with caller(url) as client:
        yield client


def caller(url, timeout=20):
    return httpx.Client(base_url=url, headers=BETA, timeout=timeout)


def create(client, name):
    return client.post("/assistants", json={"model": "m", "name": name})


def held(database):
    """The names that the database holds, read past all faults."""
    return asked(database, names)


def drain(reply, arrived):
    for piece in reply.iter_raw():
        arrived.extend(piece)


def soon(fact):
    deadline = time.monotonic() + 10
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def story(app):
    return [(entry.method, entry.status, entry.fault) for entry in app.state.ledger]


def test_a_dropped_request_has_no_reply_and_no_effect(client, app, faults, database):
    made(client, name="before")
    faults.add(Fault("drop", CREATE, at=1))
    with pytest.raises(httpx.RemoteProtocolError, match=LOST):
        create(client, "lost")
    assert held(database) == ["before"]
    made(client, name="after")
    assert held(database) == ["before", "after"]
    assert story(app) == [("POST", 200, ""), ("POST", 0, "drop"), ("POST", 200, "")]


def test_a_dropped_connection_is_closed_without_a_byte(url, faults):
    faults.add(Fault("drop"))
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as line:
        line.sendall(sent("GET /v1/files", place))
        assert line.recv(1) == b""


def test_a_reset_connection_is_a_reset_for_its_peer(client, faults, database):
    faults.add(Fault("drop", CREATE, at=1, reset=True), Fault("commit_then_drop", CREATE, at=2, reset=True))
    for name in ("lost", "kept"):
        with pytest.raises(httpx.ReadError, match="reset"):
            create(client, name)
    assert held(database) == ["kept"]


def test_a_large_upload_is_taken_whole_before_it_is_dropped(client, faults):
    faults.add(Fault("drop", "POST /files", at=1))
    with pytest.raises(httpx.RemoteProtocolError, match=LOST):
        uploaded(client, content=bytes(5 << 20))
    assert client.get("/files").json()["data"] == []


def test_a_committed_request_whose_reply_is_dropped_took_effect(client, app, faults, database):
    faults.add(Fault("commit_then_drop", CREATE))
    with pytest.raises(httpx.RemoteProtocolError, match=LOST):
        create(client, "kept")
    assert held(database) == ["kept"]
    assert story(app) == [("POST", 200, "commit_then_drop")]


@pytest.mark.parametrize("on", ["POST /assistants/*", "DELETE /assistants/*", "POST /assistants/*/files"])
def test_every_kind_of_write_can_lose_its_reply(client, faults, database, on):
    assistant, file = made(client, name="old"), uploaded(client)
    path = f"/assistants/{assistant['id']}"
    calls = {
        "POST /assistants/*": lambda: client.post(path, json={"name": "new"}),
        "DELETE /assistants/*": lambda: client.delete(path),
        "POST /assistants/*/files": lambda: attached(client, assistant, file),
    }
    faults.add(Fault("commit_then_drop", on))
    with pytest.raises(httpx.RemoteProtocolError, match=LOST):
        calls[on]()
    held_files = asked(database, lambda client: [one["file_ids"] for one in everything(client)])
    expected = {
        "POST /assistants/*": (["new"], [[]]),
        "DELETE /assistants/*": ([], []),
        "POST /assistants/*/files": (["old"], [[file["id"]]]),
    }
    assert (held(database), held_files) == expected[on]


def everything(client):
    return client.get("/assistants").json()["data"]


def test_a_refusal_whose_reply_is_lost_is_still_a_refusal_in_the_ledger(client, app, faults):
    faults.add(Fault("commit_then_drop"))
    with pytest.raises(httpx.RemoteProtocolError, match=LOST):
        client.post("/assistants", json={})
    assert story(app) == [("POST", 400, "commit_then_drop")]
    assert app.state.ledger.changes() == 0


def test_a_reply_is_lost_even_if_the_body_was_never_read(url, app, faults):
    faults.add(Fault("commit_then_drop"))
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as line:
        line.sendall(sent("POST /v1/nowhere", place, b"Content-Length: 4\r\n\r\nbody"))
        assert line.recv(1) == b""
    assert story(app) == [("POST", 404, "commit_then_drop")]


def test_a_delayed_request_takes_effect_later_even_if_nobody_waits(url, faults, database):
    faults.add(Fault("delay", CREATE, seconds=1))
    with caller(url, timeout=0.1) as hasty, pytest.raises(httpx.ReadTimeout):
        create(hasty, "late")
    assert held(database) == []
    soon(lambda: held(database) == ["late"])


def test_who_waits_for_a_delayed_request_gets_its_reply(client, faults, database):
    faults.add(Fault("delay", CREATE, seconds=0.2))
    began = time.monotonic()
    assistant = made(client, name="late")
    assert time.monotonic() - began >= 0.2
    assert seen(client, assistant) == assistant
    assert held(database) == ["late"]


def test_a_delayed_download_arrives_whole(client, faults):
    faults.add(Fault("delay", "GET /files/*/content", seconds=0.1))
    content = bytes(range(256)) * 20_000
    file = uploaded(client, content=content)
    assert client.get(f"/files/{file['id']}/content").content == content


def test_a_delayed_reply_comes_after_the_effect(url, faults, database, app):
    faults.add(Fault("commit_then_delay", CREATE, seconds=0.5))
    with caller(url, timeout=0.2) as hasty, pytest.raises(httpx.ReadTimeout):
        create(hasty, "kept")
    soon(lambda: held(database) == ["kept"])
    with caller(url) as patient:
        began = time.monotonic()
        assistant = made(patient, name="kept too")
        assert time.monotonic() - began >= 0.5
        assert seen(patient, assistant) == assistant
    assert story(app)[:2] == [("POST", 200, "commit_then_delay")] * 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504, 529])
@pytest.mark.parametrize("kind", ["status", "commit_then_status"])
def test_an_error_is_answered_in_the_envelope_before_or_after_the_effect(database, status, kind):
    app = create_app(database, faults=Faults([Fault(kind, CREATE, status=status, at=1)]))
    with in_process(app) as client:
        reply = create(client, "perhaps")
        assert refusal(reply, status)["type"] == (
            "server_error" if status >= 500 else "invalid_request_error"
        )
        assert reply.headers["x-request-id"] == app.state.ledger[-1].request_id
        assert "retry-after" not in reply.headers
    assert held(database) == (["perhaps"] if kind == "commit_then_status" else [])
    assert story(app) == [("POST", 200 if kind == "commit_then_status" else 0, kind)]


@pytest.mark.parametrize(("given", "sent"), [(0, "0"), (1.5, "1.5"), (30, "30"), ("soon", "soon")])
def test_an_error_says_when_to_try_again(client, faults, given, sent):
    faults.add(Fault("status", status=429, retry_after=given))
    reply = client.get("/files")
    assert reply.headers["retry-after"] == sent
    assert refusal(reply, 429)["code"] == "rate_limit_exceeded"


def test_an_error_can_be_the_page_of_a_gateway(client, faults, database):
    faults.add(Fault("status", CREATE, status=502, html=True, retry_after=2, at=1))
    faults.add(Fault("commit_then_status", CREATE, status=529, html=True, at=2))
    replies = [create(client, "lost"), create(client, "kept")]
    assert [reply.status_code for reply in replies] == [502, 529]
    assert "<h1>502 Bad Gateway</h1>" in replies[0].text
    assert replies[0].headers["retry-after"] == "2"
    for reply in replies:
        assert reply.headers["content-type"].startswith("text/html")
        assert "x-request-id" not in reply.headers
    assert held(database) == ["kept"]


def test_a_connection_can_be_used_again_after_an_error(url, faults):
    faults.add(Fault("status", status=503, at=1))
    place = urlsplit(url)
    with closing(HTTPConnection(place.hostname, place.port, timeout=10)) as line:
        line.connect()
        first = line.sock
        for status in (503, 200):
            line.request("GET", "/v1/files")
            reply = line.getresponse()
            assert (reply.status, bool(reply.read())) == (status, True)
        assert line.sock is first


@pytest.mark.parametrize("commit", [False, True])
def test_a_success_can_be_a_page(client, app, faults, database, commit):
    faults.add(Fault("html", CREATE, commit=commit))
    reply = create(client, "perhaps")
    assert (reply.status_code, reply.text[:15]) == (200, "<!DOCTYPE html>")
    assert held(database) == (["perhaps"] if commit else [])
    assert story(app) == [("POST", 200 if commit else 0, "html")]


@pytest.mark.parametrize("status", [None, 308, 303])
def test_a_redirect_leads_away_and_has_no_effect(client, app, faults, database, status):
    faults.add(Fault("redirect", CREATE, url="http://elsewhere.invalid/v1/assistants", status=status))
    reply = create(client, "lost")
    assert reply.status_code == (status or 307)
    assert reply.headers["location"] == "http://elsewhere.invalid/v1/assistants"
    assert held(database) == []
    assert story(app) == [("POST", 0, "redirect")]


@pytest.mark.parametrize("keep", [None, 0, 7, 1_000_000])
def test_a_truncated_reply_breaks_off_after_the_effect(client, app, faults, database, keep):
    faults.add(Fault("truncate", CREATE, keep=keep))
    arrived = bytearray()
    with client.stream("POST", "/assistants", json={"model": "m", "name": "kept"}) as reply:
        assert reply.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            drain(reply, arrived)
    size = int(reply.headers["content-length"])
    assert len(arrived) == {None: size // 2, 0: 0, 7: 7, 1_000_000: size - 1}[keep]
    assert held(database) == ["kept"]
    assert story(app) == [("POST", 200, "truncate")]


def test_a_reply_that_has_no_body_cannot_be_truncated(client, faults):
    faults.add(Fault("truncate", "HEAD /files"))
    assert client.head("/files").status_code == 200


def test_a_late_request_takes_effect_after_it_was_answered(client, app, faults, database):
    faults.add(Fault("late_commit", CREATE, seconds=1, times=1))
    reply = create(client, "late")
    assert refusal(reply, 504)["type"] == "server_error"
    assert held(database) == []
    made(client, name="again")
    soon(lambda: held(database) == ["again", "late"])
    soon(lambda: len(app.state.ledger) == 3)
    assert story(app) == [("POST", 0, "late_commit"), ("POST", 200, ""), ("POST", 200, "late_commit")]
    first, _, last = app.state.ledger
    assert first.request_id == last.request_id == reply.headers["x-request-id"]


@pytest.mark.parametrize(("told", "error"), [({"drop": True}, None), ({"status": 503}, 503)])
def test_a_late_request_may_be_answered_otherwise_or_not_at_all(client, faults, database, told, error):
    faults.add(Fault("late_commit", CREATE, seconds=0.6, **told))
    if error is None:
        with pytest.raises(httpx.RemoteProtocolError, match=LOST):
            create(client, "late")
    else:
        refusal(create(client, "late"), error)
    assert held(database) == []
    soon(lambda: held(database) == ["late"])


def test_a_late_request_goes_with_the_server(app, faults, database):
    faults.add(Fault("late_commit", CREATE, seconds=60))
    with running(app) as url, caller(url) as client:
        refusal(create(client, "never"), 504)
    assert held(database) == []


def test_a_list_that_lags_lacks_what_was_created_lately(client, faults, clock):
    old = made(client, name="old")
    clock.now += 10
    faults.add(Fault("lag", seconds=5))
    new = made(client, name="new")
    assert names(client) == ["old"]
    assert seen(client, new) == new
    clock.now += 4.9
    assert names(client) == ["old"]
    refused(client.get("/assistants", params={"after": new["id"]}), "invalid_value", "after")
    clock.now += 1.2
    assert names(client) == ["old", "new"]
    assert [one["id"] for one in everything(client)] == [new["id"], old["id"]]


def test_lists_of_files_and_attachments_lag_as_well(client, faults, clock):
    faults.add(Fault("lag", "GET /**", seconds=3))
    assistant, file = made(client), uploaded(client)
    attached(client, assistant, file)
    paths = ["/files", "/files?purpose=assistants", f"/assistants/{assistant['id']}/files"]
    assert [client.get(path).json()["data"] for path in paths] == [[], [], []]
    assert client.get(f"/files/{file['id']}").json() == file
    clock.now += 4
    assert [len(client.get(path).json()["data"]) for path in paths] == [1, 1, 1]


def test_a_hanging_request_is_never_answered(url, app, faults, database):
    faults.add(Fault("hang", CREATE))
    with caller(url, timeout=0.2) as client, pytest.raises(httpx.ReadTimeout):
        create(client, "lost")
    soon(lambda: story(app) == [("POST", 0, "hang")])
    assert held(database) == []


def test_a_hanging_request_is_hung_up_on_in_the_end(client, faults, database):
    faults.add(Fault("hang", CREATE, seconds=0.2))
    with pytest.raises(httpx.RemoteProtocolError, match=LOST):
        create(client, "lost")
    assert held(database) == []


def test_a_server_ends_although_somebody_hangs(app, faults):
    faults.add(Fault("hang", seconds=0.3))
    with running(app) as url, caller(url, timeout=0.1) as client:
        for _ in range(3):
            with pytest.raises(httpx.ReadTimeout):
                client.get("/files")
    assert story(app) == [("GET", 0, "hang")] * 3


@pytest.mark.parametrize("kind", ["drop", "commit_then_drop", "truncate"])
def test_in_process_a_lost_connection_is_an_error_that_a_transport_can_tell(app, faults, database, kind):
    faults.add(Fault(kind, CREATE))
    with in_process(app) as client, pytest.raises(httpx.RemoteProtocolError) as caught:
        create(client, "perhaps")
    assert isinstance(caught.value.__cause__, HungUpError)
    assert held(database) == ([] if kind == "drop" else ["perhaps"])


def test_an_error_of_ours_is_not_hidden_by_a_fault(app, faults, database, monkeypatch, caplog):
    def explode(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(assistants.tables, "add_assistant", explode)
    faults.add(Fault("commit_then_drop", CREATE))
    with in_process(app) as client:
        refusal(create(client, "lost"), 500)
    assert story(app) == [("POST", 500, "commit_then_drop")]
    assert "ZeroDivisionError" in caplog.text


def test_a_caller_who_leaves_a_delayed_upload_half_way_uploads_nothing(url, app, faults):
    faults.add(Fault("delay", "POST /files", seconds=0))
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as line:
        line.sendall(sent("POST /v1/files", place, b"Content-Length: 100\r\n\r\nhalf"))
    soon(lambda: len(app.state.ledger) == 1)
    assert app.state.ledger[0].status == 400


def test_faults_end_when_they_are_cleared(client, faults):
    faults.add(Fault("status", status=500))
    assert client.get("/files").status_code == 500
    faults.clear()
    assert client.get("/files").status_code == 200
