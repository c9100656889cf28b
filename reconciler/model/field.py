"""The kinds of field: how a value of an object is compared, remembered, limited, sent, cleared and shown.

Nothing here names a field; the rows of a dialect do. None is the only absent value: 0 and false are values.

A *part* is what is compared and shown by itself: a value, a tool of a list, a pair of a mapping. Its *path*
is the name of the field, and a key where a field has several parts: ``tools.retrieval``, ``metadata.team``.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from sys import maxsize
from typing import TYPE_CHECKING, Any, ClassVar

from reconciler.model.canonical import canonical, digest, exact
from reconciler.model.characters import folded, normalised, quoted
from reconciler.model.mark import MARK_KEY, PROTECTED, Mark, key_digest, longest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from reconciler.model.resource import DesiredAssistant, LiveAssistant


class Shape(StrEnum):
    """What a part looks like to a renderer, which never sees a field."""

    VALUE = "value"
    PROSE = "prose"
    ITEM = "item"
    PAIR = "pair"
    FILES = "files"
    CONTENT = "content"


class Limit(StrEnum):
    """The kinds of limit that a value can violate."""

    LENGTH = "length"
    COUNT = "count"
    TWICE = "twice"
    RANGE = "range"
    PATTERN = "pattern"
    RESERVED = "reserved"
    SIZE = "size"
    TYPE = "type"


class Clear(StrEnum):
    """How a field is emptied: by null, by an empty value, or never."""

    NULL = "null"
    EMPTY = "empty"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Problem:
    """A limit that a value violates, located by its path inside the value; ``is_key``: the key is wrong."""

    limit: Limit
    message: str
    path: tuple[str | int, ...] = ()
    is_key: bool = False
    help: str = ""


@dataclass(frozen=True)
class Field:
    """One value, compared and replaced as a whole.

    ``letter`` stands for the field in the ownership mark; it is unique in a dialect and never reused.
    ``filled`` are values that the server sets where there is none: they are no difference from an absent
    value. ``written`` is the annotation of what may be written in YAML, where the kind of the field does not
    say it. An ``own`` field belongs to one assistant: no default of several gives it a value. A field that
    ``behaves`` affects what an assistant says and does, unlike one that only names or describes it.
    """

    name: str
    letter: str
    required: bool = field(default=False, kw_only=True)
    own: bool = field(default=False, kw_only=True)
    behaves: bool = field(default=True, kw_only=True)
    clear: Clear = field(default=Clear.NULL, kw_only=True)
    filled: tuple[Any, ...] = field(default=(), kw_only=True)
    written: Any = field(default=None, kw_only=True, compare=False)
    has_keys: ClassVar[bool] = False
    """Whether each part is managed by itself, and parts of other users are left alone."""

    @property
    def shape(self) -> Shape:
        """What a part looks like."""
        return Shape.VALUE

    def wanted(self, desired: DesiredAssistant) -> Any:
        """Return the desired value; None where it is cleared."""
        return desired.fields.get(self.name)

    def found(self, live: LiveAssistant) -> Any:
        """Return the live value, or None."""
        return live.fields.get(self.name)

    def is_managed(self, desired: DesiredAssistant) -> bool:
        """Return whether a configuration names the field."""
        return self.name in desired.fields

    def normal(self, value: Any) -> Any:
        """Return the form of a value in which equal values are alike; None for an absent one."""
        return value

    def present(self, value: Any) -> Any:
        """Return a value, or None where it counts as absent."""
        return value

    def parts(self, value: Any) -> Mapping[str, Any]:
        """Return the parts of a value by path, each in its normal form; none for an absent value."""
        found = self.normal(value)
        return {} if found is None else {self.name: found}

    def entire(self, value: Any) -> Mapping[str, Any]:
        """Return the parts of a value by path, each with everything that a server may have added."""
        return self.parts(value)

    def paths(self, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Iterable[str]:
        """Return the paths that are compared, of the parts of two values."""
        return dict.fromkeys([*wanted, *found])

    def is_equal(self, before: Any, after: Any) -> bool:
        """Return whether two parts, live and desired, are the same."""
        if before is after or (isinstance(before, str) and before == after):
            return True
        return canonical(before) == canonical(after) or (after is None and self._is_filled(before))

    def _is_filled(self, part: Any) -> bool:
        """Return whether the server may have set a value where there is none; True is not 1."""
        return bool(self.filled) and canonical(part) in map(canonical, self.filled)

    def digest(self, value: Any) -> str:
        """Return what a state remembers of an applied value; a filled one like none."""
        found = self.normal(value)
        return digest(None if self._is_filled(found) else found)

    def digests(self, value: Any) -> dict[str, str]:
        """Return what a state remembers, by path."""
        return {self.name: self.digest(value)}

    def agreed(self, wanted: Any, found: Any) -> Mapping[str, str] | None:
        """Return what a state remembers of a declared value, by path, where a server has just that one.

        None where the two may differ, and where a key or a value is there that only a comparison judges.
        """
        same = canonical(self.parts(wanted)) == canonical(self.parts(found))
        return self.digests(wanted) if same else None

    def at(self, value: Any, path: str) -> Any:  # noqa: ARG002 - a field with keys asks
        """Return what of a value a state remembers under a path."""
        return value

    def remembered(self, path: str) -> str:
        """Return the path under which a state remembers a part."""
        return path if self.has_keys else self.name

    def sent(self, changes: Mapping[str, Any], wanted: Any) -> Any:  # noqa: ARG002 - the same
        """Return what an update sends when these parts, by path, get these values."""
        if wanted is None and self.clear is Clear.EMPTY:
            return self.empty
        return wanted

    def is_form(self, wanted: Any, found: Any) -> bool:  # noqa: ARG002 - texts and lists have forms
        """Return whether a value that a server keeps may be its form of a wanted one."""
        return False

    def is_respelled(self, wanted: Any, found: Any) -> bool:  # noqa: ARG002 - texts are
        """Return whether two values differ by spaces, line ends or the Unicode form alone."""
        return False

    def keeps(self, before: Any, wanted: Any, found: Any) -> bool:  # noqa: ARG002 - lists have items
        """Return whether a value has a part that was to be removed."""
        return False

    def lacks(self, wanted: Any, found: Any) -> bool:
        """Return whether a value has not even a counterpart for what is wanted."""
        return self.normal(wanted) is not None and self.normal(found) is None

    def extends(self, before: Any, found: Any) -> bool:
        """Return whether a value has everything of an earlier one, unchanged."""
        return self.normal(before) is None or self.digest(before) == self.digest(found)

    def completed(self, wanted: Any, found: Any) -> Any:  # noqa: ARG002 - items may have more
        """Return a value to send, with everything that the live one has besides what is compared."""
        return wanted

    def forgets(self, before: Any, found: Any) -> bool:  # noqa: ARG002 - the same
        """Return whether a value lacks something of an earlier one besides what is compared."""
        return False

    @property
    def empty(self) -> Any:
        """What clears a field that null does not clear."""
        return ""

    def marked(self, path: str) -> str:
        """Return how an ownership mark remembers that a key is managed."""
        return key_digest(path)

    def inside(self, part: Any) -> Any:
        """Return what of a part is compared in detail."""
        return part

    def contract(self, part: Any) -> Mapping[str, Any] | None:  # noqa: ARG002 - a list of tools has them
        """Return the JSON Schema that applications rely on, where a part has one."""
        return None

    def problems(self, value: Any) -> Iterator[Problem]:  # noqa: ARG002 - most kinds have limits
        """Yield every limit that a value violates; where there are too many parts, this alone."""
        yield from ()

    def is_within(self, value: Any) -> bool:
        """Return whether a value violates no limit; faster than to look for what is wrong with it."""
        return next(iter(self.problems(value)), None) is None

    def too_many(self, number: int) -> Problem | None:  # noqa: ARG002 - the same
        """Return the problem of a value with so many parts; None where it may have them."""
        return None

    @property
    def limits(self) -> Iterator[tuple[Limit, str]]:
        """The limits in words, each with its kind, for the explanation of a rule."""
        yield from ()


@dataclass(frozen=True)
class Text(Field):
    """A text; the empty one counts as absent.

    ``limit`` is its length in code points. A ``prose`` is compared line by line, and may be in a file of its
    own. ``ends`` are values with the date on which their maker stops serving them, and
    ``successors`` what it names in their place. ``names`` marks the text by which users know an object.
    """

    limit: int | None = None
    prose: bool = False
    names: bool = field(default=False, kw_only=True)
    ends: Mapping[str, str] = field(default_factory=dict, compare=False)
    successors: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def shape(self) -> Shape:
        """PROSE for what is compared line by line."""
        return Shape.PROSE if self.prose else Shape.VALUE

    def normal(self, value: Any) -> Any:
        """Return a text, or None for an empty one."""
        return value or None

    def present(self, value: Any) -> Any:
        """Return a text, or None for an empty one."""
        return value or None

    def agreed(self, wanted: Any, found: Any) -> Mapping[str, str] | None:
        """Return the digest of a text that both sides have."""
        if type(wanted) is type(found) is str and wanted == found != "" and not self.filled:
            return {self.name: digest(wanted)}
        return super().agreed(wanted, found)

    def is_form(self, wanted: Any, found: Any) -> bool:
        """Return whether two texts differ in case, spaces, Unicode form, a prefix or a version alone."""
        return isinstance(wanted, str) and isinstance(found, str) and _is_alike(wanted, found)

    def is_respelled(self, wanted: Any, found: Any) -> bool:
        """Return whether two texts differ by outer spaces, line ends or the Unicode form alone."""
        return isinstance(wanted, str) and isinstance(found, str) and _spelled(wanted) == _spelled(found)

    def problems(self, value: Any) -> Iterator[Problem]:
        """Yield a length above the limit, and an empty text that would clear what is never cleared."""
        yield from _too_long(f"`{self.name}`", value, self.limit)
        if value == "" and self.clear is Clear.NEVER and not self.required:
            yield Problem(Limit.PATTERN, f"`{self.name}` cannot be cleared, so it must not be empty")

    def is_within(self, value: Any) -> bool:
        """Return whether a text violates no limit."""
        if value and type(value) is str:
            return self.limit is None or len(value) <= self.limit
        return super().is_within(value)

    @property
    def limits(self) -> Iterator[tuple[Limit, str]]:
        """The length."""
        if self.limit is not None:
            yield Limit.LENGTH, f"`{self.name}`: {self.limit:,} characters"


@dataclass(frozen=True)
class Number(Field):
    """A number between two bounds, which both belong to the range; None is no bound."""

    minimum: float | None = None
    maximum: float | None = None
    whole: bool = False

    def problems(self, value: Any) -> Iterator[Problem]:
        """Yield a value outside the range."""
        is_low = value is not None and self.minimum is not None and value < self.minimum
        is_high = value is not None and self.maximum is not None and value > self.maximum
        if is_low or is_high:
            yield Problem(Limit.RANGE, f"`{self.name}` is {value}; {self._range}")

    @property
    def _range(self) -> str:
        if self.maximum is None:
            return f"the minimum is {self.minimum}"
        if self.minimum is None:
            return f"the maximum is {self.maximum}"
        return f"the range is {self.minimum} to {self.maximum}"

    @property
    def limits(self) -> Iterator[tuple[Limit, str]]:
        """The range."""
        if self.minimum is not None or self.maximum is not None:
            yield Limit.RANGE, f"`{self.name}`: {self._range}"


@dataclass(frozen=True)
class Boolean(Field):
    """True or false."""


@dataclass(frozen=True)
class Json(Field):
    """Any JSON value, compared by its canonical form and replaced as a whole."""


@dataclass(frozen=True)
class ItemKind:
    """One kind of item in a list.

    ``tag`` is the value of its ``type``, empty where items have no type. ``inner`` names the object inside
    that says the rest. ``key`` names what tells two items of a tag apart; without it a list has one of them
    at most. ``written`` is the model of what may be written in that object, or in the item where there is
    none; without it an item is its tag alone. ``compared`` are the values that count: a server may add
    others, and ``added`` are those that every server of the dialect adds. ``contract`` names a JSON Schema
    that the applications rely on. ``key_limit`` and ``key_pattern`` bound the key, and ``key_help`` says how
    it is written.
    """

    tag: str = ""
    inner: str = ""
    key: str = ""
    compared: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    contract: str = ""
    noun: str = "an item"
    key_limit: int | None = None
    key_pattern: str = ""
    key_help: str = ""
    written: Any = field(default=None, compare=False)

    def body(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the object that says what an item is; an empty one where it is not there."""
        found = item.get(self.inner) if self.inner else item
        return found if isinstance(found, dict) else {}


_OTHER = ItemKind()
TAG = "type"
"""What says of which kind an item is."""
_LISTS = 1_000  # lists whose digests are kept


@dataclass(frozen=True)
class Items(Field):
    """A list of objects, compared as a set by key; written as a whole. ``noun`` is what users call one.

    ``foreign`` has tags of other APIs, each with what to write instead.
    """

    kinds: tuple[ItemKind, ...] = ()
    limit: int | None = None
    noun: str = "item"
    foreign: Mapping[str, str] = field(default_factory=dict, hash=False, kw_only=True)
    clear: Clear = field(default=Clear.EMPTY, kw_only=True)

    def __post_init__(self) -> None:
        if not self.kinds or ("" in self._by_tag and len(self.kinds) > 1):
            raise ValueError(f"{self.name}: a list has kinds of items, and a kind without a tag stands alone")

    @property
    def shape(self) -> Shape:
        """ITEM."""
        return Shape.ITEM

    @cached_property
    def _digests(self) -> dict[bytes, str]:
        """The digests of lists by their bytes, since many objects have the same items."""
        return {}

    @cached_property
    def _by_tag(self) -> Mapping[str, ItemKind]:
        return {kind.tag: kind for kind in self.kinds}

    def kind(self, item: Mapping[str, Any]) -> ItemKind:
        """Return the kind of an item; one that compares everything for an unknown tag."""
        return self._by_tag.get(str(item.get(TAG, "")), _OTHER)

    def key(self, item: Mapping[str, Any]) -> str:
        """Return what identifies an item: its tag, and its key where a tag may occur several times."""
        tag, name = item.get(TAG), self._own_key(item)
        if name is None:
            return str(tag)
        return f"{tag} {name}" if tag else name

    def label(self, item: Mapping[str, Any]) -> str:
        """Return what a prompt or a message calls an item: its key, or its tag."""
        name = self._own_key(item)
        return str(item.get(TAG)) if name is None else name

    def _own_key(self, item: Mapping[str, Any]) -> str | None:
        kind = self.kind(item)
        body = kind.body(item)
        return str(body.get(kind.key)) if kind.key and body else None

    def normal(self, value: Any) -> Any:
        """Return the items by key, without what a server may add; a key that is there again gets a number."""
        return {key: self._normal_item(item) for key, item in self._by_key(value).items()}

    def agreed(self, wanted: Any, found: Any) -> Mapping[str, str] | None:
        """Return the digest of a list of which both sides have the same items; each is normalised once."""
        try:
            texts = exact(wanted), exact(found)
        except ValueError:  # too deep, or not of JSON values alone
            texts = (b"", b"")
        if self.filled or not all(texts):
            return super().agreed(wanted, found)
        ours = self._digest_of(texts[0], wanted)
        same = texts[0] == texts[1] or ours == self._digest_of(texts[1], found)
        return {self.name: ours} if same else None

    def _digest_of(self, text: bytes, value: Any) -> str:
        known = self._digests.get(text)
        if known is None:
            if len(self._digests) >= _LISTS:
                self._digests.clear()
            known = self._digests[text] = self.digest(value)
        return known

    def _by_key(self, value: Any) -> dict[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        last = Counter[str]()  # numbers that a key had so far, so that none is tried twice
        for item in value or ():
            key = self.key(item)
            last[key] += 1
            while (numbered := f"{key} #{last[key]}" if last[key] > 1 else key) in found:
                last[key] += 1
            found[numbered] = item
        return found

    def _normal_item(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        kind = self.kind(item)
        body = kind.body(item)
        if kind is _OTHER or (kind.inner and not body):
            return dict(item)
        tag = {TAG: kind.tag} if kind.tag else {}
        kept = {name: body[name] for name in kind.compared if body.get(name) is not None}
        return {**tag, kind.inner: kept} if kind.inner else {**tag, **kept}

    def uncompared(self, item: Mapping[str, Any]) -> Sequence[str]:
        """Return the keys of an item that are not compared, and that no server adds by itself."""
        kind, normal = self.kind(item), self._normal_item(item)
        layers = [(item, normal)]
        if kind.inner:
            layers.append((kind.body(item), normal.get(kind.inner, {})))
        return [
            key
            for found, kept in layers
            for key, one in found.items()
            if key not in {*kept, *kind.added} and not _is_default(one)
        ]

    def parts(self, value: Any) -> Mapping[str, Any]:
        """Return the items by path."""
        return {f"{self.name}.{key}": item for key, item in self.normal(value).items()}

    def entire(self, value: Any) -> Mapping[str, Any]:
        """Return the items by path, as a server has them."""
        return {f"{self.name}.{key}": item for key, item in self._by_key(value).items()}

    def present(self, value: Any) -> Any:
        """Return the items without what a server may add, or None for an empty list."""
        return [*self.normal(value).values()] or None

    def completed(self, wanted: Any, found: Any) -> Any:
        """Return the items, each with what the live one of its key has besides what is compared.

        What servers add by themselves is left out: some refuse it.
        """
        if not wanted:
            return wanted
        live = self._by_key(found)
        return [self._completed(item, live.get(key, {})) for key, item in self._by_key(wanted).items()]

    def _completed(self, item: Mapping[str, Any], live: Mapping[str, Any]) -> Mapping[str, Any]:
        outer, inner = self._additions(live)
        if not (outer or inner):
            return item
        kind = self.kind(item)
        return {**outer, **item, **({kind.inner: {**inner, **kind.body(item)}} if inner else {})}

    def _additions(self, item: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Return what an item has besides what is compared, and the object inside it; no defaults."""
        kind = self.kind(item)
        if kind is _OTHER or (kind.inner and not kind.body(item)):
            return {}, {}
        outer = _besides(item, {TAG, kind.inner} if kind.inner else {TAG, *kind.compared})
        return outer, _besides(kind.body(item), kind.compared) if kind.inner else {}

    def forgets(self, before: Any, found: Any) -> bool:
        """Return whether an item lost what it had besides what is compared; other values of it may move."""
        kept = self._by_key(found)
        pairs = ((item, kept[key]) for key, item in self._by_key(before).items() if key in kept)
        return any(
            had.keys() - has.keys()
            for old, new in pairs
            for had, has in zip(self._additions(old), self._additions(new), strict=True)
        )

    @property
    def empty(self) -> Any:
        """An empty list."""
        return []

    def inside(self, part: Any) -> Any:
        """Return the object that says what an item is."""
        return self.kind(part).body(part) or part

    def contract(self, part: Any) -> Mapping[str, Any] | None:
        """Return the JSON Schema of an item's arguments; None for an item without one."""
        kind = self.kind(part)
        if not kind.contract or not kind.body(part):
            return None
        found = kind.body(part).get(kind.contract)
        return found if isinstance(found, dict) else {}

    def too_many(self, number: int) -> Problem | None:
        """Return the problem of more items than the limit."""
        return _too_many(number, self.name, self.limit)

    def problems(self, value: Any) -> Iterator[Problem]:
        """Yield too many items, and a key that is used twice."""
        items = value or ()
        if problem := self.too_many(len(items)):
            yield problem
            return
        seen = Counter[str]()
        for number, item in enumerate(items):
            seen[self.key(item)] += 1
            if seen[self.key(item)] > 1:
                message = f"the {self.noun} `{self.label(item)}` is listed twice"
                yield Problem(Limit.TWICE, message, (number,))

    def is_form(self, wanted: Any, found: Any) -> bool:
        """Return whether each item has a counterpart: a server adds defaults, and renames a kind of item."""
        items, kept = self.normal(wanted), self.normal(found)
        renamed = [key for key in items if key not in kept]
        strange = [self.kind(item) is _OTHER for key, item in kept.items() if key not in items]
        known = all(_completes(kept[key], item) for key, item in items.items() if key in kept)
        return known and all(strange) and len(renamed) == len(strange)

    def keeps(self, before: Any, wanted: Any, found: Any) -> bool:
        """Return whether an item is still there that was to be removed."""
        items = self.normal(found)
        stays = items.keys() & self.normal(before).keys() - self.normal(wanted).keys()
        return any(self.kind(items[key]) is not _OTHER for key in stays)

    def lacks(self, wanted: Any, found: Any) -> bool:
        """Return whether there are fewer items than wanted."""
        return len(self.normal(found)) < len(self.normal(wanted))

    def extends(self, before: Any, found: Any) -> bool:
        """Return whether a list has every item of an earlier one."""
        kept = self.normal(found)
        return all(key in kept and _contains(kept[key], item) for key, item in self.normal(before).items())

    def key_problems(self, kind: ItemKind, key: str) -> Iterator[Problem]:
        """Yield what is wrong with the key of an item."""
        yield from _too_long(f"{kind.noun}'s {kind.key}", key, kind.key_limit, kind.key)
        if kind.key_pattern and not re.fullmatch(kind.key_pattern, key):
            message = f"{quoted(key)} cannot be {kind.noun}'s {kind.key}"
            yield Problem(Limit.PATTERN, message, (kind.key,), help=kind.key_help)

    @property
    def limits(self) -> Iterator[tuple[Limit, str]]:
        """The number of items, and the length of their keys."""
        if self.limit is not None:
            yield Limit.COUNT, f"`{self.name}`: {self.limit:,}"
        for kind in self.kinds:
            if kind.key_limit is not None:
                yield Limit.LENGTH, f"{kind.noun}'s {kind.key}: {kind.key_limit:,} characters"
            if kind.key_help:
                yield Limit.PATTERN, f"{kind.noun}'s {kind.key}: {kind.key_help}"


@dataclass(frozen=True)
class Mapped(Field):
    """An object whose keys are managed one by one: an update sends the changed keys, null for a cleared one.

    Keys of other users are left alone.
    """

    limit: int | None = None
    key_limit: int | None = None
    value_limit: int | None = None
    has_keys: ClassVar[bool] = True

    @property
    def shape(self) -> Shape:
        """PAIR."""
        return Shape.PAIR

    def parts(self, value: Any) -> Mapping[str, Any]:
        """Return the values by path."""
        return {f"{self.name}.{key}": inner for key, inner in (value or {}).items()}

    def paths(self, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Iterable[str]:  # noqa: ARG002 - other keys are not ours
        """Return the paths of the keys that a configuration names."""
        return wanted

    def digest(self, value: Any) -> str:
        """Return what a state remembers of the value of one key."""
        return digest(value)

    def digests(self, value: Any) -> dict[str, str]:
        """Return what a state remembers, key by key."""
        return {path: self.digest(inner) for path, inner in self.parts(value).items()}

    def agreed(self, wanted: Any, found: Any) -> Mapping[str, str] | None:
        """Return the digests of keys that both sides have; None where there are others, or none."""
        new, old = self.parts(wanted), self.parts(found)
        same = bool(new) and canonical(new) == canonical(old)
        return self.digests(wanted) if same else None

    def marked(self, path: str) -> str:
        """Return how an ownership mark remembers that a key is managed, unlike any key of the metadata."""
        return key_digest(f"\0{path}")

    def at(self, value: Any, path: str) -> Any:
        """Return the value of the key that a path names."""
        return (value or {}).get(path.removeprefix(f"{self.name}."))

    def is_form(self, wanted: Any, found: Any) -> bool:
        """Return whether two values of a key differ in case, spaces, Unicode form or a prefix alone."""
        return isinstance(wanted, str) and isinstance(found, str) and _is_alike(wanted, found)

    def lacks(self, wanted: Any, found: Any) -> bool:
        """Return whether the value of a key is missing."""
        return self.present(wanted) is not None and self.present(found) is None

    def extends(self, before: Any, found: Any) -> bool:
        """Return whether the value of a key is still the same."""
        return self.present(before) is None or self.digest(before) == self.digest(found)

    def sent(self, changes: Mapping[str, Any], wanted: Any) -> Any:  # noqa: ARG002 - the others stay
        """Return the changed keys; None clears one."""
        return {path.removeprefix(f"{self.name}."): value for path, value in changes.items()}

    def too_many(self, number: int) -> Problem | None:
        """Return the problem of more keys than the limit."""
        return _too_many(number, f"{self.name} pairs", self.limit)

    def problems(self, value: Any) -> Iterator[Problem]:
        """Yield too many keys, and keys and values that are too long."""
        pairs = value or {}
        if problem := self.too_many(len(pairs)):
            yield problem
            return
        for key, inner in pairs.items():
            yield from _too_long(f"a {self.name} key", key, self.key_limit, key, is_key=True)
            yield from _too_long(f"the {self.name} value of `{key}`", inner, self.value_limit, key)

    @property
    def limits(self) -> Iterator[tuple[Limit, str]]:
        """The number of keys, and the lengths of keys and values."""
        if self.limit is not None:
            yield Limit.COUNT, f"`{self.name}`: {self.limit:,} pairs"
        if self.key_limit is not None:
            yield Limit.LENGTH, f"a {self.name} key: {self.key_limit:,} characters"
        if self.value_limit is not None:
            yield Limit.LENGTH, f"a {self.name} value: {self.value_limit:,} characters"


@dataclass(frozen=True)
class Pairs(Mapped):
    """The pairs of strings that users set, one of which is the ownership mark; a dialect has one such field.

    ``limit`` counts the ownership mark.
    """

    def found(self, live: LiveAssistant) -> Any:
        """Return the pairs without the ownership mark."""
        return {key: value for key, value in live.metadata.items() if key != MARK_KEY}

    def present(self, value: Any) -> Any:
        """Return the value of a key, or None for an empty one."""
        return value or None

    def is_equal(self, before: Any, after: Any) -> bool:
        """Return whether two values of a key are the same; some servers keep an empty one for none."""
        return before == after or (after is None and not before)

    def digest(self, value: Any) -> str:
        """Return what a state remembers of the value of one key; an empty value like none."""
        return digest(value or None)

    def agreed(self, wanted: Any, found: Any) -> Mapping[str, str] | None:
        """Return the digests of texts that both sides have; other keys are left alone."""
        pairs, prefix = wanted or {}, f"{self.name}."
        if not pairs and self.letter:
            return None
        known = {}
        for key, value in pairs.items():
            if not (type(value) is str and value and found.get(key) == value):
                return None
            known[prefix + key] = digest(value)
        return known

    def marked(self, path: str) -> str:
        """Return how an ownership mark remembers that a key is managed: marks have limited room."""
        return key_digest(path.removeprefix(f"{self.name}."))

    def too_many(self, number: int) -> Problem | None:
        """Return the problem of more pairs than the limit, beside the ownership mark."""
        if self.limit is None or number < self.limit:
            return None
        message = f"{number} {self.name} pairs; the limit is {self.limit - 1}, since one is ours"
        return Problem(Limit.COUNT, message)

    def problems(self, value: Any) -> Iterator[Problem]:
        """Yield too many pairs, texts that are too long, and the key of the ownership mark."""
        pairs = value or {}
        if problem := self.too_many(len(pairs)):
            yield problem
            return
        for key, inner in pairs.items():
            if key == MARK_KEY:
                message = f"the {self.name} key `{key}` is reserved for the ownership mark"
                yield Problem(Limit.RESERVED, message, (key,), is_key=True, help="choose another key")
            yield from _too_long(f"a {self.name} key", key, self.key_limit, key, is_key=True)
            yield from _too_long(f"the {self.name} value of `{key}`", inner, self.value_limit, key)

    def is_within(self, value: Any) -> bool:
        """Return whether some pairs violate no limit."""
        pairs = value or {}
        if MARK_KEY in pairs or self.too_many(len(pairs)):
            return False
        longest_key = maxsize if self.key_limit is None else self.key_limit
        longest_value = maxsize if self.value_limit is None else self.value_limit
        for key, inner in pairs.items():
            if len(key) > longest_key or (isinstance(inner, str) and len(inner) > longest_value):
                return False
        return True

    @property
    def limits(self) -> Iterator[tuple[Limit, str]]:
        """The same limits; one of the pairs is the ownership mark."""
        for limit, text in super().limits:
            yield limit, f"{text}, of which one is the ownership mark" if limit is Limit.COUNT else text
        yield Limit.RESERVED, f"`{MARK_KEY}` in `{self.name}`"


@dataclass(frozen=True)
class Files(Field):
    """The uploads of an object, a set; attached and detached one by one.

    ``limit`` is their number, ``largest`` the size of one in bytes. An object with an item of the tag
    ``searched`` in another field takes only files of the types in ``accepts``, which are suffixes such as
    ``.md``.
    """

    limit: int | None = None
    largest: int = 512 * 1024 * 1024
    searched: str = ""
    accepts: frozenset[str] = frozenset()

    @property
    def shape(self) -> Shape:
        """FILES."""
        return Shape.FILES

    def wanted(self, desired: DesiredAssistant) -> Any:
        """Return the references to uploads; None where they are not managed."""
        return desired.files

    def found(self, live: LiveAssistant) -> Any:
        """Return the ids of the uploads."""
        return live.file_ids

    def is_managed(self, desired: DesiredAssistant) -> bool:
        """Return whether a configuration names the files."""
        return desired.files is not None

    def present(self, value: Any) -> Any:
        """Return the ids, or None where there are none."""
        return value or None

    def digest(self, value: Any) -> str:
        """Return what a state remembers of the ids of uploads, in any order."""
        return digest(sorted(value or ()))

    def lacks(self, wanted: Any, found: Any) -> bool:
        """Return whether an upload is missing."""
        return not set(wanted or ()) <= set(found or ())

    def extends(self, before: Any, found: Any) -> bool:
        """Return whether every upload of before is still there."""
        return set(before or ()) <= set(found or ())

    def too_many(self, number: int) -> Problem | None:
        """Return the problem of more files than the limit."""
        return _too_many(number, self.name, self.limit)

    def problems(self, value: Any) -> Iterator[Problem]:
        """Yield too many files."""
        if problem := self.too_many(len(value or ())):
            yield problem

    @property
    def limits(self) -> Iterator[tuple[Limit, str]]:
        """The number of files, the size of one, and the types that can be searched."""
        if self.limit is not None:
            yield Limit.COUNT, f"`{self.name}`: {self.limit:,}"
        yield Limit.SIZE, f"one of `{self.name}`: {_size(self.largest)}"
        if self.searched:
            yield Limit.TYPE, f"`{self.searched}` reads {' '.join(sorted(self.accepts))}"


@dataclass(frozen=True)
class Fields:
    """The fields of a dialect, in the order in which they are shown and sent.

    ``foreign`` has fields of other APIs, each with what to write instead.
    """

    rows: tuple[Field, ...]
    foreign: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        letters = [row.letter for row in self.rows if row.letter]
        if len({*letters, PROTECTED}) != len(letters) + 1 or len(self.by_name) != len(self.rows):
            raise ValueError("two fields have the same name, or the same letter in the ownership mark")
        if not all(re.fullmatch("[a-z]", row.letter) or isinstance(row, Pairs) for row in self.rows):
            raise ValueError("the letter of a field in the ownership mark is one of a to z")
        if any("." in row.name for row in self.rows):
            raise ValueError("the name of a field has no dot: a dot separates it from a key")
        if sum(isinstance(row, Pairs) for row in self.rows) != 1:
            raise ValueError("exactly one field must carry the ownership mark")
        if sum(isinstance(row, Text) and row.names for row in self.rows) > 1:
            raise ValueError("at most one field names an object")
        keys = sum(row.limit or 10**6 for row in self.keyed) - 1  # the pair of the mark itself is no key
        if self.pairs.value_limit is not None and longest(len(letters), keys) > self.pairs.value_limit:
            raise ValueError("the ownership mark of all these fields is too long for one value")

    def __iter__(self) -> Iterator[Field]:
        return iter(self.rows)

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """Every field by its name."""
        return {row.name: row for row in self.rows}

    def row(self, path: str) -> Field | None:
        """Return the field that a path belongs to; None where the dialect has no such field."""
        return self.by_name.get(path.partition(".")[0])

    @cached_property
    def pairs(self) -> Pairs:
        """The field that carries the ownership mark."""
        return next(row for row in self.rows if isinstance(row, Pairs))

    @cached_property
    def title(self) -> Text | None:
        """The field with the name by which users know an object, where a dialect has one."""
        return next((row for row in self.rows if isinstance(row, Text) and row.names), None)

    @cached_property
    def files(self) -> Files | None:
        """The field with the uploads, where a dialect has one."""
        return next((row for row in self.rows if isinstance(row, Files)), None)

    @cached_property
    def values(self) -> Sequence[Field]:
        """Every field whose value an update sends; uploads are attached instead."""
        return tuple(row for row in self.rows if not isinstance(row, Files))

    @cached_property
    def plain(self) -> Sequence[Field]:
        """Every field but the metadata and the files."""
        return tuple(row for row in self.values if not isinstance(row, Pairs))

    def letters(self, names: Collection[str]) -> str:
        """Return the letters of some fields, in the order of the table."""
        return "".join(row.letter for row in self.rows if row.name in names)

    def names(self, letters: Collection[str]) -> frozenset[str]:
        """Return the names of the fields that some letters stand for."""
        return frozenset(row.name for row in self.rows if row.letter and row.letter in letters)

    def recognised(self, mark: Mark | None) -> Mark | None:
        """Return a mark without the letters of fields that only a newer version has."""
        known = {PROTECTED, *(row.letter for row in self.rows)}
        return mark and replace(mark, letters="".join(one for one in mark.letters if one in known))

    @cached_property
    def keyed(self) -> Sequence[Mapped]:
        """Every field whose keys are managed one by one."""
        return tuple(row for row in self.rows if isinstance(row, Mapped))

    def key_digests(self, paths: Iterable[str]) -> frozenset[str]:
        """Return how an ownership mark remembers the keys among some paths."""
        rows = {row.name: row for row in self.keyed}
        keys = ((rows.get(path.partition(".")[0]), path) for path in paths if "." in path)
        return frozenset(row.marked(path) for row, path in keys if row is not None)

    def mark_of(self, paths: Collection[str], *, is_protected: bool) -> tuple[str, frozenset[str]]:
        """Return the letters and the key digests that a mark has for some managed paths."""
        letters = self.letters({path.partition(".")[0] for path in paths})
        return letters + PROTECTED * is_protected, self.key_digests(paths)

    def created(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a create sends of some values: no key that is cleared."""
        rows = {row.name for row in self.keyed}
        return {
            name: {key: inner for key, inner in value.items() if inner is not None} if name in rows else value
            for name, value in values.items()
        }


def _is_alike(wanted: str, found: str) -> bool:
    one, other = _folded(wanted), _folded(found)
    if not one or one == other:
        return bool(one)
    return other.startswith(f"{one}-") or other.endswith((f"/{one}", f":{one}"))


def _spelled(text: str) -> str:
    return normalised("NFC", text.replace("\r\n", "\n").strip())


def _folded(text: str) -> str:
    """Return a text without spaces, in one case and one Unicode form."""
    return "".join(folded(normalised("NFKC", text)).split())


_DEFAULTS = frozenset({"", False, None, "object"})


def _is_default(value: Any) -> bool:
    """Return whether a JSON value is one that servers add to a function."""
    if isinstance(value, dict):
        return all(map(_is_default, value.values()))
    return value == [] if isinstance(value, list) else value in _DEFAULTS


def _besides(value: Mapping[str, Any], names: Collection[str]) -> Mapping[str, Any]:
    return {name: one for name, one in value.items() if name not in names and not _is_default(one)}


def _completes(whole: Any, part: Any) -> bool:
    """Return whether a JSON value has everything of another one, and defaults besides."""
    if isinstance(whole, dict) and isinstance(part, dict):
        added = [inner for key, inner in whole.items() if key not in part]
        same = all(key in whole and _completes(whole[key], inner) for key, inner in part.items())
        return same and all(map(_is_default, added))
    return _contains(whole, part)


def _contains(whole: Any, part: Any) -> bool:
    """Return whether a JSON value has everything of another one, and perhaps more."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and _contains(whole[key], inner) for key, inner in part.items())
    if isinstance(whole, str) and isinstance(part, str):
        return whole == part or _folded(whole) == _folded(part)
    return canonical(whole) == canonical(part)


def _too_long(what: str, text: Any, limit: int | None, *path: str, is_key: bool = False) -> Iterator[Problem]:
    if isinstance(text, str) and limit is not None and len(text) > limit:
        message = f"{what} has {len(text):,} characters; the limit is {limit:,}"
        yield Problem(Limit.LENGTH, message, path, is_key=is_key)


def _size(number: int) -> str:
    whole, rest = divmod(number, 1024 * 1024)
    return f"{number:,} bytes" if rest else f"{whole:,} MiB"


def _too_many(number: int, what: str, limit: int | None) -> Problem | None:
    if limit is None or number <= limit:
        return None
    return Problem(Limit.COUNT, f"{number} {what}; the limit is {limit}")
