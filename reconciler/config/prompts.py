"""Prompts: written in place, read from a file, joined from several, filled with variables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from reconciler.config.content import ContentError
from reconciler.config.span import Span
from reconciler.config.text import MAX_BYTES, Source
from reconciler.dialects.written import PromptFile, PromptParts, PromptText

if TYPE_CHECKING:
    from reconciler.config.content import Root
    from reconciler.config.layers import Layer, Layers
    from reconciler.config.variables import Variables
    from reconciler.model.diagnostic import Origin


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model will read, the pieces it was made of, and the files they came from."""

    text: str
    pieces: tuple[Span, ...]
    files: tuple[str, ...] = ()


Said: TypeAlias = str | PromptFile | PromptParts | PromptText


@dataclass(frozen=True, slots=True)
class Prompts:
    """Turns what a file says of a prompt into the prompt; what is wrong is reported at its place."""

    root: Root
    variables: Variables
    sources: dict[str, Source] = field(default_factory=dict)

    def prompt(self, place: Layers, said: Said) -> Prompt | None:
        """The prompt of an assistant; None where a file cannot be read."""
        pieces = self._pieces(place, said)
        if None in pieces:
            return None
        found = tuple(one for one in pieces if one)
        is_template = not isinstance(said, str) and said.template
        texts = [self.variables.fill(one, place.problems) if is_template else one.text for one in found]
        files = () if isinstance(said, (str, PromptText)) else tuple(one.source.path for one in found)
        return Prompt(_joined(texts), found, files)

    def _pieces(self, place: Layers, said: Said) -> list[Span | None]:
        if isinstance(said, PromptFile):
            return [self._read(place, said.file, "file")]
        if isinstance(said, PromptParts):
            return [self._read(place, one, "include", number) for number, one in enumerate(said.include)]
        layer = place.layer("instructions")
        assert layer is not None  # noqa: S101 - somebody said it
        if isinstance(said, str):
            return [_written(said, layer, layer.node.at("instructions"))]
        return [_written(said.text, layer, layer.node.at("instructions", "text"))]

    def _read(self, place: Layers, named: str, *path: str | int) -> Span | None:
        layer = place.layer("instructions")
        try:
            where = self.root.locate(named, layer.source.path if layer else place.own.path)
            if where not in self.sources:
                self.sources[where] = Source(where, self.root.text(where, MAX_BYTES))
        except ContentError as cause:
            problem = f"cannot read the prompt: {cause}"
            place.problem(cause.code, problem, "instructions", *path, help=cause.help)
            return None
        return Span(self.sources[where].text, self.sources[where])


def _written(text: str, layer: Layer, origin: Origin) -> Span:
    """A text that stands in the file itself: letter for letter at the end of a Markdown assistant."""
    if layer.source.is_markdown and layer.source.text.endswith(text):
        return Span(text, layer.source, len(layer.source.text) - len(text))
    return Span(text, layer.source, whole=origin)


def _joined(texts: list[str]) -> str:
    """Texts one after the other, each on a line of its own."""
    *before, last = texts
    return "".join(one if one.endswith("\n") else f"{one}\n" for one in before) + last
