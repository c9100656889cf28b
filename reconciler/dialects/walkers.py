"""A list read in several stretches at once, where an earlier reading knows where they begin.

Each walker begins behind the object where the one before it ends. What is found counts only where all
stretches meet, so that it is what one walk finds; otherwise it is discarded, and one walk reads the list.
"""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from reconciler.api.errors import APIStatusError
from reconciler.dialects.listing import PAGE, Walk
from reconciler.model.resource import LiveAssistant

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Mapping, Sequence

    from reconciler.dialects.listing import Listed
    from reconciler.dialects.sheet import Fetch, Item, Sheet

_PAGES: Final = 10
"""Pages between two cursors; with fewer there would be more than a tenth of requests in addition."""
_OVERLAP: Final = 10
"""Objects of a stretch's last page that the next stretch has too, which shows that both know one order."""
_STRETCH: Final = _PAGES * PAGE - _OVERLAP
_WALKERS: Final = 12
_MOST: Final = 1_000  # pages of the last stretch


class _StrayError(Exception):
    """A stretch does not lead where the next one begins."""


class _Stretch:
    """The objects behind one id up to another, both as a walk finds them; ``behind`` follows the last one.

    ``stop`` is the last object; None for the stretch that ends with the list. ``most`` are the pages that it
    has, unless the list changed much.
    """

    def __init__(self, fetch: Fetch, after: str | None, stop: str | None, most: int) -> None:
        self.found: dict[str, Item] = {}
        self.behind: Sequence[str] = ()
        self.pages: list[Sequence[str]] = []
        self._fetch, self._after, self._stop, self._most = fetch, after, stop, most

    async def read(self) -> None:
        """Read it; _StrayError for a page that is not the next one of a list in order."""
        after = self._after
        while not self._take(await self._fetch(after)):
            if len(self.pages) > self._most:
                raise _StrayError
            after = self.pages[-1][-1]

    def _take(self, page: Sheet) -> bool:
        """Add the objects of a page up to the last one; return whether that is reached."""
        ids = [*page.ids]
        is_last = page.has_more is False if self._stop is None else self._stop in ids
        most = ids.index(self._stop) + 1 if self._stop is not None and is_last else len(ids)
        self.behind = ids[most:]
        goes_on = page.has_more is True and (is_last or len(ids) == PAGE)
        ends = page.has_more is False and is_last and (self._stop is None or bool(self.behind))
        known = len(self.found)
        if not (goes_on or ends) or page.nameless or len({*ids}) != len(ids):
            raise _StrayError
        self.found |= {one.id: one for one in page.made({*self.behind})}
        if len(self.found) != known + most:
            raise _StrayError
        self.pages.append(ids)
        return is_last

    def begins_with(self, ids: Sequence[str]) -> bool:
        """Return whether its first page has these objects first, or any where none are known."""
        first = self.pages[0]
        return bool(first) and first[: len(ids)] == [*ids]


async def in_stretches(listed: Listed, cursors: Sequence[str]) -> Walk | None:
    """Return a reading of the list by a walker behind each of some cursors and one from the beginning.

    None where the stretches do not meet, or where a cursor is refused: then nothing of it counts.
    """
    every = -(-(len(cursors) + 1) // _WALKERS)
    ends = [None, *cursors[every - 1 :: every], None]
    stretches = [
        _Stretch(listed.fetch, after, stop, _MOST if stop is None else every * _PAGES)
        for after, stop in pairwise(ends)
    ]
    try:
        await _all([one.read() for one in stretches])
    except (_StrayError, APIStatusError):
        return None
    found = {one: item for stretch in stretches for one, item in stretch.found.items()}
    are_met = all(after.begins_with(before.behind) for before, after in pairwise(stretches))
    is_whole = len(found) == sum(len(one.found) for one in stretches)
    if not (are_met and is_whole and is_ascending(found)):
        return None
    pages = [ids for one in stretches for ids in one.pages]
    return Walk.of(listed, found, pages)


async def _all(readings: Iterable[Coroutine[None, None, None]]) -> None:
    """Await them all at once; the first failure ends the others."""
    tasks = [asyncio.ensure_future(one) for one in readings]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def cursors(walk: Walk) -> tuple[str, ...]:
    """Return where stretches of a list begin, in its order; none where a walk did not prove them."""
    ids = [*walk.found]
    is_proved = walk.is_regular and len(ids) > _STRETCH and is_ascending(walk.found)
    return tuple(ids[_STRETCH - 1 : -1 : _STRETCH]) if is_proved else ()


def is_ascending(found: Mapping[str, Item]) -> bool:
    """Return whether the objects of a list were made one after the other, as far as they say when."""
    times = [one.created_at for one in found.values() if isinstance(one, LiveAssistant)]
    return all(before <= after for before, after in pairwise(times))
