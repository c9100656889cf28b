"""Where the values of one assistant come from: a patch, its own lines, the defaults; nearest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.config.document import Defaults
    from reconciler.config.text import Node, Source
    from reconciler.model.diagnostic import Diagnostic, Origin


@dataclass(frozen=True, slots=True)
class Layer:
    """One mapping that names fields of an assistant, and what it says."""

    source: Source
    node: Node
    said: Defaults

    def named(self) -> dict[str, Any]:
        """The fields it names."""
        return {key: getattr(self.said, key) for key in self.said.model_fields_set}


@dataclass(frozen=True, slots=True)
class Layers:
    """Where things said of one assistant stand; ``layers`` run from the nearest to the farthest."""

    name: str
    key: Origin
    own: Source
    layers: tuple[Layer, ...]
    problems: list[Diagnostic]

    @property
    def said(self) -> dict[str, Any]:
        """Every field that any layer names: the nearest value, metadata and lifecycle key by key."""
        found: dict[str, Any] = {}
        for layer in reversed(self.layers):
            found |= layer.named()
        return found

    def metadata(self) -> dict[str, str | None]:
        """The metadata of all layers, the nearest value of each key; null clears what lies farther."""
        found: dict[str, str | None] = {}
        for layer in reversed(self.layers):
            if "metadata" in layer.said.model_fields_set:
                found = dict.fromkeys(found) if layer.said.metadata is None else found | layer.said.metadata
        return found

    def lifecycle(self, key: str, default: Any) -> Any:
        """One setting of the nearest lifecycle that names it."""
        for layer in self.layers:
            said = layer.said.lifecycle
            if said is not None and key in said.model_fields_set:
                return getattr(said, key)
            if said is None and "lifecycle" in layer.said.model_fields_set:
                break  # null: nothing that lies farther counts
        return default

    def layer(self, *path: str | int) -> Layer | None:
        """The nearest layer that says what a path leads to; one in which it is wrong comes last."""
        says = [one for one in self.layers if path and path[0] in one.said.model_fields_set]
        tries = ((says, path[:2]), (says, path[:1]), (self.layers, path[:1]))
        return next((one for layers, steps in tries for one in layers if one.node.has(*steps)), None)

    def origin(self, *path: str | int, key: bool = False) -> Origin:
        """Where the value under a path stands, or its key; the assistant's own key where nobody names it."""
        layer = self.layer(*path) if path else None
        if layer is None:
            return self.key
        return layer.node.key(*path) if key else layer.node.at(*path)

    def has_wrong(self, field: str) -> bool:
        """Whether a field is written somewhere and was left out for being wrong."""
        return field not in self.said and self.layer(field) is not None

    def problem(
        self,
        code: str,
        message: str,
        *path: str | int,
        help: str = "",  # noqa: A002 - the field's word
        key: bool = False,
    ) -> None:
        """Report what is wrong with the value under a path, or with its key."""
        layer = self.layer(*path) if path else None
        source = layer.source if layer else self.own
        origin = self.origin(*path, key=key)
        self.problems.append(source.diagnostic(code, message, origin, help=help))

    def warn(self, code: str, message: str, *path: str | int, help: str = "") -> None:  # noqa: A002 - the field's word
        """Report what is likely a mistake, and may be meant."""
        self.problem(code, message, *path, help=help)
        self.problems.append(self.problems.pop().as_warning())

    def longer(self, what: str, text: str | None, limit: int, *path: str | int, key: bool = False) -> None:
        """Report a text above a limit."""
        if text is not None and len(text) > limit:
            problem = f"{what} has {len(text):,} characters; the limit is {limit:,}"
            self.problem("AS411", problem, *path, key=key)

    def origins(self, sources: Mapping[str, str]) -> dict[str, str]:
        """Where each managed value comes from, for a person: a place, or the file that was read."""
        found = {field: sources.get(field, str(self.origin(field))) for field in self.said}
        found |= {f"metadata.{key}": str(self.origin("metadata", key)) for key in self.metadata()}
        return {field: where for field, where in found.items() if field != "metadata"}
