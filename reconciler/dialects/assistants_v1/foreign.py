"""Fields and tools of other APIs, and what to write in v1 instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAMPLED = "the v1 API has no such field: a run chooses it; remove it"
_SEARCHED = "in v1, `retrieval` searches the `files` of its assistant; remove it, and list them there"
_OURS = "the server chooses it; remove it"
_PROMPT = "write `instructions:`"

FIELDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("temperature", "top_p", "response_format", "reasoning_effort", "reasoning"), _SAMPLED),
    **dict.fromkeys(("tool_choice", "max_tokens", "max_completion_tokens", "seed"), _SAMPLED),
    **dict.fromkeys(("system_prompt", "system", "prompt", "instruction", "system_message"), _PROMPT),
    **dict.fromkeys(("id", "object", "created_at"), _OURS),
    "tool_resources": "in v1, files belong to the assistant: list them under `files:`",
    "vector_store_ids": "v1 has no vector stores: list the files under `files:`",
    "file_ids": "write `files:`, with paths, or {id: file-…} for a file that is on the server",
    "attachments": "write `files:`, with paths, or {id: file-…} for a file that is on the server",
    "functions": "write `tools:`, with {type: function, function: …} for each",
    "function": "write `tools:`, with {type: function, function: …}",
    "title": "write `name:`",
    "display_name": "write `name:`",
}
"""Fields of assistants."""

TOOLS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("file_search", "search", "knowledge_retrieval"), "v1 calls it {type: retrieval}"),
    "code": "v1 calls it {type: code_interpreter}",
    **dict.fromkeys(
        ("web_search", "web_search_preview", "computer_use_preview", "image_generation", "mcp", "custom"),
        "the v1 API has no such tool; remove it, or declare a function",
    ),
}
"""Types of tools."""

OF_FUNCTIONS: Final[Mapping[str, str]] = {
    "strict": "the v1 API has no strict mode; remove it",
    **dict.fromkeys(("input_schema", "inputSchema", "args", "arguments"), "write `parameters:`"),
}
"""Fields of functions."""

OF_SEARCHES: Final[Mapping[str, str]] = dict.fromkeys(
    ("vector_store_ids", "file_search", "file_ids", "filters", "max_num_results", "ranking_options"),
    _SEARCHED,
)
"""Fields of the search in files."""

OF_INTERPRETERS: Final[Mapping[str, str]] = dict.fromkeys(
    ("container", "file_ids", "code_interpreter"),
    "in v1, the code interpreter has the `files` of its assistant; remove it, and list them there",
)
"""Fields of the code interpreter."""
