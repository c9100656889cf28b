"""Words of a text that look like something left to be written: TODO, [INSERT NAME], lorem ipsum.

A word such as TODO is judged by what is beside it: many texts are about lists of tasks, and in several
languages it is a word like any other.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from reconciler.model import pattern as re
from reconciler.model.characters import stands_alone

if TYPE_CHECKING:
    from collections.abc import Iterator

LEFT: Final = "looks like something left to be written"
"""What is said of such words."""

_WORD = re.compile(r"(?:TODO|FIXME|TBD|TBC|XXX|CHANGEME|CHANGE_ME|REPLACEME|REPLACE_ME|FILL_ME_IN)", re.ASCII)
_SPACE = "[ \\t]"
_CALL = re.compile(
    rf"{_SPACE}?(?:\([^()\n]{{1,40}}\))?{_SPACE}?(?::(?![:\w])|[-\u2013\u2014]{_SPACE}|\u2026|\.\.\.)",
    re.ASCII,
)
_NEXT = re.compile(
    rf"{_SPACE}(?!(?:apps?|comments?|entries|entry|items?|keywords?|lines?|lists?|states?|tags?)\b)[a-z]",
    re.ASCII,
)
_SHORT: Final = frozenset({"TBD", "TBC"})
_OPEN = re.compile(r"[ \t]{0,20}(?:[.!?)\]>](?!\w)|\r?\n|\Z)", re.ASCII)
# TBC is a disease, too: what is before it says that it stands for what is missing.
_MISSING = re.compile(
    r"(?:(?:^|\n)|[-:(\[<=\u2013\u2014]|\b(?:is|are|be|still|remains?|currently|yet))[ \t]*\Z",
    re.IGNORECASE | re.ASCII,
)
_OTHER_STATES = re.compile(r"\b(?:DOING|DONE|WIP|IN PROGRESS|IN REVIEW)\b", re.ASCII)
_BESIDE: Final = 100  # characters around a state of a task that may have another one
_PRESSED = re.compile(
    r"\b(?:press|click|tap|choose|select|hit|push|button)(?:s|es|ed|ing)?"
    r"(?:[ ](?:on|the|a|an|button|key|called|labelled|named))*[ ]?[\"'\u201c\u2018]?\Z",
    re.IGNORECASE | re.ASCII,
)
_BUTTON = re.compile(r"[\"'\u201d\u2019]?[ ](?:button|key)\b", re.ASCII)
_LABEL = re.compile(r"[\[<](?:ADD |ENTER |INSERT KEY)")  # of a key or a button
_OPENING_QUOTES: Final = frozenset("\"'`\u00ab\u2018\u201a\u201c\u201e\u300c")
_FORBIDDEN = re.compile(r"\b(?:never|don['\u2019]t|do not|avoid)\b[^.!?\n]*\Z", re.IGNORECASE | re.ASCII)
_SPOKEN_OF = re.compile(
    r"\b(?:if|when|whenever|unless|not|without|no)\b[^.!?\n]*\Z", re.IGNORECASE | re.ASCII
)
_END = re.compile(rf"{_SPACE}{{0,20}}(?:[.!?)\]>]|-->){{0,9}}{_SPACE}{{0,20}}(?:\r?\n|\Z)")
_START = re.compile(
    rf"(?:(?:^|\n){_SPACE}*(?:(?:#+|//|--|/\*|<!--|[-*]{_SPACE}\[[ ]\]){_SPACE}*)?|(?<!\.)[.!?:]{_SPACE})\Z"
)
_FENCE = re.compile(r"^(?:```|~~~)", re.MULTILINE)
_QUOTES: Final = frozenset("\"'`\u00ab\u00bb\u2018\u2019\u201c\u201d\u201e\u300c\u300d|\\/")
# Words of languages in which "todo" means all; of several of them a text has more than one.
_ROMANCE = re.compile(
    r"(?:el|la|los|las|del|que|para|por|una|con|en|os|as|um|uma|com|dos|das|ao|de|do|da|lo|toda|todas|todo|todos|tudo|y)",
    re.ASCII,
)
_FEW: Final = 3
_AROUND: Final = 400
# The first begin what is between brackets, the others end it, or stand there alone.
_BEGIN = (
    "INSERT|YOUR|ADD|REPLACE|ENTER|INSERTAR|INS\u00c9RER|INSERIR|INSERIRE|WPISZ|"
    "\u0412\u0421\u0422\u0410\u0412\u0418\u0422\u042c"
)
_CLOSE = (
    "NAME HERE|PLACEHOLDER|EINF\u00dcGEN|AUSF\u00dcLLEN|EINTRAGEN|ERG\u00c4NZEN|\u00c0 COMPL\u00c9TER|"
    "\u00c0 REMPLIR|RELLENAR|COMPLETAR|PREENCHER|COMPILARE|INVULLEN|UZUPE\u0141NI\u0106|"
    "\u0417\u0410\u041f\u041e\u041b\u041d\u0418\u0422\u042c|\u586b\u5199|\u8f38\u5165|\u5165\u529b"
)
_BRACKETS = re.compile(
    rf"[\[<](?:(?:{_BEGIN})[ ][^\]>\n]{{1,60}}|(?:[^\]>\na-z]{{1,60}}[ ])?(?:{_CLOSE}))[\]>]", re.ASCII
)
_DUMMY = re.compile(
    r"(?i:lorem ipsum)|\[object Object\]|[\[<][^\]>\n]{1,40} goes here[\]>]"
    r"|\[(?:Your|Insert|Enter) [A-Z][A-Za-z ]{1,40}\]"
    r"|(?:\.\.\.|\u2026)[ ]?[(\[]?(?:the )?(?:rest|remainder) of (?:the |this |your )?(?:[a-z]+ )?"
    r"(?:is |stays |remains )?(?:unchanged|the same|omitted|here)",
    re.ASCII,
)
_WORDS = "TODO FIXME TBD TBC XXX CHANGEME CHANGE_ME REPLACEME REPLACE_ME FILL_ME_IN"
ATOMS: Final = (
    *_WORDS.split(),
    *(f"{bracket}{one}" for one in _BEGIN.split("|") for bracket in "[<"),
    *(f"{one.split()[-1]}{bracket}" for one in _CLOSE.split("|") for bracket in "]>"),
    *("[object", "here]", "here>", "[Your", "[Insert", "[Enter"),
)
"""What each of them has, without blanks; but for `lorem ipsum` in any case, and `... rest of` the text."""


def leftovers(text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
    """Yield what looks like something left to be written in a text, or in a stretch of it, in order."""
    stretch = start, len(text) if end is None else end
    words = [one for one in _WORD.finditer(text, *stretch) if stands_alone(one) and _is_left(one)]
    fences = [one.start() for one in _FENCE.finditer(text)] if words else []
    open_words = (one for one in words if bisect_right(fences, one.start()) % 2 == 0)  # code may have its own
    brackets = (one for one in _BRACKETS.finditer(text, *stretch) if not _is_pressed(one))
    others = (*brackets, *(one for one in _DUMMY.finditer(text, *stretch) if not _is_mentioned(one)))
    yield from sorted((*open_words, *others), key=re.Match.start)


def _is_left(word: re.Match[str]) -> bool:
    """Return whether a word calls for something to be written, by what is beside it."""
    text, (start, end) = word.string, word.span()
    before, after = text[start - 1 : start], text[end : end + 1]
    if {before, after} & _QUOTES:
        return False
    if word[0] in {"TODO", "XXX"}:
        begins = _begins(text, start)
        is_called = _CALL.match(text, end) is not None and (begins or (word[0] == "TODO" and after == ":"))
        is_left = begins and (_END.match(text, end) or _NEXT.match(text, end)) is not None
        is_open = is_called or is_left or _is_remark(text, start)
        return is_open and not (_is_romance(text, start) or _is_a_state(word))
    if word[0] in _SHORT and _OPEN.match(text, end) is None:
        return after == ":" and _begins(text, start)
    return word[0] != "TBC" or _MISSING.search(text, max(0, start - _BESIDE), start) is not None


def _is_a_state(word: re.Match[str]) -> bool:
    """Return whether another state of a task is beside a word."""
    begin, end = max(0, word.start() - _BESIDE), word.end() + _BESIDE
    return _OTHER_STATES.search(word.string, begin, end) is not None


def _is_pressed(word: re.Match[str]) -> bool:
    """Return whether words between brackets are those of a key or a button."""
    text, (start, end) = word.string, word.span()
    if _LABEL.match(word[0]) is None:
        return False
    is_pressed = _PRESSED.search(text, max(0, start - _BESIDE), start) is not None
    return is_pressed or _BUTTON.match(text, end) is not None


def _is_mentioned(word: re.Match[str]) -> bool:
    """Return whether a text is about such words: it quotes or forbids them, or says where they appear."""
    text, start = word.string, word.start()
    is_forbidden = _FORBIDDEN.search(text, max(0, start - _AROUND), start) is not None
    if is_forbidden or text[start - 1 : start] in _OPENING_QUOTES:
        return True
    is_blank = word[0][:1] in {"[", "<"} and word[0] != "[object Object]"  # to be filled in, wherever it is
    return not is_blank and _SPOKEN_OF.search(text, max(0, start - _AROUND), start) is not None


def _begins(text: str, start: int) -> bool:
    """Return whether a line, a remark or a sentence begins there."""
    return _START.search(text, max(0, start - _AROUND), start) is not None


def _is_remark(text: str, start: int) -> bool:
    """Return whether what is before a word on its line begins a remark of code or markup."""
    line = text[text.rfind("\n", max(0, start - _AROUND), start) + 1 : start].strip(" \t")
    return line in {"//", "<!--", "/*"}


def _is_romance(text: str, at: int) -> bool:
    around = text[max(0, at - _AROUND) : at + _AROUND].lower()
    words = {one[0] for one in _ROMANCE.finditer(around) if stands_alone(one)}
    return len(words) >= _FEW
