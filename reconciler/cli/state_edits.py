"""The commands that show one state, and those that change it; each of these asks first.

Every change is a save: what was stored before is kept as an earlier generation, as after every apply.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from reconciler.cli import options as shared
from reconciler.cli.console import Console, is_interactive
from reconciler.cli.known_secrets import KNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.model.state import State
    from reconciler.store import Store

_STAYS = (
    "What they name stays on the server. The next plan finds an assistant by its ownership mark and adopts "
    "it, or reports it where it is not declared; an upload is found again while an assistant contains it."
)
_MARK = (
    "The ownership mark on the server has the earlier name until the next apply, which rewrites it: declare "
    "the assistant under the new address first. In a review, an entry of `moved:` does the same."
)
_DAMAGED = "Pull the state again: a file that was edited by hand is never read."

EXITS = """\b
Exit codes: 0 done · 1 error · 5 refused by a rule
64 usage, or an unknown address · 70 a bug · 129/130/143 interrupted"""

_EDITS = """\b
Exit codes: 0 done, or nothing to do · 1 error, or not approved: nothing changed
5 refused by a rule
64 usage, or an unknown address · 70 a bug · 129/130/143 interrupted"""


@click.command("show", epilog=EXITS)
@click.argument("address", required=False)
@shared.configuration
@shared.state
@shared.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Output."
)
@shared.speaking
def show(address: str | None, form: str, **options: Any) -> int:
    """Show the state, or what it has of one address.

    Of the state: where it is, lineage, serial, owner, and pending operations. Of an address: the id, and
    digests of what was last applied, shortened; a state has no texts.
    """
    import json  # noqa: PLC0415 - not for --help

    from reconciler.render.record import record_lines  # noqa: PLC0415 - not for --help
    from reconciler.store.editing import bound, described, described_binding  # noqa: PLC0415 - the same

    store, console = _store(options), Console.of(options)
    snapshot = store.snapshot()
    if address:
        record = described_binding(snapshot.state, *bound(snapshot.state, address))
    else:
        record = described(store.location, snapshot)
    text = json.dumps(record, indent=2) + "\n"
    console.print(text if form == "json" else "".join(f"{line}\n" for line in record_lines(record)))
    return 0


@click.command("pull", epilog=EXITS)
@shared.configuration
@shared.state
@shared.option(
    "--out",
    type=shared.NewFile(),
    envvar="ASSISTANTS_SYNC_STATE_PULL_OUT",
    help="Write the state to this file, for its owner alone, in place of stdout.",
)
@shared.speaking
def pull(out: Path | None, **options: Any) -> int:
    """Print the state as JSON, with what the journal says.

    It has ids and digests, and no texts. `state push` reads it.
    """
    from reconciler.store import planfile  # noqa: PLC0415 - not for --help
    from reconciler.store.record import Saved, text_of  # noqa: PLC0415 - the same

    store, console = _store(options), Console.of(options)
    snapshot = store.snapshot()
    text = text_of(Saved(snapshot.state, at=snapshot.at)).decode("utf-8", "surrogateescape")
    if out is None:
        console.print(text)
    else:
        planfile.write(out, text)
        console.log("", f"Saved serial {snapshot.state.serial} to {out}.")
    return 0


@click.command("rm", epilog=_EDITS)
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@shared.configuration
@shared.state
@shared.lock_timeout
@shared.consent
@shared.speaking
def rm(addresses: tuple[str, ...], auto_approve: bool, **options: Any) -> int:  # noqa: FBT001 - click passes flags so
    """Forget addresses; what they name stays on the server.

    In a review, an entry of `removed:` does that, and takes the ownership mark off.
    """
    from reconciler.store import editing  # noqa: PLC0415 - not for --help

    edit = _Edit.of(options, "state rm", approved=auto_approve)
    for address in addresses:
        editing.bound(edit.store.load(), address)
    with edit.locked() as state:
        found = [editing.bound(state, one)[0] for one in dict.fromkeys(addresses)]
        after = editing.forgotten(state, found)
        return edit.carried_out(state, after, [*editing.differences(state, after), _STAYS])


@click.command("mv", epilog=_EDITS)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@shared.configuration
@shared.state
@shared.lock_timeout
@shared.consent
@shared.speaking
def mv(source: str, target: str, auto_approve: bool, **options: Any) -> int:  # noqa: FBT001 - click passes flags so
    """Give what one address is bound to another address.

    The new one must be free, and of the same kind.
    """
    from reconciler.store import editing  # noqa: PLC0415 - not for --help

    edit, new = _Edit.of(options, "state mv", approved=auto_approve), editing.address_in(target)
    editing.bound(edit.store.load(), source)
    with edit.locked() as state:
        old, binding = editing.bound(state, source)
        after = editing.renamed(state, old, new)
        is_marked = after.assistant(new) is not None
        lines = [f"{old} becomes {new}  {binding.id}", *([_MARK] if is_marked else [])]
        return edit.carried_out(state, after, lines)


@click.command("push", epilog=_EDITS)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@shared.configuration
@shared.state
@shared.lock_timeout
@shared.consent
@shared.speaking
def push(file: Path, auto_approve: bool, **options: Any) -> int:  # noqa: FBT001 - click passes flags so
    """Replace the state by FILE, which `state pull` wrote, or which was kept as a copy.

    It must be of the same lineage and of a later serial. An empty location takes any state.
    """
    from reconciler.store import editing  # noqa: PLC0415 - not for --help

    edit, pushed = _Edit.of(options, "state push", approved=auto_approve), _read(file)
    with edit.locked() as state:
        if editing.is_same(state, pushed):
            edit.console.log(
                "", f"The state is this one already (serial {state.serial}). Nothing was changed."
            )
            return 0
        editing.require_newer(state, pushed)
        return edit.carried_out(state, pushed, [*editing.differences(state, pushed)], serial=pushed.serial)


def _read(file: Path) -> State:
    """Return the state in a file; StoreError where there is none, or a damaged one."""
    from reconciler import files  # noqa: PLC0415 - not for --help
    from reconciler.errors import StoreError  # noqa: PLC0415 - the same
    from reconciler.store.record import reporting_damage, saved_of  # noqa: PLC0415 - the same

    try:
        text = files.read(file)
    except OSError as cause:
        raise StoreError(f"cannot read {file}: {files.why(cause)}. Nothing was changed") from cause
    if text is None:
        raise StoreError(f"cannot read {file}: there is no such file. Nothing was changed")
    with reporting_damage(file, lambda: _DAMAGED):
        return saved_of(text).state


class _Edit(NamedTuple):
    """One change of a state by a user: where it is, under which purpose it is locked, and the consent."""

    console: Console
    store: Store
    purpose: str
    lock_timeout: float
    is_approved: bool

    @classmethod
    def of(cls, options: dict[str, Any], purpose: str, *, approved: bool) -> _Edit:
        """Return what the options say; UsageError where there is no consent, and no user to ask for it."""
        from reconciler.store.screened import ScreenedStore  # noqa: PLC0415 - not for --help

        if not approved and not is_interactive():
            raise click.UsageError("there is no terminal to ask for approval: pass --auto-approve")
        store = ScreenedStore(_store(options), KNOWN.sources)
        return cls(
            Console.of(options),
            store,
            purpose,
            lock_timeout=options["lock_timeout"],
            is_approved=approved,
        )

    @contextmanager
    def locked(self) -> Iterator[State]:
        """Yield the state, under its lock."""

        def waiting(holder: str) -> None:
            self.console.log("Waiting", f"the state is locked by {holder}")

        with self.store.lock(self.purpose, self.lock_timeout, waiting):
            yield self.store.load()

    def carried_out(
        self, before: State, after: State, lines: Iterable[str], *, serial: int | None = None
    ) -> int:
        """Show what becomes of the state, ask, and save it; return the exit code.

        What the journal says is saved by itself first, so that it is in the generation that is kept.
        """
        from reconciler.render.visible import visible  # noqa: PLC0415 - not for --help

        self.console.print("".join(f"{visible(line)}\n" for line in lines))
        if not self.is_approved and not self.console.confirm(f"Change the state at {self.store.location}?"):
            self.console.log("", "Cancelled. Nothing was changed.")
            return 1
        if before.journaled:
            self.store.save(before, before.serial)
            before = replace(before, serial=before.serial + 1, journaled=False)
        self.store.save(after, before.serial, serial)
        kept = (
            f" The state of serial {before.serial} is kept as an earlier generation." if before.serial else ""
        )
        self.console.log("", f"The state has serial {serial or before.serial + 1} now.{kept}")
        return 0


def _store(options: dict[str, Any]) -> Store:
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - not for --help

    return Configured.of(options).store(options["state"])
