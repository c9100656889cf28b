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
    sides = [configured.elsewhere(None if name == _WITHOUT else name).configuration for name in between]
    before, after = (side.desired for side in sides)
    warnings = dict.fromkeys(warning for side in sides for warning in side.warnings)  # of both, each once
    console.print_warnings([*warnings], max(side.omitted for side in sides))
    console.print_lines(difference_lines(before, after, between, configured.dialect.fields))
    return 0
