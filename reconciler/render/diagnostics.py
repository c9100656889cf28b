"""Diagnostics as a compiler shows them: message, place, excerpt with a caret, help; all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

from reconciler.render.lines import Line, Span, Style, line
from reconciler.render.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model.diagnostic import Diagnostic


_LONG = 160


def diagnostic_lines(problems: Sequence[Diagnostic]) -> Iterator[Line]:
    """Every problem in turn, and a count at the end."""
    for problem in problems:
        yield from _problem(problem)
        yield line()
    files = len({problem.origin.path for problem in problems})
    counted = f"{len(problems)} error{'s' * (len(problems) > 1)} in {files} file{'s' * (files > 1)}"
    yield line(Span(f"Found {counted}. Nothing was sent.", Style.BOLD))


def _problem(problem: Diagnostic) -> Iterator[Line]:
    kind, style = ("warning", Style.WARNING) if problem.is_warning else ("error", Style.ERROR)
    yield line(Span(f"{kind}[{problem.code}]", style), Span(f": {visible(problem.message)}", Style.BOLD))
    yield line(Span("  --> ", Style.DIM), visible(problem.origin))
    if problem.excerpt:
        yield from _excerpt(problem)
    if problem.help:
        yield line(Span("help", Style.BOLD), f": {visible(problem.help)}")


def _excerpt(problem: Diagnostic) -> Iterator[Line]:
    width = len(str(problem.excerpt[-1][0]))
    yield line(Span(f"{'':{width}} |", Style.DIM))
    for number, text in problem.excerpt:
        is_here = number == problem.origin.line
        shown, column = _cut(text, problem.origin.column if is_here else 1)
        yield line(Span(f"{number:{width}} | ", Style.DIM), visible(shown))
        if is_here:
            yield line(Span(f"{'':{width}} | ", Style.DIM), Span(_caret(problem, shown, column), Style.ERROR))
    yield line(Span(f"{'':{width}} |", Style.DIM))


def _cut(text: str, column: int) -> tuple[str, int]:
    """A long line's part around a column, and the column within it."""
    if len(text) <= _LONG:
        return text, column
    start = max(0, column - _LONG // 2)
    before, after = "…" * (start > 0), "…" * (start + _LONG < len(text))
    return f"{before}{text[start : start + _LONG]}{after}", column - start + len(before)


def _caret(problem: Diagnostic, text: str, column: int) -> str:
    """Carets under the very characters, counted as they are shown."""
    start, width = column - 1, problem.origin.width
    before, under = visible(text[:start]), visible(text[start : start + width])
    return f"{' ' * _cells(before)}{'^' * max(1, _cells(under))} {problem.label}".rstrip()


def _cells(text: str) -> int:
    """How many columns a text takes: two for a wide character, none for an accent that joins another."""
    wide = sum(east_asian_width(one) in "WF" for one in text)
    return len(text) + wide - sum(bool(combining(one)) for one in text)
