"""Whether a request was sent, whatever ended its exchange; and connections that stay where they belong."""

import asyncio
import gc
import inspect
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import anyio
import h11
import httpx
import pytest
import trio
from api.colours import PARSED
from api.replies import LOCAL, Script, Speaker, assistant, listening, page, refused, said

from reconciler.api import (
    APIConnectionError,
    APITimeoutError,
    AsyncClient,
    Client,
    UnknownOutcomeError,
    async_socket,
)
from reconciler.api.errors import unanswered, was_sent
from reconciler.api.transport import socket as sync_socket

SENT = {
    "HTTPError": True,
    "RequestError": True,
    "TransportError": True,
    "TimeoutException": True,
    "ConnectTimeout": False,
    "ReadTimeout": True,
    "WriteTimeout": True,
    "PoolTimeout": False,
    "NetworkError": True,
    "ConnectError": False,
    "ReadError": True,
    "WriteError": True,
    "CloseError": True,
    "ProtocolError": True,
    "LocalProtocolError": True,
    "RemoteProtocolError": True,
    "ProxyError": False,
    "UnsupportedProtocol": False,
    "DecodingError": True,
    "TooManyRedirects": True,
    "HTTPStatusError": True,
    "InvalidURL": True,
    "CookieConflict": True,
    "StreamError": True,
    "StreamConsumed": True,
    "StreamClosed": True,
    "ResponseNotRead": True,
    "RequestNotRead": True,
}
"""Every exception of httpx, and whether a request that it ends may have reached the server."""


def raised(kind):
    """An exception of httpx of a kind."""
    if kind is httpx.HTTPStatusError:
        return kind("odd", request=httpx.Request("GET", LOCAL), response=httpx.Response(500))
    return kind("odd") if inspect.signature(kind).parameters else kind()


def test_every_exception_of_httpx_is_sorted_on_purpose():
    kinds = {name: kind for name, kind in vars(httpx).items() if inspect.isclass(kind)}
    found = {name: was_sent(raised(kind)) for name, kind in kinds.items() if issubclass(kind, Exception)}
    assert found == SENT
    for name, sent in SENT.items():
        assert unanswered(raised(kinds[name]), LOCAL).sent is sent


OTHERS = {
    "a reset": ConnectionResetError(104, "Connection reset by peer"),
    "a refusal of no known origin": ConnectionRefusedError("refused"),
    "a broken pipe": BrokenPipeError("pipe"),
    "a closed event loop": RuntimeError("Event loop is closed"),
    "anyio": anyio.BrokenResourceError(),
    "h11": h11.RemoteProtocolError("odd"),
    "a mistake": TypeError("'NoneType' object is not callable"),
    "a group": ExceptionGroup("some", [OSError("one")]),
    "no words": ValueError(),
}


def create(client):
    return client.beta.assistants.create(model="m")


@pytest.mark.parametrize("cause", OTHERS.values(), ids=OTHERS)
def test_a_create_that_ends_with_any_exception_is_in_doubt(scripted, waits, cause):
    with scripted(cause) as (client, asked):
        with pytest.raises(UnknownOutcomeError, match="may or may not") as error:
            create(client)
        assert len(asked) == 1
    assert type(error.value.__cause__) is APIConnectionError
    assert error.value.__cause__.__cause__ is cause
    assert not error.value.had_no_effect
    assert type(cause).__name__ in str(error.value)
    assert waits == []


@pytest.mark.parametrize("cause", OTHERS.values(), ids=OTHERS)
def test_a_read_that_ends_with_any_exception_is_repeated(scripted, cause):
    with scripted(cause, cause, said(page())) as (client, asked):
        assert client.beta.assistants.list().data == []
        assert len(asked) == 3
    with scripted(cause, max_retries=0) as (client, _), pytest.raises(APIConnectionError) as error:
        client.beta.assistants.list()
    assert error.value.sent
    assert error.value.__cause__ is cause


def test_a_timeout_of_any_library_is_a_timeout(scripted):
    with scripted(TimeoutError("late"), max_retries=0) as (client, _), pytest.raises(APITimeoutError):
        client.files.list()


def test_the_key_in_an_exception_is_blotted_out(scripted):
    with (
        scripted(OSError("sk-0123456789"), max_retries=0, api_key="sk-0123456789") as (client, _),
        pytest.raises(APIConnectionError) as error,
    ):
        client.files.list()
    assert error.value.message == f"no whole answer from {LOCAL}: OSError: ***"


@pytest.mark.parametrize("hook", ["request", "response"])
def test_a_hook_that_fails_leaves_a_create_in_doubt(hook):
    def failing(_):
        raise RuntimeError("hook")

    http = httpx.Client(
        transport=httpx.MockTransport(Script(said(assistant()))), event_hooks={hook: [failing]}
    )
    with Client(base_url=LOCAL, http_client=http) as client, pytest.raises(UnknownOutcomeError, match="hook"):
        create(client)


@pytest.mark.parametrize("cause", [KeyboardInterrupt(), SystemExit(3)])
def test_an_interruption_stays_what_it_is(cause):
    def interrupt(_):
        raise cause

    with (
        Client(base_url=LOCAL, transport=httpx.MockTransport(interrupt)) as client,
        pytest.raises(type(cause)) as error,
    ):
        create(client)
    assert error.value is cause


def test_a_cancelled_task_stays_cancelled():
    async def forever(_):
        await asyncio.sleep(3600)

    async def main():
        async with AsyncClient(base_url=LOCAL, transport=httpx.MockTransport(forever), deadline=60) as client:
            task = asyncio.create_task(create(client))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda c: c.beta.assistants.create(model="m", metadata={"a": object()}), TypeError),
        (lambda c: c.beta.assistants.create(model="m", extra_headers={"a b": "c"}), ValueError),
        (lambda c: c.beta.assistants.create(model="m", name="\ud800"), UnicodeEncodeError),
    ],
)
def test_a_mistake_in_a_request_is_told_before_anything_is_sent(scripted, call, kind):
    with scripted() as (client, asked):
        with pytest.raises(kind):
            call(client)
        assert asked == []


@pytest.mark.parametrize("colour", PARSED)
def test_a_closed_client_says_that_it_is_closed(colour):
    with PARSED[colour](base_url=LOCAL, transport=httpx.MockTransport(Script())) as client:
        client.close()
        with pytest.raises(RuntimeError, match="has been closed"):
            create(client)


def test_a_streamed_body_that_ends_with_any_exception_broke_off(scripted):
    class Odd(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self):
            raise ConnectionResetError("reset")
            yield b""

        async def __aiter__(self):
            raise ConnectionResetError("reset")
            yield b""

    with scripted(httpx.Response(200, stream=Odd()), httpx.Response(200, stream=Odd())) as (client, _):
        with (
            client.beta.assistants.with_streaming_response.retrieve("asst_1") as answer,
            pytest.raises(APIConnectionError, match="ConnectionResetError: reset"),
        ):
            answer.read()
        with (
            client.beta.assistants.with_streaming_response.create(model="m") as answer,
            pytest.raises(UnknownOutcomeError, match="ConnectionResetError: reset"),
        ):
            answer.read()


# Proxies

REFUSED = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"


def test_a_proxy_that_refuses_the_tunnel_is_named_and_nothing_was_sent(over):
    speaker = Speaker(REFUSED)
    with listening(speaker) as address:
        proxy = f"http://{address.removesuffix('/v1')}"
        with (
            over("https://example.invalid/v1", {"proxy": proxy}, max_retries=0) as (client, _),
            pytest.raises(APIConnectionError) as error,
        ):
            create(client)
    assert not error.value.sent
    assert error.value.had_no_effect
    assert f"the proxy {proxy} refused the tunnel: 407 Proxy Authentication Required" in str(error.value)
    assert speaker.heard[0].startswith(b"CONNECT example.invalid:443")


@pytest.mark.parametrize("reply", [REFUSED, b"", b"SSH-2.0\r\n", b"HTTP/1.1 200 OK\r\n\r\nno TLS"])
def test_whatever_goes_wrong_with_a_tunnel_nothing_was_sent(monkeypatch, reply):
    async def main():
        way = async_socket("https://example.invalid/v1", proxy_from_environment=True)
        async with AsyncClient(base_url="https://example.invalid/v1", transport=way, max_retries=0) as client:
            await create(client)

    with listening(Speaker(reply)) as address:
        monkeypatch.setenv("https_proxy", f"http://me:hunter2@{address.removesuffix('/v1')}")
        with pytest.raises(APIConnectionError) as error:
            asyncio.run(main())
    assert not error.value.sent
    assert "hunter2" not in str(error.value)
    if reply == REFUSED:
        assert f"the proxy http://{address.removesuffix('/v1')} refused the tunnel" in str(error.value)


# Event loops and processes


def test_a_client_works_in_one_event_loop_after_the_other(embedded):
    client = AsyncClient(base_url=embedded.url)

    async def make(name):
        made = await client.beta.assistants.create(model="m", name=name)
        assert (await client.beta.assistants.retrieve(made.id)).name == name
        return made.id

    before = len(embedded.ledger)
    assert len({asyncio.run(make(f"n{number}")) for number in range(4)}) == 4
    assert embedded.paths(since=before).count(("POST", "/v1/assistants")) == 4
    asyncio.run(client.close())
    gc.collect()  # a connection that was left open would warn


def test_a_client_works_in_event_loops_of_two_libraries(embedded):
    client = AsyncClient(base_url=embedded.url)

    async def listed():
        return (await client.files.list()).object

    assert [asyncio.run(listed()), trio.run(listed), asyncio.run(listed()), trio.run(listed)] == ["list"] * 4
    gc.collect()


def test_a_client_works_in_event_loops_that_run_at_the_same_time(embedded):
    client, together, found = AsyncClient(base_url=embedded.url), threading.Barrier(3), []

    async def read():
        for _ in range(5):
            together.wait()
            found.append((await client.files.list()).object)

    threads = [threading.Thread(target=asyncio.run, args=[read()]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["list"] * 15
    gc.collect()


def test_closing_a_client_closes_the_connections_of_its_loop_and_it_may_go_on_elsewhere(embedded):
    way = async_socket(embedded.url)

    async def main():
        async with AsyncClient(base_url=embedded.url, transport=way) as client:
            await client.files.list()

    asyncio.run(main())
    asyncio.run(main())
    gc.collect()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.parametrize("colour", PARSED)
def test_after_a_fork_every_process_has_connections_of_its_own(embedded, colour):
    with PARSED[colour](base_url=embedded.url) as client:
        made = [client.beta.assistants.create(model="m").id for _ in range(4)]
        children = [forked(lambda mine=mine: right(client, mine)) for mine in made]
        assert right(client, made[0])
        assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
        assert right(client, made[1])


def right(client, identity):
    """Whether a client gets what it asks for, time and again."""
    return all(client.beta.assistants.retrieve(identity).id == identity for _ in range(20))


def forked(check):
    """A child process that ends with 0 where a check holds."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        code = 0 if check() else 2
    finally:
        os._exit(code)


class Lasting(BaseHTTPRequestHandler):
    """Keeps every connection open, and counts them."""

    protocol_version = "HTTP/1.1"
    connections = 0

    def setup(self):
        type(self).connections += 1
        super().setup()

    def do_GET(self):
        body = json.dumps(page(has_more=False)).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("colour", PARSED)
@pytest.mark.parametrize(("idle", "connections"), [(1.9, 1), (2.1, 2)])
def test_a_connection_that_was_idle_for_two_seconds_is_not_used_again(monkeypatch, colour, idle, connections):
    now = [0.0]
    for module in ("_sync", "_async"):
        monkeypatch.setattr(f"httpcore.{module}.http11.time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(Lasting, "connections", 0)
    with ThreadingHTTPServer(("127.0.0.1", 0), Lasting) as server:
        threading.Thread(target=server.serve_forever).start()
        with PARSED[colour](base_url=f"http://127.0.0.1:{server.server_port}/v1") as client:
            client.beta.assistants.list()
            now[0] = idle
            client.beta.assistants.list()
        server.shutdown()
    assert Lasting.connections == connections


def test_closing_what_was_never_used_closes_nothing(embedded):
    sync_socket(embedded.url).close()
    asyncio.run(async_socket(embedded.url).aclose())


# Trio


def in_trio(use, *replies, **options):
    """Use a scripted client under trio."""

    async def main():
        transport = httpx.MockTransport(Script(*replies))
        async with AsyncClient(base_url=LOCAL, transport=transport, **options) as client:
            return await use(client)

    return trio.run(main)


async def listed(client):
    return (await client.beta.assistants.list()).data


def test_retries_work_under_trio(waits):
    assert in_trio(listed, refused(503), said(page())) == []
    assert len(waits) == 1


def test_the_pause_before_a_retry_is_one_of_trio(monkeypatch):
    monkeypatch.undo()
    assert in_trio(listed, refused(503, retry_after_ms="100"), said(page())) == []


def test_a_deadline_works_under_trio(embedded):
    async def slow(_):
        await trio.sleep(3600)

    async def main():
        async with AsyncClient(base_url=LOCAL, transport=httpx.MockTransport(slow), deadline=0.05) as client:
            with pytest.raises(UnknownOutcomeError, match="the whole call was not over"):
                await create(client)
            with pytest.raises(APITimeoutError):
                await client.copy(max_retries=0).files.list()

    trio.run(main)


def test_a_cancelled_scope_of_trio_stays_cancelled():
    async def slow(_):
        await trio.sleep(3600)

    async def main():
        async with AsyncClient(base_url=LOCAL, transport=httpx.MockTransport(slow), deadline=60) as client:
            with trio.move_on_after(0.05) as scope:
                await create(client)
        return scope.cancelled_caught

    assert trio.run(main)
