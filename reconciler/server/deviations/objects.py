"""Rows about objects: their ids, times, texts and fields."""

import hashlib
import json
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from reconciler.model import pattern as re
from reconciler.server.deviations.exchange import Exchange, Row, Wire

_EVERYTHING: Final = ("* /**",)
_ASSISTANTS: Final = ("* /assistants", "* /assistants/*")
_TEXTS: Final = ("name", "description", "instructions")
_CREATES: Final = ("POST /assistants", "POST /files")
_WRITES: Final = ("POST /assistants", "POST /assistants/*")
_RELEASE: Final = "-2026-03-01"
_OURS: Final = re.compile(r"\b(?:asst_|file-)[A-Za-z0-9]{24}\b")


def _uuid(identity: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, identity))


def _hexadecimal(identity: str) -> str:
    return hashlib.sha256(identity.encode()).hexdigest()[:24]


def _short(identity: str) -> str:
    return hashlib.sha256(identity.encode()).hexdigest()[:6]


_PLAIN: Final[dict[str, tuple[Callable[[str], str], re.Pattern[str]]]] = {
    "uuid": (_uuid, re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")),
    "hex": (_hexadecimal, re.compile(r"\b[0-9a-f]{24}\b")),
    "short": (_short, re.compile(r"\b[0-9a-f]{6}\b")),
}


async def _true_ids(exchange: Exchange) -> None:
    """Replace plain ids by those of the application, in path, query and body."""
    _, form = _PLAIN[exchange.setting.variant]
    memory = exchange.setting.memory
    text = json.dumps([exchange.path, exchange.query, exchange.sent], ensure_ascii=False)
    if set(form.findall(text)) - memory.keys():
        # The object is older than this server, or another client made it.
        await _learn(exchange)
    path, query, sent = json.loads(form.sub(lambda match: str(memory.get(match[0], match[0])), text))
    # An unknown id of the right kind is a 404, and not an id of the wrong kind.
    exchange.path = form.sub(lambda match: f"asst_{match[0]}", path) if "/assistants/" in path else path
    exchange.query, exchange.sent = query, sent


async def _learn(exchange: Exchange) -> None:
    files = await exchange.retrieve("/files") or {"data": []}
    for item in [*files["data"], *[item async for item in exchange.everyone()]]:
        _plain_id(exchange, item["id"])


def _plain_id(exchange: Exchange, identity: str) -> str:
    plain = _PLAIN[exchange.setting.variant][0](identity)
    exchange.setting.memory[plain] = identity
    return plain


def _plain_ids(exchange: Exchange) -> None:
    if exchange.returned is not None:
        returned = json.dumps(exchange.returned, ensure_ascii=False)
        exchange.returned = json.loads(_OURS.sub(lambda found: _plain_id(exchange, found[0]), returned))


def _null_lists(exchange: Exchange) -> None:
    variant = exchange.setting.variant
    for each in exchange.assistants():
        for name in ("tools", "file_ids"):
            if variant in {"both", name} and each.get(name) == []:
                each[name] = None


def _no_file_ids(exchange: Exchange) -> None:
    for each in exchange.assistants():
        each.pop("file_ids", None)


def _timed(change: Callable[[int], Any]) -> Callable[[Exchange], None]:
    def timed(exchange: Exchange) -> None:
        for each in exchange.objects():
            if isinstance(each.get("created_at"), int):
                each["created_at"] = change(each["created_at"])

    return timed


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _texts_trimmed(exchange: Exchange) -> None:
    for each in exchange.assistants():
        for name in _TEXTS:
            if isinstance(each.get(name), str):
                each[name] = each[name].strip()


def _model_renamed(exchange: Exchange) -> None:
    for each in exchange.assistants():
        each["model"] = "openai/" + each["model"].removeprefix("openai/")


def _tools(holder: Wire) -> list[Wire]:
    tools = holder.get("tools")
    return [one for one in tools if isinstance(one, dict)] if isinstance(tools, list) else []


def _retyped(before: str, after: str, tools: list[Wire]) -> None:
    for tool in tools:
        if tool.get("type") == before:
            tool["type"] = after


def _retrieval_understood(exchange: Exchange) -> None:
    _retyped("file_search", "retrieval", _tools(exchange.body))


def _retrieval_renamed(exchange: Exchange) -> None:
    for each in exchange.assistants():
        _retyped("retrieval", "file_search", _tools(each))


def _metadata_renamed(exchange: Exchange) -> None:
    for each in exchange.assistants():
        each["metadata_"] = each.pop("metadata", {})


def _functions(exchange: Exchange) -> Iterator[Wire]:
    for tool in [tool for each in exchange.assistants() for tool in _tools(each)]:
        if isinstance(tool.get("function"), dict):
            yield tool["function"]


def _parameters_filled(exchange: Exchange) -> None:
    for function in _functions(exchange):
        function["parameters"] = function.get("parameters") or {"type": "object", "properties": {}}


def _required_added(exchange: Exchange) -> None:
    for function in _functions(exchange):
        if isinstance(function.get("parameters"), dict):
            function["parameters"] = {"required": []} | function["parameters"]


def _model_resolved(exchange: Exchange) -> None:
    for each in exchange.assistants():
        each["model"] = each["model"].removesuffix(_RELEASE) + _RELEASE


def _written(change: Callable[[str], str]) -> Callable[[Exchange], None]:
    """Return a step that stores the texts of a request in a form of the server's own."""

    def written(exchange: Exchange) -> None:
        for name in _TEXTS:
            if isinstance(exchange.body.get(name), str):
                exchange.body[name] = change(exchange.body[name])

    return written


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n")


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _metadata_lowered(exchange: Exchange) -> None:
    if isinstance(pairs := exchange.body.get("metadata"), dict):
        exchange.body["metadata"] = {key.lower(): value for key, value in pairs.items()}


def _nulls_omitted(exchange: Exchange) -> None:
    for each in [exchange.page, *exchange.objects()]:
        for name in [name for name, value in each.items() if value is None]:
            del each[name]


def _nulls_as_empty(exchange: Exchange) -> None:
    for each in exchange.assistants():
        each.update({name: "" for name in _TEXTS if each.get(name, "") is None})


def _extra_fields(exchange: Exchange) -> None:
    for each in exchange.objects():
        more = {"updated_at": each.get("created_at"), "_id": each["id"], "user_id": "u1"}
        each.update(more, response_format="auto")


def _function_extra(exchange: Exchange) -> None:
    for tool in [tool for each in exchange.assistants() for tool in _tools(each)]:
        if tool.get("type") == "function":
            tool["function"] = tool["function"] | {"strict": False}
        else:
            tool["function"] = None


def _example(exchange: Exchange) -> None:
    if (first := exchange.setting.memory.get(exchange.path)) is not None:
        exchange.answer(HTTPStatus.OK, json.loads(first))


async def _example_kept(exchange: Exchange) -> None:
    if exchange.status == HTTPStatus.OK and isinstance(exchange.returned, dict):
        first = exchange.setting.memory.setdefault(exchange.path, json.dumps(exchange.returned))
        # A create that ran beside the first one has made something too.
        if exchange.returned != json.loads(first):
            await exchange.ask("DELETE", f"{exchange.path}/{exchange.returned['id']}", {}, None)
            exchange.returned = json.loads(first)


ROWS: Final = (
    # First, so that every other row meets the ids of the application.
    Row("plain_ids", _EVERYTHING, _true_ids, _plain_ids, variants=tuple(_PLAIN)),
    Row("nulls_omitted", _EVERYTHING, after=_nulls_omitted),
    Row("metadata_renamed", _ASSISTANTS, after=_metadata_renamed),
    Row("extra_fields", _EVERYTHING, after=_extra_fields),
    Row("float_timestamps", _EVERYTHING, after=_timed(lambda seconds: seconds + 0.5)),
    Row("iso_timestamps", _EVERYTHING, after=_timed(_iso)),
    Row("ms_timestamps", _EVERYTHING, after=_timed(lambda seconds: seconds * 1000)),
    Row("null_lists", _ASSISTANTS, after=_null_lists, variants=("both", "tools", "file_ids")),
    Row("no_file_ids", _ASSISTANTS, after=_no_file_ids),
    Row("texts_trimmed", _ASSISTANTS, after=_texts_trimmed),
    Row("model_renamed", _ASSISTANTS, after=_model_renamed),
    Row("retrieval_renamed", _ASSISTANTS, _retrieval_understood, _retrieval_renamed),
    Row("model_resolved", _ASSISTANTS, after=_model_resolved),
    Row("parameters_filled", _ASSISTANTS, after=_parameters_filled),
    Row("required_added", _ASSISTANTS, after=_required_added),
    Row("texts_lf", _WRITES, _written(_lf)),
    Row("texts_nfc", _WRITES, _written(_nfc)),
    Row("metadata_lowered", _WRITES, _metadata_lowered),
    Row("nulls_as_empty", _ASSISTANTS, after=_nulls_as_empty),
    Row("function_extra", _ASSISTANTS, after=_function_extra),
    Row("fixed_example", _CREATES, _example, _example_kept),
)
