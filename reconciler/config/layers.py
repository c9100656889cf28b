"""Where the values of one assistant come from: a patch, its own lines, the defaults; nearest first."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler.config.limits import CODES
from reconciler.dialects.written import given
from reconciler.model.address import assistant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.config.document import Declared
    from reconciler.config.errors import ContentError
    from reconciler.config.node import Node
    from reconciler.config.problems import Problems
    from reconciler.config.shapes import Values
    from reconciler.config.source import Source
    from reconciler.model.diagnostic import Diagnostic, Origin
    from reconciler.model.field import Field, Fields, Problem


@dataclass(slots=True, eq=False)
class Layer:
    """One mapping that names fields of an assistant, and the values that it declares.

    Many assistants may have the same layer, such as the defaults of a file. ``declared`` are the fields that
    it names.
    """

    source: Source
    node: Node
    values: Values
    declared: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.declared = given(self.values)

    def declares(self, field: str) -> bool:
        """Return whether it names a field."""
        return field in self.declared

    def plain(self, field: str) -> Any:
        """Return the value of a field as JSON has it, which is shared and must not be changed."""
        return self.node.plain()[field]


@dataclass(slots=True, eq=False)
class Layers:
    """What is declared of one assistant, and where; ``layers`` run from the nearest to the farthest.

    ``mapping`` is the node of all assistants of the file ``own``; ``declared`` has every field that a layer
    names, with its nearest value. There are as many of these as assistants, so positions are only looked up
    where there is something to report.
    """

    name: str
    own: Source
    mapping: Node
    layers: tuple[Layer, ...]
    fields: Fields
    problems: Problems
    declared: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        near, *far = self.layers
        self.declared = {**far[-1].declared, **near.declared} if len(far) == 1 else self._merged()

    def _merged(self) -> Mapping[str, Any]:
        return {name: value for layer in reversed(self.layers) for name, value in layer.declared.items()}

    @property
    def key(self) -> Origin:
        """Where the assistant's own key is."""
        return self.mapping.key(self.name)

    def pairs(self, field: str) -> Mapping[str, Any]:
        """Return the nearest value of each key of a field; null clears the keys that lie farther.

        Too many keys in one layer are reported there, and are not looked at.
        """
        row = self.fields.by_name[field]
        pairs: Mapping[str, Any] = {}
        for layer in reversed(self.layers):
            inner = layer.declared.get(field, {})
            if inner and (excess := row.too_many(len(inner))):
                self._report(layer, excess, field)
            elif inner is None:
                pairs = dict.fromkeys(pairs)
            elif inner:
                pairs = {**pairs, **inner} if pairs else inner
        return pairs

    def lifecycle(self, key: str, default: Any) -> Any:
        """Return one setting of the nearest lifecycle that names it."""
        if "lifecycle" not in self.declared:
            return default
        for layer in self.layers:
            if not layer.declares("lifecycle"):
                continue
            lifecycle = layer.values.lifecycle
            if lifecycle is None:
                break  # null: nothing that lies farther counts
            if key in given(lifecycle):
                return getattr(lifecycle, key)
        return default

    def declaring(self, field: str) -> Layer | None:
        """Return the nearest layer that names a field."""
        for layer in self.layers:
            if field in layer.declared:
                return layer
        return None

    def beside(self, field: str) -> str:
        """Return the path of the file in which a field is named, beside which it names others."""
        layer = self.declaring(field)
        return layer.source.path if layer else self.own.path

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
        if self.problems.exceptions.entries:
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


def defaults(declared: Declared) -> tuple[Layer, ...]:
    """Return the layer that all assistants of a document have; none where it has no defaults."""
    node = declared.node.child("defaults")
    return (Layer(declared.source, node, declared.document.defaults),) if node else ()


@dataclass(frozen=True, slots=True)
class Layering:
    """How the layers of assistants are put together; ``patches`` are those of an environment, by address."""

    fields: Fields
    problems: Problems
    patches: Mapping[str, Layer]

    def layers(self, declared: Declared, name: str, shared: tuple[Layer, ...] | None = None) -> Layers | None:
        """Return what a document declares of one assistant; None where its node was taken apart.

        ``shared`` are the defaults of the document, where they are at hand.
        """
        mapping = declared.node.child("assistants")
        node = mapping.child(name) if mapping else None
        if mapping is None or node is None:
            return None
        patch = self.patches.get(str(assistant(name))) if self.patches else None
        layer = Layer(declared.source, node, declared.document.assistants[name])
        far = defaults(declared) if shared is None else shared
        layers = (patch, layer, *far) if patch else (layer, *far)
        return Layers(
            name,
            own=declared.source,
            mapping=mapping,
            layers=layers,
            fields=self.fields,
            problems=self.problems,
        )
