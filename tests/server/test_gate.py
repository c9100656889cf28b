"""Which names a server answers to, and which pages may not ask it."""

import socket
from itertools import product
from urllib.parse import urlsplit

import httpx
import pytest
from server.asking import BETA, refused

from reconciler.server import Database, InvalidNameError, create_app, running
from reconciler.server.gate import Authority, Gate

LOCAL = Gate.of("127.0.0.1", 8123)
EVERYWHERE = Gate.of("0.0.0.0", 8123)  # noqa: S104 - nothing listens
NAMED = Gate.of("0.0.0.0", 8123, "", ["Assistants.example", "other.example:9000"])  # noqa: S104 - the same


def code(gate, *headers, target="/v1/files"):
    scope = {
        "raw_path": target.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
    }
    refusal = gate.refusal(scope)
    return refusal and (refusal.status, refusal.code)


def asked(gate, host, *origins, **how):
    return code(gate, ("host", host), *(("origin", origin) for origin in origins), **how)


@pytest.mark.parametrize(
    ("gate", "host"),
    [
        (LOCAL, "127.0.0.1:8123"),
        (LOCAL, "localhost:8123"),
        (LOCAL, "LOCALHOST:8123"),
        (LOCAL, "localhost.:8123"),
        (LOCAL, "[::1]:8123"),
        (LOCAL, "[::ffff:127.0.0.1]:8123"),
        (LOCAL, "[0:0:0:0:0:0:0:1]:8123"),
        (Gate.of("127.0.0.1", 80), "127.0.0.1"),
        (Gate.of("192.0.2.7", 8123), "192.0.2.7:8123"),
        (Gate.of("192.0.2.7", 8123, "desk.example"), "desk.example:8123"),
        (Gate.of("::1", 8123, "::1"), "[::1]:8123"),
        (Gate.of("fe80::1%eth0", 8123), "[fe80::1]:8123"),
        (EVERYWHERE, "192.0.2.7:8123"),
        (EVERYWHERE, "[2001:db8::7]:8123"),
        (EVERYWHERE, "localhost:8123"),
        (NAMED, "assistants.example"),
        (NAMED, "assistants.example.:443"),
        (NAMED, "other.example:9000"),
        (NAMED, "127.0.0.1:8123"),
    ],
)
def test_a_server_answers_to_its_addresses_and_names(gate, host):
    assert asked(gate, host) is None


@pytest.mark.parametrize(
    ("gate", "host"),
    [
        (LOCAL, "evil.example:8123"),
        (LOCAL, "127.0.0.1"),
        (LOCAL, "127.0.0.1:8124"),
        (LOCAL, "localhost:80"),
        (LOCAL, "localhost..:8123"),
        (LOCAL, "localhost.evil.example:8123"),
        (LOCAL, "127.0.0.1.evil.example:8123"),
        (LOCAL, "evil-localhost:8123"),
        (LOCAL, "0.0.0.0:8123"),
        (LOCAL, "192.0.2.7:8123"),
        (LOCAL, "127.1:8123"),
        (LOCAL, "2130706433:8123"),
        (LOCAL, "0x7f.0.0.1:8123"),
        (LOCAL, "::1:8123"),
        (LOCAL, "[127.0.0.1]:8123"),
        (LOCAL, "[::1]"),
        (LOCAL, "[::1:8123"),
        (LOCAL, "[::2]:8123"),
        (LOCAL, "user@127.0.0.1:8123"),
        (LOCAL, "127.0.0.1:8123@evil.example"),
        (LOCAL, "127.0.0.1:8123, evil.example"),
        (LOCAL, "127.0.0.1:8123/evil"),
        (LOCAL, "127.0.0.1:08123x"),
        (LOCAL, "127.0.0.1:99999"),
        (LOCAL, "127.0.0.1:"),
        (LOCAL, ":8123"),
        (LOCAL, "."),
        (LOCAL, ""),
        (LOCAL, "löcalhost:8123"),
        (Gate.of("192.0.2.7", 8123), "127.0.0.1:8123"),
        (Gate.of("192.0.2.7", 8123), "192.0.2.8:8123"),
        (EVERYWHERE, "evil.example:8123"),
        (EVERYWHERE, "192.0.2.7:8124"),
        (NAMED, "evil.assistants.example"),
        (NAMED, "other.example"),
        (NAMED, "other.example:9001"),
    ],
)
def test_a_server_answers_to_no_other_name(gate, host):
    assert asked(gate, host) == (421, "unknown_host")


def test_a_request_has_one_host():
    assert code(LOCAL) == (421, "unknown_host")
    assert code(LOCAL, ("host", "127.0.0.1:8123"), ("host", "evil.example")) == (421, "unknown_host")


@pytest.mark.parametrize(
    "target", ["http://evil.example/v1/files", "evil.example:443", "http://x@127.0.0.1:8123/", "http:/v1", ""]
)
def test_a_request_line_names_no_other_host(target):
    assert asked(LOCAL, "127.0.0.1:8123", target=target) == (421, "unknown_host")


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:8123/v1/files", "HTTP://127.0.0.1:8123", "*", "/", "//x/y"]
)
def test_a_request_line_may_name_the_same_host(target):
    assert asked(LOCAL, "127.0.0.1:8123", target=target) is None


@pytest.mark.parametrize(
    ("gate", "host", "origin"),
    [
        (LOCAL, "127.0.0.1:8123", "http://127.0.0.1:8123"),
        (LOCAL, "localhost:8123", "HTTP://LocalHost:8123"),
        (LOCAL, "[::1]:8123", "http://[::1]:8123"),
        (Gate.of("127.0.0.1", 80), "127.0.0.1", "http://127.0.0.1:80"),
        (NAMED, "assistants.example", "https://assistants.example"),
        (NAMED, "assistants.example:9000", "http://assistants.example:9000"),
    ],
)
def test_a_page_of_the_server_s_own_origin_may_ask(gate, host, origin):
    assert asked(gate, host, origin) is None


@pytest.mark.parametrize(
    "origins",
    [
        ["https://evil.example"],
        ["null"],
        [""],
        ["http://127.0.0.1:3000"],
        ["http://127.0.0.1"],
        ["https://127.0.0.1:8123"],
        ["ftp://127.0.0.1:8123"],
        ["127.0.0.1:8123"],
        ["http://localhost:8123"],
        ["http://127.0.0.1:8123/"],
        ["http://127.0.0.1:8123@evil.example"],
        ["http://127.0.0.1:8123 http://evil.example"],
        ["http://127.0.0.1:8123", "http://127.0.0.1:8123"],
        ["http://127.0.0.1:8123", "https://evil.example"],
        ["chrome-extension://abcdefgh"],
    ],
)
def test_a_page_of_another_origin_may_not_ask(origins):
    assert asked(LOCAL, "127.0.0.1:8123", *origins) == (403, "foreign_origin")


def test_a_page_at_another_address_may_not_ask_a_server_of_all_interfaces():
    assert asked(EVERYWHERE, "192.0.2.7:8123", "http://192.0.2.66:8123") == (403, "foreign_origin")


@pytest.mark.parametrize("name", ["", "two words", "http://x", "a/b", "[::1", "x:y", "x:99999"])
def test_what_is_not_a_name_cannot_be_allowed(name):
    with pytest.raises(InvalidNameError, match="is not a host name"):
        Gate.of("127.0.0.1", 8123, "", [name])


def test_an_authority_has_one_spelling():
    assert Authority.read("[::FFFF:7f00:1]:1") == Authority.read("127.0.0.1.:1") == ("127.0.0.1", 1)


def test_only_a_loopback_address_is_local():
    assert (LOCAL.is_local, Gate.of("::1", 1).is_local) == (True, True)
    assert (EVERYWHERE.is_local, Gate.of("::", 1).is_local, Gate.of("192.0.2.7", 1).is_local) == (False,) * 3


@pytest.fixture(scope="module")
def listening():
    """A server on a socket that asks for a key, for all tests here: none of them gets in."""
    with Database.memory() as database:
        app = create_app(database, api_key="k")
        with running(app) as url:
            yield app, url


METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "FOO")
PATHS = ("/files", "/assistants", "/nowhere", "/files/file-x/content", "/../")


@pytest.mark.parametrize(("method", "path"), [*product(METHODS, PATHS)])
def test_every_method_of_every_path_is_behind_the_gate(listening, method, path):
    app, url = listening
    app.state.ledger.clear()
    with httpx.Client(base_url=url, headers=BETA) as client:
        rebound = client.request(method, path, headers={"Host": "evil.example"})
        foreign = client.request(method, path, headers={"Origin": "null"})
    assert (rebound.status_code, foreign.status_code) == (421, 403)
    assert [entry.status for entry in app.state.ledger] == [421, 403]
    if method != "HEAD":
        assert "evil.example" in refused(rebound, "unknown_host", None, 421)
        assert "--allow-host NAME" in rebound.text
        refused(foreign, "foreign_origin", None, 403)
    assert {"x-request-id", "openai-version"} <= rebound.headers.keys() & foreign.headers.keys()
    assert "access-control-allow-origin" not in foreign.headers


@pytest.mark.parametrize(
    "head",
    [
        "POST /v1/files HTTP/1.1\r\n\r\n",
        "POST /v1/files HTTP/1.1\r\nHost: {0}\r\nHost: {0}\r\n\r\n",
        "POST /v1/files HTTP/1.0\r\n\r\n",
        "POST http://evil.example/v1/files HTTP/1.1\r\nHost: {0}\r\n\r\n",
        "POST /v1/files HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\norigin: http://evil.example\r\n\r\n",
        "CONNECT evil.example:443 HTTP/1.1\r\nHost: {0}\r\n\r\n",
        "\x16\x03\x01\r\n\r\n",
    ],
)
def test_a_request_without_one_host_or_with_two_is_refused_in_the_envelope(listening, head):
    place = urlsplit(listening[1])
    with socket.create_connection((place.hostname, place.port), timeout=10) as line:
        line.sendall(head.format(place.netloc).encode())
        reply = b""
        while b"}}" not in reply:
            reply += line.recv(1 << 16)
    assert reply.split()[1] in {b"400", b"403", b"421"}
    assert b'{"error":{"message":' in reply
