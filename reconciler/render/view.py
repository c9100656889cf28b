"""One neutral view of a plan or a report, which every renderer for people draws: none decides anything.

It is made from a document and from nothing else, so that people see what ``--format json`` prints.
Every text in it is harmless and free of keys already; a renderer adds only what its own sink needs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from reconciler.model.address import Kind
from reconciler.model.change import Action
from reconciler.model.field import Shape
from reconciler.model.keys import masked
from reconciler.render.lines import Style
from reconciler.render.text_diff import ALL_ROWS, CONTEXT, ROWS, Comparison, compared
from reconciler.render.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

_LOOKS = {
    Action.CREATE: ("+", Style.ADD, "created"),
    Action.UPDATE: ("~", Style.CHANGE, "updated"),
    Action.REPLACE: ("~", Style.CHANGE, "replaced"),
    Action.DELETE: ("-", Style.REMOVE, "destroyed"),
    Action.ADOPT: ("~", Style.CHANGE, "adopted"),
    Action.FORGET: ("~", Style.CHANGE, "forgotten"),
    Action.NOOP: (" ", Style.DIM, "managed"),
}
LONGEST = 50_000
"""Characters of one value that are shown."""
PARTS = 4_000
"""Parts of the entries of a view, and differences inside them, that are shown."""
STAYS = "="
"""The sign of a value that stays as it was found."""
_NAME = 1_000  # characters of a name
_TEXTS = 10_000  # notices, warnings or reasons of one list that are shown
_OF_FILES = {Action.CREATE: "uploaded", Action.DELETE: "deleted"}


@dataclass(frozen=True, slots=True)
class Inner:
    """Where inside an item two sides differ, by JSON path; None stands for absent."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """One thing about an entry: a field, a file that is attached or detached.

    ``before`` and ``after`` are whole values, None for absent. Where ``summary`` is not empty it is what one
    line shows instead, and both are None. ``aside`` says where a value comes from, ``note`` who changed it
    and what becomes of that. ``comparison`` shows a text, ``inner`` an item, of which ``breaking`` names what
    an application that relies on it may not survive. What ``stays`` as it was found has one value, ``after``.
    """

    sign: str
    style: Style
    name: str
    before: str | None = None
    after: str | None = None
    summary: str = ""
    aside: str = ""
    note: str = ""
    comparison: Comparison | None = None
    inner: tuple[Inner, ...] = ()
    breaking: tuple[str, ...] = ()
    shape: Shape = Shape.VALUE
    is_deletion: bool = False

    @property
    def stays(self) -> bool:
        """True if it is a value that an adoption leaves as it was found."""
        return self.sign == STAYS


class Trouble(NamedTuple):
    """Why something may not be, or was not, done; ``word`` says of which sort that is."""

    word: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One address: ``sign`` and ``verb`` say what happens, or happened, to it, ``asides`` why."""

    sign: str
    style: Style
    address: str
    verb: str
    id: str
    action: Action
    asides: tuple[str, ...] = ()
    trouble: Trouble | None = None
    parts: tuple[Part, ...] = ()
    drifted: bool = False

    @property
    def stays(self) -> tuple[Part, ...]:
        """The parts that an adoption leaves as they were found."""
        return tuple(part for part in self.parts if part.stays)


@dataclass(frozen=True, slots=True)
class View:
    """A whole plan, or what became of it, as people read it.

    ``title`` names which of both. ``summary`` is the line that tools look for; ``also`` stands before it,
    ``then`` behind it. ``serial`` is None where it is not shown. ``weakened`` are sentences that come first:
    the protections that the configuration weakens. Before them stands the ``refusal``: that apply will
    refuse the plan and why, and what allows it. ``exceptions`` are the findings
    of the checks that it allows; ``allowed`` is their number, of which not all may be shown. ``review`` says
    why an unattended apply needs a review of the plan. ``existing`` are lines that come before the changes
    too: what would be created once more, and the entries that keep it.
    """

    title: str
    target: str
    account: str
    project: str
    environment: str
    serial: int | None
    digest: str
    entries: tuple[Entry, ...]
    notices: tuple[str, ...]
    warnings: tuple[str, ...]
    summary: str
    also: str = ""
    then: str = ""
    is_partial: bool = False
    weakened: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    allowed: int = 0
    refusal: tuple[str, ...] = ()
    existing: tuple[str, ...] = ()
    review: tuple[str, ...] = ()


def sign_of(action: Action, kind: Kind) -> tuple[str, Style, str]:
    """Return the sign of an action, its style, and what is done in one word."""
    sign, style, word = _LOOKS[action]
    return sign, style, _OF_FILES.get(action, word) if kind is Kind.FILE else word


def shown(value: object, most: int = LONGEST) -> str:
    """Return a value as any renderer may print it: nothing hidden, nothing that acts, no key.

    Of a longer one it is the beginning, and how many characters it lacks.
    """
    text = str(value)
    text = _brief(text) if len(text) <= _NAME else masked(text)
    more = len(text) - most
    return visible(f"{text[:most]}… {count(more, 'more character')}" if more > 0 else text)


_brief = lru_cache(maxsize=1_000)(masked)  # a plan has many values that many assistants share


def named(value: object) -> str:
    """Return a name, which stands on a line with other things."""
    return shown(value, _NAME)


def deletion(file_id: str, name: str = "delete upload") -> Part:
    """Return the part for one upload that is, or was, deleted."""
    return Part(sign="-", style=Style.REMOVE, name=name, aside=named(file_id), is_deletion=True)


def some(texts: Sequence[object], what: str) -> tuple[str, ...]:
    """Return texts as they may be printed, and how many there are besides where they are too many."""
    more = len(texts) - _TEXTS
    rest = (f"and {count(more, f'more {what}')}",) if more > 0 else ()
    return (*map(shown, texts[:_TEXTS]), *rest)


def count(number: int, noun: str) -> str:
    """Return a number and its noun."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def literal(value: Any) -> str | None:
    """Return a whole value: a text in quotes, the rest as JSON; None for an absent one."""
    if value is None:
        return None
    return f'"{shown(value)}"' if isinstance(value, str) else shown(json.dumps(value, ensure_ascii=False))


@dataclass
class Frame:
    """How much of a view is shown: rows of texts, parts, and characters. A view counts what is not."""

    context: int = CONTEXT
    rows: int = ALL_ROWS
    parts: int = PARTS
    characters: int = 8 * LONGEST

    def some(self, parts: Sequence[T]) -> Sequence[T]:
        """Return the first of some parts, and take them from what is left."""
        fitting = parts[: self.parts]
        self.parts -= len(fitting)
        return fitting

    def compared(self, before: str, after: str) -> Comparison:
        """Compare two texts, and take the rows from what is left."""
        found = compared(before, after, self.context, min(ROWS, self.rows))
        self.rows -= found.rows
        return found

    def standing(self, text: str) -> Comparison:
        """Return a text that stays as it is, and take its rows from what is left."""
        return self.compared("", text).standing()

    def literal(self, value: Any) -> str | None:
        """Return a whole value, or its beginning where there is room for no more."""
        if value is None:
            return None
        most = max(_NAME, min(LONGEST, self.characters))
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        found = shown(text, most)
        self.characters -= len(found)
        return f'"{found}"' if isinstance(value, str) else found
