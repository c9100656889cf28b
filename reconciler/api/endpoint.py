"""One line an endpoint: a function that describes a Call becomes a method of every variant.

The variants are two by three: sync or async, and the parsed result, the raw answer or the streamed one.
"""

from __future__ import annotations

import inspect
import re
from types import MethodType
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, Generic, ParamSpec, TypeVar, cast, overload

from reconciler.api.execution import (
    AsyncExchange,
    AsyncRaw,
    AsyncSender,
    AsyncStreamed,
    Exchange,
    Raw,
    Sender,
    Streamed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from contextlib import AbstractAsyncContextManager, AbstractContextManager

    from reconciler.api.call import Call
    from reconciler.api.pages import AsyncCursorPage, AsyncPaginator, ListCall, SyncCursorPage
    from reconciler.api.responses import AsyncStreamedResponse, RawResponse, StreamedResponse

P = ParamSpec("P")
T = TypeVar("T")


class Resource:
    """A class whose endpoints one sender makes; ``speaks`` is the sender's type, which knows the variant."""

    speaks: ClassVar[type]
    sender: Any


class SyncResource(Resource):
    """A resource whose methods return results."""

    speaks = Sender
    sender: Exchange

    def __init__(self, client: Exchange) -> None:
        self.sender = client


class AsyncResource(Resource):
    """A resource whose methods are awaited for results."""

    speaks = AsyncSender
    sender: AsyncExchange

    def __init__(self, client: AsyncExchange) -> None:
        self.sender = client


class RawResource(Resource):
    """A view whose methods return answers that are read already."""

    speaks = Raw
    sender: Raw

    def __init__(self, viewed: SyncResource) -> None:
        self.sender = Raw(viewed.sender)


class AsyncRawResource(Resource):
    """A view whose methods are awaited for answers that are read already."""

    speaks = AsyncRaw
    sender: AsyncRaw

    def __init__(self, viewed: AsyncResource) -> None:
        self.sender = AsyncRaw(viewed.sender)


class StreamedResource(Resource):
    """A view whose methods return context managers of answers to be read."""

    speaks = Streamed
    sender: Streamed

    def __init__(self, viewed: SyncResource) -> None:
        self.sender = Streamed(viewed.sender)


class AsyncStreamedResource(Resource):
    """A view whose methods return async context managers of answers to be read."""

    speaks = AsyncStreamed
    sender: AsyncStreamed

    def __init__(self, viewed: AsyncResource) -> None:
        self.sender = AsyncStreamed(viewed.sender)


class _Written:
    """An endpoint's functions, one for each class that holds it, made at its first use."""

    verb: ClassVar[str]

    def __init__(self, describe: Callable[..., Any]) -> None:
        self._describe = describe
        self._methods: dict[type[Resource], Callable[..., Any]] = {}

    def _bound(self, resource: Resource | None, owner: type[Resource]) -> Callable[..., Any]:
        if owner not in self._methods:
            self._methods[owner] = _method(self._describe, self.verb, owner)
        return self._methods[owner] if resource is None else MethodType(self._methods[owner], resource)


class endpoint(_Written, Generic[P, T]):  # noqa: N801 - reads as the keyword it is in a class body
    """A method that makes one Call."""

    verb = "send"

    def __init__(self, describe: Callable[P, Call[T]]) -> None:
        super().__init__(describe)

    @overload
    def __get__(self, resource: SyncResource, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, resource: AsyncResource, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def __get__(self, resource: RawResource, owner: type) -> Callable[P, RawResponse[T]]: ...
    @overload
    def __get__(
        self, resource: AsyncRawResource, owner: type
    ) -> Callable[P, Coroutine[Any, Any, RawResponse[T]]]: ...
    @overload
    def __get__(
        self, resource: StreamedResource, owner: type
    ) -> Callable[P, AbstractContextManager[StreamedResponse[T]]]: ...
    @overload
    def __get__(
        self, resource: AsyncStreamedResource, owner: type
    ) -> Callable[P, AbstractAsyncContextManager[AsyncStreamedResponse[T]]]: ...
    @overload
    def __get__(self, resource: None, owner: type) -> Callable[Concatenate[Any, P], Any]: ...
    def __get__(self, resource: Resource | None, owner: type[Resource]) -> Callable[..., Any]:
        return self._bound(resource, owner)


class listing(_Written, Generic[P, T]):  # noqa: N801 - reads as the keyword it is in a class body
    """A method that lists: a page in sync, something to await or iterate in async."""

    verb = "listed"

    def __init__(self, describe: Callable[P, ListCall[T]]) -> None:
        super().__init__(describe)

    @overload
    def __get__(self, resource: SyncResource, owner: type) -> Callable[P, SyncCursorPage[T]]: ...
    @overload
    def __get__(
        self, resource: AsyncResource, owner: type
    ) -> Callable[P, AsyncPaginator[T, AsyncCursorPage[T]]]: ...
    @overload
    def __get__(self, resource: RawResource, owner: type) -> Callable[P, RawResponse[SyncCursorPage[T]]]: ...
    @overload
    def __get__(
        self, resource: AsyncRawResource, owner: type
    ) -> Callable[P, Coroutine[Any, Any, RawResponse[AsyncCursorPage[T]]]]: ...
    @overload
    def __get__(
        self, resource: StreamedResource, owner: type
    ) -> Callable[P, AbstractContextManager[StreamedResponse[SyncCursorPage[T]]]]: ...
    @overload
    def __get__(
        self, resource: AsyncStreamedResource, owner: type
    ) -> Callable[P, AbstractAsyncContextManager[AsyncStreamedResponse[AsyncCursorPage[T]]]]: ...
    @overload
    def __get__(self, resource: None, owner: type) -> Callable[Concatenate[Any, P], Any]: ...
    def __get__(self, resource: Resource | None, owner: type[Resource]) -> Callable[..., Any]:
        return self._bound(resource, owner)


def _method(describe: Callable[..., Any], verb: str, owner: type[Resource]) -> Callable[..., Any]:
    """Return a function as if it were written out in the class, its signature and texts included."""

    def method(self: Resource, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.sender, verb)(describe(*args, **kwargs))

    async def awaited(self: Resource, *args: Any, **kwargs: Any) -> Any:
        return await getattr(self.sender, verb)(describe(*args, **kwargs))

    sending = getattr(owner.speaks, verb)
    written: Any = awaited if inspect.iscoroutinefunction(sending) else method
    written.__module__, written.__name__ = owner.__module__, describe.__name__
    written.__qualname__ = f"{owner.__qualname__}.{describe.__name__}"
    written.__doc__ = describe.__doc__
    written.__signature__ = _signature(describe, sending)
    written.__annotations__ = {**describe.__annotations__, "return": written.__signature__.return_annotation}
    return cast("Callable[..., Any]", written)


def _signature(describe: Callable[..., Any], sending: Callable[..., Any]) -> inspect.Signature:
    """Return the parameters of a description after ``self``, and what a sender gives for it."""
    described = inspect.signature(describe)
    item = described.return_annotation.partition("[")[2].removesuffix("]")  # of Call[Assistant]: Assistant
    gives = re.sub(r"\bT\b", item, sending.__annotations__["return"], flags=re.ASCII)
    first = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return described.replace(parameters=[first, *described.parameters.values()], return_annotation=gives)
