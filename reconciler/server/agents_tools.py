"""Rules of the tools in a request for an agent, and what is filled in of them."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from reconciler.server import agents_decisions, refusals
from reconciler.server.checks import array, chosen, known, mapping, present, text
from reconciler.server.refusals import WireError

LONGEST: Final = 1_048_576
_TOOLS: Final = 2_000
_BYTES: Final = 3 * 1024 * 1024
_PROPERTIES: Final = 1_024
_PROPERTY: Final = 256
_HEADERS: Final = 1_024
_ALLOWED: Final = 16_384
_VALUES: Final = 16_384  # of lists that have no limit of their own


def tools(param: str, value: Any) -> list[dict[str, Any]]:
    """Return the tools with everything filled in; null is an empty list."""
    if value is None:
        return []
    found = array(param, value, _TOOLS)
    size = len(json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode())
    if size > _BYTES:
        message = f"Invalid '{param}': too large. Expected at most {_BYTES} bytes of JSON, but got {size}."
        raise WireError(message, param=param, code="array_above_max_size")
    filled = [_tool(f"{param}[{index}]", tool) for index, tool in enumerate(found)]
    _refuse_twice(param, filled)
    return filled


def _refuse_twice(param: str, found: list[dict[str, Any]]) -> None:
    seen = set()
    for tool in found:
        kind = tool["type"]
        name = tool["name"] if kind == "function" else tool["server_label"] if kind == "mcp" else kind
        if (kind, name) in seen:
            said = (
                f"duplicate function tool name: {name}" if kind == "function" else f"duplicate tool: {name}"
            )
            raise WireError(said, param=param, code="invalid_value")
        seen.add((kind, name))


def flag(param: str, value: Any) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise refusals.wrong_type(param, "a boolean", value)
    return value


def _tool(param: str, value: Any) -> dict[str, Any]:
    tool = mapping(param, value)
    present(tool, ("type",), f"{param}.")
    kind = chosen(f"{param}.type", text(f"{param}.type", tool["type"]), _FILLING)
    return {"type": kind, **_FILLING[kind](param, {key: one for key, one in tool.items() if key != "type"})}


def _function(param: str, tool: Mapping[str, Any]) -> dict[str, Any]:
    known(tool, ("name", "description", "parameters", "defer_loading", "async"), f"{param}.")
    present(tool, ("name", "description", "parameters"), f"{param}.")
    filled = {
        "name": text(f"{param}.name", tool["name"], LONGEST),
        "description": text(f"{param}.description", tool["description"], LONGEST),
        "parameters": schema(f"{param}.parameters", tool["parameters"]),
        "defer_loading": flag(f"{param}.defer_loading", tool.get("defer_loading", False)),
    }
    return {**filled, "async": flag(f"{param}.async", tool["async"])} if "async" in tool else filled


def schema(param: str, value: Any) -> Mapping[str, Any]:
    """Return a JSON Schema whose root is an object."""
    found = mapping(param, value)
    if found.get("type") != "object":
        raise refusals.unexpected(f"{param}.type", str(found.get("type")), "'object'")
    properties = found.get("properties")
    if isinstance(properties, dict):
        if len(properties) > _PROPERTIES:
            raise refusals.many_properties(f"{param}.properties", _PROPERTIES, len(properties))
        for name in properties:
            if len(name) > _PROPERTY:
                raise refusals.long_property(f"{param}.properties", _PROPERTY, len(name))
    return found


def _mcp(param: str, tool: Mapping[str, Any]) -> dict[str, Any]:
    names = ("allowed_tools", "connection_origin", "credential_id", "request_metadata", "required")
    known(tool, ("server_label", "transport", *names), f"{param}.")
    present(tool, ("server_label", "transport"), f"{param}.")
    transport = _transport(f"{param}.transport", tool["transport"])
    origin = _one_of(f"{param}.connection_origin", tool.get("connection_origin"), ("service", "environment"))
    metadata = tool.get("request_metadata")
    return {
        "server_label": text(f"{param}.server_label", tool["server_label"], LONGEST),
        "transport": transport,
        "allowed_tools": _texts(f"{param}.allowed_tools", tool.get("allowed_tools"), _ALLOWED),
        "connection_origin": origin or agents_decisions.ORIGINS[transport["type"]],
        "credential_id": _nullable(f"{param}.credential_id", tool.get("credential_id")),
        "request_metadata": {} if metadata is None else mapping(f"{param}.request_metadata", metadata),
        "required": flag(f"{param}.required", tool.get("required", False)),
    }


def _transport(param: str, value: Any) -> dict[str, Any]:
    sent = mapping(param, value)
    present(sent, ("type",), f"{param}.")
    if chosen(f"{param}.type", text(f"{param}.type", sent["type"]), ("http", "stdio")) == "http":
        known(sent, ("type", "server_url", "headers"), f"{param}.")
        present(sent, ("server_url",), f"{param}.")
        url = text(f"{param}.server_url", sent["server_url"], LONGEST)
        return {"type": "http", "server_url": url, "headers": _headers(f"{param}.headers", sent)}
    known(sent, ("type", "command", "cwd", "args", "env_vars"), f"{param}.")
    present(sent, ("command", "cwd"), f"{param}.")
    named = {name: text(f"{param}.{name}", sent[name], LONGEST) for name in ("command", "cwd")}
    lists = {name: _texts(f"{param}.{name}", sent.get(name), _VALUES) or [] for name in ("args", "env_vars")}
    return {"type": "stdio", **named, **lists}


def _headers(param: str, sent: Mapping[str, Any]) -> dict[str, str]:
    headers = mapping(param, sent.get("headers") or {})
    if len(headers) > _HEADERS:
        raise refusals.many_properties(param, _HEADERS, len(headers))
    return {name: text(f"{param}.{name}", one) for name, one in headers.items()}


def _web_search(param: str, tool: Mapping[str, Any]) -> dict[str, Any]:
    known(tool, ("mode", "context_size", "allowed_domains", "location"), f"{param}.")
    modes, sizes = ("disabled", "cached", "live"), ("low", "medium", "high")
    return {
        "mode": _one_of(f"{param}.mode", tool.get("mode"), modes) or "live",
        "context_size": _one_of(f"{param}.context_size", tool.get("context_size"), sizes) or "medium",
        "allowed_domains": _texts(f"{param}.allowed_domains", tool.get("allowed_domains"), _VALUES),
        "location": _location(f"{param}.location", tool.get("location")),
    }


def _location(param: str, value: Any) -> dict[str, str | None] | None:
    if value is None:
        return None
    names = ("city", "country", "region", "timezone")
    sent = mapping(param, value)
    known(sent, names, f"{param}.")
    return {name: _nullable(f"{param}.{name}", sent.get(name)) for name in names}


def _plain(param: str, tool: Mapping[str, Any]) -> dict[str, Any]:
    known(tool, (), f"{param}.")
    return {}


def _toggled(name: str, *, default: bool) -> Callable[[str, Mapping[str, Any]], dict[str, Any]]:
    def filled(param: str, tool: Mapping[str, Any]) -> dict[str, Any]:
        known(tool, (name,), f"{param}.")
        return {name: flag(f"{param}.{name}", tool.get(name, default))}

    return filled


def _nullable(param: str, value: Any) -> str | None:
    return None if value is None else text(param, value, LONGEST)


def _one_of(param: str, value: Any, choices: tuple[str, ...]) -> str | None:
    return None if value is None else chosen(param, text(param, value), choices)


def _texts(param: str, value: Any, limit: int) -> list[str] | None:
    if value is None:
        return None
    return [text(f"{param}[{index}]", one) for index, one in enumerate(array(param, value, limit))]


_FILLING: Final[Mapping[str, Callable[[str, Mapping[str, Any]], dict[str, Any]]]] = {
    "function": _function,
    "mcp": _mcp,
    "web_search": _web_search,
    "tool_search": _plain,
    "programmatic_tool_calling": _toggled("enabled", default=True),
    "computer_use": _toggled("include_screenshots", default=False),
    "automations": _plain,
}
