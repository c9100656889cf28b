"""Changes made on the server since the last apply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.model.address import Address
    from reconciler.model.change import FieldChange


@dataclass(frozen=True, slots=True)
class Drift:
    """One object that is not what was last applied; ``is_gone`` when it was deleted.

    ``taken_over`` says by whom, and as what; then nothing of it is shown.

    A field's ``before`` is what was last applied, where the configuration still says it; its ``after`` is
    what the server has now. ``unknown`` are the fields of which the former value is not known: the state
    keeps digests only.
    """

    address: Address
    id: str
    is_gone: bool = False
    fields: tuple[FieldChange, ...] = ()
    unknown: frozenset[str] = frozenset()
    taken_over: str = ""
