"""Rows about lists: pages, cursors, limits and shapes."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from reconciler.server.deviations.exchange import Exchange, Row, Wire

_ASSISTANTS: Final = ("GET /assistants",)
_PAGES: Final = ("GET /assistants", "GET /assistants/*/files")
_FILES: Final = ("GET /files",)
_LIMIT: Final = 20
_SHAPES: Final = ("no_object", "null_object", "bare", "null_data")


def _has_more_false(exchange: Exchange) -> None:
    if exchange.page:
        exchange.page["has_more"] = False


def _limit_20(exchange: Exchange) -> None:
    exchange.query["limit"] = str(exchange.setting.size)


def _after_ignored(exchange: Exchange) -> None:
    exchange.query.pop("after", None)


def _order_ignored(exchange: Exchange) -> None:
    exchange.query["order"] = "desc"


def _limit_max(exchange: Exchange) -> None:
    size, limit = exchange.setting.size, exchange.query.get("limit", "")
    if limit.isdecimal() and int(limit) > size:
        exchange.answer(HTTPStatus.UNPROCESSABLE_ENTITY, {"detail": f"limit must be <= {size}"})


def _by_time(chosen: Callable[[int, int], bool]) -> Callable[[Exchange], Any]:
    """Return a step for a cursor that is a time: `chosen` says which times follow it in ascending order."""

    async def paged(exchange: Exchange) -> None:
        last = await exchange.retrieve(f"/assistants/{exchange.query.get('after', '')}")
        if "after" not in exchange.query or last is None:
            return
        order = exchange.query.get("order", "desc")
        sign = 1 if order == "asc" else -1
        time = sign * last["created_at"]
        rest = [
            assistant
            async for assistant in exchange.everyone(order)
            if chosen(sign * assistant["created_at"], time)
        ]
        exchange.answer(HTTPStatus.OK, _page(rest, _limit(exchange)))

    return paged


def _limit(exchange: Exchange) -> int:
    limit = exchange.query.get("limit", "")
    return int(limit) if limit.isdecimal() else _LIMIT


def _page(items: list[Wire], limit: int) -> Wire:
    shown = items[:limit]
    first, last = (shown[0]["id"], shown[-1]["id"]) if shown else (None, None)
    more = len(items) > limit
    return {"object": "list", "data": shown, "first_id": first, "last_id": last, "has_more": more}


def _list_shape(exchange: Exchange) -> None:
    page, shape = exchange.page, exchange.setting.variant
    if not page:
        return
    if shape == "bare":
        exchange.returned = page["data"]
    elif shape == "null_data":
        page["data"] = page["data"] or None
    elif shape == "null_object":
        page["object"] = None
    else:
        page.pop("object", None)


def _files_20(exchange: Exchange) -> None:
    del exchange.page.get("data", [])[exchange.setting.size :]


def _files_object_file(exchange: Exchange) -> None:
    if exchange.page:
        exchange.page["object"] = "file"


def _no_has_more(exchange: Exchange) -> None:
    exchange.page.pop("has_more", None)


def _has_more_full(exchange: Exchange) -> None:
    if exchange.page:
        exchange.page["has_more"] = len(exchange.page["data"]) == _limit(exchange)


def _no_last_id(exchange: Exchange) -> None:
    for name in ("first_id", "last_id"):
        exchange.page.pop(name, None)


SHAPE: Final = Row("list_shape", _ASSISTANTS, after=_list_shape, variants=_SHAPES)

ROWS: Final = (
    Row("limit_max", _ASSISTANTS, _limit_max, size=50),
    Row("limit_20", _ASSISTANTS, _limit_20, size=20),
    Row("after_ignored", _ASSISTANTS, _after_ignored),
    Row("order_ignored", _PAGES, _order_ignored),
    Row("after_ge_time", _ASSISTANTS, _by_time(int.__ge__)),
    Row("after_gt_time", _ASSISTANTS, _by_time(int.__gt__)),
    Row("files_20", _FILES, after=_files_20, size=20),
    Row("files_object_file", _FILES, after=_files_object_file),
    Row("no_has_more", _PAGES, after=_no_has_more),
    Row("has_more_false", _ASSISTANTS, after=_has_more_false),
    Row("has_more_full", _PAGES, after=_has_more_full),
    Row("no_last_id", _PAGES, after=_no_last_id),
)
