"""Prompts: written in place, read from a file, joined from several, filled with variables."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Final, TypeAlias

from reconciler.config.errors import ContentError
from reconciler.config.node import Spot
from reconciler.config.span import Segment, Span
from reconciler.dialects.written import PromptFile, PromptParts, PromptText

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.config.content import Root
    from reconciler.config.layers import Layer, Layers
    from reconciler.config.source import Source
    from reconciler.config.variables import Variables


MOST: Final = 1_000_000
"""Characters of one prompt; no known server takes a tenth of that."""
MADE: Final = 64_000_000
"""Characters that the prompts which are put together, and the values of all assistants, may have."""
TIMES: Final = 10
"""Characters that each character that was read may become, beside MADE."""
_AROUND = 500  # characters beside a seam, which a token may have


@dataclass(frozen=True)
class Prompt:
    """What the model will read, the pieces it was made of, and the files they came from."""

    segments: tuple[Segment, ...]
    pieces: tuple[Span, ...]
    files: tuple[str, ...] = ()
    is_template: bool = False

    @cached_property
    def text(self) -> str:
        """The prompt as it is sent."""
        if len(self.segments) == 1:
            return self.segments[0].text
        return "".join(segment.text for segment in self.segments)

    @cached_property
    def is_blank(self) -> bool:
        """Whether there is nothing to read."""
        return not self.text or self.text.isspace()

    def seams(self) -> Iterator[tuple[int, int]]:
        """Yield where the stretches of the text begin and end in which two segments meet."""
        begin = end = 0
        for seam in self._starts[1:]:
            if seam - _AROUND > end:
                if end:
                    yield begin, end
                begin = seam - _AROUND
            begin, end = max(begin, 0), seam + _AROUND
        if end:
            yield begin, min(end, len(self.text))

    @property
    def values(self) -> Iterator[Span]:
        """The values of variables in it."""
        return (segment.value for segment in self.segments if segment.value)

    def parts(self, start: int, end: int) -> tuple[Segment, ...]:
        """Return the segments that letters of the text are in."""
        first, last = bisect_right(self._starts, start) - 1, bisect_right(self._starts, max(start, end - 1))
        return self.segments[first:last]

    def segment(self, index: int) -> Segment:
        """Return the segment that a letter of the text is in."""
        return self.segments[bisect_right(self._starts, index) - 1]

    def at(self, index: int) -> tuple[Span, int]:
        """Return the piece or the value that a letter of the text is in, and where in that it is."""
        number = bisect_right(self._starts, index) - 1
        segment, inside = self.segments[number], index - self._starts[number]
        return (segment.value, inside) if segment.value else (segment.piece, segment.index + inside)

    @cached_property
    def _starts(self) -> list[int]:
        """Where each segment begins; an empty one begins where the next one does."""
        lengths = [len(segment.text) for segment in self.segments[:-1]]
        return [*accumulate(lengths, initial=0)]


Written: TypeAlias = str | PromptFile | PromptParts | PromptText
"""What a configuration may declare as a prompt."""


@dataclass(slots=True)
class Prompts:
    """Turns what a configuration declares into the prompt; problems are reported at their positions.

    ``rendered`` holds each prompt once, however many assistants share it; ``made`` counts
    characters.
    """

    root: Root
    variables: Variables
    sources: dict[str, Source] = field(default_factory=dict)
    rendered: dict[tuple[tuple[Span, ...], bool], Prompt | None] = field(default_factory=dict)
    made: int = 0

    def prompt(self, layers: Layers, name: str, declared: Written) -> Prompt | None:
        """Return the prompt that is the value of a field; None where it cannot be read, or is too long."""
        pieces = self._pieces(layers, name, declared)
        if None in pieces:
            return None
        spans = tuple(piece for piece in pieces if piece)
        is_template = not isinstance(declared, str) and declared.template
        key = spans, is_template
        if key not in self.rendered:
            is_written = isinstance(declared, (str, PromptText))
            files = () if is_written else tuple(span.source.path for span in spans)
            segments = self._segments(layers, name, spans, is_template=is_template)
            self.rendered[key] = None if segments is None else Prompt(segments, spans, files, is_template)
        return self.rendered[key]

    def _segments(
        self, layers: Layers, name: str, spans: Sequence[Span], *, is_template: bool
    ) -> tuple[Segment, ...] | None:
        """Return what a prompt is made of, each piece on a line of its own; None where it is too long."""
        segments: list[Segment] = []
        length = 0
        for number, span in enumerate(spans, 1):
            made = (
                self.variables.fill(span, layers.problems, MOST - length)
                if is_template
                else [Segment(span.text, span)]
            )
            last = made[-1]
            if number < len(spans) and not last.text.endswith("\n"):
                made[-1] = replace(last, text=f"{last.text}\n")
            segments += made
            length += sum(len(segment.text) for segment in made)
            if length > MOST:
                layers.problem("AS411", f"the prompt would have more than {MOST:,} characters", name)
                return None
        self.made += length if len(segments) > 1 else 0
        if self.made > MADE + TIMES * self.root.read:
            problem = f"all prompts together would have more than {MADE:,} characters"
            layers.problem("AS107", problem, name, help="write less of them by `include` and variables")
            return None
        return tuple(segments)

    def _pieces(self, layers: Layers, name: str, declared: Written) -> list[Span | None]:
        if isinstance(declared, PromptFile):
            return [self._read(layers, name, declared.file, "file")]
        if isinstance(declared, PromptParts):
            return [
                self._read(layers, name, path, "include", number)
                for number, path in enumerate(declared.include)
            ]
        layer = layers.declaring(name)
        assert layer is not None  # noqa: S101 - it is declared
        if isinstance(declared, str):
            return [_written(declared, layer, Spot(layer.node, (name,)))]
        return [_written(declared.text, layer, Spot(layer.node, (name, "text")))]

    def _read(self, layers: Layers, name: str, named: str, *path: str | int) -> Span | None:
        try:
            located = self.root.locate(named, layers.beside(name))
            layers.uses(located, name, *path)
            if located not in self.sources:
                self.sources[located] = self._source(layers, located)
        except ContentError as cause:
            layers.refused("prompt", cause, name, *path)
            return None
        return Span(self.sources[located].text, self.sources[located])

    def _source(self, layers: Layers, located: str) -> Source:
        try:
            return self.root.source(located)
        except ContentError as cause:
            if cause.is_guess and layers.permits(cause.code, located):
                return self.root.source(located, as_it_is=True)
            raise


def _written(text: str, layer: Layer, spot: Spot) -> Span:
    """Return a text that stands in the file itself: letter for letter at the end of a Markdown assistant."""
    if layer.source.is_markdown and layer.source.text.endswith(text):
        return Span(text, layer.source, len(layer.source.text) - len(text))
    return Span(text, layer.source, whole=spot)
