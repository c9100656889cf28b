"""Requests that were read before, and replies that are kept back."""

from typing import Final

from starlette.types import Message, Receive, Send

UNTOUCHED: Final = 0
"""The status of a request that was kept from having an effect."""

DONE: Final = "assistants_sync.done"
"""The key under which the head of a reply that says something else has the status of what was done."""


def done(head: Message) -> int:
    """Return the status of what was done, from the head of a reply."""
    return int(head.get(DONE, head["status"]))


async def read(receive: Receive) -> bytes:
    """Return the whole body of a request."""
    body, more = bytearray(), True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


def again(body: bytes, receive: Receive) -> Receive:
    """Return a way to receive a body that was read before."""
    waiting = [body]

    async def repeated() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return repeated


class Reply:
    """A reply that was kept back."""

    def __init__(self) -> None:
        self._head: Message = {}
        self._body = bytearray()

    @property
    def done(self) -> int:
        """The status of what was done, whatever reply the caller gets."""
        return done(self._head)

    @property
    def status(self) -> int:
        """The status of the reply that the caller gets."""
        return int(self._head["status"])

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers, as they were given."""
        return list(self._head["headers"])

    @property
    def body(self) -> bytes:
        """The whole body."""
        return bytes(self._body)

    async def take(self, message: Message) -> None:
        """Receive a part of it."""
        if message["type"] == "http.response.start":
            self._head = message
        else:
            self._body += message.get("body", b"")

    async def give(self, send: Send) -> None:
        """Send it as it is."""
        await send(self._head)
        await send({"type": "http.response.body", "body": bytes(self._body)})

    async def give_some(self, send: Send, size: int | None) -> None:
        """Send its head and the beginning of its body; at least the last byte is left out."""
        whole = len(self._body)
        end = whole // 2 if size is None else max(0, min(size, whole - 1))
        await send(self._head)
        await send({"type": "http.response.body", "body": bytes(self._body[:end]), "more_body": True})
