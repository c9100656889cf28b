"""The commands about states; none of them asks a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options, state_edits
from reconciler.cli.console import Console
from reconciler.cli.known_secrets import KNOWN

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.store import Store


@click.group()
def state() -> None:
    """Show, change, copy or unlock state."""


for _command in (state_edits.show, state_edits.rm, state_edits.mv, state_edits.pull, state_edits.push):
    state.add_command(_command)


@state.command("list", epilog=state_edits.EXITS)
@options.configuration
@options.state
@options.option(
    "--all",
    "every",
    is_flag=True,
    envvar="ASSISTANTS_SYNC_STATE_LIST_ALL",
    help="List every state at the location: of all projects and environments.",
)
@options.speaking
def listed(every: bool, **options: Any) -> int:  # noqa: FBT001 - click passes flags so
    """Print every address of the state and its remote id.

    With --all, print every state at the location: its serial, its number of addresses, when it was saved,
    and its lock holder. If --state names the location, that needs no configuration.
    """
    if every:
        return _list_all(options)
    from reconciler.render.visible import visible  # noqa: PLC0415 - not for --help

    bindings = sorted(_store(options).load().bindings.items())
    width = max((len(str(address)) for address, _ in bindings), default=0)
    lines = [f"{visible(address):{width}}  {visible(binding.id)}\n" for address, binding in bindings]
    Console.of(options).print("".join(lines))
    return 0


@state.command(epilog=state_edits.EXITS)
@click.argument("id_", metavar="ID")
@options.configuration
@options.state
@options.speaking
def unlock(id_: str, **options: Any) -> int:
    """Take the lock from the holder of this ID, a run known to be dead.

    Only a lease on object storage can be taken: a lock in a folder or in PostgreSQL is free once its holder
    has ended.
    """
    _store(options).unlock(id_)
    Console.of(options).log("", "The lock is free.")
    return 0


@state.command(epilog=state_edits.EXITS)
@click.argument("source", metavar="FROM", type=options.StateLocation())
@click.argument("target", metavar="TO", type=options.StateLocation())
@options.configuration
@options.speaking
def migrate(source: Path | str, target: Path | str, **options: Any) -> int:
    """Copy the state of this project from one location to another.

    The copy is compared with what was copied, and the old state stays as it is.
    """
    from reconciler.store.migration import migrate as copy  # noqa: PLC0415 - only this command pays for it
    from reconciler.store.screened import ScreenedStore  # noqa: PLC0415 - the same

    old, new = _stores(options, source, target)
    copied = copy(old, ScreenedStore(new, KNOWN.sources))
    Console.of(options).log(
        "",
        f"Copied {len(copied.bindings)} addresses. The old state is kept; from now on name the new location.",
    )
    return 0


def _list_all(options: dict[str, Any]) -> int:
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - not for --help
    from reconciler.cli.listing import table  # noqa: PLC0415 - the same
    from reconciler.store import locations  # noqa: PLC0415 - the same

    entries = locations.every(Configured.of(options).location(options["state"]))
    if entries:
        Console.of(options).print("".join(table(entries)))
    else:
        Console.of(options).log("", "There is no state there yet. apply makes one.")
    return 0


def _stores(options: dict[str, Any], *locations: Path | str) -> list[Store]:
    """Return the stores of this project and environment at some locations."""
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - not for --help

    configured = Configured.of(options)
    return [configured.store(location) for location in locations]


def _store(options: dict[str, Any]) -> Store:
    return _stores(options, options["state"])[0]
