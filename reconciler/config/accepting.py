"""Values that have the shape which is asked for, taken as they are; DoubtError for all others.

What is wrong with those is explained elsewhere, by a library that takes longer to start than a small
configuration takes to read.
"""

from __future__ import annotations

from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar, Union, get_args, get_origin

from reconciler.config.outline import DoubtError
from reconciler.dialects.written import (
    Choice,
    Exactly,
    NotEmpty,
    Offered,
    Strict,
    fields,
    is_required,
    key,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_Take: TypeAlias = "Callable[[Any, _Known], Any]"
_Known: TypeAlias = "dict[tuple[_Take, int], tuple[Any, Any]]"  # lists that were taken before, by identity
S = TypeVar("S", bound=Strict)


def accepted(shape: type[S], value: Any) -> S:
    """Return a plain value as an object of a shape; a list that stands in several places is read once."""
    wanted: Any = shape
    taken: S = _record(wanted)(value, {})
    return taken


@cache
def _record(shape: Any) -> _Take:
    """Return what takes a mapping of a shape."""
    kinds = fields(shape)
    known_fields = {key(name): (name, _take(kind)) for name, kind in kinds.items()}
    required = frozenset(name for name in kinds if is_required(shape, name))

    def take(value: Any, known: _Known) -> Any:
        given = {}
        for word, inner in _exact(value, dict).items():
            name, inside = known_fields.get(word) or _refuse()
            given[name] = inside(inner, known)
        if not required <= given.keys():
            raise DoubtError
        record = shape()
        record.__dict__ = given
        return record

    return take


def _take(kind: Any) -> _Take:
    """Return what takes a value of an annotation."""
    origin, members = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _constrained(members[0], members[1:])
    if origin in {Union, UnionType}:
        return _optional([member for member in members if member is not NoneType], members)
    if origin in {list, dict}:
        return _list(_take(members[0])) if origin is list else _mapping(*map(_take, members))
    if origin is Literal:
        return lambda value, _: value if type(value) is str and value in members else _refuse()
    wanted: Any = kind
    is_shape = isinstance(kind, type) and issubclass(kind, Strict)
    return _record(wanted) if is_shape else _PLAIN.get(kind, _refuse)


def _constrained(kind: Any, added: tuple[Any, ...]) -> _Take:
    """Return what takes a value of an annotation to which something is added."""
    rule = added[0] if len(added) == 1 else None
    if isinstance(rule, Offered):
        return _take(kind)
    if isinstance(rule, Exactly):
        types = rule.types
        return lambda value, _: value if type(value) in types else _refuse()
    if isinstance(rule, NotEmpty):
        inside = _take(kind)
        return lambda value, known: inside(value, known) if value else _refuse()
    return _chosen(rule) if isinstance(rule, Choice) else _refuse


def _chosen(choice: Choice) -> _Take:
    """Return what takes a value of the shape that its tag names."""
    tag, members = choice.tag, {name: _take(member) for name, member in choice.members.items()}

    def take(value: Any, known: _Known) -> Any:
        chosen: _Take = members.get(tag(value) or "", _refuse)
        return chosen(value, known)

    return take


def _optional(present: Sequence[Any], members: Sequence[Any]) -> _Take:
    """Return what takes one of two, of which one is null."""
    if len(present) != 1 or len(members) == 1:
        return _refuse
    inside = _take(present[0])
    return lambda value, known: None if value is None else inside(value, known)


def _list(inside: _Take) -> _Take:
    def take(value: Any, known: _Known) -> Any:
        found = known.get((inside, id(value)))
        if found is None:
            taken = [inside(inner, known) for inner in _exact(value, list)]
            found = known[inside, id(value)] = value, taken
        return [*found[1]]  # each place has a list of its own: what is wrong is reported in all of them

    return take


def _mapping(name: _Take, inside: _Take) -> _Take:
    def take(value: Any, known: _Known) -> Any:
        found = _exact(value, dict).items()
        return {name(word, known): inside(inner, known) for word, inner in found}

    return take


def _exact(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise DoubtError
    return value


def _refuse(*_: Any) -> Any:
    raise DoubtError


_PLAIN: Mapping[Any, _Take] = {
    Any: lambda value, _: value,
    str: lambda value, _: _exact(value, str),
    bool: lambda value, _: _exact(value, bool),
    int: lambda value, _: _exact(value, int),
}
