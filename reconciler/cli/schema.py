"""The command that prints JSON Schemas."""

from __future__ import annotations

import click

from reconciler.cli.console import Console


@click.command()
@click.argument(
    "what", type=click.Choice(["configuration", "environment", "plan", "report"]), default="configuration"
)
def schema(what: str) -> int:
    """Print the JSON Schema of configurations, plans or reports.

    With that of configurations editors complete and check what people write.
    Begin a file with `# yaml-language-server: $schema=./assistants-sync.schema.json`.
    """
    Console().print(_document(what) if what in {"plan", "report"} else _configuration(what))
    return 0


def _document(what: str) -> str:
    from reconciler.render.document import schema  # noqa: PLC0415 - only this command pays for it

    return schema(what)


def _configuration(what: str) -> str:
    from reconciler.config.document import schema  # noqa: PLC0415 - only this command pays for it

    return schema(what)
