"""The state that a configuration may choose: nothing that a pull request could bring or redirect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.config.tracked_state import tracked_within
from reconciler.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.config.content import Root
    from reconciler.config.state_location import Named
    from reconciler.model.store_address import StoreAddress


def permitted(root: Root, named: Named, allowed: Sequence[StoreAddress]) -> Path | StoreAddress:
    """Return the location of a state that no option names; RefusedError where it may not be used.

    Nothing is connected, and no credential is read. Where a location is not named in a file either, it is
    the default directory.
    """
    if isinstance(named.location, Path):
        if root.evidence.in_ci:
            _refuse_tracked(root, named.location)
        return named.location
    merged = [found for one in allowed if (found := one.merged(named.location))]
    if not merged:
        raise _unallowed(named, named.location, allowed)
    return max(merged, key=lambda one: one.strength)


def _unallowed(named: Named, address: StoreAddress, allowed: Sequence[StoreAddress]) -> RefusedError:
    problem = f"{named.origin}: `state` names {address}"
    other = next((one for one in allowed if one.is_beside(address)), None)
    if other:
        return RefusedError(
            f"{problem}, and the operator allowed {other}: a file chooses neither another user nor an "
            "encryption that may be weaker. Nothing was sent there. Remove user and sslmode from `state` "
            "in the file, and what the operator allowed is used"
        )
    return RefusedError(
        f"{problem}, and the operator has not allowed it. Nothing was "
        f"sent there. If the address is yours, pass {address.option}, or add this line to the environment "
        f"variable ASSISTANTS_SYNC_ALLOW_STATE: {address}"
    )


def _refuse_tracked(root: Root, folder: Path) -> None:
    """Refuse a directory in git: a pull request could bring a state that nobody wrote by an apply."""
    reason = tracked_within(root.folder, folder)
    if reason:
        raise RefusedError(
            f"cannot use the state in {folder}: {reason}, so a pull request can change it, and CI is set. "
            "Nothing was changed. Name a database or a bucket with --state or ASSISTANTS_SYNC_STATE. To use "
            f"this directory all the same, pass --state {folder}"
        )
