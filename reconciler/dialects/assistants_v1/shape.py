"""What may be written of an assistant of the v1 API: its fields, tools, files and limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias, Union

from pydantic import Discriminator, Tag

from reconciler.dialects.assistants_v1.models import SHUTDOWNS
from reconciler.dialects.written import InFile, Strict
from reconciler.model.field import Clear, Fields, Files, ItemKind, Items, Pairs, Text


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


TOOLS = ("code_interpreter", "retrieval", "function")


def _tool_tag(value: Any) -> str | None:
    kind = value.get("type") if isinstance(value, Mapping) else getattr(value, "type", None)
    if isinstance(value, InFile) or (isinstance(value, Mapping) and "file" in value and kind is None):
        return "<tool>"
    return f"<{kind}>" if isinstance(kind, str) and kind in TOOLS else None


Tool: TypeAlias = Annotated[
    Union[  # noqa: UP007 - tags
        Annotated[CodeInterpreter, Tag("<code_interpreter>")],
        Annotated[Retrieval, Tag("<retrieval>")],
        Annotated[FunctionTool, Tag("<function>")],
        Annotated[InFile, Tag("<tool>")],
    ],
    Discriminator(
        _tool_tag,
        custom_error_type="tool",
        custom_error_message="must have a type, code_interpreter, retrieval or function, or be {file: PATH}",
    ),
]


_RETRIEVAL_TYPES = ".c .cpp .docx .html .java .json .md .pdf .php .pptx .py .rb .tex .txt"

FUNCTION = ItemKind(
    tag="function",
    inner="function",
    key="name",
    compared=("name", "description", "parameters"),
    contract="parameters",
    noun="a function",
    key_limit=64,
    key_pattern=r"[a-zA-Z0-9_-]+",
    key_help="letters, digits, _ and - only",
)

FIELDS = Fields(
    (
        Text("name", "n", limit=256),
        Text("description", "d", limit=512),
        Text("model", "m", required=True, clear=Clear.NEVER, ends=SHUTDOWNS),
        Text("instructions", "i", limit=32_768, prose=True),
        Items(
            "tools",
            "t",
            limit=128,
            kinds=(ItemKind(tag="code_interpreter"), ItemKind(tag="retrieval"), FUNCTION),
        ),
        Files("files", "f", limit=20, searched="retrieval", accepts=frozenset(_RETRIEVAL_TYPES.split())),
        Pairs("metadata", "", limit=16, key_limit=64, value_limit=512),
    )
)
"""The v1 fields, in the order in which they are shown.

Limits are those of the v1 OpenAPI description of April 2024; lengths are in code points.
"""
