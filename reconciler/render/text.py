"""A Plan or a Report as text: symbols carry the meaning, summary lines are Terraform's word for word."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from reconciler.model.address import Address, Kind
from reconciler.model.change import Action, Change, FieldChange, Reason, Step, StepKind
from reconciler.model.outcome import Cause, Result
from reconciler.render.diff import text_diff
from reconciler.render.lines import Line, Span, Style, line
from reconciler.render.visible import quoted, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model.drift import Drift
    from reconciler.model.outcome import Outcome, Report
    from reconciler.model.plan import Plan

NO_CHANGES = "No changes. Your assistants match the configuration."
KEPT = "No changes. What somebody changed on the server is left as it is."
NO_DRIFT = "No drift. Everything on the server is as it was last applied."

_INDENT = "      "
_LOOKS = {
    Action.CREATE: ("+", Style.ADD, "will be created"),
    Action.UPDATE: ("~", Style.CHANGE, "will be updated"),
    Action.REPLACE: ("~", Style.CHANGE, "will be replaced"),
    Action.DELETE: ("-", Style.REMOVE, "will be destroyed"),
    Action.ADOPT: ("~", Style.CHANGE, "will be adopted"),
    Action.FORGET: ("~", Style.CHANGE, "will be forgotten"),
    Action.NOOP: (" ", Style.DIM, "stays as it is"),
}


def header(plan: Plan) -> Line:
    """The first line of every plan and apply: where this is about to happen."""
    place = plan.basis
    account = f"  account {visible(place.account)}" if place.account else ""
    rest = f"{account}  project {visible(plan.project)}  state serial {place.serial}"
    return line("Target: ", Span(visible(place.target), Style.BOLD), Span(rest, Style.DIM))


def plan_lines(plan: Plan) -> Iterator[Line]:
    """Every visible Change, what a reader must know besides, and the summary."""
    yield header(plan)
    for change in plan.changes:
        if change.is_visible:
            yield line()
            yield from change_lines(change)
    if plan.notices:
        yield line()
    for notice in plan.notices:
        yield line(Span(f"  ! {visible(notice)}", Style.DRIFT))
    yield line()
    yield from _summary(plan)


def _summary(plan: Plan) -> Iterator[Line]:
    if not plan.has_changes:
        is_kept = any(change.drifted for change in plan.changes)
        yield line(Span(KEPT if is_kept else NO_CHANGES, Style.BOLD))
        if plan.is_partial:
            yield line(Span("Only what was selected was compared.", Style.DIM))
        return
    more = Counter[str]()
    for change in plan.changes:
        more["to adopt"] += change.action is Action.ADOPT and not change.steps
        more["to forget"] += change.action is Action.FORGET
        more["moved"] += change.moved_from is not None
        more["following a file"] += bool(change.follows) and change.action is not Action.FORGET
        more["drifted"] += change.drifted
        more["refused"] += bool(change.refused)
    extras = ", ".join(f"{count} {what}" for what, count in more.items() if count)
    if extras:
        yield line(Span(f"Also: {extras}.", Style.DIM))
    made = plan.counts
    counted = f"Plan: {made.added} to add, {made.changed} to change, {made.destroyed} to destroy."
    yield line(Span(counted, Style.BOLD))


def change_lines(change: Change) -> Iterator[Line]:
    """One Change: its head, its fields, its attachments."""
    symbol, style, verb = _LOOKS[change.action]
    if change.address.kind is Kind.FILE:
        verb = _OF_FILES.get(change.action, verb)
    if change.reason is Reason.REMOVED:
        verb = "will be forgotten, and stays on the server"
    if change.refused:
        symbol, style, verb = "!", Style.DRIFT, f"cannot be {_REFUSED[change.action]}"
    shown = f"  {symbol} {visible(change.address)}"
    known = f"  {visible(change.id)}" if change.id else ""
    yield line(Span(shown, style), Span(f" {verb}"), Span(known, Style.DIM))
    if change.moved_from:
        yield line(_INDENT, Span(f"moved from {visible(change.moved_from)}", Style.DIM))
    if change.reason not in _OBVIOUS and str(change.reason) not in change.note:
        yield line(_INDENT, Span(str(change.reason), Style.DIM))
    if change.refused:
        yield line(_INDENT, Span(visible(change.refused), Style.DRIFT))
        return
    if change.note:
        yield line(_INDENT, Span(visible(change.note), Style.DIM))
    yield from _created(change) if change.action is Action.CREATE else _edited(change)


_OF_FILES = {Action.CREATE: "will be uploaded", Action.DELETE: "will be deleted"}
_OBVIOUS = frozenset({Reason.NEW, Reason.EDITED, Reason.SAME, Reason.DESTROY, Reason.RENAMED, Reason.REMOVED})
_REFUSED = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.REPLACE: "replaced",
    Action.DELETE: "destroyed",
    Action.ADOPT: "adopted",
    Action.FORGET: "forgotten",
    Action.NOOP: "managed",
}


def _created(change: Change) -> Iterator[Line]:
    if change.address.kind is Kind.FILE:
        yield from _edited(change)
        return
    groups: dict[str, list[str]] = {}
    for one in change.fields:
        group, _, rest = one.field.partition(".")
        groups.setdefault(group, []).append(_set(group, rest, one))
    for group, shown in groups.items():
        yield line(_INDENT, Span(f"+ {group:<13} {', '.join(shown)}", Style.ADD))


def _set(group: str, rest: str, one: FieldChange) -> str:
    if group == "metadata":
        return f"{visible(rest)} = {quoted(one.after)}"
    if group == "tools":
        return visible(rest)
    if group == "files":
        return ", ".join(visible(name) for name in one.after)
    return _extent(one) if group == "instructions" else quoted(one.after)


def _extent(one: FieldChange) -> str:
    text = str(one.after)
    origin = f" ({visible(one.source)})" if one.source else ""
    return f"{_count(len(text.splitlines()), 'line')}, {_count(len(text), 'character')}{origin}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _edited(change: Change) -> Iterator[Line]:
    for one in change.fields:
        yield from _field(one)
    attached = {step.file for step in change.steps if step.kind is StepKind.ATTACH}
    detached = {step.file for step in change.steps if step.kind is StepKind.DETACH}
    for step in change.steps:
        if step.kind in {StepKind.ATTACH, StepKind.DETACH}:
            yield _attachment(step, swapped=step.file in attached & detached)


def _field(one: FieldChange) -> Iterator[Line]:
    symbol, style = _sign(one)
    name = visible(one.field)
    if one.field == "content":
        yield line(_INDENT, Span(f"{symbol} {name:<13} {_contents(one)}", style))
        return
    if one.details:
        yield line(_INDENT, Span(f"{symbol} {name}", style), _aside(one))
        for detail in one.details:
            moved = f"{quoted(detail.before)} → {quoted(detail.after)}"
            yield line(_INDENT, "    ", Span(f"{visible(detail.path)}  {moved}", style))
        return
    if one.field == "instructions" and one.before and one.after:
        yield line(_INDENT, Span(f"{symbol} {name}", style), _aside(one))
        yield from text_diff(one.before, one.after, _INDENT)
        return
    yield line(_INDENT, Span(f"{symbol} {name:<13} {_moved(one)}".rstrip(), style), _aside(one))


def _sign(one: FieldChange) -> tuple[str, Style]:
    if one.drifted:
        return "!", Style.DRIFT
    if one.before is None:
        return "+", Style.ADD
    return ("-", Style.REMOVE) if one.after is None else ("~", Style.CHANGE)


def _moved(one: FieldChange) -> str:
    if one.field.startswith("tools."):
        return ""
    if one.field == "instructions":
        return _extent(one) if one.after else "removed"
    return f"{quoted(one.before)} → {quoted(one.after)}"


def _aside(one: FieldChange) -> Span:
    said = [f"({visible(one.source)})"] if one.source else []
    if one.drifted:
        said.append("changed on the server" + " and in the configuration" * (one.edited and not one.cleared))
    if one.cleared:
        said.append("no longer in the configuration")
    if one.drifted or one.cleared:
        said.append("will be cleared" if one.cleared else "will be set back")
    return Span(f"  {', '.join(said)}" if said else "", Style.DIM)


def _contents(one: FieldChange) -> str:
    if one.before is None:
        return _content(one.after)
    return f"{_content(one.before)} → {_content(one.after)}"


def _content(value: dict[str, Any]) -> str:
    return f"{size(value['bytes'])}, sha256 {value['sha256'][:12]}"


def size(count: int) -> str:
    """A number of bytes as people read it."""
    amount = float(count)
    for unit in ("B", "KB", "MB"):
        if amount < 1000:  # noqa: PLR2004 - decimal units
            return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def _attachment(step: Step, *, swapped: bool) -> Line:
    attach = step.kind is StepKind.ATTACH
    symbol, style = ("+", Style.ADD) if attach else ("-", Style.REMOVE)
    which = " (new upload)" if attach else " (old upload)"
    known = f"  {visible(step.id)}" if step.id and isinstance(step.file, Address) else ""
    shown = f"{symbol} {step.kind} {_name(step.file)}{which * swapped}"
    return line(_INDENT, Span(shown, style), Span(known, Style.DIM))


def _name(reference: Address | str | None) -> str:
    return visible(reference.name if isinstance(reference, Address) else reference)


def drift_lines(plan: Plan, drifts: Sequence[Drift], managed: int) -> Iterator[Line]:
    """Everything that somebody changed on the server, and how much of what is managed that is."""
    yield header(plan)
    for one in drifts:
        yield line()
        verb = "was deleted on the server" if one.is_gone else "was changed on the server"
        shown = f"  ! {visible(one.address)}"
        yield line(Span(shown, Style.DRIFT), Span(f" {verb}"), Span(f"  {visible(one.id)}", Style.DIM))
        for field in one.fields:
            yield from _drifted(field)
    yield line()
    if drifts:
        yield line(Span(f"Drift: {len(drifts)} of {_count(managed, 'object')}.", Style.BOLD))
    else:
        yield line(Span(NO_DRIFT, Style.BOLD))


def _drifted(one: FieldChange) -> Iterator[Line]:
    """A field as it was last applied, where that is known, and as it is on the server now."""
    name = visible(one.field)
    if one.field == "instructions" and one.before and one.after:
        yield line(_INDENT, Span(f"! {name}", Style.DRIFT))
        yield from text_diff(one.before, one.after, _INDENT)
    elif one.field in {"tools", "files", "instructions"}:
        yield line(_INDENT, Span(f"! {name}", Style.DRIFT))
    else:
        before = quoted(one.before) if one.before is not None else "(not known)"
        yield line(_INDENT, Span(f"! {name:<13} {before} → {quoted(one.after)}", Style.DRIFT))


def report_lines(report: Report) -> Iterator[Line]:
    """What was not applied and why, what a reader should hear besides, and the summary."""
    yield line()
    for one in report.outcomes:
        if one.result is Result.APPLIED and one.message:
            yield line(Span(f"Warning: {visible(one.change.address)}: {visible(one.message)}", Style.DRIFT))
    for one in report.unfinished:
        yield from _unfinished(one)
    if report.unsaved:
        yield line(Span("Error: ", Style.ERROR), visible(report.unsaved))
    made = report.counts
    counted = f"Resources: {made.added} added, {made.changed} changed, {made.destroyed} destroyed."
    if report.unfinished or report.unsaved:
        yield line(Span(f"Apply incomplete. {counted}", Style.BOLD))
        yield line(f"Not applied: {len(report.unfinished)} of {len(report.outcomes)}. {_next(report)}")
    else:
        yield line(Span(f"Apply complete! {counted}", Style.BOLD))


def _next(report: Report) -> str:
    if not any(one.written for one in report.outcomes):
        return "Nothing was changed."
    return "What is done is recorded; mend the cause and run the same command again."


def _unfinished(one: Outcome) -> Iterator[Line]:
    where = visible(one.change.address)
    request = f" (request {visible(one.request_id)})" if one.request_id else ""
    word = {Result.FAILED: "Error", Result.SKIPPED: "Skipped", Result.UNKNOWN: "Unknown"}[one.result]
    style = Style.DIM if one.result is Result.SKIPPED else Style.ERROR
    said = "refused, as the plan says" if one.cause is Cause.REFUSED else f"{visible(one.message)}{request}"
    yield line(Span(f"{word}: ", style), f"{where}: {said}")
