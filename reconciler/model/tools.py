"""What identifies a tool within an assistant, and what people call it: the one home of both rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def tool_key(tool: Mapping[str, Any]) -> str:
    """Return the key of a tool: its type, or ``function`` and the name of its function."""
    name = _function_name(tool)
    return str(tool.get("type")) if name is None else f"function {name}"


def tool_name(tool: Mapping[str, Any]) -> str:
    """Return what a prompt or a message calls a tool: the name of its function, or its type."""
    name = _function_name(tool)
    return str(tool.get("type")) if name is None else name


def _function_name(tool: Mapping[str, Any]) -> str | None:
    function = tool.get("function")
    named = isinstance(function, dict) and bool(function) and tool.get("type") == "function"
    return str(function.get("name")) if named and function else None
