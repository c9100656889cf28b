"""A plan as its View: what changes, what a reader must know besides, and the summary in Terraform's words.

Parts are drawn by their shape. No renderer knows the fields of a dialect.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from reconciler.model.address import Address, Kind
from reconciler.model.change import Action, Reason, StepKind
from reconciler.model.field import Shape
from reconciler.model.weakening import Protection
from reconciler.render.lines import Style
from reconciler.render.needs import sentences
from reconciler.render.text_diff import CONTEXT, Comparison
from reconciler.render.view import (
    STAYS,
    Entry,
    Frame,
    Inner,
    Part,
    Trouble,
    View,
    count,
    deletion,
    named,
    shown,
    sign_of,
    some,
)
from reconciler.render.visible import shortened
from reconciler.render.warnings import grouped, of_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from reconciler.render.document import (
        ChangeRecord,
        DetailRecord,
        ExceptionRecord,
        FieldRecord,
        FoundRecord,
        PlanDocument,
        StepRecord,
        WeakeningRecord,
    )

NO_CHANGES = "No changes. Your assistants match the configuration."
KEPT = "No changes. What somebody changed on the server is left as it is."
REFUSED = "apply will refuse this plan"

_OBVIOUS = frozenset(
    {
        Reason.NEW,
        Reason.EDITED,
        Reason.SAME,
        Reason.DESTROY,
        Reason.RENAMED,
        Reason.REMOVED,
        Reason.TAKEN,
        Reason.OVERTAKEN,
    }
)
# Documents keep the sentence of a reason as its code; users read the words of today.
_WORDING = {Reason.MARKED: "found on the server by its ownership mark"}
_GROUPED = frozenset({Shape.ITEM, Shape.PAIR, Shape.FILES})
_LONG = 80  # characters from which on a value is compared line by line


def plan_view(document: PlanDocument, context: int = CONTEXT) -> View:
    """Return what a person should see of a plan; ``context`` unchanged lines stay around each change."""
    is_unchanged, frame = not document.has_changes, Frame(context)
    return View(
        title="Plan",
        target=shown(document.target),
        account=shown(document.account),
        project=shown(document.project),
        environment=shown(document.environment),
        serial=document.serial,
        digest=shown(document.digest),
        entries=tuple(_entry(change, frame) for change in document.changes if change.is_visible),
        existing=some(document.existing, "line"),
        notices=some(document.notices, "notice"),
        warnings=some(grouped(of_records(document.warnings), document.warnings_omitted), "warning"),
        summary=_summary(document),
        also="" if is_unchanged else _also(document.changes),
        then="Only what was selected was compared." * (document.is_partial and is_unchanged),
        is_partial=document.is_partial,
        weakened=some([weakening(one) for one in document.weakened], "protection"),
        exceptions=some([_exception(one) for one in document.exceptions], "exception"),
        allowed=len(document.exceptions),
        refusal=tuple(map(shown, refusal(document))),
        review=tuple(map(shown, sentences(document.needs_review))),
    )


def refusal(document: PlanDocument) -> Iterator[str]:
    """Yield that apply will refuse a plan and why, and then one remedy; nothing for any other plan.

    The command has every option that the remedy names.
    """
    if document.refusal:
        why, command = document.refusal, document.refusal.command
        yield f"{REFUSED}: {why.message}"
        yield from filter(None, [f"To allow it, run: {command}" if command else why.remedy])


def weakening(record: WeakeningRecord) -> str:
    """Return in a sentence how a protection is weakened."""
    names = ", ".join(record.names)
    match record.protection:
        case Protection.PREVENT_DESTROY:
            return f"{record.address} loses prevent_destroy: a later plan can destroy it"
        case Protection.IGNORE_CHANGES:
            return f"{record.address} ignores changes of {names} from now on (ignore_changes)"
        case Protection.LINT:
            return f"the checks allow {names} from now on (lint)"


def _exception(record: ExceptionRecord) -> str:
    if record.character:
        return f"{record.code} {record.character} in every text"
    return f"{record.code} in {record.place}: {record.reason}"


def _summary(document: PlanDocument) -> str:
    if not document.has_changes:
        return KEPT if any(change.drifted or change.kept for change in document.changes) else NO_CHANGES
    counts = document.counts
    return f"Plan: {counts.added} to add, {counts.changed} to change, {counts.destroyed} to destroy."


def _also(changes: Iterable[ChangeRecord]) -> str:
    more = Counter[str]()
    for change in changes:
        more["to adopt"] += change.action is Action.ADOPT and not change.steps
        more["to forget"] += change.action is Action.FORGET
        more["taken over"] += bool(change.taken_from)
        more["moved"] += bool(change.moved_from)
        more["following a file"] += bool(change.follows) and change.action is not Action.FORGET
        more["drifted"] += change.drifted
        more["refused"] += bool(change.refused)
        more["refused in part"] += bool(change.unmet)
        more["breaking"] += change.breaking
    extras = ", ".join(f"{number} {what}" for what, number in more.items() if number)
    return f"Also: {extras}." if extras else ""


# entries


class _Fitting(NamedTuple):
    """The parts of a change for which there is room."""

    found: Sequence[FoundRecord]
    fields: Sequence[FieldRecord]
    steps: Sequence[StepRecord]


def _entry(change: ChangeRecord, frame: Frame) -> Entry:
    kind = Address.parse(change.address).kind
    sign, style, word = sign_of(change.action, kind)
    if change.refused:
        sign, style = "!", Style.DRIFT
    # What no reviewer has seen yet comes first.
    fitting = _Fitting(frame.some(change.found), frame.some(change.fields), frame.some(change.steps))
    more = len(change.found) + len(change.fields) + len(change.steps) - sum(map(len, fitting))
    rest = (f"{count(more, 'more part')} not shown",) if more else ()
    return Entry(
        sign=sign,
        style=style,
        address=named(change.address),
        verb=_verb(change, word),
        id=named(change.id),
        action=change.action,
        asides=(*_asides(change), *rest),
        trouble=_trouble(change),
        parts=() if change.refused else (*_parts(change, fitting, kind, frame), *_deletions(change, kind)),
        drifted=change.drifted,
    )


def _verb(change: ChangeRecord, word: str) -> str:
    if change.refused:
        return f"cannot be {word}"
    if change.reason in {Reason.REMOVED, Reason.OVERTAKEN}:
        return "will be forgotten, and stays on the server"
    return (
        "stays as it is"
        if change.action is Action.NOOP
        else f"will be {word}{' in part' * bool(change.unmet)}"
    )


def _trouble(change: ChangeRecord) -> Trouble | None:
    """Return what of a change is not done, and why."""
    if change.refused:
        return Trouble("Refused", shown(change.refused))
    return Trouble("Refused in part", shown(change.unmet)) if change.unmet else None


def _asides(change: ChangeRecord) -> Iterator[str]:
    if change.moved_from:
        yield f"moved from {named(change.moved_from)}"
    if change.taken_from:
        yield f"taken over from {named(change.taken_from)}"
    if change.reason not in _OBVIOUS and str(change.reason) not in change.note:
        yield _WORDING.get(change.reason, str(change.reason))
    if change.note and not change.refused:
        yield shown(change.note)
    declared = [one.field for one in change.found if one.declared]
    if declared and not change.refused:
        yield f"as declared already: {shown(', '.join(declared))}"


# parts


def _parts(change: ChangeRecord, fitting: _Fitting, kind: Kind, frame: Frame) -> Iterator[Part]:
    if change.action is Action.CREATE and kind is not Kind.FILE:
        yield from _groups(fitting.fields, frame)
        return
    yield from (_standing(one, frame) for one in fitting.found if not one.declared)
    yield from (_part(field, frame) for field in fitting.fields)
    attached = {step.reference for step in fitting.steps if step.kind is StepKind.ATTACH}
    detached = {step.reference for step in fitting.steps if step.kind is StepKind.DETACH}
    swapped = attached & detached
    for step in fitting.steps:
        if step.kind in {StepKind.ATTACH, StepKind.DETACH}:
            yield _attachment(step, swapped=step.reference in swapped)


def _deletions(change: ChangeRecord, kind: Kind) -> Iterator[Part]:
    """Yield every upload that is deleted, but for the one that the head of the entry names."""
    deleted = [step.id for step in change.steps if step.kind is StepKind.DELETE and kind is Kind.FILE]
    if deleted != [change.id] or change.action is not Action.DELETE:
        yield from (deletion(one) for one in deleted if one)


def _groups(fields: Iterable[FieldRecord], frame: Frame) -> Iterator[Part]:
    """Yield the parts of a new assistant: what has keys in one part for each field."""
    grouped: dict[tuple[Shape, str], list[FieldRecord]] = {}
    for field in fields:
        grouped.setdefault((field.shape, _name(field)), []).append(field)
    for (shape, name), members in grouped.items():
        if shape in _GROUPED:
            yield _group(shape, name, members, frame)
        else:
            yield from (_part(field, frame) for field in members)


def _name(field: FieldRecord) -> str:
    return field.field.partition(".")[0]


def _key(field: FieldRecord) -> str:
    return named(field.field.partition(".")[2])


def _group(shape: Shape, name: str, members: Sequence[FieldRecord], frame: Frame) -> Part:
    inner = [Inner(_key(field), None, frame.literal(field.after)) for field in members if shape is Shape.ITEM]
    return Part(
        sign="+",
        style=Style.ADD,
        name=named(name),
        summary=", ".join(_member(field, frame) for field in members),
        inner=tuple(inner),
        shape=shape,
    )


def _member(field: FieldRecord, frame: Frame) -> str:
    if field.shape is Shape.PAIR:
        return f"{_key(field)} = {frame.literal(field.after) or '(none)'}"
    return _key(field) if field.shape is Shape.ITEM else ", ".join(map(named, field.after or ()))


def _part(field: FieldRecord, frame: Frame) -> Part:
    sign, style = _sign(field)
    comparison = _comparison(field, frame)
    part = Part(
        sign=sign,
        style=style,
        name=named(field.field),
        aside=f"({shown(field.source)})" if field.source else "",
        note=_note(field),
        comparison=comparison,
        shape=field.shape,
    )
    if field.shape is Shape.CONTENT:
        return replace(part, summary=_content(field))
    if field.shape is Shape.ITEM:
        breaking = some(field.breaking, "reason")
        details = frame.some(field.details)
        more = len(field.details) - len(details)
        rest = f"{count(more, 'more difference')} not shown" if more else ""
        note = ", ".join(text for text in (part.note, rest) if text)
        return replace(part, inner=tuple(_inside(field, details, frame)), breaking=breaking, note=note)
    if field.shape is Shape.PROSE and comparison:
        return replace(part, summary=_extent(comparison))
    return replace(part, before=frame.literal(field.before), after=frame.literal(field.after))


def _standing(found: FoundRecord, frame: Frame) -> Part:
    """Return a value that an adoption leaves as it was found, and that the configuration does not declare."""
    style = Style.DRIFT if found.is_unreviewed else Style.DIM
    part = Part(STAYS, style, named(found.field), aside="(stays as found)", shape=found.shape)
    if found.shape is Shape.PROSE and isinstance(found.value, str):
        comparison = frame.standing(found.value)
        return replace(part, summary=_extent(comparison), comparison=comparison)
    value = frame.literal(found.value)
    if found.shape is Shape.ITEM:
        return replace(part, inner=(Inner("", None, value),))
    return replace(part, after=value)


def _inside(field: FieldRecord, details: Iterable[DetailRecord], frame: Frame) -> Iterator[Inner]:
    """Yield what differs inside an item; the whole of it, without a path, where it is added or removed."""
    for detail in details:
        yield Inner(named(detail.path), frame.literal(detail.before), frame.literal(detail.after))
    if not field.details:
        yield Inner("", frame.literal(field.before), frame.literal(field.after))


def _sign(field: FieldRecord) -> tuple[str, Style]:
    if "server" in field.moved_by:
        return "!", Style.DRIFT
    if field.before is None:
        return "+", Style.ADD
    return ("-", Style.REMOVE) if field.after is None else ("~", Style.CHANGE)


def _comparison(field: FieldRecord, frame: Frame) -> Comparison | None:
    """Return the lines that differ, of prose, of a long text, and of a file whose texts are at hand."""
    if field.texts is not None:
        before, after = field.texts
        return frame.compared(before, after)
    sides = [_text(side) for side in (field.before, field.after)]
    before, after = (side or "" for side in sides)
    is_long = bool(before and after) and max(len(before), len(after)) > _LONG
    is_text = None not in sides and (field.shape is Shape.PROSE or is_long)
    return frame.compared(before, after) if is_text else None


def _text(side: Any) -> str | None:
    """Return the text of a side, which is empty for an absent one; None for another value."""
    return "" if side is None else side if isinstance(side, str) else None


def _extent(comparison: Comparison) -> str:
    """Return how long a text is, and by how much that changes."""
    old, new = comparison.before, comparison.after
    if not new.lines:
        return f"removed ({count(old.words, 'word')}, ~{count(old.tokens, 'token')})"
    if not old.lines:
        return f"{count(new.lines, 'line')}, {count(new.words, 'word')}, ~{count(new.tokens, 'token')}"
    lines = f"+{comparison.added} -{comparison.removed} lines, " if comparison.hunks else ""
    return f"{lines}{old.words:,} → {new.words:,} words, ~{old.tokens:,} → ~{new.tokens:,} tokens"


def _note(field: FieldRecord) -> str:
    """Return who changed a field, and what becomes of that."""
    drifted, edited = ("server" in field.moved_by, "configuration" in field.moved_by)
    causes = []
    if drifted:
        causes.append("changed on the server" + " and in the configuration" * (edited and not field.cleared))
    if field.cleared:
        causes.append("no longer in the configuration")
    if causes:
        causes.append("will be cleared" if field.cleared else "will be set back")
    return ", ".join(causes)


def _content(field: FieldRecord) -> str:
    """Return a file's size and digest, before and after."""
    sides = [side for side in (field.before, field.after) if side is not None]
    sizes = " → ".join(shortened(side["bytes"]) for side in sides)
    digests = " → ".join(shown(side["sha256"])[:12] for side in sides)
    return f"{sizes}  sha256 {digests}"


def _attachment(step: StepRecord, *, swapped: bool) -> Part:
    is_new, file = step.kind is StepKind.ATTACH, step.reference
    sign, style = ("+", Style.ADD) if is_new else ("-", Style.REMOVE)
    upload = (" (new upload)" if is_new else " (old upload)") * swapped
    name = named(file.name if isinstance(file, Address) else file)
    known = named(step.id) if step.id and isinstance(file, Address) else ""
    return Part(sign=sign, style=style, name=f"{step.kind} {name}{upload}", aside=known)
