"""The shapes of what may be written, as models of pydantic, which can say what is wrong with a value."""

from __future__ import annotations

import json
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Tag,
    WithJsonSchema,
    WrapValidator,
    create_model,
)
from pydantic import Field as Written
from pydantic_core import PydanticCustomError

from reconciler.config.shapes import shapes
from reconciler.dialects.written import (
    Choice,
    Exactly,
    Matching,
    NotEmpty,
    Offered,
    Strict,
    fields,
    is_required,
    key,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.dialects import Dialect

_UNION: Any = Union  # its arguments are known at run time only


def schema(what: str, dialect: Dialect) -> str:
    """Return the JSON Schema of a configuration file, or of an environment in a file of its own, as text."""
    shape = shapes(dialect).environment if what == "environment" else shapes(dialect).document
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model(shape).model_json_schema()}
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


class Model(BaseModel):
    """A shape for pydantic."""

    shape: ClassVar[type[Strict]]
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, protected_namespaces=())


def model(shape: type[Strict]) -> type[Model]:
    """Return a shape as pydantic has it."""
    wanted: Any = shape
    return _model(wanted)


@cache
def _model(shape: Any) -> type[Model]:
    named: dict[str, Any] = {
        name: (_kind(kind), _default(shape, name)) for name, kind in fields(shape).items()
    }
    made: type[Model] = create_model(shape.__name__, __base__=Model, __doc__=shape.__doc__, **named)
    made.shape = shape
    return made


def _default(shape: type[Strict], name: str) -> Any:
    """Return what pydantic knows of a field beside its annotation."""
    value = ... if is_required(shape, name) else getattr(shape, name)
    value = model(type(value))() if isinstance(value, Strict) else value
    return Written(default=value, alias=key(name)) if key(name) != name else value


def _kind(kind: Any) -> Any:
    """Return an annotation as pydantic has it."""
    origin, members = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _constrained(_kind(members[0]), members[1:])
    if origin in {Union, UnionType}:
        return _UNION[tuple(map(_kind, members))]
    if origin in {list, dict}:
        return origin[tuple(map(_kind, members))]
    return model(kind) if isinstance(kind, type) and issubclass(kind, Strict) else kind


def _constrained(kind: Any, added: tuple[Any, ...]) -> Any:
    """Return an annotation with what is added to it."""
    for rule in added:
        if isinstance(rule, Choice):
            members = [Annotated[_kind(member), Tag(tag)] for tag, member in rule.members.items()]
            choice = Discriminator(rule.tag, custom_error_type=rule.kind, custom_error_message=rule.problem)
            known = (rule.known,) if rule.known else ()
            kind = Annotated[(_UNION[tuple(members)], choice, *known)]
        else:
            for one in _added(rule):
                kind = Annotated[kind, one]
    return kind


def _added(rule: Any) -> tuple[Any, ...]:
    if isinstance(rule, Exactly):
        checked = _checked(rule)
        if rule.schema is None:
            return (BeforeValidator(checked),)
        return WrapValidator(lambda value, _: checked(value)), WithJsonSchema(dict(rule.schema))
    if isinstance(rule, NotEmpty):
        return (Written(min_length=1),)
    if isinstance(rule, Matching):
        return (Written(pattern=rule.pattern),)
    return (Written(json_schema_extra={"enum": [rule.word]}) if isinstance(rule, Offered) else rule,)


def _checked(rule: Exactly) -> Callable[[Any], Any]:
    def checked(value: Any) -> Any:
        if type(value) in rule.types:
            return value
        raise PydanticCustomError("number" if rule.schema else "value", "{must}", {"must": rule.must})

    return checked


def record(value: Any) -> Any:
    """Return what pydantic read as objects of our shapes."""
    if isinstance(value, Model):
        made = type(value).shape()
        vars(made).update({name: record(getattr(value, name)) for name in value.model_fields_set})
        return made
    if isinstance(value, dict):
        return {name: record(inner) for name, inner in value.items()}
    return [record(inner) for inner in value] if isinstance(value, list) else value
