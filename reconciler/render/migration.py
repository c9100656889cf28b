"""A migration as text, Markdown and JSON: what carries over, what changes, and what a person must decide."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.model.migration import Verdict
from reconciler.render.columns import padded
from reconciler.render.lines import Line, Span, Style, line
from reconciler.render.markdown import _cell, _code, _escaped
from reconciler.render.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model.diagnostic import Diagnostic
    from reconciler.model.migration import FieldVerdict, Migration

_WORDS = {
    Verdict.CARRIES: ("=", "carries over", Style.PLAIN),
    Verdict.CHANGES: ("~", "changes its meaning", Style.CHANGE),
    Verdict.REMOVED: ("-", "is removed", Style.REMOVE),
    Verdict.DECIDE: ("?", "needs a decision", Style.WARNING),
}
_UNDECIDED = "What a person must decide"


def migration_lines(migration: Migration) -> Iterator[Line]:
    """Yield a migration for a terminal."""
    yield line(Span(f"From {migration.source} to {migration.target}", Style.BOLD))
    places = dict.fromkeys(one.place for one in migration.fields)
    width = max((len(one.field) for one in migration.fields), default=0)
    for place in places:
        yield line()
        yield line(Span(f"  {visible(place)}", Style.BOLD))
        for one in migration.fields:
            if one.place == place:
                yield _field(one, width)
    yield line()
    for note in migration.notes:
        yield line(f"  ! {note}")
    if migration.decisions:
        yield line()
        yield line(Span(f"{_UNDECIDED}:", Style.BOLD))
        for problem in migration.decisions:
            yield line(f"  {visible(_located(problem))}")
    yield line()
    yield line(Span(_summary(migration), Style.BOLD))


def _field(one: FieldVerdict, width: int) -> Line:
    symbol, words, style = _WORDS[one.verdict]
    note = "" if one.verdict is Verdict.DECIDE or not one.note else f": {visible(one.note)}"
    return line(Span(f"      {symbol} {padded(visible(one.field), width)}  {words}{note}", style))


def _located(problem: Diagnostic) -> str:
    remedy = f" ({problem.help})" if problem.help else ""
    return f"{problem.origin}: {problem.message}{remedy}"


def _summary(migration: Migration) -> str:
    number = len(migration.decisions) + migration.omitted
    files = f"{len(migration.texts)} file{'s' * (len(migration.texts) != 1)} to change"
    return f"{files}, {number} decision{'s' * (number != 1)} to make."


def migration_markdown(migration: Migration) -> str:
    """Return a migration for a comment of a review, or for a document."""
    rows = "".join(map(_row, migration.fields))
    notes = "".join(f"- {note}\n" for note in migration.notes)
    decisions = "".join(f"- {_code(_located(one), 1_000)}\n" for one in migration.decisions)
    return (
        f"### Migration from {migration.source} to {migration.target}\n\n"
        f"| Where | Field | What becomes of it | Why |\n| --- | --- | --- | --- |\n{rows}\n"
        f"{notes}"
        + (f"\n**{_UNDECIDED}:**\n\n{decisions}" if decisions else "")
        + f"\n{_summary(migration)}\n"
    )


def _row(one: FieldVerdict) -> str:
    cells = (_code(one.place), _code(one.field), _WORDS[one.verdict][1], _escaped(visible(one.note)))
    return f"| {' | '.join(map(_cell, cells))} |\n"


def migration_json(migration: Migration) -> str:
    """Return a migration as one JSON document."""
    document: dict[str, Any] = {
        "format_version": 1,
        "from": migration.source,
        "to": migration.target,
        "files": sorted(migration.texts),
        "fields": [
            {
                "place": one.place,
                "field": one.field,
                "verdict": one.verdict.value,
                "note": one.note,
                "file": one.origin.path,
                "line": one.origin.line,
                "column": one.origin.column,
            }
            for one in migration.fields
        ],
        "decisions": [
            {
                "code": one.code,
                "message": one.message,
                "help": one.help,
                "file": one.origin.path,
                "line": one.origin.line,
                "column": one.origin.column,
            }
            for one in migration.decisions
        ],
        "omitted": migration.omitted,
        "notes": list(migration.notes),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
