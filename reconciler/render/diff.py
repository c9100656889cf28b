"""A readable line diff of two texts, with line numbers and a gutter of its own."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from reconciler.render.lines import Line, Span, Style, line
from reconciler.render.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CONTEXT = 2


def text_diff(before: str, after: str, indent: str) -> Iterator[Line]:
    """Changed lines with two lines of context; removed lines carry old numbers, the others new ones.

    The gutter keeps a prompt's own bullets from being read as signs of the diff.
    """
    old, new = before.splitlines(), after.splitlines()
    if old == new:
        yield line(indent, Span("only line ends or a trailing newline differ", Style.DIM))
        return
    groups = SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT)
    for number, group in enumerate(groups):
        if number:
            yield line(indent, Span("     ⋮", Style.DIM))
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from _rows(new[j1:j2], j1, " ", indent)
            else:
                yield from _rows(old[i1:i2], i1, "-", indent)
                yield from _rows(new[j1:j2], j1, "+", indent)


_STYLES = {" ": Style.DIM, "-": Style.REMOVE, "+": Style.ADD}


def _rows(lines: Sequence[str], start: int, sign: str, indent: str) -> Iterator[Line]:
    for number, text in enumerate(lines, start + 1):
        yield line(indent, Span(f"{number:4} {sign} │ {visible(text)}", _STYLES[sign]))
