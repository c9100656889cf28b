"""The command that rewrites a configuration for another dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options as shared
from reconciler.cli.console import Console

if TYPE_CHECKING:
    from reconciler.model.migration import Migration

_EXITS = """\b
Exit codes: 0 valid in the other dialect · 1 error, or a person must decide
64 usage · 70 a bug · 129/130/143 interrupted, safe to run again"""


@click.command(epilog=_EXITS)
@shared.option("--to", "target", metavar="DIALECT", required=True, help="The other dialect.")
@shared.option("--no-write", "is_report", is_flag=True, help="Print the report alone; change no file.")
@shared.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="How the report is printed.",
)
@shared.configuration
@shared.speaking
def migrate(target: str, is_report: bool, form: str, **options: Any) -> int:  # noqa: FBT001 - click passes flags so
    """Rewrite the configuration for another dialect.

    Comments and layout stay. The report says of every field whether it carries over, changes its meaning, or
    needs a decision: what the other dialect does not have stays where it is, and nothing is made up for it.
    Servers and state are not touched.
    """
    from reconciler import dialects  # noqa: PLC0415 - only this command pays for it
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - the same
    from reconciler.config.migrating import migrated, rewrite  # noqa: PLC0415 - the same

    console, configured = Console.of(options), Configured.of(options)
    found = migrated(configured.root, configured.files, dialects.dialect(target), configured.choice)
    if not is_report:
        rewrite(configured.root, found.texts)
    _print(console, form, found)
    return 1 if found.decisions else 0


def _print(console: Console, form: str, migration: Migration) -> None:
    from reconciler.render import migration as rendered  # noqa: PLC0415 - lazily, see above

    if form == "text":
        console.print_lines(rendered.migration_lines(migration))
    elif form == "markdown":
        console.print(rendered.migration_markdown(migration))
    else:
        console.print(rendered.migration_json(migration))
