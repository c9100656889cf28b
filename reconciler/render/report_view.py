"""A report as its View: what was done, what was not and why, and the summary in Terraform's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model.address import Address
from reconciler.model.outcome import Cause, Result
from reconciler.render.lines import Style
from reconciler.render.view import Entry, Trouble, View, shown, sign_of

if TYPE_CHECKING:
    from reconciler.render.document import OutcomeRecord, ReportDocument

_WORDS = {Result.FAILED: "Error", Result.SKIPPED: "Skipped", Result.UNKNOWN: "Unknown"}


def report_view(document: ReportDocument) -> View:
    """Return what a person should see of what became of a plan."""
    return View(
        title="Apply",
        target=shown(document.target),
        account="",
        project=shown(document.project),
        environment=shown(document.environment),
        serial=None,
        digest=shown(document.digest),
        entries=tuple(_entry(outcome) for outcome in document.outcomes),
        notices=(shown(document.unsaved),) if document.unsaved else (),
        warnings=(),
        summary=_summary(document),
        then=_then(document),
    )


def _is_whole(document: ReportDocument) -> bool:
    return not document.unsaved and all(outcome.result is Result.APPLIED for outcome in document.outcomes)


def _summary(document: ReportDocument) -> str:
    ended = "Apply complete!" if _is_whole(document) else "Apply incomplete."
    counts = document.counts
    return f"{ended} Resources: {counts.added} added, {counts.changed} changed, {counts.destroyed} destroyed."


def _then(document: ReportDocument) -> str:
    """Return how much is left, and what to do about it."""
    if _is_whole(document):
        return ""
    outcomes = document.outcomes
    left = sum(outcome.result is not Result.APPLIED for outcome in outcomes)
    remedy = "Completed changes are recorded. Fix the cause and run the command again."
    if document.unsaved:
        remedy = "Fix the cause and run the command again."
    elif not any(outcome.written for outcome in outcomes):
        remedy = "Nothing was changed."
    return f"Not applied: {left} of {len(outcomes)}. {remedy}"


def _entry(outcome: OutcomeRecord) -> Entry:
    sign, style, word = sign_of(outcome.action, Address.parse(outcome.address).kind)
    verb, message = f"was {word}", shown(outcome.message)
    trouble = _trouble(outcome)
    if trouble:
        sign, style = "!", Style.DIM if outcome.result is Result.SKIPPED else Style.ERROR
        verb = f"was not {word}{' completely' * outcome.written}"
    if outcome.result is Result.UNKNOWN:
        verb = f"may have been {word}"
    return Entry(
        sign=sign,
        style=style,
        address=shown(outcome.address),
        verb=verb,
        id=shown(outcome.id),
        action=outcome.action,
        asides=() if trouble or not message else (message,),
        trouble=trouble,
    )


def _trouble(outcome: OutcomeRecord) -> Trouble | None:
    if outcome.result is Result.APPLIED:
        return None
    if outcome.cause is Cause.REFUSED:
        return Trouble("Refused", shown(outcome.message))
    request = f" (request {shown(outcome.request_id)})" if outcome.request_id else ""
    return Trouble(_WORDS[outcome.result], f"{shown(outcome.message)}{request}")
