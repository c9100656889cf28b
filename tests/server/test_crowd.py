"""Callers who are slow, silent or many: how long they may be, and that others are answered meanwhile."""

import logging
import resource
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from server.asking import BETA, made, uploaded

from reconciler.server import crowd, running, trouble
from reconciler.server.crowd import Crowd, Phase
from reconciler.server.trouble import Seldom

HALF = b"POST /v1/files HTTP/1.1\r\nHost: x\r\nX-A: "
SERVER = """
import resource, sys
from reconciler.server import Database, create_app, serve
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]),) * 2)
with Database.memory() as database:
    serve(create_app(database), "127.0.0.1", 0, ready=lambda url: print(url, flush=True))
"""


class Caller:
    """A connection that notes its end."""

    def __init__(self, reason=""):
        self.reason = reason
        self.ended = 0

    def overdue(self, now):  # noqa: ARG002 - late or not whatever the time
        return self.reason

    def abort(self):
        self.ended += 1


@contextmanager
def opened(url, *pieces):
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=20) as caller:
        for piece in pieces:
            caller.sendall(piece)
        yield caller


def request(url, method, *headers):
    place = urlsplit(url)
    lines = [f"{method} HTTP/1.1", f"Host: {place.netloc}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def ends(caller):
    """Whether a connection is closed from the other side before the test gives up."""
    try:
        while caller.recv(1 << 16):
            pass
    except ConnectionResetError:
        pass
    except TimeoutError:
        return False
    return True


def replied(caller):
    """A small reply, to its last brace."""
    reply = b""
    while not reply.endswith(b"}"):
        reply += caller.recv(1 << 16)
    return reply


@pytest.fixture
def hurried(app, monkeypatch):
    """A server that waits for tenths of seconds where others wait for many."""
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "REPLY_SECONDS"):
        monkeypatch.setattr(crowd, name, 0.3)
    with running(app) as url:
        yield url


def test_the_limits_are_those_of_the_documentation():
    limits = crowd.HEAD_SECONDS, crowd.BODY_SECONDS, crowd.BODY_TOTAL, crowd.BODY_RATE, crowd.REPLY_SECONDS
    assert limits == (10, 30, 600, 65536, 30)


@pytest.mark.parametrize("sent", [(), (HALF,), (b"GET",), (b"\r\n",)])
def test_a_head_that_does_not_arrive_ends_the_connection(hurried, sent):
    with opened(hurried, *sent) as caller:
        assert ends(caller)


def test_the_head_of_a_second_request_has_to_arrive_too(hurried):
    with opened(hurried, request(hurried, "GET /v1/files")) as caller:
        assert replied(caller).startswith(b"HTTP/1.1 200")
        time.sleep(1.5)  # idle connections may stay for longer
        caller.sendall(request(hurried, "GET /v1/files"))
        assert replied(caller).startswith(b"HTTP/1.1 200")
        caller.sendall(b"GET /v1")
        assert ends(caller)


def test_a_head_that_trickles_ends_the_connection(hurried):
    with opened(hurried, HALF) as caller:
        trickling(caller, b"a")
        assert ends(caller)


@pytest.mark.parametrize("sent", [b"", b"--x\r\n", b"half"])
def test_a_body_that_stops_ends_the_connection(hurried, sent):
    head = request(
        hurried, "POST /v1/files", "Content-Length: 100", "Content-Type: multipart/form-data; boundary=x"
    )
    with opened(hurried, head, sent) as caller:
        assert ends(caller)


def test_a_body_that_trickles_has_an_end_too(hurried, monkeypatch):
    monkeypatch.setattr(crowd, "BODY_TOTAL", 0.5)
    monkeypatch.setattr(crowd, "BODY_SECONDS", 20)
    head = request(hurried, "POST /v1/assistants", "Content-Length: 100000", "OpenAI-Beta: assistants=v1")
    with opened(hurried, head) as caller:
        trickling(caller, b"a")
        assert ends(caller)


def test_a_refused_body_that_goes_on_has_an_end_too(hurried):
    head = request(hurried, "POST /v1/nowhere", "Content-Length: 100000", "Origin: null")
    with opened(hurried, head) as caller:
        assert b" 403 " in caller.recv(1 << 16)
        assert ends(caller)


def trickling(caller, piece, seconds=1.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            caller.sendall(piece)
        except OSError:
            return
        time.sleep(0.05)


def test_a_reply_that_is_not_read_ends_the_connection(hurried, caplog):
    with httpx.Client(base_url=hurried, headers=BETA) as client:
        identity = uploaded(client, "large.pdf", bytes(20 << 20))["id"]
        with opened(hurried, request(hurried, f"GET /v1/files/{identity}/content")):
            soon(lambda: "does not read" in caplog.text)
            assert client.get("/files").status_code == 200


def test_many_small_replies_that_are_not_read_end_the_connection(hurried, caplog, monkeypatch):
    monkeypatch.setattr(crowd, "HEAD_SECONDS", 30)  # which a loaded machine needs for so many heads
    with opened(hurried) as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        pipelining(caller, request(hurried, "GET /v1/nowhere/" + "x" * 4000) * 100)
    assert "does not read" in caplog.text


def pipelining(caller, requests):
    caller.settimeout(0.2)
    left = requests
    for _ in range(400):
        try:
            left = (
                left[caller.send(left) :] or requests
            )  # no request is cut, or the next one would be no head
        except TimeoutError:
            continue
        except OSError:
            return


def soon(is_so):
    until = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < until, "it never came to be"
        time.sleep(0.05)


def test_a_slow_server_is_not_a_slow_caller(app, hurried):
    app.state.clock = lambda: time.sleep(2) or 5
    with httpx.Client(base_url=hurried, headers=BETA, timeout=20) as client:
        assert made(client)["created_at"] == 5


def test_a_body_that_takes_long_and_goes_on_arrives(hurried):
    body = b'{"model": "m"}'
    head = request(
        hurried, "POST /v1/assistants", f"Content-Length: {len(body)}", "OpenAI-Beta: assistants=v1"
    )
    with opened(hurried, head) as caller:
        for byte in body:
            caller.sendall(bytes([byte]))
            time.sleep(0.15)
        assert b" 200 " in caller.recv(1 << 16)


def test_a_server_with_1024_descriptors_answers_beside_1100_half_open_connections():
    command = [sys.executable, "-c", SERVER, "1024"]
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server,
        ExitStack() as held,
    ):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, before[1]), before[1]))
            url = server.stdout.readline().strip()
            with httpx.Client(base_url=url, headers=BETA, timeout=10) as first:
                made(first)
                for _ in range(1100):
                    held.enter_context(opened(url, HALF))
                for _ in range(20):
                    with httpx.Client(base_url=url, headers=BETA, timeout=10) as other:
                        made(other)
                made(first)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
            server.terminate()
            _, log = server.communicate(timeout=40)
    assert "Closing connections: more than 480 are open" in log
    assert len(log.splitlines()) <= 3, log
    assert "Traceback" not in log


def test_a_server_without_descriptors_says_so_once(app, caplog):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with running(app) as url, ExitStack() as held:
        soft = len([*Path("/proc/self/fd").iterdir()]) + 10
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
            for _ in range(8):
                held.enter_context(opened(url))
            time.sleep(0.5)
        except OSError:
            pass
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        time.sleep(1.5)
        with httpx.Client(base_url=url, headers=BETA, timeout=10) as client:
            assert client.get("/files").status_code == 200
    assert "Traceback" not in caplog.text
    assert caplog.text.count("Cannot accept connections") <= 1


def test_room_is_what_descriptors_leave(monkeypatch):
    for soft, most in (
        (1024, 480),
        (256, 96),
        (65, 1),
        (20, 1),
        (1 << 20, 2000),
        (resource.RLIM_INFINITY, 2000),
    ):
        monkeypatch.setattr(resource, "getrlimit", lambda _, soft=soft: (soft, soft))
        assert crowd.room() == most


def test_who_has_waited_longest_makes_room_heads_before_idle_before_bodies():
    members = Crowd(4)
    body, idle, old, new = callers = [Caller() for _ in range(4)]
    for caller in callers:
        members.enter(caller, Phase.HEAD)
    members.enter(body, Phase.BODY)
    members.enter(idle, Phase.IDLE)
    more = [Caller() for _ in range(5)]
    for number, caller in enumerate(more):
        members.enter(caller, Phase.BUSY)
        assert [one.ended for one in (old, new, idle, body)] == [int(place <= number) for place in range(4)]
    assert [caller.ended for caller in more] == [0, 0, 0, 0, 1]
    assert len(members) == 4


def test_who_takes_too_long_is_closed_once():
    members = Crowd(4)
    slow, quick = Caller("slow"), Caller()
    members.enter(slow, Phase.HEAD)
    members.enter(quick, Phase.HEAD)
    members.sweep()
    members.sweep()
    members.leave(slow)
    assert (slow.ended, quick.ended, len(members)) == (1, 0, 1)


def test_one_line_of_a_sort_is_written_in_a_while(caplog):
    now = [0.0]
    log = logging.getLogger("test.seldom")
    seldom = Seldom(lambda: now[0])
    log.addFilter(seldom)
    try:
        for number in range(1000):
            log.warning("number %d", number)
        log.warning("another sort")
        now[0] = trouble.REPEATED_SECONDS
        log.warning("number %d", 1000)
        log.warning("number %d", 1001)
    finally:
        log.removeFilter(seldom)
    assert caplog.messages == ["number 0", "another sort", "number 1000 (999 more before)"]
