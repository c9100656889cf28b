"""Checks of what people and models will read: nothing hidden, nothing secret, nothing forgotten."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.config.invisible import named, unseen
from reconciler.config.span import Span
from reconciler.model.field import Text
from reconciler.model.keys import keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.config.layers import Layers
    from reconciler.config.prompts import Prompt
    from reconciler.config.source import Source
    from reconciler.config.text import Node
    from reconciler.model.diagnostic import Diagnostic
    from reconciler.model.field import Items

_PLACEHOLDER = re.compile(
    r"\b(?:TODO|FIXME|TBD|XXX)\b|[\[<](?:INSERT|YOUR|ADD|REPLACE)\b[^\]>\n]{0,60}[\]>]|(?i:lorem ipsum)"
)
_VARIABLE = re.compile(r"\$\{var\.[^}\n]*\}")
_ITEM_WORD = re.compile(r"`([A-Za-z0-9_-]{2,64})`|\b([A-Za-z0-9]+(?:_[A-Za-z0-9]+)+)\b")
_MOST = 5  # problems of one kind in one text; the rest are likely the same mistake


@dataclass(frozen=True, slots=True)
class Lint:
    """The checks of one configuration.

    ``allowed`` holds characters to pass; ``checked`` the paths of files in which all that can be seen was
    checked as a whole, however many assistants share them, and ``reported`` the texts that were checked.
    """

    allowed: set[str] = field(default_factory=set)
    checked: set[str] = field(default_factory=set)
    reported: set[Span] = field(default_factory=set)

    def source(self, source: Source) -> Iterator[Diagnostic]:
        """Yield what a file hides or gives away, comments included."""
        self.checked.add(source.path)
        yield from self._hidden(Span(source.text, source))
        yield from _secret(Span(source.text, source))

    def document(self, source: Source, root: Node) -> Iterator[Diagnostic]:
        """Yield what a YAML or JSON file hides or gives away, behind escapes too."""
        yield from self.source(source)
        if "\\" in source.text:
            for text, origin in root.texts():
                yield from self._escaped(Span(text, source, whole=origin))

    def values(self, layers: Layers, values: Mapping[str, Any]) -> None:
        """Report line breaks in short texts, and names of what ends."""
        for row in layers.fields:
            if isinstance(row, Text) and (text := values.get(row.name)):
                _check_text(layers, row, text)

    def prompt(self, layers: Layers, name: str, prompt: Prompt) -> Iterator[Diagnostic]:
        """Yield what a prompt hides, gives away or has forgotten; ``name`` is its field."""
        for piece in prompt.pieces:
            if piece.source.path not in self.checked:
                yield from self.source(piece.source)
            if piece.whole is not None:
                yield from self._escaped(piece)
            elif piece in self.reported:
                continue
            self.reported.add(piece)
            yield from _forgotten(piece, is_template=prompt.is_template)
            yield from _line_ends(piece)
        if not prompt.text.strip():
            layers.warn("AS506", "the prompt is empty", name, help="write it, or null to clear it")

    def _escaped(self, piece: Span) -> Iterator[Diagnostic]:
        """Yield what a text hides behind escapes; the rest was found in its source."""
        found = (one for _, one in unseen(piece.text, self.allowed) if one not in piece.source.text)
        for one in dict.fromkeys(found):
            yield _unseen(piece, 0, one)

    def _hidden(self, piece: Span) -> Iterator[Diagnostic]:
        for index, one in _first(unseen(piece.text, self.allowed)):
            yield _unseen(piece, index, one)


def missing_items(
    layers: Layers, prompt: Prompt, own: Iterable[str], known: Mapping[str, Items]
) -> Iterator[Diagnostic]:
    """Yield the items, such as tools, that a prompt names and only other assistants have.

    ``known`` maps what an item is called to its field.
    """
    missing = {label for label in known.keys() - set(own) if label in prompt.text}
    for piece in prompt.pieces if missing else ():
        for use in _ITEM_WORD.finditer(piece.text):
            word = use[1] or use[2]
            if word in missing:
                missing.remove(word)
                row = known[word]
                lacks = f"which assistant `{layers.name}` does not have"
                problem = f"the prompt names the {row.noun} `{word}`, {lacks}"
                remedy = f"add it to `{row.name}`"
                yield piece.diagnostic("AS507", problem, use.start(), len(use[0]), help=remedy).as_warning()


def _check_text(layers: Layers, row: Text, text: str) -> None:
    if not row.prose and "\n" in text:
        remedy = "write it in one line, or with `|-` or `>-`"
        layers.warn("AS504", f"`{row.name}` has a line break in it", row.name, help=remedy)
    if text in row.ends:
        problem = f"the {row.name} {text} is announced to be shut down on {row.ends[text]}"
        layers.warn("AS508", problem, row.name, help="name its successor")


def _unseen(piece: Span, index: int, one: str) -> Diagnostic:
    problem = f"{named(one)} cannot be seen, and the model reads it"
    remedy = f"remove it, or allow it by `lint: {{allow_characters: [U+{ord(one):04X}]}}`"
    return piece.diagnostic("AS501", problem, index, help=remedy)


def _secret(piece: Span) -> Iterator[Diagnostic]:
    for key in _first(keys(piece.text)):
        problem = f"this looks like a key ({key[0][:3]}...); who chats with the assistant could read it"
        remedy = "take it out, and revoke it: it stands in git's history"
        yield piece.diagnostic("AS505", problem, key.start(), len(key[0]), help=remedy)


def _forgotten(piece: Span, *, is_template: bool) -> Iterator[Diagnostic]:
    for word in _first(_PLACEHOLDER.finditer(piece.text)):
        problem = f"{word[0]!r} looks like something left to be written"
        yield piece.diagnostic("AS503", problem, word.start(), len(word[0])).as_warning()
    if not is_template:
        for use in _first(_VARIABLE.finditer(piece.text)):
            problem = f"{use[0]} is sent as it stands: this prompt is no template"
            yield piece.diagnostic(
                "AS503", problem, use.start(), len(use[0]), help="say `template: true`"
            ).as_warning()


def _line_ends(piece: Span) -> Iterator[Diagnostic]:
    carriage = piece.text.find("\r\n")
    if carriage >= 0:
        problem = "lines end in CR LF here, and are sent so"
        yield piece.diagnostic("AS504", problem, carriage, help="save it with LF line ends").as_warning()
    body = piece.text.rstrip("\r\n")
    if body and piece.text.count("\n", len(body)) > 1:
        problem = "the text ends in empty lines, which are sent too"
        yield piece.diagnostic("AS504", problem, len(body) - 1, help="remove them").as_warning()


def _first(found: Iterable[Any]) -> Sequence[Any]:
    return [one for _, one in zip(range(_MOST), found, strict=False)]
