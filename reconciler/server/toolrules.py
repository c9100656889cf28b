"""Rules of the tools in a request."""

import re
from collections.abc import Mapping
from typing import Any, Final

from reconciler.server import refusals
from reconciler.server.checks import array, chosen, known, mapping, present, text

_TOOLS: Final = 128
_NAME: Final = 64
_PATTERN: Final = "^[a-zA-Z0-9_-]+$"
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "code_interpreter": ("type",),
    "retrieval": ("type",),
    "function": ("type", "function"),
}


def tools(param: str, value: Any) -> list[Any]:
    """Return the tools as they were sent, which is how they are returned."""
    found = array(param, value, _TOOLS)
    for index, tool in enumerate(found):
        _tool(f"{param}[{index}]", tool)
    return found


def _tool(param: str, value: Any) -> None:
    tool = mapping(param, value)
    present(tool, ("type",), f"{param}.")
    kind = chosen(f"{param}.type", text(f"{param}.type", tool["type"]), _KEYS)
    known(tool, _KEYS[kind], f"{param}.")
    present(tool, _KEYS[kind], f"{param}.")
    if kind == "function":
        _function(f"{param}.function", tool["function"])


def _function(param: str, value: Any) -> None:
    function = mapping(param, value)
    known(function, ("name", "description", "parameters"), f"{param}.")
    present(function, ("name",), f"{param}.")
    _name(f"{param}.name", function["name"])
    if "description" in function:
        text(f"{param}.description", function["description"])
    if "parameters" in function:
        mapping(f"{param}.parameters", function["parameters"])


def _name(param: str, value: Any) -> None:
    name = text(param, value, _NAME)
    # fullmatch, since "$" would let a last line break through.
    if not re.fullmatch(_PATTERN.strip("^$"), name):
        raise refusals.pattern_mismatch(param, _PATTERN)
