"""The command line of the running command once more, to be copied, with options that it lacked."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from reconciler.cli.known_secrets import KNOWN
from reconciler.config.state_permission import StateRefusedError
from reconciler.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterator, Mapping, Sequence

# Options whose values are never printed: without a value, such a header would be sent as another one.
_SECRET = frozenset({"headers"})
_NOT_ALLOWING = frozenset({"brief", "full", "form", "max_bytes", "max_destroy", "allow_missing"})
_APPROVAL = frozenset({"auto_approve", "expect_digest"})


def instruction(*more: str, without: Collection[str] = ()) -> str:
    """Return the words to run the same command again, with more options than the user gave, and less."""
    return _instruction(_chain(), more, without={*without})


def with_digest(digest: str) -> str:
    """Return the words to run the same command for the plan of a digest."""
    return _instruction(_chain(), approval(digest), without=_APPROVAL)


def converted(name: str, *more: str, without: Collection[str] = ()) -> str:
    """Return the words to run another command with the options of the running one that it has, and more."""
    root, running = _chain()
    other = _commands(root)[name]
    foreign = {one.name for one in running.command.params} - {one.name for one in other.params}
    return _instruction((root, running), more, without=foreign | {*without}, name=name)


def allowed(*more: str) -> str:
    """Return the apply that some options allow, without a word on options that it cannot repeat."""
    return converted("apply", *more, without=_NOT_ALLOWING).partition(": ")[2]


def approval(digest: str) -> Sequence[str]:
    """Return the options by which an apply needs no other approval than the review of a digest."""
    return "--auto-approve", "--expect-digest", digest


@contextmanager
def repeating() -> Iterator[None]:
    """Complete the refusal of a state's location with the whole command to run."""
    try:
        yield
    except StateRefusedError as refusal:
        raise RefusedError(f"{refusal} {refusal.advice} {instruction(*refusal.options)}") from None


def _chain() -> Sequence[click.Context]:
    """Return the contexts of the program, of its groups and of the running command."""
    found = [click.get_current_context()]
    while found[0].parent:
        found.insert(0, found[0].parent)
    return found


def _commands(root: click.Context) -> Mapping[str, click.Command]:
    group = root.command
    assert isinstance(group, click.Group)  # noqa: S101 - the program is one
    return group.commands


def _instruction(
    chain: Sequence[click.Context],
    more: Sequence[str],
    *,
    without: Container[str | None] = frozenset(),
    name: str | None = None,
) -> str:
    """Return "run:" and a command; what it cannot repeat is named before it."""
    words, missing = ["assistants-sync"], []
    for place, context in enumerate(chain):
        is_last = place == len(chain) - 1
        words += [] if place == 0 else [(name if is_last else None) or context.info_name or ""]
        for one in _given(context):
            if one.name in without:
                continue
            said = [*_words(one, context.params[one.name or ""])]
            if one.name in _SECRET or any(KNOWN.redactor.redacted(word) != word for word in said):
                missing.append(_name(one))
            else:
                words += said
    same = f", with the same {' and '.join(missing)} options" if missing else ""
    return f"run{same}: {shlex.join([*words, *more])}"


def _given(context: click.Context) -> Iterator[click.Parameter]:
    """Yield what stood on the command line, operands last; what the environment says still holds."""
    for one in sorted(context.command.params, key=lambda one: isinstance(one, click.Argument)):
        if context.get_parameter_source(one.name or "") is ParameterSource.COMMANDLINE:
            yield one


def _name(one: click.Parameter) -> str:
    return max(one.opts, key=len)


def _words(one: click.Parameter, value: object) -> Iterator[str]:
    if isinstance(one, click.Option) and one.is_flag:
        yield _name(one) if value else max(one.secondary_opts, key=len, default=_name(one))
        return
    for each in value if isinstance(value, (list, tuple)) else (value,):
        yield from (_name(one), str(each)) if isinstance(one, click.Option) else (str(each),)
