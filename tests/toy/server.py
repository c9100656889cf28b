"""A server that speaks the toy dialect: bots are patched, have versions, and are archived and never deleted.

Its wire has nothing in common with v1: other paths, other names, pages by an opaque cursor, and a version
that every write must present. It can end the program that asks, before or after a write takes effect.
"""

import itertools
import json
import os
import signal
from dataclasses import dataclass

ACCOUNT = "x-zoo"
PROCESS = "x-process"
"""The header in which a program says which process it is, so that it can be ended."""
PAGE = 2
_TEXTS = ("says", "gait")
_TAGS = 5


@dataclass(frozen=True)
class Entry:
    """A request, and what it was answered."""

    method: str
    path: str
    body: dict
    status: int

    @property
    def is_write(self):
        """Whether it can change something."""
        return self.method != "GET"


class RefusalError(Exception):
    """A request that changes nothing."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class Zoo:
    """Every bot, archived ones too; an ASGI application.

    ``deaths`` says at which writes, counted from 1, the program that asks is ended: before or after it took
    effect.
    """

    def __init__(self, account="zoo-7"):
        self.account = account
        self.bots = {}
        self.ledger = []
        self.deaths = {}
        self.written = 0
        self._numbers = itertools.count(1)
        self._times = itertools.count(1_790_000_000_123)

    @property
    def present(self):
        """Every bot that is not archived, oldest first."""
        return [bot for bot in self.bots.values() if bot["stage"] == "active"]

    def writes(self):
        """Return what was written, as 'METHOD path', oldest first."""
        return [f"{one.method} {one.path}" for one in self.ledger if one.is_write]

    async def __call__(self, scope, receive, send):
        body = await _body(receive)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        is_write = scope["method"] != "GET"
        self.written += is_write
        death = self.deaths.get(self.written, "") if is_write else ""
        if death == "before":
            await _end(headers, receive)
            return
        status, answer = self._answered(scope, headers, body)
        if death == "after":
            await _end(headers, receive)
            return
        await send({"type": "http.response.start", "status": status, "headers": self._headers(answer)})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _headers(self, answer):
        named = {"content-type": "application/json", ACCOUNT: self.account}
        if "rev" in answer:
            named["etag"] = f'"{answer["rev"]}"'
        return [(name.encode(), value.encode()) for name, value in named.items()]

    def _answered(self, scope, headers, body):
        method, path, sent = scope["method"], scope["path"], json.loads(body or b"{}")
        try:
            status, answer = self._carried_out(method, path, scope["query_string"].decode(), headers, sent)
        except RefusalError as refusal:
            status, answer = refusal.status, {"problem": str(refusal)}
        self.ledger.append(Entry(method, path, sent, status))
        return status, answer

    def _carried_out(self, method, path, query, headers, sent):
        match method, *path.strip("/").split("/"):
            case "GET", "v0", "bots":
                return 200, self._page(query)
            case "POST", "v0", "bots":
                return 201, self._made(sent)
            case "GET", "v0", "bots", ref:
                return 200, self._bot(ref)
            case "PATCH", "v0", "bots", ref:
                return 200, self._patched(self._current(ref, headers), sent)
            case "POST", "v0", "bots", ref, "archive":
                return 200, self._archived(self._current(ref, headers))
        raise RefusalError(404, f"no such path: {path}")

    def _page(self, query):
        _, _, cursor = query.partition("from=")
        begin = int(cursor.removeprefix("c") or 0)
        found = self.present
        more = f"c{begin + PAGE}" if begin + PAGE < len(found) else None
        return {"bots": found[begin : begin + PAGE], "next": more, "total": len(found)}

    def _bot(self, ref):
        if ref not in self.bots:
            raise RefusalError(404, f"no bot {ref}")
        return self.bots[ref]

    def _current(self, ref, headers):
        """Return a bot that may be written: the version that was presented is that of today."""
        bot = self._bot(ref)
        if "if-match" not in headers:
            raise RefusalError(428, "If-Match is missing")
        if headers["if-match"] != f'"{bot["rev"]}"':
            raise RefusalError(412, f"{ref} is at version {bot['rev']}")
        return bot

    def _made(self, sent):
        number = next(self._numbers)
        blank = {"warmth": None, "shouts": None, "says": None, "gait": None, "knobs": {}, "tricks": []}
        first = {"ref": f"bot-{number:04}-xyz", "born": next(self._times), "rev": 0, "stage": "active"}
        bot = self._patched({**first, **blank, "tags": {}}, sent)
        self.bots[bot["ref"]] = bot
        return bot

    def _patched(self, bot, sent):
        _check(sent)
        merged = {
            name: {key: value for key, value in {**bot[name], **sent[name]}.items() if value is not None}
            for name in ("knobs", "tags")
            if name in sent
        }
        if len(merged.get("tags", ())) > _TAGS:
            raise RefusalError(422, f"more than {_TAGS} tags")
        bot |= {**sent, **merged, "rev": bot["rev"] + 1}
        bot["gait"] = bot["gait"] or "calm"
        bot["tricks"] = [{**trick, "learnt": 1} for trick in bot["tricks"] or []]
        return bot

    def _archived(self, bot):
        bot |= {"stage": "archived", "rev": bot["rev"] + 1}
        return bot


def _check(sent):
    """Refuse what no bot can be."""
    strange = sent.keys() - {"warmth", "shouts", "says", "gait", "knobs", "tricks", "tags"}
    if strange:
        raise RefusalError(422, f"unknown: {', '.join(sorted(strange))}")
    if not 0 <= (sent.get("warmth") or 0) <= 2:
        raise RefusalError(422, "warmth is 0 to 2")
    for name in _TEXTS:
        if not isinstance(sent.get(name, ""), (str, type(None))):
            raise RefusalError(422, f"{name} is a text")


async def _body(receive):
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


async def _end(headers, receive):
    """End the program that asks, and wait until it is gone."""
    os.kill(int(headers[PROCESS]), signal.SIGKILL)
    while (await receive())["type"] != "http.disconnect":
        pass
