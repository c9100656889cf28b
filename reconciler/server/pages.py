"""Cutting one page out of an ordered table, by object ids as cursors."""

from dataclasses import dataclass, replace
from typing import Any, Final, Self

from reconciler.server import decisions
from reconciler.server.database import Connection, Row

_ORDER: Final = ", ".join(decisions.SORT_COLUMNS)


@dataclass(frozen=True)
class Window:
    """Which page of a list is asked for."""

    limit: int
    descending: bool
    after: str | None = None
    before: str | None = None


@dataclass(frozen=True)
class Shelf:
    """A list: the rows of a table that share an owner, known to callers by one of their columns.

    What was created after the `horizon` is not in it yet. A list that is `narrowed` has only the rows with
    that value in that column. `columns` are those that a page has.
    """

    table: str
    identity: str
    owner: tuple[str, str] | None = None
    narrowed: tuple[str, str] | None = None
    horizon: int | None = None
    columns: str = "*"

    def up_to(self, horizon: int | None) -> Self:
        """Return the same list as it was, if a horizon is given."""
        return replace(self, horizon=horizon)


@dataclass(frozen=True)
class Page:
    """Rows in list order, and whether there are more in the direction of the walk."""

    rows: list[Row]
    more: bool


def cut(connection: Connection, shelf: Shelf, window: Window) -> Page:
    """Read the page that `window` describes; an unknown cursor is refused."""
    backwards = decisions.walks_back(window.after, window.before)
    direction = "DESC" if window.descending != backwards else "ASC"
    condition, arguments = _bounded(connection, shelf, window)
    order = ", ".join(f"{column} {direction}" for column in decisions.SORT_COLUMNS)
    # Only names from this package are put into the text; values of callers are bound.
    query = f"SELECT {shelf.columns} FROM {shelf.table} WHERE {condition} ORDER BY {order} LIMIT ?"  # noqa: S608 - our own words; values are bound
    fetched = connection.execute(query, (*arguments, window.limit + 1)).fetchall()
    rows = fetched[: window.limit]
    return Page(rows[::-1] if backwards else rows, more=len(fetched) > window.limit)


def _bounded(connection: Connection, shelf: Shelf, window: Window) -> tuple[str, list[Any]]:
    condition, arguments = _owned(shelf)
    signs = ("<", ">") if window.descending else (">", "<")
    for name, cursor, sign in zip(("after", "before"), (window.after, window.before), signs, strict=True):
        if cursor is not None:
            condition += f" AND ({_ORDER}) {sign} (?, ?)"
            arguments += _sort_key(connection, shelf, name, cursor)
    return condition, arguments


def _owned(shelf: Shelf) -> tuple[str, list[Any]]:
    condition, arguments = "TRUE", list[Any]()
    for column, value in filter(None, (shelf.owner, shelf.narrowed)):
        condition, arguments = f"{condition} AND {column} = ?", [*arguments, value]
    if shelf.horizon is not None:
        condition, arguments = f"{condition} AND created_at <= ?", [*arguments, shelf.horizon]
    return condition, arguments


def _sort_key(connection: Connection, shelf: Shelf, name: str, cursor: str) -> list[int]:
    condition, arguments = _owned(shelf)
    # As above: names are ours, values are bound.
    query = f"SELECT {_ORDER} FROM {shelf.table} WHERE {condition} AND {shelf.identity} = ?"  # noqa: S608 - our own words; values are bound
    row = connection.execute(query, (*arguments, cursor)).fetchone() or _former(connection, shelf, cursor)
    if row is None:
        raise decisions.unknown_cursor(name, cursor)
    return list(row)


def _former(connection: Connection, shelf: Shelf, cursor: str) -> Row | None:
    query = (
        f"SELECT {_ORDER} FROM gone WHERE list = ? AND owner = ? AND identity = ?"  # noqa: S608 - our own words; values are bound
        " AND (? IS NULL OR created_at <= ?)"
    )
    owner = shelf.owner[1] if shelf.owner else ""
    arguments = (shelf.table, owner, cursor, shelf.horizon, shelf.horizon)
    row: Row | None = connection.execute(query, arguments).fetchone()
    return row
