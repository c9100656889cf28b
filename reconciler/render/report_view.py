"""A report as its View: what was done, what was not and why, and the summary in Terraform's words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model.address import Address
from reconciler.model.outcome import Cause, Kept, Result
from reconciler.render.document import unproved
from reconciler.render.lines import Style
from reconciler.render.text_diff import CONTEXT, Comparison
from reconciler.render.view import Entry, Frame, Part, Trouble, View, count, deletion, named, shown, sign_of

if TYPE_CHECKING:
    from reconciler.render.document import OutcomeRecord, ReportDocument, VerifiedRecord

_WORDS = {Result.FAILED: "Error", Result.SKIPPED: "Skipped", Result.UNKNOWN: "Unknown"}
_CAUSES = {Cause.REFUSED: "Refused"}
_FAILED = frozenset({Kept.IGNORED, Kept.LOST})
_LONG = 80  # characters from which on a text is compared line by line
_UNDECLARED = frozenset({Kept.LOST, Kept.ADDED})


def report_view(document: ReportDocument, context: int = CONTEXT, *, is_end: bool = False) -> View:
    """Return what a person should see of what became of a plan.

    Around each line of a text that the server changed, ``context`` other lines stay. ``is_end``: it stands
    behind the lines of the steps, so that what was applied has no entry where that is all there is to say.
    """
    frame = Frame(context)
    outcomes = [one for one in document.outcomes if not (is_end and _is_plain(one))]
    return View(
        title="Apply",
        target=shown(document.target),
        account="",
        project=shown(document.project),
        environment=shown(document.environment),
        serial=None,
        digest=shown(document.digest),
        entries=tuple(_entry(outcome, frame) for outcome in outcomes),
        notices=(shown(document.unsaved),) if document.unsaved else (),
        warnings=(),
        summary=_summary(document),
        also=_verified(document),
        then=" ".join(
            filter(None, (_then(document), shown(unproved(document.left)), shown(document.advice)))
        ),
    )


def _is_plain(outcome: OutcomeRecord) -> bool:
    """Return whether a change was applied, and the server kept every value as declared."""
    is_done = outcome.result is Result.APPLIED and not (outcome.message or outcome.deleted)
    return is_done and all(one.kept is Kept.DECLARED for one in outcome.verified)


def _is_whole(document: ReportDocument) -> bool:
    return not document.unsaved and all(outcome.result is Result.APPLIED for outcome in document.outcomes)


def _summary(document: ReportDocument) -> str:
    ended = "Apply complete!" if _is_whole(document) else "Apply incomplete."
    counts = document.counts
    return f"{ended} Resources: {counts.added} added, {counts.changed} changed, {counts.destroyed} destroyed."


def _verified(document: ReportDocument) -> str:
    """Return what the server made of the values that were written; nothing where none was."""
    found = document.verified
    if not found.assistants:
        return ""
    parts = {
        "in another form": found.normalised,
        "ignored": found.ignored,
        "lost": found.lost,
        "added": found.added,
    }
    rest = "".join(f", {number:,} {what}" for what, number in parts.items() if number)
    return f"Verified: {count(found.declared, 'value')} as declared{rest}."


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


def _entry(outcome: OutcomeRecord, frame: Frame) -> Entry:
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
        address=named(outcome.address),
        verb=verb,
        id=named(outcome.id),
        action=outcome.action,
        asides=() if trouble or not message else (message,),
        trouble=trouble,
        parts=(
            *(_part(one, frame) for one in outcome.verified if one.kept is not Kept.DECLARED),
            *(deletion(one, "deleted upload") for one in outcome.deleted),
        ),
    )


def _part(one: VerifiedRecord, frame: Frame) -> Part:
    """Return a value that is not as declared, as it was sent and as it is kept."""
    part = Part(
        sign="!" if one.kept in _FAILED else "~",
        style=Style.ERROR if one.kept in _FAILED else Style.CHANGE,
        name=named(one.path),
        aside=_sides(one),
    )
    comparison = _comparison(one, frame)
    if comparison:
        return replace(part, comparison=comparison)
    return replace(part, before=frame.literal(one.sent), after=frame.literal(one.found))


def _sides(one: VerifiedRecord) -> str:
    """Return which value is which; a format that shows one side alone needs it too."""
    is_undeclared = one.kept in _UNDECLARED
    if one.sent is None:
        return "(added)" if is_undeclared else "(kept, not cleared)"
    if one.found is None:
        return "(lost)" if is_undeclared else "(sent, not kept)"
    return "(before → now)" if is_undeclared else "(sent → kept)"


def _comparison(one: VerifiedRecord, frame: Frame) -> Comparison | None:
    """Return the lines of a long text that differ."""
    sent, found = one.sent, one.found
    if not (isinstance(sent, str) and isinstance(found, str)):
        return None
    is_long = max(len(sent), len(found)) > _LONG or "\n" in sent + found
    return frame.compared(sent, found) if is_long else None


def _trouble(outcome: OutcomeRecord) -> Trouble | None:
    if outcome.result is Result.APPLIED:
        return None
    if outcome.cause in _CAUSES:
        return Trouble(_CAUSES[outcome.cause], shown(outcome.message))
    request = f" (request {shown(outcome.request_id)})" if outcome.request_id else ""
    return Trouble(_WORDS[outcome.result], f"{shown(outcome.message)}{request}")
