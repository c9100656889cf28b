"""Characters that a reviewer cannot see and a model reads: which they are, and where a script needs them."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # letters and marks that show nothing
_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_ORDINARY = re.compile(
    r"[\t\n\r -~\xa1-\xac\xae-\u02ff\u0370-\u0482\u048a-\u0556\u3000-\u3163\u3165-\u9fff\uac00-\ud7a3]+"
)
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
_SUBDIVISION = re.compile(
    "\U0001f3f4(?:\U000e0067\U000e0062)(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)\U000e007f"
)
_JOINING = re.compile(  # scripts whose letters are joined and parted by ZWJ and ZWNJ
    "[\u0600-\u06ff\u0750-\u077f\u0780-\u07bf\u0840-\u08ff\u0900-\u0dff\u0e80-\u0eff\u0f00-\u109f"
    "\u1780-\u17ff\u1800-\u18af\u1900-\u1aff\ufb50-\ufdff\ufe70-\ufefc]"
)
_JOINERS = frozenset("\u200c\u200d")
_DIRECTION_MARKS = frozenset("\u200e\u200f\u061c")
_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_EMOJI_MODIFIERS = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff\u20e3]")


def unseen(text: str, allowed: frozenset[str] = frozenset()) -> Iterator[tuple[int, str]]:
    """Index and character of everything that cannot be seen, but where its script needs it.

    Newlines, tabs and carriage returns are left to others. ``allowed`` holds characters to pass.
    """
    flags = [range(*found.span()) for found in _SUBDIVISION.finditer(text)]
    index = 0
    while index < len(text):
        ordinary = _ORDINARY.match(text, index)
        if ordinary:
            index = ordinary.end()
            continue
        one = text[index]
        is_meant = one in allowed or any(index in flag for flag in flags) or _is_needed(text, index)
        if _is_hidden(one) and not is_meant:
            yield index, one
        index += 1


def named(character: str) -> str:
    """A character as a person can look it up: U+200B ZERO WIDTH SPACE."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}{' ' if name else ''}{name}"


def _is_hidden(one: str) -> bool:
    return (
        unicodedata.category(one) in _HIDDEN or one in _BLANK or re.match(f"[{_SELECTORS}]", one) is not None
    )


def _is_needed(text: str, index: int) -> bool:
    """Whether the letters around a character are such that it belongs there."""
    one, before, after = text[index], text[index - 1 : index], text[index + 1 : index + 2]
    if one in _JOINERS and before and after and _JOINING.match(before) and _JOINING.match(after):
        return True
    if one == "\u200d":
        return _is_emoji(before) and _is_emoji(after)
    if one in "\ufe0e\ufe0f":
        return _is_emoji(before) or before in "#*0123456789" if before else False
    if one in "\u180b\u180c\u180d\u180f":
        return bool(before) and "\u1820" <= before <= "\u18aa"
    if one in _DIRECTION_MARKS:
        start = text.rfind("\n", 0, index) + 1
        line = text[start : text.find("\n", index) if "\n" in text[index:] else len(text)]
        return any(unicodedata.bidirectional(each) in _RIGHT_TO_LEFT for each in line if each != one)
    return False


def _is_emoji(one: str) -> bool:
    """Whether a character is a picture, or what modifies one."""
    return bool(one) and (
        unicodedata.category(one) in {"So", "Sm"} or _EMOJI_MODIFIERS.match(one) is not None
    )
