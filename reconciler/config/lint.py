"""Checks of what people and models will read: nothing hidden, nothing secret, nothing forgotten."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.config.invisible import named, unseen
from reconciler.config.span import Span
from reconciler.dialects.assistants_v1.models import SHUTDOWNS
from reconciler.model.keys import keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.config.layers import Layers
    from reconciler.config.prompts import Prompt
    from reconciler.config.text import Node, Source
    from reconciler.model.diagnostic import Diagnostic

_PLACEHOLDER = re.compile(
    r"\b(?:TODO|FIXME|TBD|XXX)\b|[\[<](?:INSERT|YOUR|ADD|REPLACE)\b[^\]>\n]{0,60}[\]>]|(?i:lorem ipsum)"
)
_VARIABLE = re.compile(r"\$\{var\.[^}\n]*\}")
_TOOL_WORD = re.compile(r"`([A-Za-z0-9_-]{2,64})`|\b([A-Za-z0-9]+(?:_[A-Za-z0-9]+)+)\b")
_MOST = 5  # problems of one kind in one text; the rest are likely the same mistake


@dataclass(frozen=True, slots=True)
class Lint:
    """The checks of one configuration.

    ``allowed`` holds characters to pass; ``checked`` the paths of files in which all that can be seen was
    checked as a whole, however many assistants share them.
    """

    allowed: set[str] = field(default_factory=set)
    checked: set[str] = field(default_factory=set)
    told: set[Span] = field(default_factory=set)

    def source(self, source: Source) -> Iterator[Diagnostic]:
        """What a file hides or gives away, comments included."""
        self.checked.add(source.path)
        yield from self._hidden(Span(source.text, source))
        yield from _secret(Span(source.text, source))

    def document(self, source: Source, root: Node) -> Iterator[Diagnostic]:
        """What a YAML or JSON file hides or gives away, behind escapes too."""
        yield from self.source(source)
        if "\\" in source.text:
            for text, origin in root.texts():
                yield from self._escaped(Span(text, source, whole=origin))

    def values(self, place: Layers, fields: Mapping[str, Any]) -> None:
        """Line ends that nobody meant in short texts, and models that end."""
        for key in ("name", "description", "model"):
            if "\n" in (fields.get(key) or ""):
                remedy = "write it in one line, or with `|-` or `>-`"
                place.warn("AS504", f"`{key}` has a line break in it", key, help=remedy)
        model = str(fields.get("model"))
        if model in SHUTDOWNS:
            problem = f"the model {model} is announced to be shut down on {SHUTDOWNS[model]}"
            place.warn("AS508", problem, "model", help="name its successor")

    def prompt(self, place: Layers, prompt: Prompt, said: Any) -> Iterator[Diagnostic]:
        """What a prompt hides, gives away or has forgotten; ``said`` is how the file names it."""
        for piece in prompt.pieces:
            if piece.source.path not in self.checked:
                yield from self.source(piece.source)
            if piece.whole is not None:
                yield from self._escaped(piece)
            elif piece in self.told:
                continue
            self.told.add(piece)
            yield from _forgotten(piece, is_template=bool(getattr(said, "template", False)))
            yield from _line_ends(piece)
        if not prompt.text.strip():
            place.warn("AS506", "the prompt is empty", "instructions", help="write it, or null to clear it")

    def _escaped(self, piece: Span) -> Iterator[Diagnostic]:
        """What a text hides behind escapes; the rest was found where it stands."""
        found = (one for _, one in unseen(piece.text, self.allowed) if one not in piece.source.text)
        for one in dict.fromkeys(found):
            yield _unseen(piece, 0, one)

    def _hidden(self, piece: Span) -> Iterator[Diagnostic]:
        for index, one in _first(unseen(piece.text, self.allowed)):
            yield _unseen(piece, index, one)


def missing_tools(
    place: Layers, prompt: Prompt, own: Iterable[str], known: frozenset[str]
) -> Iterator[Diagnostic]:
    """Tools that a prompt names, that other assistants have, and that this one has not."""
    text = prompt.text
    strange = {name for name in known - set(own) if name in text}
    if not strange:
        return
    told: set[str] = set()
    for piece in prompt.pieces:
        for found in _TOOL_WORD.finditer(piece.text):
            word = found[1] or found[2]
            if word in strange and word not in told:
                told.add(word)
                problem = f"the prompt names the tool `{word}`, which assistant `{place.name}` does not have"
                yield piece.diagnostic(
                    "AS507", problem, found.start(), len(found[0]), help="add it to `tools`"
                ).as_warning()


def _unseen(piece: Span, index: int, one: str) -> Diagnostic:
    problem = f"{named(one)} cannot be seen, and the model reads it"
    remedy = f"remove it, or allow it by `lint: {{allow_characters: [U+{ord(one):04X}]}}`"
    return piece.diagnostic("AS501", problem, index, help=remedy)


def _secret(piece: Span) -> Iterator[Diagnostic]:
    for found in _first(keys(piece.text)):
        problem = f"this looks like a key ({found[0][:3]}...); who chats with the assistant could read it"
        remedy = "take it out, and revoke it: it stands in git's history"
        yield piece.diagnostic("AS505", problem, found.start(), len(found[0]), help=remedy)


def _forgotten(piece: Span, *, is_template: bool) -> Iterator[Diagnostic]:
    for found in _first(_PLACEHOLDER.finditer(piece.text)):
        problem = f"{found[0]!r} looks like something left to be written"
        yield piece.diagnostic("AS503", problem, found.start(), len(found[0])).as_warning()
    if not is_template:
        for found in _first(_VARIABLE.finditer(piece.text)):
            problem = f"{found[0]} is sent as it stands: this prompt is no template"
            yield piece.diagnostic(
                "AS503", problem, found.start(), len(found[0]), help="say `template: true`"
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
