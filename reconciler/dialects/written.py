"""Shapes of what may be written in YAML: classes whose annotations are the fields of a mapping."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cache
from typing import Annotated, Any, ClassVar, TypeAlias, get_type_hints


class Strict:
    """A mapping without unknown fields, whose values are not converted; an object of it has what is written.

    A field without a value of the class is required. A name that ends in ``_`` stands for a key that is a
    word of Python. ``foreign`` has fields that other APIs have there, each with what to write instead.
    ``wrapped`` is the shape of what belongs inside, by the name of its field, for objects that other APIs
    write flat.
    """

    foreign: ClassVar[Mapping[str, str]] = {}
    wrapped: ClassVar[Mapping[str, type[Strict]]] = {}


@dataclass(frozen=True, slots=True)
class Exactly:
    """Added to an annotation: a value has one of these types, and no subtype; otherwise it ``must`` be that.

    ``schema`` is the JSON Schema, where it does not follow from the annotation.
    """

    types: frozenset[type]
    must: str
    schema: Mapping[str, Any] | None = dataclass_field(default=None, hash=False)


@dataclass(frozen=True, slots=True)
class NotEmpty:
    """Added to an annotation: a text or a list is not empty."""


@dataclass(frozen=True, slots=True)
class Matching:
    """Added to an annotation: a text matches a pattern."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Offered:
    """Added to an annotation: the one text that editors offer; others are read too, and refused later."""

    word: str


@dataclass(frozen=True, eq=False, slots=True)
class Choice:
    """Added to an annotation: one of several shapes, which ``tag`` distinguishes; None for none of them.

    ``kind`` and ``problem`` are for a value that has none of them. ``known`` explains such a value.
    """

    tag: Callable[[Any], str | None]
    members: Mapping[str, Any]
    kind: str
    problem: str
    known: Any = None


def fields(shape: type[Strict]) -> Mapping[str, Any]:
    """Return the annotation of each field by its name, those of the classes above first."""
    found: Any = shape
    return _fields(found)


@cache
def _fields(shape: Any) -> Mapping[str, Any]:
    return {name: kind for one in reversed(shape.__mro__) for name, kind in _own(one).items()}


def _own(shape: type) -> Mapping[str, Any]:
    """Return the fields that a class itself names."""
    named = vars(shape).get("__annotations__", {})
    kinds = {name: kind for name, kind in named.items() if "ClassVar[" not in str(kind)}
    like = type(shape.__name__, (), {"__annotations__": kinds, "__module__": shape.__module__})
    return get_type_hints(like, include_extras=True)


def is_required(shape: type[Strict], name: str) -> bool:
    """Return whether a field must be written: the class has no value for it."""
    return not any(name in vars(one) for one in shape.__mro__)


def key(name: str) -> str:
    """Return the key that a field has in YAML."""
    return name.removesuffix("_")


def keys(shape: type[Strict]) -> Sequence[str]:
    """Return the keys that a mapping of a shape may have."""
    return tuple(map(key, fields(shape)))


def given(record: Strict) -> Mapping[str, Any]:
    """Return the values that are written, by the names of their fields."""
    return vars(record)


def plain(value: Any) -> Any:
    """Return what is written as JSON has it."""
    return _plain(value, given)


def whole(value: Any) -> Any:
    """Return the same with every field that is not written, in the order of the shape."""
    return _plain(value, lambda record: {name: getattr(record, name) for name in fields(type(record))})


def _plain(value: Any, fields: Callable[[Strict], Mapping[str, Any]]) -> Any:
    if isinstance(value, Strict):
        return {key(name): _plain(inner, fields) for name, inner in fields(value).items()}
    if isinstance(value, list):
        return [_plain(inner, fields) for inner in value]
    return (
        {name: _plain(inner, fields) for name, inner in value.items()} if isinstance(value, dict) else value
    )


class Keyed(Strict, Mapping[str, Any]):
    """The shape of a field whose keys are managed one by one: an object is a mapping of what is written."""

    def __getitem__(self, word: str) -> Any:
        return {key(name): value for name, value in given(self).items()}[word]

    def __iter__(self) -> Iterator[str]:
        return iter([key(name) for name in given(self)])

    def __len__(self) -> int:
        return len(given(self))


class InFile(Strict):
    """A value that stands in a file of its own, named beside the YAML file."""

    file: str


class PromptFile(InFile):
    """A prompt in a file of its own; in a template ``${var.name}`` stands for a variable."""

    template: bool = False


class PromptParts(Strict):
    """A prompt made of several files, one after the other, each beginning on a line of its own."""

    include: Annotated[list[str], NotEmpty()]
    template: bool = False


class PromptText(Strict):
    """A prompt written here that is a template."""

    text: str
    template: bool = False


def _prompt_tag(value: Any) -> str | None:
    if isinstance(value, str):
        return "<words>"
    if not isinstance(value, Mapping):
        return None
    return next((f"<{form}>" for form in ("include", "text") if form in value), "<prompt>")


Prompt: TypeAlias = Annotated[
    Any,
    Choice(
        _prompt_tag,
        {"<words>": str, "<prompt>": PromptFile, "<include>": PromptParts, "<text>": PromptText},
        kind="prompt",
        problem="must be text, {file: PATH}, {include: [PATH, ...]} or {text: ...}",
    ),
]


class OnServer(Strict):
    """A file that is already on the server; attached and detached, never uploaded or deleted."""

    foreign: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("path", "file", "name"), "name a file of the project by its path alone: `- PATH`"),
        "file_id": "write `id:`",
    }
    id: Annotated[str, NotEmpty()]


def _path_or_id(value: Any) -> str | None:
    if isinstance(value, str):
        return "<path>"
    return "<id>" if isinstance(value, Mapping) else None


Attachment: TypeAlias = Annotated[
    Any,
    Choice(
        _path_or_id,
        {"<path>": str, "<id>": OnServer},
        kind="file",
        problem="must be a path or {id: file-...}",
    ),
]
