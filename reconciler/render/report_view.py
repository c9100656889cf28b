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
    """Everything that a person should see of what became of a plan."""
    return View(
        "Apply",
        shown(document.target),
        "",
        shown(document.project),
        shown(document.environment),
        None,
        shown(document.digest),
        tuple(_entry(one) for one in document.outcomes),
        (shown(document.unsaved),) if document.unsaved else (),
        (),
        _summary(document),
        then=_then(document),
    )


def _is_whole(document: ReportDocument) -> bool:
    return not document.unsaved and all(one.result is Result.APPLIED for one in document.outcomes)


def _summary(document: ReportDocument) -> str:
    ended = "Apply complete!" if _is_whole(document) else "Apply incomplete."
    made = document.counts
    return f"{ended} Resources: {made.added} added, {made.changed} changed, {made.destroyed} destroyed."


def _then(document: ReportDocument) -> str:
    """How much is left, and what to do about it."""
    if _is_whole(document):
        return ""
    outcomes = document.outcomes
    left = sum(one.result is not Result.APPLIED for one in outcomes)
    remedy = "Completed changes are recorded. Fix the cause and run the command again."
    if document.unsaved:
        remedy = "Fix the cause and run the command again."
    elif not any(one.written for one in outcomes):
        remedy = "Nothing was changed."
    return f"Not applied: {left} of {len(outcomes)}. {remedy}"


def _entry(one: OutcomeRecord) -> Entry:
    sign, style, word = sign_of(one.action, Address.parse(one.address).kind)
    verb, message = f"was {word}", shown(one.message)
    trouble = _trouble(one)
    if trouble:
        sign, style = "!", Style.DIM if one.result is Result.SKIPPED else Style.ERROR
        verb = f"was not {word}{' completely' * one.written}"
    if one.result is Result.UNKNOWN:
        verb = f"may have been {word}"
    asides = () if trouble or not message else (message,)
    return Entry(sign, style, shown(one.address), verb, shown(one.id), one.action, asides, trouble)


def _trouble(one: OutcomeRecord) -> Trouble | None:
    if one.result is Result.APPLIED:
        return None
    if one.cause is Cause.REFUSED:
        return Trouble("Refused", shown(one.message))
    request = f" (request {shown(one.request_id)})" if one.request_id else ""
    return Trouble(_WORDS[one.result], f"{shown(one.message)}{request}")
