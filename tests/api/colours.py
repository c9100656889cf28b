"""The client in six colours behind one face, so that one test body speaks for all of them.

The colours are two by three: sync or async, and the result itself, or parsed from the raw answer or from
the streamed one.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, contextmanager
from functools import partial

from reconciler.api import AsyncClient, AsyncCursorPage, AsyncStreamedResponse, Client, RawResponse
from reconciler.api.endpoint import Resource

_END = object()
_MADE = {200, 201}  # a create of some APIs has a status of its own
_FACED = (
    AbstractAsyncContextManager,
    AsyncCursorPage,
    AsyncIterator,
    AsyncStreamedResponse,
    RawResponse,
    Resource,
)


class Awaited:
    """A part of the async client that is used without await: whatever is awaitable is run to its end."""

    def __init__(self, inner, runner):
        self._inner = inner
        self._runner = runner

    def __getattr__(self, name):
        return self._faced(getattr(self._inner, name))

    def __iter__(self):
        walk = aiter(self._inner)
        while (item := self._runner.run(_awaited(anext(walk, _END)))) is not _END:
            yield self._faced(item)

    def __enter__(self):
        return self._faced(self._inner.__aenter__())

    def __exit__(self, *raised):
        return self._faced(self._inner.__aexit__(*raised))

    def _faced(self, found):
        if inspect.isawaitable(found):
            return self._faced(self._runner.run(_awaited(found)))
        if isinstance(found, _FACED):
            return Awaited(found, self._runner)
        if callable(found):
            return lambda *args, **kwargs: self._faced(found(*args, **kwargs))
        return found


async def _awaited(found):
    return await found


class Viewed:
    """A client whose every result is taken out of an answer; what is no endpoint is the client's own."""

    _parts = ("beta", "assistants", "agents", "files")
    _copies = ("copy", "with_options")

    def __init__(self, inner, result):
        self._inner = inner
        self._result = result

    def __getattr__(self, name):
        found = getattr(self._inner, name)
        if name in self._parts:
            return Viewed(found, self._result)
        if name in self._copies:
            return lambda **options: Viewed(found(**options), self._result)
        return (
            partial(self._result, self._inner, name) if hasattr(self._inner, "with_raw_response") else found
        )


def _from_raw(resource, name, /, *args, **kwargs):
    answer = getattr(resource.with_raw_response, name)(*args, **kwargs)
    assert (answer.status_code in _MADE, answer.is_closed) == (True, True)
    return answer.parse()


def _from_streamed(resource, name, /, *args, **kwargs):
    with getattr(resource.with_streaming_response, name)(*args, **kwargs) as answer:
        assert (answer.status_code in _MADE, answer.is_closed) == (True, False)
        parsed = answer.parse()
    assert answer.is_closed
    return parsed


@contextmanager
def sync_client(**options):
    with Client(**options) as client:
        yield client


@contextmanager
def async_client(**options):
    with asyncio.Runner() as runner:
        client = AsyncClient(**options)
        try:
            yield Awaited(client, runner)
        finally:
            runner.run(client.close())


def _viewed(connect, result):
    @contextmanager
    def opened(**options):
        with connect(**options) as client:
            yield Viewed(client, result)

    return opened


PARSED = {"sync": sync_client, "async": async_client}
RAW = {f"{name} raw": _viewed(connect, _from_raw) for name, connect in PARSED.items()}
STREAMED = {f"{name} streamed": _viewed(connect, _from_streamed) for name, connect in PARSED.items()}
COLOURS = PARSED | RAW | STREAMED
