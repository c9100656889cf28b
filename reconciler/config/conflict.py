"""Conflict markers that a merge left in a text or a file."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from reconciler.model import pattern as re

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFLICT: Final = "a merge left its conflict markers here"
DECIDE: Final = "decide for one side, and remove them"
"""What is said of them, and what to do."""
MARKER: Final = re.compile(r"^(?:[<|>]{7} [^\s<|>][^\n]*|={7}\r?$)", re.MULTILINE)
"""One of them in a file that cannot be parsed, where it explains that."""

# What prompts for coding ask a model to write around an edit.
_EDIT_FROM, _EDIT_TO = (
    rf"(?!(?:{words})[ \t\r]*(?:\n|\Z))"
    for words in ("SEARCH|ORIGINAL|BEFORE|OLD|FIND", "REPLACE|UPDATED|AFTER|NEW")
)
_COMMIT = r"(?=[a-f]*[0-9])[0-9a-f]{7,40}"
_EVENT = re.compile(  # the first of two markers, the last one, that of a commit with its subject, or a fence
    rf"\n(?=[<>`~ \t*+0-9\xef-])(?:\xef\xbb\xbf)?"
    rf"(?: {{0,3}}+(?:(?P<first><{{7,40}} {_EDIT_FROM}[^\s<>])"
    rf"|(?P<last>>{{7,40}} {_EDIT_TO}"
    rf"(?:(?P<commit>{_COMMIT} \(.)|[^\s<>])))"
    r"|[ \t]{0,12}+(?:(?:[-*+]|[0-9]{1,3}[.)]) {1,4}+)?"
    r"(?P<fence>`{3,}|~{3,})(?P<words>[^\n]{0,200}))".encode(),
)
_LONGEST = 250  # bytes of a line that are looked at
# One of them alone, with nothing but the name of a side or a commit, as git and its like write it.
_ALONE = re.compile(
    rf"^(?:<{{7}} (?:HEAD|ours|[Uu]pdated upstream)|={{7}}\n(?:[^\n]*\n){{1,40}}?>{{7}} {_COMMIT}\b[^\n]*|"
    rf">{{7}} (?:HEAD|ours|theirs|main|master|trunk|develop|[Ss]tashed changes|{_COMMIT}(?: \([^\n]*)?|"
    r"(?=[\w.]*[-/])\w[\w./-]*))[ \t\r]*$",
    re.MULTILINE | re.ASCII,
)
_FIRST = re.compile(rf"^\ufeff? {{0,3}}(<{{7,40}}) {_EDIT_FROM}", re.MULTILINE)
_QUOTED_MAIL = re.compile(r"^>{1,6} |^>{8}", re.MULTILINE)


@dataclass(slots=True)
class _Met:
    """What was met of a conflict: in an example, between the fences of a code block, and outside of one."""

    fence: bytes = b""  # that of the code block which is open
    is_begun: bool = False
    is_cut: bool = False  # an example ended before the conflict in it
    is_begun_inside: bool = False
    is_shown: bool = False  # in the block which is open, and may be no block
    is_found: bool = False

    def see(self, text: bytes, start: int, end: int) -> Self:
        """Look at the lines of a stretch."""
        for event in _EVENT.finditer(text, start, end):
            self.meet(event)
        return self

    def meet(self, event: re.Match[bytes]) -> None:
        """Look at a marker or a fence."""
        if event.lastgroup == "words":
            self._meet_fence(event["fence"], event["words"])
        elif event.lastgroup == "first":
            self.is_begun = self.is_begun or not self.fence
            self.is_begun_inside = self.fence != b""
        elif self.fence and self.is_begun_inside:
            self.is_begun_inside, self.is_shown = False, True
            self.is_found = self.is_found or event["commit"] is not None
        elif self.is_begun or (self.is_cut and not self.fence):
            self.is_found = True

    def _meet_fence(self, fence: bytes, words: bytes) -> None:
        if not self.fence:
            is_code = fence[:1] == b"`" and b"`" in words  # within a line
            self.fence = b"" if is_code else fence
        elif fence.startswith(self.fence) and not words.strip():
            self.is_cut = self.is_cut or self.is_begun_inside
            self.fence, self.is_begun_inside, self.is_shown = b"", False, False


class ConflictMarkers:
    """Looks for the first and the last marker at beginnings of lines; the bytes may come in pieces.

    Those of an example do not count, unless the last names a commit with its subject, as only git writes it.
    A fence between the two belongs to a side, and a block that is not closed is no example. What is between
    the two differs: tools write `=======`, `|||||||` or `%%%%%%%`.
    """

    def __init__(self) -> None:
        self._rest = b"\n"
        self._met = _Met()

    @property
    def are_found(self) -> bool:
        """Whether both of them were met."""
        met = self._met
        if _EVENT.search(self._rest):
            met = replace(met).see(self._rest, 0, len(self._rest))
        return met.is_found or met.is_shown

    def feed(self, piece: bytes) -> None:
        """Look at the next bytes."""
        if self._met.is_found:
            return
        text = self._rest + piece
        end = text.rfind(b"\n")  # of the lines that are whole
        self._met.see(text, 0, end)
        self._rest = text[end : end + _LONGEST]


def conflict(text: str) -> int | None:
    """Return where a text has its first conflict marker; None where it has no conflict.

    One marker that was left alone counts too, unless the text quotes mails, whose lines begin in the same
    way.
    """
    if "<<<<<<< " not in text and ">>>>>>> " not in text:
        return None
    markers = ConflictMarkers()
    markers.feed(text.encode("utf-8", "surrogatepass"))
    if markers.are_found:
        first = _FIRST.search(text)
        return first.start(1) if first else 0
    return None if _QUOTED_MAIL.search(text) else _alone(text)


def _alone(text: str) -> int | None:
    """Return where a marker is that was left alone, outside of every example."""
    found = [*_ALONE.finditer(text)]
    examples = [*_examples(text)] if found else []
    return next((one.start() for one in found if not _is_within(examples, one.end())), None)


def _is_within(examples: list[tuple[int, int]], at: int) -> bool:
    number = bisect_right(examples, (at, 0)) - 1
    return number >= 0 and at < examples[number][1]


def _examples(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each code block begins and ends that has an end."""
    content = f"\n{text}".encode("utf-8", "surrogatepass")
    met, begin, done, at = _Met(), 0, 0, 0
    for event in _EVENT.finditer(content):
        before = met.fence
        met.meet(event)
        at += len(content[done : event.start()].decode("utf-8", "surrogatepass"))
        done = event.start()
        if before and not met.fence:
            yield begin, at
        elif met.fence and not before:
            begin = at
