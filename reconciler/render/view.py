"""One neutral view of a plan or a report, which every renderer for people draws: none decides anything.

It is made from a document and from nothing else, so that people see what ``--format json`` prints.
Every text in it is harmless and free of keys already; a renderer adds only what its own sink needs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.model.address import Kind
from reconciler.model.change import Action
from reconciler.model.field import Shape
from reconciler.model.keys import masked
from reconciler.render.lines import Style
from reconciler.render.visible import visible

if TYPE_CHECKING:
    from reconciler.render.text_diff import Comparison

_LOOKS = {
    Action.CREATE: ("+", Style.ADD, "created"),
    Action.UPDATE: ("~", Style.CHANGE, "updated"),
    Action.REPLACE: ("~", Style.CHANGE, "replaced"),
    Action.DELETE: ("-", Style.REMOVE, "destroyed"),
    Action.ADOPT: ("~", Style.CHANGE, "adopted"),
    Action.FORGET: ("~", Style.CHANGE, "forgotten"),
    Action.NOOP: (" ", Style.DIM, "managed"),
}
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
    an application that relies on it may not survive.
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


@dataclass(frozen=True, slots=True)
class View:
    """A whole plan, or what became of it, as people read it.

    ``title`` names which of both. ``summary`` is the line that tools look for; ``also`` stands before it,
    ``then`` behind it. ``serial`` is None where it is not shown.
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


def sign_of(action: Action, kind: Kind) -> tuple[str, Style, str]:
    """Return the sign of an action, its style, and what is done in one word."""
    sign, style, word = _LOOKS[action]
    return sign, style, _OF_FILES.get(action, word) if kind is Kind.FILE else word


def shown(value: object) -> str:
    """Return a value as any renderer may print it: nothing hidden, nothing that acts, no key."""
    return visible(masked(str(value)))


def count(number: int, noun: str) -> str:
    """Return a number and its noun."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def literal(value: Any) -> str | None:
    """Return a whole value: a text in quotes, the rest as JSON; None for an absent one."""
    if value is None:
        return None
    return f'"{shown(value)}"' if isinstance(value, str) else shown(json.dumps(value, ensure_ascii=False))
