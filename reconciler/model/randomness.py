"""Whether letters were drawn at random, as those of a key are, or are words, numbers or a placeholder."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from operator import eq
from typing import Final

from reconciler.model import pattern as re

DOCUMENTED: Final = (
    "AKIAIOSFODNN7EXAMPLE",
    "AKIAI44QH8DHBEXAMPLE",
    "ASIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY",
    "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
    "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
    "QWxhZGRpbjpPcGVuU2VzYW1l",
    "dXNlcjpwYXNzd29yZA==",
    "dXNlcm5hbWU6cGFzc3dvcmQ=",
    "dXNlcjpwYXNz",
    "MWYyZDFlMmU2N2Rm",
    "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
    "$2y$10$.vGA1O9wmRjrwAVXD98HNOgsNpDczlqm3Jq7KnEd1rVAGv3Fykk1a",
    "123e4567-e89b-12d3-a456-426614174000",
    "00000000-0000-0000-0000-000000000000",
)
"""Values that the manuals of services print, and that open nothing."""

# What every one of them has, looked for first.
_PRINTED = re.compile(r"EXAMPLE|QWxhZGRp|dXNlc|MWYyZDFl|N9qo8uLO|vGA1O9wm|123e4567|00000000-")
_PART = re.compile(r"[A-Za-z0-9]+")
_INNER = re.compile(r"[0-9]{1,4}")
_HUMP = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_NO_VOWELS = re.compile(r"[bcdfghjklmnpqrstvwxz]{8}")
_VOWELS = re.compile(r"[aeiouy]")
_AGAIN = re.compile(r"(.)\1\1\1")
# Pairs of letters that words of few languages have, and none of them often.
_RARE = re.compile(
    r"(?=[jqx][bcdfghjkmnpqrsvwxz]|[bcdfghjkmpqtvwxz][jqx]|[vwj][bcdfgjkmpqtvwxz]|[zv][bfgqx]|q[aeo])"
)
_MARKED = re.compile(
    r"example|placeholder|xxxx|redacted|change[-_]?me|replace[-_]?me|not[-_]?a[-_]?(?:real|valid)"
    r"|(?<![a-z])(?:your|dummy|fake|sample|insert|replace|hier|dein|votre)(?![a-z])"
)
_ROWS = ("abcdefghijklmnopqrstuvwxyza", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_STEPS = (
    frozenset(pair for row in _ROWS for pair in pairwise(row))
    | {(last, first) for last in "fzFZ" for first in "01"}
    | {(last, first) for last in "069" for first in "aA"}
)
_STEPS |= {(one.upper(), other.upper()) for one, other in _STEPS}
_SHORT = 4  # characters of a part that are anything: v2, 3rd, k8s
_NUMBER = 4  # digits before or after a word
_WORD = 8  # letters that are a word whatever they are
_LONGEST = 30  # letters of a word of everyday
_HUMP_LENGTH = 3.5  # letters of a word within others, in the middle
_LETTERS = 4  # different ones that a key has more of
_ALIKE, _SEQUENCE = 0.8, 0.6  # share of neighbours
_MATERIAL = 24  # random characters beside which a word such as "example" is no excuse
_CACHED = 4_096


@lru_cache(_CACHED)
def randomness(text: str) -> int:
    """Return how many letters and digits of a text belong to no word, number, run or sequence."""
    return 0 if _is_pattern(text) else _random(text)


def is_random(text: str, least: int) -> bool:
    """Return whether a text has as many random letters and digits as a key, and is no placeholder."""
    return randomness(text) >= least and not is_placeholder(text)


@lru_cache(_CACHED)
def is_placeholder(text: str) -> bool:
    """Return whether a text is printed in manuals, or says of itself that it is no key."""
    if _PRINTED.search(text) and any(known in text for known in DOCUMENTED):
        return True
    lowered = text.lower()
    if not _MARKED.search(lowered):
        return False
    marks = sorted((mark.span() for mark in _MARKED.finditer(lowered)), reverse=True)
    rest = text
    for start, end in marks:
        rest = f"{rest[:start]}-{rest[end:]}"
    return _random(rest) < _MATERIAL


def are_words(text: str) -> bool:
    """Return whether a text is nothing but words and numbers, joined by signs."""
    return all(map(_is_word, _PART.findall(text)))


def _random(text: str) -> int:
    return sum(len(part) for part in _PART.findall(text) if not _is_word(part))


def _is_pattern(text: str) -> bool:
    """Return whether one letter follows from the last one, most of the time, or there are very few."""
    letters = "".join(_PART.findall(text))
    if len(letters) <= 1 or len(set(letters)) <= _LETTERS:
        return True
    pairs = len(letters) - 1
    same = sum(map(eq, letters, letters[1:]))
    steps = sum(map(_STEPS.__contains__, pairwise(letters)))
    return same > _ALIKE * pairs or steps > _SEQUENCE * pairs


def _is_word(part: str) -> bool:
    """Return whether letters and digits are a word, several in camel case, or a number."""
    if len(part) <= _SHORT or (part.isascii() and part.isdigit()):
        return True
    letters, numbers = _INNER.subn("", part.strip("0123456789"))
    if not (letters.isascii() and letters.isalpha()):
        return False
    if len(part) - len(letters) > 2 * _NUMBER or numbers > (len(letters) > _WORD):
        return False
    humps = _HUMP.findall(letters)
    if len(humps) > 1 and len(letters) < _HUMP_LENGTH * len(humps):
        return False
    return len(letters) <= _WORD or (len(letters) <= _LONGEST and _is_spoken(letters.lower()))


def _is_spoken(letters: str) -> bool:
    """Return whether a word could be said, in some language that is written in these letters."""
    vowels = len(_VOWELS.findall(letters))
    return not (
        _AGAIN.search(letters)
        or _NO_VOWELS.search(letters)
        or not 0.18 <= vowels / len(letters) <= 0.75  # noqa: PLR2004 - of words of many languages
        or len(_RARE.findall(letters)) > 1 + len(letters) // 12
    )
