"""Fields and tools of other APIs, and what to write for an agent instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_OURS = "the server chooses it; remove it"
_PROMPT = "write `instructions:`"
_NO_FILES = (
    "an agent has no files: they belong to the environment of its sessions, which is not managed here; "
    "remove it, and give the files to an environment template"
)
_SAMPLED = "an agent has no such field; remove it"

FIELDS: Final[Mapping[str, str]] = {
    "description": "an agent has no description; remove it, or keep the text under `metadata:`",
    **dict.fromkeys(("files", "file_ids", "attachments", "tool_resources", "vector_store_ids"), _NO_FILES),
    **dict.fromkeys(("temperature", "top_p", "seed", "max_tokens", "tool_choice"), _SAMPLED),
    **dict.fromkeys(("max_completion_tokens", "max_output_tokens", "parallel_tool_calls"), _SAMPLED),
    **dict.fromkeys(("system_prompt", "system", "prompt", "instruction", "system_message"), _PROMPT),
    **dict.fromkeys(("id", "object", "created_at", "updated_at"), _OURS),
    "reasoning_effort": "write `reasoning: {effort: …}`",
    "response_format": "write `text: {format: …}`",
    "verbosity": "write `text: {verbosity: …}`",
    "functions": "write `tools:`, with {type: function, function: …} for each",
    "function": "write `tools:`, with {type: function, function: …}",
    "mcp_servers": "write `tools:`, with {type: mcp, server_label: …, transport: …} for each",
    "title": "write `name:`",
    "display_name": "write `name:`",
}
"""Fields of agents."""

_SEARCHED = "an agent has no search in files; remove it, or offer the search by a function or an MCP server"
_CODE = "an agent has no such tool: code runs in the environment of its sessions; remove it"

TOOLS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("retrieval", "file_search", "search", "knowledge_retrieval"), _SEARCHED),
    **dict.fromkeys(("code_interpreter", "code", "shell", "local_shell"), _CODE),
    **dict.fromkeys(("web_search_preview", "browser"), "the Agents API calls it {type: web_search}"),
    **dict.fromkeys(("computer", "computer_use_preview"), "the Agents API calls it {type: computer_use}"),
    **dict.fromkeys(("custom", "image_generation"), "the Agents API has no such tool; declare a function"),
}
"""Types of tools."""

OF_FUNCTIONS: Final[Mapping[str, str]] = {
    "strict": "the Agents API has no strict mode; remove it",
    **dict.fromkeys(("input_schema", "inputSchema", "args", "arguments"), "write `parameters:`"),
}
"""Fields of functions."""

OF_MCP: Final[Mapping[str, str]] = {
    **dict.fromkeys(("server_url", "url"), "write `transport: {type: http, server_url: …}`"),
    "headers": "write it inside `transport:`",
    **dict.fromkeys(("command", "args", "cwd", "env_vars"), "write `transport: {type: stdio, …}`"),
    **dict.fromkeys(("name", "server_name", "label"), "write `server_label:`"),
    **dict.fromkeys(
        ("authorization", "api_key", "token"),
        "a secret does not belong here: keep it in a vault, and name its credential with `credential_id:`",
    ),
    "require_approval": "an agent has no such field; remove it",
}
"""Fields of MCP servers."""
