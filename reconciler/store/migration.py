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
    """Copy a state, with what its journal says, into a store that has none; return it as it is read there.

    Both are locked meanwhile. Its serial starts again at 1, its lineage stays. RefusedError where there is
    nothing to copy, or a state already; StoreError where the copy is not the same.
    """
    # Before their locks: these would create a mistyped location, and wait for one that is named twice.
    _movable(source, target)
    with source.lock("migrate"), target.lock("migrate"):
        state = _movable(source, target)
        target.save(state, 0)
        copied = target.load()
        if _content(copied) != _content(state):
            raise StoreError("the copy is not what was copied; use the old location, which is unchanged")
        return copied


def _movable(source: Store, target: Store) -> State:
    """Return the state to be copied; RefusedError where there is none, or the target has one."""
    state, there = source.load(), target.load()
    if not (state.serial or state.journaled):
        raise RefusedError(
            f"there is no state to migrate at {source.location}. Nothing was changed. "
            "Check the spelling of the location, and whether it needs --env."
        )
    if there.serial or there.journaled:
        raise RefusedError(
            f"{target.location} has a state already (serial {there.serial}). Nothing was changed. "
            "Name another location, or use that one."
        )
    return state


def _content(state: State) -> dict[str, Any]:
    """Return a state but for its serial."""
    return {**state_values(state), "serial": 0}
