"""What servers say in these tests: scripted replies, faults on the way, and a socket that says any bytes."""

import socket
import threading
from contextlib import contextmanager

import httpx

from reconciler.api import async_socket
from reconciler.api.transport import socket as sync_socket

LOCAL = "http://127.0.0.1:9/v1"


class Script:
    """Replies, or errors, in the order they are asked for; what was asked is kept."""

    def __init__(self, *replies):
        self._replies = iter(replies)
        self.asked = []

    def __call__(self, request):
        self.asked.append(request)
        reply = next(self._replies, None)
        if reply is None:
            raise AssertionError(f"request {len(self.asked)} is one too many: {request.method} {request.url}")
        return _heard(reply)


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Chunks of a body, for either colour; an exception among them breaks it off.

    `taken` counts the chunks that were asked for, `closes` how often it was closed.
    """

    def __init__(self, chunks):
        self._chunks = chunks
        self.taken = self.closes = 0

    def __iter__(self):
        for chunk in self._chunks:
            self.taken += 1
            if isinstance(chunk, BaseException):
                raise chunk
            yield chunk

    async def __aiter__(self):
        for chunk in self:
            yield chunk

    def close(self):
        self.closes += 1

    async def aclose(self):
        self.closes += 1


def unread(reply, *chunks):
    """A reply as it comes from a socket: its body, or these chunks in place of it, is still to be read."""
    stream = Body(chunks or [reply.content])
    return httpx.Response(reply.status_code, headers=reply.headers, stream=stream)


def said(body=None, status=200, **headers):
    """A JSON reply; an underscore in the name of a header stands for a dash."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return unread(httpx.Response(status, json=body, headers=named))


def told(text, status=200, kind="text/html", **headers):
    """A reply that is text."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return unread(httpx.Response(status, content=text, headers={"content-type": kind} | named))


def refused(status, message="No.", **headers):
    """A refusal in the envelope of the wire."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return said({"error": error}, status, **headers)


def assistant(identity="asst_1", **fields):
    known = {"id": identity, "object": "assistant", "created_at": 1_699_998_504, "model": "m"}
    return known | {"name": None, "tools": [], "file_ids": [], "metadata": {}} | fields


def attachment(identity="file-1", owner="asst_1"):
    return {"id": identity, "object": "assistant.file", "created_at": 1, "assistant_id": owner}


def upload(identity="file-1", **fields):
    known = {"id": identity, "object": "file", "bytes": 5, "created_at": 1, "filename": "notes.md"}
    return known | {"purpose": "assistants"} | fields


def page(*identities, **fields):
    """A page of assistants; has_more is there only when it is given."""
    return {"object": "list", "data": [assistant(identity) for identity in identities]} | fields


class Lost:
    """A fault of the way back: the server acts, and its answer becomes something else, or an exception."""

    def __init__(self, heard):
        self.heard = heard


def cut(answer):
    """The first half of an answer, and then the end of the connection."""
    half = answer.content[: len(answer.content) // 2]
    return unread(answer, half, httpx.RemoteProtocolError("peer closed connection without sending it all"))


class Faults(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """The way to a server, for either colour; its first requests meet these faults, one each.

    A fault is an exception or a reply, which keeps the request from the server, or a `Lost`; None is none.
    """

    def __init__(self, url, *faults):
        self._faults = iter(faults)
        self._sync, self._async = sync_socket(url), async_socket(url)
        self.asked = []

    def handle_request(self, request):
        fault = self._met(request)
        if not isinstance(fault, Lost | None):
            return _heard(fault)
        answer = self._sync.handle_request(request)
        if fault is not None:
            answer.read()
        return _came(answer, fault)

    async def handle_async_request(self, request):
        fault = self._met(request)
        if not isinstance(fault, Lost | None):
            return _heard(fault)
        answer = await self._async.handle_async_request(request)
        if fault is not None:
            await answer.aread()
        return _came(answer, fault)

    def _met(self, request):
        self.asked.append(request)
        return next(self._faults, None)

    def close(self):
        self._sync.close()

    async def aclose(self):
        await self._async.aclose()


class Scale(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Takes what is sent piece by piece and keeps only its weight, then answers as a script says."""

    def __init__(self, *replies):
        self._script = Script(*replies)
        self.weights = []

    def handle_request(self, request):
        self.weights.append(sum(len(piece) for piece in request.stream))
        return self._script(request)

    async def handle_async_request(self, request):
        self.weights.append(sum([len(piece) async for piece in request.stream]))
        return self._script(request)


def _came(answer, fault):
    if fault is None:
        return answer
    return _heard(fault.heard(answer) if callable(fault.heard) else fault.heard)


def _heard(reply):
    if isinstance(reply, Exception):
        raise reply
    return reply


class Speaker:
    """Answers every connection with the same bytes, and closes it."""

    def __init__(self, reply, *, reset=False):
        self._reply = reply
        self._reset = reset
        self.heard = []

    def __call__(self, connection):
        with connection:
            self.heard.append(connection.recv(65536))
            if self._reset:
                linger = (1).to_bytes(4, "little") + bytes(4)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            else:
                connection.sendall(self._reply)


@contextmanager
def listening(speaker):
    """Let a speaker answer on a loopback port, and yield the base URL without its scheme."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                speaker(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}/v1"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
