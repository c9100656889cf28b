"""A readable line diff of two texts, with line numbers and a gutter of its own."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeAlias

from reconciler.render.lines import Line, Span, Style, line
from reconciler.render.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Passage: TypeAlias = tuple[Sequence[str], int]  # some lines, and how many stand before them
    Changed: TypeAlias = Callable[[Passage, Passage, str], Iterator[Line]]

_CONTEXT = 2
_LONG = 2000
_ALIKE = 0.35
_WORD = re.compile(r"\w+|\s|[^\w\s]")


def text_diff(before: str, after: str, indent: str) -> Iterator[Line]:
    """Changed lines with two lines of context; removed lines carry old numbers, the others new ones.

    The gutter keeps a prompt's own bullets from being read as signs of the diff.
    """
    yield from _diff(before, after, indent, _whole)
    if _even(before) != _even(after) and before.endswith("\n") != after.endswith("\n"):
        which = "old" if before.endswith("\n") else "new"
        yield line(indent, Span(f"     only the {which} text ends with a newline", Style.DIM))


def word_diff(before: str, after: str, indent: str) -> Iterator[Line]:
    """The same with the words marked that changed: ``[-old-]{+new+}``, whether there is colour or not."""
    yield from _diff(before, after, indent, _words)


def _diff(before: str, after: str, indent: str, changed: Changed) -> Iterator[Line]:
    """Every hunk, with a row of its own between two; ``changed`` draws what is not equal."""
    if _even(before) == _even(after):
        yield line(indent, Span("only line ends or a trailing newline differ", Style.DIM))
        return
    old, new = (text.removesuffix("\n").split("\n") for text in (before, after))
    # Many equal lines make the exact comparison of long texts take minutes.
    groups = SequenceMatcher(None, old, new, autojunk=len(new) > _LONG).get_grouped_opcodes(_CONTEXT)
    for number, group in enumerate(groups):
        if number:
            yield line(indent, Span("     ⋮", Style.DIM))
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from _rows(new[j1:j2], j1, " ", indent)
            else:
                yield from changed((old[i1:i2], i1), (new[j1:j2], j1), indent)


def _whole(old: Passage, new: Passage, indent: str) -> Iterator[Line]:
    """Changed lines as they were and as they are."""
    yield from _rows(*old, "-", indent)
    yield from _rows(*new, "+", indent)


def _words(old: Passage, new: Passage, indent: str) -> Iterator[Line]:
    """Changed lines with their words marked, or whole where that reads better."""
    rows = _marked_rows(old[0], new[0], new[1], indent) if old[0] and new[0] else None
    yield from rows or _whole(old, new, indent)


def _marked_rows(old: Sequence[str], new: Sequence[str], start: int, indent: str) -> list[Line] | None:
    """Changed lines with their words marked; None where so much changed that whole lines read better."""
    before, after = (_WORD.findall("\n".join(rows)) for rows in (old, new))
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if len(before) + len(after) > _LONG or matcher.ratio() < _ALIKE:
        return None
    spans: list[Span] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            spans.append(Span("".join(after[j1:j2])))
            continue
        gone, come = "".join(before[i1:i2]), "".join(after[j1:j2])
        spans += [Span(gone, Style.REMOVE)] * bool(gone) + [Span(come, Style.ADD)] * bool(come)
    return [
        line(indent, Span(f"{number:4} ~ │ ", Style.CHANGE), *row)
        for number, row in enumerate(_by_line(spans), start + 1)
    ]


def _by_line(spans: Sequence[Span]) -> Iterator[list[Span]]:
    """Spans cut at their line breaks, each marked so that nothing depends on colour."""
    row: list[Span] = []
    for span in spans:
        first, *rest = span.text.split("\n")
        row += _marked(first, span.style)
        for text in rest:
            yield row
            row = _marked(text, span.style)
    yield row


def _marked(text: str, style: Style) -> list[Span]:
    shown = visible(text)
    marks = {Style.REMOVE: f"[-{shown}-]", Style.ADD: f"{{+{shown}+}}"}
    return [Span(marks.get(style, shown), style)] if text else []


def _even(text: str) -> str:
    return text.replace("\r\n", "\n").removesuffix("\n")


_STYLES = {" ": Style.DIM, "-": Style.REMOVE, "+": Style.ADD}


def _rows(lines: Sequence[str], start: int, sign: str, indent: str) -> Iterator[Line]:
    for number, text in enumerate(lines, start + 1):
        shown = visible(text)
        end = len(shown.rstrip(" "))
        # A blank at the end of a line would not be seen, and two of them mean something in Markdown.
        blanks = "\\x20" * (len(shown) - end)
        yield line(indent, Span(f"{number:4} {sign} │ {shown[:end]}{blanks}", _STYLES[sign]))
