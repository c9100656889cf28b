"""A View as Markdown for a comment of a review: a table, what must not be missed, and diffs until it is full.

Values stand in code spans and in fences that nothing in them can end. Everything else is written here, so
that no text of a prompt mentions a user, becomes a link or hides anything.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from reconciler.model import pattern as re
from reconciler.model.change import Action
from reconciler.model.field import Shape
from reconciler.render.diff import word_spans
from reconciler.render.lines import Style
from reconciler.render.view import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.render.text_diff import Comparison, Row
    from reconciler.render.view import Entry, Part, View

_HEADS = {
    "Plan": ("", "Resource", "What happens", "What changes", "Prompt"),
    "Apply": ("", "Resource", "What happened", "To know"),
}
_NAME, _VALUE, _LINE = 100, 300, 4_000  # bytes of a name, of a sentence and of a line that are shown
_NAMES = 6  # parts that are named on one line
_SENTENCE = 80  # bytes that are kept for the sentence that counts what does not fit
_LEAST = 400  # bytes from which on it is worth to begin with a diff that does not fit whole
_SLASHED_BAR = re.compile(r"(?<!\\)(\\+)\|")
_BACKTICKS = re.compile("`+")
_ACTIVE = re.compile(r"[^\w ./\x80-\U0010ffff-]", re.ASCII)  # readers act on ASCII alone


def markdown(view: View, most: int = 60_000) -> str:
    """Return a View as GitHub and GitLab read it, of at most so many UTF-8 bytes, which are 2,000 or more.

    What does not fit is counted: rows of the table, remarks, lines of the last diff, and whole diffs.
    """
    head, foot = _head(view), _foot(view)
    room = most - _size(head) - _size(foot)
    weakened = [f"- **Weakened protection**: {_code(text, _VALUE)}\n" for text in view.weakened]
    existing = [f"- **Exists already**: {_code(text, _VALUE)}\n" for text in view.existing]
    refused = _listed([*_refusal(view)], room // 3, "more word on the refusal")
    room -= _size(refused)
    first = refused + _listed(weakened, room // 3, "more weakened protection")
    room -= _size(first) - _size(refused)
    found = _listed(existing, room // 3, "more line on what exists already")
    room -= _size(found)
    remarks = _listed([*_remarks(view)], room // 3, "more remark")
    room -= _size(remarks)
    heads = _HEADS[view.title]
    top = f"{_row(heads)}{_row(['---'] * len(heads))}"
    rows = [_row(_cells(entry)[: len(heads)]) for entry in view.entries]
    table = _listed(rows, room - _SENTENCE, "more resource", top)
    return head + first + found + table + remarks + _diffs(view.entries, room - _size(table)) + foot


def _head(view: View) -> str:
    context = {
        "Target": view.target,
        "account": view.account,
        "project": view.project,
        "environment": "" if view.environment == "-" else view.environment,
    }
    names = ", ".join(f"{what} {_code(value)}" for what, value in context.items() if value)
    serial = "" if view.serial is None else f", state serial {_cut(str(view.serial))}"
    more = "".join(f"{text}\n\n" for text in (view.also, view.then) if text)
    return f"### {view.summary}\n\n{names}{serial}\n\n{more}"


def _foot(view: View) -> str:
    return f"Digest of the plan: {_code(view.digest)}\n"


# the table


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _cells(entry: Entry) -> list[str]:
    """Return what a row has of an entry, whichever table it is; a shorter one leaves the last of them out."""
    verb = f"**{entry.verb}**" if entry.action is Action.DELETE and not entry.trouble else entry.verb
    known = f" {_code(entry.id)}" if entry.id else ""
    sign = _code(entry.sign) if entry.sign.strip() else ""
    cells = (sign, _code(entry.address), verb + known, _named(entry), _prompt(entry.parts))
    return [_cell(text) for text in cells]


def _cell(text: str) -> str:
    """Return a cell, which a bar would end even in a code span.

    Readers disagree on a bar behind two backslashes, so that behind one of its own it is spelt out.
    """
    return _SLASHED_BAR.sub(r"\1\\x7c", text).replace("|", r"\|")


def _named(entry: Entry) -> str:
    """Return the parts that change; why, where there are none."""
    named = [part for part in entry.parts if not part.is_deletion]
    return _names(named) or ", ".join(_code(aside, _VALUE) for aside in entry.asides)


def _names(parts: Sequence[Part]) -> str:
    more = len(parts) - _NAMES
    return ", ".join(_code(part.name) for part in parts[:_NAMES]) + f" and {more} more" * (more > 0)


def _prompt(parts: Iterable[Part]) -> str:
    """Return how long the prompt, the first prose, is and becomes."""
    return next((_code(part.summary) for part in parts if part.shape is Shape.PROSE and part.summary), "")


# what must not be missed


def _refusal(view: View) -> Iterator[str]:
    for number, text in enumerate(view.refusal):
        yield f"{'  - ' if number else '- **Refused**: '}{_code(text, _VALUE)}\n"


def _remarks(view: View) -> Iterator[str]:
    for entry in view.entries:
        yield from (f"- **{word}**: {_code(entry.address)} {text}\n" for word, text in _troubles(entry))
    yield from (f"- **Review**: {_code(text, _VALUE)}\n" for text in view.review)
    yield from (f"- **Note**: {_code(notice, _VALUE)}\n" for notice in view.notices)
    yield from (f"- **Warning**: {_code(warning, _VALUE)}\n" for warning in view.warnings)
    yield from (f"- **Allowed finding**: {_code(one, _VALUE)}\n" for one in view.exceptions)


def _troubles(entry: Entry) -> Iterator[tuple[str, str]]:
    if entry.trouble:
        yield entry.trouble.word, _code(entry.trouble.text, _VALUE)
    deleted = ", ".join(_code(part.aside) for part in entry.parts if part.is_deletion)
    if deleted:
        yield "Deletion", f"of {deleted}"
    unreviewed = [part for part in entry.stays if part.style is Style.DRIFT]
    if unreviewed:
        yield "Adopted as found", f"{_names(unreviewed)}; the configuration does not declare it"
    for part in entry.parts:
        for reason in part.breaking:
            yield "Breaking", f"{_code(part.name)} {_code(reason, _VALUE)}"
    if entry.drifted:
        names = _names([part for part in entry.parts if part.style is Style.DRIFT])
        yield "Drift", "is not as it was last applied" + f": {names}" * bool(names)


# the diffs


def _diffs(entries: Iterable[Entry], room: int) -> str:
    """Return what entries say besides their rows; when there is no room for more, the others are counted."""
    diffs = [(entry, [*_lines(entry)]) for entry in entries if _has_diff(entry)]
    shown: list[str] = []
    for number, (entry, lines) in enumerate(diffs):
        text = _folded(entry, lines, room - _SENTENCE * (number < len(diffs) - 1))
        if not text:
            return "".join(shown) + _unshown(len(diffs) - number, "more resource", "The diffs of ")
        shown.append(text)
        room -= _size(text)
    return "".join(shown)


def _has_diff(entry: Entry) -> bool:
    return any(not part.is_deletion for part in entry.parts)


def _folded(entry: Entry, lines: Sequence[str], room: int) -> str:
    """Return the lines of an entry, cut where the room ends; nothing where that is not worth it."""
    head = f"<details><summary><code>{_escaped(f'{entry.sign} {_cut(entry.address)}')}</code></summary>\n\n"
    tail = "\n</details>\n\n"
    room -= _size(f"{head}diff\n\n{tail}")
    shown = _fitting(lines, room)
    if len(shown) < len(lines):
        shown = _fitting(lines, room - _SENTENCE) if room >= _LEAST else []
    if not shown:
        return ""
    more = len(lines) - len(shown)
    text = "\n".join([*shown, f"… {count(more, 'more line')}"] if more else shown)
    fence = _fence(text)
    return f"{head}{fence}diff\n{text}\n{fence}\n{tail}"


def _fitting(lines: Sequence[str], room: int) -> list[str]:
    """Return as many lines as have room between their fences."""
    spent = accumulate(_size(line) + 1 for line in lines)
    fences = accumulate(map(_fence, lines), max)
    sized = zip(lines, spent, fences, strict=True)
    return [line for line, size, fence in sized if size + 2 * len(fence) <= room]


def _lines(entry: Entry) -> Iterator[str]:
    """Yield an entry with the signs of a diff in the first column, by which it is coloured."""
    yield from (_cut(f"# {aside}", _LINE) for aside in entry.asides)
    for part in entry.parts:
        if not part.is_deletion:  # a remark names these
            yield from (_cut(line, _LINE) for line in _part(part))


def _part(part: Part) -> Iterator[str]:
    sides = [side for side in (part.before, part.after) if side is not None and not part.comparison]
    value = sides[0] if len(sides) == 1 else part.summary
    yield "  ".join(text for text in (f"{part.sign} {part.name:<13}", value, part.aside) if text).rstrip()
    if part.note:
        yield f"!     {part.note}"
    yield from (f"!     breaking: {reason}" for reason in part.breaking)
    if len(sides) > 1:
        yield from _sides(part.before, part.after)
    for inner in part.inner:
        if part.stays:
            yield f"      {inner.after}"
        else:
            yield from _sides(inner.before, inner.after, inner.path)
    if part.comparison:
        yield from _compared(part.comparison)


def _sides(before: str | None, after: str | None, path: str = "") -> Iterator[str]:
    """Yield those sides of a value that there are, one below the other."""
    name = f"{path}  " if path else ""
    for sign, side in (("-", before), ("+", after)):
        if side is not None:
            yield f"{sign}     {name}{side}"


def _compared(comparison: Comparison) -> Iterator[str]:
    yield from (f"       {label}" for label in comparison.labels)
    yield from (f"       § {title}: {count(lines, 'line')}" for title, lines in comparison.headings)
    for number, hunk in enumerate(comparison.hunks):
        if number:
            yield "       ⋮"
        yield from map(_numbered, hunk)
    if comparison.rest:
        yield f"       … {comparison.rest}"


def _numbered(row: Row) -> str:
    """Return a line of a text behind a gutter, so that no bullet in it is read as a sign of the diff."""
    text = "".join(span.text for span in word_spans(row))
    return f"{row.sign} {row.number:4} │ {text}".rstrip()


# what fits


def _listed(rows: Sequence[str], room: int, what: str, head: str = "") -> str:
    """Return as many rows as have room, and how many there are besides."""
    whole = f"{head}{''.join(rows)}\n"
    if _size(whole) <= room:
        return whole if rows else ""
    room -= _size(head) + _SENTENCE + 1
    fitting = [row for row, spent in zip(rows, accumulate(map(_size, rows)), strict=True) if spent <= room]
    listed = f"{head}{''.join(fitting)}\n" if fitting else ""
    return listed + _unshown(len(rows) - len(fitting), what)


def _unshown(number: int, what: str, lead: str = "") -> str:
    """Return a sentence that is shorter than _SENTENCE."""
    return f"{lead}{count(number, what)} {'does' if number == 1 and not lead else 'do'} not fit here.\n\n"


def _code(text: str, most: int = _NAME) -> str:
    """Return a value as a code span, which no run of backticks in it can end."""
    shown = _cut(text, most) or "(empty)"
    fence = _fence(shown, 1)
    # One blank on each side is taken away again where both are there, except from blanks alone.
    is_padded = "`" in {shown[0], shown[-1]} or (shown[0] == shown[-1] == " " and shown.strip(" "))
    pad = " " if is_padded else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _escaped(text: str) -> str:
    """Return a text that is markup neither to HTML nor to Markdown."""
    return _ACTIVE.sub(lambda found: f"&#{ord(found.group())};", text)


def _cut(text: str, most: int = _NAME) -> str:
    """Return the beginning of what is longer than so many bytes, and how many characters it lacks."""
    if _size(text) <= most:
        return text
    beginning = text.encode()[:most].decode(errors="ignore")
    return f"{beginning}… {count(len(text) - len(beginning), 'more character')}"


def _fence(text: str, least: int = 3) -> str:
    """Return backticks that are more than any run of them in a text."""
    return "`" * max(least, 1 + max(map(len, _BACKTICKS.findall(text)), default=0))


def _size(text: str) -> int:
    return len(text.encode())
