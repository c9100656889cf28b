"""What may be written of an assistant of the v1 API: its fields, tools, files and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from reconciler.dialects.assistants_v1 import foreign
from reconciler.dialects.models import SHUTDOWNS, SUCCESSORS
from reconciler.dialects.provider import Remedies
from reconciler.dialects.written import Strict
from reconciler.model.field import Clear, Fields, Files, ItemKind, Items, Pairs, Text

if TYPE_CHECKING:
    from collections.abc import Mapping


class Function(Strict):
    """A function the model may call."""

    foreign: ClassVar[Mapping[str, str]] = foreign.OF_FUNCTIONS
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class CodeInterpreter(Strict):
    """The code interpreter."""

    foreign: ClassVar[Mapping[str, str]] = foreign.OF_INTERPRETERS


class Retrieval(Strict):
    """Search in the attached files."""

    foreign: ClassVar[Mapping[str, str]] = foreign.OF_SEARCHES


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
    written=Function,
)

FIELDS = Fields(
    (
        Text("name", "n", limit=256, own=True, behaves=False, names=True),
        Text("description", "d", limit=512, behaves=False),
        Text("model", "m", required=True, clear=Clear.NEVER, ends=SHUTDOWNS, successors=SUCCESSORS),
        Text("instructions", "i", limit=32_768, prose=True),
        Items(
            "tools",
            "t",
            limit=128,
            noun="tool",
            foreign=foreign.TOOLS,
            kinds=(
                ItemKind(tag="code_interpreter", written=CodeInterpreter),
                ItemKind(tag="retrieval", written=Retrieval),
                FUNCTION,
            ),
        ),
        Files(
            "files",
            "f",
            own=True,
            limit=20,
            searched="retrieval",
            accepts=frozenset(_RETRIEVAL_TYPES.split()),
        ),
        Pairs("metadata", "", limit=16, key_limit=64, value_limit=512, behaves=False),
    ),
    foreign.FIELDS,
)
"""The v1 fields, in the order in which they are shown.

Limits are those of the v1 OpenAPI description of April 2024; lengths are in code points.
"""

REMEDIES = Remedies(
    assistants="the paging of that server (`after`, `last_id`, `has_more`)",
    uploads="that list: it has no pages, so it must return every upload at once",
    account="where a key has several accounts, OPENAI_ORG_ID and OPENAI_PROJECT_ID choose",
)
