"""A store that takes no record with a secret in it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.errors import DisclosureError
from reconciler.model.state import Intent
from reconciler.store.journal import Entry, intended
from reconciler.store.record import state_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from reconciler.model.address import Address
    from reconciler.model.sources import Sources
    from reconciler.model.state import Binding, State
    from reconciler.store.store import Snapshot, Store

_NAMES = {"unsettled": "a call that was begun", "traits": "a trait of the server"}


class ScreenedStore:
    """A store whose records are looked at before they are written; DisclosureError for one with a secret."""

    def __init__(self, store: Store, sources: Sources) -> None:
        self._store = store
        self._sources = sources
        self._screened: dict[Address, Binding] = {}  # results of this run, so that a save looks at the others

    @property
    def location(self) -> str:
        """The address of the State."""
        return self._store.location

    def load(self) -> State:
        """Return the State."""
        return self._store.load()

    def snapshot(self) -> Snapshot:
        """Return the State, read without a lock."""
        return self._store.snapshot()

    def lock(
        self, purpose: str, timeout: float = 0.0, waiting: Callable[[str], None] | None = None
    ) -> AbstractContextManager[None]:
        """Hold the only right to write."""
        return self._store.lock(purpose, timeout, waiting)

    def unlock(self, id_: str) -> None:
        """Take the lock from the holder of an id."""
        self._store.unlock(id_)

    def intend(self, intent: Intent) -> None:
        """Record a call that is about to be made."""
        self.commit([intended(intent)])

    def record(self, address: Address, binding: Binding | None) -> None:
        """Record what an address is bound to."""
        self.commit([Entry(address, binding)])

    def commit(self, entries: Sequence[Entry]) -> None:
        """Record several, or none of them where one has a secret in it."""
        if self._sources.leaks("\n".join(entry.text for entry in entries)):
            for entry in entries:
                self._screen(_described(entry), entry.record)
        self._remember(entries)
        self._store.commit(entries)

    def _remember(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if entry.value is not None and not isinstance(entry.value, Intent):
                self._screened[entry.address] = entry.value

    def save(self, state: State, expecting: int, serial: int | None = None) -> None:
        """Replace the stored State."""
        rest = self._without_screened(state)
        for name, record in _parts_of(rest) if self._sources.leaks(json.dumps(state_values(rest))) else ():
            self._screen(name, record)
        self._store.save(state, expecting, serial)

    def _without_screened(self, state: State) -> State:
        """Return a State without the bindings that were looked at when they were recorded."""
        known = self._screened
        rest = {address: one for address, one in state.bindings.items() if known.get(address) != one}
        return replace(state, bindings=rest)

    def _screen(self, what: str, record: Any) -> None:
        source = self._sources.of(record) if self._sources.leaks(json.dumps(record)) else None
        if source:
            raise DisclosureError(
                f"cannot record {what} at {self.location}: it repeats {source.place}. "
                f"{source.remedy}; if the server made it up, ask its operator why"
            )


def _described(entry: Entry) -> str:
    of = "a call for" if isinstance(entry.value, Intent) else "the id of"
    return f"{of} {entry.address}"


def _parts_of(state: State) -> Iterator[tuple[str, Any]]:
    """Yield what a record of a state has, with its name."""
    for name, value in state_values(state).items():
        if name == "bindings":
            yield from ((f"the id of {address}", {address: binding}) for address, binding in value.items())
        else:
            yield _NAMES.get(name, f"the {name}"), value
