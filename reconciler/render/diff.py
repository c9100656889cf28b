"""A Comparison as lines, with line numbers and a gutter of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import pattern as re
from reconciler.render.lines import Line, Span, Style, line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.render.text_diff import Comparison, Row, Word

_STYLES = {" ": Style.DIM, "-": Style.REMOVE, "+": Style.ADD}
_MARKS = {"-": "[-{}-]", "+": "{{+{}+}}"}
# Before the bracket of a mark a build service would read `##[` as the beginning of a command.
_COMMAND = re.compile(r"##([a-zA-Z]*)\Z")
_NEAR = 60  # characters of an unchanged stretch that are kept beside a changed word


def comparison_lines(comparison: Comparison, indent: str, *, full: bool = False) -> Iterator[Line]:
    """Yield what differs: labels, headings, then changed lines between unchanged ones.

    Removed lines have old numbers, the others new ones. The gutter keeps a prompt's own bullets from being
    read as signs of the diff. Words that changed are marked whether there is colour or not; long unchanged
    stretches of a changed line are left out unless ``full``.
    """
    for label in comparison.labels:
        yield line(indent, Span(f"     {label}", Style.DIM))
    if comparison.headings:
        headings = ", ".join(
            f"§ {title}: {number} line{'s' * (number != 1)}" for title, number in comparison.headings
        )
        yield line(indent, Span(f"     {headings}", Style.DIM))
    for number, hunk in enumerate(comparison.hunks):
        if number:
            yield line(indent, Span("     ⋮", Style.DIM))
        for row in hunk:
            yield line(indent, *_spans(row, full=full))
    if comparison.rest:
        yield line(indent, Span(f"     … {comparison.rest}", Style.DIM))


def _spans(row: Row, *, full: bool) -> Iterator[Span]:
    yield Span(f"{row.number:4} {row.sign} │ ", _STYLES[row.sign])
    yield from word_spans(row, full=full)


def word_spans(row: Row, *, full: bool = False) -> Iterator[Span]:
    """Yield a line without its gutter, with the words marked that changed."""
    style = _STYLES[row.sign]
    if not any(word.changed for word in row.words):
        yield Span(row.text, style)
        return
    for number, word in enumerate(row.words):
        if word.changed:
            yield Span(_MARKS[row.sign].format(word.text), style)
        else:
            text = word.text if full else _near(word, first=number == 0, last=number == len(row.words) - 1)
            yield Span(_COMMAND.sub(r"#\\x23\1", text))


def _near(word: Word, *, first: bool, last: bool) -> str:
    """Return what of an unchanged stretch is near a changed word."""
    head = "" if first else word.text[:_NEAR]
    tail = "" if last else word.text[-_NEAR:]
    return word.text if len(head) + len(tail) + 1 >= len(word.text) else f"{head}…{tail}"
