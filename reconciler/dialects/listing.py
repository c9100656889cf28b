"""A list with cursors, read page by page, and the proof that nothing is missing from it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from reconciler.api.errors import (
    BadRequestError,
    NotFoundError,
    UnprocessableEntityError,
)
from reconciler.api.pages import FEW, IN_A_ROW
from reconciler.dialects.incomplete_list import IncompleteListError, incomplete
from reconciler.model.canonical import digest
from reconciler.model.resource import End

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.api.types import Unreadable
    from reconciler.dialects.sheet import Fetch, Item, Sheet

PAGE = 100
SMALLEST = 20
"""Objects that a server returns at once even where it ignores every parameter of paging."""
_PAGES = 1_000  # of one reading; more than any account has
_NAMELESS = 1_000  # objects without a usable id that are kept
_NAMELESS_SEEN = 10_000  # those of all pages together, where a page may repeat what others have
_TRIES = 3
_AT_ONCE = 10
_STEPS = 8  # of the event loop, from a call to the bytes of its request
_REFUSALS = (BadRequestError, NotFoundError, UnprocessableEntityError)


class _Edge(NamedTuple):
    """The end of a page: the id of its last object, and of the one before; the same for a single object."""

    before: str
    last: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of a server, such as its assistants; ``fetch`` returns the page behind an id, or the first page.

    ``target`` is what a person calls the server, ``remedy`` what to fix where the list is incomplete.
    """

    fetch: Fetch
    target: str
    noun: str
    remedy: str

    def incomplete(self, why: str, remedy: str = "") -> IncompleteListError:
        """Return the error for a reading on which nothing may rest."""
        return incomplete(self.noun, self.target, why, remedy=remedy or self.remedy)

    @property
    def page_size(self) -> str:
        """What to fix where its pages bring little."""
        return (
            f"the page size of that server (at least {FEW} objects where `limit` is {PAGE}), or, where it "
            f"has fewer objects than its pages show, {self.remedy}"
        )


@dataclass
class Walk:
    """One reading of a list: every object once, in the order of the server.

    ``nameless`` are objects without a usable
    id; ``nameless_seen`` counts them on every page, those that are repeated too. ``is_circular``: behind its
    end the list begins again. ``poor`` are the last pages that brought little. ``is_regular``: every page
    was full and new, but for the last one, and said truly whether more was to come.
    """

    listed: Listed
    found: dict[str, Item] = field(default_factory=dict)
    nameless: list[Unreadable] = field(default_factory=list)
    nameless_digests: set[str] = field(default_factory=set)
    nameless_seen: int = 0
    edges: list[_Edge] = field(default_factory=list)
    pages: int = 0
    end: End = End.CLAIMED
    is_circular: bool = False
    poor: int = 0
    is_regular: bool = True

    @classmethod
    def of(cls, listed: Listed, found: dict[str, Item], pages: Iterable[Sequence[str]]) -> Walk:
        """Return a regular reading that was made in another way: its objects, and the ids of each page."""
        order = [*found]
        before = {ids[0]: order[max(order.index(ids[0]) - 1, 0)] for ids in pages if len(ids) == 1}
        edges = [_Edge(*[before.get(ids[0], ""), *ids][-2:]) for ids in pages if ids]
        return cls(listed, found, edges=edges)

    async def read(self) -> None:
        """Read every page up to the one that the server calls the last.

        What a page repeats is passed over, since it hides nothing. IncompleteListError for a page that
        brings nothing new and is not the last. The next page is requested before the objects of one are made.
        """
        after, page = None, await self._page(None)
        while True:
            self._take_nameless(page.nameless)
            self.is_regular = self.is_regular and self._is_next(page)
            after = self._following(page, after)
            if after is None:
                self._take(page)
                return
            upcoming = asyncio.ensure_future(self._page(after))
            try:
                await _under_way()
                self._take(page)
                page = await upcoming
            finally:
                upcoming.cancel()

    def _is_next(self, page: Sheet) -> bool:
        """Return whether a page is full and new, unless it is the last, and says whether more is to come."""
        is_full = page.has_more is True and page.size == PAGE
        new = {*page.ids}.difference(self.found)
        return len(new) == page.size and (is_full or page.has_more is False)

    def _following(self, page: Sheet, after: str | None) -> str | None:
        """Return the id behind which the next page is; None after the last one."""
        if page.has_more is False:
            return None
        last, new = page.ids[-1] if page.ids else after, len({*page.ids}.difference(self.found))
        if new and last != after:
            self._count(new, page)
            return last
        if page.has_more is None and page.size < PAGE:
            return None
        raise self._cut(f"page {self.pages} leads no further and does not say that it is the last")

    async def _page(self, after: str | None) -> Sheet:
        self.pages += 1
        if self.pages > _PAGES:
            raise self._cut(f"it continues after {_PAGES:,} pages")
        return await self.listed.fetch(after)

    def _count(self, new: int, page: Sheet | None = None) -> None:
        """Raise IncompleteListError where page after page brings few new objects, and never the last.

        ``page`` is the last one, where there is one: where it is small, the server may do nothing else wrong.
        """
        self.poor = 0 if new >= FEW else self.poor + 1
        if self.poor <= IN_A_ROW:
            return
        why = f"{IN_A_ROW} pages in a row have fewer than {FEW} new objects and are not the last"
        if page is None or page.size >= FEW:
            raise self._cut(why)
        raise self.listed.incomplete(f"{why}; page {self.pages} has {page.size}", self.listed.page_size)

    async def prove(self) -> None:
        """Ask again past each page, from the object before its last one, until nothing new comes.

        An answer that lacks the last object, or that starts again with the first one, proves nothing: a
        server whose ``after`` compares times, or is ignored, can leave out any number of objects.
        """
        edges, free = self.edges, asyncio.Semaphore(_AT_ONCE)
        self.pages = self.poor = 0
        while edges:
            self.edges, known = [], len(self.found)
            if not all(await asyncio.gather(*(self._confirm(edge, free) for edge in edges))):
                return
            edges = self.edges
            if edges:
                self.is_regular = False
                self._count(len(self.found) - known)
        self.end = End.PROVED

    async def _confirm(self, edge: _Edge, free: asyncio.Semaphore) -> bool:
        async with free:
            try:
                page = await self._page(edge.before)
            except _REFUSALS:  # of the cursor, since the list itself was read
                return False
        ids = {*page.ids}
        is_alone = edge.before == edge.last
        self.is_circular = self.is_circular or next(iter(self.found)) in ids
        if self.is_circular or (edge.last not in ids and not is_alone):
            return False
        self._take_nameless(page.nameless)
        known = len(self.edges)
        if not self._take(page):
            del self.edges[known:]
        return True

    def unproved(self) -> IncompleteListError:
        """Return the error for a list with too many objects to take them for all there are."""
        size = len(self.found) + len(self.nameless)
        return self._cut(f"it has {size} objects, and a request past the last one does not prove its end")

    def _cut(self, why: str) -> IncompleteListError:
        return self.listed.incomplete(why)

    def _take(self, page: Sheet) -> bool:
        """Add the objects of a page that have an id; return whether any of them is new."""
        known = len(self.found)
        before, ids = next(reversed(self.found), ""), page.ids
        self.found |= {one.id: one for one in page.made(self.found)}
        if ids:
            self.edges.append(_Edge(*ids[-2:]) if ids[1:] else _Edge(before or ids[0], ids[0]))
        return len(self.found) > known

    def _take_nameless(self, objects: Sequence[Unreadable]) -> None:
        """Keep the objects of a page that no earlier page had: one that is read again repeats them."""
        self.nameless_seen += len(objects)
        if self.nameless_seen > _NAMELESS_SEEN:
            raise self._cut(f"its pages have more than {_NAMELESS_SEEN:,} objects without a usable id")
        by_digest = [(digest(one.sent), one) for one in objects]
        self.nameless += [one for named, one in by_digest if named not in self.nameless_digests]
        self.nameless_digests |= {named for named, _ in by_digest}
        if len(self.nameless) > _NAMELESS:
            raise self._cut(f"more than {_NAMELESS:,} of its objects have no usable id")


async def walked(listed: Listed) -> Walk:
    """Return a reading of a list; its end is only what the server claims.

    A reading that other users disturb, by deleting the object that a page is asked after, starts again.
    """
    for _ in range(_TRIES - 1):
        walk = Walk(listed)
        try:
            await walk.read()
        except _REFUSALS:
            if not walk.found:
                raise
        else:
            return walk
    walk = Walk(listed)
    try:
        await walk.read()
    except _REFUSALS as cause:
        if not walk.found:
            raise
        why = f"page {walk.pages} was refused in each of {_TRIES} readings, as if the list changed meanwhile"
        raise listed.incomplete(f"{why} ({cause})") from cause
    return walk


async def proved(walk: Walk) -> Walk:
    """Return a reading whose end is proved, the given one where it can be; IncompleteListError.

    Where nothing proves it, fewer objects than any known server returns at once are taken for all there are.
    """
    await walk.prove()
    for _ in range(_TRIES - 1):
        if walk.end is End.PROVED:
            return walk
        if walk.is_circular:  # as it would be again
            break
        walk = await walked(walk.listed)
        await walk.prove()
    if walk.end is not End.PROVED:
        if len(walk.found) + len(walk.nameless) >= SMALLEST:
            raise walk.unproved()
        walk.end = End.SHORT
    return walk


async def _under_way() -> None:
    """Let a request that was begun reach its socket, so that the server works meanwhile."""
    for _ in range(_STEPS):
        await asyncio.sleep(0)
