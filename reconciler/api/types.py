"""One class per object of the wire.

Every object keeps the fields it does not know; a field that must be there and is not, or has another
type, is an error. These are the strict forms; ``reading`` brings what real servers send into them.
Wire facts: the v1 OpenAPI description of April 2024.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping  # noqa: TC003 - typing.get_type_hints resolves them
from dataclasses import dataclass, field
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    Required,
    TypeAlias,
    TypedDict,
    TypeVar,
)

from pydantic import AfterValidator, BaseModel, ConfigDict, FailFast, Field

from reconciler.model.address import LONGEST_ID, REMOTE_ID

T = TypeVar("T")


BETA: Mapping[str, str] = {"OpenAI-Beta": "assistants=v1"}
"""Demanded on /assistants, never sent to /files."""
Id: TypeAlias = Annotated[str, Field(pattern=f"^(?:{REMOTE_ID})$", max_length=LONGEST_ID)]
"""What can stand in a path, in a query and on a line; neither ``.`` nor ``..`` is one."""
MOST_OBJECTS = 100_000
"""Objects that a list may have: each takes a thousand bytes once it is read."""
Some: TypeAlias = Annotated[list[T], FailFast(), Field(max_length=MOST_OBJECTS)]
"""A list of the wire, whose reading ends with its first mistake."""
Few: TypeAlias = Annotated[list[T], FailFast(), Field(max_length=1_000)]
"""A list inside an object: of the wire's own limits, 128 tools and 20 files, several times as many."""
Seconds: TypeAlias = Annotated[int, Field(ge=0, lt=100_000_000_000)]
"""A time in whole seconds since 1970; 0 is unknown. Larger numbers are milliseconds, and not this form."""


class WireObject(BaseModel):
    """An object of the wire: unknown fields are kept, and no error repeats the answer."""

    model_config = ConfigDict(extra="allow", protected_namespaces=(), hide_input_in_errors=True)

    def as_sent(self) -> dict[str, Any]:
        """Return the JSON object as the server sent it: unknown fields too, and none that was missing.

        What was read leniently is in its normal form: a null list is empty, a time is whole seconds.
        """
        return self.model_dump(mode="json", exclude_unset=True)


class FunctionDefinition(WireObject):
    """A function the model may call; ``parameters`` is a JSON Schema."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class CodeInterpreterTool(WireObject):
    """The code interpreter."""

    type: Literal["code_interpreter"]


class RetrievalTool(WireObject):
    """Search in the attached files."""

    type: Literal["retrieval"]


class FunctionTool(WireObject):
    """A function of the caller's."""

    type: Literal["function"]
    function: FunctionDefinition


_KNOWN_TOOLS = frozenset({"code_interpreter", "retrieval", "function"})


def _unknown(kind: str) -> str:
    if kind in _KNOWN_TOOLS:
        raise ValueError(f"not what a tool of type {kind} looks like")
    return kind


class UnknownTool(WireObject):
    """A tool of a type this dialect does not have, kept as it came."""

    type: Annotated[str, AfterValidator(_unknown)]


AssistantTool: TypeAlias = Annotated[
    Annotated[CodeInterpreterTool | RetrievalTool | FunctionTool, Field(discriminator="type")] | UnknownTool,
    Field(union_mode="left_to_right"),  # so that the known types never leave the fast path
]


class Assistant(WireObject):
    """An assistant; ``created_at`` in whole seconds since 1970, 0 where the server does not say."""

    id: Id
    object: Literal["assistant"] = "assistant"
    created_at: Seconds = 0
    name: str | None = None
    description: str | None = None
    model: str
    instructions: str | None = None
    tools: Few[AssistantTool] = Field(default_factory=list)
    file_ids: Few[Id] = Field(default_factory=list)
    metadata: dict[str, Any] | None = None


class AssistantDeleted(WireObject):
    """The answer to a deletion of an assistant."""

    id: str  # an id of the answer or the one that was asked for: the reading of a deletion sees to it
    object: Literal["assistant.deleted"] = "assistant.deleted"
    deleted: bool


class AssistantFile(WireObject):
    """An attachment; its ``id`` is the file's, ``created_at`` the time it was attached."""

    id: Annotated[str, Field(pattern=f"^(?:{REMOTE_ID})?$", max_length=LONGEST_ID)]  # empty on some servers
    object: Literal["assistant.file"] = "assistant.file"
    created_at: Seconds = 0
    assistant_id: Id


class FileDeleteResponse(WireObject):
    """The answer to a detachment; the file itself stays."""

    id: str
    object: Literal["assistant.file.deleted"] = "assistant.file.deleted"
    deleted: bool


class FileObject(WireObject):
    """An upload; ``bytes`` is its size."""

    id: Id
    object: Literal["file"] = "file"
    bytes: int
    created_at: Seconds = 0
    filename: str
    purpose: str = ""


class FileDeleted(WireObject):
    """The answer to a deletion of an upload."""

    id: str
    object: Literal["file"] = "file"
    deleted: bool


class FileList(WireObject):
    """Every upload at once, for v1 does not page this list; iterates over them."""

    object: Literal["list"] = "list"
    data: Some[FileObject]

    def __iter__(self) -> Iterator[FileObject]:  # type: ignore[override]  # as every other list does
        return iter(self.data)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An object of a list of which at most the id can be read; ``problem`` names the field and its value.

    ``id`` is empty where that is unreadable too. ``sent`` is the object as it came.
    """

    id: str
    problem: str
    sent: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


class Page(WireObject, Generic[T]):
    """One page as the server sent it; ``has_more`` is None where a server leaves it out."""

    object: Literal["list"] = "list"
    data: Some[T]
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool | None = None

    def edge(self, *, backwards: bool) -> str | None:
        """Return the id of the outermost object in the direction of the walk; None on an empty page."""
        if not self.data:
            return None
        identity: Any = self.data[0 if backwards else -1]
        return str(identity.id)


class FunctionParam(TypedDict, total=False):
    """A function as a request names it."""

    name: Required[str]
    description: str
    parameters: Mapping[str, object]


class CodeInterpreterToolParam(TypedDict):
    """The code interpreter, in a request."""

    type: Literal["code_interpreter"]


class RetrievalToolParam(TypedDict):
    """Search in the attached files, in a request."""

    type: Literal["retrieval"]


class FunctionToolParam(TypedDict):
    """A function of the caller's, in a request."""

    type: Literal["function"]
    function: FunctionParam


AssistantToolParam: TypeAlias = (
    CodeInterpreterToolParam | RetrievalToolParam | FunctionToolParam | AssistantTool
)
"""A tool in a request; one that came in an answer goes back as it came, of whatever type it is."""
