"""Commands for a person to run, that only a person should run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.store.record import Saved


def restore(address: str, name: str, number: int) -> str:
    """Put a generation back as the state."""
    return _psql(
        address,
        "UPDATE assistants_sync.state AS s SET serial = g.serial, save = g.save, text = g.text "  # noqa: S608 - not run here
        f"FROM assistants_sync.generations AS g WHERE g.number = {number} "
        f"AND g.name = s.name AND s.name = {_literal(name)}",
    )


def forget(address: str, name: str) -> str:
    """Delete the state."""
    return _psql(address, f"DELETE FROM assistants_sync.state WHERE name = {_literal(name)}")  # noqa: S608 - not run


def forget_records(address: str, name: str) -> str:
    """Delete the journal."""
    return _psql(address, f"DELETE FROM assistants_sync.journal WHERE name = {_literal(name)}")  # noqa: S608 - not run


def put_back(address: str, name: str, saving: Saved, before: Saved, copy: Path) -> str:
    """Put a copy of a state back, replacing only the state that it follows."""
    head = (
        f"UPDATE assistants_sync.state SET serial = {saving.state.serial}, "  # noqa: S608 - not run here
        f"save = {_literal(saving.save)}, text = decode('"
    )
    tail = (
        f"', 'base64') WHERE name = {_literal(name)} AND serial = {before.state.serial} "
        f"AND save = {_literal(before.save)}"
    )
    parts = "; ".join(map(shlex.join, (["echo", head], ["base64", str(copy)], ["echo", tail])))
    return f"{{ {parts}; }} | {shlex.join(['psql', address])}"


def _psql(address: str, statement: str) -> str:
    return shlex.join(["psql", address, "-c", statement])


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
