"""On a socket: many callers, large bodies, beginning and end."""

import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from itertools import chain
from urllib.parse import urlsplit

import httpx
import pytest
from server.asking import BETA, in_process, made, uploaded

from reconciler.server import Database, UnavailableAddressError, create_app, mount, running, serve

SERVER = """
import sys
from pathlib import Path
from reconciler.server import Database, create_app, serve
with Database.open(Path(sys.argv[1])) as database:
    serve(create_app(database), "127.0.0.1", 0, ready=lambda url: print(url, flush=True))
print("finished", flush=True)
"""

CREATOR = """
import sys
from pathlib import Path
from reconciler.server import Database, create_app, tables
fields = {"name": None, "description": None, "model": "m", "instructions": None, "tools": [], "metadata": {}}
with Database.open(Path(sys.argv[1])) as database:
    for _ in range(25):
        with database.write() as connection:
            tables.add_assistant(connection, fields, 1)
"""


@pytest.fixture
def url(app):
    with running(app) as url:
        yield url


def caller(url):
    return httpx.Client(base_url=url, headers=BETA, timeout=20)


def count(client):
    return sum(len(page) for page in pages(client))


def pages(client, **query):
    while True:
        page = client.get("/assistants", params=query | {"limit": 100}).json()
        yield page["data"]
        if not page["has_more"]:
            return
        query["after"] = page["last_id"]


def test_the_same_application_answers_on_a_socket(url):
    with caller(url) as client:
        reply = client.post("/assistants", json={"model": "m"})
        assert reply.status_code == 200
        assert "server" not in reply.headers
        assert client.get("/assistants").json()["data"] == [reply.json()]
        assert client.head("/assistants").content == b""


def test_eight_threads_that_create_at_once_lose_nothing(tmp_path):
    def create(url):
        with caller(url) as client:
            return [made(client)["id"] for _ in range(25)]

    with Database.open(tmp_path / "server.db") as database, running(create_app(database)) as url:
        with ThreadPoolExecutor(8) as pool:
            created = list(chain(*pool.map(create, [url] * 8)))
        with caller(url) as client:
            found = [entry["id"] for page in pages(client) for entry in page]
    assert len(created) == 200
    assert sorted(found) == sorted(created)


def test_processes_that_write_to_one_file_at_once_lose_nothing(tmp_path):
    path = tmp_path / "server.db"
    others = [subprocess.Popen([sys.executable, "-c", CREATOR, path]) for _ in range(3)]
    with Database.open(path) as database, in_process(create_app(database)) as client:
        for _ in range(25):
            made(client)
        assert [other.wait() for other in others] == [0, 0, 0]
        assert count(client) == 100


def test_two_that_attach_the_same_file_at_once_make_one_attachment(url):
    with caller(url) as client:
        assistant, file = made(client), uploaded(client)
        path = f"/assistants/{assistant['id']}/files"
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _: client.post(path, json={"file_id": file["id"]}), range(16)))
        assert {reply.status_code for reply in replies} == {200}
        assert len(client.get(path).json()["data"]) == 1


def test_a_large_file_is_streamed_in_and_out_intact(tmp_path):
    content = os.urandom(20 << 20)
    with (
        Database.open(tmp_path / "server.db") as database,
        running(create_app(database)) as url,
        caller(url) as client,
    ):
        file = uploaded(client, "large.pdf", content)
        assert file["bytes"] == len(content)
        with client.stream("GET", f"/files/{file['id']}/content") as reply:
            assert b"".join(reply.iter_bytes()) == content


def test_a_download_whose_file_is_deleted_meanwhile_breaks_off(url, caplog):
    with caller(url) as client:
        file = uploaded(client, "large.pdf", bytes(40 << 20))
        with client.stream("GET", f"/files/{file['id']}/content") as reply:
            assert client.delete(f"/files/{file['id']}").status_code == 200
            with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
                reply.read()
    assert "LostContentError" in caplog.text


def test_the_server_says_where_it_is_and_ends_normally_on_a_signal(tmp_path):
    for number in (signal.SIGTERM, signal.SIGINT):
        command = [sys.executable, "-c", SERVER, tmp_path / "server.db"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
            url = server.stdout.readline().strip()
            assert url.startswith("http://127.0.0.1:")
            assert url.endswith("/v1")
            with caller(url) as client:
                made(client)
            server.send_signal(number)
            assert server.communicate(timeout=20) == ("finished\n", "")
        assert server.returncode == 0
    with Database.view(tmp_path / "server.db") as database, in_process(create_app(database)) as client:
        assert count(client) == 2


def test_a_signal_lets_requests_in_flight_finish(app, clock):
    entered, leave = threading.Event(), threading.Event()

    def slow():
        entered.set()
        leave.wait(10)
        return 5

    def stop():
        entered.wait(10)
        os.kill(os.getpid(), signal.SIGTERM)
        leave.set()

    app.state.clock = slow
    before = signal.getsignal(signal.SIGTERM)
    with ThreadPoolExecutor(2) as pool:
        replies = []
        serve(
            app,
            "127.0.0.1",
            0,
            ready=lambda url: replies.extend([pool.submit(create, url), pool.submit(stop)]),
        )
        assert replies[0].result()["created_at"] == 5
    assert signal.getsignal(signal.SIGTERM) == before


def create(url):
    with caller(url) as client:
        return made(client)


def test_an_idle_connection_stays_for_75_seconds_and_then_ends(app, monkeypatch):
    assert mount.IDLE == 75
    with running(app) as url, idle(url) as line:
        first = line.sock
        asked_on(line)
        assert line.sock is first
    monkeypatch.setattr(mount, "IDLE", 0)
    with running(app) as url, idle(url) as line:
        assert line.sock.recv(1) == b""


@contextmanager
def idle(url):
    """A connection that has been used once."""
    place = urlsplit(url)
    with closing(HTTPConnection(place.hostname, place.port, timeout=20)) as line:
        asked_on(line)
        yield line


def asked_on(line):
    line.request("GET", "/v1/files")
    reply = line.getresponse()
    assert (reply.status, bool(reply.read())) == (200, True)


def test_a_server_ends_although_a_connection_is_idle(app):
    with ExitStack() as stack:
        with running(app) as url:
            line = stack.enter_context(idle(url))
        assert line.sock.recv(1) == b""


def test_a_port_that_is_taken_is_a_clear_error(app):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sentence = f"cannot listen on 127.0.0.1:{port}: Address already in use"
        with pytest.raises(UnavailableAddressError, match=sentence):
            serve(app, "127.0.0.1", port, ready=print)


def test_a_host_that_does_not_exist_is_a_clear_error(app):
    with pytest.raises(OSError, match=r"cannot listen on no\.such\.host\.invalid:0: "):
        serve(app, "no.such.host.invalid", 0, ready=print)


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_an_ipv6_host_stands_in_brackets(app):
    urls = []

    def ready(url):
        urls.append(url)
        os.kill(os.getpid(), signal.SIGTERM)

    try:
        serve(app, "::1", 0, ready=ready)
    except UnavailableAddressError:
        pytest.skip("this machine has no IPv6 loopback")
    assert urls[0].startswith("http://[::1]:")


def test_a_running_server_is_gone_afterwards(app):
    with running(app) as url:
        pass
    with pytest.raises(httpx.ConnectError), caller(url) as client:
        client.get("/files")
    assert mount.PREFIX in url
