"""Checks of what people and models will read: nothing hidden, nothing secret, nothing forgotten."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from reconciler.config.invisible import named, unseen
from reconciler.config.lookalike import check_marks
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

READERS: Final = "anyone who chats with the assistant could read it"
"""The reason why a prompt must have no key."""
_TEXT = "text"
_MOST = 5  # problems of one kind in one text; the rest are likely the same mistake


@dataclass(frozen=True, slots=True)
class Lint:
    """The checks of one configuration.

    ``texts`` and ``prose`` are names of fields of text. ``allowed`` holds characters to pass, ``checked`` the
    paths of files in which all that can be seen was checked as a whole, however many assistants share them.
    """

    texts: frozenset[str] = frozenset()
    prose: frozenset[str] = frozenset()
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
        if "#" in source.text and not source.path.endswith(".json"):
            yield from self.comments(source, root)
        if "\\" in source.text:
            for text, origin in root.texts():
                yield from self.escaped(Span(text, source, whole=origin))

    def comments(self, source: Source, node: Node, *, in_prose: bool = False) -> Iterator[Diagnostic]:
        """Yield a warning for each text of which YAML takes a part for a comment.

        Values of one word are left alone unless they are of a field of text.
        """
        if isinstance(node.value, list):
            for inner in node.value:
                yield from self.comments(source, inner)
        elif isinstance(node.value, dict):
            for name, inner in node.value.items():
                is_prose = name in self.prose or (in_prose and name == _TEXT)
                if isinstance(inner.value, (dict, list)):
                    yield from self.comments(source, inner, in_prose=is_prose)
                elif name in self.texts or is_prose or (isinstance(inner.value, str) and " " in inner.value):
                    comment = inner.cut_off(source, node.key(name), strictly=is_prose)
                    yield from _cut_off(source, name, comment) if comment else ()

    def values(self, layers: Layers, values: Mapping[str, Any]) -> None:
        """Report line breaks in short texts, and names of what ends."""
        for row in layers.fields:
            if isinstance(row, Text) and (text := values.get(row.name)):
                _check_text(layers, row, text)

    def escaped(self, piece: Span) -> Iterator[Diagnostic]:
        """Yield what a text hides or gives away behind escapes; the rest was found in its source."""
        found = (one for _, one in unseen(piece.text, self.allowed) if one not in piece.source.letters)
        for one in first(dict.fromkeys(found)):
            yield invisible(piece, 0, one)
        for key in first(key for key in keys(piece.text) if key[0] not in piece.source.keys):
            yield secret(piece, key)

    def _hidden(self, piece: Span) -> Iterator[Diagnostic]:
        for index, one in first(unseen(piece.text, self.allowed)):
            yield invisible(piece, index, one)


def _check_text(layers: Layers, row: Text, text: str) -> None:
    if not row.prose and "\n" in text:
        remedy = "write it in one line, or with `|-` or `>-`"
        layers.warn("AS504", f"`{row.name}` has a line break in it", row.name, help=remedy)
    if not row.prose:
        check_marks(layers, row.name, text)
    if text in row.ends:
        problem = f"the {row.name} {text} is announced to be shut down on {row.ends[text]}"
        layers.warn("AS508", problem, row.name, help="name its successor")


def _cut_off(source: Source, name: str, comment: Origin) -> Iterator[Diagnostic]:
    problem = f"`{name}` ends before `{source.written(comment)}`, which YAML takes for a comment"
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
    remedy = "remove it, and revoke it, as git keeps its history"
    return piece.diagnostic("AS505", problem, key.start(), len(key[0]), help=remedy)


def first(found: Iterable[Any]) -> Sequence[Any]:
    """Return the first few of what was found in one text; the rest are likely the same mistake."""
    return [one for _, one in zip(range(_MOST), found, strict=False)]
