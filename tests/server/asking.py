"""How the tests of the server ask it things, in process, and read its refusals."""

import asyncio

import httpx

from reconciler.server import HungUpError, create_app

BETA = {"OpenAI-Beta": "assistants=v1"}


class InProcess(httpx.BaseTransport):
    """Lets the synchronous client reach an application on one event loop of its own."""

    def __init__(self, app):
        self._transport = httpx.ASGITransport(app=app)
        self._runner = asyncio.Runner()

    def handle_request(self, request):
        return self._runner.run(self._answer(request))

    async def _answer(self, request):
        repeated = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        try:
            reply = await self._transport.handle_async_request(repeated)
        except HungUpError as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from error
        return httpx.Response(reply.status_code, headers=reply.headers, content=await reply.aread())

    def close(self):
        self._runner.close()


def in_process(app, **options):
    headers = BETA | options.pop("headers", {})
    return httpx.Client(transport=InProcess(app), base_url="http://embedded/v1", headers=headers, **options)


class Clock:
    """Time stands still until a test moves it."""

    def __init__(self):
        self.now = 1_700_000_000.75

    def __call__(self):
        return self.now


def made(client, **fields):
    reply = client.post("/assistants", json={"model": "m"} | fields)
    assert reply.status_code == 200, reply.text
    return reply.json()


def changed(client, assistant, **fields):
    reply = client.post(f"/assistants/{assistant['id']}", json=fields)
    assert reply.status_code == 200, reply.text
    return reply.json()


def seen(client, assistant):
    reply = client.get(f"/assistants/{assistant['id']}")
    assert reply.status_code == 200, reply.text
    return reply.json()


def uploaded(client, name="notes.md", content=b"hello", purpose="assistants"):
    reply = client.post("/files", files={"file": (name, content)}, data={"purpose": purpose})
    assert reply.status_code == 200, reply.text
    return reply.json()


def attached(client, assistant, file):
    return client.post(f"/assistants/{assistant['id']}/files", json={"file_id": file["id"]})


def refusal(reply, status=400):
    """The envelope of a refused request, which always has the same four keys."""
    assert reply.status_code == status, reply.text
    assert list(reply.json()) == ["error"]
    error = reply.json()["error"]
    assert list(error) == ["message", "type", "param", "code"]
    return error


def refused(reply, code, param, status=400):
    error = refusal(reply, status)
    assert (error["code"], error["param"]) == (code, param), error
    assert error["type"] == "invalid_request_error"
    return error["message"]


def names(client):
    entries = client.get("/assistants", params={"order": "asc", "limit": 100}).json()["data"]
    return [entry["name"] for entry in entries]


def asked(database, question):
    with in_process(create_app(database)) as client:
        return question(client)
