"""A page of a list whose ids are known before its objects are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from reconciler.api.types import Unreadable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container, Sequence

    from reconciler.model.resource import LiveAssistant

    Item: TypeAlias = LiveAssistant | Unreadable
    Fetch: TypeAlias = Callable[[str | None], Awaitable["Sheet"]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: the ids of its objects in their order, those without one aside.

    ``has_more`` is None where a server leaves it out. ``made`` returns the objects whose ids are not known.
    """

    ids: Sequence[str]
    has_more: bool | None
    made: Callable[[Container[str]], Sequence[Item]]
    nameless: Sequence[Unreadable] = ()

    @classmethod
    def of(cls, items: Sequence[Item], has_more: bool | None) -> Sheet:  # noqa: FBT001 - the field of a page
        """Return the page of objects that are made already."""
        named = [one for one in items if one.id]

        def made(known: Container[str]) -> Sequence[Item]:
            return [one for one in named if one.id not in known]

        nameless = [one for one in items if isinstance(one, Unreadable) and not one.id]
        return cls([one.id for one in named], has_more, made, nameless)

    @property
    def size(self) -> int:
        """How many objects it has."""
        return len(self.ids) + len(self.nameless)
