"""The state that a configuration may choose: nothing that a pull request could bring or redirect."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.config.tracked_state import brought_within, tracked_within
from reconciler.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.config.content import Root
    from reconciler.config.state_location import Named
    from reconciler.model.store_address import StoreAddress


_ENDS = ("", "-wal", "-shm", "-journal")  # a database of SQLite, and what is read beside it


class StateRefusedError(RefusedError):
    """A location may not be used: ``advice`` leads to the command once more, with ``options`` besides."""

    def __init__(self, problem: str, advice: str, *options: str) -> None:
        super().__init__(problem)
        self.advice = advice
        self.options = options


def permitted(root: Root, named: Named, allowed: Sequence[StoreAddress]) -> Path | StoreAddress:
    """Return the location of a state that no option names; StateRefusedError where it may not be used.

    Nothing is connected, and no credential is read. Where a location is not named in a file either, it is
    the default directory. An address is what to connect to: with what the operator says of it.
    """
    if isinstance(named.location, Path):
        if root.evidence.in_ci:
            require_ours(root.folder, named.location)
        return named.location
    merged = [found for one in allowed if (found := one.merged(named.location))]
    if not merged:
        raise _unallowed(named, named.location, allowed)
    return max(merged, key=lambda one: one.strength)


def require_ours(root: Path, folder: Path) -> None:
    """Refuse a directory that a pull request could bring, with a state that no apply wrote."""
    reason = brought_within(root, folder)
    if reason:
        raise _brought(f"the state in {folder}", reason, folder)


def require_own_database(file: Path) -> None:
    """Refuse a database of the embedded server of which git has anything: what a pull request can bring."""
    path = os.path.abspath(file)  # noqa: PTH100 - resolve() would follow the links
    reasons = (tracked_within(Path(f"{path}{end}")) for end in _ENDS)
    reason = next(filter(None, reasons), None)
    if reason:
        raise _brought(f"the database {file}", reason, file.parent)


def _brought(what: str, reason: str, folder: Path) -> StateRefusedError:
    return StateRefusedError(
        f"cannot use {what}: {reason}, and CI is set. Nothing was changed.",
        "Name a database or a bucket with --state or ASSISTANTS_SYNC_STATE. To use this directory all the "
        "same,",
        "--state",
        str(folder),
    )


def _unallowed(named: Named, address: StoreAddress, allowed: Sequence[StoreAddress]) -> StateRefusedError:
    problem = f"{named.origin}: `state` names {address}"
    other = next((one for one in allowed if one.is_beside(address)), None)
    if other:
        return StateRefusedError(
            f"{problem}, and the operator allowed {other}: a file chooses neither another user nor an "
            "encryption that may be weaker. Nothing was sent there.",
            "Remove user and sslmode from `state` in the file, so that those of the operator hold, and",
        )
    return StateRefusedError(
        f"{problem}, and the operator has not allowed it. Nothing was sent there.",
        f"If the address is yours, add the line {address} to the environment variable "
        "ASSISTANTS_SYNC_ALLOW_STATE, or",
        "--allow-state",
        str(address),
    )
