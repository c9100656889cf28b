"""A state moved to another store: copied, compared, and the old one kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import RefusedError, StoreError
from reconciler.store.record import state_values

if TYPE_CHECKING:
    from typing import Any

    from reconciler.model.state import State
    from reconciler.store.store import Store


def migrate(source: Store, target: Store) -> State:
    """Copy a state, with what its journal says, into a store that has none; the State as it is found there.

    Both are locked meanwhile. Its serial starts again at 1, its lineage stays. RefusedError where there is
    nothing to copy, or something in the place of it already; StoreError where the copy is not the same.
    """
    # Before their locks: they would make a mistyped place, and one that is named twice would wait for itself.
    _movable(source, target)
    with source.lock("migrate"), target.lock("migrate"):
        state = _movable(source, target)
        target.save(state, 0)
        found = target.load()
        if _content(found) != _content(state):
            raise StoreError("the copy is not what was copied; go on with the old place, which is unchanged")
        return found


def _movable(source: Store, target: Store) -> State:
    """The state to be copied; RefusedError where there is none, or something in its place."""
    state, there = source.load(), target.load()
    if not (state.serial or state.journaled):
        raise RefusedError(
            f"there is no state to migrate at {source.location}. Nothing was changed. "
            "Look at how the place is spelt, and whether --env belongs to it."
        )
    if there.serial or there.journaled:
        raise RefusedError(
            f"{target.location} has a state already (serial {there.serial}). Nothing was changed. "
            "Name another place, or go on with that one."
        )
    return state


def _content(state: State) -> dict[str, Any]:
    """A state but for its serial."""
    return {**state_values(state), "serial": 0}
