"""What is on the server, read as far as a plan needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.engine.matching import Situation
from reconciler.engine.uploads import Uploads

if TYPE_CHECKING:
    from reconciler.engine.matching import Terms
    from reconciler.model.resource import Desired, Live
    from reconciler.model.state import State
    from reconciler.providers import Provider


async def observe(provider: Provider, desired: Desired, state: State, terms: Terms) -> Live:
    """Everything the account holds; only reads.

    Where the state was lost, the content of the uploads that it may have known is read too: a name and a
    size are no proof.
    """
    live = await provider.observe(state)
    unread = Uploads(Situation(desired, live, state, terms)).unread
    return await provider.read(live, unread) if unread else live
