"""Where requests go: not after a redirect, not through a proxy that nobody asked for, not to a stranger."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from contextlib import contextmanager

import click
import pytest
from api.replies import LOCAL, Speaker, listening
from click.testing import CliRunner

from reconciler.api import APIConnectionError, APIStatusError, AsyncClient, UnknownOutcomeError, async_socket
from reconciler.api.transport import ReadOnlyError
from reconciler.cli import options
from reconciler.cli.target import choose
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.errors import TargetError
from reconciler.model.resource import LiveAssistant

EMPTY = b'{"object": "list", "data": []}'
LISTED = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n" + EMPTY
FAR = "http://far.example/v1"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """An environment that names no proxy, no server and no key."""
    for name in (*PROXIES, "REQUEST_METHOD", "OPENAI_API_KEY", "OPENAI_BASE_URL", "CI"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch


def listed(url, **ways):
    """The uploads of a server that is reached so."""

    async def ask():
        async with AsyncClient(base_url=url, transport=async_socket(url, **ways), max_retries=0) as client:
            return (await client.files.list()).data

    return asyncio.run(ask())


def chosen(server, tmp_path, **options):
    return choose(server, None, (), tmp_path, **{"allow_http": True} | options)


def provided(target, use, *, reading=True):
    """What is done with the provider of a target."""

    async def used():
        async with target.provider(ASSISTANTS_V1, reading=reading) as provider:
            return await use(provider)

    return asyncio.run(used())


# Redirects


class Polite(Speaker):
    """A speaker that lets the client finish what it says."""

    def __call__(self, connection):
        with connection:
            self.heard.append(connection.recv(65536))
            connection.sendall(self._reply)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass


def redirect(status, location):
    return f"HTTP/1.1 {status} Elsewhere\r\nlocation: {location}\r\nconnection: close\r\n\r\n".encode()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["http://{}/x", "https://{}/x", "//{}/x"])
def test_the_server_that_a_redirect_names_is_not_even_connected_to(connect, status, where):
    other = Speaker(LISTED)
    with listening(other) as elsewhere:
        speaker = Polite(redirect(status, where.format(elsewhere)))
        with (
            listening(speaker) as address,
            connect(base_url=f"http://{address}", api_key="sk-secret") as client,
        ):
            with pytest.raises(APIStatusError, match="refused; name that server yourself"):
                client.files.list()
            with pytest.raises((APIStatusError, UnknownOutcomeError), match="refused"):
                client.beta.assistants.create(model="m")
        assert len(speaker.heard) == 2
    assert other.heard == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_the_same_server_is_not_followed_either(connect, status):
    speaker = Speaker(redirect(status, "/v1/files"))
    with (
        listening(speaker) as address,
        connect(base_url=f"http://{address}") as client,
        pytest.raises(APIStatusError, match="refused"),
    ):
        client.files.list()
    assert len(speaker.heard) == 1


# Certificates


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that its own key signed, and that key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    folder = tmp_path_factory.mktemp("authority")
    made, key = folder / "ca.pem", folder / "key.pem"
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1"
    command = ["openssl", *words.split(), "-keyout", str(key), "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return made, key


class Sealed(Speaker):
    """A speaker over TLS."""

    def __init__(self, reply, certificate):
        super().__init__(reply)
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(*certificate)

    def __call__(self, connection):
        try:
            super().__call__(self._context.wrap_socket(connection, server_side=True))
        except OSError:
            connection.close()  # the client did not trust us


@contextmanager
def sealed(certificate, reply=LISTED):
    """A server over TLS, its base URL, and what it heard."""
    speaker = Sealed(reply, certificate)
    with listening(speaker) as address:
        yield f"https://{address}", speaker.heard


def test_a_private_authority_is_trusted_where_it_is_named(certificate, tmp_path):
    with sealed(certificate) as (url, heard):
        assert listed(url, ca_file=certificate[0]) == []
        target = chosen(url, tmp_path, ca_file=certificate[0])
        assert provided(target, lambda provider: provider.client.files.list()).data == []
    assert len(heard) == 2


def test_without_its_name_it_is_not_whatever_the_environment_says(certificate, environment):
    environment.setenv("SSL_CERT_FILE", str(certificate[0]))
    environment.setenv("SSL_CERT_DIR", str(certificate[0].parent))
    with sealed(certificate) as (url, heard), pytest.raises(APIConnectionError, match=r"(?i)certificate"):
        listed(url)
    assert heard == []


def test_a_certificate_for_another_name_is_refused(certificate):
    with sealed(certificate) as (url, heard), pytest.raises(APIConnectionError, match=r"(?i)certificate"):
        listed(url.replace("127.0.0.1", "localhost"), ca_file=certificate[0])
    assert heard == []


def test_a_redirect_from_https_to_http_is_not_followed(certificate):
    other = Speaker(LISTED)
    with (
        listening(other) as elsewhere,
        sealed(certificate, redirect(307, f"http://{elsewhere}/files")) as (url, heard),
        pytest.raises(APIStatusError, match="refused"),
    ):
        listed(url, ca_file=certificate[0])
    assert len(heard) == 1
    assert other.heard == []


def test_authorities_that_cannot_be_read_are_told(tmp_path):
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    with pytest.raises(TargetError, match=r"empty\.pem: it holds no certificate"):
        async_socket("https://far.example/v1", ca_file=empty)
    with pytest.raises(TargetError, match=r"nowhere\.pem: No such file"):
        async_socket("https://far.example/v1", ca_file=tmp_path / "nowhere.pem")


# Proxies


def test_a_proxy_is_used_where_that_is_asked_for(environment, tmp_path):
    speaker = Speaker(LISTED)
    with listening(speaker) as address:
        environment.setenv("HTTP_PROXY", f"http://me:hunter2@{address.removesuffix('/v1')}")
        assert listed(FAR, proxy_from_environment=True) == []
        target = chosen(FAR, tmp_path, proxy_from_environment=True)
        assert provided(target, lambda provider: provider.client.files.list()).data == []
    assert [one.split(b"\r\n")[0] for one in speaker.heard] == [
        b"GET http://far.example/v1/files HTTP/1.1"
    ] * 2
    assert b"Proxy-Authorization: Basic" in speaker.heard[0]


def test_a_proxy_is_only_asked_to_open_a_tunnel_for_https(environment):
    speaker = Speaker(b"HTTP/1.1 403 No\r\n\r\n")
    with listening(speaker) as address:
        environment.setenv("https_proxy", address.removesuffix("/v1"))
        with pytest.raises(APIConnectionError):
            listed("https://far.example/v1", proxy_from_environment=True)
    assert speaker.heard[0].startswith(b"CONNECT far.example:443 HTTP/1.1")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_nothing_to_this_machine_goes_through_a_proxy(environment, tmp_path, host):
    server = Speaker(LISTED)
    with listening(server) as address:
        for name in ("HTTP_PROXY", "ALL_PROXY"):
            environment.setenv(name, "http://127.0.0.1:9")
        url = f"http://{address}".replace("127.0.0.1", host)
        target = chosen(url, tmp_path, proxy_from_environment=True)
        assert provided(target, lambda provider: provider.client.files.list()).data == []
    assert server.heard[0].startswith(b"GET /v1/files HTTP/1.1")


def proxied(url, **ways):
    """Whether what goes to a URL goes through a proxy."""
    return async_socket(url, **ways).proxy != ""


@pytest.mark.parametrize("name", PROXIES[:3])
def test_no_proxy_is_used_unless_that_is_asked_for(environment, name):
    environment.setenv(name, "http://127.0.0.1:9")
    assert not proxied(FAR)
    assert not proxied("https://far.example/v1")


@pytest.mark.parametrize("excluded", ["far.example", "*", ".example", "other,far.example:80"])
def test_what_no_proxy_names_is_reached_directly(environment, excluded):
    environment.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert proxied("http://far.example:80/v1", proxy_from_environment=True)
    environment.setenv("NO_PROXY", excluded)
    direct = "http://far.example:80/v1" if ":80" not in excluded else "http://far.example:8080/v1"
    assert proxied(direct, proxy_from_environment=True) is (":80" in excluded)


@pytest.mark.parametrize("wrong", ["socks5://me:hunter2@h:1", "ftp://me:hunter2@h", "http://", "http://h:x"])
def test_a_proxy_that_is_none_is_told_without_its_password(environment, wrong):
    environment.setenv("HTTP_PROXY", wrong)
    with pytest.raises(TargetError, match="the proxy that the environment names for http") as refused:
        async_socket(FAR, proxy_from_environment=True)
    assert "hunter2" not in str(refused.value)


# Only reading


class Counted(Speaker):
    """A speaker that also counts who came without a word."""

    def __init__(self):
        super().__init__(LISTED)
        self.connections = 0

    def __call__(self, connection):
        self.connections += 1
        super().__call__(connection)


LIVE = LiveAssistant("asst_1", 1, {}, {}, ())
WRITES = [
    lambda provider: provider.create({"model": "m"}, {}, []),
    lambda provider: provider.update(LIVE, {"name": "n"}, {}),
    lambda provider: provider.delete(LIVE),
    lambda provider: provider.attach("asst_1", "file-1"),
    lambda provider: provider.detach("asst_1", "file-1"),
    lambda provider: provider.client.files.create(file=b"hello", purpose="assistants"),
    lambda provider: provider.client.files.delete("file-1"),
]


@pytest.mark.parametrize("write", WRITES)
def test_a_plan_that_would_write_does_not_even_connect(tmp_path, write):
    server = Counted()
    with listening(server) as address:
        target = chosen(f"http://{address}", tmp_path)
        with pytest.raises(ReadOnlyError, match="this command only reads"):
            provided(target, write)
        assert server.connections == 0
        assert provided(target, lambda provider: provider.client.files.list()).data == []
    assert server.connections == 1


# What the command line says


@click.command()
@options.server
def asked(**given):
    click.echo(f"{given['proxy_from_environment']} {given['ca_file']}")


def test_both_are_options_with_variables():
    run = CliRunner().invoke
    assert run(asked, []).output == "False None\n"
    assert run(asked, ["--proxy-from-environment", "--ca-file", "a.pem"]).output == "True a.pem\n"
    variables = {"ASSISTANTS_SYNC_PROXY_FROM_ENVIRONMENT": "1", "ASSISTANTS_SYNC_CA_FILE": "b.pem"}
    assert run(asked, [], env=variables).output == "True b.pem\n"


def test_a_target_waits_half_a_minute_for_a_call_and_five_seconds_for_a_connection(tmp_path):
    async def settings(provider):
        return provider.client._settings  # noqa: SLF001 - nothing else tells

    found = provided(chosen(LOCAL, tmp_path), settings)
    assert (found.deadline, found.timeout.connect, found.max_answer_bytes) == (30, 5, 16 * 1024 * 1024)
