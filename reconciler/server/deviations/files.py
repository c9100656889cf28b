"""Rows about uploads, and about the files that assistants carry."""

import hashlib
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any, Final

from reconciler.model import pattern as re
from reconciler.server.deviations.exchange import Exchange, Row

_ATTACH: Final = ("POST /assistants/*/files",)
_DETACH: Final = ("DELETE /assistants/*/files/*",)
_ONE: Final = (*_DETACH, "GET /assistants/*/files/*")
_RETRIEVAL: Final = {"type": "retrieval"}
_NAME: Final = re.compile(rb'\bfilename="([^"]*)"')
_REFUSED: Final = {".csv"}
_FEW: Final = {".txt", ".md", ".pdf", ".html"}


def _no_files(exchange: Exchange) -> None:
    status = exchange.setting.status
    if status == HTTPStatus.NOT_FOUND:
        exchange.answer(status, {"detail": "Not Found"})
    elif (exchange.method, exchange.path) == ("GET", "/files"):
        exchange.answer(status, {"detail": "Method Not Allowed"})


def _upload_name_prefixed(exchange: Exchange) -> None:
    for each in exchange.objects("file"):
        if "filename" in each:
            each["filename"] = f"{hashlib.sha256(each['id'].encode()).hexdigest()[:6]}-{each['filename']}"


def _content_as_json(exchange: Exchange) -> None:
    if exchange.status == HTTPStatus.OK:
        exchange.returned = exchange.content.decode(errors="replace")


def _upload_types(exchange: Exchange) -> None:
    match = _NAME.search(exchange.raw)
    kind = PurePosixPath(match[1].decode(errors="replace")).suffix.lower() if match else ""
    few = exchange.setting.variant == "few"
    if (few and kind not in _FEW) or kind in _REFUSED:
        exchange.answer(HTTPStatus.BAD_REQUEST, {"detail": f"file type {kind} is not supported"})


def _not_found(exchange: Exchange) -> None:
    exchange.answer(HTTPStatus.NOT_FOUND, {"detail": "Not Found"})


def _attach_needs_assistant_id(exchange: Exchange) -> None:
    if exchange.body.pop("assistant_id", None) is None:
        wrong = {"loc": ["body", "assistant_id"], "msg": "Field required", "type": "missing"}
        exchange.answer(HTTPStatus.UNPROCESSABLE_ENTITY, {"detail": [wrong]})


async def _attach_refused_again(exchange: Exchange) -> None:
    file = exchange.body.get("file_id", "")
    if await exchange.retrieve(f"{exchange.path}/{file}") is not None:
        exchange.answer(exchange.setting.status, {"detail": "The file is attached already"})


async def _attach_once(exchange: Exchange) -> None:
    carried = [file async for assistant in exchange.everyone() for file in assistant["file_ids"]]
    if exchange.body.get("file_id") in carried:
        exchange.answer(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "Internal Server Error"})


async def _attach_noop(exchange: Exchange) -> None:
    owner = await exchange.retrieve(f"/assistants/{exchange.assistant}")
    if owner is not None:
        shape = {"object": "assistant.file", "created_at": owner["created_at"]}
        exchange.answer(HTTPStatus.OK, {"id": "", **shape, "assistant_id": exchange.assistant})


async def _attach_adds_retrieval(exchange: Exchange) -> None:
    created = next((each["id"] for each in exchange.assistants()), "")
    identity = exchange.assistant or created
    owner = await exchange.retrieve(f"/assistants/{identity}") if exchange.status == HTTPStatus.OK else None
    if owner and owner.get("file_ids") and _RETRIEVAL not in owner["tools"]:
        tools: Any = {"tools": [*owner["tools"], _RETRIEVAL]}
        changed = await exchange.ask("POST", f"/assistants/{identity}", {}, tools)
        if changed.status == HTTPStatus.OK and not exchange.assistant:
            exchange.returned = changed.body


def _detach_500(exchange: Exchange) -> None:
    exchange.answer(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "Internal Server Error"})


def _detach_noop(exchange: Exchange) -> None:
    shape = {"object": "assistant.file.deleted", "deleted": True}
    exchange.answer(HTTPStatus.OK, {"id": exchange.last, **shape})


ROWS: Final = (
    Row("no_files", ("* /files", "* /files/**"), _no_files, statuses=(405, 404)),
    Row("upload_types", ("POST /files",), _upload_types, variants=("no_csv", "few")),
    Row("upload_name_prefixed", ("* /files", "* /files/*"), after=_upload_name_prefixed),
    Row("content_as_json", ("GET /files/*/content",), after=_content_as_json),
    Row("no_attach", ("* /assistants/*/files", "* /assistants/*/files/*"), _not_found),
    Row("attach_needs_assistant_id", _ATTACH, _attach_needs_assistant_id),
    Row("attach_refused_again", _ATTACH, _attach_refused_again, statuses=(409, 404)),
    Row("attach_once", _ATTACH, _attach_once),
    Row("attach_noop", _ATTACH, _attach_noop),
    Row("attach_adds_retrieval", ("POST /assistants", *_ATTACH), after=_attach_adds_retrieval),
    Row("detach_404", _ONE, _not_found),
    Row("detach_500", _DETACH, _detach_500),
    Row("detach_noop", _DETACH, _detach_noop),
)
