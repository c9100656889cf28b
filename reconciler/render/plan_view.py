"""A plan as its View: what changes, what a reader must know besides, and the summary in Terraform's words.

Parts are drawn by their shape. No renderer knows the fields of a dialect.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model.address import Address, Kind
from reconciler.model.change import Action, Reason, StepKind
from reconciler.model.field import Shape
from reconciler.render.lines import Style
from reconciler.render.text_diff import CONTEXT, Comparison, compared
from reconciler.render.view import Entry, Inner, Part, Trouble, View, count, literal, shown, sign_of
from reconciler.render.visible import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from reconciler.render.document import (
        ChangeRecord,
        FieldRecord,
        PlanDocument,
        StepRecord,
        WarningRecord,
    )

NO_CHANGES = "No changes. Your assistants match the configuration."
KEPT = "No changes. What somebody changed on the server is left as it is."

_OBVIOUS = frozenset({Reason.NEW, Reason.EDITED, Reason.SAME, Reason.DESTROY, Reason.RENAMED, Reason.REMOVED})
# Documents keep the sentence of a reason as its code; users read the words of today.
_WORDING = {Reason.MARKED: "found on the server by its ownership mark"}
_GROUPED = frozenset({Shape.ITEM, Shape.PAIR, Shape.FILES})
_LONG = 80  # characters from which on a value is compared line by line


def plan_view(document: PlanDocument, context: int = CONTEXT) -> View:
    """Return what a person should see of a plan; ``context`` unchanged lines stay around each change."""
    is_unchanged = not document.has_changes
    return View(
        title="Plan",
        target=shown(document.target),
        account=shown(document.account),
        project=shown(document.project),
        environment=shown(document.environment),
        serial=document.serial,
        digest=shown(document.digest),
        entries=tuple(_entry(change, context) for change in document.changes if change.is_visible),
        notices=tuple(shown(notice) for notice in document.notices),
        warnings=tuple(_warning(warning) for warning in document.warnings),
        summary=_summary(document),
        also="" if is_unchanged else _also(document.changes),
        then="Only what was selected was compared." * (document.is_partial and is_unchanged),
        is_partial=document.is_partial,
    )


def _warning(warning: WarningRecord) -> str:
    location = ":".join(str(part) for part in (warning.file, warning.line, warning.column) if part)
    return shown(f"{warning.code} {warning.message}" + f" ({location})" * bool(location))


def _summary(document: PlanDocument) -> str:
    if not document.has_changes:
        return KEPT if any(change.drifted for change in document.changes) else NO_CHANGES
    counts = document.counts
    return f"Plan: {counts.added} to add, {counts.changed} to change, {counts.destroyed} to destroy."


def _also(changes: Iterable[ChangeRecord]) -> str:
    more = Counter[str]()
    for change in changes:
        more["to adopt"] += change.action is Action.ADOPT and not change.steps
        more["to forget"] += change.action is Action.FORGET
        more["moved"] += bool(change.moved_from)
        more["following a file"] += bool(change.follows) and change.action is not Action.FORGET
        more["drifted"] += change.drifted
        more["refused"] += bool(change.refused)
        more["refused in part"] += bool(change.unmet)
        more["breaking"] += sum(len(field.breaking) for field in change.fields)
    extras = ", ".join(f"{number} {what}" for what, number in more.items() if number)
    return f"Also: {extras}." if extras else ""


# entries


def _entry(change: ChangeRecord, context: int) -> Entry:
    kind = Address.parse(change.address).kind
    sign, style, word = sign_of(change.action, kind)
    if change.refused:
        sign, style = "!", Style.DRIFT
    return Entry(
        sign=sign,
        style=style,
        address=shown(change.address),
        verb=_verb(change, word),
        id=shown(change.id),
        action=change.action,
        asides=tuple(_asides(change)),
        trouble=_trouble(change),
        parts=() if change.refused else tuple(_parts(change, kind, context)),
        drifted=change.drifted,
    )


def _verb(change: ChangeRecord, word: str) -> str:
    if change.refused:
        return f"cannot be {word}"
    if change.reason is Reason.REMOVED:
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
        yield f"moved from {shown(change.moved_from)}"
    if change.reason not in _OBVIOUS and str(change.reason) not in change.note:
        yield _WORDING.get(change.reason, str(change.reason))
    if change.note and not change.refused:
        yield shown(change.note)


# parts


def _parts(change: ChangeRecord, kind: Kind, context: int) -> Iterator[Part]:
    if change.action is Action.CREATE and kind is not Kind.FILE:
        yield from _groups(change.fields, context)
        return
    yield from (_part(field, context) for field in change.fields)
    attached = {step.reference for step in change.steps if step.kind is StepKind.ATTACH}
    detached = {step.reference for step in change.steps if step.kind is StepKind.DETACH}
    for step in change.steps:
        if step.kind in {StepKind.ATTACH, StepKind.DETACH}:
            yield _attachment(step, swapped=step.reference in attached & detached)


def _groups(fields: Iterable[FieldRecord], context: int) -> Iterator[Part]:
    """Yield the parts of a new assistant: what has keys in one part for each field."""
    grouped: dict[tuple[Shape, str], list[FieldRecord]] = {}
    for field in fields:
        grouped.setdefault((field.shape, _name(field)), []).append(field)
    for (shape, name), members in grouped.items():
        if shape in _GROUPED:
            yield _group(shape, name, members)
        else:
            yield from (_part(field, context) for field in members)


def _name(field: FieldRecord) -> str:
    return field.field.partition(".")[0]


def _key(field: FieldRecord) -> str:
    return shown(field.field.partition(".")[2])


def _group(shape: Shape, name: str, members: Sequence[FieldRecord]) -> Part:
    inner = [Inner(_key(field), None, literal(field.after)) for field in members if shape is Shape.ITEM]
    return Part(
        sign="+",
        style=Style.ADD,
        name=shown(name),
        summary=", ".join(_member(field) for field in members),
        inner=tuple(inner),
        shape=shape,
    )


def _member(field: FieldRecord) -> str:
    if field.shape is Shape.PAIR:
        return f"{_key(field)} = {literal(field.after) or '(none)'}"
    return _key(field) if field.shape is Shape.ITEM else ", ".join(map(shown, field.after or ()))


def _part(field: FieldRecord, context: int) -> Part:
    sign, style = _sign(field)
    comparison = _comparison(field, context)
    part = Part(
        sign=sign,
        style=style,
        name=shown(field.field),
        aside=f"({shown(field.source)})" if field.source else "",
        note=_note(field),
        comparison=comparison,
        shape=field.shape,
    )
    if field.shape is Shape.CONTENT:
        return replace(part, summary=_content(field))
    if field.shape is Shape.ITEM:
        breaking = tuple(shown(reason) for reason in field.breaking)
        return replace(part, inner=tuple(_inside(field)), breaking=breaking)
    if field.shape is Shape.PROSE and comparison:
        return replace(part, summary=_extent(comparison))
    return replace(part, before=literal(field.before), after=literal(field.after))


def _inside(field: FieldRecord) -> Iterator[Inner]:
    """Yield what differs inside an item; the whole of it, without a path, where it is added or removed."""
    for detail in field.details:
        yield Inner(shown(detail.path), literal(detail.before), literal(detail.after))
    if not field.details:
        yield Inner("", literal(field.before), literal(field.after))


def _sign(field: FieldRecord) -> tuple[str, Style]:
    if "server" in field.moved_by:
        return "!", Style.DRIFT
    if field.before is None:
        return "+", Style.ADD
    return ("-", Style.REMOVE) if field.after is None else ("~", Style.CHANGE)


def _comparison(field: FieldRecord, context: int) -> Comparison | None:
    """Return the lines that differ, of prose, of a long text, and of a file whose texts are at hand."""
    if field.texts is not None:
        before, after = field.texts
        return compared(before, after, context)
    sides = [_text(side) for side in (field.before, field.after)]
    before, after = (side or "" for side in sides)
    is_long = bool(before and after) and max(len(before), len(after)) > _LONG
    is_text = None not in sides and (field.shape is Shape.PROSE or is_long)
    return compared(before, after, context) if is_text else None


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
    name = shown(file.name if isinstance(file, Address) else file)
    known = shown(step.id) if step.id and isinstance(file, Address) else ""
    return Part(sign=sign, style=style, name=f"{step.kind} {name}{upload}", aside=known)
