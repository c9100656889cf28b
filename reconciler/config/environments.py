"""Environments: variables and patches that one deployment of the same assistants has for itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from reconciler.config.layers import Layer
from reconciler.config.reading import ENVIRONMENTS, environment_file
from reconciler.model.address import ENVIRONMENT_PATTERN, assistant
from reconciler.model.diagnostic import Diagnostic, Origin, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.config.content import Root
    from reconciler.config.document import Declared, Environment
    from reconciler.config.text import Node, Source


@dataclass(frozen=True, slots=True)
class Described:
    """One environment, and the node and source that describe it."""

    name: str
    said: Environment
    source: Source
    node: Node
    key: Origin

    def patches(self) -> Iterator[tuple[str, Origin, Layer]]:
        """Address, place and layer of every patch."""
        patches = self.node.child("patches")
        for where, patch in self.said.patches.items():
            inner = patches.child(where) if patches else None
            if patches and inner:
                yield where, patches.key(where), Layer(self.source, inner, patch)


@dataclass
class Environments:
    """Every environment of a configuration; blocks are read first, then files beside the documents."""

    root: Root
    problems: list[Diagnostic]
    described: dict[str, Described] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)

    def read(self, documents: Sequence[Declared]) -> None:
        """Find them all; one that is described twice is a problem."""
        for one in documents:
            blocks = one.node.child("environments")
            for name, said in one.document.environments.items():
                node = blocks.child(name) if blocks else None
                if blocks and node:
                    self._add(Described(name, said, one.source, node, blocks.key(name)))
        folders = dict.fromkeys(PurePosixPath(one.source.path).parent for one in documents)
        for folder in folders:
            for path in self._files(folder / ENVIRONMENTS):
                read = environment_file(self.root, path.as_posix(), self.problems)
                if read is None:
                    self.unreadable.add(path.stem)
                else:
                    source, node, said = read
                    self._add(Described(path.stem, said, source, node, Origin(path.as_posix())))

    def _files(self, folder: PurePosixPath) -> list[PurePosixPath]:
        found = sorted((self.root.folder / folder).glob("*.y*ml"))
        return [
            folder / one.name for one in found if one.suffix in {".yaml", ".yml"} and one.name[0] not in "._"
        ]

    def _add(self, found: Described) -> None:
        first = self.described.setdefault(found.name, found)
        if first is not found:
            problem = f"the environment `{found.name}` is described twice"
            remedy = f"the other one stands at {first.key}; keep one of them"
            self.problems.append(found.source.diagnostic("AS423", problem, found.key, help=remedy))
        if not ENVIRONMENT_PATTERN.match(found.name):
            problem = f"{found.name!r} cannot be an environment's name"
            remedy = "lower-case letters, digits and - _ . only, at most 32"
            self.problems.append(found.source.diagnostic("AS423", problem, found.key, help=remedy))

    def chosen(self, name: str | None) -> Described | None:
        """The environment of this run; a problem where nobody describes it."""
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
        """Report patches of what nobody declares, in every environment."""
        known = [str(assistant(name)) for name in declared]
        for one in self.described.values():
            for where, origin, _ in one.patches():
                if where not in known:
                    problem = f"a patch of `{where}`, which nobody declares"
                    remedy = (
                        did_you_mean(where, known) or "patches are keyed by address, like assistant.support"
                    )
                    self.problems.append(one.source.diagnostic("AS424", problem, origin, help=remedy))
