"""One neutral view of a plan, which every renderer for people draws; nothing is decided in a renderer.

It is made from the plan's document and from nothing else, so that people see what ``--format json`` prints.
Every text in it is harmless and free of keys already; a renderer adds only what its own sink needs.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reconciler.model.address import Address, Kind
from reconciler.model.change import Action, Change, FieldChange, Reason, Step, StepKind
from reconciler.model.keys import masked
from reconciler.render.document import plan_in
from reconciler.render.lines import Style
from reconciler.render.texts import CONTEXT, Comparison, compared
from reconciler.render.visible import shortened, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model.plan import Plan
    from reconciler.render.document import PlanDocument, WarningRecord

NO_CHANGES = "No changes. Your assistants match the configuration."
KEPT = "No changes. What somebody changed on the server is left as it is."

_LOOKS = {
    Action.CREATE: ("+", Style.ADD, "will be created"),
    Action.UPDATE: ("~", Style.CHANGE, "will be updated"),
    Action.REPLACE: ("~", Style.CHANGE, "will be replaced"),
    Action.DELETE: ("-", Style.REMOVE, "will be destroyed"),
    Action.ADOPT: ("~", Style.CHANGE, "will be adopted"),
    Action.FORGET: ("~", Style.CHANGE, "will be forgotten"),
    Action.NOOP: (" ", Style.DIM, "stays as it is"),
}
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
_TEXTS = frozenset({"instructions"})
_LONG = 80  # characters from which on other texts are compared like a prompt


@dataclass(frozen=True, slots=True)
class Inner:
    """Where inside a tool two sides differ, by JSON path; None stands for absent."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """One thing about an entry: a field, a file that is attached or detached.

    ``before`` and ``after`` are whole values, None for absent. Where ``said`` is not empty it tells in a
    few words all that is told on one line, and both are None. ``aside`` says where a value comes from,
    ``moved`` who moved it and what becomes of that. ``comparison`` shows a text, ``inner`` a tool, of which
    ``breaking`` names what an application that answers its calls may not survive.
    """

    sign: str
    style: Style
    name: str
    before: str | None = None
    after: str | None = None
    said: str = ""
    aside: str = ""
    moved: str = ""
    comparison: Comparison | None = None
    inner: tuple[Inner, ...] = ()
    breaking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One visible Change: ``sign`` and ``verb`` say what happens to ``address``, ``asides`` why.

    ``refused`` says why nothing may be done, or is empty.
    """

    sign: str
    style: Style
    address: str
    verb: str
    id: str
    action: Action
    asides: tuple[str, ...] = ()
    refused: str = ""
    parts: tuple[Part, ...] = ()
    drifted: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """A whole plan as people read it: ``summary`` is its last line, ``also`` what stands before that."""

    target: str
    account: str
    project: str
    environment: str
    serial: int
    digest: str
    entries: tuple[Entry, ...]
    notices: tuple[str, ...]
    warnings: tuple[str, ...]
    summary: str
    also: str
    has_changes: bool
    is_partial: bool
    added: int
    changed: int
    destroyed: int


def view_of(document: PlanDocument, context: int = CONTEXT) -> View:
    """Everything that a person should see of a plan; ``context`` unchanged lines stay around each change."""
    plan = plan_in(document)
    counts = plan.counts
    return View(
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
        _also(plan),
        plan.has_changes,
        plan.is_partial,
        counts.added,
        counts.changed,
        counts.destroyed,
    )


def shown(value: object) -> str:
    """A value as any renderer may print it: nothing hidden, nothing that acts, no key."""
    return visible(masked(str(value)))


def _warning(one: WarningRecord) -> str:
    place = ":".join(str(part) for part in (one.file, one.line, one.column) if part)
    return shown(f"{one.code} {one.message}" + f" ({place})" * bool(place))


def _summary(plan: Plan) -> str:
    if not plan.has_changes:
        return KEPT if any(change.drifted for change in plan.changes) else NO_CHANGES
    made = plan.counts
    return f"Plan: {made.added} to add, {made.changed} to change, {made.destroyed} to destroy."


def _also(plan: Plan) -> str:
    if not plan.has_changes:
        return "Only what was selected was compared." * plan.is_partial
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
    sign, style, verb = _LOOKS[change.action]
    if change.address.kind is Kind.FILE:
        verb = _OF_FILES.get(change.action, verb)
    if change.reason is Reason.REMOVED:
        verb = "will be forgotten, and stays on the server"
    if change.refused:
        sign, style, verb = "!", Style.DRIFT, f"cannot be {_REFUSED[change.action]}"
    return Entry(
        sign,
        style,
        shown(change.address),
        verb,
        shown(change.id),
        change.action,
        tuple(_asides(change)),
        shown(change.refused),
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
    return shown(rest) if group == "tools" else ", ".join(shown(name) for name in one.after)


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


def count(number: int, what: str) -> str:
    """A number and its noun."""
    return f"{number:,} {what}{'s' * (number != 1)}"


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


def literal(value: Any) -> str | None:
    """A whole value: a text in quotes, the rest as it is; None for absent."""
    if value is None:
        return None
    return f'"{shown(value)}"' if isinstance(value, str) else shown(json.dumps(value, ensure_ascii=False))


def _attachment(step: Step, *, swapped: bool) -> Part:
    is_new = step.kind is StepKind.ATTACH
    sign, style = ("+", Style.ADD) if is_new else ("-", Style.REMOVE)
    which = (" (new upload)" if is_new else " (old upload)") * swapped
    known = shown(step.id) if step.id and isinstance(step.file, Address) else ""
    name = shown(step.file.name if isinstance(step.file, Address) else step.file)
    return Part(sign, style, f"{step.kind} {name}{which}", aside=known)
