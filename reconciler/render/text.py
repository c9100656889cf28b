"""A View or a report as lines: signs carry the meaning, summary lines are Terraform's word for word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model.change import Action
from reconciler.model.outcome import Cause, Result
from reconciler.render.diff import comparison_lines
from reconciler.render.formats import Depth
from reconciler.render.lines import Line, Span, Style, line
from reconciler.render.texts import compared
from reconciler.render.view import count, literal, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model.change import FieldChange
    from reconciler.model.drift import Drift
    from reconciler.render.document import OutcomeRecord, ReportDocument
    from reconciler.render.view import Entry, Part, View

NO_DRIFT = "No drift. Everything on the server is as it was last applied."

_INDENT = "      "
_MOST = 54  # characters of a value that are shown


def header(view: View) -> Line:
    """The first line of every plan and apply: where this is about to happen."""
    account = f"  account {view.account}" if view.account else ""
    rest = f"{account}  project {view.project}  state serial {view.serial}"
    return line("Target: ", Span(view.target, Style.BOLD), Span(rest, Style.DIM))


def plan_lines(view: View, depth: Depth = Depth.PLAIN) -> Iterator[Line]:
    """Every visible Change, what a reader must know besides, and the summary."""
    yield header(view)
    brief = depth is Depth.BRIEF
    if brief and view.entries:
        yield line()
    for entry in view.entries:
        if not brief:
            yield line()
        yield from _head(entry) if brief else entry_lines(entry, full=depth is Depth.FULL)
    if view.notices:
        yield line()
    for notice in view.notices:
        yield line(Span(f"  ! {notice}", Style.DRIFT))
    yield line()
    yield from _summary(view)


def _summary(view: View) -> Iterator[Line]:
    """The summary comes last where there is something to do; tools look for it there."""
    lines = [line(Span(view.summary, Style.BOLD))]
    if view.also:
        lines.insert(0 if view.has_changes else 1, line(Span(view.also, Style.DIM)))
    yield from lines


def entry_lines(entry: Entry, *, full: bool = False) -> Iterator[Line]:
    """One Change: its head, why, its fields and attachments."""
    yield from _head(entry)
    for aside in entry.asides:
        yield line(_INDENT, Span(aside, Style.DIM))
    if entry.refused:
        yield line(_INDENT, Span(entry.refused, Style.DRIFT))
    for part in entry.parts:
        yield from _part_lines(part, is_new=entry.action is Action.CREATE, full=full)


def _head(entry: Entry) -> Iterator[Line]:
    known = f"  {entry.id}" if entry.id else ""
    head = Span(f"  {entry.sign} {entry.address}", entry.style)
    yield line(head, Span(f" {entry.verb}"), Span(known, Style.DIM))


def _part_lines(part: Part, *, is_new: bool, full: bool) -> Iterator[Line]:
    is_text = part.comparison is not None and part.sign in "~!"
    said = "" if is_text and not part.said else _told(part, is_new=is_new, most=10**9 if full else _MOST)
    head = f"{part.sign} {part.name:<13} {said}".rstrip()
    yield line(_INDENT, Span(head, part.style), Span(f"  {part.aside}" if part.aside else "", Style.DIM))
    if part.moved:
        yield line(_INDENT, "    ", Span(part.moved, Style.DIM))
    for each in part.breaking:
        yield line(_INDENT, "    ", Span(f"! breaking: {each}", Style.DRIFT))
    for inner in part.inner:
        if inner.path and not is_new:
            moved = f"{_cut(inner.before)} → {_cut(inner.after)}"
            yield line(_INDENT, "    ", Span(f"{inner.path}  {moved}", part.style))
    if part.comparison and (is_text or full):
        yield from comparison_lines(part.comparison, _INDENT, full=full)


def _told(part: Part, *, is_new: bool, most: int) -> str:
    """The values of a part on one line."""
    if part.said or (part.before is None and part.after is None):
        return part.said
    return _cut(part.after, most) if is_new else f"{_cut(part.before, most)} → {_cut(part.after, most)}"


def _cut(text: str | None, most: int = _MOST) -> str:
    """A whole value, shortened where it is long; a text keeps its quotes."""
    if text is None:
        return "(none)"
    quote = '"' * text.startswith('"')
    inside = text[1:-1] if quote else text
    return text if len(inside) <= most else f"{quote}{inside[: most - 1]}…{quote}"


def drift_lines(view: View, drifts: Sequence[Drift], managed: int) -> Iterator[Line]:
    """Everything that somebody changed on the server, and how much of what is managed that is."""
    yield header(view)
    for one in drifts:
        yield line()
        verb = "was deleted on the server" if one.is_gone else "was changed on the server"
        head = Span(f"  ! {shown(one.address)}", Style.DRIFT)
        yield line(head, Span(f" {verb}"), Span(f"  {shown(one.id)}", Style.DIM))
        for field in one.fields:
            yield from _drifted(field)
    yield line()
    if drifts:
        yield line(Span(f"Drift: {len(drifts)} of {count(managed, 'object')}.", Style.BOLD))
    else:
        yield line(Span(NO_DRIFT, Style.BOLD))


def _drifted(one: FieldChange) -> Iterator[Line]:
    """A field as it was last applied, where that is known, and as it is on the server now."""
    name = shown(one.field)
    if one.field == "instructions" and one.before and one.after:
        yield line(_INDENT, Span(f"! {name}", Style.DRIFT))
        yield from comparison_lines(compared(one.before, one.after), _INDENT)
    elif one.field in {"tools", "files", "instructions"}:
        yield line(_INDENT, Span(f"! {name}", Style.DRIFT))
    else:
        before = "(not known)" if one.before is None else _cut(literal(one.before))
        moved = f"{before} → {_cut(literal(one.after))}"
        yield line(_INDENT, Span(f"! {name:<13} {moved}", Style.DRIFT))


def report_lines(report: ReportDocument) -> Iterator[Line]:
    """What was not applied and why, what a reader should hear besides, and the summary."""
    yield line()
    unfinished = [one for one in report.outcomes if one.result is not Result.APPLIED]
    for one in report.outcomes:
        if one.result is Result.APPLIED and one.message:
            yield line(Span(f"Warning: {shown(one.address)}: {shown(one.message)}", Style.DRIFT))
    for one in unfinished:
        yield from _unfinished(one)
    if report.unsaved:
        yield line(Span("Error: ", Style.ERROR), shown(report.unsaved))
    made = report.counts
    counted = f"Resources: {made.added} added, {made.changed} changed, {made.destroyed} destroyed."
    if unfinished or report.unsaved:
        yield line(Span(f"Apply incomplete. {counted}", Style.BOLD))
        yield line(f"Not applied: {len(unfinished)} of {len(report.outcomes)}. {_next(report)}")
    else:
        yield line(Span(f"Apply complete! {counted}", Style.BOLD))


def _next(report: ReportDocument) -> str:
    if not any(one.written for one in report.outcomes):
        return "Nothing was changed."
    return "What is done is recorded; mend the cause and run the same command again."


def _unfinished(one: OutcomeRecord) -> Iterator[Line]:
    request = f" (request {shown(one.request_id)})" if one.request_id else ""
    word = {Result.FAILED: "Error", Result.SKIPPED: "Skipped", Result.UNKNOWN: "Unknown"}[one.result]
    style = Style.DIM if one.result is Result.SKIPPED else Style.ERROR
    said = "refused, as the plan says" if one.cause is Cause.REFUSED else f"{shown(one.message)}{request}"
    yield line(Span(f"{word}: ", style), f"{shown(one.address)}: {said}")
