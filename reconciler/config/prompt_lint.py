"""Checks of prompts as they are sent: pieces, values of variables, and what they make together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from reconciler.config.conflict import CONFLICT, DECIDE, conflict
from reconciler.config.exposure import READERS, REMEDY
from reconciler.config.invisible import unseen
from reconciler.config.leftovers import LEFT, leftovers
from reconciler.config.lint import VARIABLE, first, invisible, is_known, width
from reconciler.config.placeholder import CUT, placeholder
from reconciler.config.shapes import listed
from reconciler.config.text_faults import text_faults
from reconciler.model import pattern as re
from reconciler.model.characters import MOST_MARKS, quoted, stands_alone
from reconciler.model.keys import keys, named

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from reconciler.config.layers import Layer, Layers
    from reconciler.config.lint import Lint
    from reconciler.config.prompts import Prompt
    from reconciler.config.source import Source
    from reconciler.config.span import Segment, Span
    from reconciler.config.text_faults import Fault
    from reconciler.model.diagnostic import Diagnostic
    from reconciler.model.field import Items
    from reconciler.model.key_forms import Key

_ITEM_WORD = re.compile(r"`([A-Za-z0-9_-]{2,64})`|\b([A-Za-z0-9]+(?:_[A-Za-z0-9]+)+)\b", re.ASCII)
_CARRIAGE = "lines end in CR LF here, and are sent so"
_MAKE = ("is what looks like", "make what looks like")
_MOST_MARKS = 2 * MOST_MARKS  # of a prompt, which may be in a script whose letters are stacked
_FINAL = 2  # line ends behind the last word: that of its line, and one empty line
_USE = "${var."  # how each use of a variable begins
_FEW = 50  # words that are faster looked for one by one
_NEAR = 8  # letters around one that cannot be seen, which decide whether its script needs it


class _Use(NamedTuple):
    """The name of an item in a prompt."""

    span: Span
    at: int
    width: int


@dataclass(frozen=True, slots=True)
class PromptLint:
    """The checks of all prompts of a configuration, each text once however many assistants share it.

    ``passed`` has texts without a fault by their identity, ``others`` what only other assistants have by what
    an assistant has.
    """

    lint: Lint
    checked: set[Span | int] = field(default_factory=set)
    uses: dict[int, Mapping[str, _Use]] = field(default_factory=dict)
    others: dict[frozenset[str], Sequence[str]] = field(default_factory=dict)
    passed: dict[int, str] = field(default_factory=dict)

    def passes(self, layer: Layer | None, text: str | None) -> bool:
        """Return whether :meth:`check` would report nothing of a text that is written in place in a layer."""
        if text is None or layer is None or layer.source.path not in self.lint.checked:
            return False
        is_passed = id(text) in self.passed or _is_faultless(text, layer.source)
        if is_passed:
            self.passed[id(text)] = text
        return is_passed

    def may_lack(self, text: str, own: frozenset[str], known: Mapping[str, Items]) -> bool:
        """Return whether a prompt may name items that only other assistants have; ``known`` never changes."""
        if len(known) > _FEW:
            return "`" in text or "_" in text
        others = self.others.get(own)
        if others is None:
            others = self.others[own] = [name for name in known if name not in own]
        return any(name in text for name in others)

    def check(self, layers: Layers, name: str, prompt: Prompt) -> Iterator[Diagnostic]:
        """Yield what a prompt hides, gives away or has forgotten; ``name`` is its field."""
        if prompt.is_blank:
            layers.warn("AS506", "the prompt is empty", name, help="write it, or null to clear it")
        for piece in prompt.pieces:
            if piece.source.path not in self.lint.checked:
                yield from self.lint.source(piece.source)
            if self._is_new(piece):
                yield from self._piece(piece, is_template=prompt.is_template or piece.source.is_quiet)
        for value in filter(self._is_new, prompt.values):
            if value.source.path not in self.lint.checked:  # of an option
                yield from self.lint.escaped(value, READERS)
            yield from _text(value, text_faults(value.text, _MOST_MARKS))
            for use in first(VARIABLE.finditer(value.text)):
                problem = f"{use[0]} is sent as it stands: variables are filled in once"
                yield value.diagnostic("AS503", problem, use.start(), len(use[0])).as_warning()
        if self._is_new(id(prompt)):
            yield from self._together(prompt)

    def missing_items(
        self, layers: Layers, prompt: Prompt, own: Container[str], known: Mapping[str, Items]
    ) -> Iterator[Diagnostic]:
        """Yield the items, such as tools, that a prompt names and only other assistants have.

        ``known`` maps what an item is called to its field, and is the same in every call.
        """
        if id(prompt) not in self.uses:
            self.uses[id(prompt)] = _uses(prompt, known)
        uses = self.uses[id(prompt)]
        for word in first(word for word in uses if word not in own):
            row, use = known[word], uses[word]
            lacks = f"which assistant `{layers.name}` does not have"
            problem = f"the prompt names the {row.noun} `{word}`, {lacks}"
            remedy = f"add it to `{row.name}`"
            found = use.span.diagnostic("AS507", problem, use.at, use.width, help=remedy).as_warning()
            yield replace(found, about=(layers.address,))

    def _is_new(self, text: Span | int) -> bool:
        is_new = text not in self.checked
        self.checked.add(text)
        return is_new

    def _piece(self, piece: Span, *, is_template: bool) -> Iterator[Diagnostic]:
        yield from _text(piece, () if piece.source.is_quiet else text_faults(piece.text, _MOST_MARKS))
        if not is_template:
            for use in first(VARIABLE.finditer(piece.text)):
                problem = f"{use[0]} is sent as it stands: this prompt is no template"
                remedy = "say `template: true`"
                yield piece.diagnostic("AS503", problem, use.start(), len(use[0]), help=remedy).as_warning()
        body = piece.text.rstrip("\r\n")
        if body and piece.text.count("\n", len(body)) > _FINAL:
            problem = "the text ends in empty lines, which are sent too"
            yield piece.diagnostic("AS504", problem, len(body) - 1, help="remove them").as_warning()

    def _together(self, prompt: Prompt) -> Iterator[Diagnostic]:
        """Yield what only segments of a prompt together have."""
        text = prompt.text
        marker = conflict(text) if len(prompt.segments) > 1 else None
        if marker is not None:
            span, inside = prompt.at(marker)
            yield span.diagnostic("AS509", CONFLICT, inside, 7, help=DECIDE)
        for begin, end in prompt.seams():
            ends = text.find("\r\n", begin, end)
            if ends >= 0 and _is_joined(prompt.parts(ends, ends + 2)):
                span, inside = prompt.at(ends)
                yield span.diagnostic("AS504", _CARRIAGE, inside).as_warning()
            for key, parts in first(_keys(prompt, begin, end)):
                problem = f"{_put_together(parts)} {_MAKE[len(parts) > 1]} {named(text, key)}; {READERS}"
                yield _located(prompt, key.start, width(text, key), ("AS505", problem, REMEDY))
            for word, parts in first(_joined(prompt, leftovers(text, begin, end))):
                made = f"{_put_together(parts)} make {quoted(word[0])}"
                problem = f"{made}, which {LEFT}"
                yield _located(prompt, word.start(), len(word[0]), ("AS503", problem, "")).as_warning()
            for use, parts in first(_joined(prompt, VARIABLE.finditer(text, begin, end))):
                problem = f"{_put_together(parts)} make {use[0]}, which is sent as it stands"
                remedy = "variables are filled in once"
                yield _located(prompt, use.start(), len(use[0]), ("AS503", problem, remedy)).as_warning()
        hidden = unseen(text, self.lint.allowed) if len(prompt.segments) > 1 else ()
        for at, one in first(found for found in hidden if _is_joined(_near(prompt, found[0]))):
            span, inside = prompt.at(at)
            yield invisible(span, inside, one)


def _is_faultless(text: str, source: Source) -> bool:
    """Return whether a text of a file by itself, which is no template, has nothing to report."""
    body = text.rstrip("\r\n")
    is_plain = not ("\r\n" in text or _USE in text or text.count("\n", len(body)) > _FINAL)
    return (
        bool(body)
        and not body.isspace()
        and is_plain
        and (source.is_quiet or next(text_faults(text, _MOST_MARKS), None) is None)
        and placeholder(*_edges(text)) is None
    )


def _text(piece: Span, faults: Iterable[Fault]) -> Iterator[Diagnostic]:
    """Yield what is wrong with a piece or a value by itself, its faults first."""
    for fault in faults:
        found = piece.diagnostic(fault.code, fault.problem, fault.at, fault.width, help=fault.help)
        yield found.as_warning() if fault.is_warning else found
    carriage = piece.text.find("\r\n")
    if carriage >= 0:
        yield piece.diagnostic("AS504", _CARRIAGE, carriage, help="save it with LF line ends").as_warning()
    if piece.whole and (stands := placeholder(*_edges(piece.text))):
        yield piece.diagnostic("AS310", f"the text is {stands.what}, not its content", 0, help=stands.help)


def _edges(text: str) -> tuple[bytes, bytes]:
    """Return the first and the last bytes of a text, as of a file."""
    head, tail = text[:CUT], text[-CUT:]
    return head.encode("utf-8", "surrogatepass")[:CUT], tail.encode("utf-8", "surrogatepass")[-CUT:]


def _joined(
    prompt: Prompt, found: Iterable[re.Match[str]]
) -> Iterator[tuple[re.Match[str], tuple[Segment, ...]]]:
    """Yield what goes over a seam, and the segments that it is in."""
    for match in found:
        parts = prompt.parts(match.start(), match.end())
        if _is_joined(parts):
            yield match, parts


def _keys(prompt: Prompt, begin: int, end: int) -> Iterator[tuple[Key, tuple[Segment, ...]]]:
    """Yield the keys around a seam that no piece or value shows by itself, and their segments."""
    for found in keys(prompt.text[begin:end]):
        key = found._replace(start=begin + found.start, end=begin + found.end)
        parts = prompt.parts(key.start, key.end)
        if _is_joined(parts) or not is_known(key, _secrets(parts)):
            yield key, parts


def _secrets(parts: tuple[Segment, ...]) -> Iterator[str]:
    """Yield the keys that were found where the text of some segments is written."""
    for span in (part.value or part.piece for part in parts):
        yield from span.source.secrets
        yield from (key.text for key in keys(span.text))


def _near(prompt: Prompt, at: int) -> tuple[Segment, ...]:
    return prompt.parts(max(0, at - _NEAR), at + _NEAR)


def _is_joined(parts: tuple[Segment, ...]) -> bool:
    """Return whether segments come from several places: an escape parts a text too."""
    has_value = any(part.value for part in parts)
    return len(parts) > 1 and (has_value or len({part.piece for part in parts}) > 1)


def _put_together(parts: tuple[Segment, ...]) -> str:
    values = {part.variable: part.value for part in parts if part.value}
    if values:
        named = [f"`{name}` ({value.at(0)})" for name, value in values.items()]
        here = "" if all(part.value for part in parts) else "the text here and "
        return f"{here}the value{'s' * (len(named) > 1)} of {listed(named, 'and')}"
    return listed([*dict.fromkeys(part.piece.source.path for part in parts)], "and")


def _located(prompt: Prompt, start: int, width: int, problem: tuple[str, str, str]) -> Diagnostic:
    """Return a problem (code, message, remedy) at the piece that a letter is in, or at a variable there."""
    code, message, remedy = problem
    segment = prompt.segment(start)
    if segment.value:
        return segment.piece.diagnostic(code, message, segment.index, segment.width, help=remedy)
    span, index = prompt.at(start)
    return span.diagnostic(code, message, index, min(width, len(span.text) - index), help=remedy)


def _uses(prompt: Prompt, known: Mapping[str, Items]) -> Mapping[str, _Use]:
    """Return the first use of each known name in a prompt."""
    text = prompt.text
    if not known or (len(known) <= _FEW and not any(name in text for name in known)):
        return {}
    uses: dict[str, _Use] = {}
    for use in _ITEM_WORD.finditer(text):
        word = use[1] or use[2]
        if word in known and word not in uses and (use[1] or stands_alone(use)):
            uses[word] = _Use(*prompt.at(use.start()), len(use[0]))
    return uses
