"""The file's shape: what may be written, strictly; pydantic's findings become located Diagnostics."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar, get_args

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from reconciler.dialects.assistants_v1.shape import (
    TOOLS,
    CodeInterpreter,
    Function,
    FunctionTool,
    Retrieval,
    Tool,
)
from reconciler.dialects.written import (
    Attachment,
    InFile,
    OnServer,
    Prompt,
    PromptFile,
    PromptParts,
    PromptText,
    Strict,
)
from reconciler.model.diagnostic import Diagnostic, did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from reconciler.config.text import Node, Source
    from reconciler.model.diagnostic import Origin

Managed = Literal["name", "description", "model", "instructions", "tools", "files", "metadata"]


def _text_or_number(value: Any) -> Any:
    if value is None or type(value) in {str, int}:
        return value
    raise PydanticCustomError("value", "must be text or a whole number")


Value: TypeAlias = Annotated[str | int | None, BeforeValidator(_text_or_number)]
"""What a variable stands for; None has to be given by an environment or by --var."""


class Lifecycle(Strict):
    """What apply may do to an assistant."""

    prevent_destroy: bool = False
    ignore_changes: list[Managed] = []


class Defaults(Strict):
    """Values of every assistant of the same file that does not name its own."""

    description: str | None = None
    model: str | None = None
    instructions: Prompt | None = None
    tools: list[Tool] | None = None
    metadata: dict[str, str | None] | None = None
    lifecycle: Lifecycle | None = None


class Assistant(Defaults):
    """One assistant; a field that is not named is not managed, null clears."""

    name: str | None = None
    files: list[Attachment] | None = None


class Environment(Strict):
    """What one environment changes; a patch takes the place of the fields it names."""

    vars: dict[str, Value] = {}
    patches: dict[str, Assistant] = {}


class Move(Strict):
    """An assistant that was known under another address."""

    from_: str = Field(alias="from")
    to: str


class Lint(Strict):
    """What the checks shall let pass."""

    allow_characters: list[Annotated[str, Field(pattern=r"^U\+(10|[0-9A-F])?[0-9A-F]{4}$")]] = []


class Document(Strict):
    """One configuration file."""

    project: str = ""
    state: str = ""
    vars: dict[str, Value] = {}
    defaults: Defaults = Defaults()
    assistants: dict[str, Assistant] = {}
    environments: dict[str, Environment] = {}
    moved: list[Move] = []
    removed: list[str] = []
    lint: Lint = Lint()


def schema(what: str) -> str:
    """The JSON Schema of a configuration file, or of an environment in a file of its own, as text."""
    shapes: dict[str, type[Strict]] = {"configuration": Document, "environment": Environment}
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **shapes[what].model_json_schema()}
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Declared:
    """What a file says, and where it says it."""

    source: Source
    node: Node
    document: Document


_TAGGED: Mapping[str | int, type[Strict]] = {
    "<code_interpreter>": CodeInterpreter,
    "<retrieval>": Retrieval,
    "<function>": FunctionTool,
    "<inline>": Function,
    "<file>": InFile,
    "<tool>": InFile,
    "<prompt>": PromptFile,
    "<include>": PromptParts,
    "<text>": PromptText,
    "<id>": OnServer,
}
_NAMED: Mapping[str | int, type[Strict]] = {
    "defaults": Defaults,
    "assistants": Assistant,
    "environments": Environment,
    "patches": Assistant,
    "lifecycle": Lifecycle,
    "moved": Move,
    "lint": Lint,
}
_KEYED = frozenset({"assistants", "environments", "patches"})  # whose next step is a name of one's choice
_TAGS = frozenset({*_TAGGED, "<words>", "<path>"})
M = TypeVar("M", bound=Strict)


def declare(source: Source, node: Node, shape: type[M]) -> tuple[M | None, list[Diagnostic]]:
    """Check a node against a shape; None where anything is wrong, with every problem located."""
    try:
        return shape.model_validate(node.plain()), []
    except ValidationError as cause:
        return None, _diagnostics(source, node, shape, cause)


def salvage(source: Source, node: Node, shape: type[M]) -> tuple[M | None, list[Diagnostic]]:
    """A whole file against its shape; what is wrong is left out, so that the rest can still be checked."""
    rest = node.plain()
    try:
        return shape.model_validate(rest), []
    except ValidationError as cause:
        if not isinstance(rest, dict):
            return None, _diagnostics(source, node, shape, cause)
        for error in cause.errors(include_url=False):
            _drop(rest, _path(node, error))
        return shape.model_validate(rest), _diagnostics(source, node, shape, cause)


def _diagnostics(source: Source, node: Node, shape: type[Strict], cause: ValidationError) -> list[Diagnostic]:
    return [_located(source, node, shape, error) for error in cause.errors(include_url=False)]


def _drop(value: Any, path: list[str | int]) -> None:
    """Leave out the field a path leads through: deeper, the places of its neighbours would shift."""
    *outer, last = path[: _depth(path)]
    for step in outer:
        value = value.get(step, {})
    value.pop(last, None)


def _depth(path: list[str | int]) -> int:
    """How many steps lead to the field that is left out."""
    if path[0] == "environments" and len(path) > 2:  # noqa: PLR2004 - environments, a name, and more
        return 2 + _depth(path[2:])
    depth = {"assistants": 3, "patches": 3, "defaults": 2, "vars": 2, "lint": 2}.get(str(path[0]), 1)
    return depth + (path[depth - 1 : depth] == ["metadata"])  # its keys stand alone


def _path(node: Node, error: ErrorDetails) -> list[str | int]:
    """Where an error lies, without the tags of unions."""
    path: list[str | int] = []
    for step in error["loc"]:
        if step not in _TAGS or node.has(*path, step):
            path.append(step)
    return path


def _located(source: Source, node: Node, shape: type[Strict], error: ErrorDetails) -> Diagnostic:
    path = _path(node, error)
    if error["type"] == "extra_forbidden":
        return _unknown(source, node, _shape_at(shape, error["loc"]), path)
    message = f"{_shown(path) or 'the file'} {_sentence(error)}"
    if error["type"] == "missing":
        return source.diagnostic("AS203", f"{_shown(path)} is missing", node.key(*path[:-1]), label="here")
    origin = node.at(*path)
    return source.diagnostic("AS202", message, origin, help=_remedy(error, source.written(origin)))


def _unknown(source: Source, node: Node, shape: type[Strict], path: list[str | int]) -> Diagnostic:
    word = str(path[-1])
    known = [field.alias or name for name, field in shape.model_fields.items()]
    where = f" in {_shown(path[:-1])}" if path[:-1] else ""
    origin: Origin = node.key(*path)
    hint = did_you_mean(word, known) or f"known fields: {', '.join(known)}"
    return source.diagnostic(
        "AS201", f"unknown field `{word}`{where}", origin, label="not a field here", help=hint
    )


def _shape_at(shape: type[Strict], loc: tuple[str | int, ...]) -> type[Strict]:
    """The shape whose field the end of an error's place should have been."""
    steps = iter(loc[:-1])
    for step in steps:
        shape = _TAGGED.get(step) or _NAMED.get(step, shape)
        if step in _KEYED:
            next(steps, None)
    return shape


def _shown(path: Sequence[str | int]) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return f"`{text}`" if text else ""


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
    return str(error["msg"]).replace("Input should be", "must be")


def _remedy(error: ErrorDetails, written: str) -> str:
    kind, found = error["type"], error["input"]
    if kind in {"string_type", "value"} and isinstance(found, (bool, int, float)):
        return f'quote it: "{written}"'
    if kind == "bool_type" and isinstance(found, str):
        return "write it without quotes" if found in {"true", "false"} else "write true or false"
    if kind in {"dict_type", "model_type"} and found is None:
        return "write {} for an empty one"
    if kind == "list_type" and isinstance(found, str) and found in written:
        return f"write [{written}]"
    if kind == "tool":
        return _tool_meant(found)
    is_word = kind == "literal_error" and isinstance(found, str)
    return did_you_mean(found, get_args(Managed)) if is_word else ""


def _tool_meant(found: Any) -> str:
    if isinstance(found, str) and found in TOOLS:
        return f"write {{type: {found}}}"
    return did_you_mean(str(found.get("type", "")), TOOLS) if isinstance(found, dict) else ""
