"""The program: the commands as one group, and an exit code for every way to end."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import click

from reconciler import __version__
from reconciler.cli import streams
from reconciler.cli.console import Console, silence_broken
from reconciler.cli.known_secrets import KNOWN, learnt
from reconciler.cli.lazy_group import LazyGroup, Listed
from reconciler.cli.left_out import leave_out
from reconciler.config.errors import ConfigError
from reconciler.errors import ReconcilerError

_USAGE = 64
_BUG = 70
_INTERRUPTED = 130
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_NAME = {errno.ENAMETOOLONG, errno.ELOOP}
_LONGEST_NAME = 80  # that is repeated
_COMMANDS = {
    "init": Listed("init", "init", "Write a starter project into the working folder."),
    "validate": Listed("validate", "validate", "Check the configuration; needs no server and no key."),
    "plan": Listed("commands", "plan", "Show what apply would do."),
    "drift": Listed("commands", "drift", "Show changes made on the server since the last apply."),
    "apply": Listed("commands", "apply", "Make the server match the configuration."),
    "destroy": Listed("commands", "destroy", "Delete everything of this project."),
    "show": Listed("show", "show", "Show one assistant as it would be sent, a plan or a report."),
    "diff": Listed("diff", "diff", "Compare two environments word by word; needs no server."),
    "import": Listed("import_entry", "import_", "Write an `import:` entry for an object on the server."),
    "query": Listed("query", "query", "List the assistants of the account, and who owns them."),
    "gc": Listed("gc", "gc", "Delete our uploads that no assistant contains."),
    "export": Listed("export", "export", "Write live assistants as a project that adopts them."),
    "output": Listed("commands", "output", "Print the remote ids of assistants."),
    "state": Listed("states", "state", "Show, change, copy or unlock state."),
    "ci": Listed("ci", "ci", "Report plans and drift to CI and pull requests."),
    "migrate": Listed("migrate", "migrate", "Rewrite the configuration for another dialect."),
    "dialects": Listed("dialects", "dialects", "Print what each dialect has, and with what it was tried."),
    "serve": Listed("commands", "serve", "Serve the embedded server on a socket."),
    "demo": Listed("commands", "demo", "Run a demo in a temporary folder."),
    "explain": Listed("explain", "explain", "Explain the rule behind a code such as AS201."),
    "schema": Listed("schema", "schema", "Print the JSON Schema of configurations or results."),
    "completion": Listed("commands", "completion", "Print a shell's completion script."),
}


@click.group(
    cls=LazyGroup,
    table=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "-C",
    "--chdir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    envvar="ASSISTANTS_SYNC_CHDIR",
    show_envvar=True,
    help="Work in this folder; no configuration leads out of it.",
)
@click.version_option(__version__, message="assistants-sync %(version)s")
def program(chdir: Path | None) -> None:
    """Assistants as code: YAML says which assistants exist, plan shows the difference, apply makes it so."""
    if chdir is not None:
        os.chdir(chdir)


def main() -> NoReturn:
    """Run the program and leave with its exit code."""
    if not _is_supported():
        Console().log("Error", "Windows is not supported; use WSL")
        sys.exit(1)
    streams.prepare()
    streams.guard(learnt(sys.argv[1:]))
    sys.exit(run(sys.argv[1:]))


def _is_supported() -> bool:
    """Return whether the system has the locks of POSIX, without which no state is safe."""
    try:
        import fcntl  # noqa: F401, PLC0415 - it is only looked for
    except ImportError:
        return False
    return True


def run(arguments: list[str]) -> int:
    """Run one command line, and return its exit code, whatever happens."""
    leave_out()
    console = Console()
    try:
        return int(program.main(arguments, prog_name="assistants-sync", standalone_mode=False) or 0)
    except click.ClickException as error:
        with suppress(OSError):  # of a stderr that takes nothing
            error.show()
        silence_broken(sys.stderr)
        return _USAGE
    except (click.Abort, KeyboardInterrupt):
        console.log("Interrupted", "nothing was in flight; run the same command again")
        return _INTERRUPTED
    except ConfigError as error:
        console.print_diagnostics(error.diagnostics, error.omitted)
        return error.exit_code
    except ReconcilerError as error:
        console.log("Error", str(error))
        for way in error.ways:
            console.log("", f"  {way}")
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the one place where a bug of ours ends
        code = _system_refuses(console, error) if isinstance(error, OSError) else 0
        return code or _bug(console, error, verbose="-v" in arguments or "--verbose" in arguments)


def _system_refuses(console: Console, error: OSError) -> int:
    """Report a disk that is full, or a name that cannot be one, where no layer below has words for it.

    0 for anything else.
    """
    where = f" {_cut(str(error.filename))}" if error.filename else ""
    why = (error.strerror or "").lower()
    if error.errno in _NO_ROOM:
        console.log("Error", f"cannot write{where}: {why}. Make room, and run the same command again")
    elif error.errno in _NO_NAME:
        console.log("Error", f"cannot open{where}: {why}. Check how it is written")
    else:
        return 0
    return 1


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def _bug(console: Console, error: Exception, *, verbose: bool) -> int:
    if verbose:
        import traceback  # noqa: PLC0415 - only for a bug

        trace = KNOWN.redactor.redacted("".join(traceback.format_exception(error)))
        for line in trace.splitlines():
            console.log("", line)
    what = f"{type(error).__name__}: {error}"
    console.log(
        "Error", f"this is a bug of assistants-sync: {what}. Run it again with -v and report what it prints"
    )
    return _BUG
