"""``moved:`` and ``removed:``: assistants that have another address now, or are left to themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.model.address import Address, Kind
from reconciler.model.characters import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.config.document import Declared
    from reconciler.config.problems import Problems


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of a document, by the path to it."""

    declared: Declared
    path: tuple[str | int, ...]

    def inner(self, key: str) -> _Entry:
        """Return the value of a key in it."""
        return _Entry(self.declared, (*self.path, key))


@dataclass
class Moves:
    """The earlier addresses in all documents, checked against the declared ones."""

    declared: frozenset[Address]
    problems: Problems
    came_from: dict[Address, Address] = field(default_factory=dict)
    went_to: dict[Address, Address] = field(default_factory=dict)
    named: set[Address] = field(default_factory=set)
    removed: set[Address] = field(default_factory=set)

    def read(self, documents: Sequence[Declared], *, complete: bool = True) -> None:
        """Take every entry of every document; what is declared is known only where they are ``complete``."""
        for declared in documents:
            for number, move in enumerate(declared.document.moved):
                entry = _Entry(declared, ("moved", number))
                old = self._address(move.from_, entry.inner("from"))
                new = self._address(move.to, entry.inner("to"))
                if old and new:
                    self._move(entry, old, new)
        for declared in documents:
            for number, text in enumerate(declared.document.removed):
                entry = _Entry(declared, ("removed", number))
                address = self._address(text, entry)
                if address:
                    self._remove(entry, address)
        if complete:
            self._check_ends(documents)

    def earlier(self) -> dict[Address, tuple[Address, ...]]:
        """Return the earlier addresses of every declared assistant that had some, the latest first."""
        return {new: tuple(self._chain(new)) for new in self.came_from if new in self.declared}

    def _chain(self, new: Address) -> list[Address]:
        chain: dict[Address, None] = {}
        here = new
        while here in self.came_from and self.came_from[here] not in chain:
            here = self.came_from[here]
            chain[here] = None
        return [*chain]

    def _move(self, entry: _Entry, old: Address, new: Address) -> None:
        if old in self.declared:
            remedy = "rename its key, or take this out"
            self._report(entry.inner("from"), f"{old} is declared, so it did not move", remedy)
        elif old in self.went_to or new in self.came_from:
            self._report(entry, f"{old} to {new}: one of them moved already", "an address moves once")
        else:
            self.came_from[new], self.went_to[old] = old, new

    def _remove(self, entry: _Entry, address: Address) -> None:
        if address in self.declared:
            remedy = "take its declaration out too, or this line"
            self._report(entry, f"{address} is declared, so it cannot be forgotten", remedy)
        elif address in self.named:
            self._report(entry, f"{address} is listed twice", "keep one of the two")
        elif address in self.went_to:
            self._report(entry, f"{address} moved elsewhere", "remove the address it has now")
        else:
            self.named.add(address)
            self.removed |= {address, *self._chain(address)}  # whichever of its addresses a state knows it by

    def _check_ends(self, documents: Sequence[Declared]) -> None:
        """Report moves in a circle, and the last of those that lead to nothing declared or removed."""
        in_circles = self._in_circles()
        for declared in documents:
            for number, move in enumerate(declared.document.moved):
                old, new = _parsed(move.from_), _parsed(move.to)
                if new is None or self.came_from.get(new) != old:
                    continue
                if new in self.declared or new in self.removed:
                    continue
                is_circle = new in in_circles
                if is_circle or new not in self.went_to:
                    known = "it leads in a circle" if is_circle else "nobody declares it"
                    hint = "" if is_circle else self._near(new)
                    message = f"{new} is where {old} moved to, and {known}"
                    self._report(_Entry(declared, ("moved", number, "to")), message, hint)

    def _in_circles(self) -> set[Address]:
        """Return the addresses that a chain of moves leads back to."""
        seen: set[Address] = set()
        found: set[Address] = set()
        for start in self.came_from:
            path: dict[Address, None] = {}
            here: Address | None = start
            while here is not None and here not in seen:
                seen.add(here)
                path[here] = None
                here = self.came_from.get(here)
            found.update(path if here in path else ())  # an address moves once, so all of it is the circle
        return found

    def _near(self, address: Address) -> str:
        return self.problems.suggestions.nearest(str(address), map(str, self.declared))

    def _address(self, text: str, entry: _Entry) -> Address | None:
        address = _parsed(text)
        if address is None:
            self._report(entry, f"{quoted(text)} is not the address of an assistant", "write assistant.NAME")
        return address

    def _report(self, entry: _Entry, message: str, remedy: str) -> None:
        origin = entry.declared.node.at(*entry.path)
        self.problems.append(entry.declared.source.diagnostic("AS425", message, origin, help=remedy))


def _parsed(text: str) -> Address | None:
    try:
        address = Address.parse(text)
    except ValueError:
        return None
    return address if address.kind is Kind.ASSISTANT else None
