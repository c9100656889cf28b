"""What servers say in these tests: scripted replies, and a socket that says any bytes."""

import socket
import threading
from contextlib import contextmanager

import httpx

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
        if isinstance(reply, Exception):
            raise reply
        return reply


def said(body=None, status=200, **headers):
    """A JSON reply; an underscore in the name of a header stands for a dash."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=body, headers=named)


def told(text, status=200, kind="text/html", **headers):
    """A reply that is text."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, content=text, headers={"content-type": kind} | named)


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
