"""The command that deletes the uploads of a project that no assistant contains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options as shared
from reconciler.cli.console import is_interactive
from reconciler.cli.event_loop import result_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.cli.session import Session
    from reconciler.engine.planned_run import PlannedRun
    from reconciler.engine.unused import Unused
    from reconciler.model.outcome import Report
    from reconciler.model.state import State


_EXITS = """\b
Exit codes: 0 done, or nothing to do · 1 error, or not approved · 3 partly done
4 stale · 5 refused by a rule, or an assistant cannot be seen
64 usage · 70 a bug · 129/130/143 interrupted, safe to run again"""


@click.command(epilog=_EXITS)
@shared.configuration
@shared.server
@shared.state
@shared.missing
@shared.lock_timeout
@shared.parallelism
@shared.consent
@shared.speaking
def gc(auto_approve: bool, parallelism: int, **options: Any) -> int:  # noqa: FBT001 - click passes flags so
    """Delete our uploads that no assistant contains.

    Lists the uploads that the state or the journal names and that no assistant of the account contains, and
    asks first. It deletes only those that are proved to be ours; the others are listed with the reason why
    they stay. It may be killed at any time: run it again.
    """
    from reconciler.cli.commands import session_of  # noqa: PLC0415 - the same

    if not auto_approve and not is_interactive():
        raise click.UsageError("there is no terminal to ask for approval: pass --auto-approve")
    session = session_of(options)
    _ = session.configured.configuration  # its mistakes end the run before there is a lock
    with session.locked("gc", options["lock_timeout"]):
        run, found = result_of(_found(session, session.store.load()))
        return _collect(session, run, found, is_approved=auto_approve, parallelism=parallelism)


async def _found(session: Session, state: State) -> tuple[PlannedRun, Sequence[Unused]]:
    from reconciler.engine.unused import unused  # noqa: PLC0415 - not for --help

    declared, dialect = session.configured.configuration.desired, session.configured.dialect
    async with session.target.provider(dialect, reading=True) as provider:
        options = session.scope.plan_options(provider, dialect, declared)
        with session.console.reading(f"reading {provider.target}"):
            return await unused(provider, declared, state, options)


def _collect(
    session: Session, run: PlannedRun, found: Sequence[Unused], *, is_approved: bool, parallelism: int
) -> int:
    """List what was found, ask, and delete what can be deleted; return the exit code."""
    from reconciler.engine import guard  # noqa: PLC0415 - not for --help

    console, number = session.console, sum(not one.stays for one in found)
    console.print("".join(_lines(found)))
    if not number:
        why = "" if found else "Every upload of this project is in use. "
        console.log("", f"{why}No upload can be deleted. Nothing was changed.")
        return 0
    guard.check(run.plan, guard.Permissions(max_destroy=number, missing=session.scope.allow_missing))
    if not is_approved and not console.confirm(f"Delete {number} upload{'s' * (number != 1)}?"):
        console.log("", "Cancelled. Nothing was changed.")
        return 1
    report = result_of(session.carried_out(run, parallelism))
    _show(session, run, report)
    return report.exit_code


def _lines(found: Sequence[Unused]) -> Iterator[str]:
    """Yield a line for each upload, and below it why it stays."""
    from reconciler.render.visible import shortened, visible  # noqa: PLC0415 - not for --help

    for one in found:
        sign = "=" if one.stays else "-"
        yield f"{sign} {visible(one.id)}  {visible(one.address)}  {shortened(one.size)}\n"
        if one.stays:
            yield f"    {visible(one.stays)}\n"


def _show(session: Session, run: PlannedRun, report: Report) -> None:
    from reconciler.cli.known_secrets import KNOWN  # noqa: PLC0415 - not for --help
    from reconciler.render.document import report_document  # noqa: PLC0415 - the same
    from reconciler.render.report_view import report_view  # noqa: PLC0415 - the same
    from reconciler.render.secrecy import without_secrets  # noqa: PLC0415 - the same
    from reconciler.render.text import report_lines  # noqa: PLC0415 - the same

    document = without_secrets(report_document(report, run.plan), KNOWN.redactor)
    session.console.print_lines(report_lines(report_view(document, is_end=True)))
