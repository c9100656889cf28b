"""The command that compares two environments."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.console import Console
from reconciler.cli.options import configuration, option, speaking

_WITHOUT = "-"


@click.command()
@configuration
@option(
    "--between",
    nargs=2,
    required=True,
    metavar="ENVIRONMENT ENVIRONMENT",
    help=f"The two environments to compare; {_WITHOUT} is the configuration without one.",
)
@speaking
def diff(between: tuple[str, str], **options: Any) -> int:
    """Compare two environments word by word; needs no server."""
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - only this command pays for it
    from reconciler.render.declared import difference_lines  # noqa: PLC0415 - the same

    console = Console.of(options)
    configured = Configured.of(options)
    before, after = (
        configured.elsewhere(None if name == _WITHOUT else name).reported(console).desired for name in between
    )
    console.print_lines(difference_lines(before, after, between, configured.dialect.fields))
    return 0
