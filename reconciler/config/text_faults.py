"""What a text has that was hardly meant to be sent: leftovers, conflict markers, ciphers, gaps, marks."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from reconciler.config.conflict import CONFLICT, DECIDE, conflict
from reconciler.config.leftovers import ATOMS, LEFT, leftovers
from reconciler.model import pattern as re
from reconciler.model.characters import MARKS, MOST_MARKS, heap, quoted

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
_FOREIGN = re.compile(f"[{_THIN}\u2003\u3000\u0488\u0489\u20dd-\u20e0\u20e2-\u20e4]")
_RETURN, _LONE = re.compile(r"\r(?!\n|\Z)"), re.compile(r"\r(?!\n)")


_ATOMS = (*ATOMS, "<<<<<<<", ">>>>>>>", "ENC[AES256_GCM", "$ANSIBLE_VAULT", "&#", "${var.")
_SMALL = b"abcdefghijklmnopqrstuvwxyz \n"
# Each without small letters, to be looked for in the tenth of a text that is left without them.
_SIGNS = tuple((one.encode("ascii", "replace").translate(None, _SMALL), one) for one in _ATOMS)
_BEGINNINGS = bytes({sign[0] for sign, _ in _SIGNS})
_OF_BLANKS = bytes(32 if octet in b" \t\n\r" else 120 for octet in range(256))
_MOST_BLANKS = b" " * 100
_FORM = re.compile(r"\[(?i:your|insert|enter|fill|name)"), re.compile(r"<(?i:your|insert|enter|fill|name)")


class Fault(NamedTuple):
    """A fault of a text: the code of the rule, the problem, the remedy, and which letters it is about."""

    code: str
    problem: str
    help: str
    at: int
    width: int = 1
    is_warning: bool = False


def is_quiet(text: str) -> bool:
    """Return whether neither a text nor a value in it, written without escapes, can have a fault.

    It may have none although this is not so. YAML joins lines, so nothing rests on blanks or ends of lines.
    A use of a variable and what is left of a form count as faults here, too.
    """
    octets = text.encode("ascii", "replace")
    rest = octets.translate(None, _SMALL)
    has_beginning = len(rest) > len(rest.translate(None, _BEGINNINGS))
    if has_beginning and any(sign in rest and atom in text for sign, atom in _SIGNS):
        return False
    if _MOST_BLANKS in octets.translate(_OF_BLANKS) or (b"\r" in rest and _LONE.search(text)):
        return False
    if not text.isascii() and (_FOREIGN.search(text) or _has_marks(text)):
        return False
    may_be_form = (b"[" in rest and _FORM[0].search(text)) or (b"<" in rest and _FORM[1].search(text))
    may_be_left = "lorem" in text.lower() or (
        ("..." in text or "\u2026" in text) and ("rest" in text or "remainder" in text)
    )
    return not (may_be_form or may_be_left)


def _has_marks(text: str) -> bool:
    """Return whether any letter of a text is a combining mark."""
    abroad = text.encode("utf-8", "surrogatepass").translate(None, bytes(range(128)))
    return any(one in MARKS for one in set(abroad.decode("utf-8", "surrogatepass")))


def text_faults(text: str, most_marks: int = MOST_MARKS) -> Iterator[Fault]:
    """Yield the faults of a text, kind by kind; ``most_marks`` is how many its script may put on a letter."""
    return iter(()) if is_quiet(text) else searched(text, most_marks)


def searched(text: str, most_marks: int = MOST_MARKS) -> Iterator[Fault]:
    """Yield what `text_faults` does, by searching for everything."""
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
