"""What is wrong with a file: the errors that pydantic finds become Diagnostics at their positions."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError

from reconciler.config.accepting import accepted
from reconciler.config.brought import Kinds, moved
from reconciler.config.models import model, record
from reconciler.config.outline import DoubtError
from reconciler.config.problems import KEPT
from reconciler.dialects.written import Choice, Strict, fields, key, keys
from reconciler.model import pattern as re
from reconciler.model.diagnostic import Diagnostic, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic_core import ErrorDetails

    from reconciler.config.node import Node
    from reconciler.config.problems import Problems
    from reconciler.config.source import Source
    from reconciler.model.diagnostic import Origin

S = TypeVar("S", bound=Strict)
_MOST = 1_000  # errors of a file that are looked at together


def explained(source: Source, node: Node, shape: type[S], problems: Problems) -> S | None:
    """Return a node in a shape; None where something is wrong, which is reported at its position."""
    return _declared(source, node, value=node.plain(), shape=shape, problems=problems)


def rest_of(source: Source, node: Node, shape: type[S], problems: Problems) -> S | None:
    """Return what is right of a whole file, in its shape; None where too much is wrong."""
    rest = node.plain()
    try:
        return _read(shape, rest)
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
        return _taken(shape, rest)


def _taken(shape: type[S], value: Any) -> S:
    """Return a value of which nothing is wrong any more."""
    try:
        return accepted(shape, value)
    except DoubtError:
        return _read(shape, value)


def _read(shape: type[S], value: Any) -> S:
    """Return a value in a shape; ValidationError where it has another."""
    read: S = record(model(shape).model_validate(value))
    return read


def _declared(source: Source, node: Node, value: Any, shape: type[S], problems: Problems) -> S | None:
    try:
        return _read(shape, value)
    except ValidationError as cause:
        _report(source, node, shape, cause.errors(include_url=False), problems=problems)
        return None


def _parts(value: Any) -> Iterator[Any]:
    """Yield a file in parts: to describe each of a million errors takes a gigabyte."""
    if not isinstance(value, dict):
        yield value
        return
    for word, inner in value.items():
        if isinstance(inner, dict) and inner:
            yield from ({word: {name: one}} for name, one in inner.items())
        else:
            yield {word: inner}


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


def _is_outside(error: ErrorDetails, bodies: Mapping[tuple[str | int, ...], type[Strict]]) -> bool:
    body = bodies.get(error["loc"][:-1])
    return error["type"] == "extra_forbidden" and body is not None and error["loc"][-1] in keys(body)


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
    is_flat = body is not None and any(node.has(*path[:-1], name) for name in keys(body))
    return moved(body, inner) if body is not None and is_flat else ""


def _unknown(source: Source, node: Node, shape: type[Strict], path: list[str | int]) -> Diagnostic:
    word = str(path[-1])
    known = keys(shape)
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


def _annotation_at(kind: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        kind = _inside(kind, step)
    return kind


def _inside(kind: Any, step: str | int) -> Any:
    """Return the annotation of a field, of an item, of a value by its key, or of the member with a tag."""
    choice, bare = _choice(kind), _bare(kind)
    if choice:
        return choice.members.get(str(step), kind)
    if isinstance(bare, type) and issubclass(bare, Strict):
        return {key(name): inner for name, inner in fields(bare).items()}.get(str(step), kind)
    return get_args(bare)[-1] if get_origin(bare) in {list, dict} else kind


def _choice(kind: Any) -> Choice | None:
    """Return what distinguishes the members of an annotation, where it has several."""
    return next((rule for rule in get_args(_present(kind)) if isinstance(rule, Choice)), None)


def _bare(kind: Any) -> Any:
    """Return an annotation without what is added to it, and without None."""
    present = _present(kind)
    return get_args(present)[0] if get_origin(present) is Annotated else present


def _present(kind: Any) -> Any:
    """Return an annotation without None."""
    members = [member for member in get_args(kind) if member is not NoneType]
    return members[0] if get_origin(kind) in {Union, UnionType} and len(members) == 1 else kind


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
    choice = _choice(_annotation_at(shape, loc))
    known = choice.known if choice else None
    remedy = known.meant(error["input"]) if isinstance(known, Kinds) else ""
    return f"{remedy}, as an item of a list" if remedy and is_word else remedy
