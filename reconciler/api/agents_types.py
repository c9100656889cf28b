"""One class per object of the Agents API, and what a request may have in its place.

Every object keeps the fields that it does not know, and every word that is not known: a server may be newer.
Wire facts: the types of the SDK ``openai`` 3.57.0. None was checked against the hosted service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Required, TypeAlias, TypedDict

from pydantic import AfterValidator, FailFast, Field

from reconciler.api.types import Id, Seconds, WireObject

BETA: Mapping[str, str] = {"OpenAI-Beta": "agents=v1"}
"""Demanded on /agents."""
_MOST_TOOLS = 10_000  # of the wire's own limit, 2,000, several times as many


class AgentObject(WireObject):
    """An object of this API; a field whose name is a word of Python ends in ``_`` here."""

    def as_sent(self) -> dict[str, Any]:
        """Return the JSON object as the server sent it: unknown fields too, and none that was missing."""
        return self.model_dump(mode="json", exclude_unset=True, by_alias=True)


class AgentFunctionTool(AgentObject):
    """A function of the caller's; ``parameters`` is a JSON Schema of an object.

    ``defer_loading``: the model finds it by ``tool_search`` alone.
    """

    type: Literal["function"]
    name: str
    description: str
    parameters: dict[str, Any]
    defer_loading: bool | None = None
    async_: bool | None = Field(default=None, alias="async")


class HttpTransport(AgentObject):
    """An MCP server that is reached by HTTP; its headers are not secret."""

    type: Literal["http"]
    server_url: str
    headers: dict[str, str] | None = None


class StdioTransport(AgentObject):
    """An MCP server that is started as a program; ``env_vars`` are names of variables that it inherits."""

    type: Literal["stdio"]
    command: str
    cwd: str
    args: list[str] | None = None
    env_vars: list[str] | None = None


def _other(*known: str) -> AfterValidator:
    def other(kind: str) -> str:
        if kind in known:
            raise ValueError(f"not what the type {kind} looks like")
        return kind

    return AfterValidator(other)


class UnknownTransport(AgentObject):
    """A way to reach an MCP server that is not known, kept as it came."""

    type: Annotated[str, _other("http", "stdio")]


class McpTool(AgentObject):
    """The tools of an MCP server; without ``allowed_tools`` all of them."""

    type: Literal["mcp"]
    server_label: str
    transport: Annotated[
        Annotated[HttpTransport | StdioTransport, Field(discriminator="type")] | UnknownTransport,
        Field(union_mode="left_to_right"),
    ]
    allowed_tools: list[str] | None = None
    connection_origin: str | None = None
    credential_id: str | None = None
    request_metadata: dict[str, Any] | None = None
    required: bool | None = None


class SearchLocation(AgentObject):
    """Where the user of a search approximately is; ``country`` by ISO 3166, ``timezone`` by IANA."""

    city: str | None = None
    country: str | None = None
    region: str | None = None
    timezone: str | None = None


class WebSearchTool(AgentObject):
    """Search in the web: ``mode`` is disabled, cached or live, ``context_size`` low, medium or high."""

    type: Literal["web_search"]
    mode: str | None = None
    context_size: str | None = None
    allowed_domains: list[str] | None = None
    location: SearchLocation | None = None


class ToolSearchTool(AgentObject):
    """Finds functions with ``defer_loading``."""

    type: Literal["tool_search"]


class ProgrammaticToolCallingTool(AgentObject):
    """Code of the model may call tools."""

    type: Literal["programmatic_tool_calling"]
    enabled: bool | None = None


class ComputerUseTool(AgentObject):
    """Use of a browser."""

    type: Literal["computer_use"]
    include_screenshots: bool | None = None


class AutomationsTool(AgentObject):
    """The agent may plan times at which it goes on."""

    type: Literal["automations"]


class UnknownAgentTool(AgentObject):
    """A tool of a type that is not known, kept as it came."""

    type: Annotated[
        str,
        _other(
            *("function", "mcp", "web_search", "tool_search"),
            *("programmatic_tool_calling", "computer_use", "automations"),
        ),
    ]


AgentTool: TypeAlias = Annotated[
    Annotated[
        AgentFunctionTool
        | McpTool
        | WebSearchTool
        | ToolSearchTool
        | ProgrammaticToolCallingTool
        | ComputerUseTool
        | AutomationsTool,
        Field(discriminator="type"),
    ]
    | UnknownAgentTool,
    Field(union_mode="left_to_right"),  # so that the known types never leave the fast path
]


class AgentReasoning(AgentObject):
    """How the model thinks; whether ``effort`` is what was asked for or what follows, sources disagree."""

    effort: str | None = None
    summary: str | None = None


class TextFormat(AgentObject):
    """The form of answers: ``type`` is text, or json_schema with a ``schema``."""

    type: str
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")


class AgentText(AgentObject):
    """What answers look like; ``verbosity`` is low, medium or high."""

    format: TextFormat | None = None
    verbosity: str | None = None


class MultiAgent(AgentObject):
    """Whether the agent may make others, and how many of them run at the same time."""

    enabled: bool | None = None
    max_concurrent_subagents: int | None = None


class Compaction(AgentObject):
    """Whether a long context is compacted in the background."""

    async_: bool | None = Field(default=None, alias="async")


class Experimental(AgentObject):
    """Settings that may disappear."""

    time_awareness: bool | None = None


class Agent(AgentObject):
    """An agent; times in whole seconds since 1970, 0 where the server does not say.

    ``compaction`` and ``experimental`` may be absent, which means their defaults.
    """

    id: Id
    object: Literal["agent"] = "agent"
    created_at: Seconds = 0
    updated_at: Seconds = 0
    name: str | None = None
    model: str
    instructions: str | None = None
    metadata: dict[str, Any] | None = None
    tools: Annotated[list[AgentTool], FailFast(), Field(max_length=_MOST_TOOLS)] = Field(default_factory=list)
    reasoning: AgentReasoning | None = None
    service_tier: str | None = None
    text: AgentText | None = None
    multi_agent: MultiAgent | None = None
    compaction: Compaction | None = None
    experimental: Experimental | None = None


class AgentDeleted(AgentObject):
    """The answer to a deletion of an agent."""

    id: str  # an id of the answer or the one that was asked for: the reading of a deletion sees to it
    object: Literal["agent.deleted"] = "agent.deleted"
    deleted: bool


AgentFunctionToolParam = TypedDict(
    "AgentFunctionToolParam",
    {
        "type": Required[Literal["function"]],
        "name": Required[str],
        "description": Required[str],
        "parameters": Required[Mapping[str, object]],
        "defer_loading": bool,
        "async": bool,
    },
    total=False,
)
"""A function of the caller's, in a request."""


class HttpTransportParam(TypedDict, total=False):
    """An MCP server that is reached by HTTP, in a request."""

    type: Required[Literal["http"]]
    server_url: Required[str]
    headers: Mapping[str, str] | None


class StdioTransportParam(TypedDict, total=False):
    """An MCP server that is started as a program, in a request."""

    type: Required[Literal["stdio"]]
    command: Required[str]
    cwd: Required[str]
    args: Sequence[str] | None
    env_vars: Sequence[str] | None


class McpToolParam(TypedDict, total=False):
    """The tools of an MCP server, in a request."""

    type: Required[Literal["mcp"]]
    server_label: Required[str]
    transport: Required[HttpTransportParam | StdioTransportParam]
    allowed_tools: Sequence[str] | None
    connection_origin: Literal["service", "environment"] | None
    credential_id: str | None
    request_metadata: Mapping[str, object] | None
    required: bool


class SearchLocationParam(TypedDict, total=False):
    """Where the user of a search approximately is, in a request."""

    city: str | None
    country: str | None
    region: str | None
    timezone: str | None


class WebSearchToolParam(TypedDict, total=False):
    """Search in the web, in a request."""

    type: Required[Literal["web_search"]]
    mode: Literal["disabled", "cached", "live"] | None
    context_size: Literal["low", "medium", "high"] | None
    allowed_domains: Sequence[str] | None
    location: SearchLocationParam | None


class ToolSearchToolParam(TypedDict):
    """Finds functions with ``defer_loading``, in a request."""

    type: Literal["tool_search"]


class ProgrammaticToolCallingToolParam(TypedDict, total=False):
    """Code of the model may call tools, in a request."""

    type: Required[Literal["programmatic_tool_calling"]]
    enabled: bool


class ComputerUseToolParam(TypedDict, total=False):
    """Use of a browser, in a request."""

    type: Required[Literal["computer_use"]]
    include_screenshots: bool


class AutomationsToolParam(TypedDict):
    """The agent may plan times at which it goes on, in a request."""

    type: Literal["automations"]


AgentToolParam: TypeAlias = (
    AgentFunctionToolParam
    | McpToolParam
    | WebSearchToolParam
    | ToolSearchToolParam
    | ProgrammaticToolCallingToolParam
    | ComputerUseToolParam
    | AutomationsToolParam
    | AgentTool
)
"""A tool in a request; one that came in an answer goes back as it came, of whatever type it is."""


class AgentReasoningParam(TypedDict, total=False):
    """How the model thinks, in a request."""

    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None
    summary: Literal["concise", "detailed", "auto"] | None


class PlainTextParam(TypedDict):
    """Answers without a form, in a request."""

    type: Literal["text"]


class JsonSchemaParam(TypedDict):
    """Answers that match a JSON Schema of an object, in a request."""

    type: Literal["json_schema"]
    schema: Mapping[str, object]


class AgentTextParam(TypedDict, total=False):
    """What answers look like, in a request."""

    format: PlainTextParam | JsonSchemaParam | None
    verbosity: Literal["low", "medium", "high"] | None


class MultiAgentParam(TypedDict, total=False):
    """Whether the agent may make others, in a request; 6 run at the same time where no number is given."""

    enabled: Required[bool]
    max_concurrent_subagents: int


CompactionParam = TypedDict("CompactionParam", {"async": bool | None}, total=False)
"""Whether a long context is compacted in the background, in a request."""


class ExperimentalParam(TypedDict, total=False):
    """Settings that may disappear, in a request."""

    time_awareness: bool


ServiceTier: TypeAlias = Literal["auto", "default", "flex", "priority", "fast", "ultrafast"]
"""How requests to the model are served."""
