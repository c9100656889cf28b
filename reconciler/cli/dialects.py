"""The command that prints what each dialect has."""

from __future__ import annotations

import json
from typing import Any

import click

from reconciler.cli import options as shared
from reconciler.cli.console import Console


@click.command()
@click.argument("names", metavar="[DIALECT]...", nargs=-1)
@shared.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="markdown is what the documentation has.",
)
@shared.speaking
def dialects(names: tuple[str, ...], form: str, **options: Any) -> int:
    """Print what each dialect has, and with what it was tried.

    Those are its fields, limits and tools, and what it refuses, with the remedy. Without a DIALECT, all.
    """
    from reconciler.dialects import DIALECTS, dialect  # noqa: PLC0415 - only this command pays for it
    from reconciler.dialects.facts import facts  # noqa: PLC0415 - the same
    from reconciler.render.dialect_tables import dialect_lines, dialect_markdown  # noqa: PLC0415 - the same

    console, found = Console.of(options), [facts(dialect(name)) for name in names or DIALECTS]
    if form == "text":
        console.print_lines(dialect_lines(found))
    elif form == "markdown":
        console.print(dialect_markdown(found))
    else:
        document = {"format_version": 1, "dialects": found}
        console.print(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return 0
