"""The configuration of a command: its files, environment and variables, checked."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler import dialects
from reconciler.cli.ci_environment import in_ci
from reconciler.cli.repetition import repeating
from reconciler.cli.target import is_embedded
from reconciler.config import state_location
from reconciler.config.content import Root
from reconciler.config.reading import Reading, read
from reconciler.config.resolve import Choice, Configuration, resolved
from reconciler.config.state_permission import permitted
from reconciler.config.tracked import rule_for
from reconciler.errors import UsageError
from reconciler.model.mark import NO_ENVIRONMENT
from reconciler.store.locations import folder, opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.cli.console import Console
    from reconciler.dialects import Dialect
    from reconciler.model.state import State
    from reconciler.model.store_address import StoreAddress
    from reconciler.store import Store

STATE = Path("state")
"""The folder of the state where no other location is named."""


@dataclass(frozen=True)
class Configured:
    """A configuration; ``root`` opens its files, each of them once."""

    files: Sequence[Path]
    environment: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    root: Root = field(default_factory=lambda: Root(Path()))
    named_dialect: str | None = None
    allowed_states: Sequence[StoreAddress] = ()

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Configured:
        """Return what the options of a command name; UsageError for a --var that is not NAME=VALUE."""
        rule = rule_for(
            in_ci=in_ci(), allow=options["allow_untracked"], embedded=is_embedded(_server(options))
        )
        return cls(
            options["files"],
            environment=options["environment"],
            variables=_pairs(options["variables"]),
            root=Root(Path(), rule, in_ci=in_ci()),
            named_dialect=options["dialect"],
            allowed_states=options.get("allowed_states", ()),
        )

    @cached_property
    def configuration(self) -> Configuration:
        """The meaning of the configuration, read once; ConfigError where it is wrong."""
        configuration = resolved(self.root, self.reading, self.choice)
        return replace(configuration, warnings=(*configuration.warnings, *self.root.evidence.warnings()))

    def require_valid(self) -> None:
        """Read the configuration, if that has not happened; ConfigError where it is wrong."""
        _ = self.configuration

    @property
    def dialect(self) -> Dialect:
        """The dialect in which it is written; ConfigError where that is not certain."""
        return self.reading.dialect

    @property
    def choice(self) -> Choice:
        """The environment and the variables of this command."""
        return Choice(self.environment, self.variables)

    @cached_property
    def reading(self) -> Reading:
        """Every document, as it was written."""
        return self._read(self.root)

    def drafted(self, root: Root) -> Configuration:
        """Return what it means where a file has another text; ConfigError where it is wrong."""
        return resolved(root, self._read(root), self.choice)

    def _read(self, root: Root) -> Reading:
        option = dialects.dialect(self.named_dialect) if self.named_dialect else None
        return read(root, self.files, option)

    def unread(self, state: State) -> frozenset[str]:
        """Return the files that declared an assistant at the last apply, and that are there and not read."""
        others = (path for path in state.declaring if not self.reading.covers(path))
        return frozenset(path for path in others if self.root.has_file(path))

    def warn(self, console: Console) -> None:
        """Report on stderr what is likely a mistake in the configuration, in few lines."""
        console.print_warnings(self.configuration.warnings, self.configuration.omitted)

    def count_warnings(self, console: Console) -> None:
        """Report on stderr how much that is, for a command that does not compare the configuration."""
        console.count_warnings(len(self.configuration.warnings) + self.configuration.omitted)

    def elsewhere(self, environment: str | None) -> Configured:
        """Return the same configuration for another environment."""
        return replace(self, environment=environment)

    def location(self, named: Path | str | None) -> Path | str:
        """Return the folder or address of the state: of an option, of `state:`, or else the folder `state`.

        ConfigError where there is a configuration, and its location of the state is not certain;
        RefusedError where it is one that a pull request could choose, or change.
        """
        if named is not None:
            return named
        is_there = any(self.root.exists(path) for path in self.files)
        chosen = state_location.chosen(self.root, self.reading) if is_there else None
        with repeating():
            location = permitted(self.root, chosen or state_location.Named(STATE), self.allowed_states)
        return location if isinstance(location, Path) else str(location)

    def store(self, named: Path | str | None) -> Store:
        """Return the store of the state of this project and environment: in a folder, or at an address.

        An address holds the states of many projects, so for it the configuration is read; ConfigError
        where it is wrong.
        """
        location = self.location(named)
        if isinstance(location, Path):
            return folder(location, self.environment)
        return opened(location, f"{self.configuration.desired.project}/{self.environment or NO_ENVIRONMENT}")


def _server(options: Mapping[str, Any]) -> str | None:
    """Return the server that the options name; a command without that option heeds its variable."""
    named: str | None = options["server"] if "server" in options else os.environ.get("ASSISTANTS_SYNC_SERVER")
    return named


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not (name and sign):
            raise UsageError(f"--var {text!r} is not NAME=VALUE")
        pairs[name] = value
    return pairs
