"""Problems of a text that a person wrote, and their exact origins."""

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
    """The meaning of a Diagnostic's code: a title, the reason and the remedy."""

    code: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem, its origin, its source lines and its remedy.

    ``code`` names the rule, such as AS201, for ``explain``. ``label`` is the short word under the caret;
    ``excerpt`` holds numbered source lines, and is empty when the file could not be read.
    """

    code: str
    message: str
    origin: Origin
    label: str = ""
    help: str = ""
    excerpt: tuple[tuple[int, str], ...] = ()
    is_warning: bool = False

    def as_warning(self) -> Diagnostic:
        """Return this problem as a warning, which stops nothing."""
        return replace(self, is_warning=True)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a sentence naming the nearest known word, or an empty text when none is near."""
    words = list(known)
    near = [one for one in words if one.endswith(f".{word}")] or get_close_matches(word, words, 1, 0.6)
    return f"did you mean `{near[0]}`?" if near else ""
