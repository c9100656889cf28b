"""Group commit: records of calls that run at the same time become durable together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from reconciler.errors import DisclosureError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.store.journal import Entry
    from reconciler.store.store import Store

Settled: TypeAlias = "Callable[[StoreError | None], None]"
"""What is called once a record is durable, or with the reason why it is not."""


@dataclass
class _Batch:
    """Records that become durable together; ``broken`` is what else than a StoreError ended that."""

    entries: list[tuple[Entry, Settled]] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    broken: BaseException | None = None


class GroupCommit:
    """The journal of a run whose calls are under way at the same time.

    Records become durable in the order in which they were added. Those that are added while others are
    written share the next write, so that a slow disk is waited for once for all of them. The event loop goes
    on meanwhile: a store writes in a thread. Once a record was not taken, no further call may be made:
    ``failure`` is the first reason.
    """

    def __init__(self, store: Store) -> None:
        self.failure: StoreError | None = None
        self._store = store
        self._next = _Batch()
        self._current = _Batch()
        self._writer: asyncio.Task[None] | None = None

    def add(self, entry: Entry, settled: Settled) -> None:
        """Write a record as soon as the ones before it are durable, and call ``settled`` then."""
        self._next.entries.append((entry, settled))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())

    async def flushed(self) -> None:
        """Wait until every record added so far has become durable, or has not."""
        batch = self._next if self._next.entries else self._current
        if self._writer is not None:
            await batch.done.wait()
        if batch.broken is not None:
            raise batch.broken

    async def _write(self) -> None:
        """Write batch after batch, until nothing is left."""
        while self._next.entries:
            batch, self._next = self._next, _Batch()
            self._current = batch
            try:
                await self._commit(batch.entries)
            except asyncio.CancelledError as error:  # a thread may still write, and nothing beside it
                batch.broken, self._writer = error, None
                self.failure = self.failure or StoreError("the run ended while records were written")
                raise
            except BaseException as error:  # noqa: BLE001 - whatever it is, those who wait for it must end
                batch.broken = error
            finally:
                batch.done.set()
        self._writer = None

    async def _commit(self, entries: Sequence[tuple[Entry, Settled]]) -> None:
        """Write some records together; where one of them has a secret, each alone, so that it alone fails."""
        loop = asyncio.get_running_loop()
        failure: StoreError | None = None
        try:
            await loop.run_in_executor(None, self._store.commit, [entry for entry, _ in entries])
        except DisclosureError as error:
            if len(entries) > 1:
                for one in entries:
                    await self._commit([one])
                return
            failure = error
        except StoreError as error:
            failure = error
        self.failure = self.failure or failure
        for _, settled in entries:
            settled(failure)
