"""Every state at a place, a line each, in columns that fit a narrow terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.render.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.store.locations import Entry

_WIDEST = 36  # of a name: what 80 columns leave beside the others
_ROW = "{:{width}}  {:>6}  {:>9}  {}\n"


def table(entries: Iterable[Entry]) -> Iterator[str]:
    """A heading, and for each state its serial, how many addresses it has, and when it was saved.

    Who holds its lock stands in a line of its own, and so does a name that is too long for its column.
    """
    named = [(visible(one.name), one) for one in entries]
    width = min(_WIDEST, max(len("NAME"), *(len(name) for name, _ in named)))
    yield _ROW.format("NAME", "SERIAL", "ADDRESSES", "SAVED", width=width)
    for name, one in named:
        if len(name) > width:
            yield f"{name}\n"
        yield _row("" if len(name) > width else name, one, width)
        if one.snapshot and one.snapshot.holder:
            yield f"  locked by {visible(one.snapshot.holder)}\n"


def _row(name: str, one: Entry, width: int) -> str:
    if one.snapshot is None:
        return f"{name:{width}}  cannot be read: {visible(one.problem)}\n"
    state, at = one.snapshot.state, one.snapshot.at
    saved = f"{visible(at[:19].replace('T', ' '))} UTC" if at else "-"
    return _ROW.format(name, state.serial, len(state.bindings), saved, width=width)
