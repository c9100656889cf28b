"""What a text has that was hardly meant to be sent: leftovers, conflict markers, ciphers, gaps, marks."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from reconciler.config.conflict import CONFLICT, DECIDE, conflict
from reconciler.config.leftovers import LEFT, leftovers
from reconciler.model import pattern as re
from reconciler.model.characters import MOST_MARKS, heap, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST = 5  # faults of one kind in one text; the rest are likely the same mistake
_CIPHER = re.compile(
    r"ENC\[AES256_GCM,data:[A-Za-z0-9+/=]{2,}|\$ANSIBLE_VAULT;1\.[0-9];AES256\s{1,40}[0-9a-f]{40}"
)
_BLANKS, _THIN = " \t\u2003\u3000", "\u2000-\u200a\u205f"
_ROW_ENDS = rf"[|{_BLANKS}]{{0,4000}}(?:[\r\n]|\Z)"  # of a table
_GAP = re.compile(  # beyond every screen, or too thin to be counted by eye
    rf"(?<![{_BLANKS}])[{_BLANKS}]{{200,}}(?=\S)(?!{_ROW_ENDS})"
    rf"|(?<!\n)\n{{100,}}(?=[^\n])"
    rf"|(?<![{_THIN}])[{_THIN}]{{8,}}"
)
_ENTITY = re.compile(
    r"&#(?:x0{0,4}(?:202[a-e]|206[6-9]|e00[0-7][0-9a-f])|0{0,4}(?:823[4-8]|829[4-7]));", re.IGNORECASE
)
_RETURN = re.compile(r"\r(?!\n|\Z)")


class Fault(NamedTuple):
    """A fault of a text: the code of the rule, the problem, the remedy, and which letters it is about."""

    code: str
    problem: str
    help: str
    at: int
    width: int = 1
    is_warning: bool = False


def text_faults(text: str, most_marks: int = MOST_MARKS) -> Iterator[Fault]:
    """Yield the faults of a text, kind by kind; ``most_marks`` is how many its script may put on a letter."""
    for word in islice(leftovers(text), _MOST):
        problem = f"{quoted(word[0])} {LEFT}"
        yield Fault("AS503", problem, "", word.start(), width=len(word[0]), is_warning=True)
    marker = conflict(text)
    if marker is not None:
        yield Fault("AS509", CONFLICT, DECIDE, marker, width=7)
    if cipher := _CIPHER.search(text):
        problem = f"{quoted(cipher[0][:20])} begins an encrypted text, which is sent as it stands"
        yield Fault("AS310", problem, "decrypt it first", cipher.start())
    yield from _unseen(text)
    if marks := heap(text, most_marks):
        problem = f"{len(marks[0])} combining marks in a row cover what is around them"
        remedy = f"use at most {MOST_MARKS} for a letter"
        yield Fault("AS512", problem, remedy, marks.start(), is_warning=True)


def _unseen(text: str) -> Iterator[Fault]:
    """Yield what hides something although each of its characters can be seen."""
    for gap in islice(_GAP.finditer(text), _MOST):
        what = "line ends" if gap[0][0] == "\n" else "blanks"
        problem = f"{len(gap[0]):,} {what} in a row can hide something"
        yield Fault("AS501", problem, "remove them", gap.start())
    for entity in islice(_ENTITY.finditer(text), _MOST):
        problem = f"{entity[0]} stands for a character that cannot be seen"
        yield Fault("AS501", problem, "remove it", entity.start(), width=len(entity[0]))
    if (carriage := _RETURN.search(text)) is not None:
        problem = "a carriage return without a line feed: a terminal shows only what follows it"
        yield Fault("AS504", problem, "end the line with LF", carriage.start(), is_warning=True)
