"""Whether an object on the server can be imported under an address; only reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.api.errors import BadRequestError
from reconciler.errors import ReconcilerError, RefusedError
from reconciler.model.address import Kind, assistant
from reconciler.model.resource import Owner

if TYPE_CHECKING:
    from reconciler.dialects import Provider
    from reconciler.model.mark import Mark
    from reconciler.model.resource import Desired, Import


class MissingObjectError(ReconcilerError):
    """The server has no object of this id; nothing was changed."""


class ForeignOwnerError(RefusedError):
    """An assistant has the ownership mark of another ``owner`` than an entry names; nothing was changed."""

    def __init__(self, entry: Import, mark: Mark) -> None:
        self.owner = Owner(mark.project, mark.environment)
        other = f", and not of {entry.former}" * bool(entry.former)
        super().__init__(
            f"{entry.id} has the ownership mark of {self.owner}, as {assistant(mark.name)}{other}; "
            "nothing was written"
        )


async def is_ours(provider: Provider, desired: Desired, entry: Import) -> bool:
    """Return whether an object already has the ownership mark of the address of an entry.

    MissingObjectError where it does not exist, RefusedError where it is another one's.
    """
    if entry.address.kind is Kind.FILE:
        _require(provider, entry, is_there=await provider.exists_upload(entry.id))
        return False
    try:
        found = await provider.retrieve(entry.id)
    except BadRequestError as refused:  # a look has nothing but the id that can be wrong
        raise MissingObjectError(
            f"cannot import {entry.id} as {entry.address}: {provider.target} does not take it for the id of "
            f"an assistant; nothing was written. Copy the id from `query`. The answer: {refused}"
        ) from refused
    _require(provider, entry, is_there=found is not None)
    mark = found.mark if found else None
    if mark is None:
        return False
    if not desired.owns(mark):
        if entry.former != Owner(mark.project, mark.environment):
            raise ForeignOwnerError(entry, mark)
        return False
    if assistant(mark.name) != entry.address:
        old = assistant(mark.name)
        raise RefusedError(
            f"{entry.id} has the ownership mark of {old}, of this project; nothing was written. To give it "
            f"the address {entry.address}, write `moved: [{{from: {old}, to: {entry.address}}}]`"
        )
    return True


def _require(provider: Provider, entry: Import, *, is_there: bool) -> None:
    if not is_there:
        what = "assistant" if entry.address.kind is Kind.ASSISTANT else "upload"
        raise MissingObjectError(
            f"cannot import {entry.id}: {provider.target} has no {what} of this id; nothing was written. "
            "Check the id, the server and the API key"
        )
