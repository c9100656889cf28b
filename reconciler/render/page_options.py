"""Options of a drawn plan or report, in whatever format."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Depth(StrEnum):
    """How much of a plan is shown: a line for each change, what differs, or every text whole."""

    BRIEF = "brief"
    PLAIN = "plain"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class PageOptions:
    """Options of a page; each format uses those that it has.

    ``most`` is how many bytes of Markdown there may be. ``commit`` and ``time`` say what was read and when,
    as far as that is known.
    """

    colour: bool = False
    depth: Depth = Depth.PLAIN
    most: int = 60_000
    commit: str = ""
    time: str = ""
