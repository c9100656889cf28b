"""The ways out: sockets, an app in this process, and nothing at all."""

import asyncio
import ssl

import httpx
import pytest
from api.replies import LOCAL, Script, Speaker, assistant, listening, page, said

from reconciler.api import (
    APIConnectionError,
    AsyncClient,
    InternalServerError,
    NotFoundError,
    async_socket,
    in_process,
    read_only,
)
from reconciler.api.transport import Pools, ReadOnlyError
from reconciler.errors import ReconcilerError
from reconciler.server import Database, create_app

WRITES = [
    lambda c: c.beta.assistants.create(model="m"),
    lambda c: c.beta.assistants.update("asst_1", name="n"),
    lambda c: c.beta.assistants.delete("a"),
    lambda c: c.beta.assistants.files.create("a", file_id="f"),
    lambda c: c.beta.assistants.files.delete("f", assistant_id="a"),
    lambda c: c.files.create(file=b"x", purpose="assistants"),
    lambda c: c.files.delete("f"),
]


def use(transport, use_it, **options):
    """Do something with an async client over a transport."""

    async def used():
        async with AsyncClient(base_url=LOCAL, transport=transport, **options) as client:
            return await use_it(client)

    return asyncio.run(used())


@pytest.mark.parametrize("write", WRITES)
def test_no_write_leaves_a_transport_that_only_reads(waits, write):
    script = Script()
    with pytest.raises(ReadOnlyError, match="this command only reads") as stopped:
        use(read_only(httpx.MockTransport(script)), write)
    assert script.asked == []
    assert waits == []
    assert isinstance(stopped.value, ReconcilerError)
    assert stopped.value.exit_code == 70


def test_what_reads_passes_through_it():
    script = Script(said(assistant()), said(page(has_more=False)))

    async def read(client):
        await client.beta.assistants.retrieve("asst_1")
        return await client.beta.assistants.list()

    assert use(read_only(httpx.MockTransport(script)), read).data == []
    assert [one.method for one in script.asked] == ["GET", "GET"]


def test_closing_it_closes_what_is_beneath_it():
    closed = []

    class Closing(httpx.MockTransport):
        async def aclose(self):
            closed.append(True)

    async def nothing(client):
        pass

    use(read_only(Closing(Script())), nothing)
    assert closed == [True]


def test_an_app_in_this_process_is_asked_without_a_socket(monkeypatch):
    monkeypatch.setattr("socket.socket.connect", None)

    async def live(client):
        upload = await client.files.create(file=("n.md", b"hello"), purpose="assistants")
        made = await client.beta.assistants.create(model="m", file_ids=[upload.id])
        found = [one async for one in client.beta.assistants.list()]
        content = await client.files.content(upload.id)
        await client.beta.assistants.delete(made.id)
        with pytest.raises(NotFoundError):
            await client.beta.assistants.retrieve(made.id)
        return made, found, content

    with Database.memory() as database:
        app = create_app(database)
        made, found, content = use(in_process(app), live)
        assert [entry.method for entry in app.state.ledger] == ["POST", "POST", "GET", "GET", "DELETE", "GET"]
    assert found == [made]
    assert content == b"hello"


def test_an_app_in_this_process_that_breaks_answers_500():
    async def broken(scope, receive, send):
        raise RuntimeError("broken")

    with pytest.raises(InternalServerError) as failed:
        use(in_process(broken), lambda client: client.files.list(), max_retries=0)
    assert failed.value.status_code == 500


def test_the_socket_of_an_async_client_can_be_wrapped(embedded):
    async def read_then_write(client):
        uploads = await client.files.list()
        with pytest.raises(ReadOnlyError):
            await client.files.create(file=b"x", purpose="assistants")
        return uploads

    async def both():
        wrapped = read_only(async_socket(embedded.url))
        async with AsyncClient(base_url=embedded.url, transport=wrapped) as client:
            return await read_then_write(client)

    before = len(embedded.ledger)
    assert asyncio.run(both()).data == []
    assert embedded.paths(since=before) == [("GET", "/v1/files")]


@pytest.mark.parametrize(("scheme", "first"), [("http", b"GET /v1/files HTTP/1.1"), ("https", b"\x16\x03")])
def test_https_is_encrypted_from_the_first_byte(connect, scheme, first):
    speaker = Speaker(b"no\r\n")
    with (
        listening(speaker) as address,
        connect(base_url=f"{scheme}://{address}", max_retries=0, api_key="sk-secret") as client,
        pytest.raises(APIConnectionError),
    ):
        client.files.list()
    (heard,) = speaker.heard
    assert heard.startswith(first)
    assert (b"sk-secret" in heard) == (scheme == "http")


def test_https_proves_who_the_server_is(connect, monkeypatch):
    used = []
    for name in ("wrap_socket", "wrap_bio"):
        wrap = getattr(ssl.SSLContext, name)

        def watched(context, *args, wrap=wrap, **kwargs):
            used.append((context.verify_mode, context.check_hostname))
            return wrap(context, *args, **kwargs)

        monkeypatch.setattr(ssl.SSLContext, name, watched)
    with (
        listening(Speaker(b"no\r\n")) as address,
        connect(base_url=f"https://{address}", max_retries=0) as client,
        pytest.raises(APIConnectionError),
    ):
        client.files.list()
    assert used == [(ssl.CERT_REQUIRED, True)]


def test_many_requests_at_once_share_pools_of_one_connection():
    """Each pool has one of them under way, and the first ones are used again."""
    sent = []

    class Pool(httpx.AsyncBaseTransport):
        def __init__(self):
            sent.append(0)
            self.number = len(sent) - 1

        async def handle_async_request(self, request):
            sent[self.number] += 1
            await asyncio.sleep(0)
            if request.url.path == "/fails":
                raise httpx.ReadError("cut")
            return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    async def asked(pools, path="/"):
        answer = await pools.handle_async_request(httpx.Request("GET", f"http://server{path}"))
        await answer.aread()
        await answer.aclose()

    async def all_of_them():
        pools = Pools(Pool)
        await asyncio.gather(*(asked(pools) for _ in range(20)))
        assert sent == [1] * 20
        await asyncio.gather(*(asked(pools) for _ in range(8)))
        await asyncio.gather(*(asked(pools, "/fails") for _ in range(8)), return_exceptions=True)
        assert sent == [3] * 8 + [1] * 12
        await asyncio.gather(*(asked(pools) for _ in range(104 + 2)))
        assert len(sent) == 104
        assert sum(sent) == 20 + 8 + 8 + 104 + 2
        await pools.aclose()

    asyncio.run(all_of_them())


def test_a_pool_whose_request_ended_in_an_unforeseen_way_is_used_no_more():
    """It may count that request for ever, and it has room for no second one."""
    made, closed = [], []

    class Pool(httpx.AsyncBaseTransport):
        def __init__(self):
            made.append(self)

        async def handle_async_request(self, request):
            raise {"/cut": httpx.ReadError, "/odd": RuntimeError}[request.url.path]("no")

        async def aclose(self):
            closed.append(self)

    async def all_of_them():
        pools = Pools(Pool)
        for path, number in (("/cut", 1), ("/odd", 2), ("/cut", 2)):
            with pytest.raises((httpx.ReadError, RuntimeError)):
                await pools.handle_async_request(httpx.Request("GET", f"http://server{path}"))
            assert len(made) == number
        await pools.aclose()

    asyncio.run(all_of_them())
    assert {*closed} == {*made}
