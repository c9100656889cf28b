"""The assistants of an account as a table that fits a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reconciler.model.keys import masked
from reconciler.render.columns import cells, cut, padded
from reconciler.render.lines import Span, Style, line
from reconciler.render.visible import shortened, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.render.document import InventoryDocument, ListedRecord
    from reconciler.render.lines import Line

_LONGEST_NAME = 60  # columns of a name where nothing else bounds it
_SHORTEST_NAME = 12
_LONGEST_ID = 36  # columns; a longer one is whole, and moves the rest of its line
_GAP = "  "
_UNKNOWN = "-"
_AGES = ((60, "s"), (3_600, "min"), (86_400, "h"), (365 * 86_400, "d"))
"""Seconds below which an age is counted in a unit, and the unit."""
_UNITS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400, "y": 365 * 86_400}


class _Row(NamedTuple):
    """The texts of one assistant; ``whose`` is its owner with its address, and its address in the state."""

    id: str
    name: str
    size: str
    files: str
    age: str
    whose: str


_HEADING = _Row(id="ID", name="NAME", size="SIZE", files="FILES", age="AGE", whose="OWNER")


def inventory_lines(document: InventoryDocument, now: float, width: int | None) -> Iterator[Line]:
    """Yield a heading and the assistants; ``width`` is that of a terminal, None for a pipe.

    Where the owners do not fit beside the rest, each is on a line of its own. A name that is too long is cut.
    """
    rows = [_row(one, now) for one in document.assistants if not one.problem]
    widths = _widths([_HEADING, *rows], width)
    beside = widths.beside(max((cells(row.whose) for row in (_HEADING, *rows)), default=0), width)
    if document.assistants:
        yield _drawn(_HEADING, widths, beside=beside, style=Style.BOLD)
    readable = iter(rows)
    for one in document.assistants:
        if one.problem:
            yield _unreadable(one, widths)
            continue
        row = next(readable)
        yield _drawn(row, widths, beside=beside)
        if width and row.whose != _UNKNOWN and not beside:
            yield line(f"{_GAP}{cut(row.whose, width - len(_GAP))}")


def counted(document: InventoryDocument) -> str:
    """Return how many assistants are listed, and how many there are."""
    shown, total, owned = len(document.assistants), document.total, document.owned
    some = f"{total} assistant{'s' * (total != 1)}"
    listed = some if shown == total else f"{shown} of {some}"
    unowned = total - owned - document.unreadable - document.unknown
    parts = [f"{owned} with an ownership mark", f"{unowned} without one" if unowned >= 0 else ""]
    parts += [f"{document.unknown} with an unknown one" if document.unknown else ""]
    unread = f"{document.unreadable} unreadable" if document.unreadable else ""
    return f"{listed}: {', '.join(filter(None, [*parts, unread]))}."


def age(seconds: float) -> str:
    """Return an age in its largest unit; the clock of a server may be ahead of ours."""
    passed = max(0, int(seconds))
    unit = next((name for bound, name in _AGES if passed < bound), "y")
    return f"{passed // _UNITS[unit]} {unit}"


def _row(one: ListedRecord, now: float) -> _Row:
    owner = f"{one.owner} {one.address}" if one.owner else "(unknown ownership mark)" * one.unknown_mark
    here = f"({one.bound} in this state)" if one.bound and one.bound != one.address else ""
    return _Row(
        id=visible(one.id),
        name=visible(masked(one.name)) or _UNKNOWN,
        size=_UNKNOWN if one.size is None else shortened(one.size),
        files=_UNKNOWN if one.files is None else str(one.files),
        age=_UNKNOWN if one.created_at is None else age(now - one.created_at),
        whose=visible(" ".join(filter(None, (owner, here)))) or _UNKNOWN,
    )


class _Widths(NamedTuple):
    """The width of each column but the last one."""

    id: int
    name: int
    size: int
    files: int
    age: int

    @property
    def rest(self) -> int:
        """The columns of everything but the name."""
        return self.id + self.size + self.files + self.age + 4 * len(_GAP)

    def beside(self, owner: int, width: int | None) -> bool:
        """Return whether the owners fit into the line of their assistants."""
        return width is None or self.rest + self.name + len(_GAP) + owner <= width


def _widths(rows: Sequence[_Row], width: int | None) -> _Widths:
    longest = [max(cells(row[place]) for row in rows) for place in range(5)]
    fitted = _Widths(min(longest[0], _LONGEST_ID), *longest[1:])
    room = _LONGEST_NAME if width is None else max(_SHORTEST_NAME, min(_LONGEST_NAME, width - fitted.rest))
    return fitted._replace(name=min(fitted.name, room))


def _drawn(row: _Row, widths: _Widths, *, beside: bool, style: Style = Style.PLAIN) -> Line:
    texts = (
        padded(row.id, widths.id),
        padded(cut(row.name, widths.name), widths.name),
        row.size.rjust(widths.size),
        row.files.rjust(widths.files),
        row.age.rjust(widths.age),
    )
    return line(Span(_GAP.join((*texts, row.whose) if beside else texts), style))


def _unreadable(one: ListedRecord, widths: _Widths) -> Line:
    owner = f" ({visible(one.owner)} {visible(one.address)})" if one.owner else ""
    problem = f"cannot be read: {visible(masked(one.problem))}"
    return line(padded(visible(one.id), widths.id), _GAP, Span(f"{problem}{owner}", Style.ERROR))
