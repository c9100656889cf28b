"""The tools that an agent may keep: what may be written of each, and which of two values are the same.

A function has its values inside, as in every dialect; the wire has them flat.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal

from reconciler.dialects.agents_v1 import foreign
from reconciler.dialects.written import Choice, NotEmpty, Strict
from reconciler.model.field import TAG, ItemKind, Items, Limit, Problem

if TYPE_CHECKING:
    from typing import TypeAlias

    Item: TypeAlias = Mapping[str, Any]

FUNCTION: Final = "function"
MCP: Final = "mcp"
_MOST_BYTES: Final = 3 * 1024 * 1024
_LONGEST: Final = 1_048_576
_MOST_PROPERTIES: Final = 1_024
_LONGEST_PROPERTY: Final = 256
_MOST_HEADERS: Final = 1_024
_MOST_ALLOWED: Final = 16_384


class Function(Strict):
    """A function the model may call."""

    foreign: ClassVar[Mapping[str, str]] = foreign.OF_FUNCTIONS
    name: Annotated[str, NotEmpty()]
    description: str
    parameters: dict[str, Any]
    defer_loading: bool | None = None
    async_: bool | None = None


class HttpTransport(Strict):
    """An MCP server that is reached by HTTP; its headers are not secret."""

    type: Literal["http"]
    server_url: str
    headers: dict[str, str] | None = None


class StdioTransport(Strict):
    """An MCP server that is started as a program; ``env_vars`` names the variables that it inherits."""

    type: Literal["stdio"]
    command: str
    cwd: str
    args: list[str] | None = None
    env_vars: list[str] | None = None


def _transport_tag(value: Any) -> str | None:
    kind = value.get(TAG) if isinstance(value, Mapping) else None
    return f"<{kind}>" if kind in {"http", "stdio"} else None


class Mcp(Strict):
    """The tools of an MCP server, known by its label; without `allowed_tools` all of them."""

    foreign: ClassVar[Mapping[str, str]] = foreign.OF_MCP
    server_label: Annotated[str, NotEmpty()]
    transport: Annotated[
        Any,
        Choice(
            _transport_tag,
            {"<http>": HttpTransport, "<stdio>": StdioTransport},
            kind="transport",
            problem="must have a type, http or stdio",
        ),
    ]
    allowed_tools: list[str] | None = None
    connection_origin: Literal["service", "environment"] | None = None
    credential_id: str | None = None
    request_metadata: dict[str, Any] | None = None
    required: bool | None = None


class Location(Strict):
    """Where the user of a search approximately is."""

    city: str | None = None
    country: str | None = None
    region: str | None = None
    timezone: str | None = None


class WebSearch(Strict):
    """Search in the web."""

    mode: Literal["disabled", "cached", "live"] | None = None
    context_size: Literal["low", "medium", "high"] | None = None
    allowed_domains: list[str] | None = None
    location: Location | None = None


class ToolSearch(Strict):
    """Finds functions whose loading is deferred."""


class ProgrammaticToolCalling(Strict):
    """Code of the model may call tools."""

    enabled: bool | None = None


class ComputerUse(Strict):
    """Use of a browser."""

    include_screenshots: bool | None = None


class Automations(Strict):
    """The agent may plan times at which it goes on."""


KINDS: Final = (
    ItemKind(
        tag=FUNCTION,
        inner=FUNCTION,
        key="name",
        compared=("name", "description", "parameters", "defer_loading", "async"),
        contract="parameters",
        noun="a function",
        key_limit=_LONGEST,
        written=Function,
    ),
    ItemKind(
        tag=MCP,
        key="server_label",
        compared=(
            "server_label",
            "transport",
            "allowed_tools",
            "connection_origin",
            "credential_id",
            "request_metadata",
            "required",
        ),
        noun="an MCP server",
        key_limit=_LONGEST,
        written=Mcp,
    ),
    ItemKind(
        tag="web_search",
        compared=("mode", "context_size", "allowed_domains", "location"),
        noun="a web search",
        written=WebSearch,
    ),
    ItemKind(tag="tool_search", written=ToolSearch),
    ItemKind(tag="programmatic_tool_calling", compared=("enabled",), written=ProgrammaticToolCalling),
    ItemKind(tag="computer_use", compared=("include_screenshots",), written=ComputerUse),
    ItemKind(tag="automations", written=Automations),
)

_FILLED: Final[Mapping[str, Item]] = {
    FUNCTION: {"defer_loading": False, "async": False},
    MCP: {"required": False, "request_metadata": {}},
    "http": {"headers": {}},
    "stdio": {"args": [], "env_vars": []},
    "web_search": {"mode": "live", "context_size": "medium"},
    "programmatic_tool_calling": {"enabled": True},
    "computer_use": {"include_screenshots": False},
}
"""What a server fills in where nothing is written: a value that is the same as none."""
_RESOLVED: Final = frozenset({"connection_origin"})
"""What a server decides where nothing is written, so that any value is the same as none."""


@dataclass(frozen=True)
class Tools(Items):
    """The tools of an agent: what a server fills in is no difference."""

    def normal(self, value: Any) -> Any:
        """Return the tools by key, without what a server fills in."""
        return {key: _bare(item) for key, item in super().normal(value).items()}

    def is_equal(self, before: Any, after: Any) -> bool:
        """Return whether two tools, live and desired, are the same but for what the server decides."""
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            open_to_it = _RESOLVED - after.keys()
            before = {name: one for name, one in before.items() if name not in open_to_it}
        return super().is_equal(before, after)

    def problems(self, value: Any) -> Iterator[Problem]:
        """Yield the limits of a list, of the values inside its items, and of its size as JSON."""
        yield from super().problems(value)
        for number, item in enumerate(value or ()):
            yield from _inner_problems(number, item)
        size = len(json.dumps(flat(value or ()), ensure_ascii=False, separators=(",", ":")).encode())
        if size > _MOST_BYTES:
            message = f"{self.name} have {size:,} bytes of JSON; the limit is {_MOST_BYTES:,}"
            yield Problem(Limit.SIZE, message)

    @property
    def limits(self) -> Iterator[tuple[Limit, str]]:
        """The same limits, and those of the values inside."""
        yield from super().limits
        yield Limit.SIZE, f"`{self.name}`: {_MOST_BYTES:,} bytes of JSON"
        yield Limit.COUNT, f"a function's parameters: {_MOST_PROPERTIES:,} properties"
        yield Limit.LENGTH, f"the name of a parameter: {_LONGEST_PROPERTY:,} characters"
        yield Limit.COUNT, f"the headers of an MCP server: {_MOST_HEADERS:,}"
        yield Limit.COUNT, f"the allowed tools of an MCP server: {_MOST_ALLOWED:,}"


def flat(items: Sequence[Item]) -> list[Item]:
    """Return tools as the wire has them: the values of a function beside its type, and no null."""
    return [_flat(item) for item in items]


def _flat(item: Item) -> Item:
    inner = item.get(FUNCTION)
    if item.get(TAG) == FUNCTION and isinstance(inner, Mapping):
        rest = {name: value for name, value in item.items() if name != FUNCTION}
        return {**rest, **inner}
    return _without_null(item)


def nested(items: Sequence[Any]) -> list[Item]:
    """Return tools of the wire in the form of every dialect: the values of a function inside."""
    return [_nested(item) for item in items]


def _nested(item: Item) -> Item:
    if item.get(TAG) != FUNCTION:
        return item
    return {TAG: FUNCTION, FUNCTION: {name: value for name, value in item.items() if name != TAG}}


def _bare(item: Item) -> Item:
    """Return a normal item without what a server fills in."""
    kind = str(item.get(TAG, ""))
    inner = item.get(FUNCTION)
    if kind == FUNCTION and isinstance(inner, Mapping):
        return {**item, FUNCTION: _unfilled(kind, inner)}
    bare = _unfilled(kind, _without_null(item))
    transport = bare.get("transport")
    if kind == MCP and isinstance(transport, Mapping):
        bare = {**bare, "transport": _unfilled(str(transport.get(TAG)), transport)}
    return bare


def _unfilled(kind: str, values: Item) -> Item:
    filled = _FILLED.get(kind, {})
    return {name: one for name, one in values.items() if name not in filled or not _is(one, filled[name])}


def _is(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _without_null(item: Item) -> Item:
    """Return an item without null, and objects of a known form inside it neither."""
    return {
        name: {key: one for key, one in value.items() if one is not None}
        if name in {"transport", "location"} and isinstance(value, Mapping)
        else value
        for name, value in item.items()
        if value is not None
    }


def _inner_problems(number: int, item: Item) -> Iterator[Problem]:
    """Yield the limits that values inside of an item violate."""
    if item.get(TAG) == FUNCTION:
        yield from _of_function(number, item.get(FUNCTION) or {})
    elif item.get(TAG) == MCP:
        transport = item.get("transport") or {}
        yield from _too_many(number, "headers", transport.get("headers"), _MOST_HEADERS)
        yield from _too_many(number, "allowed tools", item.get("allowed_tools"), _MOST_ALLOWED)


def _of_function(number: int, function: Item) -> Iterator[Problem]:
    name, schema = function.get("name"), function.get("parameters") or {}
    if schema.get("type") != "object":
        message = f"the parameters of `{name}` must be a JSON Schema with `type: object`"
        yield Problem(Limit.PATTERN, message, (number,), help="write `type: object`, and `properties:`")
    properties = schema.get("properties")
    if isinstance(properties, Mapping):
        yield from _too_many(
            number, f"properties in the parameters of `{name}`", properties, _MOST_PROPERTIES
        )
        long = next((one for one in properties if len(str(one)) > _LONGEST_PROPERTY), None)
        if long is not None:
            message = f"a parameter of `{name}` has a name of {len(long):,} characters"
            yield Problem(Limit.LENGTH, f"{message}; the limit is {_LONGEST_PROPERTY:,}", (number,))
    text = function.get("description")
    if isinstance(text, str) and len(text) > _LONGEST:
        message = f"the description of `{name}` has {len(text):,} characters; the limit is {_LONGEST:,}"
        yield Problem(Limit.LENGTH, message, (number,))


def _too_many(number: int, what: str, values: Any, limit: int) -> Iterator[Problem]:
    if values is not None and len(values) > limit:
        yield Problem(Limit.COUNT, f"{len(values):,} {what}; the limit is {limit:,}", (number,))
