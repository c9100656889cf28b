"""Characters that a reviewer cannot see and a model reads: which they are, and where a script needs them.

Which they are, model/characters.py says; here are the places where scripts, emoji and typography need them.
directions.py has those of the characters that change the direction of writing.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from reconciler.config import directions
from reconciler.model import pattern as re
from reconciler.model import unicode_tables
from reconciler.model.characters import HIDDEN, LETTERS, MARKS, SPACES, SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

_USUAL = bytes((*b"\t\n\r", *range(32, 127)))
_BREAKS = frozenset("\t\n\r")
_SMUGGLED = re.compile("[\x00-\x08\x0e-\x1a\x1b-\x1f\x7f\u202d\u202e\U000e0000-\U000e01ef]")
_SOFT_HYPHEN, _FEW_HYPHENS, _WORDS_OF_EACH = "\xad", 5, 3
_PICTURE = (
    "\xa9\xae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u2388\u23cf\u23e9-\u23f3"
    "\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2605\u2607-\u2612\u2614-\u2685"
    "\u2690-\u2705\u2708-\u2712\u2714\u2716\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e"
    "\u2753-\u2755\u2757\u2763-\u2767\u2795-\u2797\u27a1\u27b0\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c"
    "\u2b50\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_JOINING = (  # letters that are joined and parted by ZWJ and ZWNJ: Arabic to Sinhala, Tibetan to Adlam
    "\u0620-\u07ff\u0840-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u17b3\u17b6-\u17ff\u1820-\u18af\u1900-\u1aff"
    "\ua840-\ua87f\ua8e0-\ua8ff\ua980-\ua9df\ufb50-\ufdff\ufe70-\ufefc"
    "\U00010d00-\U00010d3f\U00011000-\U00011cff\U0001e900-\U0001e95f"
)
_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17b3\u17b6-\u17ff\u1950-\u19ff\u1a20-\u1aaf\ua980-\ua9df\uaa60-\uaadf"
)
_MONGOLIAN = "\u1820-\u18aa"
_STACKING = _JOINING + "\u1b00-\u1bff\uaae0-\uaaff\U00010a00-\U00010a5f\U00011d00-\U00011f5f"
_BRAILLE = "\u2801-\u28ff"
_TIFINAGH = "\u2d30-\u2d70"
_HIEROGLYPHS = "\U00013000-\U0001342f\U00013460-\U000143ff"
_JOINTS = "\U00013430-\U00013442\U00013447-\U00013455"  # how hieroglyphs are stacked and grouped
_FULL_WIDTH = "\uff01-\uff1f\u3001\u3002"
_KHITAN = "\U00018b00-\U00018cff"
_SHORTHAND = "\U0001bc00-\U0001bc9f"
_JAMO = "\u3131-\u3163\u3165-\u318e"
_VARIED = "0\u1000-\u109f\ua840-\ua877\U00010ac0-\U00010aff"  # which have a form of their own before U+FE00
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_NOTHING = (  # what Unicode lets draw nothing, whichever its script
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
)
_SEEN = rf"[^\s\x00-\x1f\x7f-\x9f{_NOTHING}]"
# The countries of ISO 3166-1, of which a flag of a region names one first.
_COUNTRIES = (
    "a[defgilmoqrstuwxz]|b[abdefghijlmnoqrstvwyz]|c[acdfghiklmnoruvwxyz]|d[ejkmoz]|e[ceghrst]|f[ijkmor]"
    "|g[abdefghilmnpqrstuwy]|h[kmnrtu]|i[delmnoqrst]|j[emop]|k[eghimnprwyz]|l[abcikrstuvy]"
    "|m[acdefghklmnopqrstuvwxyz]|n[acefgilopruz]|om|p[aefghklmnrstwy]|qa|r[eosuw]|s[abcdeghijklmnorstvxyz]"
    "|t[cdfghjklmnortvwz]|u[agmsyz]|v[aceginu]|w[fs]|y[et]|z[amw]"
)


def unseen(text: str, allowed: AbstractSet[str] = frozenset()) -> Iterator[tuple[int, str]]:
    """Yield index and character of everything that cannot be seen, unless its script needs it.

    ``text`` is the whole of what is read together: letters in one line of it decide on marks in another.
    Newlines, tabs and carriage returns are left to others. ``allowed`` holds characters to pass.
    """
    if text.isascii() and text.isprintable():
        return
    letters = _unusual(text)
    hidden = {letter for letter in letters - allowed - _BREAKS if letter in HIDDEN}
    if not hidden:
        return
    if _SOFT_HYPHEN in hidden and _breaks_every_word(text):
        yield text.index(_SOFT_HYPHEN), _SOFT_HYPHEN
    is_right_to_left = directions.goes_left(letters - hidden)
    start = 0
    for line in text.split("\n"):
        if not hidden.isdisjoint(line):
            found = _unseen_of_line(line, hidden, is_right_to_left=is_right_to_left)
            yield from ((start + index, letter) for index, letter in found)
        start += len(line) + 1


def _unusual(text: str) -> set[str]:
    """Return the characters of a text but for those of ASCII that can be seen."""
    octets = text.encode("utf-8", "surrogatepass").translate(None, _USUAL)
    return set(octets.decode("utf-8", "surrogatepass"))


def smuggled(text: str) -> Iterator[tuple[int, str]]:
    """Yield index and character of what is in no document by accident: tags, overrides, escapes of terminals.

    Other characters that cannot be seen come into documents from web pages and word processors.
    """
    if _SMUGGLED.search(text):
        yield from ((index, one) for index, one in unseen(text) if _SMUGGLED.match(one))


def _unseen_of_line(line: str, hidden: set[str], *, is_right_to_left: bool) -> list[tuple[int, str]]:
    meant = directions.meant(line, is_right_to_left=is_right_to_left) | _meant_in(line, hidden)
    return [(index, letter) for index, letter in enumerate(line) if letter in hidden and index not in meant]


def _meant_in(line: str, hidden: set[str]) -> set[int]:
    """Return the indexes of what its neighbours need."""
    meant: set[int] = set()
    for index, letter in enumerate(line):
        if letter not in hidden or index in meant:
            continue
        if found := _forms().match(line, index):
            meant.update(range(index, found.end()))
        elif letter in _NEEDED and _NEEDED[letter](line, index):
            meant.add(index)
    return meant


def _around(line: str, index: int) -> tuple[str, str]:
    """Return the characters beside one, or nothing where there is none or where it cannot be seen."""
    near = line[max(0, index - 1) : index], line[index + 1 : index + 2]
    before, after = (one if one and one not in HIDDEN else "" for one in near)
    return before, after


def _breaks_every_word(text: str) -> bool:
    """Return whether there are so many soft hyphens that no search finds a word."""
    count = text.count(_SOFT_HYPHEN)
    return count > _FEW_HYPHENS and count * _WORDS_OF_EACH > text.count(" ")


def _parts_word(line: str, index: int) -> bool:
    """Return whether a soft hyphen is where a word may be broken.

    Two letters stay on either side, and what has digits is no word.
    """
    before, after = line[max(0, index - 2) : index], line[index + 1 : index + 3]
    is_between = len(before) == len(after) == 2 and all(map(_is_letter, before + after))  # noqa: PLR2004 - two letters
    return is_between and not (
        _CODE_BEFORE.search(line, max(0, index - _LONGEST), index) or _CODE.match(line, index)
    )


def _binds(line: str, index: int) -> bool:
    """Return whether a word joiner keeps a dash, a number or a unit where it is: Latin words need none."""
    before, after = _around(line, index)
    if not (before and after):
        return False
    is_sign = (not one.isascii() and (one in SYMBOLS or one in SPACES) for one in (before, after))
    return any(is_sign) or _BOUND.fullmatch(before + after) is not None


def _styles(line: str, index: int) -> bool:
    """Return whether a variation selector chooses between the forms of a symbol."""
    before, _ = _around(line, index)
    return bool(before) and not before.isascii() and before in SYMBOLS


def _orders(line: str, index: int) -> bool:
    """Return whether a joiner of graphemes keeps a mark from others."""
    before, after = line[max(0, index - 1) : index], line[index + 1 : index + 2]
    return bool(before and after) and _is_letter(before) and after in MARKS and after not in HIDDEN


def _computes(line: str, index: int) -> bool:
    """Return whether an operator stands in a formula: beside a number, a bracket or a letter of mathematics.

    Two Latin letters are a formula only where each is alone.
    """
    before, after = _around(line, index)
    if not (before and after):
        return False
    is_applied = line[index] == "\u2061" and after in "( "
    is_formula = _OPERAND.match(before) or _OPERAND.match(after)
    return bool(is_applied or is_formula or _PRODUCT.match(line, max(0, index - 2)))


def _is_letter(one: str) -> bool:
    return one in LETTERS and one not in HIDDEN


_BOUND = re.compile(
    rf"[A-Za-z\xc0-\u024f]-|-[A-Za-z\xc0-\u024f]|[0-9][-%/:.,x) ]|[-/:.,x( ][0-9]|"
    rf"[{_HAN}{_SPACELESS}\u3041-\u30ff\uac00-\ud7a3]{{2}}"
)
_LONGEST = 100  # letters of a word that are looked at
_CODE = re.compile(rf"[^\s0-9_]{{1,{_LONGEST}}}[0-9_]")
_CODE_BEFORE = re.compile(rf"[0-9_][^\s0-9_]{{0,{_LONGEST}}}\Z")
_OPERAND = re.compile(
    r"[0-9()\[\]{}\xb2\xb3\xbc-\xbe\u0370-\u03ff\u2070-\u209c\u2100-\u218b\u2200-\u22ff\u1d62-\u1d6a\u2c7c\U0001d400-\U0001d7ff]"
)
_PRODUCT = re.compile(rf"(?:\A|[^\w{_NOTHING}])[A-Za-z][\u2062-\u2064][A-Za-z](?![\w{_NOTHING}])", re.ASCII)
_NEEDED: Mapping[str, Callable[[str, int], bool]] = {
    "\xad": _parts_word,
    "\u2060": _binds,
    "\u034f": _orders,
    **dict.fromkeys("\ufe00\ufe0e\ufe0f", _styles),
    **dict.fromkeys("\u2061\u2062\u2063\u2064", _computes),
}


@cache
def _forms() -> re.Pattern[str]:
    """Return where each of them belongs, by its neighbours; compiled when it is first used."""
    flag = f"(?:{_tags(_COUNTRIES)})[{_tags('a')}-{_tags('z')}{_tags('0')}-{_tags('9')}]{{1,3}}\U000e007f"
    return re.compile(
        f"(?<=[{_JOINING}])[\u200c\u200d]|(?<={_SEEN})\u200c(?=[{_JOINING}])"
        f"|(?<![{_NOTHING}])\u200d(?=[{_JOINING}])"
        f"|(?<=[{_SPACELESS}])\u200b(?![{_NOTHING}])|(?<![{_NOTHING}])\u200b(?=[{_SPACELESS}])"
        f"|(?<=[{_MONGOLIAN}])(?:[\u180b-\u180d\u180f]|\u180e(?=[{_MONGOLIAN}]))"
        f"|(?<=[{_HAN}])[\ufe00-\ufe02\U000e0100-\U000e011f]|(?<=[{_VARIED}])\ufe00|(?<=[{_FULL_WIDTH}])\ufe01"
        f"|(?<=[{_PICTURE}])(?:[\ufe0e\ufe0f]|\u200d(?=[{_PICTURE}]))"
        f"|(?<=[{_PICTURE}]\ufe0f)\u200d(?=[{_PICTURE}])"
        f"|(?<=[{_STACKING}])[{_stackers()}]"
        f"|(?<=[{_BRAILLE}])\u2800|\u2800(?=[{_BRAILLE}])"
        f"|(?<=[{_TIFINAGH}])\u2d7f|(?<=[{_KHITAN}])\U00016fe4|(?<=[{_SHORTHAND}])[\U0001bca0-\U0001bca3]"
        f"|(?<=[{_HIEROGLYPHS}])[\ufe00-\ufe06{_JOINTS}]|[{_JOINTS}](?=[{_HIEROGLYPHS}])"
        f"|\u115f(?=[\u1161-\u11a7])|(?<=[\u1100-\u115e])\u1160|\u3164(?=[{_JAMO}]{{3}})"
        "|(?<=[\"'(\u2018\u201c\u300c\u300e])\u3164(?=[\"')\u2019\u201d\u300d\u300f])"
        "|(?<=[0-9#*])\ufe0f(?=\u20e3)"
        f"|(?<=\U0001f3f4){flag}"
        r"|^\x0c(?=[^a-z])"  # a new page before a heading; before a small letter it is a backslash too few
    )


def _tags(pattern: str) -> str:
    """Return a pattern of letters and digits as one of the tags that stand for them."""
    return re.sub("[a-z0-9]", lambda found: chr(0xE0000 + ord(found[0])), pattern)


def _stackers() -> str:
    return "".join(chr(int(word, 16)) for word in unicode_tables.STACKERS.split())
