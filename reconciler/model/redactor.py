"""Secrets that a text must not repeat, in whatever form: the one place that hides them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

from reconciler.model import pattern as re
from reconciler.model.characters import is_word
from reconciler.model.credentials import BLOCK, HIDDEN, SHORT
from reconciler.model.disguises import disguises, folded, readings, views
from reconciler.model.keys import without_key_blocks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_T = TypeVar("_T")

_PART = 16  # characters of a secret that are as bad as the whole
_LONGEST = 64  # characters that are compared where a whole secret counts
_BLOCK = 6
_LEAST = 2 * _BLOCK - 1  # characters of a form in which there is a whole block, wherever it begins
_LEAST_LETTERS = 4  # different ones that a part has; a ruler of dashes is no secret
_WORDS = 3
_SPOKEN = 4  # characters from which on a short secret is looked for in URLs and headers
_BEFORE, _NAME = 100, 40
_BRIEF, _MOST_MET = 200, 10_000
_WORD = re.compile(r"[A-Za-z]+(?:[-_ ][A-Za-z]+)*\Z")
_SAID = re.compile(r"[A-Za-z',.;:!?()-]+\Z")
_NAMED = re.compile(  # what comes before the value of a header, or of a parameter of a connection
    r"(?:(?:authorization|cookie|api[-_]?key|[a-z0-9]-(?:key|token|secret))[\"']?:\s{0,3}[\"']?"
    r"(?:(?:bearer|basic|token)\s{1,3})?|(?:password|passwd|pwd|api[-_]?key|access[-_]?token)=[\"']?)\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Redactor:
    """Secrets, and what is left of a text without them.

    A secret of 12 characters or more is hidden wherever it stands: as it is, in any case, reversed, encoded,
    escaped, broken over lines, and every part of 16 characters or more of all that. A shorter one is hidden
    where it is the whole of a value, and inside URLs, headers and connection strings. A sentence of words is
    hidden as a whole, since its parts are what people write.
    """

    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def of(cls, *secrets: str | None) -> Redactor:
        """Return a redactor of some secrets; None and an empty one are none."""
        return cls(frozenset(secret for one in secrets if one and (secret := one.strip())))

    def and_of(self, *secrets: str | None) -> Redactor:
        """Return a redactor that knows more secrets."""
        more = Redactor.of(*secrets).secrets
        return self if more <= self.secrets else Redactor(self.secrets | more)

    def redacted(self, text: str) -> str:
        """Return a text without the secrets, and without private-key blocks; unchanged if it has none."""
        text = without_key_blocks(text) if BLOCK in text else text
        if not self.secrets:
            return text
        if self.leaks(text):
            text = _replaced(text, self._spans(text))
        return self._without_short_ones(text) if self._short else text

    def leaks(self, text: str) -> bool:
        """Return whether a text repeats a secret that is not short, or a part of one."""
        return bool(self._index.places) and any(map(self._index.has, readings(text)))

    def is_in(self, content: bytes) -> bool:
        """Return whether bytes have a secret that is not short, as it is."""
        return any(secret.encode() in content for secret in self.secrets.difference(self._short))

    def may_hide(self, text: str) -> bool:
        """Return whether any value in a document, given as its JSON, may have a secret; quickly."""
        if not self.secrets:
            return False
        wholes = self._wholes if self._short else ()
        return self.leaks(text) or any(form in reading for reading in readings(text) for form in wholes)

    def may_hide_in(self, texts: Collection[str]) -> bool:
        """Return whether one of some texts, or a part of it, may be hidden; in one look at all of them.

        Between two texts is what no escape reaches over; a secret in both together is only looked at closely.
        """
        if any(BLOCK in one or self._is_whole(one) for one in texts):
            return True
        if any(secret in one for secret in self._short if len(secret) >= _SPOKEN for one in texts):
            return True
        return self.leaks("z\n".join([*texts, ""]))

    def hidden(self, value: _T) -> _T:
        """Return a JSON value without the secrets, which may also be the whole of any text in it."""
        if not self.secrets or value is None or isinstance(value, bool):
            return value
        return self._hidden(value)  # type: ignore[no-any-return] # of the same type, but for numbers

    def hides(self, value: Any) -> bool:
        """Return whether a JSON value repeats a secret that is not short."""
        if isinstance(value, dict):
            return any(self.hides(name) or self.hides(inner) for name, inner in value.items())
        if isinstance(value, (list, tuple)):
            return any(map(self.hides, value))
        return value is not None and self.leaks(str(value))

    def _hidden(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._hidden_text(value)
        if isinstance(value, (list, tuple)):
            return type(value)([self._hidden(inner) for inner in value])
        if isinstance(value, dict):
            return {self._hidden(name): self._hidden(inner) for name, inner in value.items()}
        if isinstance(value, (int, float)) and not isinstance(value, bool) and self.leaks(str(value)):
            return HIDDEN
        return value

    def _hidden_text(self, value: str) -> str:
        known = self._met.get(value)
        if known is None:
            known = HIDDEN if self._is_whole(value) else self.redacted(value)
            if len(value) < _BRIEF and len(self._met) < _MOST_MET:
                self._met[value] = known
        return known

    @cached_property
    def _met(self) -> dict[str, str]:
        """Brief texts that were met, of which a document has many alike, as they are shown."""
        return {}

    @cached_property
    def _index(self) -> _Index:
        return _Index.of(self.secrets.difference(self._short))

    @cached_property
    def _short(self) -> tuple[str, ...]:
        short = (one for one in self.secrets if len(one) < SHORT or len(folded(one)) < _LEAST)
        return tuple(sorted(short, key=len, reverse=True))

    @cached_property
    def _wholes(self) -> frozenset[str]:
        return frozenset(folded(form) for secret in self._short for form in disguises(secret)) - {""}

    def _is_whole(self, value: str) -> bool:
        """Return whether a value is a short secret, in some form; a long text is none."""
        if not self._short or len(value) > SHORT * SHORT:
            return False
        return any(reading.rstrip("=") in self._wholes for reading in readings(value))

    def _spans(self, text: str) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for view in views(text, self._index.has):
            spans = _merged(sorted(self._index.spans(view.text)))
            found += [(view.starts[start], view.ends[end - 1]) for start, end in spans]
        return _merged(sorted(_whole_escapes(text, start, end) for start, end in found))

    def _without_short_ones(self, text: str) -> str:
        for secret in self._short:
            if len(secret) >= _SPOKEN and secret in text:
                text = _replaced(text, list(_spoken(text, secret)))
        return text


NOTHING: Final = Redactor()
"""A redactor that knows no secret."""


@dataclass(frozen=True, slots=True)
class _Index:
    """Stretches of secrets in every form.

    ``places`` has for each block of six characters where in a stretch it is the first whole one, as the
    number of characters before it and the length of the stretch.
    """

    stretches: set[str]
    places: dict[str, set[tuple[int, int]]]

    @classmethod
    def of(cls, secrets: Iterable[str]) -> _Index:
        stretches = {
            stretch
            for secret in secrets
            for form in disguises(secret)
            for stretch in _stretches(secret, form)
        }
        places: dict[str, set[tuple[int, int]]] = {}
        for stretch in stretches:
            for before in range(_BLOCK):
                block = stretch[before : before + _BLOCK]
                places.setdefault(block, set()).add((before, len(stretch)))
        return cls(stretches, places)

    def has(self, text: str) -> bool:
        return next(self.spans(text), None) is not None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where the stretches are, in no strict order: a block of each begins at a multiple of six."""
        places, stretches = self.places, self.stretches
        for at in range(0, len(text) - _BLOCK + 1, _BLOCK):
            for before, size in places.get(text[at : at + _BLOCK], ()):
                start = at - before
                if 0 <= start <= len(text) - size and text[start : start + size] in stretches:
                    yield start, start + size


def _stretches(secret: str, form: str) -> Iterator[str]:
    """Yield what of a form counts: each part of 16 characters, or nearly the whole of a sentence."""
    length = _length(secret, form)
    for at in range(len(form) - length + 1):
        stretch = folded(form[at : at + length])
        is_part = length == _PART < len(form)
        if len(stretch) >= _LEAST and not (is_part and len(set(stretch)) < _LEAST_LETTERS):
            yield stretch


def _length(secret: str, form: str) -> int:
    words = secret.split()
    is_sentence = len(words) >= _WORDS and all(_SAID.match(word) for word in words)
    if is_sentence or len(set(form)) < _LEAST_LETTERS:
        return min(len(form), _LONGEST, max(_PART, len(form) * 3 // 4))
    return min(len(form), _PART)


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return stretches in their order, those that touch as one."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _whole_escapes(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a stretch that cuts no backslash from the character it escapes, for the text may be JSON."""
    if _backslashes(text, start) % 2:
        start -= 1
    if _backslashes(text, end) % 2 and end < len(text):
        end += 1
    return start, end


def _backslashes(text: str, end: int) -> int:
    before = text[max(0, end - _BEFORE) : end]
    return len(before) - len(before.rstrip("\\"))


def _replaced(text: str, spans: list[tuple[int, int]]) -> str:
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += (text[at:start], HIDDEN)
        at = end
    return "".join([*parts, text[at:]])


def _spoken(text: str, secret: str) -> Iterator[tuple[int, int]]:
    """Yield where a short secret is a part of a URL, or the value of a header or a parameter."""
    start = text.find(secret)
    while start >= 0:
        end = start + len(secret)
        before, after = text[max(0, start - _BEFORE) : start], text[end : end + 1]
        is_whole = bool(before) and not is_word(after) and after != "-"
        if is_whole and (_is_named(before) or _is_in_url(before, after, secret)):
            yield start, end
        start = text.find(secret, end)


def _is_named(before: str) -> bool:
    words = before.rstrip(" \"'")
    return words.endswith((":", "=", "r", "c", "n", "R", "C", "N")) and bool(_NAMED.search(before[-_NAME:]))


def _is_in_url(before: str, after: str, secret: str) -> bool:
    """Return whether it is a user, a password, a value, or, unless it is a word, any segment of a URL."""
    begin = before.rfind("://")
    if begin < 0 or any(one.isspace() or one in "\"'<>" for one in before[begin:]):
        return False
    is_named = before[-1] == "=" or (after == "@" and before[-1] in "/:")
    return is_named or (before[-1] in "/?&#;," and not _WORD.match(secret))
