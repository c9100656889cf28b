"""The shapes of what may be written in YAML, built from the fields of a dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional, TypeAlias

from reconciler.config.brought import Kinds
from reconciler.dialects.written import (
    Attachment,
    Choice,
    Exactly,
    InFile,
    Matching,
    Offered,
    Prompt,
    Strict,
    keys,
)
from reconciler.model.field import (
    TAG,
    Boolean,
    Clear,
    Field,
    Files,
    ItemKind,
    Items,
    Mapped,
    Number,
    Pairs,
    Text,
)

if TYPE_CHECKING:
    from reconciler.dialects import Dialect

FILE = "file"
"""The key under which a file is named."""

_OF_MANY = "Values of every assistant of the same file that does not name its own."
_OF_ONE = "One assistant; a field that is not named is not managed, null clears."
_LITERAL: Any = Literal  # its arguments are known at run time only
_LIST: Any = list
_OPTIONAL: Any = Optional


Value: TypeAlias = Annotated[
    str | int | None, Exactly(frozenset({str, int, NoneType}), "must be text or a whole number")
]
"""What a variable stands for; None has to be given by an environment or by --var."""


class Lifecycle(Strict):
    """What apply may do to an assistant."""

    prevent_destroy: bool = False
    ignore_changes: list[str] = []


class Values(Strict):
    """Values of the fields of a dialect; a dialect adds these."""

    if TYPE_CHECKING:
        lifecycle: Lifecycle | None = None


class Import(Strict):
    """An object on the server that the configuration takes over, and the owner that its mark may name."""

    id: str
    to: str
    from_: str = ""


class Environment(Strict):
    """What one environment changes; a patch takes the place of the fields it names."""

    vars: dict[str, Value] = {}
    patches: dict[str, Values] = {}
    import_: list[Import] = []


class Move(Strict):
    """An assistant that was known under another address."""

    from_: str
    to: str


class Allowed(Strict):
    """A finding that a reviewer accepts: the code of the rule, the address or path, and the reason."""

    code: str
    in_: str
    reason: str


class Lint(Strict):
    """Exceptions from rules that guess."""

    allow: list[Allowed] = []
    allow_characters: list[Annotated[str, Matching(r"^U\+(10|[0-9A-F])?[0-9A-F]{4}$")]] = []


class Document(Strict):
    """One configuration file."""

    project: str = ""
    dialect: str = ""
    state: str = ""
    vars: dict[str, Value] = {}
    defaults: Values = Values()
    assistants: dict[str, Values] = {}
    environments: dict[str, Environment] = {}
    moved: list[Move] = []
    removed: list[str] = []
    import_: list[Import] = []
    lint: Lint = Lint()


@dataclass(frozen=True, slots=True)
class ItemShape:
    """What may be written of one kind of item: the whole item, and the object that says what it is."""

    kind: ItemKind
    whole: type[Strict]
    body: type[Strict]

    @property
    def may_be_in_file(self) -> bool:
        """Whether there is anything to write in a file of its own."""
        return bool(keys(self.body)) and FILE not in keys(self.body)


@dataclass(frozen=True, slots=True)
class Shapes:
    """What may be written in one dialect; ``items`` by the name of the field and the tag of the item."""

    document: type[Document]
    environment: type[Environment]
    items: Mapping[str, Mapping[str, ItemShape]]


@cache
def shapes(dialect: Dialect) -> Shapes:
    """Return what may be written in a dialect."""
    rows = tuple(dialect.fields)
    if "lifecycle" in dialect.fields.by_name:
        raise ValueError("no field can be called lifecycle, which says what apply may do")
    items = {row.name: _item_shapes(row) for row in rows if isinstance(row, Items)}
    named = {row.name: (_annotation(row, items), None) for row in rows}
    of_many = {row.name: named[row.name] for row in rows if not row.own}
    of_one = {row.name: named[row.name] for row in rows if row.own}
    lifecycle = {"lifecycle": (_OPTIONAL[_lifecycle([*named])], None)}
    defaults = _made("Defaults", Values, _OF_MANY, {**of_many, **lifecycle})
    assistant = _made("Assistant", defaults, _OF_ONE, of_one)
    defaults.foreign = assistant.foreign = dialect.fields.foreign
    environment = _made("Environment", Environment, "", {"patches": (_mapping(assistant), {})})
    files = {
        "dialect": (Annotated[str, Offered(dialect.name)], dialect.name),
        "defaults": (defaults, defaults()),
        "assistants": (_mapping(assistant), {}),
        "environments": (_mapping(environment), {}),
    }
    document = _made("Document", Document, "", files)
    return Shapes(document, environment, items)


def listed(words: Sequence[str], last: str) -> str:
    """Return words as a sentence lists them, such as "a, b or c"."""
    *before, end = words
    return f"{', '.join(before)} {last} {end}" if before else end


def _made(title: str, parent: type[Strict], text: str, fields: Mapping[str, Any]) -> Any:
    """Return a shape with further fields, each with its annotation and, if it is not required, its value."""
    values = {name: value for name, (_, value) in fields.items() if value is not ...}
    kinds = {name: kind for name, (kind, _) in fields.items()}
    named = {"__doc__": text or parent.__doc__, "__annotations__": kinds, "__module__": __name__}
    return type(title, (parent,), {**named, **values})


def _mapping(shape: Any) -> Any:
    return dict[str, shape]


def _lifecycle(names: Sequence[str]) -> Any:
    return _made("Lifecycle", Lifecycle, "", {"ignore_changes": (_LIST[_LITERAL[tuple(names)]], [])})


def _annotation(row: Field, items: Mapping[str, Mapping[str, ItemShape]]) -> Any:
    """Return what a value may be; null wherever it clears, or says itself what is missing."""
    value = row.written
    if value is None:
        value = _item_list(row, items[row.name]) if isinstance(row, Items) else _value(row)
    return value if row.clear is Clear.NEVER and not row.required else _OPTIONAL[value]


def _value(row: Field) -> Any:
    if isinstance(row, Text):
        return Prompt if row.prose else str
    if isinstance(row, Number):
        return _number(row)
    kinds = {Boolean: bool, Pairs: dict[str, str | None], Mapped: dict[str, Any], Files: list[Attachment]}
    return next((value for kind, value in kinds.items() if isinstance(row, kind)), Any)


def _number(row: Number) -> Any:
    """Return a number that stays what it is: 1 is not 1.0."""
    bounds = {"minimum": row.minimum, "maximum": row.maximum}
    schema = {"type": "integer" if row.whole else "number"} | {
        name: bound for name, bound in bounds.items() if bound is not None
    }
    kinds, noun = ({int}, "a whole number") if row.whole else ({int, float}, "a number")
    return Annotated[float, Exactly(frozenset(kinds), f"must be {noun}", schema)]


def _item_shapes(row: Items) -> dict[str, ItemShape]:
    return {kind.tag: _item_shape(row, kind) for kind in row.kinds}


def _item_shape(row: Items, kind: ItemKind) -> ItemShape:
    body: type[Strict] = kind.written or _made(
        kind.tag.title().replace("_", ""), Strict, f"{kind.tag} and nothing else.", {}
    )
    tag: dict[str, Any] = {TAG: (_LITERAL[kind.tag], ...)} if kind.tag else {}
    text = body.__doc__ or ""
    if not kind.inner:
        return ItemShape(kind, _made(body.__name__, body, text, tag) if tag else body, body)
    name = body.__name__ + row.noun.title().replace(" ", "")
    text = f"{kind.noun.capitalize()}, inline or in a file of its own."
    inner = {kind.inner: (_inline_or_file(row, kind, body), ...)}
    whole = _made(name, Strict, text, {**tag, **inner})
    whole.wrapped, whole.foreign = {kind.inner: body}, body.foreign
    return ItemShape(kind, whole, body)


def _inline_or_file(row: Items, kind: ItemKind, body: type[Strict]) -> Any:
    inline, file = f"<{row.name}:{kind.tag}:inline>", f"<{row.name}:{kind.tag}:file>"

    def tag(value: Any) -> str | None:
        if not isinstance(value, Mapping):
            return None
        return file if FILE in value else inline

    problem = f"must have {listed(keys(body), 'and')}, or be {{file: PATH}}"
    return Annotated[Any, Choice(tag, {inline: body, file: InFile}, kind="body", problem=problem)]


def _item_list(row: Items, kinds: Mapping[str, ItemShape]) -> Any:
    """Return a list of items, each recognised by its tag, or in a file of its own."""
    if not kinds:
        return list[dict[str, Any]]
    members: dict[str, Any] = {_tag(row, name): shape.whole for name, shape in kinds.items()}
    in_file = f"<{row.name}>"
    has_files = any(shape.may_be_in_file for shape in kinds.values())
    if has_files:
        members[in_file] = InFile
    if len(members) == 1:
        return _LIST[next(iter(kinds.values())).whole]

    def tag(value: Any) -> str | None:
        if not isinstance(value, Mapping):
            return None
        kind = value.get(TAG)
        if kind is None and has_files and FILE in value:
            return in_file
        kind = "" if kind is None else kind
        return _tag(row, kind) if isinstance(kind, str) and kind in kinds else None

    tags = [name for name in kinds if name]
    problem = f"must have a type, {listed(tags, 'or')}" if tags else "must be a mapping"
    known = Kinds(row, {name: shape.body for name, shape in kinds.items() if name})
    choice = Choice(
        tag, members, kind="item", problem=problem + ", or be {file: PATH}" * has_files, known=known
    )
    return _LIST[Annotated[Any, choice]]


def _tag(row: Items, name: str) -> str:
    return f"<{row.name}:{name}>"
