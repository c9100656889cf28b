"""Where the values of one assistant come from: a patch, its own lines, the defaults; nearest first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reconciler.config.limits import CODES
from reconciler.model.address import assistant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.config.errors import ContentError
    from reconciler.config.node import Node
    from reconciler.config.problems import Problems
    from reconciler.config.shapes import Values
    from reconciler.config.source import Source
    from reconciler.model.diagnostic import Diagnostic, Origin
    from reconciler.model.field import Field, Fields, Problem


@dataclass(frozen=True, slots=True)
class Layer:
    """One mapping that names fields of an assistant, and the values that it declares."""

    source: Source
    node: Node
    values: Values

    def declares(self, field: str) -> bool:
        """Return whether it names a field."""
        return field in self.values.model_fields_set

    def declared(self) -> dict[str, Any]:
        """Return the fields that it names."""
        return {name: getattr(self.values, name) for name in self.values.model_fields_set}


@dataclass(frozen=True, slots=True)
class Layers:
    """What is declared of one assistant, and where; ``layers`` run from the nearest to the farthest."""

    name: str
    key: Origin
    own: Source
    layers: tuple[Layer, ...]
    fields: Fields
    problems: Problems

    @property
    def declared(self) -> dict[str, Any]:
        """Every field that a layer names, with its nearest value."""
        values: dict[str, Any] = {}
        for layer in reversed(self.layers):
            values |= layer.declared()
        return values

    def pairs(self, field: str) -> dict[str, Any]:
        """Return the nearest value of each key of a field; null clears the keys that lie farther.

        Too many keys in one layer are reported there, and are not looked at.
        """
        row, pairs = self.fields.by_name[field], dict[str, Any]()
        for layer in reversed(self.layers):
            inner = getattr(layer.values, field) if layer.declares(field) else {}
            if inner and (excess := row.too_many(len(inner))):
                self._report(layer, excess, field)
            else:
                pairs = dict.fromkeys(pairs) if inner is None else pairs | inner
        return pairs

    def lifecycle(self, key: str, default: Any) -> Any:
        """Return one setting of the nearest lifecycle that names it."""
        for layer in self.layers:
            if not layer.declares("lifecycle"):
                continue
            lifecycle = layer.values.lifecycle
            if lifecycle is None:
                break  # null: nothing that lies farther counts
            if key in lifecycle.model_fields_set:
                return getattr(lifecycle, key)
        return default

    def layer(self, *path: str | int) -> Layer | None:
        """Return the nearest layer that declares a value by its path; one in which it is wrong comes last."""
        declares = [layer for layer in self.layers if path and layer.declares(str(path[0]))]
        tries = ((declares, path[:2]), (declares, path[:1]), (self.layers, path[:1]))
        return next((layer for layers, steps in tries for layer in layers if layer.node.has(*steps)), None)

    def origin(self, *path: str | int, key: bool = False) -> Origin:
        """Return where the value under a path is, or its key; the assistant's own key without any layer."""
        layer = self.layer(*path) if path else None
        if layer is None:
            return self.key
        return layer.node.key(*path) if key else layer.node.at(*path)

    def has_wrong(self, field: str) -> bool:
        """Return whether a field is written in a layer and was left out because it is wrong."""
        return field not in self.declared and self.layer(field) is not None

    def problem(
        self,
        code: str,
        message: str,
        *path: str | int,
        help: str = "",  # noqa: A002 - the field's word
        key: bool = False,
        file: str = "",
    ) -> None:
        """Report what is wrong with the value under a path, or with its key; ``file`` is what it names."""
        if self.problems.describes_errors:
            self.problems.append(self._located(code, message, *path, help=help, key=key, file=file))
        else:
            self.problems.note(self.origin(*path, key=key), message)

    def refused(self, what: str, cause: ContentError, *path: str | int, file: str = "") -> None:
        """Report why the file that the value under a path names cannot be used."""
        message = f"cannot read the {what}: {cause}"
        if self.problems.describes_errors:
            found = self._located(cause.code, message, *path, help=cause.help, file=file)
            self.problems.append(replace(found, reason=cause.reason, file=cause.path))
        else:
            self.problems.note(self.origin(*path), message)

    def warn(self, code: str, message: str, *path: str | int, help: str = "", file: str = "") -> None:  # noqa: A002 - the field's word
        """Report what is likely a mistake, and may be meant."""
        self.problems.append(self._located(code, message, *path, help=help, file=file).as_warning())

    def _located(
        self,
        code: str,
        message: str,
        *path: str | int,
        help: str,  # noqa: A002 - the field's word
        key: bool = False,
        file: str = "",
    ) -> Diagnostic:
        layer = self.layer(*path) if path else None
        source = layer.source if layer else self.own
        found = source.diagnostic(code, message, self.origin(*path, key=key), help=help)
        return replace(found, about=(self.address, file) if file else (self.address,))

    @property
    def address(self) -> str:
        """The address of the assistant."""
        return str(assistant(self.name))

    def uses(self, file: str, *path: str | int) -> None:
        """Record that the value under a path names a file: what is found in the file is found here too."""
        self.problems.exceptions.uses(file, self.origin(*path))

    def permits(self, code: str, file: str) -> bool:
        """Return whether an exception allows that this assistant gets a file as it is."""
        return self.problems.exceptions.permits(code, self.address, file)

    def violated(self, row: Field, problem: Problem, *path: str | int) -> None:
        """Report a limit of a field that a value violates, at a path inside the value."""
        code, key = CODES[problem.limit], problem.is_key
        if self.problems.describes_errors:
            found = self._located(code, problem.message, row.name, *path, help=problem.help, key=key)
            self.problems.append(
                replace(found, is_guess=False)
            )  # it is the API's limit, so no exception helps
        else:
            self.problems.note(self.origin(row.name, *path, key=key), problem.message)

    def _report(self, layer: Layer, problem: Problem, field: str) -> None:
        origin = layer.node.at(field)
        self.problems.append(layer.source.diagnostic(CODES[problem.limit], problem.message, origin))

    def check(self, row: Field, value: Any) -> None:
        """Report every limit of a field that a value violates."""
        for problem in row.problems(value):
            self.violated(row, problem, *problem.path)

    def origins(self, sources: Mapping[str, str]) -> dict[str, str]:
        """Return where each managed value comes from, for a person: a position, or the file that was read."""
        keyed = {row.name for row in self.fields.keyed}
        plain = [name for name in self.declared if name not in keyed]
        origins = {name: sources.get(name, str(self.origin(name))) for name in plain}
        for name in keyed:
            origins |= {f"{name}.{key}": str(self.origin(name, key)) for key in self.pairs(name)}
        return origins
