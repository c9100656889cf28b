"""An S3 endpoint on loopback: moto behind a door where requests meet with misfortune."""

from __future__ import annotations

import socket
import threading
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from io import BytesIO
from urllib.parse import urlsplit
from uuid import uuid4

from werkzeug.serving import WSGIRequestHandler, make_server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what moto imports is not ours to mend
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from moto.s3.models import s3_backends

_DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied: AKIDEXAMPLE</Message></Error>"


class Silent(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *rest):
        pass


@dataclass
class Misfortune:
    """What happens to requests of a method whose path ends with something, ``times`` times.

    ``drop`` acts and does not answer, ``dead`` does neither; ``late`` acts when :meth:`Door.deliver` is
    called; ``strip`` forgets the conditions, ``strip_match`` one of them; ``slow`` waits; ``deny`` and
    ``fail`` answer 403 and 500, ``proxy`` a page of 404, ``answer`` what Door.answer says.
    """

    kind: str
    method: str = "*"
    path: str = ""
    within: str = ""
    times: int = 1_000_000

    def meets(self, environ):
        return (
            self.times > 0
            and self.method in {"*", environ["REQUEST_METHOD"]}
            and environ["PATH_INFO"].endswith(self.path)
            and self.within in environ["PATH_INFO"]
        )


@dataclass
class Door:
    """The WSGI application before moto's; one request at a time, as its checks and writes are not atomic."""

    application: object
    misfortunes: list = field(default_factory=list)
    requests: list = field(default_factory=list)
    held: list = field(default_factory=list)
    ahead: float = 0.0  # seconds that the service's clock has advanced
    between: list = field(
        default_factory=list
    )  # (method, end of a path, call): called once before such a request
    answer: tuple = ()
    _written: dict = field(default_factory=dict)
    _one: object = field(default_factory=threading.RLock)

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self._interrupt(method, path)
        conditions = {
            name: value for name, value in environ.items() if name in {"HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"}
        }
        self.requests.append((method, path, conditions))
        found = next((one for one in self.misfortunes if one.meets(environ)), None)
        if found:
            found.times -= 1
            return getattr(self, f"_{found.kind}")(environ, body, start_response)
        return self._answered(environ, body, start_response)

    def _interrupt(self, method, path):
        one = next((one for one in self.between if one[0] == method and path.endswith(one[1])), None)
        if one:
            self.between.remove(one)
            one[2]()

    def _answered(self, environ, body, start_response):
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] == "PUT":
            self._written[path] = self.ahead

        def start(status, headers, *rest):
            return start_response(status, [self._dated(path, *header) for header in headers], *rest)

        with self._one:
            return list(self.application({**environ, "wsgi.input": BytesIO(body)}, start))

    def _dated(self, path, name, value):
        """When an object was written, by a clock that a test may put forward."""
        if name.lower() != "last-modified":
            return name, value
        at = parsedate_to_datetime(value) + timedelta(seconds=self._written.get(path, 0))
        return name, format_datetime(at, usegmt=True)

    def _drop(self, environ, body, _):
        self._answered(environ, body, lambda *_: None)
        _hang_up(environ)

    def _late(self, environ, body, _):
        self.held.append((environ, body))
        _hang_up(environ)

    def deliver(self):
        """Act on the requests that were under way all the time; their statuses."""
        statuses, late = [], list(self.held)
        self.held.clear()
        for environ, body in late:
            self._answered(environ, body, lambda status, *_: statuses.append(int(status[:3])))
        return statuses

    def _strip(self, environ, body, start_response):
        bare = {name: value for name, value in environ.items() if not name.startswith("HTTP_IF_")}
        return self._answered(bare, body, start_response)

    def _strip_match(self, environ, body, start_response):
        environ.pop("HTTP_IF_MATCH", None)
        return self._answered(environ, body, start_response)

    def _slow(self, environ, body, start_response):
        time.sleep(0.5)
        return self._answered(environ, body, start_response)

    def _deny(self, *rest):
        rest[-1]("403 Forbidden", [("Content-Length", str(len(_DENIED)))])
        return [_DENIED]

    def _dead(self, environ, *_):
        _hang_up(environ)

    def _fail(self, *rest):
        rest[-1]("500 Internal Server Error", [("Content-Length", "0")])
        return [b""]

    def _refuse(self, *rest):
        rest[-1]("412 Precondition Failed", [("Content-Length", "0")])
        return [b""]

    def _unknown(self, *rest):
        rest[-1]("501 Not Implemented", [("Content-Length", "0")])
        return [b""]

    def _answer(self, *rest):
        status, text = self.answer
        rest[-1](status, [("Content-Length", str(len(text)))])
        return [text]

    def _proxy(self, *rest):
        rest[-1]("404 Not Found", [("Content-Length", "9")])
        return [b"<h1>?</h1"]


def _hang_up(environ):
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError


@dataclass(frozen=True)
class Objects:
    """The endpoint while it runs."""

    url: str
    door: Door

    def bucket(self):
        """A new bucket, and nothing that ever happened to another."""
        door = self.door
        for one in (door.misfortunes, door.requests, door.held, door.between):
            one.clear()
        door.ahead = 0.0
        name = f"bucket-{uuid4().hex}"
        s3_backends["123456789012"]["aws"].create_bucket(name, "us-east-1")
        return name

    def put(self, address, name, text):
        """An object that has been there before anybody looked."""
        place = urlsplit(address)
        s3_backends["123456789012"]["aws"].put_object(place.netloc, f"{place.path[1:]}/{name}", text)


@contextmanager
def serving():
    """The endpoint on a free port of loopback."""
    door = Door(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, door, threaded=True, request_handler=Silent)
    server.daemon_threads = True
    running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    running.start()
    try:
        yield Objects(f"http://127.0.0.1:{server.server_port}", door)
    finally:
        server.shutdown()
        running.join()
        server.server_close()
