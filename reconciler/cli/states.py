"""The commands about a state itself; none of them asks a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options
from reconciler.cli.console import Console

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.store import Store


@click.group()
def state() -> None:
    """Look at a state, move it, or free its lock."""


@state.command("list")
@options.configuration
@options.state
@options.option(
    "--all",
    "every",
    is_flag=True,
    envvar="ASSISTANTS_SYNC_STATE_LIST_ALL",
    help="Every state at the place instead: of all projects and environments.",
)
@options.speaking
def listed(every: bool, **given: Any) -> int:  # noqa: FBT001 - click passes flags so
    """Print every address of the state and its remote id.

    With --all, every state at the place: its serial, how many addresses it has, when it was saved, and who
    holds its lock. Where --state names the place, no configuration is needed for that.
    """
    if every:
        return _list_all(given)
    from reconciler.render.visible import visible  # noqa: PLC0415 - not for --help

    found = _store(given).load()
    width = max((len(str(where)) for where in found.bindings), default=0)
    lines = [
        f"{visible(where):{width}}  {visible(one.id)}\n" for where, one in sorted(found.bindings.items())
    ]
    _console(given).print("".join(lines))
    return 0


@state.command()
@click.argument("id_", metavar="ID")
@options.configuration
@options.state
@options.speaking
def unlock(id_: str, **given: Any) -> int:
    """Take the lock from the holder of this ID, a run known to be dead.

    Only a lease on object storage can be taken: a lock in a folder or in PostgreSQL is free once its holder
    has ended.
    """
    _store(given).unlock(id_)
    _console(given).tell("", "The lock is free.")
    return 0


@state.command()
@click.argument("source", metavar="FROM", type=options.StatePlace())
@click.argument("target", metavar="TO", type=options.StatePlace())
@options.configuration
@options.speaking
def migrate(source: Path | str, target: Path | str, **given: Any) -> int:
    """Copy the state of this project from one place to another.

    The copy is compared with what was copied, and the old state stays as it is.
    """
    from reconciler.store.migration import migrate as copy  # noqa: PLC0415 - only this command pays for it

    found = copy(*_stores(given, source, target))
    _console(given).tell(
        "",
        f"Copied {len(found.bindings)} addresses. The old state is kept; from now on name the new place.",
    )
    return 0


def _list_all(given: dict[str, Any]) -> int:
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - not for --help
    from reconciler.cli.listing import table  # noqa: PLC0415 - the same
    from reconciler.store import locations  # noqa: PLC0415 - the same

    found = locations.every(Configured.of(given).location(given["state"]))
    if found:
        _console(given).print("".join(table(found)))
    else:
        _console(given).tell("", "There is no state there yet. apply makes one.")
    return 0


def _stores(given: dict[str, Any], *places: Path | str) -> list[Store]:
    """The stores of this project and environment at some places."""
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - not for --help

    configured = Configured.of(given)
    return [configured.store(place) for place in places]


def _store(given: dict[str, Any]) -> Store:
    return _stores(given, given["state"])[0]


def _console(given: dict[str, Any]) -> Console:
    return Console(given["colour"], verbose=given["verbose"])
