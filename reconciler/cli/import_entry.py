"""The command that writes one `import:` entry into the configuration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options as shared
from reconciler.cli.console import Console
from reconciler.config.errors import ConfigError

if TYPE_CHECKING:
    from reconciler.cli.configured import Configured
    from reconciler.cli.target import Target
    from reconciler.model.resource import Import, Owner


_EXITS = """\b
Exit codes: 0 written, or not needed · 1 error, nothing written
5 refused by a rule
64 usage · 70 a bug · 129/130/143 interrupted, safe to run again"""


@click.command("import", epilog=_EXITS)
@click.argument("address")
@click.argument("id_", metavar="ID")
@shared.option(
    "--from",
    "former",
    envvar="ASSISTANTS_SYNC_IMPORT_FROM",
    metavar="PROJECT/ENVIRONMENT",
    help="Take the assistant over from this owner; PROJECT/- without an environment.",
)
@shared.configuration
@shared.server
@shared.state
@shared.speaking
def import_(address: str, id_: str, former: str | None, **options: Any) -> int:
    """Write an `import:` entry for an object on the server.

    ADDRESS is declared already, and takes the assistant or the upload with this ID. The entry is written
    into the file that declares the address, or with --env into that environment; the rest of the file stays
    as it is. Nothing is changed on the server: `plan` shows what an apply would do.
    """
    import asyncio  # noqa: PLC0415 - only this command pays for it

    from reconciler.cli.configured import Configured  # noqa: PLC0415 - the same
    from reconciler.config.importing import existing, require_declared  # noqa: PLC0415 - the same
    from reconciler.model.resource import Owner  # noqa: PLC0415 - the same

    console, entry, configured = Console.of(options), _entry(address, id_, former), Configured.of(options)
    target = _target(configured, options)
    desired = configured.configuration.desired
    require_declared(desired, entry)
    if entry.former == Owner(desired.project, desired.environment):
        raise click.BadParameter(f"{entry.former} is this project itself", param_hint="--from")
    if same := existing(desired, entry):
        console.log("", f"{entry.id} is already imported as {entry.address}, at {same.origin}.")
    elif asyncio.run(_is_ours(console, configured, target, entry)):
        console.log("", f"{entry.id} already has the ownership mark of {entry.address}; no entry is needed.")
    else:
        _write(console, configured, entry)
    return 0


def _entry(address: str, id_: str, former: str | None) -> Import:
    """Return the entry that the operands mean; UsageError where one is invalid."""
    from reconciler.model.address import Address, Kind, is_remote_id  # noqa: PLC0415 - not for --help
    from reconciler.model.diagnostic import Origin  # noqa: PLC0415 - the same
    from reconciler.model.resource import Import  # noqa: PLC0415 - the same

    try:
        to = Address.parse(address)
    except ValueError as cause:
        raise click.BadParameter(str(cause), param_hint="ADDRESS") from cause
    if not is_remote_id(id_):
        raise click.BadParameter(f"{id_!r} is not an id; copy it from the server", param_hint="ID")
    if former is not None and to.kind is Kind.FILE:
        raise click.BadParameter("an upload has no ownership mark; remove --from", param_hint="--from")
    return Import(id_, to, Origin(""), None if former is None else _owner(former))


def _owner(text: str) -> Owner:
    from reconciler.model.resource import Owner  # noqa: PLC0415 - not for --help

    try:
        return Owner.parse(text)
    except ValueError as cause:
        raise click.BadParameter(str(cause), param_hint="--from") from cause


def _target(configured: Configured, options: dict[str, Any]) -> Target:
    from reconciler.cli.configured import STATE  # noqa: PLC0415 - not for --help
    from reconciler.cli.target import DATABASE, named  # noqa: PLC0415 - the same

    target = named(options, STATE)  # first: where no server is named, nothing else is worth a message
    location = configured.location(options["state"])
    return replace(target, database=(location if isinstance(location, Path) else STATE) / DATABASE)


async def _is_ours(console: Console, configured: Configured, target: Target, entry: Import) -> bool:
    """Return whether the object needs no entry; the refusal of another owner's has the whole command."""
    from reconciler.cli.repetition import converted  # noqa: PLC0415 - not for --help
    from reconciler.engine.importing import ForeignOwnerError, is_ours  # noqa: PLC0415 - the same
    from reconciler.errors import RefusedError  # noqa: PLC0415 - the same

    async with target.provider(configured.dialect, reading=True) as provider:
        with console.reading(f"reading {entry.id}"):
            try:
                return await is_ours(provider, configured.configuration.desired, entry)
            except ForeignOwnerError as refusal:
                command = converted("import", "--from", str(refusal.owner), without={"former"})
                raise RefusedError(f"{refusal}. To take it over, {command}") from refusal


def _write(console: Console, configured: Configured, entry: Import) -> None:
    """Write the entry, and print where it is and what to run next."""
    from reconciler.cli.repetition import converted  # noqa: PLC0415 - not for --help
    from reconciler.config.importing import entry_text, place, with_entry  # noqa: PLC0415 - the same
    from reconciler.render.visible import visible  # noqa: PLC0415 - the same

    configuration = configured.configuration
    where = place(
        configured.root,
        configured.reading,
        configuration.desired,
        environment=configured.environment,
        address=entry.address,
    )
    try:
        edited = with_entry(configured.root, configuration, entry, where, drafted=configured.drafted)
    except ConfigError:
        console.log("Error", f"{where.file} was not changed: with this entry the configuration is invalid")
        raise
    edited.write()
    if where.is_elsewhere:
        console.log("", f"{where.declaring} is Markdown, which has no entries; {where.file} has the entry.")
    line = f"{edited.origin.path}:{edited.origin.line}: {entry_text(entry)}"
    console.print(f"{visible(line)}\n")
    command = converted("plan")
    console.log("", f"{command[0].upper()}{command[1:]}")
