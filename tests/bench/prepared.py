"""A server of prepared bytes in a process of its own: it answers as quickly as Python can, after a set delay.

It speaks what a run of the program or of another client asks of assistants: lists, single objects,
creates, updates and deletes. An object is serialised once, when it is written; a page is the
texts of its objects, joined once.
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

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        """A status and a body."""
        split = urlsplit(target)
        path = unquote(split.path).removeprefix("/v1")
        shown = f"{method} {'/assistants/{id}' if path.startswith('/assistants/') else path}"
        self.requests[shown] = self.requests.get(shown, 0) + 1
        match method, path.strip("/").split("/"):
            case "GET", ["bench"]:
                asked, self.requests = self.requests, {}
                return 200, json.dumps(asked).encode()
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


class Line(asyncio.Protocol):
    """One connection; a request at a time."""

    def __init__(self, account: Account, delay: float) -> None:
        """Answer from this account, each time after so many seconds."""
        self.account, self.delay = account, delay
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
            asyncio.get_running_loop().call_later(self.delay, self.reply, method, target, body)

    def reply(self, method: str, target: str, body: bytes) -> None:
        """Answer one request."""
        status, text = self.account.answer(method, target, body)
        head = (
            f"HTTP/1.1 {status} OK\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n"
        )
        self.transport.write(head.encode() + text)  # type: ignore[attr-defined]


async def serve(delay: float) -> None:
    """Answer until standard input ends; the first line of output is the URL."""
    loop = asyncio.get_running_loop()
    account = Account()
    server = await loop.create_server(lambda: Line(account, delay), "127.0.0.1", 0, backlog=1000)
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}/v1", flush=True)  # noqa: T201 - a program of its own
    ended = loop.run_in_executor(None, sys.stdin.read)
    await ended


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    asyncio.run(serve(parser.parse_args().delay))
