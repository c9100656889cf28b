"""A group whose commands are imported when they are used, and listed without that."""

from __future__ import annotations

from collections.abc import MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Listed(NamedTuple):
    """Where a command is, below reconciler.cli, and the first paragraph of its help."""

    module: str
    attribute: str
    help: str

    def loaded(self) -> click.Command:
        """Return the command, whose module is imported now."""
        command = getattr(import_module(f"reconciler.cli.{self.module}"), self.attribute)
        assert isinstance(command, click.Command)  # noqa: S101 - a test holds the table equal to the commands
        return command


class _Commands(MutableMapping[str, click.Command]):
    """The commands by name; one is loaded when it is looked up."""

    def __init__(self, table: Mapping[str, Listed]) -> None:
        self.table = table
        self._loaded: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._loaded:
            self._loaded[name] = self.table[name].loaded()
        return self._loaded[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self.table, *self._loaded)))

    def __len__(self) -> int:
        return len({*self.table, *self._loaded})


class LazyGroup(click.Group):
    """A group that lists its commands from a table."""

    def __init__(self, *positional: Any, table: Mapping[str, Listed], **named: Any) -> None:
        super().__init__(*positional, **named)
        self.table = table
        self.commands = _Commands(table)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of --help, of commands that are not loaded."""
        listed = {name: click.Command(name, help=one.help) for name, one in self.table.items()}
        click.Group(commands=listed).format_commands(ctx, formatter)
