"""The command line of the running command once more, to be copied, with the digest of the plan it made."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECRET = "headers"  # noqa: S105 - the name of the option whose values are not repeated
_OURS = {"auto_approve", "expect_digest"}


def with_digest(digest: str) -> str:
    """Return the command that applies the plan of a digest: with every option that the user gave."""
    context = click.get_current_context()
    words = [
        "assistants-sync",
        *_given(context.find_root()),
        context.info_name or "",
        *_given(context),
        "--auto-approve",
        "--expect-digest",
        digest,
    ]
    return shlex.join(words)


def _given(context: click.Context) -> Iterator[str]:
    """Yield the options that stood on the command line; those of the environment still hold."""
    for one in context.command.params:
        source = context.get_parameter_source(one.name or "")
        if isinstance(one, click.Option) and source is ParameterSource.COMMANDLINE and one.name not in _OURS:
            yield from _words(one, context.params[one.name or ""])


def _words(one: click.Option, value: object) -> Iterator[str]:
    name = max(one.opts, key=len)
    if one.is_flag:
        yield name if value else max(one.secondary_opts, key=len, default=name)
        return
    for each in value if isinstance(value, (list, tuple)) else (value,):
        yield from (name, _shown(str(each)) if one.name == _SECRET else str(each))


def _shown(header: str) -> str:
    """Return a header whose value is left out, since it may be a secret."""
    return f"{header.partition(':')[0]}: ..."
