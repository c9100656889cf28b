"""A server on loopback that answers as a script says.

A script is a function of a method, a path without ``/v1`` and a query. It returns an Answer, or bytes to send
as they are, or an iterator of bytes that ends when the client does.
"""

import json
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Answer:
    """A status, a body and headers."""

    body: str | bytes = b""
    status: int = 200
    headers: dict = field(default_factory=dict)


class _Player(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = urlsplit(self.path)
        found = self.server.script(self.command, asked.path.removeprefix("/v1"), dict(parse_qsl(asked.query)))
        with suppress(OSError):
            self.give(found)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815 - names of the standard library

    def give(self, found):
        if not isinstance(found, Answer):
            self.close_connection = True
            for piece in [found] if isinstance(found, bytes) else found:
                self.wfile.write(piece)
            return
        body = found.body.encode() if isinstance(found.body, str) else found.body
        self.send_response(found.status)
        given = {"Content-Type": "application/json", "Content-Length": str(len(body)), **found.headers}
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing of requests."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_):
        """Say nothing of connections that a client gave up."""


@contextmanager
def playing(play):
    """Yield the URL of a server that plays a script; ``play()`` returns the script."""
    with _Server(("127.0.0.1", 0), _Player) as server:
        server.script = play()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()
            thread.join()


def json_answer(value, status=200):
    """Return an answer of JSON."""
    return Answer(json.dumps(value), status)
