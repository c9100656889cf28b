"""Arguments that endpoints share: one that was not given, and additions of a caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

Headers: TypeAlias = Mapping[str, str]
Query: TypeAlias = Mapping[str, object]
Body: TypeAlias = Mapping[str, object]


class NotGiven:
    """The type of ``NOT_GIVEN``: left out of the request, which None (JSON null) is not."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "NOT_GIVEN"


NOT_GIVEN: Final = NotGiven()
