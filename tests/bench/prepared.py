"""A server of prepared bytes in a process of its own: it answers as quickly as Python can, after a set delay.

It speaks what a run of the program or of another client asks of assistants: lists, single objects,
creates, updates and deletes. An object is serialised once, when it is written; a page is the
texts of its objects, joined once.

Standard input commands it: ``delay SECONDS``, ``clear`` and ``requests``, a line each. Each command gets
a line of output.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from urllib.parse import parse_qs, unquote, urlsplit

LAST = 4 * 2**20


class Account:
    """Every assistant by its id, as the bytes of an answer."""

    def __init__(self) -> None:
        """Begin with none."""
        self.rows: dict[str, bytes] = {}
        self.order: list[str] = []
        self.pages: dict[str, bytes] = {}
        self.count = 0
        self.requests: dict[str, int] = {}

    def written(self, fields: dict[str, object], known: str | None = None) -> bytes:
        """Keep an assistant, new or changed; its text."""
        if known is None:
            self.count += 1
            name = f"asst_{self.count:024}"
            self.order.append(name)
        else:
            name = known
            fields = {**json.loads(self.rows[name]), **fields}
        whole = {
            "id": name,
            "object": "assistant",
            "created_at": 1_700_000_000 + self.count,
            "name": None,
            "description": None,
            "instructions": None,
            "tools": [],
            "file_ids": [],
            "metadata": {},
        } | {key: value for key, value in fields.items() if key not in {"id", "object", "created_at"}}
        self.rows[name] = json.dumps(whole).encode()
        self.pages.clear()
        return self.rows[name]

    def page(self, query: str) -> bytes:
        """One page of the list, newest first unless asked otherwise."""
        if query not in self.pages:
            self.pages[query] = self._joined(query)
        return self.pages[query]

    def _joined(self, query: str) -> bytes:
        asked = {key: values[-1] for key, values in parse_qs(query).items()}
        ids = self.order if asked.get("order") == "asc" else self.order[::-1]
        if after := asked.get("after"):
            ids = ids[ids.index(after) + 1 :]
        if before := asked.get("before"):
            ids = ids[: ids.index(before)]
        limit = int(asked.get("limit", 20))
        shown = ids[:limit]
        ends = [f'"{one}"' for one in (shown[0], shown[-1])] if shown else ["null", "null"]
        more = "true" if len(ids) > limit else "false"
        rows = b", ".join(self.rows[one] for one in shown)
        tail = f'], "first_id": {ends[0]}, "last_id": {ends[1]}, "has_more": {more}}}'
        return b'{"object": "list", "data": [' + rows + tail.encode()

    def asked(self) -> str:
        """How often each request was made since this was last asked, as JSON."""
        asked, self.requests = self.requests, {}
        return json.dumps(asked)

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:  # noqa: PLR0911 - a case for each request
        """A status and a body."""
        split = urlsplit(target)
        path = unquote(split.path).removeprefix("/v1")
        shown = f"{method} {'/assistants/{id}' if path.startswith('/assistants/') else path}"
        self.requests[shown] = self.requests.get(shown, 0) + 1
        match method, path.strip("/").split("/"):
            case "GET", ["bench"]:
                return 200, self.asked().encode()
            case "GET", ["assistants"]:
                return 200, self.page(split.query)
            case "POST", ["assistants"]:
                return 200, self.written(json.loads(body))
            case "GET", ["assistants", known] if known in self.rows:
                return 200, self.rows[known]
            case "POST", ["assistants", known] if known in self.rows:
                return 200, self.written(json.loads(body), known)
            case "DELETE", ["assistants", known] if known in self.rows:
                del self.rows[known]
                self.order.remove(known)
                self.pages.clear()
                return 200, json.dumps({"id": known, "object": "assistant.deleted", "deleted": True}).encode()
            case "GET", ["files"] | ["assistants", _, "files"]:
                return (
                    200,
                    b'{"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false}',
                )
        error = {"message": "no such object", "type": "invalid_request_error", "param": None, "code": None}
        return 404, json.dumps({"error": error}).encode()


class Served:
    """The account that is served, and the seconds before each answer; commands replace them."""

    def __init__(self, delay: float) -> None:
        """Begin with an empty account."""
        self.account, self.delay = Account(), delay

    def obey(self, command: str) -> str:
        """Carry out a command; the answer."""
        match command.split():
            case ["delay", seconds]:
                self.delay = float(seconds)
            case ["clear"]:
                self.account = Account()
            case ["requests"]:
                return self.account.asked()
        return "done"


class Line(asyncio.Protocol):
    """One connection; a request at a time."""

    def __init__(self, served: Served) -> None:
        """Answer from its account, each time after its delay."""
        self.served = served
        self.read = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where the answers go."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self.read += data
        while (end := self.read.find(b"\r\n\r\n")) >= 0 and len(self.read) < LAST:
            head = bytes(self.read[:end]).decode("latin-1")
            lower = head.lower()
            length = 0
            if (at := lower.find("content-length:")) >= 0:
                length = int(lower[at + 15 :].split("\r\n", 1)[0])
            if len(self.read) < end + 4 + length:
                return
            body = bytes(self.read[end + 4 : end + 4 + length])
            del self.read[: end + 4 + length]
            method, target, _ = head.split(" ", 2)
            asyncio.get_running_loop().call_later(self.served.delay, self.reply, method, target, body)

    def reply(self, method: str, target: str, body: bytes) -> None:
        """Answer one request."""
        status, text = self.served.account.answer(method, target, body)
        head = (
            f"HTTP/1.1 {status} OK\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n"
        )
        self.transport.write(head.encode() + text)  # type: ignore[attr-defined] - a transport of TCP writes


async def serve(delay: float) -> None:
    """Answer until standard input ends; the first line of output is the URL."""
    loop = asyncio.get_running_loop()
    served = Served(delay)
    server = await loop.create_server(lambda: Line(served), "127.0.0.1", 0, backlog=1000)
    host, port = server.sockets[0].getsockname()
    say(f"http://{host}:{port}/v1")
    while command := await loop.run_in_executor(None, sys.stdin.readline):
        say(served.obey(command))


def say(line: str) -> None:
    """Print one line at once."""
    print(line, flush=True)  # noqa: T201 - a program of its own


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    asyncio.run(serve(parser.parse_args().delay))
