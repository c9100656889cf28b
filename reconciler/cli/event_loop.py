"""Coroutines run to their end, in an event loop of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


def result_of(work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns.

    It is kept from the task: asyncio.run ends with the repr of its task, inside an error that it drops, and
    the repr of ten thousand assistants takes a second.
    """
    import asyncio  # noqa: PLC0415 - only who waits for a server pays for it

    results: list[T] = []

    async def kept() -> None:
        results.append(await work)

    asyncio.run(kept())
    return results[0]
