"""Problems of a text that a person wrote, and their exact origins."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from difflib import get_close_matches
from heapq import nlargest
from itertools import islice
from typing import TYPE_CHECKING, Final

from reconciler.model import address
from reconciler.model import pattern as re
from reconciler.model.keys import masked
from reconciler.model.spelling import alike, difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


MOST_COUNTED: Final = 10_000
"""Problems of a configuration that are counted."""
_ASSISTANT = str(address.assistant(""))
_LONGEST = 1_000
_LONGEST_PATH = 200
_MOST_WORDS, _COMPARED = 2_000, 40  # that are looked at to find a spelling mistake, and compared
_LONGEST_WORD = 100
_LEAST_ALIKE = 0.6
_PLAIN_PLACE = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")  # what YAML takes for a text without quotes


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
        """Return it as messages show it: a long path is cut in the middle, a key in it is masked."""
        path = masked(self.path)
        if len(path) > _LONGEST_PATH:
            path = f"{path[: _LONGEST_PATH // 2]}…{path[-_LONGEST_PATH // 2 :]}"
        return f"{path}:{self.line}:{self.column}" if self.line else path


@dataclass(frozen=True, slots=True)
class Rule:
    """The meaning of a Diagnostic's code: a title, the reason and the remedy.

    A rule that ``guesses`` can be wrong about a text, so a configuration can allow what it finds.
    """

    code: str
    title: str
    text: str
    guesses: bool = False


@dataclass(frozen=True, slots=True, order=True)
class AllowedFinding:
    """An exception that a configuration makes from a rule that guesses, and the reason for it.

    ``place`` is the address of an assistant or a file, or the path of a file. A ``character``, such as
    U+200B, is allowed in every text, and then there is neither place nor reason.
    """

    code: str
    place: str = ""
    reason: str = ""
    character: str = ""

    @property
    def name(self) -> str:
        """What a state remembers of it: whether it is another exception does not depend on the reason."""
        return self.character or f"{self.code} in {self.place}"


def names_of(exceptions: Iterable[AllowedFinding]) -> frozenset[str]:
    """Return the names under which a state remembers exceptions."""
    return frozenset(one.name for one in exceptions)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Numbered source lines, each cut where it is long, and the column of the origin in what is left."""

    lines: tuple[tuple[int, str], ...]
    column: int


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem, its origin, its source lines and its remedy.

    ``code`` names the rule, such as AS201, for ``explain``. ``label`` is the short word under the caret;
    ``excerpt`` is None where the file could not be read, or may not be quoted. Long sentences are cut.
    ``is_guess``: the rule can be wrong, so an exception can allow it. ``about`` are addresses and paths that
    it is about, beside the file of the origin: an assistant's, and then those of files, of which the last is
    the narrowest. ``reason`` is the message without
    the path of the ``file`` that has the problem, where many files can have it for the same reason.
    """

    code: str
    message: str
    origin: Origin
    label: str = ""
    help: str = ""
    excerpt: Excerpt | None = None
    is_warning: bool = False
    is_guess: bool = False
    about: tuple[str, ...] = ()
    reason: str = ""
    file: str = ""

    def __post_init__(self) -> None:
        """Mask what looks like a key in sentences that repeat a text, and cut them where they are long."""
        for name in ("message", "help"):
            sentence = masked(getattr(self, name))
            if len(sentence) > _LONGEST:
                sentence = f"{sentence[:_LONGEST]}…"
            object.__setattr__(self, name, sentence)

    def as_warning(self) -> Diagnostic:
        """Return this problem as a warning, which stops nothing."""
        return replace(self, is_warning=True)

    @property
    def place(self) -> str:
        """The narrowest place that an exception can name: an address, or the path of a file."""
        file = self.about[-1] if self.about else self.origin.path
        return file if len(self.about) == 1 else file_place(file)

    @property
    def exception(self) -> str:
        """The entry of `lint: allow:` that would let it pass; an empty text where none can."""
        place = self.place
        plain = place if _PLAIN_PLACE.fullmatch(place) else json.dumps(place, ensure_ascii=False)
        return f"{{code: {self.code}, in: {plain}, reason: …}}" if self.is_guess else ""


def is_assistant(place: str) -> bool:
    """Return whether a place can only be the address of an assistant: a path in a folder is none."""
    return place.startswith(_ASSISTANT) and "/" not in place


def file_place(path: str) -> str:
    """Return how an exception names a file: by its path, or by its address where the path looks like one."""
    return str(address.file(path)) if is_assistant(path) else path


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a sentence naming the nearest known word, or an empty text when none is near.

    Where that looks like the word itself, the sentence says how it differs.
    """
    words = [one for one in islice(known, _MOST_WORDS) if _may_be(one, word)]
    near = [one for one in words if one.endswith(f".{word}")]
    looks = alike(word)
    near = near or [one for one in words if alike(one) == looks]
    near = near or get_close_matches(word, _nearest(word, words), 1, _LEAST_ALIKE)
    if not near:
        return ""
    differs = difference(near[0], word)
    return f"did you mean `{near[0]}`?{' ' if differs else ''}{differs[:1].upper()}{differs[1:]}"


def _may_be(one: str, word: str) -> bool:
    """Return whether a known word is as long as a misspelt one may be."""
    shorter, longer = sorted((len(one), len(word)))
    return one.endswith(f".{word}") or (
        longer <= _LONGEST_WORD and 2 * shorter >= _LEAST_ALIKE * (shorter + longer)
    )


def _nearest(word: str, words: Sequence[str]) -> Sequence[str]:
    """Return the words with the longest common beginning and end: to compare words well takes long."""
    if len(words) <= _COMPARED:
        return words
    return nlargest(_COMPARED, words, key=lambda one: _common(one, word) + _common(one[::-1], word[::-1]))


def _common(one: str, other: str) -> int:
    """Return the length of a common beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (here, there) in pairs if here != there), min(len(one), len(other)))


@dataclass(slots=True)
class Suggestions:
    """Spelling mistakes that are still looked into: a text can have more of them than time allows."""

    left: int = 20

    def nearest(self, word: str, known: Iterable[str]) -> str:
        """Return what did_you_mean does, as long as some are left."""
        if self.left <= 0:
            return ""
        self.left -= 1
        return did_you_mean(word, known)
