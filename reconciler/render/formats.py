"""The formats a plan is drawn in; each is one module, which only whoever asks for it pays for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.render.document import PlanDocument


class Depth(StrEnum):
    """How much of a plan is shown: a line for each change, what differs, or every text whole."""

    BRIEF = "brief"
    PLAIN = "plain"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Look:
    """How a plan shall look; each format takes from it what it knows.

    ``most`` is how many bytes of Markdown there may be. ``commit`` and ``time`` say what was read and when,
    as far as that is known.
    """

    colour: bool = False
    depth: Depth = Depth.PLAIN
    most: int = 60_000
    commit: str = ""
    time: str = ""


def drawn(document: PlanDocument, form: str, look: Look) -> str:
    """A plan in one of the FORMATS, ended by a newline."""
    return FORMATS[form](document, look)


def _text(document: PlanDocument, look: Look) -> str:
    from reconciler.render.terminal import painted  # noqa: PLC0415 - each format pays for itself
    from reconciler.render.text import plan_lines  # noqa: PLC0415 - the same
    from reconciler.render.texts import CONTEXT, WHOLE  # noqa: PLC0415 - the same
    from reconciler.render.view import view_of  # noqa: PLC0415 - the same

    context = WHOLE if look.depth is Depth.FULL else CONTEXT
    return painted(plan_lines(view_of(document, context), look.depth), colour=look.colour)


def _json(document: PlanDocument, _: Look) -> str:
    from reconciler.render.document import printed  # noqa: PLC0415 - the same

    return printed(document)


def _markdown(document: PlanDocument, look: Look) -> str:
    from reconciler.render.markdown import plan_markdown  # noqa: PLC0415 - the same

    return plan_markdown(document, look.most)


def _html(document: PlanDocument, look: Look) -> str:
    from reconciler.render.html import plan_html  # noqa: PLC0415 - the same

    return plan_html(document, look)


FORMATS: dict[str, Callable[[PlanDocument, Look], str]] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
    "html": _html,
}
