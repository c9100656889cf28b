"""The file's shape: what may be written, strictly; pydantic's findings become located Diagnostics."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError

from reconciler.config.brought import Kinds, moved
from reconciler.config.problems import KEPT
from reconciler.config.shapes import shapes
from reconciler.dialects.written import Strict
from reconciler.model import pattern as re
from reconciler.model.diagnostic import Diagnostic, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic_core import ErrorDetails

    from reconciler.config.node import Node
    from reconciler.config.problems import Problems
    from reconciler.config.shapes import Document
    from reconciler.config.source import Source
    from reconciler.dialects import Dialect
    from reconciler.model.diagnostic import Origin


def schema(what: str, dialect: Dialect) -> str:
    """Return the JSON Schema of a configuration file, or of an environment in a file of its own, as text."""
    shape = shapes(dialect).environment if what == "environment" else shapes(dialect).document
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **shape.model_json_schema()}
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Declared:
    """What a file declares, and where."""

    source: Source
    node: Node
    document: Document


M = TypeVar("M", bound=Strict)
_MOST = 1_000  # errors of a file that are looked at together


def declare(source: Source, node: Node, shape: type[M], problems: Problems) -> M | None:
    """Return a node in a shape; None where something is wrong, which is reported at its position."""
    return _declared(source, node, value=node.plain(), shape=shape, problems=problems)


def salvage(source: Source, node: Node, shape: type[M], problems: Problems) -> M | None:
    """Return a whole file in its shape; what is wrong is left out, so that the rest can still be checked.

    None where too much is wrong.
    """
    rest = node.plain()
    try:
        return shape.model_validate(rest)
    except ValidationError as cause:
        if not isinstance(rest, dict) or cause.error_count() > _MOST:
            before = problems.total
            for part in _parts(rest):
                _declared(source, node, value=part, shape=shape, problems=problems)
                if problems.total >= before + KEPT:
                    break
            problems.count(cause.error_count() - (problems.total - before))
            return None
        errors = cause.errors(include_url=False)
        _report(source, node, shape, errors, problems=problems)
        for error in errors:
            path = _path(node, error)
            rest = _without(rest, path[: _depth(shape, path)])
        return shape.model_validate(rest)


def _declared(source: Source, node: Node, value: Any, shape: type[M], problems: Problems) -> M | None:
    try:
        return shape.model_validate(value)
    except ValidationError as cause:
        _report(source, node, shape, cause.errors(include_url=False), problems=problems)
        return None


def _parts(value: Any) -> Iterator[Any]:
    """Yield a file in parts: to describe each of a million errors takes a gigabyte."""
    if not isinstance(value, dict):
        yield value
        return
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            yield from ({key: {name: one}} for name, one in inner.items())
        else:
            yield {key: inner}


def _report(
    source: Source, node: Node, shape: type[Strict], errors: Sequence[ErrorDetails], problems: Problems
) -> None:
    causes = _causes(shape, errors)
    described = causes[:KEPT] if problems.describes_errors else ()
    problems.extend(_located(source, node, shape, error) for error in described)
    problems.count(len(causes) - len(described))


def _causes(shape: type[Strict], errors: Sequence[ErrorDetails]) -> Sequence[ErrorDetails]:
    """Return errors without those that only follow from one: fields that are outside of a missing object."""
    missing = [error["loc"] for error in errors if error["type"] == "missing"]
    bodies = {
        loc[:-1]: body for loc in missing if (body := _shape_at(shape, loc[:-1]).wrapped.get(str(loc[-1])))
    }
    return [error for error in errors if not _is_outside(error, bodies)]


def _is_outside(error: ErrorDetails, bodies: Mapping[tuple[str | int, ...], type[BaseModel]]) -> bool:
    body = bodies.get(error["loc"][:-1])
    return error["type"] == "extra_forbidden" and body is not None and error["loc"][-1] in body.model_fields


def _without(value: Any, path: Sequence[str | int]) -> Any:
    """Return a value without the field that a path names; what is around it is copied, not changed."""
    step, *inner = path
    if not isinstance(value, dict) or step not in value:
        return value
    if inner:
        return {**value, step: _without(value[step], inner)}
    return {name: one for name, one in value.items() if name != step}


def _depth(shape: Any, path: list[str | int]) -> int:
    """Return how many steps lead to the field that is left out: deeper, its neighbours would move."""
    if path[0] == "environments" and len(path) > 2:  # noqa: PLR2004 - environments, a name, and more
        return 2 + _depth(_annotation_at(shape, path[:2]), path[2:])
    depth = {"assistants": 3, "patches": 3, "defaults": 2, "vars": 2, "lint": 2}.get(str(path[0]), 1)
    is_mapping = get_origin(_bare(_annotation_at(shape, path[:depth]))) is dict
    return depth + (is_mapping and len(path) > depth > 1)  # its keys stand alone


def _path(node: Node, error: ErrorDetails) -> list[str | int]:
    """Return the path to an error, without the tags of unions."""
    path: list[str | int] = []
    for step in error["loc"]:
        if not _is_tag(step) or node.has(*path, step):
            path.append(step)
    return path


def _located(source: Source, node: Node, shape: type[Strict], error: ErrorDetails) -> Diagnostic:
    path = _path(node, error)
    if error["type"] == "extra_forbidden":
        return _unknown(source, node, _shape_at(shape, error["loc"][:-1]), path)
    message = f"{_shown(path) or 'the file'} {_sentence(error)}"
    if error["type"] == "missing":
        remedy = _belonging(shape, node, error, path)
        return source.diagnostic(
            "AS203", f"{_shown(path)} is missing", node.key(*path[:-1]), label="here", help=remedy
        )
    origin = node.at(*path)
    remedy = _item_meant(shape, error) or _remedy(error, source.written(origin))
    return source.diagnostic("AS202", message, origin, help=remedy)


def _belonging(shape: type[Strict], node: Node, error: ErrorDetails, path: Sequence[str | int]) -> str:
    """Return the remedy for a missing object whose fields are beside it, as other APIs write them."""
    inner = str(path[-1])
    body = _shape_at(shape, error["loc"][:-1]).wrapped.get(inner)
    is_flat = body is not None and any(node.has(*path[:-1], name) for name in body.model_fields)
    return moved(body, inner) if body is not None and is_flat else ""


def _unknown(source: Source, node: Node, shape: type[Strict], path: list[str | int]) -> Diagnostic:
    word = str(path[-1])
    known = [field.alias or name for name, field in shape.model_fields.items()]
    parent = f" in {_shown(path[:-1])}" if path[:-1] else ""
    origin: Origin = node.key(*path)
    hint = shape.foreign.get(word) or did_you_mean(word, known) or f"known fields: {', '.join(known)}"
    return source.diagnostic(
        "AS201", f"unknown field `{word}`{parent}", origin, label="not a field here", help=hint
    )


def _is_tag(step: str | int) -> bool:
    return isinstance(step, str) and step.startswith("<") and step.endswith(">")


def _shape_at(shape: type[Strict], path: Sequence[str | int]) -> type[Strict]:
    """Return the shape that a path with tags leads to."""
    found = _bare(_annotation_at(shape, path))
    return found if isinstance(found, type) and issubclass(found, Strict) else shape


def _annotation_at(annotation: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        annotation = _inside(_bare(annotation), step)
    return annotation


def _inside(annotation: Any, step: str | int) -> Any:
    """Return the annotation of a field, of an item, of a value by its key, or of the member with a tag."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {field.alias or name: field.annotation for name, field in annotation.model_fields.items()}
        return fields.get(str(step), annotation)
    members = get_args(annotation)
    if get_origin(annotation) in {list, dict}:
        return members[-1]
    tagged = {tag.tag: member for member in members for tag in get_args(member)[1:] if isinstance(tag, Tag)}
    return tagged.get(str(step), annotation)


def _bare(annotation: Any) -> Any:
    """Return an annotation without what is added to it, and without None."""
    members = [member for member in get_args(annotation) if member is not NoneType]
    is_optional = get_origin(annotation) in {Union, UnionType} and len(members) == 1
    return _bare(members[0]) if is_optional or get_origin(annotation) is Annotated else annotation


def _shown(path: Sequence[str | int]) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return f"`{text}`" if text else ""


_QUOTED = re.compile(r"'([^']*)'")
_CONTAINERS = {"dict_type": "{", "model_type": "{", "list_type": "["}
_KINDS = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    dict: "a mapping",
    list: "a list",
}


def _sentence(error: ErrorDetails) -> str:
    kind = _KINDS.get(type(error["input"]), "nothing")
    expected = {
        "string_type": "text",
        "bool_type": "true or false",
        "dict_type": "a mapping",
        "model_type": "a mapping",
        "list_type": "a list",
    }.get(error["type"])
    if expected:
        return f"must be {expected}, and is {kind}"
    if error["type"] in {"string_too_short", "too_short"}:
        return "must not be empty"
    if error["type"] == "string_pattern_mismatch":
        return "must be a code point, such as U+200D"
    sentence = str(error["msg"]).replace("Input should be", "must be")
    return f"{sentence}, and is {kind}" if error["type"] == "number" else sentence


def _remedy(error: ErrorDetails, written: str) -> str:
    kind, value = error["type"], error["input"]
    if kind in {"string_type", "value"} and isinstance(value, (bool, int, float)):
        return f'quote it: "{written}"'
    if kind == "bool_type" and isinstance(value, str):
        return "write it without quotes" if value in {"true", "false"} else "write true or false"
    if kind in {"dict_type", "model_type"} and value is None:
        return "write {} for an empty one"
    if kind in _CONTAINERS and isinstance(value, str) and value.lstrip()[:1] in _CONTAINERS[kind]:
        return "write it without quotes, or as indented lines"
    if kind == "list_type" and isinstance(value, str) and value in written:
        return f"write [{written}]"
    is_word = kind == "literal_error" and isinstance(value, str)
    return did_you_mean(value, _QUOTED.findall(error["ctx"]["expected"])) if is_word else ""


def _item_meant(shape: type[Strict], error: ErrorDetails) -> str:
    """Return what to write instead of an item of no known kind, or of one word instead of a list of items."""
    is_word = error["type"] == "list_type" and isinstance(error["input"], str)
    if error["type"] != "item" and not is_word:
        return ""
    loc = (*error["loc"], 0) if is_word else error["loc"]
    kinds = (each for each in get_args(_annotation_at(shape, loc)) if isinstance(each, Kinds))
    remedy = next((each.meant(error["input"]) for each in kinds), "")
    return f"{remedy}, as an item of a list" if remedy and is_word else remedy
