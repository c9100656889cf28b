"""The options that commands share; each has a variable, but for the consent to delete or to edit a state."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from reconciler.cli.shared_option import SharedOption
from reconciler.render.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


class OnePerLine(click.types.StringParamType):
    """A text that may hold blanks; the environment variable has one per line."""

    name = "text"
    envvar_list_splitter = "\n"


def option(*names: str, **rest: Any) -> Callable[[F], F]:
    """Return a click option that shows its variable: ``ASSISTANTS_SYNC_`` and its long name, by default."""
    long = next(name for name in names if name.startswith("--"))
    variable = "ASSISTANTS_SYNC_" + long.partition("/")[0].strip("-").replace("-", "_").upper()
    return click.option(*names, **{"cls": SharedOption, "envvar": variable, "show_envvar": True, **rest})


def is_typed(name: str) -> bool:
    """Return whether the user typed this option: a variable may be set for another command."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def together(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Return several options as one decorator, in the order they are listed in --help."""

    def decorate(function: F) -> F:
        for decorated in reversed(options):
            function = decorated(function)
        return function

    return decorate


class StateLocation(click.Path):
    """A folder, or a URL such as postgresql://host/database."""

    name = "location"

    def __init__(self) -> None:
        super().__init__(path_type=Path, file_okay=False)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:  # click's own signature
        """Return a Path, or the text of a URL."""
        from reconciler.model.store_address import is_address  # noqa: PLC0415 - not for --help

        return value if isinstance(value, str) and is_address(value) else super().convert(value, param, ctx)


class AllowedState(click.types.StringParamType):
    """An address of a database or a bucket, without a password; the environment variable has one per line."""

    name = "address"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:  # click's own signature
        """Return a StoreAddress."""
        from reconciler.model.store_address import AddressError, address_of  # noqa: PLC0415 - not for --help

        try:
            return address_of(value)
        except AddressError as cause:
            self.fail(f"{cause}: {cause.help}", param, ctx)

    def split_envvar_value(self, rv: str) -> list[str]:
        """Return the lines that are not blank: a block of YAML ends with a line end."""
        return [line.strip() for line in rv.splitlines() if line.strip()]


class NewFile(click.Path):
    """A file to be written, or a directory."""

    def __init__(self, *, is_directory: bool = False) -> None:
        super().__init__(path_type=Path, dir_okay=is_directory, file_okay=not is_directory)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:  # click's own signature
        """Return a Path; an empty one comes from a variable without a value."""
        if not str(value):
            self.fail("it is empty", param, ctx)
        return super().convert(value, param, ctx)


speaking = together(
    option(
        "--color",
        "colour",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Colour repeats what the symbols say. auto also honours NO_COLOR and FORCE_COLOR.",
    ),
    option("-v", "--verbose", is_flag=True, help="Show every request on stderr, and what led to a failure."),
)

files = option(
    "-f",
    "--file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    default=(Path("assistants.yaml"),),
    show_default="assistants.yaml",
    help="A configuration file, or a folder of them. May be repeated.",
)

environment = option(
    "--env",
    "environment",
    help="The environment whose variables and patches count; its state has a folder of its own.",
)

dialect = option(
    "--dialect",
    metavar="NAME",
    show_default="what `dialect:` says in the configuration, or assistants-v1",
    help="API to declare assistants for.",
)

configuration = together(
    files,
    environment,
    dialect,
    option(
        "--var",
        "variables",
        multiple=True,
        metavar="NAME=VALUE",
        type=OnePerLine(),
        help="The value of a declared variable. May be repeated; in the variable one a line.",
    ),
    option(
        "--allow-untracked",
        is_flag=True,
        help="In CI, also read and send files that are not in git's index.",
    ),
)

state_location = option(
    "--state",
    type=StateLocation(),
    show_default="what `state:` says in the configuration, or the folder state",
    help="Where it is remembered which remote object each address is: a folder, postgresql://… or s3://….",
)

state = together(
    state_location,
    option(
        "--allow-state",
        "allowed_states",
        multiple=True,
        metavar="ADDRESS",
        type=AllowedState(),
        help="Let `state:` in a file name this database or bucket, or a prefix below it. Repeatable.",
    ),
)

network = together(
    option(
        "--proxy-from-environment",
        is_flag=True,
        help="Use the proxy that HTTPS_PROXY or HTTP_PROXY names, but never to this machine.",
    ),
    option(
        "--ca-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Certificate authorities to trust in place of the usual ones, as PEM.",
    ),
)

server = together(
    option(
        "--server",
        envvar=["ASSISTANTS_SYNC_SERVER", "OPENAI_BASE_URL"],
        help="URL of the server, ending in the version, as in http://127.0.0.1:8123/v1; or `embedded`.",
    ),
    option(
        "--api-key-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="A file that holds the key; without it the key is taken from OPENAI_API_KEY.",
    ),
    option(
        "--header",
        "headers",
        multiple=True,
        type=OnePerLine(),
        help="An extra header, 'Name: value'. May be repeated; in the variable one a line.",
    ),
    option(
        "--settle",
        type=click.FloatRange(0, 600),
        default=30,
        show_default=True,
        metavar="SECONDS",
        help="How long this server's lists may lag, and a call that was given up may still take effect.",
    ),
    option("--allow-http", is_flag=True, help="Send the key over plain http to other machines too."),
    network,
)

missing = option(
    "--allow-missing",
    is_flag=True,
    help="Continue even if no object in the state exists on the server, or more than 100 are missing.",
)

scope = together(
    option(
        "--target", "targets", multiple=True, help="Only this address and what it needs. May be repeated."
    ),
    option("--exclude", "excluded", multiple=True, help="Not this address, nor what waits for it."),
    option(
        "--prune-marked",
        "prune",
        is_flag=True,
        help="Also delete undeclared assistants with this ownership mark.",
    ),
    option("--max-destroy", help="Destroy at most so many objects, or so many per cent (20%)."),
    missing,
)

on_drift = option(
    "--on-drift",
    type=click.Choice(["overwrite", "keep", "fail"]),
    default=None,
    show_default="ask at a terminal, else refuse",
    help="How to handle values changed on the server since the last apply.",
)

depth = together(
    option("--brief", is_flag=True, help="One line for each change."),
    option("--full", is_flag=True, help="Every text and value whole."),
)

against = option(
    "--against",
    metavar="git:REVISION",
    help="Compare with the configuration of this commit; asks no server and needs no key.",
)

file_diffs = option(
    "--file-diffs", is_flag=True, help="Also show what differs inside text files; reads the old ones."
)

drawing = together(
    option(
        "--format",
        "form",
        type=click.Choice([*FORMATS]),
        default="text",
        show_default=True,
        help="json is one versioned document, which `schema` describes; html one page to read and to send.",
    ),
    depth,
    option(
        "--max-bytes",
        type=click.IntRange(2_000, 1_000_000),
        default=60_000,
        show_default=True,
        help="How long Markdown may be; what does not fit is counted.",
    ),
)

lock_timeout = option(
    "--lock-timeout",
    type=click.FloatRange(0, 86_400),
    default=0,
    metavar="SECONDS",
    help="How long to wait for another run that holds the lock.",
)

parallelism = option(
    "--parallelism",
    type=click.IntRange(1, 100),
    default=10,
    show_default=True,
    help="Maximum number of concurrent changes.",
)

_control = together(
    option(
        "--expect-digest",
        metavar="SHA256",
        help="Apply only the plan that a review named by this digest.",
    ),
    lock_timeout,
    parallelism,
)

consent = click.option("--auto-approve", is_flag=True, help="Do not ask.")
"""The consent to a command that only the option itself gives: a variable is set for every command."""

report = option(
    "--report",
    type=NewFile(),
    help="Also write what became of every change to this file, for `show`.",
)

_planned = together(configuration, server, state, scope, on_drift)
_reported = together(_control, report, drawing, speaking)

changing = together(_planned, option("--auto-approve", is_flag=True, help="Do not ask."), _reported)

destroying = together(_planned, click.option("--auto-approve", is_flag=True, help="Do not ask."), _reported)
"""As `changing`; only the option itself is consent to `destroy`: a variable is set for every command."""
