"""The command that writes a starter project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reconciler.cli.console import Console
from reconciler.cli.options import option, speaking


@click.command()
@option("--project", help="The owner of everything declared; by default the folder's name.")
@speaking
def init(project: str | None, **options: Any) -> int:
    """Write a starter project into the working folder.

    Nothing that exists is overwritten.
    """
    from reconciler.cli.scaffold import write  # noqa: PLC0415 - only this command pays for it

    written = write(Path(), project)
    console = Console.of(options)
    console.print("".join(f"wrote {path}\n" for path in written))
    console.log("", "Next: assistants-sync validate, then assistants-sync plan.")
    return 0
