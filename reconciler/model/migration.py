"""What a migration to another dialect does to a configuration, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.model.diagnostic import Diagnostic, Origin


class Verdict(StrEnum):
    """What becomes of a field in another dialect."""

    CARRIES = "carries_over"
    CHANGES = "changes_meaning"
    REMOVED = "removed"
    DECIDE = "decision"


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is different where a configuration of another dialect arrives.

    ``changes`` says of a field that carries over what it means from then on. ``notes`` are about the whole.
    """

    changes: Mapping[str, str]
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class FieldVerdict:
    """What becomes of one field: ``place`` is what names it, such as an address; ``note`` says why."""

    place: str
    field: str
    verdict: Verdict
    origin: Origin
    note: str = ""


@dataclass(frozen=True, slots=True)
class Migration:
    """A configuration in another dialect.

    ``texts`` has the new content of each file that changes. ``decisions`` are what is wrong in the new
    dialect: only a person knows what is meant. ``omitted`` further ones are counted.
    """

    source: str
    target: str
    texts: Mapping[str, tuple[bytes, bytes]]
    fields: Sequence[FieldVerdict]
    decisions: Sequence[Diagnostic]
    omitted: int
    notes: Sequence[str]
