"""Where a YAML text is cut for an edit, and what is put there, in the style of what surrounds it.

A block stays a block and brackets stay brackets. Comments beside and around a value stay, those within a
value that is replaced or removed go with it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from reconciler.config.writing import Commented, Flow, inline, lines, scalar
from reconciler.model import pattern as re

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.config.node import Node
    from reconciler.config.source import Source

Path: TypeAlias = "tuple[str | int, ...]"
"""Keys and numbers of items, from the root."""

_INDENT = 2
_HEADER = re.compile(r"([|>][0-9+-]*)(?:[ \t]+(#[^\r\n]*))?")
_CHOMPED = re.compile(r"([|>][0-9]?)[+]?(?=[0-9]?[ \t\r\n])")


@dataclass(frozen=True, slots=True)
class Append:
    """One more item at the end of a list.

    A missing list is made: below the last of its siblings ``after`` that exists, else above the first of
    those ``before``, else at the end.
    """

    path: Path
    value: Any
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Replace:
    """Another value at a path, with the comments beside the key."""

    path: Path
    value: Any


@dataclass(frozen=True, slots=True)
class Remove:
    """A key and its value, or an item of a list, taken out; comments above it stay."""

    path: Path


Edit: TypeAlias = Append | Replace | Remove


def bare(value: Any) -> Any:
    """Return a value without what says only how it is written."""
    if isinstance(value, (Commented, Flow)):
        return bare(value.value)
    if isinstance(value, dict):
        return {key: bare(inner) for key, inner in value.items()}
    return [bare(inner) for inner in value] if isinstance(value, list) else value


class UnusualError(Exception):
    """A form of YAML that is not edited."""


class Splice(NamedTuple):
    """Letters from ``start`` to ``end`` that others replace."""

    start: int
    end: int
    text: str


def spliced(text: str, splices: Sequence[Splice]) -> str:
    """Return a text after some splices; of two at one index the first comes first."""
    pieces, here = list[str](), 0
    for one in sorted(splices, key=lambda one: one.start):
        pieces += text[here : one.start], one.text
        here = one.end
    return "".join([*pieces, text[here:]])


class _Written(NamedTuple):
    """A value as it is written behind a key: what is on the line of the key, and the lines below it."""

    comments: tuple[str, ...]
    head: str
    body: tuple[str, ...]

    @classmethod
    def of(cls, value: Any) -> _Written:
        written = [*lines({"k": value})]
        key = next(number for number, line in enumerate(written) if not line.startswith("#"))
        body = tuple(line.removeprefix(" " * _INDENT) for line in written[key + 1 :])
        return cls(tuple(written[:key]), written[key][2:].strip(), body)

    @property
    def is_compact(self) -> bool:
        """Whether it may begin on the line of a dash."""
        return not self.head and not self.body[0].startswith("#")


class _Slot(NamedTuple):
    """A value, what has it, and its key or number there."""

    holder: Node
    step: str | int
    node: Node

    @property
    def is_item(self) -> bool:
        """Whether it is an item of a list."""
        return isinstance(self.step, int)


class Editor:
    """Where a text is cut for an edit, and what is put there."""

    def __init__(self, source: Source, root: Node | None) -> None:
        self.text = source.text
        self.root = root
        self.is_json = source.path.endswith(".json")
        self.line_end = "\r\n" if "\r\n" in source.text else "\n"

    def splices(self, edit: Edit) -> list[Splice]:
        """Return what to cut and to put there."""
        if self.root is None or (self.root.value is None and not isinstance(edit, Remove)):
            return self._first(edit)
        if isinstance(edit, Replace):
            return self._replace(edit.path, edit.value)
        if isinstance(edit, Remove):
            return self._remove(edit.path)
        return self._append(edit)

    def _first(self, edit: Edit) -> list[Splice]:
        """Return the splices that give a document without a value its first."""
        if isinstance(edit, Remove) or len(edit.path) > 1:
            raise UnusualError
        value = [edit.value] if isinstance(edit, Append) else edit.value
        written = [*lines({str(edit.path[0]): value} if edit.path else value)]
        start = len(self.text) if self.root is None else _start(self.root)
        end = start if self.root is None else self.root.end(self.text)
        if self._column(start):
            return [Splice(start, end, ""), self._after(end, written, 0)]
        return [Splice(start, end, self._lines(written, 0) + self.line_end)]

    # Appending

    def _append(self, edit: Append) -> list[Splice]:
        *outer, key = edit.path
        holder = self._node(outer)
        node = holder.child(key)
        if node is None and isinstance(key, str):
            return self._insert(edit, tuple(outer), holder, key)
        if node is None or node.value is None:
            return self._replace(edit.path, [edit.value])
        if not isinstance(node.value, list):
            raise UnusualError
        if node.is_flow or self._is_within_flow(edit.path):
            return self._into_flow(node, self._between(edit.value))
        end = node.end(self.text)
        written = [*lines([edit.value])]
        return [*self._closed(node), self._after(end, written, self._column(_start(node)))]

    def _insert(self, edit: Append, outer: Path, holder: Node, key: str) -> list[Splice]:
        """Return the splices for a mapping that gets another key."""
        value = [edit.value]
        if holder.value is None:
            return self._replace(outer, {key: value})
        if not isinstance(holder.value, dict):
            raise UnusualError
        if holder.is_flow or self._is_within_flow(edit.path):
            return self._into_flow(holder, f"{self._key(key)}: {self._between(value)}")
        written = _Written.of(value)
        column = self._column(_start(holder))
        step = column + self._step(holder, value)
        there = [*written.comments, f"{scalar(key)}: {written.head}".rstrip()]
        made = [*there, *_indented(written.body, step - column)]
        if sibling := _anchor(holder, edit):
            index = self._past_comments(self._end_of_line(holder.value[sibling].end(self.text)), column)
            return [*self._closed(holder.value[sibling]), self._after(index, made, column)]
        first = _start(holder)
        return [Splice(first, first, self._lines(made, column).lstrip(" ") + self.line_end + " " * column)]

    def _past_comments(self, index: int, column: int) -> int:
        """Return the end of the comments below an entry that are indented deeper than its key."""
        here = index
        while here < len(self.text):
            start = self.text.find("\n", here) + 1
            here = self._end_of_line(start) if start else len(self.text)
            line = self.text[start:here].lstrip(" ")
            if not start or (line and not line.startswith("#")):
                break
            if line and here - start - len(line) > column:
                index = here
            elif line:
                break
        return index

    def _into_flow(self, node: Node, written: str) -> list[Splice]:
        """Return the splices for one more entry between brackets."""
        if not node.is_flow:
            raise UnusualError  # a pair between brackets, without any of its own
        close = node.end(self.text) - 1
        starts = [*self._starts(node)]
        if not starts:
            return [self._only(_start(node) + 1, close, written)]
        last = _children(node)[-1].end(self.text)
        comma = self._next(last)
        has_comma = self.text[comma] == ","
        first = [] if has_comma else [Splice(last, last, ",")]
        behind = comma + 1 if has_comma else last
        if not self._begins_line(starts[-1]):
            return [*first, Splice(behind, behind, f" {written}")]
        indent = " " * self._column(starts[-1])
        index = min(self._end_of_line(behind), close) if self._is_over(behind, close) else behind
        comma_again = "," if has_comma else ""
        return [*first, Splice(index, index, f"{self.line_end}{indent}{written}{comma_again}")]

    def _only(self, start: int, close: int, written: str) -> Splice:
        """Return the splice for the first entry between brackets."""
        if not self.text[start:close].strip():
            return Splice(start, close, written)
        if not self._begins_line(close):
            return Splice(close, close, f" {written}")
        index, indent = self._start_of_line(close), " " * (self._column(close) + _INDENT)
        return Splice(index, index, f"{indent}{written}{self.line_end}")

    def _is_over(self, index: int, close: int) -> bool:
        """Return whether the bracket that closes is on a later line."""
        return self._end_of_line(index) < close

    # Replacing

    def _replace(self, path: Path, value: Any) -> list[Splice]:
        node = self._node(path)
        start, end = _start(node), node.end(self.text)
        if not path:
            whole = "" if node.is_flow else self._lines([*lines(value)], 0)
            return [
                Splice(start, end if node.is_flow else self._end_of_line(end), whole or self._between(value))
            ]
        slot = _Slot(self._node(path[:-1]), path[-1], node)
        if slot.holder.is_flow or self._is_within_flow(path):
            return [self._replaced_in_flow(slot, self._between(value))]
        written = _Written.of(value)
        if written.comments or not (written.head or written.body):
            raise UnusualError
        behind = self._behind(slot)
        gap = self.text[behind:start]
        if "\n" in gap:
            return self._replaced_below(slot, written, behind)
        is_block = isinstance(node.value, (dict, list)) and not node.is_flow
        if is_block:  # it begins on the line of a dash
            return [Splice(behind, self._end_of_line(end), self._beside(slot, written))]
        return self._replaced_beside(slot, written, behind)

    def _replaced_in_flow(self, slot: _Slot, written: str) -> Splice:
        start, end = _start(slot.node), slot.node.end(self.text)
        if start < end:
            return Splice(start, end, f" {written}" if self.text[start - 1] == ":" else written)
        _, key = slot.holder.key_extent(str(slot.step))
        colon = self._next(key)
        is_bare = self.text[colon] != ":"
        return Splice(key, key, f": {written}") if is_bare else Splice(colon + 1, colon + 1, f" {written}")

    def _replaced_below(self, slot: _Slot, written: _Written, behind: int) -> list[Splice]:
        """Return the splices for a value that begins below its key or dash."""
        start, end = _start(slot.node), self._end_of_line(slot.node.end(self.text))
        if not written.body:
            gap = self.text[behind:start].rstrip()
            return [Splice(behind, behind, f" {written.head}"), Splice(behind + len(gap), end, "")]
        below = self._below(written.body, self._indent(slot, written))
        if written.head:
            line = self._end_of_line(behind)
            return [Splice(behind, behind, f" {written.head}"), Splice(line, end, below)]
        line = self._start_of_line(start)
        return [Splice(line, end, self._lines(written.body, self._indent(slot, written)))]

    def _replaced_beside(self, slot: _Slot, written: _Written, behind: int) -> list[Splice]:
        """Return the splices for a value that begins on the line of its key or dash, with its comment."""
        start, end = _start(slot.node), slot.node.end(self.text)
        header = _HEADER.match(self.text, start) if self.text[start : start + 1] in {"|", ">"} else None
        last = self._end_of_line(end)
        comment = (header[2] or "") if header else self.text[end:last].strip()
        if not written.body:
            if header:
                return [Splice(behind, last, f" {written.head}" + f"  {comment}" * bool(comment))]
            blank = " " if start == behind else ""
            return [Splice(start, end, f"{blank}{written.head}")]
        if slot.is_item and not comment:
            return [Splice(behind, last, self._beside(slot, written))]
        head = f" {written.head}" * bool(written.head) + f"  {comment}" * bool(comment)
        return [Splice(behind, last, head + self._below(written.body, self._indent(slot, written)))]

    def _beside(self, slot: _Slot, written: _Written) -> str:
        """Return what is put behind a dash for a value of several lines."""
        indent = self._indent(slot, written)
        if not written.body:
            return f" {written.head}"
        if written.is_compact:
            return f" {self._lines(written.body, indent).lstrip(' ')}"
        return f" {written.head}".rstrip() + self._below(written.body, indent)

    def _indent(self, slot: _Slot, written: _Written) -> int:
        """Return the column of the lines below a key or a dash."""
        if slot.is_item:
            return self._column(_start(slot.holder)) + _INDENT
        column = self._column(_start(slot.holder))
        is_list = not written.head and written.body[0].startswith("-")
        is_same = isinstance(slot.node.value, list if is_list else dict) and not slot.node.is_flow
        if is_same and not written.head:
            return self._column(_start(slot.node))
        return column + self._step(slot.holder, [] if is_list else {}, least=0 if is_list else 1)

    # Removing

    def _remove(self, path: Path) -> list[Splice]:
        if not path:
            raise UnusualError
        holder = self._node(path[:-1])
        node = self._node(path)
        if len(_children(holder)) == 1 and not holder.is_flow:
            return self._replace(path[:-1], {} if isinstance(holder.value, dict) else [])
        starts = [*self._starts(holder)]
        number = _children(holder).index(node)
        if holder.is_flow:
            return self._removed_from_flow(holder, node, starts, number)
        start, end = starts[number], self._end_of_line(node.end(self.text))
        following = self.text.find("\n", end) + 1 or len(self.text)
        if self._begins_line(start):
            if number and self._reaches(_children(holder)[number - 1], start):
                following = self._past_blank_lines(following)
            return [Splice(self._start_of_line(start), following, "")]
        rest = self.text[following:]
        return [Splice(start, following + len(rest) - len(rest.lstrip(" \r\n")), "")]

    def _removed_from_flow(
        self, holder: Node, node: Node, starts: Sequence[int], number: int
    ) -> list[Splice]:
        start, end = starts[number], node.end(self.text)
        comma = self._next(end)
        has_comma = self.text[comma] == ","
        behind = comma + 1 if has_comma else end
        last = self._end_of_line(behind)
        rest = self.text[behind:last].strip()
        is_whole = self._begins_line(start) and (not rest or rest.startswith("#"))
        if is_whole:
            cut = Splice(self._start_of_line(start), self.text.find("\n", last) + 1, "")
        else:
            blank = len(self.text[behind:last]) - len(self.text[behind:last].lstrip(" ")) if has_comma else 0
            cut = Splice(start, behind + blank, "")
        if has_comma or not number:
            return [cut]
        before = self._next(_children(holder)[number - 1].end(self.text))
        blank = (
            0
            if is_whole
            else len(self.text[before + 1 : start]) - len(self.text[before + 1 : start].lstrip(" "))
        )
        return [cut, Splice(before, before + 1 + blank, "")]

    # Places

    def _node(self, path: Sequence[str | int]) -> Node:
        node = self.root.child(*path) if self.root else None
        if node is None or node.start is None:
            raise UnusualError
        return node

    def _is_within_flow(self, path: Path) -> bool:
        """Return whether one of the values around a path is between brackets."""
        around = (self.root.child(*path[:length]) for length in range(len(path)) if self.root)
        return any(one is not None and one.is_flow for one in around)

    def _behind(self, slot: _Slot) -> int:
        """Return the index behind the colon or the dash of a value in a block."""
        if not slot.is_item:
            start, end = slot.holder.key_extent(str(slot.step))
            if not self._begins_line(start) and self.text[self._start_of_line(start) : start].strip(" -"):
                raise UnusualError  # behind a question mark
            return self._sign(end, ":")
        return [*self._starts(slot.holder)][int(slot.step)] + 1

    def _sign(self, index: int, sign: str) -> int:
        """Return the index behind a sign that comes next."""
        found = self._next(index)
        if self.text[found : found + 1] != sign:
            raise UnusualError
        return found + 1

    def _starts(self, holder: Node) -> Iterator[int]:
        """Yield where each entry begins: with its key, with its dash, or with the item between brackets."""
        if isinstance(holder.value, dict):
            yield from (holder.key_extent(key)[0] for key in holder.value)
            return
        before = _start(holder)
        for item in holder.value:
            yield _start(item) if holder.is_flow else self._sign(before, "-") - 1
            before = item.end(self.text)

    def _next(self, index: int) -> int:
        """Return the index of the next letter that is not blank and in no comment."""
        while index < len(self.text):
            if self.text[index] in " \t\r\n":
                index += 1
            elif self.text[index] == "#" and self.text[index - 1 : index] in {"", " ", "\t", "\n"}:
                index = self._end_of_line(index)
            else:
                return index
        raise UnusualError

    def _closed(self, node: Node) -> list[Splice]:
        """Return what keeps the end of a literal text that ends the file without a line end."""
        last = _last(node)
        start, end = _start(last), last.end(self.text)
        if self.text[start : start + 1] not in {"|", ">"} or end < len(self.text):
            return []
        header = _CHOMPED.match(self.text, start)
        return [Splice(start, header.end(), f"{header[1]}-")] if header else []

    def _reaches(self, node: Node, index: int) -> bool:
        """Return whether blank lines from an index would be a part of the value before it."""
        last = _last(node)
        end = last.end(self.text)
        is_kept = "+" in self.text[_start(last) : end].partition("\n")[0]
        return is_kept and not self.text[end:index].strip()

    def _past_blank_lines(self, index: int) -> int:
        """Return the start of the first line from an index that is not blank."""
        rest = self.text[index:]
        return max(index, self._start_of_line(index + len(rest) - len(rest.lstrip(" \r\n"))))

    def _step(self, holder: Node, value: Any, least: int = 0) -> int:
        """Return how much deeper than a key the lines below it are, as elsewhere in this mapping or file."""
        kind = type(value)
        for outer in (holder, self.root):
            for one, key in _blocks(outer, kind) if outer else ():
                return max(least, self._column(_start(one)) - self._column(key))
        return _INDENT

    def _start_of_line(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def _end_of_line(self, index: int) -> int:
        end = self.text.find("\n", index)
        end = len(self.text) if end < 0 else end
        return end - 1 if end > index and self.text[end - 1] == "\r" else end

    def _column(self, index: int) -> int:
        return index - self._start_of_line(index)

    def _begins_line(self, index: int) -> bool:
        return not self.text[self._start_of_line(index) : index].strip(" ")

    # Text

    def _after(self, index: int, written: Sequence[str], column: int) -> Splice:
        """Return the splice for lines below the line of an index."""
        end = self._end_of_line(index)
        return Splice(end, end, self._below(written, column))

    def _below(self, written: Sequence[str], column: int) -> str:
        return self.line_end + self._lines(written, column)

    def _lines(self, written: Sequence[str], column: int) -> str:
        return self.line_end.join(_indented(written, column))

    def _between(self, value: Any) -> str:
        """Return a value as it is written between brackets."""
        return json.dumps(bare(value), ensure_ascii=False) if self.is_json else inline([bare(value)])[1:-1]

    def _key(self, key: str) -> str:
        return json.dumps(key, ensure_ascii=False) if self.is_json else inline([key])[1:-1]


def _start(node: Node) -> int:
    if node.start is None:
        raise UnusualError
    return node.start


def _children(node: Node) -> list[Node]:
    if isinstance(node.value, dict):
        return [*node.value.values()]
    return node.value if isinstance(node.value, list) else []


def _last(node: Node) -> Node:
    """Return the value in which a value ends."""
    while _children(node):
        node = _children(node)[-1]
    return node


def _anchor(holder: Node, edit: Append) -> str | None:
    """Return the key below which another one is put; None where it is put first."""
    keys = [*holder.value]
    for name in reversed(edit.after):
        if name in keys:
            return name
    first = next((number for number, key in enumerate(keys) if key in edit.before), len(keys))
    return keys[first - 1] if first else None


def _blocks(outer: Node, kind: type) -> Iterator[tuple[Node, int]]:
    """Yield each block of a kind below a key, outermost first, and the index of that key."""
    around = [outer]
    while around:
        inner = []
        for holder in around:
            if isinstance(holder.value, dict) and not holder.is_flow:
                for key, one in holder.value.items():
                    if isinstance(one.value, kind) and not one.is_flow:
                        yield one, holder.key_extent(key)[0]
            inner += [] if holder.is_flow else _children(holder)
        around = inner


def _indented(written: Sequence[str], column: int) -> list[str]:
    return [f"{' ' * column}{line}" if line else "" for line in written]
