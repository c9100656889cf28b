"""A text of a prompt and where it was written, so that a problem in it can be located."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.config.node import Spot

if TYPE_CHECKING:
    from reconciler.config.source import Source
    from reconciler.model.diagnostic import Diagnostic, Origin


@dataclass(frozen=True, slots=True)
class Span:
    """A text as it was written, and where: ``start`` is its first letter's index in the source.

    A text inside YAML is not written letter for letter, so there ``whole`` is the place of all of it.
    """

    text: str
    source: Source
    start: int = 0
    whole: Origin | Spot | None = None

    def diagnostic(
        self,
        code: str,
        message: str,
        index: int,
        width: int = 1,
        *,
        help: str = "",  # noqa: A002 - the field's word
    ) -> Diagnostic:
        """Return a Diagnostic that points at some letters of the text."""
        return self.source.diagnostic(code, message, self.at(index, width), help=help)

    def at(self, index: int, width: int = 1) -> Origin:
        """Return the position of some letters of the text."""
        if self.whole is None:
            return self.source.at(self.start + index, width)
        return self.whole.origin if isinstance(self.whole, Spot) else self.whole


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a prompt as it is sent: letters of a piece, or the value of a variable.

    ``index`` is where its letters, or the use of the ``variable`` of this ``value``, begin in the piece.
    """

    text: str
    piece: Span
    index: int = 0
    width: int = 1
    variable: str = ""
    value: Span | None = None
