"""An application that deviates: the true one, with rows of deviations before and after it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.server.deviations.exchange import Deviation, Exchange, Returned, Setting, Step
from reconciler.server.reply import DONE, UNTOUCHED, Reply, again, read
from reconciler.server.wire import PREFIX

_JSON: Final = b"application/json"
_OF_BODY: Final = (b"content-length", b"content-type")

Headers = list[tuple[bytes, bytes]]


class Deviant:
    """ASGI application around another one, in which `deviations` apply in their order, and back again."""

    def __init__(self, app: ASGIApp, deviations: Sequence[Deviation]) -> None:
        self._app = app
        self._deviations = deviations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Change a request, let it take effect, and change its reply."""
        exchange = _exchange(self._app, scope, receive, await read(receive))
        for each in self._deviations:
            await _take(each.row.before, exchange, each.setting)
            if exchange.answered:
                break
        true = Reply() if exchange.answered else await _passed_on(self._app, scope, receive, exchange)
        for each in reversed(self._deviations):
            await _take(each.row.after, exchange, each.setting)
        await _response(exchange, true)(scope, receive, _saying(true, exchange, send))


async def _take(step: Step | None, exchange: Exchange, setting: Setting) -> None:
    exchange.setting = setting
    if step is not None and (work := step(exchange)) is not None:
        await work


def _exchange(app: ASGIApp, scope: Scope, receive: Receive, body: bytes) -> Exchange:
    async def ask(method: str, path: str, query: Mapping[str, str], sent: Any) -> Returned:
        raw = b"" if sent is None else json.dumps(sent).encode()
        reply = Reply()
        asked = _scope(scope, method, PREFIX + path, query=query, headers=_described(scope, raw))
        await app(asked, again(raw, receive), reply.take)
        return Returned(reply.status, _decoded(reply.headers, reply.body))

    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    sent = _decoded(scope["headers"], body)
    return Exchange(
        scope["method"], scope["path"].removeprefix(PREFIX), query=query, sent=sent, raw=body, ask=ask
    )


async def _passed_on(app: ASGIApp, scope: Scope, receive: Receive, exchange: Exchange) -> Reply:
    same = exchange.sent == _decoded(scope["headers"], exchange.raw)
    raw = exchange.raw if same else json.dumps(exchange.sent).encode()
    passed = [pair for pair in scope["headers"] if pair[0].decode("latin-1") not in exchange.dropped]
    headers = [
        (name, str(len(raw)).encode() if name == b"content-length" else value) for name, value in passed
    ]
    # A path without the prefix is none of ours, and stays so.
    prefix = PREFIX if scope["path"].startswith(PREFIX) else ""
    changed = _scope(scope, exchange.method, prefix + exchange.path, query=exchange.query, headers=headers)
    reply = Reply()
    await app(changed, again(raw, receive), reply.take)
    exchange.status, exchange.content = reply.status, reply.body
    exchange.returned = _decoded(reply.headers, reply.body)
    return reply


def _scope(scope: Scope, method: str, path: str, query: Mapping[str, str], headers: Headers) -> Scope:
    """Return a scope of another request on the same connection."""
    return {
        **scope,
        "method": method,
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": urlencode(query).encode(),
        "headers": headers,
    }


def _described(scope: Scope, raw: bytes) -> Headers:
    headers = [pair for pair in scope["headers"] if pair[0] not in _OF_BODY]
    return [*headers, (b"content-type", _JSON), (b"content-length", str(len(raw)).encode())]


def _decoded(headers: Headers, body: bytes) -> Any:
    kind = dict(headers).get(b"content-type", _JSON)
    try:
        return json.loads(body) if body and kind.startswith(_JSON) else None
    except (ValueError, RecursionError):
        return None


def _response(exchange: Exchange, true: Reply) -> Response:
    headers = (
        {} if exchange.answered else {name.decode(): value.decode("latin-1") for name, value in true.headers}
    )
    kind = headers.pop("content-type", None)
    headers.pop("content-length", None)
    if exchange.returned is not None:
        return JSONResponse(exchange.returned, exchange.status, headers)
    return Response(exchange.content, exchange.status, headers, kind if exchange.content else None)


def _saying(true: Reply, exchange: Exchange, send: Send) -> Send:
    """Return a way to send that also says what was done in truth."""
    done = UNTOUCHED if exchange.answered else true.done

    async def saying(message: Message) -> None:
        await send({**message, DONE: done} if message["type"] == "http.response.start" else message)

    return saying
