"""Marks, intents and faults for the tests of the v1 dialect."""

import hashlib

import httpx

from reconciler.model.address import assistant, file
from reconciler.model.mark import MARK_KEY, Mark
from reconciler.model.state import Intent

NOTES = b"Be kind.\n"


def marked(nonce, project="acme"):
    """Metadata with the Mark of a create."""
    mark = Mark(project, "-", "support", nonce, "n", frozenset(), "0" * 16)
    return {MARK_KEY: str(mark), "team": "red"}


def creation(nonce="abc"):
    """The intent of a create."""
    return Intent(assistant("support"), "create", nonce)


def uploading(content=NOTES, filename="notes.md", known=()):
    """The intent of an upload."""
    digest = hashlib.sha256(content).hexdigest()
    return Intent(file(filename), "upload", "", filename, len(content), digest, known)


class Around(httpx.AsyncBaseTransport):
    """The server behind it, except where `fault(request)` answers or raises; after=True lets it act first."""

    def __init__(self, inner, fault, *, after=False):
        self._inner = inner
        self._fault = fault
        self._after = after

    async def handle_async_request(self, request):
        if self._after:
            reply = await self._inner.handle_async_request(request)
            return self._fault(request) or reply
        return self._fault(request) or await self._inner.handle_async_request(request)

    async def aclose(self):
        await self._inner.aclose()
