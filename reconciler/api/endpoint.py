"""One line an endpoint: a function that describes a Call becomes a method of either colour."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from reconciler.api.call import Call, ListCall
    from reconciler.api.pages import AsyncPaginator, SyncCursorPage

P = ParamSpec("P")
T = TypeVar("T")


class Sender(Protocol):
    """Makes Calls and waits for their results."""

    def send(self, call: Call[T]) -> T:
        """Make one Call."""
        ...

    def listed(self, call: ListCall[T]) -> SyncCursorPage[T]:
        """The first page of a list."""
        ...


class AsyncSender(Protocol):
    """Makes Calls and gives something to await."""

    def send(self, call: Call[T]) -> Coroutine[Any, Any, T]:
        """Make one Call."""
        ...

    def listed(self, call: ListCall[T]) -> AsyncPaginator[T]:
        """A list, to be awaited or iterated."""
        ...


class Resource:
    """What an endpoint's method needs: a client of one colour."""

    _client: Sender | AsyncSender


class SyncResource(Resource):
    """A resource whose methods return results."""

    _client: Sender

    def __init__(self, client: Sender) -> None:
        self._client = client


class AsyncResource(Resource):
    """A resource whose methods return awaitables."""

    _client: AsyncSender

    def __init__(self, client: AsyncSender) -> None:
        self._client = client


class endpoint(Generic[P, T]):  # noqa: N801 - reads as the keyword it is in a class body
    """A method that makes one Call."""

    def __init__(self, describe: Callable[P, Call[T]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, resource: SyncResource, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, resource: AsyncResource, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def __get__(self, resource: None, owner: type) -> Callable[P, Call[T]]: ...
    def __get__(self, resource: Resource | None, owner: type) -> Callable[P, Any]:
        if resource is None:
            return self._describe
        client = resource._client  # noqa: SLF001 - the descriptor is part of the resource

        @wraps(self._describe)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return client.send(self._describe(*args, **kwargs))

        return method


class listing(Generic[P, T]):  # noqa: N801 - reads as the keyword it is in a class body
    """A method that lists: a page in sync, something to await or iterate in async."""

    def __init__(self, describe: Callable[P, ListCall[T]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, resource: SyncResource, owner: type) -> Callable[P, SyncCursorPage[T]]: ...
    @overload
    def __get__(self, resource: AsyncResource, owner: type) -> Callable[P, AsyncPaginator[T]]: ...
    @overload
    def __get__(self, resource: None, owner: type) -> Callable[P, ListCall[T]]: ...
    def __get__(self, resource: Resource | None, owner: type) -> Callable[P, Any]:
        if resource is None:
            return self._describe
        client = resource._client  # noqa: SLF001 - the descriptor is part of the resource

        @wraps(self._describe)
        def method(*args: P.args, **kwargs: P.kwargs) -> SyncCursorPage[T] | AsyncPaginator[T]:
            return client.listed(self._describe(*args, **kwargs))

        return method
