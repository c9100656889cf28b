"""YAML text → nodes that know where they were written; the only yaml import.

The text is read as libyaml's events and composed here: plain scalars mean what YAML 1.2's core schema
says (``no`` and dates are strings), and tags, anchors, aliases and duplicate keys are refused.
Size, depth and the number of nodes are bounded while reading, before anything is built.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, NoReturn

import yaml

from reconciler.config.errors import ConfigError
from reconciler.model.diagnostic import Diagnostic, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 32
MAX_NODES = 1_000_000

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]|\r(?!\n)")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}\Z")
_RADIX = re.compile(r"0(?:o[0-7]{1,21}|x[0-9a-fA-F]{1,16})\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?\Z")
_PAIR = re.compile(r"(\\\\)|\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)
_REMEDIES = {
    "did not find expected ',' or ']'": "is a comma or a bracket missing?",
    "did not find expected ',' or '}'": "is a comma or a brace missing?",
    "did not find expected key": "indent it like its neighbours",
    "found invalid Unicode character escape code": "write the character itself",
    "found unexpected end of stream": "write the closing quote",
    "mapping values are not allowed in this context": "quote a text that holds `: `, or mend the indentation",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A file's name, as messages show it, and its text."""

    path: str
    text: str

    def diagnostic(self, message: str, origin: Origin, *, label: str = "", help: str = "") -> Diagnostic:  # noqa: A002 - the field's word
        """A Diagnostic with the line it stands on, and its neighbours."""
        lines = self.text.removesuffix("\n").split("\n")
        shown = range(max(1, origin.line - 1), min(len(lines), origin.line + 1) + 1)
        excerpt = tuple((number, lines[number - 1].removesuffix("\r")) for number in shown)
        return Diagnostic(message, origin, label, help, excerpt)

    def at(self, index: int) -> Origin:
        """Where the character at an index stands."""
        before = self.text[:index]
        return Origin(self.path, before.count("\n") + 1, index - before.rfind("\n"))

    def written(self, origin: Origin) -> str:
        """What stands at a place, letter for letter."""
        line = self.text.split("\n")[origin.line - 1]
        return line[origin.column - 1 : origin.column - 1 + origin.width]


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands: a scalar, a dict of Nodes or a list of Nodes.

    ``keys`` says where each key of a mapping stands.
    """

    value: Any
    origin: Origin
    keys: dict[str, Origin] = field(default_factory=dict)

    def plain(self) -> Any:
        """The value without positions."""
        if isinstance(self.value, dict):
            return {key: inner.plain() for key, inner in self.value.items()}
        if isinstance(self.value, list):
            return [inner.plain() for inner in self.value]
        return self.value

    def at(self, *path: str | int) -> Origin:
        """Where the value under a path stands; the deepest part that exists where the path leads on."""
        here = self
        for step in path:
            inner = here._inner(step)
            if inner is None:
                return here.origin
            here = inner
        return here.origin

    def has(self, *path: str | int) -> bool:
        """Whether a path leads to a value."""
        here = self
        for step in path:
            inner = here._inner(step)
            if inner is None:
                return False
            here = inner
        return True

    def key(self, *path: str | int) -> Origin:
        """Where the last key of a path stands, or what contains it."""
        here = self
        for step in path[:-1]:
            here = here._inner(step) or here
        return here.keys.get(str(path[-1]), self.at(*path)) if path else self.origin

    def _inner(self, step: str | int) -> Node | None:
        inside = isinstance(self.value, dict) and step in self.value
        within = isinstance(self.value, list) and isinstance(step, int) and step < len(self.value)
        return self.value[step] if inside or within else None


def compose(source: Source, expected: str = "") -> Node:
    """The one document of a source; ConfigError with one Diagnostic when it cannot be read.

    ``expected`` tells the writer of an empty file what belongs in it.
    """
    _check_text(source)
    events = _events(source)
    reader = _Reader(source)
    for event in events:
        reader.take(event)
    if reader.root is None:
        reader.refuse("the file is empty", Origin(source.path), help=expected)
    return reader.root


def _check_text(source: Source) -> None:
    found = _UNSEEN.search(source.text)
    if found is None:
        return
    problem = f"U+{ord(found.group()):04X} cannot be seen, so it can hide text from a reviewer"
    remedy = "end the line with a newline" if found.group() in "\r\x85\u2028\u2029" else "remove it"
    raise ConfigError([source.diagnostic(problem, source.at(found.start()), help=remedy)])


def _events(source: Source) -> Iterator[Any]:
    try:
        yield from yaml.parse(_joined(source), Loader=_LOADER)
    except yaml.MarkedYAMLError as cause:
        raise ConfigError([_malformed(source, cause)]) from cause


def _joined(source: Source) -> str:
    """A JSON text with every escaped pair of surrogates as the one escape that YAML knows."""
    if not source.path.endswith(".json"):
        return source.text
    return _PAIR.sub(lambda pair: pair[1] or f"\\U{_code(pair[2], pair[3]):08X}", source.text)


def _code(high: str, low: str) -> int:
    return 0x10000 + ((int(high, 16) & 0x3FF) << 10) + (int(low, 16) & 0x3FF)


def _malformed(source: Source, cause: yaml.MarkedYAMLError) -> Diagnostic:
    """What the parser says, where it says so; at the beginning of what the end of the file cut short."""
    end, mark = len(source.text.rstrip()), cause.problem_mark
    if cause.context_mark and (mark is None or mark.index >= end):
        mark = cause.context_mark
    index = min(mark.index, end) if mark else 0
    problem, remedy = str(cause.problem), _REMEDIES.get(str(cause.problem), "")
    if problem == "found character that cannot start any token":
        near = source.text[index]
        is_tab = near == "\t"
        problem = "a tab cannot indent" if is_tab else f"nothing may begin with {near}"
        remedy = "indent with spaces" if is_tab else "quote it"
    elif cause.context:
        problem = f"{problem} {cause.context}"
    language = "JSON" if source.path.endswith(".json") else "YAML"
    return source.diagnostic(f"not valid {language}: {problem}", source.at(index), help=remedy)


@dataclass
class _Open:
    """A mapping or list whose end has not come yet; ``key`` waits for its value."""

    node: Node
    key: str | None = None


class _Reader:
    """Builds nodes from events, one at a time, refusing what the language leaves out."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.root: Node | None = None
        self._open: list[_Open] = []
        self._count = 0

    def take(self, event: Any) -> None:
        """Take one event; ConfigError for whatever is refused."""
        if isinstance(event, yaml.ScalarEvent):
            self._plain_only(event)
            self._scalar(event)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._plain_only(event)
            self._start(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._open.pop()
        elif isinstance(event, yaml.AliasEvent):
            self.refuse("aliases are not allowed", self._origin(event), help="write the value out")
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            self.refuse(
                "a second document starts here", self._origin(event), help="move it to a file of its own"
            )

    def refuse(self, message: str, origin: Origin, *, help: str = "") -> NoReturn:  # noqa: A002 - the field's word
        """Stop reading, with the place."""
        raise ConfigError([self.source.diagnostic(message, origin, help=help)])

    def _plain_only(self, event: Any) -> None:
        self._count += 1
        if self._count > MAX_NODES:
            self.refuse(f"more than {MAX_NODES:,} values", self._origin(event))
        if event.anchor is not None:
            self.refuse("anchors are not allowed", self._origin(event), help="write the value out")
        if event.tag is not None:
            self.refuse("tags are not allowed", self._origin(event), help="remove it")

    def _start(self, event: Any) -> None:
        if len(self._open) >= MAX_DEPTH:
            self.refuse(f"nested deeper than {MAX_DEPTH} levels", self._origin(event))
        holds: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        node = Node(holds, self._origin(event))
        self._place(node)
        self._open.append(_Open(node))

    def _scalar(self, event: Any) -> None:
        is_plain = event.implicit[0]
        value = _meaning(event.value) if is_plain else event.value
        node = Node(value, self._origin(event))
        holder = self._open[-1] if self._open else None
        if holder is not None and isinstance(holder.node.value, dict) and holder.key is None:
            self._key(holder, node, event)
        else:
            self._place(node)

    def _key(self, holder: _Open, node: Node, event: Any) -> None:
        if not isinstance(node.value, str):
            self.refuse(f"the key `{event.value}` is not a string", node.origin, help="quote it")
        if node.value == "<<" and event.implicit[0]:
            self.refuse("merge keys are not allowed", node.origin, help="write the values out")
        if not node.value.isprintable():
            self.refuse("a key holds what cannot be seen", node.origin, help="remove it")
        if node.value in holder.node.keys:
            first = holder.node.keys[node.value]
            self.refuse(
                f"`{node.value}` is written twice here",
                node.origin,
                help=f"the first one stands in line {first.line}; keep one of them",
            )
        holder.node.keys[node.value] = node.origin
        holder.key = node.value

    def _place(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        holder = self._open[-1]
        if isinstance(holder.node.value, list):
            holder.node.value.append(node)
            return
        if holder.key is None:
            self.refuse("a key must be a string, not a mapping or a list", node.origin)
        holder.node.value[holder.key] = node
        holder.key = None

    def _origin(self, event: Any) -> Origin:
        start, end = event.start_mark, event.end_mark
        width = end.column - start.column if end.line == start.line else 1
        return Origin(self.source.path, start.line + 1, start.column + 1, max(1, width))


def _meaning(text: str) -> Any:
    """What a plain scalar means in YAML 1.2's core schema."""
    if text in _NULL:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if _INTEGER.match(text):
        return int(text)
    if _RADIX.match(text):
        return int(text, 0)
    number = float(text) if _FLOAT.match(text) else inf
    return number if isfinite(number) else text
