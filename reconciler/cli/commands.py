"""The commands; each names its options, and leaves the work to the layers below.

Each imports what it needs besides click itself, so that --help stays quick.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from reconciler.cli import options
from reconciler.cli.console import Console, is_interactive
from reconciler.cli.options import is_typed

if TYPE_CHECKING:
    from reconciler.cli.compare_revision import Comparison
    from reconciler.cli.output_options import OutputOptions
    from reconciler.cli.session import Concurrency, ReportOptions, Session
    from reconciler.engine.staleness import Review
    from reconciler.server import Faults

EXITS = """\b
Exit codes: 0 done, or nothing to do · 1 error, nothing changed · 2 changes
(with --detailed-exitcode) · 3 partly applied · 4 stale · 5 refused by a rule
64 usage · 70 a bug · 129/130/143 interrupted, safe to run again"""


_OPEN = (
    "other machines can reach this server, and it asks for no key: anyone there can read, write and delete. "
    "To require a key, pass --require-key-file FILE; to listen on this machine alone, --host 127.0.0.1."
)


@click.command(epilog=EXITS)
@options.configuration
@options.server
@options.state
@options.scope
@options.on_drift
@options.option(
    "--out",
    type=options.NewFile(),
    help="Also write the plan to this file, for a review and for `apply`. It holds the texts it shows.",
)
@options.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@options.against
@options.file_diffs
@options.drawing
@options.speaking
def plan(detailed_exitcode: bool, form: str, out: Path | None, **options: Any) -> int:  # noqa: FBT001 - click passes flags so
    """Show what apply would do.

    Only reads: it takes no lock, sends nothing but GET, and writes nothing but the file of --out.
    """
    drawing, texts = _drawing(form, options), options["file_diffs"]
    if options["against"]:
        compared = _comparison(options)
        return compared.plan(detailed=detailed_exitcode, texts=texts, drawing=drawing, out=out)
    return session_of(options).plan(detailed=detailed_exitcode, texts=texts, drawing=drawing, out=out)


@click.command(epilog=EXITS)
@options.configuration
@options.server
@options.state
@options.missing
@options.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there is drift.")
@options.speaking
def drift(detailed_exitcode: bool, **options: Any) -> int:  # noqa: FBT001 - click passes flags so
    """Show changes made on the server since the last apply.

    The configuration may have changed since then too. Only reads, as plan does.
    """
    return session_of(options).drift(detailed=detailed_exitcode)


@click.command(epilog=EXITS)
@click.argument(
    "plan_file", metavar="[PLAN]", required=False, type=click.Path(path_type=Path, dir_okay=False)
)
@options.option("--skip-stale", is_flag=True, help="Apply what of PLAN did not move, and end with 3.")
@options.changing
def apply(plan_file: Path | None, skip_stale: bool, auto_approve: bool, form: str, **options: Any) -> int:  # noqa: FBT001 - click passes flags so
    """Make the server match the configuration.

    Shows the plan and asks first. With PLAN, a file that plan --out wrote, it does what was reviewed:
    the plan is made again, and whatever differs stops it. It may be killed at any time: what is done is
    recorded, and the same command finishes the rest. A format other than text prints the report.
    """
    approved = auto_approve or plan_file is not None
    form = _form_with_consent(form, auto_approve=approved)
    if skip_stale and plan_file is None and is_typed("skip_stale"):
        raise click.UsageError("--skip-stale is about a PLAN, and none is given")
    review, session = _reviewed(plan_file, options, skip_stale=skip_stale and plan_file is not None)
    report_options = _report_options(form, options)
    return session.apply(
        review, approved=approved, concurrency=_concurrency(options), report_options=report_options
    )


@click.command(epilog=EXITS)
@options.destroying
def destroy(auto_approve: bool, form: str, **options: Any) -> int:  # noqa: FBT001 - click passes flags so
    """Delete everything of this project.

    Shows the plan and asks first. What has prevent_destroy stays, and so do the files it carries.
    """
    form = _form_with_consent(form, auto_approve=auto_approve)
    review, session = _reviewed(None, options, everything=True)
    report_options = _report_options(form, options)
    return session.apply(
        review, approved=auto_approve, concurrency=_concurrency(options), report_options=report_options
    )


@click.command()
@click.argument("address", required=False)
@options.configuration
@options.state
@options.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "dotenv"]),
    default="text",
    show_default=True,
    help="dotenv gives lines that a shell can source: ASSISTANT_SUPPORT_ID=asst_...",
)
@options.speaking
def output(address: str | None, form: str, **options: Any) -> int:
    """Print the remote ids of assistants.

    All of them with their addresses, or the bare id of the one at ADDRESS; from the state alone, no
    server is asked.
    """
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - only this command pays for it
    from reconciler.render import output as forms  # noqa: PLC0415 - the same

    console = Console.of(options)
    ids = Configured.of(options).store(options["state"]).load().assistant_ids()
    if not ids:
        console.log("Warning", "the state knows no assistant yet; apply creates them")
    shown = {"text": forms.output_text, "json": forms.output_json, "dotenv": forms.output_dotenv}
    if address and form == "text":
        console.print(forms.output_id(ids, address))
    else:
        console.print(shown[form](forms.only(ids, address) if address else ids))
    return 0


@click.command()
@options.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@options.option(
    "--port", type=click.IntRange(0, 65535), default=8123, show_default=True, help="0 takes a free one."
)
@options.option(
    "--database",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where everything is kept; by default the embedded database of the state folder.",
)
@options.option(
    "--require-key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Demand the key in this file of every client.",
)
@options.option(
    "--allow-host",
    "names",
    multiple=True,
    metavar="NAME",
    type=options.OnePerLine(),
    help="Also serve requests for this host name, with or without a port. Repeatable.",
)
@options.option(
    "--faults",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Let requests meet the faults in this JSON file, for tests of reliability.",
)
@options.option(
    "--ledger",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Append a line of JSON to this file for every request.",
)
@options.state_location
@options.speaking
def serve(host: str, port: int, database: Path | None, require_key_file: Path | None, **options: Any) -> int:
    """Serve the embedded server on a socket.

    Any client that speaks a dialect can use it. Requests of web pages, and requests for other host
    names than localhost and the server's address, are refused. It ends at SIGINT or SIGTERM.
    """
    from reconciler.cli.target import DATABASE, kept, key_in  # noqa: PLC0415 - only this command pays for it
    from reconciler.server import (  # noqa: PLC0415 - the same
        Database,
        InvalidNameError,
        create_app,
        ledger_in,
    )
    from reconciler.server import serve as listen  # noqa: PLC0415 - the same

    console = Console.of(options)
    key = key_in(require_key_file) if require_key_file else None
    faults = _faults(console, options["faults"])
    folder = _serving_folder(database, options["state"])
    with (
        Database.open(database) if database else kept(folder / DATABASE) as opened,
        ledger_in(options["ledger"], _redacted) if options["ledger"] else nullcontext() as ledger,
    ):
        app = create_app(opened, api_key=key, faults=faults, ledger=ledger)
        try:
            listen(
                app,
                host,
                port,
                names=options["names"],
                ready=lambda url: console.print(f"Serving {url}\n"),
                exposed=lambda: None if key else console.log("Warning", _OPEN),
            )
        except InvalidNameError as cause:
            raise click.BadParameter(str(cause), param_hint="--allow-host") from cause
    return 0


def _redacted(text: str) -> str:
    from reconciler.cli.known_secrets import KNOWN  # noqa: PLC0415 - only with --ledger

    return KNOWN.redactor.redacted(text)


def _faults(console: Console, path: Path | None) -> Faults | None:
    """Return the faults in a file, and report them, since the server looks healthy without."""
    from reconciler.server import Faults  # noqa: PLC0415 - only with serve

    if path is None:
        return None
    faults = Faults.read(path)
    console.log("Faults", f"{len(faults)} from {path}")
    return faults


@click.command()
@options.speaking
def demo(**options: Any) -> int:
    """Run a demo in a temporary folder.

    No key, no network, nothing left behind.
    """
    from reconciler.cli.demo import run_demo  # noqa: PLC0415 - only this command pays for it

    return run_demo(Console.of(options))


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print a shell's completion script."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - only this command pays for it

    kind = get_completion_class(shell)
    root = context.find_root()
    if kind is not None:
        script = kind(root.command, {}, "assistants-sync", "_ASSISTANTS_SYNC_COMPLETE").source()
        Console().print(f"{script}\n")
    return 0


def _form_with_consent(form: str, *, auto_approve: bool) -> str:
    """Return the format: a variable that is meant for other commands leaves the question its text.

    UsageError where there is no consent, and no user to ask for it.
    """
    if auto_approve:
        return form
    if not is_interactive():
        raise click.UsageError("there is no terminal to ask for approval: say --auto-approve if it is given")
    if form != "text" and is_typed("form"):
        raise click.UsageError(f"with --format {form} no plan is shown to approve: say --auto-approve")
    return "text"


def _reviewed(
    file: Path | None, options: dict[str, Any], *, skip_stale: bool = False, everything: bool = False
) -> tuple[Review, Session]:
    """Return what was reviewed, and a session with its scope."""
    from reconciler.engine.staleness import Review  # noqa: PLC0415 - lazily, see above

    digest = options["expect_digest"]
    if file is None:
        return Review(None, digest), session_of(options, everything=everything)
    from reconciler.render.document import plan_in, read_plan  # noqa: PLC0415 - the same
    from reconciler.store import planfile  # noqa: PLC0415 - the same

    source = click.get_current_context().get_parameter_source
    named = [source(name) for name in ("targets", "excluded", "prune", "on_drift")]
    if ParameterSource.COMMANDLINE in named:  # what a variable says is meant for plans made here
        raise click.UsageError(
            "PLAN says what it is about: --target, --exclude, --prune-marked and --on-drift do not go with it"
        )
    document = read_plan(planfile.read(file), file)
    session = session_of(options)
    scope = session.scope.reviewed(document.scope)
    return Review(plan_in(document), digest, skip_stale), replace(session, scope=scope)


def _drawing(form: str, options: dict[str, Any]) -> OutputOptions:
    from reconciler.cli.output_options import OutputOptions  # noqa: PLC0415 - lazily, see above

    return OutputOptions.of(form, options)


def _report_options(form: str, options: dict[str, Any]) -> ReportOptions:
    from reconciler.cli.session import ReportOptions  # noqa: PLC0415 - lazily, see above

    return ReportOptions(_drawing(form, options), options["report"])


def _comparison(options: dict[str, Any]) -> Comparison:
    from reconciler.cli.compare_revision import Comparison  # noqa: PLC0415 - lazily, see above
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - the same
    from reconciler.cli.scope import Scope  # noqa: PLC0415 - the same

    return Comparison.of(options["against"], Configured.of(options), Scope.of(options), Console.of(options))


def _concurrency(options: dict[str, Any]) -> Concurrency:
    from reconciler.cli.session import Concurrency  # noqa: PLC0415 - lazily, see above

    return Concurrency(options["parallelism"], options["lock_timeout"])


def _folder(location: Path | str | None) -> Path:
    """Return the folder of the embedded server's database: that of the state, if it has one."""
    return location if isinstance(location, Path) else Path("state")


def _serving_folder(database: Path | None, state: Path | str | None) -> Path:
    """Return the state folder of `serve`; RefusedError in CI for a database that a pull request could bring.

    As for a state, the operator who names its directory with --state takes it as it is.
    """
    from reconciler.cli.ci_environment import in_ci  # noqa: PLC0415 - only serve pays for it
    from reconciler.cli.repetition import repeating  # noqa: PLC0415 - the same
    from reconciler.config.state_permission import require_ours, require_own_database  # noqa: PLC0415 - the same

    folder = _folder(state)
    if in_ci():
        with repeating():
            if database is None and not isinstance(state, Path):
                require_ours(Path.cwd(), folder)
            elif database and not (isinstance(state, Path) and database.resolve().parent == folder.resolve()):
                require_own_database(database)
    return folder


def session_of(options: dict[str, Any], *, everything: bool = False) -> Session:
    """Return the parts that a command works with, as its options say."""
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - lazily, see above
    from reconciler.cli.scope import Scope  # noqa: PLC0415 - the same
    from reconciler.cli.session import Session  # noqa: PLC0415 - the same
    from reconciler.cli.target import DATABASE, named  # noqa: PLC0415 - the same

    scope, configured = Scope.of(options, everything=everything), Configured.of(options)
    # first: where no server is named, nothing else is worth a message
    target = named(options, _folder(None))
    location = configured.location(options["state"])
    return Session(
        console=Console.of(options),
        configured=configured,
        store=configured.store(location),
        target=replace(target, database=_folder(location) / DATABASE),
        scope=scope,
    )
