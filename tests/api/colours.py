"""The client in both colours behind one face, so that one test body speaks for both."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from contextlib import contextmanager

from reconciler.api import AsyncClient, AsyncCursorPage, Client
from reconciler.api.endpoint import AsyncResource

_END = object()
_FACED = (AsyncClient, AsyncResource, AsyncCursorPage, AsyncIterator)


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


COLOURS = {"sync": sync_client, "async": async_client}
