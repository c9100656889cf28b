"""Values that know where they were written; the inside of an entry is located when that is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.model import pattern as re
from reconciler.model.diagnostic import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.config.source import Source

BLOCKS = frozenset("|>")
"""How a text in lines of its own begins."""

_BRACKETS = frozenset("[{")
_QUOTES = frozenset("\"'")
_COMMENT = re.compile(r"[ \t]+(#[^\n]*)")
_SET_OFF = re.compile(r"  +# ")
_HASH_NEXT = re.compile(r"\s*#")
_COMMENT_BELOW = re.compile(r"\s*(#[^\n]*)")
_INDENTED = re.compile(r"\n( *)[^ \r\n]")
_BARE = re.compile(r"\s*[,}]")
_NONE: dict[str, tuple[Any, Any]] = {}  # of all that is no mapping


class Place(NamedTuple):
    """A position, counted from 0; ``at`` is its index in the text, or None where the text is not YAML."""

    line: int
    column: int
    at: Any


class Node:
    """A value and where it stands: a scalar, a dict of Nodes or a list of Nodes.

    ``positions`` holds where each key of a mapping begins and ends. They become Origins on request, which is
    rare.
    """

    __slots__ = ("_end", "_path", "_start", "positions", "value")

    def __init__(self, value: Any, path: str, start: Place, end: Place) -> None:
        self.value: Any = value
        self.positions: dict[str, tuple[Place, Place]] = {} if type(value) is dict else _NONE
        self._path = path
        self._start = start
        self._end = end

    @property
    def origin(self) -> Origin:
        """Where the value begins, and how much of that line it takes; one place for what has values in it."""
        return origin_of(self._path, self._start, self._start if self._has_values else self._end)

    def plain(self) -> Any:
        """Return the value without positions; a caller must not change it."""
        if isinstance(self.value, dict):
            return {key: inner.plain() for key, inner in self.value.items()}
        if isinstance(self.value, list):
            return [inner.plain() for inner in self.value]
        return self.value

    def texts(self) -> Iterator[tuple[str, Origin]]:
        """Yield every text in it, keys and values alike, in order, and its position."""
        if isinstance(self.value, str):
            yield self.value, self.origin
        elif isinstance(self.value, dict):
            for name, node in self.value.items():
                yield name, self.key(name)
                yield from node.texts()
        elif not isinstance(self.value, (int, float, NoneType)):
            for node in self.value:
                yield from node.texts()

    def at(self, *path: str | int) -> Origin:
        """Return the position of the value under a path, or of the deepest part that exists."""
        here = self
        for step in path:
            inner = here._inner(step)
            if inner is None:
                return here.origin
            here = inner
        return here.origin

    def has(self, *path: str | int) -> bool:
        """Return whether a path leads to a value."""
        inner = self._inner(path[0]) if path else None
        return not path or (inner is not None and inner.has(*path[1:]))

    def child(self, *path: str | int) -> Node | None:
        """Return the value under a path; None where it leads nowhere."""
        here: Node | None = self
        for step in path:
            here = here._inner(step) if here else None  # noqa: SLF001 - of its own kind
        return here

    def key(self, *path: str | int) -> Origin:
        """Return the position of the last key of a path, or of what contains it."""
        here = self
        for step in path[:-1]:
            here = here._inner(step) or here
        positions = here.positions.get(str(path[-1])) if path else None
        return origin_of(self._path, *positions) if positions else self.at(*path)

    def close(self, end: Place) -> None:
        """Take the end of what is between brackets; that of a block is behind the comments below it."""
        self._end = end

    def below(self, name: str) -> int | None:
        """Return the first line below a key and its value, from 1; None where its text is not YAML."""
        key, _ = self.positions[name]
        return None if key.at is None else max(key.line + 2, self.value[name]._below())  # noqa: SLF001 - of its own kind

    def _below(self) -> int:
        """Return the first line below the value: a block ends with the last value in it."""
        inner = [*self.value.values()] if isinstance(self.value, dict) else self.value
        if self._has_values and inner and self._end.at == self._start.at:
            last: Node = inner[-1]
            return last._below()
        return int(self._end.line + (1 if self._end.column == 0 else 2))

    @property
    def is_ordinary(self) -> bool:
        """Whether it is known to have no comment, backslash, null, or text of several lines but in a `|`."""
        return False

    @property
    def is_null(self) -> bool:
        """Whether it is null, or nothing is written."""
        return self.value is None

    @property
    def _has_values(self) -> bool:
        return isinstance(self.value, (dict, list))

    @property
    def begin(self) -> Place:
        """Where the value begins."""
        return self._start

    @property
    def start(self) -> int | None:
        """The index at which the text of the value begins; None where that is not YAML."""
        index: int | None = self._start.at
        return index

    @property
    def is_flow(self) -> bool:
        """Whether it is a mapping or a list between brackets."""
        return self._has_values and bool(self._end.at != self._start.at)

    def end(self, text: str) -> int:
        """Return the index at which its text ends: that of a block ends with the last value in it."""
        if self._has_values and not self.is_flow:
            last: Node = [*self.value.values()][-1] if isinstance(self.value, dict) else self.value[-1]
            return last.end(text)
        end: int = self._end.at
        if text[self._start.at : self._start.at + 1] not in BLOCKS or self._start.at == end:
            return end
        return _end_of_block(text, self._start.at, end)

    def key_extent(self, name: str) -> tuple[int, int]:
        """Return the indices at which the text of a key begins and ends."""
        start, end = self.positions[name]
        return start.at, end.at

    def written(self, source: Source) -> str:
        """Return the value as its file has it, with quotes and signs; empty where it is in no file."""
        return "" if self._start.at is None else source.text[self._start.at : self._end.at]

    def is_bare(self, name: str, source: Source) -> bool:
        """Return whether a key between braces has neither a colon nor a value."""
        _, end = self.positions[name]
        if end.at is None:
            return False
        return (_BARE.match(source.text, end.at)) is not None

    @property
    def is_over_lines(self) -> bool:
        """Whether its text is on several lines."""
        return bool(self._start.line != self._end.line)

    def is_before_comment(self, source: Source) -> bool:
        """Return whether a comment may be the next thing behind the value."""
        return self._end.at is not None and _HASH_NEXT.match(source.text, self._end.at) is not None

    def cut_off(self, source: Source, key: Origin, *, strictly: bool) -> Origin | None:
        """Return the position of a comment that may be meant as a part of a text; None where there is none.

        It follows a text without quotes on its line, or is on the next line and indented deeper than the
        ``key``. One that is set off by two spaces is meant, unless this is asked ``strictly``.
        """
        if self._start.at is None:
            return None
        start, end = self._start.at, self._end.at
        is_missing = self.value is None and start == end
        style = source.text[start : start + 1]
        if not is_missing and (type(self.value) is not str or style in _QUOTES):
            return None
        beside = None if style in BLOCKS and not is_missing else _COMMENT.match(source.text, end)
        if beside and (strictly or is_missing or not _SET_OFF.match(source.text, end)):
            return source.at(beside.start(1), len(beside[1]))
        below = None if beside else _COMMENT_BELOW.match(source.text, end)
        origin = source.at(below.start(1), len(below[1])) if below else None
        return origin if origin and origin.column > key.column else None

    def _inner(self, step: str | int) -> Node | None:
        inside = isinstance(self.value, dict) and step in self.value
        within = isinstance(self.value, list) and isinstance(step, int) and step < len(self.value)
        return self.value[step] if inside or within else None


@dataclass(frozen=True, slots=True)
class Spot:
    """The position of a value, looked up when it is asked: few of ten thousand ever are."""

    node: Node
    path: tuple[str | int, ...]

    @property
    def origin(self) -> Origin:
        """The position."""
        return self.node.at(*self.path)


class Extent(NamedTuple):
    """Where an entry begins and ends; where its text ends; the first line below it, from 1."""

    start: Place
    end: Place
    until: int
    below: int


class Entry(Node):
    """A mapping or a list of which only the plain value is known until its inside is asked for.

    The inside is then read again, with positions: those of ten thousand entries take more memory than all
    else, and few of them are ever needed. ``is_ordinary`` saves a look at the inside.
    """

    __slots__ = ("_below_it", "_is_ordinary", "_known", "_part", "_until")

    def __init__(self, part: Part, plain: Any, extent: Extent, *, is_ordinary: bool) -> None:
        self._part = part
        self._known = plain
        self._path = part.path
        self._start, self._end, self._until, self._below_it = extent
        self._is_ordinary = is_ordinary

    def __getattr__(self, name: str) -> Any:
        """Read the inside when it is asked for: until then it is no attribute."""
        if name not in {"value", "positions"}:
            raise AttributeError(name)
        inside = self._part.inside(self._start, self._until)
        self.value, self.positions, self._known = inside.value, inside.positions, None
        return getattr(self, name)

    def plain(self) -> Any:
        """Return the value without positions, which entries with the same text may share."""
        return super().plain() if self._known is None else self._known

    def has(self, *path: str | int) -> bool:
        """Return whether a path leads to a value."""
        return super().has(*path) if self._known is None else _leads(self._known, path)

    @property
    def is_ordinary(self) -> bool:
        """Whether it is known to be so."""
        return self._is_ordinary

    def _below(self) -> int:
        return self._below_it

    @property
    def is_null(self) -> bool:
        """Whether it is null, which a mapping or a list never is."""
        return False

    @property
    def _has_values(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a file as the parser has it: ``line`` and ``index`` are where it begins in the file.

    Its first line begins in ``column``; 0 where blanks stand for what is before it. ``most`` is how many
    values the file may have.
    """

    path: str
    text: str
    compose: Callable[[Part], Node]
    most: int
    line: int = 0
    index: int = 0
    column: int = 0

    def inside(self, start: Place, until: int) -> Node:
        """Return what is between two positions of the file, each value with its own."""
        assert start.at is not None  # noqa: S101 - it was read from this text
        text = self.text[start.at - self.index : until - self.index]
        if text[:1] in _BRACKETS:  # its columns mean nothing: one line may have all entries of a file
            part = replace(self, text=text, line=start.line, index=start.at, column=start.column)
        else:
            text, index = " " * start.column + text, start.at - start.column
            part = replace(self, text=text, line=start.line, index=index, column=0)
        return self.compose(part)


def _leads(value: Any, path: Sequence[str | int]) -> bool:
    """Return whether a path leads to a part of a plain value."""
    for step in path:
        is_inside = isinstance(value, dict) and step in value
        is_within = isinstance(value, list) and isinstance(step, int) and step < len(value)
        if not (is_inside or is_within):
            return False
        value = value[step]
    return True


def _end_of_block(text: str, start: int, end: int) -> int:
    """Return the end of a literal or folded text without the blank lines below it that are no part of it."""
    written = text[start:end]
    body = written.find("\n") + 1
    if "+" in written[:body].partition("#")[0]:
        return start + len(written.removesuffix("\n").removesuffix("\r"))
    first = _INDENTED.search(written, body - 1)
    longer = " " * (len(first[1]) + 1) if first else ""
    last = written.find("\n", len(written.rstrip(" \r\n")))
    while longer and last >= 0 and (blank := written.find(longer, last)) >= 0:  # a line of blanks in the text
        last = written.find("\n", blank)
    return start + len((written if last < 0 else written[:last]).removesuffix("\r"))


def origin_of(path: str, start: Any, end: Any) -> Origin:
    """Return where a text begins, and how much of that line it takes."""
    width = end.column - start.column if end.line == start.line else 1
    return Origin(path, start.line + 1, start.column + 1, max(1, width))
