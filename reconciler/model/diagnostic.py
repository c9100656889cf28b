"""What is wrong in a text that a person wrote, and exactly where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """A stretch of one line of a file; ``line`` and ``column`` count from 1, ``width`` in characters.

    In line 0 it is what ``path`` names as a whole: a file that cannot be read, or an option.
    """

    path: str
    line: int = 1
    column: int = 1
    width: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path


@dataclass(frozen=True, slots=True)
class Rule:
    """What a Diagnostic's code stands for: a title, and why it is so and what to do."""

    code: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: what it is, where, the line it stands on, and what to do about it.

    ``code`` names the rule, such as AS201, which ``explain`` tells about. ``label`` is the short word under
    the caret; ``excerpt`` holds numbered source lines, the offending one among them, and is empty when the
    file could not be read. A warning stops nothing.
    """

    code: str
    message: str
    origin: Origin
    label: str = ""
    help: str = ""
    excerpt: tuple[tuple[int, str], ...] = ()
    is_warning: bool = False

    def as_warning(self) -> Diagnostic:
        """The same, stopping nothing."""
        return replace(self, is_warning=True)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence naming the nearest known word, or nothing when none is near."""
    words = list(known)
    near = [one for one in words if one.endswith(f".{word}")] or get_close_matches(word, words, 1, 0.6)
    return f"did you mean `{near[0]}`?" if near else ""
