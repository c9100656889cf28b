"""Diagnostics as a compiler shows them: message, place, excerpt with a caret, help; all at once."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from reconciler.model.diagnostic import MOST_COUNTED
from reconciler.render.columns import cells
from reconciler.render.lines import Line, Span, Style, line
from reconciler.render.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model.diagnostic import Diagnostic, Excerpt, Rule


_READABLE = 80


def diagnostic_lines(problems: Sequence[Diagnostic], omitted: int = 0) -> Iterator[Line]:
    """Yield every problem in turn, and a count at the end; ``omitted`` more are only counted."""
    for problem in problems:
        yield from _problem(problem)
        yield line()
    files = len({problem.origin.path for problem in problems})
    warnings = sum(problem.is_warning for problem in problems)
    kinds = ((len(problems) - warnings, "error"), (warnings, "warning"))
    counted = " and ".join(_counted(number, noun) for number, noun in kinds if number)
    rest = " Nothing was sent." if warnings < len(problems) else ""
    least = "at least " * (len(problems) + omitted >= MOST_COUNTED)
    more = f", and {least}{omitted:,} more" if omitted else ""
    yield line(Span(f"Found {counted} in {_counted(files, 'file')}{more}.{rest}", Style.BOLD))


def diagnostic_json(problems: Sequence[Diagnostic], omitted: int = 0) -> str:
    """Return every problem as one JSON document; ``omitted`` more are only counted."""
    shown = [
        {
            "code": problem.code,
            "severity": "warning" if problem.is_warning else "error",
            "message": problem.message,
            "file": problem.origin.path,
            "line": problem.origin.line,
            "column": problem.origin.column,
            "width": problem.origin.width,
            "help": problem.help,
            "exception": problem.exception,
        }
        for problem in problems
    ]
    document = {"format_version": 1, "problems": shown, "omitted": omitted}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def diagnostic_annotations(problems: Sequence[Diagnostic]) -> str:
    """Return every problem as an annotation of a GitHub workflow; a viewer shows it on its line."""
    return "".join(map(_annotation, problems))


def _annotation(problem: Diagnostic) -> str:
    origin, remedy = problem.origin, f" ({problem.help})" if problem.help else ""
    return (
        f"::{'warning' if problem.is_warning else 'error'} file={_property(origin.path)},"
        f"line={origin.line},col={origin.column},endColumn={origin.column + origin.width},"
        f"title={_property(problem.code)}::{_escaped(problem.message + remedy)}\n"
    )


def rule_lines(rule: Rule) -> Iterator[Line]:
    """Yield what a code stands for, in lines of a readable width."""
    yield line(Span(f"{rule.code}: {rule.title}", Style.BOLD))
    yield line()
    for row in textwrap.wrap(rule.text, _READABLE):
        yield line(row)


def _escaped(text: str) -> str:
    return visible(text).replace("%", "%25")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _problem(problem: Diagnostic) -> Iterator[Line]:
    kind, style = ("warning", Style.WARNING) if problem.is_warning else ("error", Style.ERROR)
    yield line(Span(f"{kind}[{problem.code}]", style), Span(f": {visible(problem.message)}", Style.BOLD))
    yield line(Span("  --> ", Style.DIM), visible(problem.origin))
    if problem.excerpt:
        yield from _excerpt(problem, problem.excerpt)
    if problem.help:
        yield line(Span("help", Style.BOLD), f": {visible(problem.help)}")
    if problem.exception and not problem.is_warning:
        entry = f"if this is harmless: lint: {{allow: [{problem.exception}]}}"
        yield line(Span("help", Style.BOLD), f": {visible(entry)}")


def _excerpt(problem: Diagnostic, excerpt: Excerpt) -> Iterator[Line]:
    width = len(str(excerpt.lines[-1][0]))
    yield line(Span(f"{'':{width}} |", Style.DIM))
    for number, text in excerpt.lines:
        yield line(Span(f"{number:{width}} | ", Style.DIM), visible(text))
        if number == problem.origin.line:
            caret = _caret(problem, text, excerpt.column)
            yield line(Span(f"{'':{width}} | ", Style.DIM), Span(caret, Style.ERROR))
    yield line(Span(f"{'':{width}} |", Style.DIM))


def _caret(problem: Diagnostic, text: str, column: int) -> str:
    """Return carets under the very characters, counted as they are shown."""
    start, width = column - 1, problem.origin.width
    before, under = visible(text[:start]), visible(text[start : start + width])
    return f"{' ' * cells(before)}{'^' * max(1, cells(under))} {problem.label}".rstrip()
