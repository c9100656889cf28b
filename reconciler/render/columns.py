"""Columns of a terminal: how many a text takes, and texts that take exactly so many."""

from __future__ import annotations

from reconciler.model.characters import MARKS, WIDE

_MORE = "…"


def cells(text: str) -> int:
    """Return how many columns a text takes: two for a wide character, none for a combining accent."""
    if text.isascii():
        return len(text)
    return len(text) + sum(one in WIDE for one in text) - sum(one in MARKS for one in text)


def cut(text: str, width: int) -> str:
    """Return a text of at most so many columns; a longer one ends with an ellipsis."""
    if cells(text) <= width:
        return text
    kept, taken = 0, cells(_MORE)
    for one in text:
        taken += cells(one)
        if taken > width:
            break
        kept += 1
    return f"{text[:kept]}{_MORE}"


def padded(text: str, width: int) -> str:
    """Return a text with spaces behind it, up to so many columns."""
    return text + " " * (width - cells(text))
