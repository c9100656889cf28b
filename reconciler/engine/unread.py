"""Assistants that are no longer declared only because this run does not read the file that declared them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model.change import Action, Reason
from reconciler.model.diagnostic import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.engine.ownership import PlannerInput
    from reconciler.model.change import Change

_NAMED = 3  # files in a notice
_ENDING = frozenset({(Action.DELETE, Reason.UNDECLARED), (Action.FORGET, Reason.GONE)})


def with_notes(inputs: PlannerInput, changes: Iterable[Change]) -> Iterator[Change]:
    """Yield changes, each that ends an assistant of such a file with the file's name in its note."""
    for change in changes:
        path = _unread(inputs, change)
        note = f"it was declared in {path}, which this run does not read"
        yield replace(change, note=note) if path and not change.note else change


def forgotten_files(inputs: PlannerInput, changes: Iterable[Change]) -> Iterator[str]:
    """Yield one notice about all such files, with the number of assistants that would be destroyed."""
    ending = (one for one in changes if one.action is Action.DELETE and not one.refused)
    paths = [path for one in ending if (path := _unread(inputs, one))]
    if not paths:
        return
    which, them = ("1 assistant", "it") if len(paths) == 1 else (f"{len(paths):,} assistants", "them")
    files = sorted(set(paths))
    more = f" and {len(files) - _NAMED:,} more files" * (len(files) > _NAMED)
    how = "that file" if len(files) == 1 else "those files, or their folder,"
    yield (
        f"this run does not read {', '.join(files[:_NAMED])}{more}, which declared {which} of those to "
        f"destroy. To keep {them}, name {how} with -f too."
    )


def _unread(inputs: PlannerInput, change: Change) -> str:
    """Return the file that declared what a change ends; an empty text where this run need not read it."""
    binding = inputs.state.assistant(change.address)
    if (change.action, change.reason) not in _ENDING or binding is None:
        return ""
    return str(Origin(binding.declared, 0)) if binding.declared in inputs.options.unread else ""
