"""One request and its reply while deviations change them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, NamedTuple

Wire = dict[str, Any]

_PAGE: Final = 100


class Returned(NamedTuple):
    """The application's answer to a question of a deviation."""

    status: int
    body: Any


Ask = Callable[[str, str, Mapping[str, str], Any], Awaitable[Returned]]


@dataclass(frozen=True)
class Setting:
    """Parameters of one armed row, and its memory between requests."""

    size: int = 0
    status: int = 0
    variant: str = ""
    memory: dict[str, Any] = field(default_factory=dict)


@dataclass
class Exchange:
    """A request that rows may change or answer themselves, and then the reply that rows may change.

    `sent` and `returned` are the JSON of request and reply, None where there is none. `setting` is that of
    the row that is at work.
    """

    method: str
    path: str
    query: dict[str, str]
    sent: Any
    raw: bytes
    ask: Ask
    setting: Setting = field(default_factory=Setting)
    dropped: set[str] = field(default_factory=set)
    answered: bool = False
    status: int = HTTPStatus.OK
    returned: Any = None
    content: bytes = b""

    @property
    def assistant(self) -> str:
        """The id of the assistant in the path; empty where the path has none."""
        return [*self.path.split("/"), "", ""][2]

    @property
    def last(self) -> str:
        """The last segment of the path."""
        return self.path.rpartition("/")[2]

    @property
    def body(self) -> Wire:
        """The JSON object that was sent; an empty one where none was."""
        return self.sent if isinstance(self.sent, dict) else {}

    @property
    def page(self) -> Wire:
        """The list in the reply; an empty object where the reply is not a list."""
        return (
            self.returned
            if isinstance(self.returned, dict) and isinstance(self.returned.get("data"), list)
            else {}
        )

    def objects(self, *kinds: str) -> Iterator[Wire]:
        """Yield the objects in the reply, or those of some kinds."""
        for each in self.page.get("data", [self.returned]):
            if isinstance(each, dict) and "id" in each and (not kinds or each.get("object") in kinds):
                yield each

    def assistants(self) -> Iterator[Wire]:
        """Yield the assistants in the reply."""
        return self.objects("assistant")

    def answer(self, status: int, returned: Any) -> None:
        """Answer instead of the application, which then never gets the request."""
        self.answered, self.status, self.returned = True, status, returned

    async def retrieve(self, path: str, **query: str) -> Any:
        """Return the JSON at a path of the application, or None where it refuses."""
        answer = await self.ask("GET", path, query, None)
        return answer.body if answer.status == HTTPStatus.OK else None

    async def everyone(self, order: str = "desc") -> AsyncIterator[Wire]:
        """Yield every assistant of the application, as it is."""
        query = {"order": order, "limit": str(_PAGE)}
        while True:
            page = await self.retrieve("/assistants", **query)
            for each in page["data"] if page else ():
                yield each
            if not page or not page["has_more"]:
                return
            query["after"] = page["last_id"]


Step = Callable[[Exchange], Awaitable[None] | None]


@dataclass(frozen=True)
class Row:
    """One behaviour: the requests that it meets, and what it does before and after the application works.

    A row with a `size` has a number, here its default; the first of `statuses` and of `variants` is the
    default. Without them a script may not name any.
    """

    name: str
    on: tuple[str, ...]
    before: Step | None = None
    after: Step | None = None
    size: int | None = None
    statuses: tuple[int, ...] = ()
    variants: tuple[str, ...] = ()

    def setting(self, size: int | None, status: int | None, variant: str | None) -> Setting:
        """Return what a script says, or the defaults."""
        return Setting(
            size or self.size or 0,
            status or next(iter(self.statuses), 0),
            variant or next(iter(self.variants), ""),
        )


@dataclass(frozen=True)
class Deviation:
    """A row that is armed."""

    row: Row
    setting: Setting
