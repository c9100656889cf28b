"""Characters that a reviewer cannot see and a model reads: which they are, and where a script needs them.

Which they are, model/characters.py says; here are the places where scripts and emoji need them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from reconciler.model import unicode_tables
from reconciler.model.characters import HIDDEN, RIGHT_TO_LEFT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

_BREAKS = frozenset("\t\n\r")
_PICTURE = (
    "\xa9\xae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u2388\u23cf\u23e9-\u23f3"
    "\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2605\u2607-\u2612\u2614-\u2685"
    "\u2690-\u2705\u2708-\u2712\u2714\u2716\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e"
    "\u2753-\u2755\u2757\u2763-\u2767\u2795-\u2797\u27a1\u27b0\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c"
    "\u2b50\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_JOINING = (  # letters that are joined and parted by ZWJ and ZWNJ: Arabic to Sinhala, Tibetan to Tai Tham
    "\u0620-\u07ff\u0840-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u17b3\u17b6-\u17ff\u1820-\u18af\u1900-\u1aff"
    "\ua840-\ua87f\ua8e0-\ua8ff\ua980-\ua9df\ufb50-\ufdff\ufe70-\ufefc\U00010d00-\U00010d3f\U00011000-\U00011cff"
)
_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17b3\u17b6-\u17ff\u1950-\u19ff\u1a20-\u1aaf\uaa60-\uaadf"
_MONGOLIAN = "\u1820-\u18aa"
_STACKING = _JOINING + "\u1b00-\u1bff\uaae0-\uaaff\U00010a00-\U00010a5f\U00011d00-\U00011f5f"
_BRAILLE = "\u2801-\u28ff"
_TIFINAGH = "\u2d30-\u2d70"
_HIEROGLYPHS = "\U00013000-\U0001345f"
_KHITAN = "\U00018b00-\U00018cff"
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_FLAGS = ("gbeng", "gbsct", "gbwls")
_DIRECTION_MARKS = frozenset("\u200e\u200f\u061c")


def unseen(text: str, allowed: AbstractSet[str] = frozenset()) -> Iterator[tuple[int, str]]:
    """Yield index and character of everything that cannot be seen, unless its script needs it.

    Newlines, tabs and carriage returns are left to others. ``allowed`` holds characters to pass.
    """
    if text.isascii() and text.isprintable():
        return
    hidden = {letter for letter in set(text) - allowed - _BREAKS if letter in HIDDEN}
    if not hidden:
        return
    start = 0
    for line in text.split("\n"):
        if not hidden.isdisjoint(line):
            yield from ((start + index, letter) for index, letter in _unseen_of_line(line, hidden))
        start += len(line) + 1


def named(character: str) -> str:
    """Return a character as a person can look it up: U+200B ZERO WIDTH SPACE."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}{' ' if name else ''}{name}"


@cache
def _meant() -> re.Pattern[str]:
    """Return where each of them belongs, by its neighbours; compiled when it is first used."""
    flags = "|".join("".join(chr(0xE0000 + ord(letter)) for letter in flag) for flag in _FLAGS)
    return re.compile(
        f"(?<=[{_JOINING}])[\u200c\u200d]"
        rf"|(?<=[\w»\u2019\u201d\"')\]}}>*`])[\u200c\u200d](?=[{_JOINING}])"
        f"|(?<=[{_SPACELESS}])\u200b(?=[{_SPACELESS}])"
        f"|(?<=[{_MONGOLIAN}])(?:[\u180b-\u180d\u180f]|\u180e(?=[{_MONGOLIAN}]))"
        f"|(?<=[{_HAN}])[\U000e0100-\U000e01ef]"
        f"|(?<=[{_PICTURE}])(?:[\ufe0e\ufe0f]|\u200d(?=[{_PICTURE}]))"
        f"|(?<=[{_PICTURE}]\ufe0f)\u200d(?=[{_PICTURE}])"
        f"|(?<=[{_STACKING}])[{_stackers()}]"
        f"|(?<=[{_BRAILLE}])\u2800|\u2800(?=[{_BRAILLE}])"
        f"|(?<=[{_TIFINAGH}])\u2d7f|(?<=[{_HIEROGLYPHS}])[\U00013441\U00013442]|(?<=[{_KHITAN}])\U00016fe4"
        "|(?<=[0-9#*])\ufe0f(?=\u20e3)"
        f"|(?<=\U0001f3f4)(?:{flags})\U000e007f"
    )


def _stackers() -> str:
    return "".join(chr(int(word, 16)) for word in unicode_tables.STACKERS.split())


def _unseen_of_line(line: str, hidden: set[str]) -> Iterator[tuple[int, str]]:
    is_right_to_left = any(letter in RIGHT_TO_LEFT for letter in set(line) - hidden)
    meant_until = 0
    for index, letter in enumerate(line):
        is_direction = is_right_to_left and letter in _DIRECTION_MARKS
        if letter not in hidden or index < meant_until or is_direction:
            continue
        meant = _meant().match(line, index)
        if meant:
            meant_until = meant.end()
        else:
            yield index, letter
