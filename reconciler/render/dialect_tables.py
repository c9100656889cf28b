"""Dialects as tables, for a terminal and for the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.render.columns import cells, padded
from reconciler.render.lines import Line, Span, Style, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Table = Sequence[Sequence[str]]


def dialect_lines(dialects: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    """Yield every dialect as tables for a terminal."""
    for facts in dialects:
        yield line(Span(facts["dialect"], Style.BOLD))
        for title, head, rows in _tables(facts):
            yield line()
            yield line(Span(f"  {title}", Style.BOLD))
            yield from _aligned([head, *rows])
        yield line()


def _aligned(rows: Table) -> Iterator[Line]:
    widths = [max(cells(row[at]) for row in rows) for at in range(len(rows[0]) - 1)]
    for row in rows:
        shown = [padded(text, width) for text, width in zip(row, widths, strict=False)]
        yield line("    " + "  ".join([*shown, row[-1]]).rstrip())


def dialect_markdown(dialects: Sequence[Mapping[str, Any]]) -> str:
    """Return every dialect as tables for the documentation."""
    return "\n".join(_section(facts) for facts in dialects)


def _section(facts: Mapping[str, Any]) -> str:
    parts = [f"## {facts['dialect']}\n"]
    for title, head, rows in _tables(facts):
        table = [head, ["---"] * len(head), *([_escaped(text) for text in row] for row in rows)]
        body = "".join(f"| {' | '.join(row)} |\n" for row in table)
        parts.append(f"### {title}\n\n{body}")
    return "\n".join(parts)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _tables(facts: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str], Table]]:
    yield "Fields", ["Field", "What it is", "Cleared by", "Limits and keys"], [*map(_field, facts["fields"])]
    yield "Tools", ["Type", "Known by", "Required", "Other keys"], [*map(_tool, facts["tools"])]
    yield "Refused fields", ["Field", "What to write instead"], [*_pairs(facts["refused_fields"])]
    yield "Refused tools", ["Type", "What to write instead"], [*_pairs(facts["refused_tools"])]
    yield "Tried with", ["Server or client", "How"], [[*pair] for pair in facts["tried"].items()]


def _field(field: Mapping[str, Any]) -> Sequence[str]:
    name = f"`{field['name']}`" + " (required)" * field["required"]
    same = [f"none is the same as `{value}`" for value in field["same_as_none"]]
    keys = [f"keys {_listed(field['keys'])}"] if field["keys"] else []
    values = [f"one of {_listed(field['values'])}"] if field["values"] else []
    words = [*keys, *values, *same, *field["limits"]]
    return [name, field["kind"], field["cleared_by"], "; ".join(words) or "-"]


def _tool(tool: Mapping[str, Any]) -> Sequence[str]:
    others = [one for one in tool["keys"] if one not in tool["required"]]
    known_by = f"`{tool['known_by']}`" if tool["known_by"] else "its type"
    return [f"`{tool['type']}`", known_by, _listed(tool["required"]) or "-", _listed(others) or "-"]


def _pairs(values: Mapping[str, str]) -> Iterator[Sequence[str]]:
    """Yield names with one remedy together, in their order."""
    for remedy in dict.fromkeys(values.values()):
        yield [_listed([name for name, one in values.items() if one == remedy]), remedy]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
