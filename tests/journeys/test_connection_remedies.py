"""A server that cannot be asked: the remedy follows from what went wrong on the way."""

import json
import socket
import ssl
import threading
from contextlib import contextmanager

import httpx
import pytest

from reconciler.api.errors import met, unanswered
from reconciler.api.transport import is_behind_proxy

HIDDEN = "https://assistants.nosuch.invalid/v1"
UNUSED = "A proxy is set in the environment and was not used: pass --proxy-from-environment"
COPIED = (
    "Incorrect API key provided: sk-1. You can find your API key at https://platform.example.com/api-keys."
)


@contextmanager
def answering(reply):
    """A server that gives every request one reply."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    here, _ = server.accept()
                except OSError:
                    return
                with here:
                    here.recv(65_536)
                    here.sendall(reply)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def refusal(status, text):
    """A reply that refuses, with a message."""
    body = json.dumps({"error": {"message": text}})
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()


def raised(cause, kind=httpx.ConnectError):
    """What httpx raises because of an exception."""
    error = kind(str(cause))
    error.__cause__ = cause
    return error


REFUSED = "refused the connection. Is its address right, and is it running?"


@pytest.mark.parametrize(
    ("cause", "proxy", "sentence"),
    [
        (socket.gaierror(-2, "Name or service not known"), "", "the host of the server cannot be resolved"),
        (socket.gaierror(-2, "no name"), "http://p:1", "the host of the proxy http://p:1 cannot be resolved"),
        (ConnectionRefusedError(111, "refused"), "", f"the server {REFUSED}"),
        (ConnectionRefusedError(111, "refused"), "http://p:1", f"the proxy http://p:1 {REFUSED}"),
        (ExceptionGroup("many", [ConnectionRefusedError(111, "refused")]), "", f"the server {REFUSED}"),
        (ssl.SSLCertVerificationError(1, "self-signed"), "", "is its authority trusted?"),
        (ssl.SSLError(1, "wrong version number"), "", "Does the server speak TLS on this port?"),
        (OSError(113, "No route to host"), "", "Is the URL right, and the server running?"),
    ],
)
def test_a_failed_connection_is_explained_by_its_cause(cause, proxy, sentence):
    assert sentence in str(unanswered(raised(cause), HIDDEN, proxy))


def test_the_causes_of_an_exception_that_has_itself_as_one_end():
    error = ValueError("round")
    other = ValueError("about")
    error.__cause__, other.__cause__ = other, error
    assert not met(error, OSError)


@pytest.mark.parametrize(
    ("variables", "is_so"),
    [
        ({"HTTPS_PROXY": "http://p:1"}, True),
        ({"ALL_PROXY": "http://p:1"}, True),
        ({"HTTPS_PROXY": "socks9://p"}, True),
        ({"HTTP_PROXY": "http://p:1"}, False),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".invalid"}, False),
        ({}, False),
    ],
)
def test_a_proxy_counts_where_the_environment_names_one_for_the_server(variables, is_so, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert is_behind_proxy(HIDDEN) is is_so


def test_a_proxy_that_was_not_used_is_named(project):
    variables = {"OPENAI_API_KEY": "x", "HTTPS_PROXY": "http://127.0.0.1:9"}

    ended = project.run("plan", "--server", HIDDEN, **variables)
    assert (ended.code, UNUSED in ended.err) == (1, True)
    ended = project.run("plan", "--server", HIDDEN, "--proxy-from-environment", **variables)
    assert UNUSED not in ended.err
    assert f"the proxy http://127.0.0.1:9 {REFUSED}" in ended.err


@pytest.mark.parametrize(
    ("variables", "remedy"),
    [
        ({}, "No key was sent: set OPENAI_API_KEY, or pass --api-key-file FILE"),
        ({"OPENAI_API_KEY": "sk-1"}, "The key is taken from --api-key-file, or from OPENAI_API_KEY"),
    ],
)
def test_a_401_says_whether_a_key_was_sent_and_leads_to_no_other_service(variables, remedy, project):
    with answering(refusal("401 Unauthorized", COPIED)) as port:
        ended = project.run("plan", "--server", f"http://127.0.0.1:{port}/v1", **variables)

    assert ended.code == 1
    assert remedy in ended.err
    assert "Incorrect API key provided" in ended.err
    assert "platform.example.com" not in ended.err


@pytest.mark.parametrize("key", ["", "sk-1"])
def test_a_401_to_a_header_names_the_header_which_replaces_every_key(key, project):
    with answering(refusal("401 Unauthorized", "Bad token.")) as port:
        url = f"http://127.0.0.1:{port}/v1"
        header = ("--header", "authorization: Bearer q")
        ended = project.run("plan", "--server", url, *header, OPENAI_API_KEY=key)

    assert ended.code == 1
    assert "The key is taken from the Authorization header of --header" in ended.err
    assert "OPENAI_API_KEY" not in ended.err


def test_a_407_says_where_user_and_password_belong(project):
    with answering(refusal("407 Proxy Authentication Required", "who?")) as port:
        ended = project.run("plan", "--server", f"http://127.0.0.1:{port}/v1")

    assert "http://USER:PASSWORD@HOST:PORT" in ended.err


def test_a_status_is_printed_once(project):
    with answering(refusal("422 Unprocessable", "422 Unprocessable")) as port:
        ended = project.run("plan", "--server", f"http://127.0.0.1:{port}/v1")

    assert "answered 422: Unprocessable" in ended.err
