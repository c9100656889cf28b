"""The parser's events → an outline: entries as plain values, and the positions of what is around them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from reconciler.config.invisible import unseen
from reconciler.config.node import BLOCKS, Entry, Extent, Node
from reconciler.config.reduction import SIGN
from reconciler.model.characters import is_plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.config.node import Part
    from reconciler.config.reduction import Reduction

SPECIAL = frozenset(("", *"-+.0123456789~nNtTfF"))
"""How a plain scalar begins that may be no text."""
UNUSUAL = re.compile(r"[\x00-\x1f\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
"""A character that no key may have."""
COMMENTED = re.compile(r"[^\n]*\n\s*#")
"""The rest of a line, and a comment next."""

_DEPTH = 2  # of entries, of which the inside is located when that is asked
_SHORT = 7  # characters in which nothing is hidden by joined lines: they have no two items of a list
_NOTHING = frozenset(("", "\n"))  # how a block of nothing begins
_ODD = {  # before an anchor, a tag, or a `?` that the parser would lose, is no letter; each search is fast
    "&": re.compile(r"&(?<![a-zA-Z0-9.]&)"),
    "!": re.compile(r"!(?<![a-zA-Z0-9.]!)"),
    "?": re.compile(r"\?(?<![a-zA-Z0-9.]\?)\S"),
}


class DoubtError(Exception):
    """Something in a text may have to be refused."""


class Limits(NamedTuple):
    """How many values a text may have, how deep, and how large mappings, lists and texts may be."""

    most: int
    depth: int
    entries: int
    scalar: int


def outline(
    part: Part,
    reduction: Reduction,
    following: Callable[[], Any],
    limits: Limits,
    meaning: Callable[[str], Any],
) -> Node | None:
    """Return the root of a text; None without a value.

    Nothing is explained here: DoubtError wherever something may be wrong.
    """
    get = _checked(following) if _is_odd(reduction.text) else following
    get()
    if type(get()) is yaml.StreamEndEvent:
        return None
    composer = _Outline(part, reduction, _Values(reduction, get, limits, meaning))
    root = composer.node(get(), 0)
    get()
    if type(get()) is not yaml.StreamEndEvent or not composer.is_whole:
        raise DoubtError
    return root


def _is_odd(text: str) -> bool:
    """Return whether there may be a tag, an anchor, or a `?` before a key."""
    return any(sign in text and pattern.search(text) for sign, pattern in _ODD.items())


def _checked(following: Callable[[], Any]) -> Callable[[], Any]:
    """Return a source of events in which none has an anchor or a tag."""

    def get() -> Any:
        event = following()
        if isinstance(event, yaml.NodeEvent) and (event.anchor or getattr(event, "tag", None)):
            raise DoubtError
        return event

    return get


class _Values:
    """Makes plain values of events; it counts them, and remembers the last ends that it met.

    The methods that read mappings and lists are long: they run for every value of a file, and take most of
    the time that a large configuration takes. So every name in them is local, and nothing is called for a
    key that was met before.
    """

    __slots__ = (
        *("closing", "count", "fresh", "get", "is_odd", "keys"),
        *("last", "limits", "meaning", "text", "unusual"),
    )

    def __init__(
        self, reduction: Reduction, get: Callable[[], Any], limits: Limits, meaning: Callable[[str], Any]
    ) -> None:
        self.get = get
        self.text = reduction.text
        self.limits = limits
        self.meaning = meaning
        self.is_odd = _ODD["?"].search(self.text) is not None
        self.keys: dict[str, str] = {}
        self.count, self.fresh = 1, 0  # values with the root, and keys that were not met before
        self.unusual = 0  # nulls, and texts of several lines but in a `|`
        self.last: Any = None  # the last value with an end of its own
        self.closing: Any = None  # the last end of a mapping or a list

    def key(self, event: Any) -> str:
        """Return a key that was not met before, or one that means another thing without its quotes."""
        name: str = event.value
        self.fresh += 1
        if self.fresh > self.limits.most:
            raise DoubtError
        is_special = name == "<<" or (name[:1] in SPECIAL and not isinstance(self.meaning(name), str))
        if (is_special and not event.style) or len(name) > self.limits.scalar or not _is_legible(name):
            raise DoubtError
        return name if is_special else self.keys.setdefault(name, name)

    def follows_mark(self, event: Any) -> bool:
        """Return whether there is a `?` before a key, which the parser would lose."""
        at = event.start_mark.index
        return self.text[at - 1 : at] == "?"

    def scalar(self, event: Any) -> Any:
        """Return what a scalar means."""
        value = event.value
        if not event.style and value[:1] in SPECIAL:
            value = self.meaning(value)
        elif event.style and value[:1] in _NOTHING:
            self.check_empty(event)
        self.note(event, value)
        return value

    def note(self, event: Any, value: Any) -> None:
        """Count a null, or a text of several lines that are not kept."""
        if value is None or (event.style != "|" and event.start_mark.line != event.end_mark.line):
            self.unusual += 1

    def check_empty(self, event: Any) -> None:
        """Doubt a block of nothing before a comment that may be its text."""
        is_nothing = event.style in BLOCKS and not event.value.strip("\n")
        if is_nothing and COMMENTED.match(self.text, event.start_mark.index):
            raise DoubtError

    def inner(self, event: Any, depth: int) -> Any:
        """Return a mapping or a list."""
        kind = type(event)
        if depth >= self.limits.depth:
            raise DoubtError
        if kind is yaml.MappingStartEvent:
            return self.mapping(depth + 1)
        if kind is yaml.SequenceStartEvent:
            return self.list(depth + 1)
        raise DoubtError

    def mapping(self, depth: int) -> dict[str, Any]:
        """Return the mapping that was opened."""
        get, scalar, keys, special, is_odd = self.get, yaml.ScalarEvent, self.keys, SPECIAL, self.is_odd
        made: dict[str, Any] = {}
        last = None
        event = get()
        while type(event) is scalar:
            name = keys.get(event.value) or self.key(event)
            if name in made or (is_odd and self.follows_mark(event)):
                raise DoubtError
            last = get()
            if type(last) is scalar:
                value: Any = last.value
                if last.style:
                    if value[:1] in _NOTHING:
                        self.check_empty(last)
                elif value[:1] in special:
                    value = self.meaning(value)
                if value is None or len(last.value) > _SHORT:
                    self.note(last, value)
                made[name] = value
            else:
                made[name] = self.inner(last, depth)
                last = None
            event = get()
        if type(event) is not yaml.MappingEndEvent:
            raise DoubtError
        self.bound(len(made))
        self.close(event, last, 2 * len(made))
        return made

    def list(self, depth: int) -> list[Any]:
        """Return the list that was opened."""
        get, scalar, special, ended = self.get, yaml.ScalarEvent, SPECIAL, yaml.SequenceEndEvent
        made: list[Any] = []
        last = None
        event = get()
        while (kind := type(event)) is not ended:
            if kind is scalar:
                last = event
                value: Any = event.value
                if event.style:
                    if value[:1] in _NOTHING:
                        self.check_empty(event)
                elif value[:1] in special:
                    value = self.meaning(value)
                if value is None or len(event.value) > _SHORT:
                    self.note(event, value)
                made.append(value)
                self.bound(len(made))
            else:
                made.append(self.inner(event, depth))
                last = None
            event = get()
        self.bound(len(made))
        self.close(event, last, len(made))
        return made

    def bound(self, entries: int) -> None:
        """Doubt a mapping or a list of too many entries."""
        if entries > self.limits.entries:
            raise DoubtError

    def close(self, event: Any, last: Any, count: int) -> None:
        """Take the end of a mapping or a list, and bound its size."""
        self.count += count
        if self.count > self.limits.most:
            raise DoubtError
        self.closing = event
        if event.start_mark.index < event.end_mark.index:
            self.last = event
        elif last is not None:
            self.last = last


class _Known(NamedTuple):
    """A block that others repeat: its value, how many values it has, and its lines with that of its key."""

    value: Any
    size: int
    lines: int
    is_ordinary: bool


class _Outline:
    """Makes nodes of what is around entries, and puts back what was taken out of these."""

    __slots__ = ("_copied", "_copies", "_known", "_part", "_place", "_reduction", "_texts", "_values")

    def __init__(self, part: Part, reduction: Reduction, values: _Values) -> None:
        self._part = part
        self._place = reduction.place
        self._reduction = reduction
        self._values = values
        self._known: dict[str, _Known] = {}  # by what stands for it
        self._texts = self._copies = 0  # of those that were taken out, how many were put back
        self._copied: tuple[Any, int] = None, 0  # the event of the last block that was, and its lines

    @property
    def is_whole(self) -> bool:
        """Whether all that was taken out was put back."""
        return (self._texts, self._copies) == (len(self._reduction.texts), self._reduction.copies)

    def node(self, event: Any, depth: int) -> Node:
        """Return the value that an event begins."""
        if type(event) is yaml.ScalarEvent:
            value = self._values.scalar(event)
            if len(event.value) > self._values.limits.scalar:
                raise DoubtError
            return Node(value, self._part.path, self._place(event.start_mark), self._place(event.end_mark))
        if depth == _DEPTH:
            return self._entry(event)
        if type(event) is yaml.MappingStartEvent:
            return self._mapping(event, depth)
        if type(event) is yaml.SequenceStartEvent:
            return self._list(event, depth)
        raise DoubtError

    def _mapping(self, event: Any, depth: int) -> Node:
        holder, get = self._holder(event, {}), self._values.get
        event = get()
        while type(event) is yaml.ScalarEvent:
            name = self._values.keys.get(event.value) or self._values.key(event)
            if name in holder.positions or (self._values.is_odd and self._values.follows_mark(event)):
                raise DoubtError
            holder.positions[name] = self._place(event.start_mark), self._place(event.end_mark)
            holder.value[name] = self.node(get(), depth + 1)
            event = get()
        if type(event) is not yaml.MappingEndEvent:
            raise DoubtError
        return self._closed(holder, event, 2 * len(holder.value))

    def _list(self, event: Any, depth: int) -> Node:
        holder, get = self._holder(event, []), self._values.get
        while type(event := get()) is not yaml.SequenceEndEvent:
            holder.value.append(self.node(event, depth + 1))
            self._values.bound(len(holder.value))
        return self._closed(holder, event, len(holder.value))

    def _holder(self, event: Any, value: Any) -> Node:
        start = self._place(event.start_mark)
        return Node(value, self._part.path, start, start)

    def _closed(self, holder: Node, event: Any, count: int) -> Node:
        self._values.bound(len(holder.value))
        self._values.close(event, None, count)
        if event.start_mark.index < event.end_mark.index:
            holder.close(self._place(event.end_mark))
        return holder

    def _entry(self, event: Any) -> Node:
        """Return a mapping or a list as a plain value, and where it begins and ends."""
        values, place = self._values, self._place
        is_mapping, unusual = type(event) is yaml.MappingStartEvent, values.unusual
        value = self._fields() if is_mapping else values.inner(event, _DEPTH)
        start, end = place(event.start_mark), place(values.closing.end_mark)
        is_flow = values.closing.start_mark.index < values.closing.end_mark.index
        is_long = end.at - start.at > values.limits.scalar and self._has_long(value)
        if is_long or (event.flow_style and not is_flow):  # a pair without braces is read with its list alone
            raise DoubtError
        extent = Extent(start, end if is_flow else start, end.at, self._below())
        is_ordinary = self._is_ordinary(event.start_mark.index, has_usual=values.unusual == unusual)
        return Entry(self._part, value, extent, is_ordinary=is_ordinary)

    def _is_ordinary(self, start: int, *, has_usual: bool) -> bool:
        """Return whether there is no comment or backslash either in what was read since a position."""
        text, end = self._values.text, self._values.closing.end_mark.index
        return has_usual and text.find("#", start, end) < 0 and text.find("\\", start, end) < 0

    def _below(self) -> int:
        """Return the first line below the last value, from 1."""
        last = self._values.last
        event, lines = self._copied
        if last is event:
            return self._place(event.start_mark).line + lines
        end = self._place(last.end_mark)
        return end.line + (1 if end.column == 0 else 2)

    def _has_long(self, value: Any) -> bool:
        """Return whether there is a text in a plain value that is longer than allowed."""
        if isinstance(value, (dict, list)):
            return any(map(self._has_long, value.values() if isinstance(value, dict) else value))
        return isinstance(value, str) and len(value) > self._values.limits.scalar

    def _fields(self) -> dict[str, Any]:
        """Return the mapping that was opened, with what was taken out of it."""
        values, get = self._values, self._values.get
        made: dict[str, Any] = {}
        last = None
        while type(event := get()) is yaml.ScalarEvent:
            name = values.keys.get(event.value) or values.key(event)
            if name in made or (values.is_odd and values.follows_mark(event)):
                raise DoubtError
            last = get()
            if type(last) is yaml.ScalarEvent:
                value = values.scalar(last)
                is_taken = isinstance(value, str) and value.startswith(SIGN)
                made[name] = self._restored(last) if is_taken else value
            else:
                made[name] = self._block(last)
                last = None
        if type(event) is not yaml.MappingEndEvent:
            raise DoubtError
        values.bound(len(made))
        values.close(event, last, 2 * len(made))
        return made

    def _block(self, event: Any) -> Any:
        """Return a mapping or a list, which others may repeat."""
        values, before, unusual = self._values, self._values.count, self._values.unusual
        value = values.inner(event, _DEPTH + 1)
        start = event.start_mark.index
        repeated = self._reduction.repeated.get(start)
        if repeated is not None and values.closing.end_mark.index == repeated.until:
            lines = self._below() - self._place(event.start_mark).line + 1
            is_ordinary = self._is_ordinary(start, has_usual=values.unusual == unusual)
            size = values.count - before
            self._known[f"{SIGN}{repeated.number}"] = _Known(value, size, lines, is_ordinary)
        return value

    def _restored(self, event: Any) -> Any:
        """Return what a stand-in stands for."""
        stand_in, line_end, rest = event.value.partition("\n")
        if event.style == "|" and stand_in == f"{SIGN}{self._texts}" and self._reduction.texts:
            self._texts += 1
            return f"{self._reduction.texts[self._texts - 1]}{line_end}{rest}"
        if event.style == '"':
            return event.value  # by escapes: no text that was reduced has this itself
        known = self._known.get(stand_in)
        if event.style != "'" or known is None:
            raise DoubtError
        self._copies += 1
        self._copied = event, known.lines
        self._values.count += known.size
        self._values.unusual += not known.is_ordinary
        return known.value


def _is_legible(key: str) -> bool:
    """Return whether every character of a key can be read."""
    if key.isascii():
        return is_plain(key)
    return is_plain("".join(one for _, one in unseen(key))) and UNUSUAL.search(key) is None
