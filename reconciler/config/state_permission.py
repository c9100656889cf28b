"""The state that a configuration may choose: nothing that a pull request could bring or redirect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.config.state_location import Named
    from reconciler.model.store_address import StoreAddress


def permitted(named: Named, allowed: Sequence[StoreAddress]) -> Path | StoreAddress:
    """Return the location of a state that no option names; RefusedError where it may not be used.

    Nothing is connected, and no credential is read. Where a location is not named in a file either, it is
    the default directory.
    """
    if isinstance(named.location, Path):
        return named.location
    if not any(one.covers(named.location) for one in allowed):
        raise _unallowed(named.location, named)
    return named.location


def _unallowed(address: StoreAddress, named: Named) -> RefusedError:
    return RefusedError(
        f"{named.origin}: `state` names {address}, and the operator has not allowed it. Nothing was "
        f"sent there. If the address is yours, pass {address.option}, or add this line to the environment "
        f"variable ASSISTANTS_SYNC_ALLOW_STATE: {address}"
    )
