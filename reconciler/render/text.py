"""A View as lines: signs carry the meaning, summary lines are Terraform's word for word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.model.change import Action
from reconciler.model.field import Shape
from reconciler.render.diff import comparison_lines
from reconciler.render.lines import Line, Span, Style, line
from reconciler.render.page_options import Depth
from reconciler.render.text_diff import compared
from reconciler.render.view import STAYS, count, literal, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model.change import FieldChange
    from reconciler.model.drift import Drift
    from reconciler.render.view import Entry, Part, View

NO_DRIFT = "No drift. Everything on the server is as it was last applied."
NO_KNOWN_DRIFT = "No drift is known: this state is older than the objects on the server."

_INDENT = "      "
_MOST = 54  # characters of a value that are shown
_DETAILS = 100  # differences inside one field that are shown
_UNKNOWN = "(not known)"


def header(view: View) -> Line:
    """Return the first line of everything about a server: which one it is."""
    account = f"  account {view.account}" if view.account else ""
    serial = "" if view.serial is None else f"  state serial {view.serial}"
    rest = f"{account}  project {view.project}{serial}"
    return line("Target: ", Span(view.target, Style.BOLD), Span(rest, Style.DIM))


def view_lines(view: View, depth: Depth = Depth.PLAIN) -> Iterator[Line]:
    """Yield every entry, what a reader must know besides, and the summary."""
    yield header(view)
    yield from _first(view)
    brief = depth is Depth.BRIEF
    if brief and view.entries:
        yield line()
    for entry in view.entries:
        if not brief:
            yield line()
        yield from _brief(entry) if brief else entry_lines(entry, full=depth is Depth.FULL)
    yield from _besides(view)
    yield line()
    yield from _summary(view)


def _first(view: View) -> Iterator[Line]:
    """Yield what a reader must know before the changes."""
    if view.refusal:
        yield line()
    for number, text in enumerate(view.refusal):
        yield line(Span(f"{'    ' if number else '  ! '}{text}", Style.ERROR))
    if view.weakened:
        yield line()
    for weakened in view.weakened:
        yield line(Span(f"  ! {weakened}", Style.DRIFT))
    if view.existing:
        yield line()
    for existing in view.existing:
        yield line(Span(f"  ! {existing}", Style.DRIFT))


def _besides(view: View) -> Iterator[Line]:
    """Yield what belongs to no change: why it needs a review, notices, and the findings that are allowed."""
    if view.review or view.notices:
        yield line()
    for notice in (*view.review, *view.notices):
        yield line(Span(f"  ! {notice}", Style.DRIFT))
    if view.exceptions:
        yield line()
        yield line(f"  Findings of the checks that the configuration allows: {view.allowed}")
    for exception in view.exceptions:
        yield line(Span(f"    {exception}", Style.DIM))


def _summary(view: View) -> Iterator[Line]:
    if view.also:
        yield line(Span(view.also, Style.DIM))
    yield line(Span(view.summary, Style.BOLD))
    if view.then:
        yield line(Span(view.then, Style.DIM))


def entry_lines(entry: Entry, *, full: bool = False) -> Iterator[Line]:
    """Yield one Change: its head, why, its fields and attachments."""
    yield from _head(entry)
    for aside in entry.asides:
        yield line(_INDENT, Span(aside, Style.DIM))
    if entry.trouble:
        yield line(_INDENT, Span(entry.trouble.text, entry.style))
    for part in entry.parts:
        yield from _part_lines(part, is_new=entry.action is Action.CREATE, full=full)


def _head(entry: Entry) -> Iterator[Line]:
    known = f"  {entry.id}" if entry.id else ""
    head = Span(f"  {entry.sign} {entry.address}", entry.style)
    yield line(head, Span(f" {entry.verb}"), Span(known, Style.DIM))


def _brief(entry: Entry) -> Iterator[Line]:
    """Yield the head of an entry, what is deleted, and what an adoption leaves as found."""
    yield from _head(entry)
    for part in entry.parts:
        if part.is_deletion or part.stays:
            yield from _part_lines(part, is_new=False, full=False)


def _part_lines(part: Part, *, is_new: bool, full: bool) -> Iterator[Line]:
    is_text = part.comparison is not None and part.sign in f"~!{STAYS}"
    most = 10**9 if full or part.stays else _MOST
    values = "" if is_text and not part.summary else _values(part, is_new=is_new, most=most)
    head = f"{part.sign} {part.name:<13} {values}".rstrip()
    yield line(_INDENT, Span(head, part.style), Span(f"  {part.aside}" if part.aside else "", Style.DIM))
    if part.note:
        yield line(_INDENT, "    ", Span(part.note, Style.DIM))
    for reason in part.breaking:
        yield line(_INDENT, "    ", Span(f"! breaking: {reason}", Style.DRIFT))
    for inner in part.inner:
        if inner.path and not is_new:
            values = f"{_cut(inner.before)} → {_cut(inner.after)}"
            yield line(_INDENT, "    ", Span(f"{inner.path}  {values}", part.style))
    if part.comparison and (is_text or full):
        yield from comparison_lines(part.comparison, _INDENT, full=full)


def _values(part: Part, *, is_new: bool, most: int) -> str:
    """Return the values of a part on one line."""
    if part.stays and part.inner:
        return _cut(part.inner[0].after, most)
    if part.summary or (part.before is None and part.after is None):
        return part.summary
    return (
        _cut(part.after, most)
        if is_new or part.stays
        else f"{_cut(part.before, most)} → {_cut(part.after, most)}"
    )


def _cut(text: str | None, most: int = _MOST) -> str:
    """Return a whole value, shortened where it is long; a text keeps its quotes."""
    if text is None:
        return "(none)"
    quote = '"' * text.startswith('"')
    inside = text[1:-1] if quote else text
    return text if len(inside) <= most else f"{quote}{inside[: most - 1]}…{quote}"


def drift_lines(
    view: View, drifts: Sequence[Drift], managed: int, *, is_older: bool = False
) -> Iterator[Line]:
    """Yield what was changed on the server, and how much of what is managed that is.

    A state that ``is_older`` than the objects on the server is no proof that nothing was changed.
    """
    yield header(view)
    for drift in drifts:
        yield line()
        changed = f"was {shown(drift.taken_over)}" if drift.taken_over else "was changed on the server"
        verb = "was deleted on the server" if drift.is_gone else changed
        head = Span(f"  ! {shown(drift.address)}", Style.DRIFT)
        yield line(head, Span(f" {verb}"), Span(f"  {shown(drift.id)}", Style.DIM))
        for field in drift.fields:
            yield from _drifted(field, is_known=field.field not in drift.unknown)
    yield line()
    if drifts:
        yield line(Span(f"Drift: {len(drifts)} of {count(managed, 'object')}.", Style.BOLD))
    else:
        yield line(Span(NO_KNOWN_DRIFT if is_older else NO_DRIFT, Style.BOLD))


def _drifted(field: FieldChange, *, is_known: bool) -> Iterator[Line]:
    """Yield a field as it was last applied, where that is known, and as it is on the server now."""
    is_prose = field.shape is Shape.PROSE
    sides = (_side(field.before, field, is_known=is_known), _side(field.after, field))
    is_compared = is_prose and field.before and field.after
    values = "" if is_compared or field.details else " → ".join(sides)
    yield line(_INDENT, Span(f"! {shown(field.field):<13} {values}".rstrip(), Style.DRIFT))
    if is_compared:
        yield from comparison_lines(compared(field.before, field.after), _INDENT)
    for reason in field.breaking:
        yield line(_INDENT, "    ", Span(f"! breaking: {shown(reason)}", Style.DRIFT))
    for detail in field.details[:_DETAILS]:
        before = _UNKNOWN if detail.before is None and not is_known else _cut(literal(detail.before))
        values = f"{before} → {_cut(literal(detail.after))}"
        yield line(_INDENT, "    ", Span(f"{shown(detail.path)}  {values}", Style.DRIFT))
    if len(field.details) > _DETAILS:
        rest = count(len(field.details) - _DETAILS, "more difference")
        yield line(_INDENT, "    ", Span(f"{rest} not shown", Style.DIM))


def _side(value: Any, field: FieldChange, *, is_known: bool = True) -> str:
    """Return one side of a field on one line; of prose, how long it is."""
    if value is None and not is_known:
        return _UNKNOWN
    if field.shape is Shape.PROSE and isinstance(value, str):
        return f"{count(len(value.splitlines()), 'line')}, {count(len(value.split()), 'word')}"
    return _cut(literal(value))


def _deleted(entry: Entry) -> Iterator[Line]:
    """Yield the uploads of a file that were deleted."""
    for part in entry.parts:
        if part.is_deletion:
            yield line(Span(f"  - {entry.address} upload deleted", part.style), f"  {part.aside}")


def report_lines(view: View) -> Iterator[Line]:
    """Yield the end of an apply, behind the lines for each step: what went wrong, and the summary."""
    yield line()
    for entry in view.entries:
        for aside in entry.asides:
            yield line(Span(f"Warning: {entry.address}: {aside}", Style.DRIFT))
    for entry in view.entries:
        yield from _deleted(entry)
    for entry in view.entries:
        if entry.trouble:
            word, text = entry.trouble
            yield line(Span(f"{word}: ", entry.style), f"{entry.address}: {text}")
            for part in entry.parts:
                if part.style is Style.ERROR:
                    yield from _part_lines(part, is_new=False, full=False)
    for notice in view.notices:
        yield line(Span("Error: ", Style.ERROR), notice)
    yield from _summary(view)
