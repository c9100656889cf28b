"""The commands that a CI runs after a plan: they inform people, and the steps that follow."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options
from reconciler.cli.console import Console
from reconciler.cli.known_secrets import KNOWN
from reconciler.errors import ReconcilerError, RefusedError, UsageError
from reconciler.files import appending
from reconciler.model import pattern as re

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from reconciler.cli.ci_job import CiJob
    from reconciler.forges import Board, Pinned
    from reconciler.render.document import PlanDocument

_SUMMARY = 1024 * 1024  # bytes; beyond them GitHub shows nothing of a step's summary
_LINK = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~!$&*+,;=:@%/?#-]*)?\Z", re.ASCII)
_LONGEST_DRIFT = 16 * 1024 * 1024
_EXITS = """\b
Exit codes: 0 done · 1 the comment or the issue could not be written
64 usage · 70 a bug"""
_REVIEW_EXITS = """\b
Exit codes: 0 there are required reviewers · 1 GitHub did not say
5 there are none · 64 usage · 70 a bug"""
_DRIFTED = 2


class UnwrittenError(ReconcilerError):
    """A file for the CI could not be written."""


_forge_options = options.together(
    options.option(
        "--token-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="A file that holds the token; without it GITHUB_TOKEN or ASSISTANTS_SYNC_GITLAB_TOKEN has it.",
    ),
    options.network,
    options.speaking,
)
_report_options = options.together(
    options.option(
        "--max-bytes",
        "most",
        type=click.IntRange(2_000, 900_000),
        default=60_000,
        show_default=True,
        help="How long the text may be. GitHub takes 65,536 characters, GitLab a million.",
    ),
    _forge_options,
)


@click.group()
def ci() -> None:
    """Report plans and drift to CI and pull requests."""


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
def comment(plan: Path, report_url: str, dotenv: Path | None, widget: Path | None, **options: Any) -> int:
    """Keep one comment about PLAN on the pull request.

    PLAN is the file that `plan --out` wrote. In a GitHub workflow it also writes the summary, warnings and
    outputs of the step. Where there is no pull request, or no token, the comment is left out.
    """
    from reconciler.cli.ci_job import CiJob  # noqa: PLC0415 - only this command pays for it
    from reconciler.render import pipeline  # noqa: PLC0415 - the same
    from reconciler.render.document import read_plan  # noqa: PLC0415 - the same
    from reconciler.render.secrecy import without_secrets  # noqa: PLC0415 - the same
    from reconciler.store import planfile  # noqa: PLC0415 - the same

    console, link = Console.of(options), _link(report_url)
    document = read_plan(planfile.read(plan), plan)
    job = CiJob.of(os.environ, options["token_file"])
    draft = _hiding(partial(pipeline.plan_comment, without_secrets(document, KNOWN.redactor), report=link))
    _write_files(document, job, dotenv, widget)
    _summarize(console, job.summary, draft)
    if job.kind == "github":
        console.print(pipeline.plan_annotations(document))
    if options["wanted"] and _can_comment(console, job):
        create = document.has_changes or not options["only_changes"]
        marker = _marker("assistants-sync", document.project, document.environment)
        work = partial(_pinned, marker=marker, draft=draft, most=options["most"], create=create)
        _comment(console, job, options, work)
    return 0


@ci.command(epilog=_EXITS)
@click.argument("drift", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@options.option(
    "--exit-code", "code", type=int, required=True, help="How `drift --detailed-exitcode` ended: 0 or 2."
)
@options.configuration
@_report_options
def issue(drift: Path, code: int, most: int, **options: Any) -> int:
    """Keep one issue about drift: open it, update it, close it.

    FILE holds what `drift` printed.
    """
    from reconciler.cli.ci_job import CiJob  # noqa: PLC0415 - the same
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - only this command pays for it
    from reconciler.model.mark import NO_ENVIRONMENT  # noqa: PLC0415 - the same
    from reconciler.render import pipeline  # noqa: PLC0415 - the same

    if code not in {0, _DRIFTED}:
        raise UsageError(f"drift ended with {code}, so the result is unknown; the issue was not changed")
    console, text = Console.of(options), _read(drift)
    project, environment = Configured.of(options).configuration.desired.project, options["environment"]
    job = CiJob.of(os.environ, options["token_file"])
    if not _has_token(console, job, "issue"):
        return 0
    marker = _marker("assistants-sync-drift", project, environment or NO_ENVIRONMENT)
    draft = _hiding(partial(_about_drift, pipeline.fenced, text))
    work = (
        partial(_pinned, marker=marker, draft=draft, most=most, create=True)
        if code
        else partial(_unpinned, marker=marker)
    )
    title = f"Drift of the assistants of {project}" + (f" in {environment}" if environment else "")
    _update(console, job, options, work, title=title)
    return 0


@ci.command(epilog=_REVIEW_EXITS)
@click.argument("environment")
@options.option(
    "--allow-unreviewed", is_flag=True, help="Ask nothing, and continue without required reviewers."
)
@_forge_options
def reviewers(environment: str, **options: Any) -> int:
    """Check that a GitHub environment has required reviewers.

    A job of an ENVIRONMENT without them waits for no approval. Required reviewers of private repositories
    are not in every plan of GitHub.
    """
    import asyncio  # noqa: PLC0415 - only this command pays for it

    from reconciler.cli.ci_job import CiJob  # noqa: PLC0415 - the same

    if options["allow_unreviewed"]:
        Console.of(options).log("", "The reviewers were not looked up: --allow-unreviewed was given.")
        return 0
    if not environment.strip():
        raise UsageError("ENVIRONMENT is empty; give the name of a GitHub environment, such as production")
    job = CiJob.of(os.environ, options["token_file"])
    if job.kind != "github":
        raise UsageError("this is no GitHub workflow; only GitHub can be asked for required reviewers")
    if not job.token:
        raise UsageError(f"there is no token, so nothing can be asked: {_WHENCE[job.kind]}")
    if not asyncio.run(_has_reviewers(job, options, environment)):
        raise RefusedError(_UNREVIEWED.format(repr(environment), job.project))
    return 0


_UNREVIEWED = (
    "the environment {} of {} has no required reviewers, so this job waited for no approval. Nothing was "
    "changed. Add reviewers in Settings, Environments; or apply by hand with the digest of the plan that you "
    "read; or, to apply without an approval, set ASSISTANTS_SYNC_ALLOW_UNREVIEWED to true."
)


def _hiding(draft: Callable[[int], str]) -> Callable[[int], str]:
    """Return a draft of a comment that has no secret."""
    return lambda most: KNOWN.redactor.redacted(draft(most))


def _link(url: str) -> str:
    """Return a link that cannot end the Markdown around it; UsageError for any other."""
    if url and not _LINK.match(url):
        raise UsageError("--report-url takes an address that begins with https:// and needs no escaping")
    return url


def _marker(kind: str, project: str, environment: str) -> str:
    """Return the marker; UsageError for names in the plan file that no configuration could have."""
    from reconciler.forges import marker  # noqa: PLC0415 - not for --help
    from reconciler.model.address import ENVIRONMENT_PATTERN, PROJECT_PATTERN  # noqa: PLC0415 - the same
    from reconciler.model.mark import NO_ENVIRONMENT  # noqa: PLC0415 - the same

    is_known = environment == NO_ENVIRONMENT or ENVIRONMENT_PATTERN.match(environment)
    if not (PROJECT_PATTERN.match(project) and is_known):  # it could end the comment that the marker is
        raise UsageError("the plan names a project or an environment that no configuration could")
    return marker(kind, project, environment)


def _write_files(document: PlanDocument, job: CiJob, dotenv: Path | None, widget: Path | None) -> None:
    from reconciler.render import pipeline  # noqa: PLC0415 - not for --help
    from reconciler.store import planfile  # noqa: PLC0415 - the same

    outputs = pipeline.plan_outputs(document)
    if job.outputs:
        _append(job.outputs, _lines(outputs))
    if dotenv:
        planfile.write(dotenv, _lines({f"PLAN_{name.upper()}": value for name, value in outputs.items()}))
    if widget:
        planfile.write(widget, pipeline.plan_widget(document))


def _lines(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _summarize(console: Console, file: Path | None, draft: Callable[[int], str]) -> None:
    """Add the plan to the summary of the step, within its maximum size."""
    if file is None:
        return
    available = _SUMMARY - (file.stat().st_size if file.exists() else 0) - 2
    shown = draft(available)
    if len(shown.encode()) > available:
        console.log("Warning", "the summary of this step is full, so the plan is not in it")
        return
    _append(file, shown + "\n")


def _append(file: Path, text: str) -> None:
    try:
        with os.fdopen(appending(file), "w", encoding="utf-8") as stream:
            stream.write(KNOWN.redactor.redacted(text))
    except OSError as cause:
        raise UnwrittenError(f"cannot write {file}: {cause.strerror}") from cause


def _can_comment(console: Console, job: CiJob) -> bool:
    """Return whether there is a pull request and a token; report which of them is missing."""
    if job.kind == "none":
        console.log("", "This is neither a GitHub workflow nor a GitLab pipeline, so there is no comment.")
    elif not job.number:
        console.log("", "This run is about no pull request, so there is no comment.")
    else:
        return _has_token(console, job, "comment")
    return False


def _has_token(console: Console, job: CiJob, what: str) -> bool:
    if not job.token:
        console.log("Warning", f"there is no token, so there is no {what}: {_WHENCE[job.kind]}")
    return bool(job.token)


_WHENCE = {
    "github": "set GITHUB_TOKEN in the env of the step, or name a --token-file",
    "gitlab": "set ASSISTANTS_SYNC_GITLAB_TOKEN, a masked variable, or name a --token-file",
    "none": "this is neither a GitHub workflow nor a GitLab pipeline",
}


def _comment(
    console: Console, job: CiJob, options: Mapping[str, Any], work: Callable[[Board], Awaitable[str]]
) -> None:
    """Write the comment; a token without rights is expected on a pull request from another repository."""
    from reconciler.forges import DeniedError  # noqa: PLC0415 - not for --help

    try:
        _update(console, job, options, work)
    except DeniedError as denied:
        if not job.is_foreign:
            raise
        console.log(
            "Warning", f"there is no comment, since the pull request is from another repository: {denied}"
        )


def _update(
    console: Console,
    job: CiJob,
    options: Mapping[str, Any],
    work: Callable[[Board], Awaitable[str]],
    title: str = "",
) -> None:
    import asyncio  # noqa: PLC0415 - not for --help

    console.log("", asyncio.run(_on_board(job, options, work, title=title)))


async def _has_reviewers(job: CiJob, options: Mapping[str, Any], environment: str) -> bool:
    from reconciler.forges import github  # noqa: PLC0415 - not for --help
    from reconciler.forges.rest import connected  # noqa: PLC0415 - the same

    async with connected(github.FORGE, job.api, job.token, **_network(options)) as sender:
        return await github.has_reviewers(sender, job.project, environment)


def _network(options: Mapping[str, Any]) -> dict[str, Any]:
    return {"proxy_from_environment": options["proxy_from_environment"], "ca_file": options["ca_file"]}


async def _on_board(
    job: CiJob, options: Mapping[str, Any], work: Callable[[Board], Awaitable[str]], title: str = ""
) -> str:
    """Work on the comments of the pull request, or, under a title, on the issues."""
    from reconciler.forges import github, gitlab  # noqa: PLC0415 - not for --help
    from reconciler.forges.rest import connected  # noqa: PLC0415 - the same

    forge = {"github": github, "gitlab": gitlab}[job.kind].FORGE
    async with connected(forge, job.api, job.token, **_network(options)) as sender:
        board: Board
        if job.kind == "github":
            board = (
                github.Issues.of(sender, job.project, title)
                if title
                else github.PullRequest.of(sender, job.project, job.number)
            )
        else:
            project = int(job.project)
            board = (
                gitlab.Issues.of(sender, project, title)
                if title
                else gitlab.MergeRequest.of(sender, project, job.number)
            )
        return await work(board)


async def _pinned(board: Board, marker: str, draft: Callable[[int], str], most: int, *, create: bool) -> str:
    from reconciler.forges import pin  # noqa: PLC0415 - not for --help

    return _sentence(await pin(board, marker, draft, most - len(marker) - 1, create=create))


async def _unpinned(board: Board, marker: str) -> str:
    from reconciler.forges import unpin  # noqa: PLC0415 - not for --help

    return "No drift: the issue is closed." if await unpin(board, marker) else "No drift, and no open issue."


def _sentence(pinned: Pinned) -> str:
    sentence = {
        "created": "Written.",
        "updated": "Updated.",
        "absent": "There are no changes, and there was nothing to update.",
    }[pinned.result]
    return sentence + (f" {pinned.left} older ones could not be deleted." if pinned.left else "")


def _about_drift(fenced: Callable[[str, int], str], text: str, most: int) -> str:
    head = (
        "Assistants or files were changed on the server since they were last applied. The next apply that is "
        "reviewed sets back what the configuration names. This issue is closed as soon as there is no "
        "drift.\n\n"
    )
    return head + fenced(text, max(0, most - len(head) - 200)) + "\n"


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(_LONGEST_DRIFT).decode(errors="replace")
    except OSError as cause:
        raise UsageError(f"cannot read {file}: {cause.strerror}") from cause
