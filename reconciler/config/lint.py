"""Checks of what people and models will read: nothing hidden, nothing secret, nothing forgotten."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.config.dropped import backslash, changed
from reconciler.config.exposure import API, FILE, NAME, READERS, REMEDY, RENAME, Named, exposure
from reconciler.config.invisible import unseen
from reconciler.config.leftovers import LEFT
from reconciler.config.malformed import ESCAPE
from reconciler.config.span import Span
from reconciler.config.text_faults import Fault, text_faults
from reconciler.model import pattern as re
from reconciler.model.characters import named, quoted
from reconciler.model.diagnostic import Origin
from reconciler.model.field import Items, Mapped, Text
from reconciler.model.keys import keys
from reconciler.model.keys import named as called

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from reconciler.config.layers import Layers
    from reconciler.config.node import Node
    from reconciler.config.source import Source
    from reconciler.model.diagnostic import Diagnostic
    from reconciler.model.field import Field
    from reconciler.model.key_forms import Key

_TEXT = "text"
VARIABLE = re.compile(r"\$\{var\.[^}\n$]{0,100}\}")
_BARE = re.compile(  # what is left of a form: <your-team>
    r"[<\[](?:your|insert|enter|fill[ _-]in|name[ _-]of)[ _-][a-z _-]{1,40}[>\]]", re.ASCII | re.IGNORECASE
)
_SHORT = 100  # characters of a text that is kept, since it may be met again
_MOST = 5  # problems of one kind in one text; the rest are likely the same mistake


@dataclass(frozen=True, slots=True)
class Lint:
    """The checks of one configuration.

    ``texts`` and ``prose`` are names of fields of text, ``files`` of those that name files. ``allowed`` holds
    characters to pass, ``checked`` the paths of files in which all that can be seen was checked as a whole,
    however many assistants share them, ``loud`` those in which a text may have a fault, ``secrets`` what
    looked like a key in them. ``clean`` has the identities of items without a fault, which live as long as
    the configuration is read, and ``faultless`` short texts without one.
    """

    texts: frozenset[str] = frozenset()
    prose: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    allowed: set[str] = field(default_factory=set)
    checked: set[str] = field(default_factory=set)
    loud: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    clean: set[int] = field(default_factory=set)
    faultless: set[str] = field(default_factory=set)

    def source(self, source: Source) -> Iterator[Diagnostic]:
        """Yield what the file of a prompt hides or gives away."""
        yield from self._file(source, lambda _: READERS)

    def item(self, source: Source, root: Node) -> Iterator[Diagnostic]:
        """Yield what the file of an item, such as a tool, hides or gives away."""
        yield from self._file(source, lambda _: API)
        yield from self._document(source, root)

    def document(self, source: Source, root: Node) -> Iterator[Diagnostic]:
        """Yield what a file of a configuration hides or gives away, comments included."""
        yield from self._file(source, lambda key: exposure(source, root, key, Named(self.prose, self.files)))
        yield from self._document(source, root)

    def _file(self, source: Source, reason: Callable[[Key], str]) -> Iterator[Diagnostic]:
        """Yield what the text and the name of a file hide or give away; ``reason`` says who reads a key."""
        self.checked.add(source.path)
        self.loud.update(() if source.is_quiet else (source.path,))
        piece = Span(source.text, source)
        yield from self._hidden(piece)
        found = ((key, reason(key)) for key in source.keys)
        for key, why in first(one for one in found if one[1]):
            yield secret(piece, key, why)
        self.secrets.update(source.secrets)
        for key in first(keys(source.path)):
            if key.text not in self.secrets:
                yield _in_name(source, key)

    def _document(self, source: Source, root: Node) -> Iterator[Diagnostic]:
        """Yield what YAML or JSON hides or gives away behind escapes, and lost in comments."""
        if "#" in source.text and not source.path.endswith(".json"):
            yield from self.comments(source, root)
        if not source.path.endswith(".json"):
            yield from changed(source, root)
        if "\\" in source.text:
            for text, origin in root.texts():
                yield from self.escaped(Span(text, source, whole=origin), FILE)

    def comments(self, source: Source, node: Node, *, in_prose: bool = False) -> Iterator[Diagnostic]:
        """Yield a warning for each text of which YAML takes a part for a comment.

        Values of one word are left alone unless they are of a field of text.
        """
        if isinstance(node.value, list):
            for inner in node.value:
                if inner.is_ordinary:
                    continue
                yield from self.comments(source, inner)
                if isinstance(inner.value, str) and " " in inner.value and inner.is_before_comment(source):
                    comment = inner.cut_off(source, inner.origin, strictly=False)
                    yield from _cut_off(source, inner.value, comment) if comment else ()
        elif isinstance(node.value, dict):
            for name, inner in node.value.items():
                if inner.is_ordinary:
                    continue
                is_prose = name in self.prose or (in_prose and name == _TEXT)
                if isinstance(inner.value, (dict, list)):
                    yield from self.comments(source, inner, in_prose=is_prose)
                elif inner.is_before_comment(source) and (
                    name in self.texts or is_prose or (isinstance(inner.value, str) and " " in inner.value)
                ):
                    comment = inner.cut_off(source, node.key(name), strictly=is_prose)
                    yield from _cut_off(source, name, comment) if comment else ()

    def passes(self, layers: Layers, values: Mapping[str, Any]) -> bool:
        """Return whether nothing is to be reported of texts that are no prompts, as with most assistants."""
        is_quiet, rows = self._is_quiet(layers), layers.fields.by_name
        return all(
            self._passes(rows[name], value, is_quiet=is_quiet) for name, value in values.items() if value
        )

    def _passes(self, row: Field, value: Any, *, is_quiet: bool) -> bool:
        if isinstance(row, Text):
            is_line = row.prose or ("\n" not in value and (is_quiet or self._is_faultless(value)))
            return is_line and value not in row.ends
        if isinstance(row, Mapped):
            return is_quiet or all(map(self._is_faultless, value.values()))
        return not isinstance(row, Items) or not self.loud or all(id(item) in self.clean for item in value)

    def _is_quiet(self, layers: Layers) -> bool:
        """Return whether no text that is written in the files of an assistant has a fault."""
        paths = (layer.source.path for layer in layers.layers)
        return all(path in self.checked and path not in self.loud for path in paths)

    def _is_faultless(self, text: Any) -> bool:
        """Return whether a text has no fault; a short one, which many assistants may have, is judged once.

        What is no text has none either.
        """
        if not isinstance(text, str) or text in self.faultless:
            return True
        is_faultless = next(_faults(text), None) is None
        if is_faultless and len(text) <= _SHORT:
            self.faultless.add(text)
        return is_faultless

    def values(self, layers: Layers, values: Mapping[str, Any]) -> None:
        """Report what is wrong in texts that are no prompts, and names of what ends."""
        for row in layers.fields:
            if isinstance(row, Text) and (text := values.get(row.name)):
                _check_text(layers, row, text)
            self._check_words(layers, row, values.get(row.name) or ())

    def _check_words(self, layers: Layers, row: Field, value: Any) -> None:
        """Report the faults of a value; an item without any is judged once, however many share it."""
        if isinstance(row, Text) and not row.prose and value:
            check_words(layers, value, row.name)
        elif isinstance(row, Mapped):
            for key, text in dict(value).items():
                if isinstance(text, str):
                    check_words(layers, text, row.name, key)
        elif isinstance(row, Items):
            for number, item in enumerate(value):
                if id(item) not in self.clean:
                    found = [check_words(layers, text, row.name, number) for text in _leaves(item)]
                    self.clean.update(() if any(found) else (id(item),))

    def escaped(self, piece: Span, reason: str) -> Iterator[Diagnostic]:
        """Yield what a text hides or gives away behind escapes; the rest was found in its source.

        ``reason`` says who reads a key.
        """
        found = (one for _, one in unseen(piece.text, self.allowed) if one not in piece.source.letters)
        for one in first(dict.fromkeys(found)):
            yield _backslash(piece, one) or invisible(piece, 0, one)
        known = piece.source.secrets
        for key in first(key for key in keys(piece.text) if not is_known(key, known)):
            yield secret(piece, key, reason)

    def _hidden(self, piece: Span) -> Iterator[Diagnostic]:
        for index, one in first(unseen(piece.text, self.allowed)):
            yield invisible(piece, index, one)


def _check_text(layers: Layers, row: Text, text: str) -> None:
    if not row.prose and "\n" in text:
        remedy = "write it in one line, or with `|-` or `>-`"
        layers.warn("AS504", f"`{row.name}` has a line break in it", row.name, help=remedy)
    if text in row.ends:
        last, better = row.ends[text], _successor(row, text)
        problem = f"the {row.name} {text}: its maker announced {last} as its last day; use {better}"
        layers.warn("AS508", problem, row.name, help=f"name {better}")


def check_words(layers: Layers, text: str, *path: str | int, file: str = "") -> bool:
    """Report what a text has that was hardly meant to be sent, at the value under a path; whether it has."""
    found = [*_faults(text)]
    for fault in found:
        report = layers.warn if fault.is_warning else layers.problem
        report(fault.code, fault.problem, *path, help=fault.help, file=file)
    return bool(found)


def _faults(text: str) -> Iterator[Fault]:
    """Yield the faults of a text that is no prompt."""
    yield from text_faults(text)
    if _BARE.fullmatch(text):
        yield Fault("AS503", f"{quoted(text)} {LEFT}", "", 0, is_warning=True)
    for use in first(VARIABLE.finditer(text)):
        problem = f"{use[0]} is sent as it stands: only prompts can be templates"
        yield Fault("AS503", problem, "", use.start(), is_warning=True)


def _leaves(value: Any) -> Iterator[str]:
    """Yield the texts in an item."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)


def _successor(row: Text, text: str) -> str:
    """Return which value to use instead; one that ends too leads to its own successor.

    It rests on the table alone, and not on the day: the same text gets the same words.
    """
    last = text
    for _ in row.successors:
        last = row.successors.get(last, last)
    return last if last != text else f"a {row.name} without an announced end"


def _cut_off(source: Source, name: str, comment: Origin) -> Iterator[Diagnostic]:
    problem = f"`{name}` ends before `{source.written(comment)}`, which YAML takes for a comment"
    remedy = "quote the whole text, or write it as a block (`|`); set a comment off by two spaces"
    yield source.diagnostic("AS510", problem, comment, help=remedy).as_warning()


def _backslash(piece: Span, one: str) -> Diagnostic | None:
    """Return the problem of a backslash that made a character which cannot be seen; None where none did."""
    escape = backslash(piece.source, one)
    problem = f"between double quotes, `{escape}` stands for {named(one)}"
    return piece.diagnostic("AS510", problem, 0, help=ESCAPE) if escape else None


def invisible(piece: Span, index: int, one: str) -> Diagnostic:
    """Return the problem of a character that cannot be seen."""
    problem = f"{named(one)} cannot be seen, and the model reads it"
    remedy = f"remove it, or allow it by `lint: {{allow_characters: [U+{ord(one):04X}]}}`"
    return piece.diagnostic("AS501", problem, index, help=remedy)


def secret(piece: Span, key: Key, reason: str) -> Diagnostic:
    """Return the problem of what looks like a key; ``reason`` says who reads it."""
    problem = f"this looks like {called(piece.text, key)}; {reason}"
    return piece.diagnostic("AS505", problem, key.start, width(piece.text, key), help=REMEDY)


def width(text: str, key: Key) -> int:
    """Return how much of its first line a key takes."""
    return len(text[key.start : key.end].split("\n", 1)[0])


def _in_name(source: Source, key: Key) -> Diagnostic:
    problem = f"the file's name has what looks like {called(source.path, key)}; {NAME}"
    return source.diagnostic("AS505", problem, Origin(source.path, 0), help=RENAME)


def is_known(key: Key, known: Iterable[str]) -> bool:
    """Return whether a key, or more of it, was found before."""
    return any(key.text in one for one in known)


def first(found: Iterable[Any]) -> Sequence[Any]:
    """Return the first few of what was found in one text; the rest are likely the same mistake."""
    return [one for _, one in zip(range(_MOST), found, strict=False)]
