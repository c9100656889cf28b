"""Rows about creates and updates of assistants, and about asking for one."""

from http import HTTPStatus
from typing import Any, Final

from reconciler.server.deviations.exchange import Exchange, Row

_CREATE: Final = ("POST /assistants",)
_UPDATE: Final = ("POST /assistants/*",)
_UPDATED: Final = " (updated)"
_NOT_ALLOWED: Final = {"detail": "Method Not Allowed"}


def _without_metadata(exchange: Exchange) -> None:
    exchange.body.pop("metadata", None)


async def _metadata_merged(exchange: Exchange) -> None:
    sent = exchange.body.get("metadata")
    assistant = await exchange.retrieve(exchange.path)
    if isinstance(sent, dict) and assistant is not None:
        removing = {"null_removes": None, "empty_removes": ""}.get(exchange.setting.variant, ...)
        merged = assistant["metadata"] | sent
        exchange.body["metadata"] = {name: value for name, value in merged.items() if value != removing}


def _update_needs_model(exchange: Exchange) -> None:
    if "model" not in exchange.body:
        wrong = {"loc": ["body", "model"], "msg": "Field required", "type": "missing"}
        exchange.answer(HTTPStatus.UNPROCESSABLE_ENTITY, {"detail": [wrong]})


def _null_refused(exchange: Exchange) -> None:
    nulls = [name for name, value in exchange.body.items() if value is None]
    if nulls:
        issues = [{"path": [name], "message": "Expected string, received null"} for name in nulls]
        exchange.answer(HTTPStatus.BAD_REQUEST, {"error": {"name": "ZodError", "issues": issues}})


def _drop(exchange: Exchange, ignored: tuple[Any, ...]) -> None:
    for name in [name for name, value in exchange.body.items() if value in ignored]:
        del exchange.body[name]


def _null_ignored(exchange: Exchange) -> None:
    _drop(exchange, (None,))


def _falsy_ignored(exchange: Exchange) -> None:
    _drop(exchange, (None, "", [], {}))


def _update_wipes_tools(exchange: Exchange) -> None:
    exchange.body.setdefault("tools", [])


def _update_detaches(exchange: Exchange) -> None:
    exchange.body.setdefault("file_ids", [])


async def _update_rewrites_description(exchange: Exchange) -> None:
    before = await exchange.retrieve(exchange.path) or {}
    text = exchange.body.get("description", before.get("description"))
    if isinstance(exchange.sent, dict) and text:
        exchange.sent["description"] = text.removesuffix(_UPDATED) + _UPDATED


def _create_drops_files(exchange: Exchange) -> None:
    exchange.body.pop("file_ids", None)


def _not_allowed(exchange: Exchange) -> None:
    exchange.answer(HTTPStatus.METHOD_NOT_ALLOWED, _NOT_ALLOWED)


ROWS: Final = (
    Row("get_405", ("GET /assistants/*",), _not_allowed),
    Row("update_405", _UPDATE, _not_allowed),
    Row("metadata_dropped", _CREATE, _without_metadata),
    Row("metadata_frozen", _UPDATE, _without_metadata),
    Row("metadata_merged", _UPDATE, _metadata_merged, variants=("kept", "null_removes", "empty_removes")),
    Row("update_needs_model", _UPDATE, _update_needs_model),
    Row("null_refused", _UPDATE, _null_refused),
    Row("null_ignored", _UPDATE, _null_ignored),
    Row("falsy_ignored", _UPDATE, _falsy_ignored),
    Row("update_wipes_tools", _UPDATE, _update_wipes_tools),
    Row("update_detaches", _UPDATE, _update_detaches),
    Row("update_rewrites_description", _UPDATE, _update_rewrites_description),
    Row("create_drops_files", _CREATE, _create_drops_files),
)
