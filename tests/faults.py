"""A transport that answers as a script says instead of the server, or in spite of it."""

import httpx


class Faulty(httpx.AsyncBaseTransport):
    """Passes requests on, except where a script says what happens instead.

    The script gets a request and returns None, an exception, or a response that replaces the real one;
    with ``after`` the server acts first and only its answer is lost.
    """

    def __init__(self, inner, script, *, after=False):
        self.inner, self.script, self.after = inner, script, after

    async def handle_async_request(self, request):
        fault = self.script(request)
        if fault is None or self.after:
            answer = await self.inner.handle_async_request(request)
        if fault is None:
            return answer
        if isinstance(fault, BaseException):
            raise fault
        return fault


class Lossy(Faulty):
    """Loses only the answer of a request that changes something, and replaces one that looks."""

    async def handle_async_request(self, request):
        self.after = request.method == "POST"
        return await super().handle_async_request(request)


def at(world, method, path, *faults, after=False):
    """Meet the next requests to a path with these faults, one each."""
    waiting = list(faults)

    def script(request):
        hit = (request.method, request.url.path.removeprefix("/v1")) == (method, path)
        return waiting.pop(0) if hit and waiting else None

    world.transport = lambda inner: Faulty(inner, script, after=after)
    return waiting
