"""Rows about deletes, statuses, and what stands between a caller and the server."""

from http import HTTPStatus
from typing import Final

from reconciler.server.deviations.exchange import Exchange, Row

_DELETES: Final = ("DELETE /**",)
_ODD: Final = {
    "assistant.deleted": "deleted",
    "assistant.file.deleted": "assistant_file.deleted",
    "file": "file.deleted",
}


def _beta_dropped(exchange: Exchange) -> None:
    exchange.dropped.add("openai-beta")


def _created_201(exchange: Exchange) -> None:
    if exchange.status == HTTPStatus.OK:
        exchange.status = HTTPStatus.CREATED


def _delete_204(exchange: Exchange) -> None:
    if exchange.status == HTTPStatus.OK:
        exchange.status, exchange.returned, exchange.content = HTTPStatus.NO_CONTENT, None, b""


def _delete_object_odd(exchange: Exchange) -> None:
    for each in exchange.objects(*_ODD):
        each["object"] = _ODD[each["object"]]


def _unknown_500(exchange: Exchange) -> None:
    if exchange.status == HTTPStatus.NOT_FOUND:
        exchange.status, exchange.returned = (
            HTTPStatus.INTERNAL_SERVER_ERROR,
            {"detail": "Internal Server Error"},
        )


def _unknown_200(exchange: Exchange) -> None:
    if exchange.status == HTTPStatus.NOT_FOUND:
        returned = {"id": exchange.last, "object": _kind(exchange.path), "deleted": True}
        exchange.status, exchange.returned = HTTPStatus.OK, returned


def _kind(path: str) -> str:
    if path.startswith("/files"):
        return "file"
    return "assistant.file.deleted" if "/files/" in path else "assistant.deleted"


ROWS: Final = (
    Row("beta_dropped", ("* /**",), _beta_dropped),
    Row("delete_204", _DELETES, after=_delete_204),
    Row("created_201", ("POST /**",), after=_created_201),
    Row("delete_object_odd", _DELETES, after=_delete_object_odd),
    Row("unknown_500", _DELETES, after=_unknown_500),
    Row("unknown_200", _DELETES, after=_unknown_200),
)
