"""Pages of a list, how to ask for one, and walking them in either variant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

from reconciler.api.errors import APIResponseValidationError

FEW: Final = 10
"""Objects below which a page is too small, unless fewer were asked for: servers cap pages at 10 or more."""
IN_A_ROW: Final = 30
"""Such pages that may follow each other."""

T = TypeVar("T")
PageT = TypeVar("PageT")

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator, Mapping

    from reconciler.api.call import Call
    from reconciler.api.types import Page

    Fetch: TypeAlias = "Callable[[ListCall[T]], SyncCursorPage[T]]"
    AsyncFetch: TypeAlias = "Callable[[ListCall[T]], Coroutine[Any, Any, AsyncCursorPage[T]]]"


@dataclass(frozen=True, slots=True)
class ListCall(Generic[T]):
    """A Call for one page, and how to ask for the next."""

    page: Call[Page[T]]

    def cursor(self, received: Page[T]) -> dict[str, str] | None:
        """Return the query parameter that leads to the next page; None at the end, or when it would not move.

        The walk goes backwards when it was started with ``before``.
        """
        asked = self.page.sent_query
        name = "before" if "before" in asked and "after" not in asked else "after"
        last = received.edge(backwards=name == "before")
        if received.has_more is False or last is None or last == asked.get(name):
            return None
        return {name: last}

    def at(self, cursor: Mapping[str, str]) -> ListCall[T]:
        """Return the call for the page at a cursor, everything else alike."""
        query = {**self.page.sent_query, **cursor}
        extras = replace(self.page.extras, query=None)  # it is in what was asked, and must not win again
        return ListCall(replace(self.page, query=query, extras=extras))


@dataclass(frozen=True, slots=True)
class PageInfo:
    """The query of the next page: ``{"after": id}``, or ``{"before": id}`` on a walk backwards."""

    params: dict[str, str]


class _CursorPage(Generic[T]):
    """A page of a list; both variants share this."""

    def __init__(self, page: Page[T], call: ListCall[T]) -> None:
        self.data = page.data
        self.first_id = page.first_id
        self.last_id = page.last_id
        self.has_more = page.has_more
        self._call = call
        self._cursor = call.cursor(page)

    def has_next_page(self) -> bool:
        """Return whether asking for another page makes sense: never after the end, nor on a stuck cursor."""
        return self._cursor is not None

    def next_page_info(self) -> PageInfo | None:
        """Return the query of ``get_next_page``; None when there is no next page."""
        return None if self._cursor is None else PageInfo(self._cursor)

    def _counted(self, poor: int) -> int:
        """Return how many pages in a row were nearly empty, this one included.

        APIResponseValidationError where they are too many: such a list has no end.
        """
        asked = self._call.page.sent_query.get("limit", "")
        least = min(FEW, int(asked)) if asked.isdecimal() and asked.isascii() else FEW
        poor = poor + 1 if self.has_next_page() and len(self.data) < least else 0
        if poor > IN_A_ROW:
            call = self._call.page
            raise APIResponseValidationError(
                f"{call.method} /{call.url} answered {IN_A_ROW} pages in a row with fewer than {least} "
                "objects, and none is the last"
            )
        return poor

    def _following(self) -> ListCall[T]:
        if self._cursor is None:
            raise RuntimeError("there is no next page; ask has_next_page() first")
        return self._call.at(self._cursor)


class SyncCursorPage(_CursorPage[T]):
    """A page that iterates over its items and those of every page behind it."""

    def __init__(self, page: Page[T], call: ListCall[T], fetch: Fetch[T]) -> None:
        super().__init__(page, call)
        self._fetch = fetch

    def get_next_page(self) -> SyncCursorPage[T]:
        """Fetch the next page; RuntimeError when there is none."""
        return self._fetch(self._following())

    def iter_pages(self) -> Iterator[SyncCursorPage[T]]:
        """This page and every one behind it, each fetched when it is reached."""
        page, poor = self, 0
        yield page
        while page.has_next_page():
            poor = page._counted(poor)
            page = page.get_next_page()
            yield page

    def __iter__(self) -> Iterator[T]:
        for page in self.iter_pages():
            yield from page.data


class AsyncCursorPage(_CursorPage[T]):
    """The same, awaited."""

    def __init__(self, page: Page[T], call: ListCall[T], fetch: AsyncFetch[T]) -> None:
        super().__init__(page, call)
        self._fetch = fetch

    async def get_next_page(self) -> AsyncCursorPage[T]:
        """Fetch the next page; RuntimeError when there is none."""
        return await self._fetch(self._following())

    async def iter_pages(self) -> AsyncIterator[AsyncCursorPage[T]]:
        """This page and every one behind it, each fetched when it is reached."""
        page, poor = self, 0
        yield page
        while page.has_next_page():
            poor = page._counted(poor)
            page = await page.get_next_page()
            yield page

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.iter_pages():
            for item in page.data:
                yield item


class AsyncPaginator(Generic[T, PageT]):
    """A list not yet asked for: ``await`` gives the first page, ``async for`` every item of every page."""

    def __init__(self, first: Callable[[], Coroutine[Any, Any, PageT]]) -> None:
        self._first = first

    def __await__(self) -> Generator[Any, None, PageT]:
        return self._first().__await__()

    async def __aiter__(self) -> AsyncIterator[T]:
        page: Any = await self  # of any type that iterates over its items; the sender says which
        async for item in page:
            yield item
