"""The command that prints JSON Schemas."""

from __future__ import annotations

import click

from reconciler.cli.console import Console
from reconciler.cli.options import dialect as chosen_dialect


@click.command()
@click.argument(
    "what",
    type=click.Choice(["configuration", "environment", "plan", "report", "assistants"]),
    default="configuration",
)
@chosen_dialect
def schema(what: str, dialect: str | None) -> int:
    """Print the JSON Schema of configurations or results.

    With that of configurations, editors complete and check what you write.
    Begin a file with `# yaml-language-server: $schema=./assistants-sync.schema.json`.
    """
    Console().print(
        _document(what) if what in {"plan", "report", "assistants"} else _configuration(what, dialect)
    )
    return 0


def _document(what: str) -> str:
    from reconciler.render.document import schema  # noqa: PLC0415 - only this command pays for it

    return schema(what)


def _configuration(what: str, dialect: str | None) -> str:
    from reconciler import dialects  # noqa: PLC0415 - only this command pays for it
    from reconciler.config.models import schema  # noqa: PLC0415 - the same

    return schema(what, dialects.dialect(dialect or dialects.DEFAULT))
