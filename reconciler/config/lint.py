"""Checks of what people and models will read: nothing hidden, nothing secret, nothing forgotten."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from reconciler.config.invisible import named, unseen
from reconciler.config.span import Span
from reconciler.model.field import Text
from reconciler.model.keys import keys

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.config.layers import Layers
    from reconciler.config.source import Source
    from reconciler.config.text import Node
    from reconciler.model.diagnostic import Diagnostic, Origin

READERS: Final = "who chats with the assistant could read it"
"""The reason why a prompt must have no key."""
_MOST = 5  # problems of one kind in one text; the rest are likely the same mistake


@dataclass(frozen=True, slots=True)
class Lint:
    """The checks of one configuration.

    ``allowed`` holds characters to pass; ``checked`` the paths of files in which all that can be seen was
    checked as a whole, however many assistants share them.
    """

    allowed: set[str] = field(default_factory=set)
    checked: set[str] = field(default_factory=set)

    def source(self, source: Source) -> Iterator[Diagnostic]:
        """Yield what a file hides or gives away, comments included."""
        self.checked.add(source.path)
        yield from self._hidden(Span(source.text, source))
        piece = Span(source.text, source)
        for key in first(keys(piece.text)):
            yield secret(piece, key)

    def document(self, source: Source, root: Node) -> Iterator[Diagnostic]:
        """Yield what a YAML or JSON file hides or gives away, behind escapes too."""
        yield from self.source(source)
        if "\\" in source.text:
            for text, origin in root.texts():
                yield from self.escaped(Span(text, source, whole=origin))

    def values(self, layers: Layers, values: Mapping[str, Any]) -> None:
        """Report line breaks in short texts, and names of what ends."""
        for row in layers.fields:
            if isinstance(row, Text) and (text := values.get(row.name)):
                _check_text(layers, row, text)
                if not row.ends:  # a name of a list has no spaces in it
                    _check_comment(layers, row)

    def escaped(self, piece: Span) -> Iterator[Diagnostic]:
        """Yield what a text hides or gives away behind escapes; the rest was found in its source."""
        found = (one for _, one in unseen(piece.text, self.allowed) if one not in piece.source.letters)
        for one in first(dict.fromkeys(found)):
            yield invisible(piece, 0, one)
        for key in first(key for key in keys(piece.text) if key[0] not in piece.source.text):
            yield secret(piece, key)

    def _hidden(self, piece: Span) -> Iterator[Diagnostic]:
        for index, one in first(unseen(piece.text, self.allowed)):
            yield invisible(piece, index, one)


def _check_text(layers: Layers, row: Text, text: str) -> None:
    if not row.prose and "\n" in text:
        remedy = "write it in one line, or with `|-` or `>-`"
        layers.warn("AS504", f"`{row.name}` has a line break in it", row.name, help=remedy)
    if text in row.ends:
        problem = f"the {row.name} {text} is announced to be shut down on {row.ends[text]}"
        layers.warn("AS508", problem, row.name, help="name its successor")


def _check_comment(layers: Layers, row: Text) -> None:
    layer = layers.layer(row.name)
    node = layer.node.child(row.name) if layer else None
    if layer and node:
        text = node if isinstance(node.value, str) else node.child("text") or node
        for problem in cut_off(layer.source, text, row.name, layer.node.key(row.name)):
            layers.problems.append(problem)


def cut_off(source: Source, node: Node, name: str, key: Origin) -> Iterator[Diagnostic]:
    """Yield a warning where YAML takes the end of a text for a comment."""
    comment = node.cut_off(source, key)
    if comment:
        lost = source.written(comment)
        problem = f"`{name}` ends before `{lost}`, which YAML takes for a comment"
        remedy = "quote the whole text, or write it as a block (`|`); set a comment off by two spaces"
        yield source.diagnostic("AS510", problem, comment, help=remedy).as_warning()


def invisible(piece: Span, index: int, one: str) -> Diagnostic:
    """Return the problem of a character that cannot be seen."""
    problem = f"{named(one)} cannot be seen, and the model reads it"
    remedy = f"remove it, or allow it by `lint: {{allow_characters: [U+{ord(one):04X}]}}`"
    return piece.diagnostic("AS501", problem, index, help=remedy)


def secret(piece: Span, key: re.Match[str]) -> Diagnostic:
    """Return the problem of what looks like a key."""
    problem = f"this looks like a key ({key[0][:3]}...); {READERS}"
    remedy = "take it out, and revoke it: it stands in git's history"
    return piece.diagnostic("AS505", problem, key.start(), len(key[0]), help=remedy)


def first(found: Iterable[Any]) -> Sequence[Any]:
    """Return the first few of what was found in one text; the rest are likely the same mistake."""
    return [one for _, one in zip(range(_MOST), found, strict=False)]
