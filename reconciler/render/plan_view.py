"""A plan as its View: what changes, what a reader must know besides, and the summary in Terraform's words."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model.address import Address, Kind
from reconciler.model.change import Action, Change, FieldChange, Reason, Step, StepKind
from reconciler.render.document import plan_in
from reconciler.render.lines import Style
from reconciler.render.text_diff import CONTEXT, Comparison, compared
from reconciler.render.view import Entry, Inner, Part, Trouble, View, count, literal, shown, sign_of
from reconciler.render.visible import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model.plan import Plan
    from reconciler.render.document import PlanDocument, WarningRecord

NO_CHANGES = "No changes. Your assistants match the configuration."
KEPT = "No changes. What somebody changed on the server is left as it is."

_OBVIOUS = frozenset({Reason.NEW, Reason.EDITED, Reason.SAME, Reason.DESTROY, Reason.RENAMED, Reason.REMOVED})
_TEXTS = frozenset({"instructions"})
_LONG = 80  # characters from which on other texts are compared like a prompt


def plan_view(document: PlanDocument, context: int = CONTEXT) -> View:
    """Everything that a person should see of a plan; ``context`` unchanged lines stay around each change."""
    plan = plan_in(document)
    return View(
        "Plan",
        shown(plan.basis.target),
        shown(plan.basis.account),
        shown(plan.project),
        shown(plan.environment),
        plan.basis.serial,
        plan.digest,
        tuple(_entry(change, context) for change in plan.changes if change.is_visible),
        tuple(shown(notice) for notice in plan.notices),
        tuple(_warning(one) for one in document.warnings),
        _summary(plan),
        _also(plan) if plan.has_changes else "",
        "Only what was selected was compared." * (plan.is_partial and not plan.has_changes),
        plan.is_partial,
    )


def _warning(one: WarningRecord) -> str:
    place = ":".join(str(part) for part in (one.file, one.line, one.column) if part)
    return shown(f"{one.code} {one.message}" + f" ({place})" * bool(place))


def _summary(plan: Plan) -> str:
    if not plan.has_changes:
        return KEPT if any(change.drifted for change in plan.changes) else NO_CHANGES
    made = plan.counts
    return f"Plan: {made.added} to add, {made.changed} to change, {made.destroyed} to destroy."


def _also(plan: Plan) -> str:
    more = Counter[str]()
    for change in plan.changes:
        more["to adopt"] += change.action is Action.ADOPT and not change.steps
        more["to forget"] += change.action is Action.FORGET
        more["moved"] += change.moved_from is not None
        more["following a file"] += bool(change.follows) and change.action is not Action.FORGET
        more["drifted"] += change.drifted
        more["refused"] += bool(change.refused)
        more["breaking"] += sum(len(one.breaking) for one in change.fields)
    extras = ", ".join(f"{number} {what}" for what, number in more.items() if number)
    return f"Also: {extras}." if extras else ""


def _entry(change: Change, context: int) -> Entry:
    sign, style, word = sign_of(change.action, change.address.kind)
    verb = f"will be {word}"
    if change.action is Action.NOOP:
        verb = "stays as it is"
    if change.reason is Reason.REMOVED:
        verb = "will be forgotten, and stays on the server"
    if change.refused:
        sign, style, verb = "!", Style.DRIFT, f"cannot be {word}"
    return Entry(
        sign,
        style,
        shown(change.address),
        verb,
        shown(change.id),
        change.action,
        tuple(_asides(change)),
        Trouble("Refused", shown(change.refused)) if change.refused else None,
        () if change.refused else tuple(_parts(change, context)),
        change.drifted,
    )


def _asides(change: Change) -> Iterator[str]:
    if change.moved_from:
        yield f"moved from {shown(change.moved_from)}"
    if change.reason not in _OBVIOUS and str(change.reason) not in change.note:
        yield str(change.reason)
    if change.note and not change.refused:
        yield shown(change.note)


def _parts(change: Change, context: int) -> Iterator[Part]:
    if change.action is Action.CREATE and change.address.kind is not Kind.FILE:
        yield from _groups(change.fields, context)
        return
    for one in change.fields:
        yield _field(one, context)
    attached = {step.file for step in change.steps if step.kind is StepKind.ATTACH}
    detached = {step.file for step in change.steps if step.kind is StepKind.DETACH}
    for step in change.steps:
        if step.kind in {StepKind.ATTACH, StepKind.DETACH}:
            yield _attachment(step, swapped=step.file in attached & detached)


def _groups(fields: Sequence[FieldChange], context: int) -> Iterator[Part]:
    """The fields of a new assistant: tools and metadata in one part each."""
    grouped: dict[str, list[FieldChange]] = {}
    for one in fields:
        grouped.setdefault(one.field.partition(".")[0], []).append(one)
    for name, found in grouped.items():
        if name in {"tools", "metadata", "files"}:
            said = ", ".join(_named(one) for one in found)
            inner = tuple(_whole(one) for one in found if name == "tools")
            yield Part("+", Style.ADD, shown(name), said=said, inner=inner)
        else:
            yield from (_field(one, context) for one in found)


def _named(one: FieldChange) -> str:
    group, _, rest = one.field.partition(".")
    if group == "metadata":
        return f'{shown(rest)} = "{shown(one.after)}"'
    return shown(rest) if group == "tools" else ", ".join(shown(name) for name in one.after or ())


def _whole(one: FieldChange) -> Inner:
    return Inner(shown(one.field.partition(".")[2]), None, literal(one.after))


def _field(one: FieldChange, context: int) -> Part:
    sign, style = _sign(one)
    source = f"({shown(one.source)})" if one.source else ""
    comparison = _comparison(one, context)
    part = Part(sign, style, shown(one.field), aside=source, moved=_moved(one), comparison=comparison)
    if one.field == "content":
        return replace(part, said=_contents(one))
    if one.field.startswith("tools."):
        breaking = tuple(shown(each) for each in one.breaking)
        return replace(part, inner=tuple(_inside(one)), breaking=breaking)
    if part.comparison and one.field in _TEXTS:
        return replace(part, said=_extent(part.comparison))
    return replace(part, before=literal(one.before), after=literal(one.after))


def _inside(one: FieldChange) -> Iterator[Inner]:
    """What differs inside a tool; the whole of it, without a path, where it comes or goes."""
    for detail in one.details:
        yield Inner(shown(detail.path), literal(detail.before), literal(detail.after))
    if not one.details:
        yield Inner("", literal(one.before), literal(one.after))


def _sign(one: FieldChange) -> tuple[str, Style]:
    if one.drifted:
        return "!", Style.DRIFT
    if one.before is None:
        return "+", Style.ADD
    return ("-", Style.REMOVE) if one.after is None else ("~", Style.CHANGE)


def _comparison(one: FieldChange, context: int) -> Comparison | None:
    """The lines that differ, of a prompt, of a long text, and of a file whose texts are at hand."""
    if one.texts is not None:
        return compared(*one.texts, context)
    before, after = one.before or "", one.after or ""
    if not (isinstance(before, str) and isinstance(after, str)):
        return None
    is_long = bool(before and after) and max(len(before), len(after)) > _LONG
    return compared(before, after, context) if one.field in _TEXTS or is_long else None


def _extent(found: Comparison) -> str:
    """How long a prompt is, and by how much that changes."""
    old, new = found.before, found.after
    if not new.lines:
        return f"removed ({count(old.words, 'word')}, ~{count(old.tokens, 'token')})"
    if not old.lines:
        return f"{count(new.lines, 'line')}, {count(new.words, 'word')}, ~{count(new.tokens, 'token')}"
    lines = f"+{found.added} -{found.removed} lines, " if found.hunks else ""
    return f"{lines}{old.words:,} → {new.words:,} words, ~{old.tokens:,} → ~{new.tokens:,} tokens"


def _moved(one: FieldChange) -> str:
    """Who moved a field, and what becomes of that."""
    said = []
    if one.drifted:
        said.append("changed on the server" + " and in the configuration" * (one.edited and not one.cleared))
    if one.cleared:
        said.append("no longer in the configuration")
    if one.drifted or one.cleared:
        said.append("will be cleared" if one.cleared else "will be set back")
    return ", ".join(said)


def _contents(one: FieldChange) -> str:
    """A file's size and digest, before and after."""
    sides = [side for side in (one.before, one.after) if side is not None]
    sizes = " → ".join(shortened(side["bytes"]) for side in sides)
    digests = " → ".join(shown(side["sha256"])[:12] for side in sides)
    return f"{sizes}  sha256 {digests}"


def _attachment(step: Step, *, swapped: bool) -> Part:
    is_new = step.kind is StepKind.ATTACH
    sign, style = ("+", Style.ADD) if is_new else ("-", Style.REMOVE)
    which = (" (new upload)" if is_new else " (old upload)") * swapped
    known = shown(step.id) if step.id and isinstance(step.file, Address) else ""
    name = shown(step.file.name if isinstance(step.file, Address) else step.file)
    return Part(sign, style, f"{step.kind} {name}{which}", aside=known)
