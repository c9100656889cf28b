"""Environments: variables and patches that one deployment of the same assistants has for itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from reconciler.config.layers import Layer
from reconciler.config.listing import ENVIRONMENTS
from reconciler.config.reading import environment_file
from reconciler.model.address import ENVIRONMENT_PATTERN, assistant
from reconciler.model.characters import quoted
from reconciler.model.diagnostic import Diagnostic, Origin, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.config.content import Root
    from reconciler.config.document import Declared
    from reconciler.config.node import Node
    from reconciler.config.problems import Problems
    from reconciler.config.shapes import Environment
    from reconciler.config.source import Source
    from reconciler.dialects import Dialect


@dataclass(frozen=True, slots=True)
class Described:
    """One environment, and the node and source that describe it."""

    name: str
    declared: Environment
    source: Source
    node: Node
    key: Origin

    def patches(self) -> Iterator[tuple[str, Origin, Layer]]:
        """Yield the address, the position and the layer of every patch."""
        patches = self.node.child("patches")
        for address, patch in self.declared.patches.items():
            inner = patches.child(address) if patches else None
            if patches and inner:
                yield address, patches.key(address), Layer(self.source, inner, patch)


@dataclass
class Environments:
    """Every environment of a configuration; blocks are read first, then files beside the documents."""

    root: Root
    dialect: Dialect
    problems: Problems
    described: dict[str, Described] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)

    def read(self, documents: Sequence[Declared]) -> None:
        """Find them all; one that is described twice is a problem."""
        for document in documents:
            blocks = document.node.child("environments")
            for name, declared in document.document.environments.items():
                node = blocks.child(name) if blocks else None
                if blocks and node:
                    self._add(
                        Described(name, declared, source=document.source, node=node, key=blocks.key(name))
                    )
        folders = dict.fromkeys(PurePosixPath(document.source.path).parent for document in documents)
        for path in (path for folder in folders for path in self._files(folder / ENVIRONMENTS)):
            self._read(path)

    def _read(self, path: PurePosixPath) -> None:
        file = environment_file(self.root, path.as_posix(), self.dialect, self.problems)
        if file is None:
            self.unreadable.add(path.stem)
        else:
            source, node, declared = file
            key = Origin(path.as_posix())
            self._add(Described(path.stem, declared, source=source, node=node, key=key))

    def _files(self, folder: PurePosixPath) -> list[PurePosixPath]:
        """Return the environments of a folder, sorted; not what is hidden or partial."""
        paths = map(PurePosixPath, self.root.children(folder.as_posix()))
        return [path for path in paths if path.suffix in {".yaml", ".yml"} and path.name[0] not in "._"]

    def _add(self, environment: Described) -> None:
        name, source, key = environment.name, environment.source, environment.key
        first = self.described.setdefault(name, environment)
        if first is not environment:
            problem = f"the environment `{name}` is described twice"
            remedy = f"the other one stands at {first.key}; keep one of them"
            self.problems.append(source.diagnostic("AS423", problem, key, help=remedy))
        if not ENVIRONMENT_PATTERN.match(name):
            problem = f"{quoted(name)} cannot be an environment's name"
            remedy = "lower-case letters, digits and - _ . only, at most 32"
            self.problems.append(source.diagnostic("AS423", problem, key, help=remedy))

    def chosen(self, name: str | None) -> Described | None:
        """Return the environment of this run; one that is not described is a problem."""
        if name is None or name in self.described or name in self.unreadable:
            return self.described.get(name or "")
        hint = did_you_mean(name, self.described)
        if not hint:
            known = ", ".join(self.described) or "none is described"
            hint = f"known environments: {known}"
        self.problems.append(
            Diagnostic("AS423", f"unknown environment `{name}`", Origin("--env", 0), help=hint)
        )
        return None

    def check_patches(self, declared: Sequence[str]) -> None:
        """Report patches for undeclared assistants, in every environment."""
        known = {str(assistant(name)): None for name in declared}
        for environment in self.described.values():
            for address, origin, _ in environment.patches():
                if address not in known:
                    problem = f"a patch of `{address}`, which nobody declares"
                    hint = self.problems.suggestions.nearest(address, known)
                    remedy = hint or "patches are keyed by address, like assistant.support"
                    self.problems.append(environment.source.diagnostic("AS424", problem, origin, help=remedy))
