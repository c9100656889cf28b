"""What the reference of the v1 Assistants resource offers: 12 classes, 18 methods, and 36 views of these.

Types are written as the reference prints them. Nothing here is read from the client.
"""

import ast
import re
from typing import NamedTuple

REQUIRED, NOT_GIVEN, NONE = "required", "NOT_GIVEN", "None"


class Argument(NamedTuple):
    """One parameter of a method; after the star it goes by keyword only."""

    name: str
    type: str
    default: str = REQUIRED
    after_star: bool = True


class Method(NamedTuple):
    """One method: what it takes, what it gives, and whether it is written `async`."""

    arguments: tuple[Argument, ...]
    gives: str
    is_async: bool = False


class Spoken(NamedTuple):
    """A class whose methods are written out."""

    made_with: Argument
    methods: dict[str, Method]
    properties: dict[str, str]


class View(NamedTuple):
    """A class whose methods are those of another, each in the same wrapper."""

    made_with: Argument
    wrapper: str
    methods: tuple[str, ...]
    properties: dict[str, str]


class Row(NamedTuple):
    """One method of one class; `wrapper` is empty where it is written out."""

    owner: str
    name: str
    method: Method
    wrapper: str = ""

    @property
    def title(self):
        return f"{self.owner}.{self.name}"

    @property
    def gives(self):
        """The result in the wrapper of the view; an answer holds the page itself, not the way to it."""
        inner = self.method.gives
        if self.wrapper and inner.startswith("AsyncPaginator["):
            inner = inner.partition(", ")[2].removesuffix("]")
        return WRAPPED[self.wrapper].format(inner)

    @property
    def is_awaited(self):
        return {"": self.method.is_async, "async_to_raw_response_wrapper": True}.get(self.wrapper, False)


WRAPPED = {
    "": "{}",
    "to_raw_response_wrapper": "RawResponse[{}]",
    "async_to_raw_response_wrapper": "RawResponse[{}]",
    "to_streamed_response_wrapper": "AbstractContextManager[StreamedResponse[{}]]",
    "async_to_streamed_response_wrapper": "AbstractAsyncContextManager[AsyncStreamedResponse[{}]]",
}


def first(name, kind="str"):
    """A parameter that may be given by position."""
    return Argument(name, kind, after_star=False)


EXTRAS = (
    Argument("extra_headers", "Headers | None", NONE),
    Argument("extra_query", "Query | None", NONE),
    Argument("extra_body", "Body | None", NONE),
    Argument("timeout", "float | Timeout | None | NotGiven", NOT_GIVEN),
)
CURSOR = (
    Argument("after", "str | NotGiven", NOT_GIVEN),
    Argument("before", "str | NotGiven", NOT_GIVEN),
    Argument("limit", "int | NotGiven", NOT_GIVEN),
    Argument("order", 'Literal["asc", "desc"] | NotGiven', NOT_GIVEN),
)

CREATE = (
    Argument("model", "str"),
    Argument("description", "Optional[str] | NotGiven", NOT_GIVEN),
    Argument("file_ids", "List[str] | NotGiven", NOT_GIVEN),
    Argument("instructions", "Optional[str] | NotGiven", NOT_GIVEN),
    Argument("metadata", "Optional[object] | NotGiven", NOT_GIVEN),
    Argument("name", "Optional[str] | NotGiven", NOT_GIVEN),
    Argument("tools", "Iterable[AssistantToolParam] | NotGiven", NOT_GIVEN),
    *EXTRAS,
)
UPDATE = (
    first("assistant_id"),
    Argument("description", "Optional[str] | NotGiven", NOT_GIVEN),
    Argument("file_ids", "List[str] | NotGiven", NOT_GIVEN),
    Argument("instructions", "Optional[str] | NotGiven", NOT_GIVEN),
    Argument("metadata", "Optional[object] | NotGiven", NOT_GIVEN),
    Argument("model", "str | NotGiven", NOT_GIVEN),
    Argument("name", "Optional[str] | NotGiven", NOT_GIVEN),
    Argument("tools", "Iterable[AssistantToolParam] | NotGiven", NOT_GIVEN),
    *EXTRAS,
)
ONE_ASSISTANT = (first("assistant_id"), *EXTRAS)
LIST = (*CURSOR, *EXTRAS)

ATTACH = (first("assistant_id"), Argument("file_id", "str"), *EXTRAS)
ONE_FILE = (first("file_id"), Argument("assistant_id", "str"), *EXTRAS)
LIST_FILES = (first("assistant_id"), *CURSOR, *EXTRAS)

OF_ASSISTANTS = ("create", "delete", "list", "retrieve", "update")
OF_FILES = ("create", "delete", "list", "retrieve")

# The reference names the views' `files` without their types; each is the same view of the files.
CLASSES: dict[str, Spoken | View] = {
    "Assistants": Spoken(
        first("client", "OpenAI"),
        {
            "create": Method(CREATE, "Assistant"),
            "delete": Method(ONE_ASSISTANT, "AssistantDeleted"),
            "list": Method(LIST, "SyncCursorPage[Assistant]"),
            "retrieve": Method(ONE_ASSISTANT, "Assistant"),
            "update": Method(UPDATE, "Assistant"),
        },
        {
            "files": "Files",
            "with_raw_response": "AssistantsWithRawResponse",
            "with_streaming_response": "AssistantsWithStreamingResponse",
        },
    ),
    "AssistantsWithRawResponse": View(
        first("assistants", "Assistants"),
        "to_raw_response_wrapper",
        OF_ASSISTANTS,
        {"files": "FilesWithRawResponse"},
    ),
    "AssistantsWithStreamingResponse": View(
        first("assistants", "Assistants"),
        "to_streamed_response_wrapper",
        OF_ASSISTANTS,
        {"files": "FilesWithStreamingResponse"},
    ),
    "AsyncAssistants": Spoken(
        first("client", "AsyncOpenAI"),
        {
            "create": Method(CREATE, "Assistant", is_async=True),
            "delete": Method(ONE_ASSISTANT, "AssistantDeleted", is_async=True),
            "list": Method(LIST, "AsyncPaginator[Assistant, AsyncCursorPage[Assistant]]"),
            "retrieve": Method(ONE_ASSISTANT, "Assistant", is_async=True),
            "update": Method(UPDATE, "Assistant", is_async=True),
        },
        {
            "files": "AsyncFiles",
            "with_raw_response": "AsyncAssistantsWithRawResponse",
            "with_streaming_response": "AsyncAssistantsWithStreamingResponse",
        },
    ),
    "AsyncAssistantsWithRawResponse": View(
        first("assistants", "AsyncAssistants"),
        "async_to_raw_response_wrapper",
        OF_ASSISTANTS,
        {"files": "AsyncFilesWithRawResponse"},
    ),
    "AsyncAssistantsWithStreamingResponse": View(
        first("assistants", "AsyncAssistants"),
        "async_to_streamed_response_wrapper",
        OF_ASSISTANTS,
        {"files": "AsyncFilesWithStreamingResponse"},
    ),
    "AsyncFiles": Spoken(
        first("client", "AsyncOpenAI"),
        {
            "create": Method(ATTACH, "AssistantFile", is_async=True),
            "delete": Method(ONE_FILE, "FileDeleteResponse", is_async=True),
            "list": Method(LIST_FILES, "AsyncPaginator[AssistantFile, AsyncCursorPage[AssistantFile]]"),
            "retrieve": Method(ONE_FILE, "AssistantFile", is_async=True),
        },
        {
            "with_raw_response": "AsyncFilesWithRawResponse",
            "with_streaming_response": "AsyncFilesWithStreamingResponse",
        },
    ),
    "AsyncFilesWithRawResponse": View(
        first("files", "AsyncFiles"), "async_to_raw_response_wrapper", OF_FILES, {}
    ),
    "AsyncFilesWithStreamingResponse": View(
        first("files", "AsyncFiles"), "async_to_streamed_response_wrapper", OF_FILES, {}
    ),
    "Files": Spoken(
        first("client", "OpenAI"),
        {
            "create": Method(ATTACH, "AssistantFile"),
            "delete": Method(ONE_FILE, "FileDeleteResponse"),
            "list": Method(LIST_FILES, "SyncCursorPage[AssistantFile]"),
            "retrieve": Method(ONE_FILE, "AssistantFile"),
        },
        {
            "with_raw_response": "FilesWithRawResponse",
            "with_streaming_response": "FilesWithStreamingResponse",
        },
    ),
    "FilesWithRawResponse": View(first("files", "Files"), "to_raw_response_wrapper", OF_FILES, {}),
    "FilesWithStreamingResponse": View(first("files", "Files"), "to_streamed_response_wrapper", OF_FILES, {}),
}

# What the reference sets as limits; of a text in characters, of a list in entries.
FIELDS = {
    "description": ("512",),
    "file_ids": ("20",),
    "instructions": ("32,768",),
    "metadata": ("16", "64", "512"),
    "name": ("256",),
    "tools": ("128",),
}
LIMITS = {"create": FIELDS, "update": FIELDS, "list": {"limit": ("1 to 100", "20"), "order": ("asc", "desc")}}


def written_out():
    """The 18 methods that the reference writes out."""
    spoken = ((name, one) for name, one in CLASSES.items() if isinstance(one, Spoken))
    return [Row(name, called, method) for name, one in spoken for called, method in one.methods.items()]


def views():
    """The 36 methods that are views of them."""
    viewing = ((name, one) for name, one in CLASSES.items() if isinstance(one, View))
    return [
        Row(name, called, seen(one, called), one.wrapper) for name, one in viewing for called in one.methods
    ]


def seen(view, name):
    """The method that a view shows in its wrapper."""
    return CLASSES[view.made_with.type].methods[name]


def plain(annotation):
    """A type in one spelling, whoever printed it: no Optional, one kind of quotes, unions sorted."""
    return _spelt(ast.parse(annotation, mode="eval").body)


def _spelt(node):
    if isinstance(node, ast.BinOp):
        return " | ".join(sorted(_members(node)))
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Optional":
        return " | ".join(sorted({*_members(node.slice), "None"}))
    if isinstance(node, ast.Subscript):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return f"{ast.unparse(node.value)}[{', '.join(_spelt(one) for one in inner)}]"
    return ast.unparse(node)


def _members(node):
    if isinstance(node, ast.BinOp):
        return _members(node.left) | _members(node.right)
    return set(_spelt(node).split(" | "))


def described(text):
    """Name and text of each parameter in a docstring, in its order; a name may be there twice."""
    section = text.partition("\nArgs:\n")[2]
    found = re.findall(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", section, re.MULTILINE)
    return [(name, " ".join(text.split())) for name, text in found]
