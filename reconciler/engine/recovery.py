"""Search for the result of a call of unknown outcome, until the server's lists must show it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reconciler.api.errors import UnknownOutcomeError
    from reconciler.model.mark import Mark
    from reconciler.model.resource import Live, LiveAssistant, LiveFile
    from reconciler.model.state import Intent

T = TypeVar("T", "LiveAssistant", "LiveFile")

_PAUSE = 0.25  # seconds between two looks, at first
_LONGEST_PAUSE = 5.0


@dataclass(frozen=True, slots=True)
class Search:
    """Looks for what requests made; after ``delay`` seconds the server's answers are up to date.

    ``owns`` returns whether a mark is of this project.
    """

    owns: Callable[[Mark], bool]
    delay: float

    async def awaited(self, find: Callable[[Intent], Awaitable[T | None]], intent: Intent) -> T | None:
        """Return what a call made; search until the server's lists must be up to date."""
        until = time.monotonic() + min(self.delay, intent.at + self.delay - time.time())
        pause = _PAUSE
        while True:
            is_last = time.monotonic() >= until
            made = await find(intent)
            if made is not None and not self._is_meant(made, intent):
                made = None
            if made is not None or is_last:
                return made
            await asyncio.sleep(max(0.0, min(pause, until - time.monotonic())))
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def seen(
        self, assistant_id: str, look: Callable[[str], Awaitable[LiveAssistant | None]], mark: Mark
    ) -> LiveAssistant | None:
        """Return an assistant as soon as it shows an ownership mark, or as it is in the end."""
        until, pause = time.monotonic() + self.delay, _PAUSE
        while True:
            is_last = time.monotonic() >= until
            found = await look(assistant_id)
            if is_last or (found is not None and found.mark == mark):
                return found
            await asyncio.sleep(max(0.0, min(pause, until - time.monotonic())))
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def is_listed(self, assistant_id: str, look: Callable[[], Awaitable[Live]]) -> bool:
        """Return whether a list still has an assistant when it must be up to date."""
        until, pause = time.monotonic() + self.delay, _PAUSE
        while assistant_id in (await look()).assistants:
            left = until - time.monotonic()
            if left <= 0:
                return True
            await asyncio.sleep(min(pause, left))
            pause = min(2 * pause, _LONGEST_PAUSE)
        return False

    async def after(
        self, unknown: UnknownOutcomeError, find: Callable[[Intent], Awaitable[T | None]], intent: Intent
    ) -> T | None:
        """Return what a search finds; when it fails too, raise the unknown outcome."""
        try:
            return await self.awaited(find, intent)
        except ReconcilerError as failure:
            raise unknown from failure

    def _is_meant(self, live: LiveAssistant | LiveFile, intent: Intent) -> bool:
        """Return whether an object is still as a call made it, with our ownership mark."""
        mark = getattr(live, "mark", None)
        name = intent.address.name
        return not intent.nonce or (mark is not None and self.owns(mark) and mark.name == name)
