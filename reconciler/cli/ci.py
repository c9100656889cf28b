"""The commands that a CI runs after a plan: they tell people, and the steps that follow."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options
from reconciler.cli.console import Console
from reconciler.errors import ReconcilerError, UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping

    from reconciler.cli.ci_job import CiJob
    from reconciler.forges import Board, Pinned
    from reconciler.render.document import PlanDocument

_SUMMARY = 1024 * 1024  # bytes; beyond them GitHub shows nothing of a step's summary
_LINK = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~!$&*+,;=:@%/?#-]*)?\Z", re.ASCII)
_LONGEST_DRIFT = 16 * 1024 * 1024
_EXITS = """\b
Exit codes: 0 done · 1 the comment or the issue could not be written
64 usage · 70 a bug"""
_DRIFTED = 2


class UnwrittenError(ReconcilerError):
    """A file that the CI shall read could not be written."""


_report_options = options.together(
    options.option(
        "--token-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="A file that holds the token; without it GITHUB_TOKEN or ASSISTANTS_SYNC_GITLAB_TOKEN has it.",
    ),
    options.option(
        "--max-bytes",
        "most",
        type=click.IntRange(2_000, 900_000),
        default=60_000,
        show_default=True,
        help="How long the text may be. GitHub takes 65,536 characters, GitLab a million.",
    ),
    options.network,
    options.speaking,
)


@click.group()
def ci() -> None:
    """Tell a pull request, and the CI, what a plan says."""


@ci.command(epilog=_EXITS)
@click.argument("plan", metavar="PLAN", type=click.Path(path_type=Path, dir_okay=False))
@options.option("--report-url", default="", metavar="URL", help="Where the HTML report is, as https://…")
@options.option("--only-changes", is_flag=True, help="Make no comment for a plan without changes.")
@options.option(
    "--comment/--no-comment", "wanted", default=True, help="Write a comment where there is a pull request."
)
@options.option(
    "--outputs",
    "dotenv",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the numbers and the digest to this file, as PLAN_TO_ADD=1 and so on.",
)
@options.option(
    "--terraform-report",
    "widget",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the counts to this file, for the widget of GitLab's merge requests.",
)
@_report_options
def comment(plan: Path, report_url: str, dotenv: Path | None, widget: Path | None, **given: Any) -> int:
    """Keep one comment about PLAN on the pull request.

    PLAN is the file that `plan --out` wrote. In a GitHub workflow it also writes the summary, warnings and
    outputs of the step. Where there is no pull request, or no token, the comment is left out.
    """
    from reconciler.cli.ci_job import CiJob  # noqa: PLC0415 - only this command pays for it
    from reconciler.render import pipeline  # noqa: PLC0415 - the same
    from reconciler.render.document import read_plan  # noqa: PLC0415 - the same
    from reconciler.store import planfile  # noqa: PLC0415 - the same

    console, link = _console(given), _link(report_url)
    document = read_plan(planfile.read(plan), plan)
    runner = CiJob.of(os.environ, given["token_file"])
    draft = partial(pipeline.plan_comment, document, report=link)
    _write_files(document, runner, dotenv, widget)
    _summarize(console, runner.summary, draft)
    if runner.kind == "github":
        console.print(pipeline.plan_annotations(document))
    if given["wanted"] and _may_tell(console, runner):
        anew = document.has_changes or not given["only_changes"]
        mark = _mark("assistants-sync", document.project, document.environment)
        _tell_people(
            console, runner, given, partial(_pinned, mark=mark, draft=draft, most=given["most"], anew=anew)
        )
    return 0


@ci.command(epilog=_EXITS)
@click.argument("drift", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@options.option(
    "--exit-code", "code", type=int, required=True, help="How `drift --detailed-exitcode` ended: 0 or 2."
)
@options.configuration
@_report_options
def issue(drift: Path, code: int, most: int, **given: Any) -> int:
    """Keep one issue about drift: open it, update it, close it.

    FILE holds what `drift` printed.
    """
    from reconciler.cli.ci_job import CiJob  # noqa: PLC0415 - the same
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - only this command pays for it
    from reconciler.model.mark import NO_ENVIRONMENT  # noqa: PLC0415 - the same
    from reconciler.render import pipeline  # noqa: PLC0415 - the same

    if code not in {0, _DRIFTED}:
        raise UsageError(
            f"drift ended with {code}, so nobody knows whether there is any; the issue stays as it is"
        )
    console, text = _console(given), _read(drift)
    project, environment = Configured.of(given).configuration.desired.project, given["environment"]
    runner = CiJob.of(os.environ, given["token_file"])
    if not _has_token(console, runner, "issue"):
        return 0
    mark = _mark("assistants-sync-drift", project, environment or NO_ENVIRONMENT)
    work = (
        partial(_pinned, mark=mark, draft=partial(_about_drift, pipeline.fenced, text), most=most, anew=True)
        if code
        else partial(_unpinned, mark=mark)
    )
    title = f"Drift of the assistants of {project}" + (f" in {environment}" if environment else "")
    console.tell("", _worked(_on_board(runner, given, work, title)))
    return 0


def _link(url: str) -> str:
    """A link that is one: nothing of it can end the Markdown around it."""
    if url and not _LINK.match(url):
        raise UsageError("--report-url takes an address that begins with https:// and needs no escaping")
    return url


def _mark(kind: str, project: str, environment: str) -> str:
    """The marker; PROJECT and ENVIRONMENT come out of a file, and must be what they are called."""
    from reconciler.forges import marker  # noqa: PLC0415 - not for --help
    from reconciler.model.address import ENVIRONMENT_PATTERN, PROJECT_PATTERN  # noqa: PLC0415 - the same
    from reconciler.model.mark import NO_ENVIRONMENT  # noqa: PLC0415 - the same

    is_known = environment == NO_ENVIRONMENT or ENVIRONMENT_PATTERN.match(environment)
    if not (PROJECT_PATTERN.match(project) and is_known):  # it could end the comment that the marker is
        raise UsageError("the plan names a project or an environment that no configuration could")
    return marker(kind, project, environment)


def _write_files(document: PlanDocument, runner: CiJob, dotenv: Path | None, widget: Path | None) -> None:
    from reconciler.render import pipeline  # noqa: PLC0415 - not for --help

    found = pipeline.plan_outputs(document)
    if runner.outputs:
        _append(runner.outputs, _lines(found))
    if dotenv:
        _replace(dotenv, _lines({f"PLAN_{name.upper()}": value for name, value in found.items()}))
    if widget:
        _replace(widget, pipeline.plan_widget(document))


def _lines(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _summarize(console: Console, file: Path | None, draft: Callable[[int], str]) -> None:
    """Add the plan to the summary of the step, as long as that may get."""
    if file is None:
        return
    room = _SUMMARY - (file.stat().st_size if file.exists() else 0) - 2
    shown = draft(room)
    if len(shown.encode()) > room:
        console.tell("Warning", "the summary of this step is full, so the plan is not in it")
        return
    _append(file, shown + "\n")


def _append(file: Path, text: str) -> None:
    _write(file, text, "a")


def _replace(file: Path, text: str) -> None:
    _write(file, text, "w")


def _write(file: Path, text: str, how: str) -> None:
    try:
        with file.open(how, encoding="utf-8") as stream:
            stream.write(text)
    except OSError as cause:
        raise UnwrittenError(f"cannot write {file}: {cause.strerror}") from cause


def _may_tell(console: Console, runner: CiJob) -> bool:
    """Whether there is somebody to tell; says so where there is not."""
    if runner.kind == "none":
        console.tell("", "This is neither a GitHub workflow nor a GitLab pipeline, so there is no comment.")
    elif not runner.number:
        console.tell("", "This run is about no pull request, so there is no comment.")
    else:
        return _has_token(console, runner, "comment")
    return False


def _has_token(console: Console, runner: CiJob, what: str) -> bool:
    if not runner.token:
        console.tell("Warning", f"there is no token, so there is no {what}: {_WHENCE[runner.kind]}")
    return bool(runner.token)


_WHENCE = {
    "github": "set GITHUB_TOKEN in the env of the step, or name a --token-file",
    "gitlab": "set ASSISTANTS_SYNC_GITLAB_TOKEN, a masked variable, or name a --token-file",
    "none": "this is neither a GitHub workflow nor a GitLab pipeline",
}


def _tell_people(
    console: Console, runner: CiJob, given: Mapping[str, Any], work: Callable[[Board], Awaitable[str]]
) -> None:
    """Write the comment; on a pull request from elsewhere a token without rights is no surprise."""
    from reconciler.forges import DeniedError  # noqa: PLC0415 - not for --help

    try:
        console.tell("", _worked(_on_board(runner, given, work)))
    except DeniedError as denied:
        if not runner.is_foreign:
            raise
        console.tell(
            "Warning", f"there is no comment, since the pull request is from another repository: {denied}"
        )


def _worked(work: Coroutine[Any, Any, str]) -> str:
    import asyncio  # noqa: PLC0415 - not for --help

    return asyncio.run(work)


async def _on_board(
    runner: CiJob, given: Mapping[str, Any], work: Callable[[Board], Awaitable[str]], title: str = ""
) -> str:
    """Work on the pull request's comments, or, where a title is given, on the issues."""
    from reconciler.forges import github, gitlab  # noqa: PLC0415 - not for --help
    from reconciler.forges.rest import connected  # noqa: PLC0415 - the same

    ways = {"proxy_from_environment": given["proxy_from_environment"], "ca_file": given["ca_file"]}
    forge = {"github": github, "gitlab": gitlab}[runner.kind].FORGE
    async with connected(forge, runner.api, runner.token, **ways) as sender:
        board: Board
        if runner.kind == "github":
            place = runner.place
            issues = github.Issues.of(sender, place, title)
            board = issues if title else github.PullRequest.of(sender, place, runner.number)
        else:
            project = int(runner.place)
            board = (
                gitlab.Issues.of(sender, project, title)
                if title
                else gitlab.MergeRequest.of(sender, project, runner.number)
            )
        return await work(board)


async def _pinned(board: Board, mark: str, draft: Callable[[int], str], most: int, *, anew: bool) -> str:
    from reconciler.forges import pin  # noqa: PLC0415 - not for --help

    return _said(await pin(board, mark, draft, most - len(mark) - 1, create=anew))


async def _unpinned(board: Board, mark: str) -> str:
    from reconciler.forges import unpin  # noqa: PLC0415 - not for --help

    return "No drift: the issue is closed." if await unpin(board, mark) else "No drift, and no open issue."


def _said(found: Pinned) -> str:
    told = {
        "created": "Written.",
        "updated": "Updated.",
        "absent": "There are no changes, and there was nothing to update.",
    }[found.result]
    return told + (f" {found.left} older ones could not be deleted." if found.left else "")


def _about_drift(fenced: Callable[[str, int], str], text: str, most: int) -> str:
    head = (
        "Somebody changed assistants or files on the server since they were last applied. The next apply "
        "sets back what the configuration names. This issue is closed as soon as there is no drift.\n\n"
    )
    return head + fenced(text, max(0, most - len(head) - 200)) + "\n"


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(_LONGEST_DRIFT).decode(errors="replace")
    except OSError as cause:
        raise UsageError(f"cannot read {file}: {cause.strerror}") from cause


def _console(given: Mapping[str, Any]) -> Console:
    return Console(given["colour"], verbose=given["verbose"])
