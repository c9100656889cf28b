"""A View as Markdown for a pull request: the table first, then diffs for as long as there is room.

Every value stands in a code span or in a fence that nothing in it can end, so that nobody is mentioned,
nothing is linked and nothing is hidden by what somebody wrote into a prompt.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from reconciler.model.change import Action
from reconciler.render.diff import comparison_lines
from reconciler.render.lines import plain
from reconciler.render.view import count, view_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.render.document import PlanDocument
    from reconciler.render.view import Entry, Part, View

_TABLE = "| | resource | | what changes |\n|---|---|---|---|\n"
_FOOT = 500  # bytes that are kept for what stands at the end
_LEAST = 600  # bytes for which it is worth to begin a diff
_NAME, _VALUE, _NOTE = 120, 160, 300  # bytes that are shown of one
_RUN = re.compile("`+")


def plan_markdown(document: PlanDocument, most: int = 60_000) -> str:
    """A plan as Markdown of at most so many bytes, 2,000 or more; what does not fit is counted."""
    view = view_of(document)
    page = _Page(most - _FOOT)
    page.add(_title(view))
    page.list(_rows(view.entries), page.left // 2, "resource", head=_TABLE)
    page.list(_remarks(view), page.left // 3, "remark")
    for entry in view.entries:
        page.fold(entry)
    return page.text + page.rest + _foot(view)


class _Page:
    """Markdown that is being written, and the bytes that are left for it."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.text = ""
        self._folded_out = 0

    def add(self, text: str) -> None:
        self.text += text
        self.left -= _bytes(text)

    def list(self, rows: Iterable[str], room: int, what: str, head: str = "") -> None:
        """Rows for as long as there is room, and the number of the others."""
        found = [*rows]
        kept = _fitting(found, room - _bytes(head) - 100)
        if found:
            more = len(found) - len(kept)
            self.add(head + "".join(kept) + "\n")
            self.add(f"{count(more, f'more {what}')} not listed here.\n\n" if more else "")

    def fold(self, entry: Entry) -> None:
        """What an entry says besides its row, folded; once there is no room only counted."""
        lines = [line for part in entry.parts for line in _lines(part, entry)]
        if not lines:
            return
        if self._folded_out or self.left < _LEAST:
            self._folded_out += 1
            return
        title = f"{escape(entry.sign)} {escape(_cut(entry.address, _NAME))}"
        head = f"<details><summary><code>{title}</code></summary>\n\n"
        tail = "\n</details>\n\n"
        fence = "`" * max(3, 1 + max(map(_run, lines)))
        room = self.left - _bytes(head) - _bytes(tail) - 2 * len(fence) - 100
        kept = _fitting([f"{line}\n" for line in lines], room)
        more = len(lines) - len(kept)
        cut = f"… {count(more, 'more line')}\n" if more else ""
        self.add(f"{head}{fence}diff\n{''.join(kept)}{cut}{fence}\n{tail}")

    @property
    def rest(self) -> str:
        """What found no room, as a number."""
        if not self._folded_out:
            return ""
        return f"The diffs of {count(self._folded_out, 'more resource')} find no room here.\n\n"


def _title(view: View) -> str:
    environment = "" if view.environment == "-" else f", environment {_code(view.environment, _NAME)}"
    account = f", account {_code(view.account, _NAME)}" if view.account else ""
    place = f"Target {_code(view.target, _VALUE)}{account}, project {_code(view.project, _NAME)}{environment}"
    return f"### {view.summary}\n\n{place}, state serial {view.serial}.\n\n"


def _foot(view: View) -> str:
    also = f"{view.also}\n\n" if view.also else ""
    return f"{also}Digest of this plan: `{view.digest}`\n"


def _rows(entries: Iterable[Entry]) -> Iterator[str]:
    """One row of the table for each entry."""
    for entry in entries:
        verb = f"**{entry.verb}**" if entry.action is Action.DELETE else entry.verb
        cells = (f"`{entry.sign}`" if entry.sign.strip() else "", _cell(entry.address), verb, _changed(entry))
        yield f"| {' | '.join(cells)} |\n"


def _cell(text: str, most: int = _NAME) -> str:
    """A value in a table, where a bar would end the cell whatever stands before it."""
    return _code(text.replace("|", "\\x7c"), most)


def _changed(entry: Entry) -> str:
    """The names of what changes, and by how much a prompt does."""
    said = [
        f"{part.name} {part.said}" if part.comparison and part.said else part.name for part in entry.parts
    ]
    return _cell(", ".join(dict.fromkeys(said)), _VALUE) if said else ""


def _remarks(view: View) -> Iterator[str]:
    """What a reader must not miss: refusals, what breaks, drift, notices and warnings."""
    for entry in view.entries:
        where = _code(entry.address, _NAME)
        if entry.refused:
            yield f"- **Refused**: {where} {_code(entry.refused, _NOTE)}\n"
        for part in entry.parts:
            for each in part.breaking:
                yield f"- **Breaking**: {where} {_code(f'{part.name}: {each}', _NOTE)}\n"
        if entry.drifted:
            yield f"- **Drift**: {where} was changed on the server since the last apply\n"
    yield from (f"- **Note**: {_code(notice, _NOTE)}\n" for notice in view.notices)
    yield from (f"- **Warning**: {_code(warning, _NOTE)}\n" for warning in view.warnings)


def _lines(part: Part, entry: Entry) -> Iterator[str]:
    """What a part shows, with the sign of a diff in the first column."""
    is_new = entry.action is Action.CREATE
    values = [_cut(value, _VALUE) for value in (part.before, part.after) if value is not None]
    told = part.said or (values[-1] if is_new and values else " → ".join(values))
    aside = f"  {part.aside}" if part.aside else ""
    yield f"{part.sign} {part.name:<13} {told}".rstrip() + aside
    if part.moved:
        yield f"!     {part.moved}"
    for each in part.breaking:
        yield f"!     breaking: {each}"
    for inner in part.inner:
        sides = [_cut(side or "(none)", _VALUE) for side in (inner.before, inner.after)]
        shown = sides[1] if inner.before is None else " → ".join(sides)
        yield f"{part.sign}     {inner.path}  {shown}".rstrip()
    if part.comparison:
        yield from map(_signed, plain([*comparison_lines(part.comparison, "")]).splitlines())


def _signed(line: str) -> str:
    """A line of a comparison, ``  64 - │ text``, with its sign where readers of a diff look for it."""
    number, bar, text = line.partition(" │")
    if not bar:
        return f"  {line}"
    return f"{number[-1]} {number[:-1].rstrip():>5} │{text}"


def _fitting(texts: Sequence[str], room: int) -> list[str]:
    """As many of some texts, from the first on, as have room."""
    kept = []
    for text in texts:
        room -= _bytes(text)
        if room < 0:
            break
        kept.append(text)
    return kept


def _code(text: str, most: int) -> str:
    """A value as a code span, which no run of backticks in it can end."""
    shown = _cut(text, most)
    fence = "`" * (1 + _run(shown))
    pad = " " if shown[:1] in "` " or shown[-1:] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}" if shown.strip() else "`(empty)`"


def _run(text: str) -> int:
    """How long the longest run of backticks is."""
    return max(map(len, _RUN.findall(text)), default=0)


def _cut(text: str, most: int) -> str:
    """The beginning of a text that is longer than so many bytes."""
    if _bytes(text) <= most:
        return text
    return text.encode()[:most].decode(errors="ignore") + "…"


def _bytes(text: str) -> int:
    return len(text.encode())
