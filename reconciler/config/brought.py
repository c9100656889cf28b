"""Items in the shapes of other APIs, which users bring along, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.dialects.written import keys
from reconciler.model.diagnostic import did_you_mean
from reconciler.model.field import TAG

if TYPE_CHECKING:
    from reconciler.dialects.written import Strict
    from reconciler.model.field import ItemKind, Items


@dataclass(frozen=True, eq=False)
class Kinds:
    """The kinds of items that a list may have, and what may be written of each; ``bodies`` by tag."""

    row: Items
    bodies: Mapping[str, type[Strict]]

    def meant(self, value: Any) -> str:
        """Return what to write instead of an item without a known tag; empty where that is not clear."""
        if isinstance(value, str):
            return self._named(value)
        if not isinstance(value, Mapping):
            return ""
        if TAG in value:
            tag = str(value[TAG])
            return self.row.foreign.get(tag) or did_you_mean(tag, self.bodies)
        return self._untagged(value)

    def _named(self, word: str) -> str:
        if word in self.bodies:
            return f"write {{{TAG}: {word}}}"
        return self.row.foreign.get(word) or did_you_mean(word, (f"{{{TAG}: {tag}}}" for tag in self.bodies))

    def _untagged(self, value: Mapping[str, Any]) -> str:
        """Return the remedy for an item that only its keys describe: those of a body, or a tag as the key."""
        for kind in self.row.kinds:
            if kind.inner and kind.inner in value:
                return f"add `{TAG}: {kind.tag}`"
            if kind.key and kind.key in value:
                return f"add `{TAG}: {kind.tag}`{self._moved(kind, value)}"
        return self._named(next(iter(value))) if len(value) == 1 else ""

    def _moved(self, kind: ItemKind, value: Mapping[str, Any]) -> str:
        body = self.bodies[kind.tag]
        words = [f"; `{word}`: {remedy}" for word, remedy in body.foreign.items() if word in value]
        return (f", and {moved(body, kind.inner)}" if kind.inner else "") + "".join(words)


def moved(body: type[Strict], inner: str) -> str:
    """Return the remedy for an item whose fields are not in the object where they belong."""
    *before, last = keys(body)
    return (
        f"put {', '.join(before)} and {last} under `{inner}:`" if before else f"put {last} under `{inner}:`"
    )
