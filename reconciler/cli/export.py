"""The command that writes live assistants as a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options as shared
from reconciler.cli.console import Console

if TYPE_CHECKING:
    from reconciler.model.resource import Owner

_NONE = "none"


_EXITS = """\b
Exit codes: 0 done · 1 error · 3 written, but some objects only as a comment
5 refused by a rule
64 usage · 70 a bug · 129/130/143 interrupted, safe to run again"""


@click.command(epilog=_EXITS)
@click.argument("ids", metavar="[ID]...", nargs=-1)
@shared.option(
    "--all", "everything", is_flag=True, envvar="ASSISTANTS_SYNC_EXPORT_ALL", help="Export every assistant."
)
@shared.option(
    "--owner",
    "owners",
    multiple=True,
    envvar="ASSISTANTS_SYNC_EXPORT_OWNER",
    metavar="PROJECT/ENV|none",
    type=shared.OnePerLine(),
    help="Export the assistants of this owner; `none` means those without an ownership mark. Repeatable.",
)
@shared.option(
    "--project",
    default="exported",
    show_default=True,
    envvar="ASSISTANTS_SYNC_EXPORT_PROJECT",
    help="Name of the project, which must be unique in the account.",
)
@shared.option(
    "-o",
    "--output",
    "folder",
    type=shared.NewFile(is_directory=True),
    default=Path("exported"),
    show_default="exported",
    envvar="ASSISTANTS_SYNC_EXPORT_OUTPUT",
    help="Directory to write to.",
)
@shared.option(
    "--force",
    is_flag=True,
    envvar="ASSISTANTS_SYNC_EXPORT_FORCE",
    help="Replace files that exist; others stay.",
)
@shared.dialect
@shared.server
@shared.state_location
@shared.speaking
def export(ids: tuple[str, ...], everything: bool, owners: tuple[str, ...], **options: Any) -> int:  # noqa: FBT001 - click passes flags so
    """Write live assistants as a project that adopts them.

    Name ids, owners, or --all. Prompts, functions and readable files become files of the project, and
    `import:` entries keep every id. Only reads: the server gets nothing but GET. It ends with 3 where an
    assistant cannot be adopted; a comment says why.
    """
    if not (ids or everything or owners):
        raise click.UsageError("nothing is chosen: name ids, or pass --owner or --all")
    from reconciler.cli.exporting import Choice, Export  # noqa: PLC0415 - not for --help
    from reconciler.cli.target import named  # noqa: PLC0415 - the same

    location = options["state"]
    return Export(
        console=Console.of(options),
        target=named(options, location if isinstance(location, Path) else Path("state")),
        dialect=_dialect(options["dialect"]),
        choice=Choice(ids, everything, [*map(_owner, owners)]),
        project=_project(options["project"]),
        folder=options["folder"],
        force=options["force"],
    ).run()


def _dialect(name: str | None) -> Any:
    from reconciler import dialects  # noqa: PLC0415 - not for --help

    return dialects.dialect(name or dialects.DEFAULT)


def _owner(text: str) -> Owner | None:
    from reconciler.model.resource import Owner  # noqa: PLC0415 - not for --help

    if text == _NONE:
        return None
    try:
        return Owner.parse(text)
    except ValueError as cause:
        raise click.BadParameter(str(cause), param_hint="--owner") from cause


def _project(name: str) -> str:
    from reconciler.model.address import PROJECT_PATTERN  # noqa: PLC0415 - not for --help

    if not PROJECT_PATTERN.match(name):
        problem = f"{name!r} cannot be a project's name: lower-case letters, digits and - _ . only"
        raise click.BadParameter(problem, param_hint="--project")
    return name
