"""What of a plan only a reviewer may allow, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.model.address import Address
    from reconciler.model.change import FieldChange
    from reconciler.model.resource import Owner


class Why(StrEnum):
    """The reasons why a change needs a review.

    DRIFTED: it overwrites what was changed on the server since the last apply. DELETED: it creates again
    what was deleted there. UNRECORDED: it overwrites a value of which nothing says who wrote it.
    TAKEN_OVER: it takes an assistant from another owner. ADOPTED: it adopts behaviour that the configuration
    does not declare. COPIED: it creates again what another owner has, as after a change of the project.
    """

    DRIFTED = "drifted"
    DELETED = "deleted"
    UNRECORDED = "unrecorded"
    TAKEN_OVER = "taken_over"
    ADOPTED = "adopted"
    COPIED = "copied"


@dataclass(frozen=True, slots=True)
class Need:
    """One reason why one change needs a review.

    ``values`` are the live values that are lost, or that stay. ``place`` is where the configuration declares
    the object. ``owner`` is the one that loses it, or has it already. ``is_declared``: the
    object stays, and is not deleted.
    """

    address: Address
    id: str
    why: Why
    values: tuple[FieldChange, ...] = ()
    place: str = ""
    owner: Owner | None = None
    is_declared: bool = True

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the values."""
        return tuple(one.field for one in self.values)
