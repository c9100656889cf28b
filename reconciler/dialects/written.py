"""Shapes of what may be written in YAML that every dialect uses; pydantic reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, TypeAlias, Union

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag


class Strict(BaseModel):
    """No unknown field, no conversion.

    ``foreign`` has fields that other APIs have there, each with what to write instead. ``wrapped`` is the
    shape of what belongs inside, by the name of its field, for objects that other APIs write flat.
    """

    foreign: ClassVar[Mapping[str, str]] = {}
    wrapped: ClassVar[Mapping[str, type[Strict]]] = {}
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, protected_namespaces=())


class InFile(Strict):
    """A value that stands in a file of its own, named beside the YAML file."""

    file: str


class PromptFile(InFile):
    """A prompt in a file of its own; in a template ``${var.name}`` stands for a variable."""

    template: bool = False


class PromptParts(Strict):
    """A prompt made of several files, one after the other, each beginning on a line of its own."""

    include: list[str] = Field(min_length=1)
    template: bool = False


class PromptText(Strict):
    """A prompt written here that is a template."""

    text: str
    template: bool = False


def _prompt_tag(value: Any) -> str | None:
    if isinstance(value, str):
        return "<words>"
    if not isinstance(value, (Mapping, Strict)):
        return None
    named = value if isinstance(value, Mapping) else type(value).model_fields
    return next((f"<{form}>" for form in ("include", "text") if form in named), "<prompt>")


Prompt: TypeAlias = Annotated[
    Union[  # noqa: UP007 - tags
        Annotated[str, Tag("<words>")],
        Annotated[PromptFile, Tag("<prompt>")],
        Annotated[PromptParts, Tag("<include>")],
        Annotated[PromptText, Tag("<text>")],
    ],
    Discriminator(
        _prompt_tag,
        custom_error_type="prompt",
        custom_error_message="must be text, {file: PATH}, {include: [PATH, ...]} or {text: ...}",
    ),
]


class OnServer(Strict):
    """A file that is already on the server; attached and detached, never uploaded or deleted."""

    foreign: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("path", "file", "name"), "name a file of the project by its path alone: `- PATH`"),
        "file_id": "write `id:`",
    }
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
