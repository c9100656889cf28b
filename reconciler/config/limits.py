"""The limits of a dialect: the rule that each of them belongs to, and what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.model.field import Limit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.dialects import Dialect

CODES: Final[Mapping[Limit, str]] = {
    Limit.LENGTH: "AS411",
    Limit.COUNT: "AS412",
    Limit.TWICE: "AS413",
    Limit.PATTERN: "AS414",
    Limit.RESERVED: "AS415",
    Limit.RANGE: "AS418",
    Limit.SIZE: "AS305",
    Limit.TYPE: "AS416",
}
"""The code of the rule behind each kind of limit."""


def limits_of(code: str, dialect: Dialect) -> Iterator[str]:
    """Yield the limits of a dialect that belong to a rule, in words."""
    for row in dialect.fields:
        yield from (text for limit, text in row.limits if CODES[limit] == code)
