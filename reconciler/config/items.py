"""Items of lists, such as tools: inline or from files that assistants share, as the API takes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from reconciler.config.brought import moved
from reconciler.config.contract import flaw
from reconciler.config.document import declare
from reconciler.config.errors import ConfigError, ContentError
from reconciler.config.limits import CODES
from reconciler.config.shapes import FILE, listed
from reconciler.config.text import compose
from reconciler.dialects.written import InFile, keys, whole
from reconciler.model.canonical import canonical, exact
from reconciler.model.field import TAG

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.config.content import Root
    from reconciler.config.layers import Layers
    from reconciler.config.lint import Lint
    from reconciler.config.node import Node
    from reconciler.config.problems import Problems
    from reconciler.config.shapes import ItemShape
    from reconciler.config.source import Source
    from reconciler.dialects.written import Strict
    from reconciler.model.diagnostic import Diagnostic, Origin
    from reconciler.model.field import Items

Item = dict[str, Any]
_Words = tuple[str, bytes]  # a field, and what is written there: 1, 1.0 and true differ
_MOST_KNOWN = 10_000  # items, and lists, that are recognised by what they say


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where an item is written; ``at`` leads to it within a node."""

    source: Source
    node: Node
    at: tuple[str | int, ...] = ()

    def problem(self, code: str, message: str, *path: str | int, help: str = "") -> Diagnostic:  # noqa: A002 - the field's word
        origin: Origin = self.node.at(*self.at, *path)
        return self.source.diagnostic(code, message, origin, help=help)


@dataclass(frozen=True, slots=True)
class ItemList:
    """The items of a field as the API takes them, shared by all assistants that have equal ones.

    ``size`` counts the characters of their canonical texts; ``labels`` are what a prompt would call them.
    """

    items: list[Item]
    size: int = 0
    labels: frozenset[str] = frozenset()

    @classmethod
    def of(cls, row: Items, items: list[Item], sizes: dict[int, int]) -> ItemList:
        """Return some items as a list; ``sizes`` are those of items that were met before."""
        for item in items:
            if id(item) not in sizes:
                sizes[id(item)] = len(canonical(item))
        return cls(items, sum(sizes[id(item)] for item in items), frozenset(map(row.label, items)))


_EMPTY: Final = ItemList([])


@dataclass(frozen=True, slots=True)
class ItemLists:
    """Turns what a configuration declares into the objects of the API, and reads each file once.

    ``shapes`` are those of every field with items, by the tag of the item. ``lists`` has what was made of a
    list by the identity of that. ``inline`` has the items that are written in place and right, and ``equal``
    the lists of them, by what they say: the same words mean the same object. ``sizes`` are
    those of items by their identity.
    """

    root: Root
    lint: Lint
    shapes: Mapping[str, Mapping[str, ItemShape]]
    files: dict[tuple[str, str, tuple[str, ...]], Item | None] = field(default_factory=dict)
    lists: dict[tuple[str, int], tuple[Sequence[Any], ItemList]] = field(default_factory=dict)
    inline: dict[_Words, Item] = field(default_factory=dict)
    equal: dict[_Words, ItemList] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)

    def items(self, layers: Layers, row: Items, declared: Sequence[Any]) -> ItemList:
        """Return the items of a field, in order; an item that is wrong is reported and left out.

        A list that assistants share is looked at once. Items above the limit are not looked at.
        """
        key = row.name, id(declared)
        known = self.lists.get(key)
        if known is None:
            known = self.lists[key] = declared, self._list(layers, row, declared)
        return known[1]

    def _list(self, layers: Layers, row: Items, declared: Sequence[Any]) -> ItemList:
        if excess := row.too_many(len(declared)):
            layers.violated(row, excess)
            return _EMPTY
        if not declared:
            return _EMPTY
        plain = _plain(layers, row)
        words = row.name, exact(plain)
        return self.equal.get(words) or self._unknown(layers, row, declared, plain=plain, words=words)

    def _unknown(
        self, layers: Layers, row: Items, declared: Sequence[Any], *, plain: Sequence[Any], words: _Words
    ) -> ItemList:
        """Return what is made of a list that was not met before, and keep it where it is right."""
        contents = [(row.name, exact(one)) for one in plain]
        made = {
            number: self.inline.get(content) or self._item(layers, row, item, number, words=content)
            for number, (item, content) in enumerate(zip(declared, contents, strict=True))
        }
        items = {number: item for number, item in made.items() if item is not None}
        found, numbers = ItemList.of(row, [*items.values()], self.sizes), [*items]
        problems = [*row.problems(found.items)]
        for problem in problems:
            path = [numbers[step] if isinstance(step, int) else step for step in problem.path]
            layers.violated(row, problem, *path)
        if not problems and len(self.equal) < _MOST_KNOWN and all(one in self.inline for one in contents):
            self.equal[words] = found
        return found

    def _item(self, layers: Layers, row: Items, item: Any, number: int, *, words: _Words) -> Item | None:
        """Return one item of a list; what is in a file may be wrong, and is known by its path."""
        shapes = self.shapes[row.name]
        if isinstance(item, InFile):
            in_files = tuple(shape for shape in shapes.values() if shape.may_be_in_file)
            return self._read(layers, row, in_files, named=item.file, path=(number, FILE))
        if isinstance(item, dict):
            return item  # of a list without kinds
        shape = shapes[getattr(item, TAG, "")]
        inner = shape.kind.inner
        body = getattr(item, inner) if inner else item
        if isinstance(body, InFile):
            return self._read(layers, row, (shape,), named=body.file, path=(number, inner, FILE))
        layer = layers.layer(row.name)
        assert layer is not None  # noqa: S101 - it is declared
        spot = _Spot(layer.source, layer.node, (row.name, number, *([inner] if inner else ())))
        problems = [*_checked(row, shape, body, spot)]
        layers.problems.extend(problems)
        sent = _sent(shape, body)
        if not problems and len(self.inline) < _MOST_KNOWN:
            self.inline[words] = sent
        return sent

    def _read(
        self,
        layers: Layers,
        row: Items,
        shapes: tuple[ItemShape, ...],
        *,
        named: str,
        path: tuple[str | int, ...],
    ) -> Item | None:
        """Return the item in a file, of one of some shapes; ``path`` leads to where it is named."""
        try:
            located = self.root.locate(named, layers.beside(row.name))
            layers.uses(located, row.name, *path)
            key = located, row.name, tuple(shape.kind.tag for shape in shapes)
            if key not in self.files:
                self.files[key] = self._in_file(row, shapes, located, layers.problems)
        except ContentError as cause:
            layers.refused(_noun(row, shapes), cause, row.name, *path)
            return None
        return self.files[key]

    def _in_file(
        self, row: Items, shapes: tuple[ItemShape, ...], path: str, problems: Problems
    ) -> Item | None:
        """Return what is in a file: a whole item, or what is inside one."""
        source = self.root.source(path)
        try:
            node = compose(source, _expected(row, shapes))
        except ConfigError as cause:
            problems.extend(cause.diagnostics)
            return None
        problems.extend(self.lint.item(source, node))
        shape = _shape_of(node, shapes)
        if shape is None:
            known = listed([each.kind.tag for each in shapes], "or")
            problem = f"the file must have a type, {known}"
            problems.append(source.diagnostic("AS202", problem, node.at(TAG)))
            return None
        body = _declared(row, shape, source, node, problems=problems)
        return None if body is None else _sent(shape, body)


def _plain(layers: Layers, row: Items) -> list[Any]:
    """Return the items of a field as they are written."""
    layer = layers.declaring(row.name)
    assert layer is not None  # noqa: S101 - it is declared
    plain: list[Any] = layer.plain(row.name)
    return plain


def _shape_of(node: Node, shapes: tuple[ItemShape, ...]) -> ItemShape | None:
    """Return the shape that a file names by its type; without a type, the only one there is."""
    tag = node.child(TAG)
    named = [shape for shape in shapes if tag is not None and shape.kind.tag == tag.value]
    return named[0] if named else shapes[0] if len(shapes) == 1 else None


def _declared(row: Items, shape: ItemShape, source: Source, node: Node, problems: Problems) -> Strict | None:
    """Return the object in a file that says what an item is, and report what is wrong with it."""
    inner = shape.kind.inner
    is_whole = node.has(TAG) and (not inner or node.has(inner))
    if not is_whole and (tag := node.child(TAG)) and tag.value == shape.kind.tag:
        problems.append(_flat(source, node, shape))
    spot = _Spot(source, node, (inner,) if is_whole and inner else ())
    declared = declare(source, node, shape.whole if is_whole else shape.body, problems)
    body = getattr(declared, inner) if declared and is_whole and inner else declared
    if isinstance(body, InFile):
        problems.append(spot.problem("AS202", f"a {row.noun} file cannot name another", FILE))
        return None
    if body is not None:
        problems.extend(_checked(row, shape, body, spot))
    return body


def _flat(source: Source, node: Node, shape: ItemShape) -> Diagnostic:
    """Return the problem of a file that has a type beside what belongs inside, and take the type out."""
    remedy = f"{moved(shape.body, shape.kind.inner)}, or remove `{TAG}`"
    problem = source.diagnostic("AS201", f"unknown field `{TAG}`", node.key(TAG), help=remedy)
    del node.value[TAG]
    return problem


def _checked(row: Items, shape: ItemShape, body: Strict, spot: _Spot) -> Iterator[Diagnostic]:
    """Yield what is wrong with the key of an item, and with the JSON Schema in it."""
    kind = shape.kind
    key = getattr(body, kind.key, None) if kind.key else None
    for problem in row.key_problems(kind, key) if isinstance(key, str) else ():
        yield spot.problem(CODES[problem.limit], problem.message, *problem.path, help=problem.help)
    schema = getattr(body, kind.contract, None) if kind.contract else None
    wrong = flaw(schema, f"{kind.noun}'s {kind.contract}") if isinstance(schema, dict) else None
    if wrong is not None:
        yield spot.problem("AS417", wrong.message, kind.contract, *wrong.path, help=wrong.help)


def _sent(shape: ItemShape, body: Strict) -> Item:
    """Return an item as the API takes it, which has no null there."""
    kind = shape.kind
    written = whole(body)
    inside = {name: value for name, value in written.items() if value is not None and name != TAG}
    tag = {TAG: kind.tag} if kind.tag else {}
    return {**tag, kind.inner: inside} if kind.inner else {**tag, **inside}


def _noun(row: Items, shapes: Sequence[ItemShape]) -> str:
    """Return what a person calls the content of a file, without an article."""
    return shapes[0].kind.noun.partition(" ")[2] if len(shapes) == 1 else row.noun


def _expected(row: Items, shapes: Sequence[ItemShape]) -> str:
    """Return what to write into an empty file."""
    if len(shapes) > 1:
        return f"write the {row.noun}, with its type"
    return f"write the {_noun(row, shapes)}'s {listed(keys(shapes[0].body), 'and')}"
