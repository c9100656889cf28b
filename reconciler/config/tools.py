"""Tools: inline or from files that assistants share, as the wire takes them, their parameters checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.config.content import ContentError
from reconciler.config.document import declare
from reconciler.config.errors import ConfigError
from reconciler.config.text import MAX_BYTES, Node, Source, compose
from reconciler.dialects.assistants_v1.shape import FIELDS, Function, FunctionTool
from reconciler.dialects.written import InFile
from reconciler.model.diagnostic import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.config.content import Root
    from reconciler.config.layers import Layers
    from reconciler.config.lint import Lint
    from reconciler.model.diagnostic import Diagnostic, Origin

_NAME = re.compile(r"[a-zA-Z0-9_-]+\Z")
_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_DRAFTS = (
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema",
    "http://json-schema.org/draft-06/schema",
    "http://json-schema.org/draft-04/schema",
)
_ROW: Any = FIELDS.by_name["tools"]
_EXPECTED = "write the function's name, description and parameters"


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a function is written; ``at`` leads to it within a node."""

    source: Source
    node: Node
    at: tuple[str | int, ...] = ()

    def problem(self, code: str, message: str, *path: str | int, help: str = "") -> Diagnostic:  # noqa: A002 - the field's word
        origin: Origin = self.node.at(*self.at, *path)
        return self.source.diagnostic(code, message, origin, help=help)


@dataclass(frozen=True, slots=True)
class Tools:
    """Turns what files say of tools into the wire's objects, reading each file once."""

    root: Root
    lint: Lint
    files: dict[str, tuple[Function | None, tuple[Diagnostic, ...]]] = field(default_factory=dict)

    def tools(self, place: Layers, said: Sequence[Any]) -> list[dict[str, Any]]:
        """The tools of an assistant, in order; a tool that is wrong is reported and left out."""
        if len(said) > _ROW.limit:
            place.problem("AS412", f"{len(said)} tools; the limit is {_ROW.limit}", "tools")
        found: dict[str, dict[str, Any]] = {}
        for number, tool in enumerate(said):
            wire = self._tool(place, tool, number)
            if wire is None:
                continue
            if _ROW.key(wire) in found:
                place.problem("AS413", f"the tool `{_ROW.label(wire)}` is listed twice", "tools", number)
            found[_ROW.key(wire)] = wire
        return list(found.values())

    def _tool(self, place: Layers, tool: Any, number: int) -> dict[str, Any] | None:
        if isinstance(tool, InFile):
            function = self._read(place, tool.file, "tools", number, "file")
        elif not isinstance(tool, FunctionTool):
            return {"type": tool.type}
        elif isinstance(tool.function, InFile):
            function = self._read(place, tool.function.file, "tools", number, "function", "file")
        else:
            function = tool.function
            layer = place.layer("tools")
            assert layer is not None  # noqa: S101 - somebody said it
            place.problems.extend(
                self._checked(function, _Spot(layer.source, layer.node, ("tools", number, "function")))
            )
        return None if function is None else {"type": "function", "function": _said(function)}

    def _read(self, place: Layers, named: str, *path: str | int) -> Function | None:
        layer = place.layer("tools")
        try:
            where = self.root.locate(named, layer.source.path if layer else place.own.path)
            if where not in self.files:
                self.files[where] = self._in_file(where)
        except ContentError as cause:
            place.problem(cause.code, f"cannot read the function: {cause}", *path, help=cause.help)
            return None
        function, problems = self.files[where]
        place.problems.extend(problems)
        return function

    def _in_file(self, path: str) -> tuple[Function | None, tuple[Diagnostic, ...]]:
        """A file that holds a function, or a whole tool of type function."""
        source = Source(path, self.root.text(path, MAX_BYTES))
        try:
            node = compose(source, _EXPECTED)
        except ConfigError as cause:
            return None, cause.diagnostics
        hidden = self.lint.document(source, node)
        if node.has("type") and node.has("function"):
            tool, problems = declare(source, node, FunctionTool)
            spot = _Spot(source, node, ("function",))
            function = tool.function if tool and isinstance(tool.function, Function) else None
            if tool is not None and function is None:
                problems = [spot.problem("AS202", "a tool file cannot name another", "file")]
        else:
            function, problems = declare(source, node, Function)
            spot = _Spot(source, node)
        if function is not None:
            problems = [*problems, *self._checked(function, spot)]
        return function, (*problems, *hidden)

    def _checked(self, function: Function, spot: _Spot) -> list[Diagnostic]:
        found = []
        limit = 64
        if len(function.name) > limit:
            problem = f"a function's name has {len(function.name):,} characters; the limit is {limit:,}"
            found.append(spot.problem("AS411", problem, "name"))
        if not _NAME.match(function.name):
            problem = f"{function.name!r} cannot be a function's name"
            found.append(spot.problem("AS414", problem, "name", help="letters, digits, _ and - only"))
        if function.parameters is not None:
            found.extend(_schema_problems(function.parameters, spot))
        return found


def _schema_problems(parameters: dict[str, Any], spot: _Spot) -> list[Diagnostic]:
    """What of a function's parameters is no JSON Schema of an object."""
    import jsonschema_rs  # noqa: PLC0415 - only configurations with functions pay for it

    if parameters.get("type", "object") != "object":
        remedy = "write `type: object` and the arguments under `properties`"
        return [
            spot.problem("AS417", "a function's parameters are an object", "parameters", "type", help=remedy)
        ]
    draft = parameters.get("$schema", _DRAFTS[0])
    if (
        not isinstance(draft, str) or draft.removesuffix("#") not in _DRAFTS
    ):  # never looked up: it is no file of ours
        remedy = f"leave it out, or name a known one: {_DRAFTS[0]}"
        return [spot.problem("AS417", "an unknown `$schema`", "parameters", "$schema", help=remedy)]
    try:
        jsonschema_rs.meta.validate(parameters)
    except jsonschema_rs.ValidationError as cause:
        path = ("parameters", *cause.instance_path)
        if path[-1] == "type" and path[-2] != "properties" and isinstance(cause.instance, str):
            problem, remedy = (
                f"{cause.instance!r} is no type of JSON Schema",
                did_you_mean(cause.instance, _TYPES),
            )
            return [spot.problem("AS417", problem, *path, help=remedy or f"types: {', '.join(_TYPES)}")]
        return [spot.problem("AS417", f"not a JSON Schema: {cause.message}", *path)]
    except (ValueError, jsonschema_rs.ReferencingError) as cause:
        return [spot.problem("AS417", f"not a JSON Schema: {cause}", "parameters")]
    return []


def _said(function: Function) -> dict[str, Any]:
    """A function as the wire takes it, which knows no null there."""
    return {key: value for key, value in function.model_dump().items() if value is not None}
