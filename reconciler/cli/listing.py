"""A table of the states at a location, in columns that fit a narrow terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.render.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.store.locations import Entry

_WIDEST = 36  # of a name: what 80 columns leave beside the others
_ROW = "{:{width}}  {:>6}  {:>9}  {}\n"


def table(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield a heading, and for each state its serial, its number of addresses and its time of saving.

    A lock holder has a line of its own, and so has a name that is too long for its column.
    """
    named = [(visible(entry.name), entry) for entry in entries]
    width = min(_WIDEST, max(len("NAME"), *(len(name) for name, _ in named)))
    yield _ROW.format("NAME", "SERIAL", "ADDRESSES", "SAVED", width=width)
    for name, entry in named:
        if len(name) > width:
            yield f"{name}\n"
        yield _row("" if len(name) > width else name, entry, width)
        if entry.snapshot and entry.snapshot.holder:
            yield f"  locked by {visible(entry.snapshot.holder)}\n"


def _row(name: str, entry: Entry, width: int) -> str:
    if entry.snapshot is None:
        return f"{name:{width}}  cannot be read: {visible(entry.problem)}\n"
    state, at = entry.snapshot.state, entry.snapshot.at
    saved = f"{visible(at[:19].replace('T', ' '))} UTC" if at else "-"
    return _ROW.format(name, state.serial, len(state.bindings), saved, width=width)
