"""The text of a file that a person wrote, and the positions in it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from reconciler.config.codes import RULES
from reconciler.config.text_faults import is_quiet
from reconciler.model.diagnostic import Diagnostic, Excerpt, Origin
from reconciler.model.keys import keys, masked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.key_forms import Key

MAX_BYTES: Final = 16 * 1024 * 1024
"""Bytes that are read of one file of a configuration."""

_WIDTH = 160
_UNQUOTED = (
    "nothing of it is shown in a CI, since git does not have these bytes; run it where you can read them"
)


@dataclass(frozen=True)
class Source:
    """A file's name, as messages show it, and its text; ``is_quoted`` allows messages to quote its lines."""

    path: str
    text: str
    is_quoted: bool = True

    def diagnostic(
        self,
        code: str,
        message: str,
        origin: Origin,
        *,
        label: str = "",
        help: str = "",  # noqa: A002 - the field's word
    ) -> Diagnostic:
        """Return a Diagnostic with its line and the lines around it; what looks like a key is masked.

        Of a text that must not be quoted it says only which rule is broken, and where: messages repeat words.
        """
        rule = RULES[code]
        if not self.is_quoted:
            return Diagnostic(code, rule.title, origin, help=_UNQUOTED, is_guess=rule.guesses)
        return Diagnostic(
            code,
            message,
            origin,
            label=label,
            help=help,
            excerpt=self._excerpt(origin),
            is_guess=rule.guesses,
        )

    @property
    def is_markdown(self) -> bool:
        """Whether it is a Markdown assistant."""
        return self.path.endswith((".md", ".markdown"))

    def at(self, index: int, width: int = 1) -> Origin:
        """Return the position of the character at an index, and ``width`` of them on its line."""
        line = bisect_right(self._starts, index)
        return Origin(self.path, line, index - self._starts[line - 1] + 1, width)

    def written(self, origin: Origin) -> str:
        """Return the text at a position, letter for letter."""
        start = self._starts[origin.line - 1] + origin.column - 1
        end = self.text.find("\n", start)
        return self.text[start : min(start + origin.width, end if end >= 0 else len(self.text))]

    @cached_property
    def is_quiet(self) -> bool:
        """Whether neither it nor a value in it has a fault of a text; there may be none where it is not."""
        return "\\" not in self.text and is_quiet(self.text)

    @cached_property
    def letters(self) -> frozenset[str]:
        """Every character that it has."""
        return frozenset(self.text)

    @cached_property
    def keys(self) -> Sequence[Key]:
        """Everything in it that looks like a key."""
        return keys(self.text)

    @cached_property
    def secrets(self) -> frozenset[str]:
        """Everything in it that looks like a key, as it is read."""
        return frozenset(key.text for key in self.keys)

    @cached_property
    def _starts(self) -> list[int]:
        """The index at which each line begins."""
        starts, end = [0], self.text.find("\n")
        while end >= 0:
            starts.append(end + 1)
            end = self.text.find("\n", end + 1)
        return starts

    @cached_property
    def _lines(self) -> list[str]:
        """Every line as it may be shown: masked as a whole, since a key may go over several."""
        return masked(self.text, self.keys).removesuffix("\n").split("\n")

    def _excerpt(self, origin: Origin) -> Excerpt | None:
        numbers = range(max(1, origin.line - 1), min(len(self._lines), origin.line + 1) + 1)
        columns = {number: origin.column if number == origin.line else 1 for number in numbers}
        cut = {
            number: _cut(self._lines[number - 1].removesuffix("\r"), columns[number]) for number in numbers
        }
        lines = tuple((number, text) for number, (text, _) in cut.items())
        return Excerpt(lines, cut[origin.line][1] if origin.line in cut else 1) if lines else None


def _cut(text: str, column: int) -> tuple[str, int]:
    """Return a long line's part around a column, and the column within it."""
    if len(text) <= _WIDTH:
        return text, column
    start = max(0, column - _WIDTH // 2)
    before, after = "…" * (start > 0), "…" * (start + _WIDTH < len(text))
    return f"{before}{text[start : start + _WIDTH]}{after}", column - start + len(before)
