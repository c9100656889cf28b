"""Assistants that are no longer declared only because this run does not read the file that declared them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model.change import Action, Reason
from reconciler.model.diagnostic import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.engine.ownership import PlannerInput
    from reconciler.model.change import Change

_ENDING = frozenset({(Action.DELETE, Reason.UNDECLARED), (Action.FORGET, Reason.GONE)})


def with_notes(inputs: PlannerInput, changes: Iterable[Change]) -> Iterator[Change]:
    """Yield changes, each that ends an assistant of such a file with the file's name in its note."""
    for change in changes:
        path = _unread(inputs, change)
        note = f"it was declared in {path}, which this run does not read"
        yield replace(change, note=note) if path and not change.note else change


def forgotten_files(inputs: PlannerInput, changes: Iterable[Change]) -> Iterator[str]:
    """Yield one notice for each such file, with the number of assistants that would be destroyed."""
    ending = (one for one in changes if one.action is Action.DELETE and not one.refused)
    counted = Counter(path for one in ending if (path := _unread(inputs, one)))
    for path, number in sorted(counted.items()):
        which, them = ("1 assistant", "it") if number == 1 else (f"{number:,} assistants", "them")
        yield (
            f"this run does not read {path}, which declared {which} of those to destroy. "
            f"To keep {them}, name that file with -f too."
        )


def _unread(inputs: PlannerInput, change: Change) -> str:
    """Return the file that declared what a change ends; an empty text where this run need not read it."""
    binding = inputs.state.assistant(change.address)
    if (change.action, change.reason) not in _ENDING or binding is None:
        return ""
    return str(Origin(binding.declared, 0)) if binding.declared in inputs.options.unread else ""
