"""A View as lines: signs carry the meaning, summary lines are Terraform's word for word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model.change import Action
from reconciler.render.diff import comparison_lines
from reconciler.render.lines import Line, Span, Style, line
from reconciler.render.page_options import Depth
from reconciler.render.text_diff import compared
from reconciler.render.view import count, literal, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model.change import FieldChange
    from reconciler.model.drift import Drift
    from reconciler.render.view import Entry, Part, View

NO_DRIFT = "No drift. Everything on the server is as it was last applied."

_INDENT = "      "
_MOST = 54  # characters of a value that are shown


def header(view: View) -> Line:
    """The first line of everything about a server: which one it is."""
    account = f"  account {view.account}" if view.account else ""
    serial = "" if view.serial is None else f"  state serial {view.serial}"
    rest = f"{account}  project {view.project}{serial}"
    return line("Target: ", Span(view.target, Style.BOLD), Span(rest, Style.DIM))


def view_lines(view: View, depth: Depth = Depth.PLAIN) -> Iterator[Line]:
    """Every entry, what a reader must know besides, and the summary."""
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
    if view.also:
        yield line(Span(view.also, Style.DIM))
    yield line(Span(view.summary, Style.BOLD))
    if view.then:
        yield line(Span(view.then, Style.DIM))


def entry_lines(entry: Entry, *, full: bool = False) -> Iterator[Line]:
    """One Change: its head, why, its fields and attachments."""
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


def report_lines(view: View) -> Iterator[Line]:
    """The end of an apply, behind the lines that told each step: what went wrong, and the summary."""
    yield line()
    for entry in view.entries:
        for aside in entry.asides:
            yield line(Span(f"Warning: {entry.address}: {aside}", Style.DRIFT))
    for entry in view.entries:
        if entry.trouble:
            word, text = entry.trouble
            yield line(Span(f"{word}: ", entry.style), f"{entry.address}: {text}")
    for notice in view.notices:
        yield line(Span("Error: ", Style.ERROR), notice)
    yield from _summary(view)
