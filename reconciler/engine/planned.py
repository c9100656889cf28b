"""A plan, and everything it was made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.engine.matching import Situation
from reconciler.engine.planner import plan
from reconciler.engine.selection import selection
from reconciler.engine.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.engine.matching import Terms
    from reconciler.model.plan import Plan
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


@dataclass(frozen=True)
class Planned:
    """A plan that can be made again for a part of what it was made of."""

    plan: Plan
    desired: Desired
    live: Live
    state: State
    terms: Terms

    @classmethod
    def whole(cls, desired: Desired, live: Live, state: State, terms: Terms) -> Planned:
        """For everything."""
        return cls(plan(desired, live, state, terms), desired, live, state, terms)

    def narrowed(self, targets: Sequence[str], excluded: Sequence[str]) -> Planned:
        """For some addresses and what they need, without some others; for everything where none is named.

        UsageError for an address that is none of the plan's.
        """
        only = selection(self.plan, self.desired, targets, excluded)
        if only is None:
            return self
        part = plan(self.desired, self.live, self.state, replace(self.terms, only=only))
        return replace(self, plan=part)
