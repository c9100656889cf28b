"""The file's shape: what may be written, strictly; pydantic's findings become located Diagnostics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar, Union, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from reconciler.model.diagnostic import Diagnostic, did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from reconciler.config.text import Node, Source
    from reconciler.model.diagnostic import Origin

Managed = Literal["name", "description", "model", "instructions", "tools", "files", "metadata"]


class Strict(BaseModel):
    """No unknown field, no conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, protected_namespaces=())


class InFile(Strict):
    """A value that stands in a file of its own, named beside the YAML file."""

    file: str


class Function(Strict):
    """A function the model may call."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class CodeInterpreter(Strict):
    """The code interpreter."""

    type: Literal["code_interpreter"]


class Retrieval(Strict):
    """Search in the attached files."""

    type: Literal["retrieval"]


def _inline_or_file(value: Any) -> str | None:
    if isinstance(value, InFile) or (isinstance(value, Mapping) and "file" in value):
        return "<file>"
    return "<inline>" if isinstance(value, (Mapping, Function)) else None


class FunctionTool(Strict):
    """A function, inline or in a file of its own."""

    type: Literal["function"]
    function: Annotated[
        Annotated[Function, Tag("<inline>")] | Annotated[InFile, Tag("<file>")],
        Discriminator(
            _inline_or_file,
            custom_error_type="function",
            custom_error_message="must have name, description and parameters, or be {file: PATH}",
        ),
    ]


def _text_or_file(value: Any) -> str | None:
    if isinstance(value, str):
        return "<text>"
    return "<file>" if isinstance(value, (Mapping, InFile)) else None


Prompt: TypeAlias = Annotated[
    Union[Annotated[str, Tag("<text>")], Annotated[InFile, Tag("<file>")]],  # noqa: UP007 - tags
    Discriminator(
        _text_or_file, custom_error_type="prompt", custom_error_message="must be text or {file: PATH}"
    ),
]


_TOOLS = ("code_interpreter", "retrieval", "function")


def _tool_tag(value: Any) -> str | None:
    kind = value.get("type") if isinstance(value, Mapping) else getattr(value, "type", None)
    return f"<{kind}>" if isinstance(kind, str) and kind in _TOOLS else None


Tool: TypeAlias = Annotated[
    Union[  # noqa: UP007 - tags
        Annotated[CodeInterpreter, Tag("<code_interpreter>")],
        Annotated[Retrieval, Tag("<retrieval>")],
        Annotated[FunctionTool, Tag("<function>")],
    ],
    Discriminator(
        _tool_tag,
        custom_error_type="tool",
        custom_error_message="must have a type: code_interpreter, retrieval or function",
    ),
]


class OnServer(Strict):
    """A file that is already on the server; attached and detached, never uploaded or deleted."""

    id: str = Field(min_length=1)


def _path_or_id(value: Any) -> str | None:
    if isinstance(value, str):
        return "<path>"
    return "<id>" if isinstance(value, (Mapping, OnServer)) else None


Attachment: TypeAlias = Annotated[
    Union[Annotated[str, Tag("<path>")], Annotated[OnServer, Tag("<id>")]],  # noqa: UP007 - tags
    Discriminator(
        _path_or_id, custom_error_type="file", custom_error_message="must be a path or {id: file-...}"
    ),
]


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


class Document(Strict):
    """One configuration file."""

    project: str = ""
    defaults: Defaults = Defaults()
    assistants: dict[str, Assistant] = {}


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
    "<id>": OnServer,
}
_TAGS = frozenset({*_TAGGED, "<text>", "<path>"})
M = TypeVar("M", bound=Strict)


def declare(source: Source, node: Node, shape: type[M]) -> tuple[M | None, list[Diagnostic]]:
    """Check a node against a shape; None where anything is wrong, with every problem located."""
    try:
        return shape.model_validate(node.plain()), []
    except ValidationError as cause:
        return None, _diagnostics(source, node, shape, cause)


def salvage(source: Source, node: Node) -> tuple[Document | None, list[Diagnostic]]:
    """A whole file against its shape; what is wrong is left out, so that the rest can still be checked."""
    rest = node.plain()
    try:
        return Document.model_validate(rest), []
    except ValidationError as cause:
        if not isinstance(rest, dict):
            return None, _diagnostics(source, node, Document, cause)
        for error in cause.errors(include_url=False):
            _drop(rest, _path(node, error))
        return Document.model_validate(rest), _diagnostics(source, node, Document, cause)


def _diagnostics(source: Source, node: Node, shape: type[Strict], cause: ValidationError) -> list[Diagnostic]:
    return [_located(source, node, shape, error) for error in cause.errors(include_url=False)]


def _drop(value: Any, path: list[str | int]) -> None:
    """Leave out the field a path leads through: deeper, the places of its neighbours would shift."""
    depth = {"assistants": 3, "defaults": 2}.get(str(path[0]), 1)
    depth += path[depth - 1 : depth] == ["metadata"]  # its keys stand alone
    *outer, last = path[:depth]
    for step in outer:
        value = value.get(step, {})
    value.pop(last, None)


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
    known = shape.model_fields
    where = f" in {_shown(path[:-1])}" if path[:-1] else ""
    origin: Origin = node.key(*path)
    hint = did_you_mean(word, known) or f"known fields: {', '.join(known)}"
    return source.diagnostic(
        "AS201", f"unknown field `{word}`{where}", origin, label="not a field here", help=hint
    )


def _shape_at(shape: type[Strict], loc: tuple[str | int, ...]) -> type[Strict]:
    """The shape whose field the end of an error's place should have been."""
    if len(loc) == 1:
        return shape
    if loc[0] == "assistants" and len(loc) == 3:  # noqa: PLR2004 - assistants, a key, a field
        return Assistant
    return _TAGGED.get(loc[-2]) or (Lifecycle if loc[-2] == "lifecycle" else Defaults)


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
    if error["type"] == "string_too_short":
        return "must not be empty"
    return str(error["msg"]).replace("Input should be", "must be")


def _remedy(error: ErrorDetails, written: str) -> str:
    kind, found = error["type"], error["input"]
    if kind == "string_type" and isinstance(found, (bool, int, float)):
        return f'quote it: "{written}"'
    if kind == "bool_type" and isinstance(found, str):
        return "write it without quotes" if found in {"true", "false"} else "write true or false"
    if kind in {"dict_type", "model_type"} and found is None:
        return "write {} for an empty one"
    if kind == "list_type" and isinstance(found, str) and found in written:
        return f"write [{written}]"
    if kind == "tool":
        return _tool_meant(found)
    return did_you_mean(found, get_args(Managed)) if kind == "literal_error" else ""


def _tool_meant(found: Any) -> str:
    if isinstance(found, str) and found in _TOOLS:
        return f"write {{type: {found}}}"
    return did_you_mean(str(found.get("type", "")), _TOOLS) if isinstance(found, dict) else ""
