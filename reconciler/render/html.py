"""A View as one page of HTML that requests nothing and runs no script; the only jinja2 import."""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING, NamedTuple

from jinja2 import Environment, StrictUndefined

from reconciler.model import pattern as re
from reconciler.model.change import Action
from reconciler.model.field import Shape
from reconciler.model.mark import NO_ENVIRONMENT
from reconciler.render.lines import Style
from reconciler.render.view import count, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jinja2 import Template

    from reconciler.render.page_options import PageOptions
    from reconciler.render.text_diff import Comparison, Row
    from reconciler.render.view import Entry, Part, View

_AROUND = 3  # unchanged lines beside a change that are not folded
_FOLDED = 5  # unchanged lines that are worth folding
_TROUBLES = ("Refused", "Refused in part", "Error", "Unknown", "Skipped")  # the gravest first
_UNSAFE = re.compile(r"[^A-Za-z0-9_./-]")


def page(view: View, look: PageOptions) -> str:
    """Return a View with every line of its texts as one page, ended by a newline.

    Equal arguments give equal pages. Every text of the View stands in a text node or in none: no
    attribute but ``id`` and ``href`` rests on one, and of those only letters, digits and ``_./-~``.
    """
    cards = tuple(_cards(view.entries))
    return _template().render(
        view=view,
        cards=cards,
        concerns=tuple(_concerns(view, cards)),
        provenance=tuple(_provenance(view, look)),
        is_foldable=any(text.has_unchanged for card in cards for text in card.texts),
        css=_packaged("page.css"),
        policy=_policy(_packaged("page.css")),
    )


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["laid_out"] = _laid_out
    environment.filters["count"] = count
    return environment.from_string(_packaged("page.html.jinja"))


@cache
def _packaged(name: str) -> str:
    return files("reconciler.render").joinpath(name).read_text(encoding="utf-8")


def _policy(css: str) -> str:
    """Return what the page may do: be styled by exactly these rules."""
    digest = b64encode(sha256(css.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


class Pair(NamedTuple):
    """What stands side by side; None where the other side has a line more."""

    old: Row | None
    new: Row | None

    @property
    def is_same(self) -> bool:
        """Whether it is one line that did not change."""
        return self.old is self.new


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines that follow each other, folded where none of them changed."""

    pairs: Sequence[Pair]
    is_folded: bool = False

    @property
    def span(self) -> str:
        """From which line to which it goes, on the new side unless there is none."""
        old = [pair.old.old for pair in self.pairs if pair.old]
        new = [pair.new.new for pair in self.pairs if pair.new]
        side, numbers = ("lines", new) if new else ("old lines", old)
        return f"{side} {numbers[0]} to {numbers[-1]}"


@dataclass(frozen=True, slots=True)
class Text:
    """A part whose lines are shown: on both sides, or on the one that there is."""

    part: Part
    comparison: Comparison
    stretches: tuple[Stretch, ...]

    @property
    def is_one_sided(self) -> bool:
        """Whether the text comes or goes as a whole."""
        return not (self.comparison.before.lines and self.comparison.after.lines)

    @property
    def has_unchanged(self) -> bool:
        """Whether there is a line that need not be shown."""
        return any(pair.is_same for stretch in self.stretches for pair in stretch.pairs)


@dataclass(frozen=True, slots=True)
class Card:
    """An Entry with a name for links to it, its parts sorted by how they are drawn."""

    entry: Entry
    anchor: str
    values: tuple[Part, ...]
    files: tuple[Part, ...]
    items: tuple[Part, ...]
    texts: tuple[Text, ...]

    @property
    def is_new(self) -> bool:
        """Whether there is nothing to compare with."""
        return self.entry.action is Action.CREATE

    @property
    def extent(self) -> str:
        """How much of it changes, in a few words."""
        added = sum(text.comparison.added for text in self.texts)
        removed = sum(text.comparison.removed for text in self.texts)
        changes = len(self.entry.parts) - len(self.entry.stays)
        parts = "" if self.is_new or not changes else count(changes, "change")
        lines = " ".join([f"+{added}"] * (added > 0) + [f"-{removed}"] * (removed > 0))
        return ", ".join(filter(None, (parts, f"{lines} lines" if lines else "")))


def _cards(entries: Iterable[Entry]) -> Iterator[Card]:
    taken = Counter[str]()
    for entry in entries:
        anchor = _anchor(entry.address)
        taken[anchor] += 1
        anchor += f"~{taken[anchor]}" * (taken[anchor] > 1)
        plain = [part for part in entry.parts if not part.comparison and not _is_item(part)]
        yield Card(
            entry,
            anchor,
            values=tuple(part for part in plain if not _is_bare(part)),
            files=tuple(part for part in plain if _is_bare(part)),
            items=tuple(part for part in entry.parts if _is_item(part)),
            texts=tuple(_text(part, part.comparison) for part in entry.parts if part.comparison),
        )


def _anchor(address: str) -> str:
    """Return a name for links that only this address has; a second one of the same address ends with ``~2``.

    What is not safe stands between two ``~``, so that no name has an odd number of them but a second one.
    """
    return _UNSAFE.sub(lambda found: f"~{ord(found[0]):x}~", address)


def _is_item(part: Part) -> bool:
    return part.shape is Shape.ITEM


def _is_bare(part: Part) -> bool:
    """Return whether its name says it all, as that of an attachment does."""
    return not part.summary and part.before is None and part.after is None


def _text(part: Part, comparison: Comparison) -> Text:
    if part.stays:
        rows = [Pair(None, row) for hunk in comparison.hunks for row in hunk]
        return Text(part, comparison, (Stretch(rows),) if rows else ())
    pairs = [pair for hunk in comparison.hunks for pair in _pairs(hunk)]
    return Text(part, comparison, tuple(_stretches(pairs)))


def _pairs(rows: Iterable[Row]) -> Iterator[Pair]:
    """Yield lines side by side; those of a changed block by their place in it."""
    for is_same, rows_alike in groupby(rows, key=lambda row: row.sign == " "):
        run = list(rows_alike)
        if is_same:
            yield from (Pair(row, row) for row in run)
            continue
        sides = ([row for row in run if row.sign == sign] for sign in "-+")
        yield from (Pair(old, new) for old, new in zip_longest(*sides))


def _stretches(pairs: Iterable[Pair]) -> Iterator[Stretch]:
    """Yield changed lines with what stands around them, and between them what need not be read again."""
    runs = [list(run) for _, run in groupby(pairs, key=lambda pair: pair.is_same)]
    shown: list[Pair] = []
    for number, run in enumerate(runs):
        head, tail = _AROUND * (number > 0), len(run) - _AROUND * (number < len(runs) - 1)
        if not run[0].is_same or tail - head < _FOLDED:
            shown += run
            continue
        if shown:
            yield Stretch([*shown, *run[:head]])
        yield Stretch(run[head:tail], is_folded=True)
        shown = run[tail:]
    if shown:
        yield Stretch(shown)


class Item(NamedTuple):
    """Something to know before reading on; ``anchor`` and ``address`` are empty where no entry is meant."""

    text: str
    anchor: str = ""
    address: str = ""


class Concern(NamedTuple):
    """What a reader must not overlook, of one sort."""

    kind: str
    title: str
    items: tuple[Item, ...]


def _concerns(view: View, cards: Sequence[Card]) -> Iterator[Concern]:
    """Yield only those that there are, the gravest first."""
    concerns = (
        Concern("refused", "Apply will refuse this plan", tuple(Item(text) for text in view.refusal)),
        Concern("drift", "Weakened protections", tuple(Item(text) for text in view.weakened)),
        Concern("drift", "Exists already", tuple(Item(text) for text in view.existing)),
        *(Concern("refused", word, tuple(_troubles(cards, word))) for word in _TROUBLES),
        Concern("drift", "Adopted as found, and not declared", tuple(_unreviewed(cards))),
        Concern("breaking", "May break who answers a tool's calls", tuple(_breaking(cards))),
        Concern("drift", "Needs a review", tuple(Item(text) for text in view.review)),
        Concern("drift", "Changed on the server since the last apply", tuple(_drift(cards))),
        Concern("notice", "To know", tuple(Item(notice) for notice in view.notices)),
        Concern(
            "notice", "Findings of the checks that are allowed", tuple(Item(text) for text in view.exceptions)
        ),
        Concern(
            "warning", "Likely mistakes in the configuration", tuple(Item(text) for text in view.warnings)
        ),
    )
    return (concern for concern in concerns if concern.items)


def _troubles(cards: Iterable[Card], word: str) -> Iterator[Item]:
    for card in cards:
        trouble = card.entry.trouble
        if trouble and trouble.word == word:
            yield Item(trouble.text, card.anchor, card.entry.address)


def _breaking(cards: Iterable[Card]) -> Iterator[Item]:
    for card in cards:
        for part in card.items:
            if part.breaking:
                yield Item(f"{part.name}: {'; '.join(part.breaking)}", card.anchor, card.entry.address)


def _unreviewed(cards: Iterable[Card]) -> Iterator[Item]:
    for card in cards:
        names = [part.name for part in card.entry.stays if part.style is Style.DRIFT]
        if names:
            yield Item(", ".join(names), card.anchor, card.entry.address)


def _drift(cards: Iterable[Card]) -> Iterator[Item]:
    for card in cards:
        if card.entry.drifted:
            fields = [part.name for part in card.entry.parts if part.sign == "!"]
            text = ", ".join(fields or card.entry.asides or (card.entry.verb,))
            yield Item(text, card.anchor, card.entry.address)


def _provenance(view: View, look: PageOptions) -> Iterator[tuple[str, str]]:
    """Return what this page rests on, as far as it is known."""
    facts = {
        "Target": view.target,
        "Account": view.account,
        "Project": view.project,
        "Environment": view.environment * (view.environment != NO_ENVIRONMENT),
        "Scope": "only what was selected" * view.is_partial,
        "State serial": "" if view.serial is None else str(view.serial),
        "Checked out": shown(look.commit),
        "Drawn": shown(look.time),
        "Digest": view.digest,
    }
    return ((name, value) for name, value in facts.items() if value)


def _laid_out(text: str) -> str:
    """Return a structure on lines of its own; what is none, or is spelt in another way, as it stands."""
    if not text.startswith(("{", "[")):
        return text
    try:
        lines = json.dumps(json.loads(text), indent=2, ensure_ascii=False).split("\n")
    except (ValueError, RecursionError):
        return text
    return "\n".join(map(shown, lines))
