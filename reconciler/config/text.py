"""YAML text → nodes that know where they were written.

The text is read as libyaml's events and composed here: plain scalars mean what YAML 1.2's core schema
says (``no`` and dates are strings), and tags, anchors, aliases and duplicate keys are refused.
Size, depth and the number of nodes are bounded while reading, before anything is built.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager, suppress
from dataclasses import replace
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, NoReturn

import yaml

from reconciler.config.conflict import CONFLICT, DECIDE, MARKER
from reconciler.config.errors import ConfigError
from reconciler.config.invisible import unseen
from reconciler.config.malformed import TEMPLATE, remedy
from reconciler.config.node import BLOCKS, Node, Part, origin_of
from reconciler.config.outline import COMMENTED, SPECIAL, UNUSUAL, DoubtError, Limits, outline
from reconciler.config.reduction import Reduction, reduced, whole
from reconciler.config.source import Source
from reconciler.model import pattern as re
from reconciler.model.characters import is_plain
from reconciler.model.diagnostic import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.model.diagnostic import Diagnostic

MAX_DEPTH = 32
MAX_NODES = 1_000_000
MAX_ENTRIES = 20_000  # of one mapping or list
FREE_NODES, NODE_BYTES = 100_000, 8  # values that any file may have, and bytes that each further one needs
MAX_SCALAR = 1_000_000  # characters, thirty times what a prompt may have

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\r(?!\n)")
_HANDLE = re.compile(r"^%TAG", re.MULTILINE)
_ENDS = frozenset({yaml.MappingEndEvent, yaml.SequenceEndEvent})
_STARTS: Mapping[type, type] = {yaml.MappingStartEvent: dict, yaml.SequenceStartEvent: list}
_DEPTH = "maximum nesting"  # how parsers name their own limit: PyYAML since 6.0.4, and libyaml
_SEEN = bytes((*b"\t\n", *range(32, 127)))
_SUSPECTS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}\Z")
_RADIX = re.compile(r"0(?:o[0-7]{1,300}|x[0-9a-fA-F]{1,250})\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_QUOTED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
_TEXT = "quote a text that begins with `{}`"
_PAIR = re.compile(r"(\\\\)|\\u((?i:d[89ab][0-9a-f]{2}))\\u((?i:d[c-f][0-9a-f]{2}))")


@contextmanager
def collector_rests() -> Iterator[None]:
    """Pause the garbage collector while much is built of which nothing is garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def compose(source: Source, expected: str = "") -> Node:
    """Return the one document of a source; ConfigError with one Diagnostic when it cannot be read.

    ``expected`` is the help for an empty file: what belongs in it.
    """
    _check_text(source)
    text = _joined(source)
    with collector_rests():
        root = _composed(_part(source, text), source)
    if root is None:
        raise ConfigError(
            [source.diagnostic("AS108", "the file is empty", Origin(source.path), help=expected)]
        )
    return root


def _part(source: Source, text: str) -> Part:
    most = min(MAX_NODES, FREE_NODES + len(text) // NODE_BYTES)
    return Part(source.path, text, _inside, most)


def _inside(part: Part) -> Node:
    """Return the inside of an entry, which was read before."""
    with collector_rests():
        root = _composed(part, Source(part.path, part.text))
    assert root is not None  # noqa: S101 - there was a value
    return root


def _composed(part: Part, source: Source) -> Node | None:
    """Return the root of a text; what looks wrong is left to the reader that explains it."""
    shorter = reduced(part)
    for reduction in (shorter, whole(part)) if shorter.is_shorter else (shorter,):
        with suppress(DoubtError, yaml.YAMLError):
            return _outlined(part, reduction)
    return _Reader(source, part).read(_events(source, part))


def _outlined(part: Part, reduction: Reduction) -> Node | None:
    loader = _LOADER(reduction.text)
    limits = Limits(part.most, MAX_DEPTH, MAX_ENTRIES, MAX_SCALAR)
    try:
        return outline(part, reduction, following=loader.get_event, limits=limits, meaning=_meaning)
    finally:
        loader.dispose()


def _check_text(source: Source) -> None:
    handle = _HANDLE.search(source.text) if "%TAG" in source.text else None
    if handle is not None:  # the parser compares each with all before it: many would take hours
        origin = source.at(handle.start(), 4)
        raise ConfigError(
            [source.diagnostic("AS103", "tags are not allowed", origin, help="remove the line")]
        )
    if not _may_hide(source.text):
        return
    hidden = _UNSEEN.search(source.text)
    if hidden is None:
        return
    problem = f"U+{ord(hidden.group()):04X} cannot be seen, so it can hide text from a reviewer"
    remedy = "end the line with a newline" if hidden.group() in "\r\x85\u2028\u2029" else "remove it"
    raise ConfigError([source.diagnostic("AS102", problem, source.at(hidden.start()), help=remedy)])


def _may_hide(text: str) -> bool:
    """Return whether a text needs a closer look."""
    if text.isascii():
        return bool(text.encode().translate(None, _SEEN))
    return _SUSPECTS.search(text) is not None


def _events(source: Source, part: Part) -> Iterator[Any]:
    try:
        yield from yaml.parse(part.text, Loader=_LOADER)
    except yaml.MarkedYAMLError as cause:
        if cause.problem_mark and _DEPTH in str(cause.problem).lower():
            raise ConfigError(_depth(source, part, cause.problem_mark)) from cause
        raise ConfigError([_malformed(source, cause)]) from cause


def _depth(source: Source, part: Part, mark: yaml.Mark) -> Sequence[Diagnostic]:
    """Return what we refuse in a text that is too deep for the parser.

    Some parsers reach a limit of their own, which is above ours, before they return the first event. They
    do not reach it in the text before that mark, so its events show where the text exceeds our limit.
    """
    with suppress(yaml.MarkedYAMLError):  # the text is cut off there
        try:
            _Reader(source, part).read(yaml.parse(part.text[: mark.index], Loader=_LOADER))
        except ConfigError as refused:
            return refused.diagnostics
    return [source.diagnostic("AS107", "nested deeper than the parser reads", source.at(mark.index))]


def _joined(source: Source) -> str:
    """Return a JSON text, as long as before, with every pair of surrogates as one escape of YAML."""
    if not source.path.endswith(".json") or "\\u" not in source.text:
        return source.text
    return _QUOTED.sub(lambda found: _PAIR.sub(_escape, found[0]).ljust(len(found[0])), source.text)


def _escape(pair: re.Match[str]) -> str:
    return pair[1] or f"\\U{_code(pair[2], pair[3]):08X}"


def _code(high: str, low: str) -> int:
    return 0x10000 + ((int(high, 16) & 0x3FF) << 10) + (int(low, 16) & 0x3FF)


def _malformed(source: Source, cause: yaml.MarkedYAMLError) -> Diagnostic:
    """Return the parser's message at its position; at the beginning of what the end of the file cuts off."""
    if marker := MARKER.search(source.text):
        at = source.at(marker.start(), len(marker[0]))
        return replace(source.diagnostic("AS509", CONFLICT, at, help=DECIDE), is_guess=False)  # it is no YAML
    end, mark, problem = len(source.text.rstrip()), cause.problem_mark, str(cause.problem)
    is_later = mark is None or mark.index >= end or problem == "could not find expected ':'"
    if cause.context_mark and is_later:
        mark = cause.context_mark
    index = min(mark.index, end) if mark else 0
    help = remedy(problem, source.text, index)  # noqa: A001 - the field's word
    if problem == "found character that cannot start any token":
        near = source.text[index]
        is_tab = near == "\t"
        problem = "a tab cannot indent" if is_tab else f"nothing may begin with {near}"
        help = "indent with spaces" if is_tab else help or "quote it"  # noqa: A001 - the same
    elif cause.context:
        problem = f"{problem} {cause.context}"
    language = "JSON" if source.path.endswith(".json") else "YAML"
    return source.diagnostic("AS101", f"not valid {language}: {problem}", source.at(index), help=help)


class _Reader:
    """Builds nodes from events, and explains what the language leaves out."""

    def __init__(self, source: Source, part: Part) -> None:
        self._source = source
        self._text = part.text
        self._path = source.path
        self._place = whole(part).place
        self._most = part.most
        self._open: list[Node | None] = []  # what is around the mapping or list being read, outermost first

    def read(self, events: Iterator[Any]) -> Node | None:  # noqa: C901, PLR0912 - one loop, run for every value of a file
        """Return the root; ConfigError for anything that is refused."""
        root = holder = key = None
        count = 0
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                value: Any = event.value
                if event.implicit[0]:
                    value = _meaning(value) if value[:1] in SPECIAL else value
                elif event.style in BLOCKS and not value.strip("\n"):
                    self._check_empty(event)
            elif kind in _STARTS:
                value = _STARTS[kind]()
            elif kind in _ENDS:
                if holder is not None and len(holder.value) > MAX_ENTRIES:
                    self._refuse_size(holder)
                if holder is not None:
                    is_block = event.start_mark.index == event.end_mark.index  # and its end below comments
                    holder.close(holder.begin if is_block else self._place(event.end_mark))
                holder, key = self._open.pop(), None
                continue
            else:
                self._between(event, root)
                continue
            count += 1
            is_long = kind is yaml.ScalarEvent and len(event.value) > MAX_SCALAR
            if is_long or count > self._most or event.anchor or event.tag:
                self._refuse_extras(event, count)
            if holder is not None and key is None and type(holder.value) is dict:
                key = self._key(holder, value, event)
                continue
            node = Node(value, self._path, self._place(event.start_mark), self._place(event.end_mark))
            if holder is None:
                root = node
            elif key is None:
                holder.value.append(node)
            else:
                holder.value[key], key = node, None
            if kind is not yaml.ScalarEvent:
                self._enter(holder, event)
                holder = node
        return root

    def _refuse_extras(self, event: Any, count: int) -> NoReturn:
        if event.anchor is not None:
            self._refuse(
                "AS103", "anchors are not allowed", event, help=f"write the value out; {_TEXT.format('&')}"
            )
        if event.tag is not None:
            self._refuse("AS103", "tags are not allowed", event, help=f"remove it; {_TEXT.format('!')}")
        if count > self._most:
            self._refuse("AS107", f"more than {self._most:,} values in a file of this size", event)
        self._refuse("AS107", f"a text of more than {MAX_SCALAR:,} characters", event)

    def _refuse_size(self, holder: Node) -> NoReturn:
        problem = f"{len(holder.value):,} entries; the limit is {MAX_ENTRIES:,}"
        raise ConfigError([self._source.diagnostic("AS107", problem, holder.origin)])

    def _enter(self, holder: Node | None, event: Any) -> None:
        if len(self._open) >= MAX_DEPTH:
            self._refuse("AS107", f"nested deeper than {MAX_DEPTH} levels", event)
        self._open.append(holder)

    def _between(self, event: Any, root: Node | None) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._refuse(
                "AS103", "aliases are not allowed", event, help=f"write the value out; {_TEXT.format('*')}"
            )
        if isinstance(event, yaml.DocumentStartEvent) and root is not None:
            self._refuse("AS104", "a second document starts here", event, help="move it to a file of its own")

    def _check_empty(self, event: Any) -> None:
        """Refuse a block of nothing before a comment that may be its text: `# Title` under longer blanks."""
        if COMMENTED.match(self._text, event.start_mark.index):
            problem = "not valid YAML: a block of nothing, and a comment where its text should be"
            self._refuse("AS101", problem, event, help="indent the text further than blank lines before it")

    def _key(self, holder: Node, name: Any, event: Any) -> str:
        if isinstance(name, (dict, list)):
            is_template = self._text.startswith("{{", event.start_mark.index - 1)
            problem = "a key must be a string, not a mapping or a list"
            self._refuse("AS106", problem, event, help=TEMPLATE if is_template else "")
        if not isinstance(name, str):
            self._refuse("AS106", f"the key `{event.value}` is not a string", event, help="quote it")
        before = event.start_mark.index - 1
        if before >= 0 and self._text[before] == "?":
            problem = "not valid YAML: `?` begins a key only before a space"
            self._refuse("AS101", problem, event, help="quote what begins with `?`")
        if name == "<<" and event.implicit[0]:
            self._refuse("AS103", "merge keys are not allowed", event, help="write the values out")
        if not is_plain("".join(one for _, one in unseen(name))):  # the rest can be allowed, as in values
            self._refuse("AS106", "a key holds what cannot be seen", event, help="remove it")
        if UNUSUAL.search(name):
            problem = "a key has a control character, or a blank that is not a space"
            self._refuse("AS106", problem, event, help="remove it, or write a space")
        if name in holder.positions:
            first = origin_of(self._path, *holder.positions[name])
            remedy = f"the first one stands in line {first.line}; keep one of them"
            self._refuse("AS105", f"`{name}` is written twice here", event, help=remedy)
        holder.positions[name] = self._place(event.start_mark), self._place(event.end_mark)
        return name

    def _refuse(self, code: str, message: str, event: Any, *, help: str = "") -> NoReturn:  # noqa: A002 - the field's word
        """Stop reading, with the place."""
        origin = origin_of(self._path, event.start_mark, event.end_mark)
        raise ConfigError([self._source.diagnostic(code, message, origin, help=help)])


def _meaning(text: str) -> Any:
    """Return what a plain scalar means in YAML 1.2's core schema."""
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
