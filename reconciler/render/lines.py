"""Lines of styled spans: what a renderer makes, before anyone decides on colour."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Style(StrEnum):
    """What a span means; colour only repeats what its symbol says already."""

    PLAIN = ""
    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"
    DRIFT = "drift"
    DIM = "dim"
    BOLD = "bold"
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text of one style; the text is harmless already."""

    text: str
    style: Style = Style.PLAIN


Line: TypeAlias = tuple[Span, ...]


def line(*parts: Span | str) -> Line:
    """Return a line of spans; a bare string is plain."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


def plain(lines: list[Line]) -> str:
    """Return lines without any colour, each ended by a newline."""
    return "".join("".join(span.text for span in row).rstrip() + "\n" for row in lines)
