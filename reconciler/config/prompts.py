"""Prompts: written in place, read from a file, joined from several, filled with variables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from reconciler.config.content import ContentError
from reconciler.config.span import Span
from reconciler.dialects.written import PromptFile, PromptParts, PromptText

if TYPE_CHECKING:
    from reconciler.config.content import Root
    from reconciler.config.layers import Layer, Layers
    from reconciler.config.source import Source
    from reconciler.config.variables import Variables
    from reconciler.model.diagnostic import Origin


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model will read, the pieces it was made of, and the files they came from."""

    text: str
    pieces: tuple[Span, ...]
    files: tuple[str, ...] = ()
    is_template: bool = False


Written: TypeAlias = str | PromptFile | PromptParts | PromptText
"""What a configuration may declare as a prompt."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """Turns what a configuration declares into the prompt; problems are reported at their positions."""

    root: Root
    variables: Variables
    sources: dict[str, Source] = field(default_factory=dict)

    def prompt(self, layers: Layers, name: str, declared: Written) -> Prompt | None:
        """Return the prompt that is the value of a field; None where a file cannot be read."""
        pieces = self._pieces(layers, name, declared)
        if None in pieces:
            return None
        spans = tuple(piece for piece in pieces if piece)
        is_template = not isinstance(declared, str) and declared.template
        texts = [self.variables.fill(span, layers.problems) if is_template else span.text for span in spans]
        files = () if isinstance(declared, (str, PromptText)) else tuple(span.source.path for span in spans)
        return Prompt(_joined(texts), spans, files, is_template)

    def _pieces(self, layers: Layers, name: str, declared: Written) -> list[Span | None]:
        if isinstance(declared, PromptFile):
            return [self._read(layers, name, declared.file, "file")]
        if isinstance(declared, PromptParts):
            return [
                self._read(layers, name, path, "include", number)
                for number, path in enumerate(declared.include)
            ]
        layer = layers.layer(name)
        assert layer is not None  # noqa: S101 - it is declared
        if isinstance(declared, str):
            return [_written(declared, layer, layer.node.at(name))]
        return [_written(declared.text, layer, layer.node.at(name, "text"))]

    def _read(self, layers: Layers, name: str, named: str, *path: str | int) -> Span | None:
        layer = layers.layer(name)
        try:
            located = self.root.locate(named, layer.source.path if layer else layers.own.path)
            if located not in self.sources:
                self.sources[located] = self.root.source(located)
        except ContentError as cause:
            problem = f"cannot read the prompt: {cause}"
            layers.problem(cause.code, problem, name, *path, help=cause.help)
            return None
        return Span(self.sources[located].text, self.sources[located])


def _written(text: str, layer: Layer, origin: Origin) -> Span:
    """Return a text that stands in the file itself: letter for letter at the end of a Markdown assistant."""
    if layer.source.is_markdown and layer.source.text.endswith(text):
        return Span(text, layer.source, len(layer.source.text) - len(text))
    return Span(text, layer.source, whole=origin)


def _joined(texts: list[str]) -> str:
    """Return texts one after the other, each on a line of its own."""
    *before, last = texts
    return "".join(text if text.endswith("\n") else f"{text}\n" for text in before) + last
