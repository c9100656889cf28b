"""The command that lists the assistants of an account."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options as shared
from reconciler.cli.console import Console
from reconciler.cli.event_loop import result_of

if TYPE_CHECKING:
    from reconciler.cli.configured import Configured
    from reconciler.dialects import Dialect
    from reconciler.engine.inventory import Filter
    from reconciler.model.inventory import Inventory
    from reconciler.model.state import State


_EXITS = """\b
Exit codes: 0 done · 1 error · 5 refused by a rule
64 usage · 70 a bug · 129/130/143 interrupted, safe to run again"""


@click.command(epilog=_EXITS)
@shared.configuration
@shared.server
@shared.state
@shared.option(
    "--name",
    envvar="ASSISTANTS_SYNC_QUERY_NAME",
    metavar="PATTERN",
    help="List assistants whose name matches this shell pattern, such as 'Support*'. Case-sensitive.",
)
@shared.option(
    "--owner",
    envvar="ASSISTANTS_SYNC_QUERY_OWNER",
    metavar="PROJECT/ENVIRONMENT",
    help="List assistants with the ownership mark of this project; PROJECT/- without an environment.",
)
@shared.option(
    "--unowned",
    is_flag=True,
    envvar="ASSISTANTS_SYNC_QUERY_UNOWNED",
    help="List assistants without an ownership mark.",
)
@shared.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json is one versioned document, which `schema assistants` describes.",
)
@shared.speaking
def query(name: str | None, owner: str | None, unowned: bool, form: str, **options: Any) -> int:  # noqa: FBT001 - click passes flags so
    """List the assistants of the account, and who owns them.

    Oldest first: id, name, size (bytes of the values as JSON, without files and ownership mark), number of
    files, age, owner and address. Needs no configuration. Only reads: it sends nothing but GET.
    """
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - the same

    wanted = _filter(name, owner, is_unowned=unowned)
    console, configured = Console.of(options), Configured.of(options)
    found = result_of(_found(console, configured, options, wanted))
    _show(console, found, form)
    if not found.is_whole:
        console.log("Warning", "the end of the list is not proved: this server may have more assistants")
    return 0


def _filter(name: str | None, owner: str | None, *, is_unowned: bool) -> Filter:
    """Return what is listed; UsageError for options that are invalid, or do not go together."""
    from reconciler.engine.inventory import Filter  # noqa: PLC0415 - not for --help
    from reconciler.model.resource import Owner  # noqa: PLC0415 - the same

    if owner is not None and is_unowned:
        raise click.UsageError("--owner and --unowned do not go together")
    try:
        return Filter(name, None if owner is None else Owner.parse(owner), is_unowned)
    except ValueError as cause:
        raise click.BadParameter(str(cause), param_hint="--owner") from cause


async def _found(
    console: Console, configured: Configured, options: dict[str, Any], wanted: Filter
) -> Inventory:
    from reconciler.cli.configured import STATE  # noqa: PLC0415 - not for --help
    from reconciler.cli.target import DATABASE, named  # noqa: PLC0415 - the same
    from reconciler.engine.inventory import inventory  # noqa: PLC0415 - the same

    target, location = named(options, STATE), configured.location(options["state"])
    folder = location if isinstance(location, Path) else STATE
    dialect, state = _dialect(configured), _state(configured, location)
    async with replace(target, database=folder / DATABASE).provider(dialect, reading=True) as provider:
        with console.reading(f"reading {provider.target}"):
            return await inventory(provider, dialect.fields, state, wanted)


def _is_configured(configured: Configured) -> bool:
    return any(configured.root.exists(path) for path in configured.files)


def _dialect(configured: Configured) -> Dialect:
    """Return the dialect of the configuration; without one that of --dialect, or the default."""
    from reconciler import dialects  # noqa: PLC0415 - not for --help

    if _is_configured(configured):
        return configured.dialect
    return dialects.dialect(configured.named_dialect or dialects.DEFAULT)


def _state(configured: Configured, location: Path | str) -> State:
    """Return the state; an empty one at an address without a configuration, which names the project."""
    from reconciler.model.state import State  # noqa: PLC0415 - not for --help

    if isinstance(location, Path) or _is_configured(configured):
        return configured.store(location).load()
    return State("", 0)


def _show(console: Console, found: Inventory, form: str) -> None:
    from reconciler.cli.known_secrets import KNOWN  # noqa: PLC0415 - not for --help
    from reconciler.render.document import inventory_document, printed  # noqa: PLC0415 - the same
    from reconciler.render.inventory import counted, inventory_lines  # noqa: PLC0415 - the same
    from reconciler.render.secrecy import without_secrets  # noqa: PLC0415 - the same

    document = without_secrets(inventory_document(found), KNOWN.redactor)
    if form == "json":
        console.print(printed(document))
    else:
        console.print_lines(inventory_lines(document, time.time(), console.width))
    console.log("", counted(document))
