"""The one function every printed value goes through: what cannot be seen, or could act, is spelt out."""

from __future__ import annotations

import re
import unicodedata

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SUSPECT = re.compile(r"[^\x20-\x7e]")
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})


def visible(text: object) -> str:
    r"""A value on one line in which nothing is hidden and nothing acts on a terminal.

    Control, format, bidirectional, private and unassigned characters become ``\x1b`` or ``<U+202E>``.
    """
    return _SUSPECT.sub(_spelt, str(text))


def _spelt(found: re.Match[str]) -> str:
    character = found.group()
    if unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    return _NAMED.get(character) or (f"\\x{code:02x}" if code <= 0xFF else f"<U+{code:04X}>")  # noqa: PLR2004 - one byte


def quoted(value: object, most: int = 60) -> str:
    """A value as a short literal: text in quotes, cut where it is long, ``(none)`` for nothing."""
    if value is None:
        return "(none)"
    shown = visible(value)
    cut = shown if len(shown) <= most else f"{shown[: most - 1]}…"
    return f'"{cut}"' if isinstance(value, str) else cut
