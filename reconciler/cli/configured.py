"""The configuration that a command was given: files, environment, variables, and what of them is checked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler import dialects
from reconciler.cli.ci_environment import in_ci
from reconciler.config import state_location
from reconciler.config.content import Root
from reconciler.config.reading import Reading, read
from reconciler.config.resolve import Choice, Configuration, resolved
from reconciler.config.tracked import rule_for
from reconciler.errors import UsageError
from reconciler.model.diagnostic import Diagnostic, Origin
from reconciler.model.mark import NO_ENVIRONMENT
from reconciler.store.places import folder, opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.cli.console import Console
    from reconciler.dialects import Dialect
    from reconciler.store import Store

STATE = Path("state")
"""The folder of the state where nobody names another place."""


@dataclass(frozen=True)
class Configured:
    """Which configuration is meant; ``root`` is where its files are opened, each of them once."""

    files: Sequence[Path]
    environment: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    root: Root = field(default_factory=lambda: Root(Path()))

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Configured:
        """What the options of a command say; UsageError for a --var that is no NAME=VALUE."""
        root = Root(Path(), rule_for(in_ci=in_ci(), allow=given["allow_untracked"]))
        return cls(given["files"], given["environment"], _pairs(given["variables"]), root)

    @cached_property
    def configuration(self) -> Configuration:
        """What it says, read once; ConfigError where it is wrong."""
        found = resolved(self.root, self._reading, self.dialect, Choice(self.environment, self.variables))
        untracked = tuple(self._untracked(path, reason) for path, reason in self.root.untracked.items())
        return replace(found, warnings=(*found.warnings, *untracked))

    @cached_property
    def dialect(self) -> Dialect:
        """The dialect that it declares objects of."""
        return dialects.dialect(dialects.DEFAULT)

    @cached_property
    def _reading(self) -> Reading:
        return read(self.root, self.files)

    def told(self, console: Console) -> Configuration:
        """What it says; and what is likely a mistake in it, told on stderr."""
        found = self.configuration
        if found.warnings:
            console.explain(found.warnings)
        return found

    def elsewhere(self, environment: str | None) -> Configured:
        """The same configuration for another environment."""
        return replace(self, environment=environment)

    @staticmethod
    def _untracked(path: str, reason: str) -> Diagnostic:
        remedy = "commit it; in CI it is refused"
        return Diagnostic("AS306", f"{path} {reason}", Origin(path), help=remedy).as_warning()

    def place(self, named: Path | str | None) -> Path | str:
        """The folder or address of the state: the one named by an option, by `state:`, or else `state`.

        ConfigError where the configuration is there, and what it says of that cannot be told.
        """
        if named is None and any((self.root.folder / path).exists() for path in self.files):
            named = state_location.chosen(self.root, self._reading)
        return STATE if named is None else named

    def store(self, named: Path | str | None) -> Store:
        """Where the state of this project and environment is kept: in a folder, or at an address.

        An address holds the states of many projects, so for it the configuration is read; ConfigError
        where it is wrong.
        """
        place = self.place(named)
        if isinstance(place, Path):
            return folder(place, self.environment)
        return opened(place, f"{self.configuration.desired.project}/{self.environment or NO_ENVIRONMENT}")


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not (name and sign):
            raise UsageError(f"--var {text!r} is not NAME=VALUE")
        found[name] = value
    return found
