"""What a create of unknown outcome made, found by the nonce in its ownership mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model.resource import original

if TYPE_CHECKING:
    from reconciler.model.resource import Live, LiveAssistant
    from reconciler.model.state import Intent


def made_by(intent: Intent, live: Live) -> LiveAssistant | None:
    """Return what a create made, older than any copy of it; None where that cannot be said."""
    marked = ((one, one.mark) for one in live.assistants.values())
    return original([one for one, mark in marked if mark is not None and mark.nonce == intent.nonce])
