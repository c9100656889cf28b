"""``moved:`` and ``removed:``: assistants that have another address now, or are left to themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.model.address import Address, Kind
from reconciler.model.diagnostic import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.config.document import Declared
    from reconciler.model.diagnostic import Diagnostic


@dataclass
class Moves:
    """What all documents say of addresses that were, checked against those that are."""

    declared: frozenset[Address]
    problems: list[Diagnostic]
    came_from: dict[Address, Address] = field(default_factory=dict)
    named: set[Address] = field(default_factory=set)
    removed: set[Address] = field(default_factory=set)

    def read(self, documents: Sequence[Declared], *, complete: bool = True) -> None:
        """Take every entry of every document; what is declared is known only where they are ``complete``."""
        for one in documents:
            for number, move in enumerate(one.document.moved):
                old = self._address(one, move.from_, "moved", number, "from")
                new = self._address(one, move.to, "moved", number, "to")
                if old and new:
                    self._move(one, number, old, new)
        for one in documents:
            for number, text in enumerate(one.document.removed):
                where = self._address(one, text, "removed", number)
                if where:
                    self._remove(one, number, where)
        if complete:
            self._check_ends(documents)

    def moved(self) -> dict[Address, tuple[Address, ...]]:
        """Every declared assistant that had other addresses, the latest first."""
        return {new: tuple(self._chain(new)) for new in self.came_from if new in self.declared}

    def _chain(self, new: Address) -> list[Address]:
        found: list[Address] = []
        here = new
        while here in self.came_from and self.came_from[here] not in found:
            here = self.came_from[here]
            found.append(here)
        return found

    def _move(self, one: Declared, number: int, old: Address, new: Address) -> None:
        if old in self.declared:
            self._at(
                one,
                f"{old} is declared, so it did not move",
                "rename its key, or take this out",
                "moved",
                number,
                "from",
            )
        elif old in self.came_from.values() or new in self.came_from:
            self._at(
                one, f"{old} to {new}: one of them moved already", "an address moves once", "moved", number
            )
        else:
            self.came_from[new] = old

    def _remove(self, one: Declared, number: int, where: Address) -> None:
        if where in self.declared:
            remedy = "take its declaration out too, or this line"
            self._at(one, f"{where} is declared, so it cannot be forgotten", remedy, "removed", number)
        elif where in self.named:
            self._at(one, f"{where} is listed twice", "keep one of the two", "removed", number)
        elif where in self.came_from.values():
            self._at(one, f"{where} moved elsewhere", "remove the address it has now", "removed", number)
        else:
            self.named.add(where)
            self.removed |= {where, *self._chain(where)}  # whichever of its addresses a state knows it by

    def _check_ends(self, documents: Sequence[Declared]) -> None:
        """Report moves in a circle, and the last of those that lead to nothing declared or removed."""
        went_to = {old: new for new, old in self.came_from.items()}
        for one in documents:
            for number, move in enumerate(one.document.moved):
                old, new = _parsed(move.from_), _parsed(move.to)
                if new is None or self.came_from.get(new) != old or new in self.declared | self.removed:
                    continue
                is_circle = new in self._chain(new)
                if is_circle or new not in went_to:
                    known = "it leads in a circle" if is_circle else "nobody declares it"
                    hint = "" if is_circle else did_you_mean(str(new), map(str, self.declared))
                    message = f"{new} is where {old} moved to, and {known}"
                    self._at(one, message, hint, "moved", number, "to")

    def _address(self, one: Declared, text: str, *path: str | int) -> Address | None:
        found = _parsed(text)
        if found is None:
            self._at(one, f"{text!r} is not the address of an assistant", "write assistant.NAME", *path)
            return None
        return found

    def _at(self, one: Declared, message: str, help: str, *path: str | int) -> None:  # noqa: A002 - the field's word
        origin = one.node.at(*path)
        self.problems.append(one.source.diagnostic("AS425", message, origin, help=help))


def _parsed(text: str) -> Address | None:
    try:
        found = Address.parse(text)
    except ValueError:
        return None
    return found if found.kind is Kind.ASSISTANT else None
