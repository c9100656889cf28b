"""The command that checks a configuration; it needs no server and no state."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.console import Console
from reconciler.cli.options import configuration, option, speaking

if TYPE_CHECKING:
    from reconciler.config.resolve import Configuration
    from reconciler.model.diagnostic import Diagnostic


_EXITS = """\b
Exit codes: 0 valid · 1 errors, or with --strict warnings
64 usage · 70 a bug · 129/130/143 interrupted, safe to run again"""


@click.command(epilog=_EXITS)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@configuration
@option("--strict", is_flag=True, help="Treat warnings as errors.")
@option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="github makes annotations of a workflow's log.",
)
@speaking
def validate(paths: tuple[Path, ...], strict: bool, form: str, **options: Any) -> int:  # noqa: FBT001 - click passes flags so
    """Check the configuration; needs no server and no key.

    Each PATH is a file or a folder of them. PATHs replace -f.
    """
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - only this command pays for it
    from reconciler.config.errors import ConfigError  # noqa: PLC0415 - the same

    console = Console.of(options)
    valid: Configuration | None = None
    try:
        valid = Configured.of({**options, "files": paths or options["files"]}).configuration
        problems, omitted = valid.warnings, valid.omitted
    except ConfigError as error:
        problems, omitted = error.diagnostics, error.omitted
    _report(console, form, problems, omitted, valid=valid)
    return 1 if valid is None or (strict and problems) else 0


def _report(
    console: Console,
    form: str,
    problems: tuple[Diagnostic, ...],
    omitted: int,
    *,
    valid: Configuration | None,
) -> None:
    from reconciler.render import diagnostics  # noqa: PLC0415 - lazily, see above

    if form == "json":
        console.print(diagnostics.diagnostic_json(problems, omitted))
        return
    if form == "github":
        console.print(diagnostics.diagnostic_annotations(problems))
    elif problems:
        console.print_diagnostics(problems, omitted)
    if valid is not None and form == "text":
        desired = valid.desired
        counted = f"{_counted(len(desired.assistants), 'assistant')}, {_counted(len(desired.files), 'file')}"
        console.print(f"The configuration of {desired.project} is valid: {counted}.\n")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
