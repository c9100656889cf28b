"""Options whose variable is one for all commands that have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator


class SharedOption(click.Option):
    """An option that ignores a value of its variable that only other commands accept.

    A variable is set once for a whole job: a format that `plan` has must not stop `validate`. A value that
    no command accepts is a mistake, and is reported as one.
    """

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """Return the value of the variable; None where it is meant for another command."""
        value = super().value_from_envvar(ctx)
        if value is None or _accepts(self, value, ctx):
            return value
        others = (one for one in _options(ctx.find_root().command) if one.envvar == self.envvar)
        return None if any(_accepts(one, one.value_from_text(ctx), ctx) for one in others) else value

    def value_from_text(self, ctx: click.Context) -> Any:
        """Return the value of the variable as this option reads it, accepted or not."""
        return super().value_from_envvar(ctx)


def _accepts(option: click.Option, value: Any, ctx: click.Context) -> bool:
    try:
        option.type_cast_value(ctx, value)
    except click.BadParameter:
        return False
    return True


def _options(command: click.Command) -> Iterator[SharedOption]:
    """Yield the options of a command, and of those below it."""
    yield from (one for one in command.params if isinstance(one, SharedOption))
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        yield from _options(inner)
