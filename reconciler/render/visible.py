"""The one function every printed value goes through: what cannot be seen, or could act, is spelt out."""

from __future__ import annotations

from functools import lru_cache

from reconciler.model import pattern as re
from reconciler.model.characters import HIDDEN

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SUSPECT = re.compile(r"[\ufe00-\ufe0f]{2,}|##[a-zA-Z]*\[")
_COMMAND = re.compile(r"\A(\s*)::")
_EMOJI = frozenset("\ufe0e\ufe0f")  # a lone one may stay: emoji are written with them


def visible(text: object) -> str:
    r"""Return a value on one line in which nothing is hidden and nothing acts on a terminal.

    Control, format, bidirectional, private and unassigned characters become ``\x1b`` or ``<U+202E>``,
    and so do the bracket of ``##[`` or ``##vso[`` and a ``::`` at the beginning, which build services take
    for commands.
    """
    plain = str(text)
    # Most texts are plain, which is found out in a fraction of the time.
    if plain.isascii() and plain.isprintable() and "##" not in plain and "::" not in plain:
        return plain
    spelt = _SUSPECT.sub(_spelt, plain)
    hidden = {ord(one): _code(one) for one in set(spelt) if _hides(one)}
    return _COMMAND.sub(r"\1\\x3a:", spelt.translate(hidden) if hidden else spelt)


def _spelt(match: re.Match[str]) -> str:
    text = match.group()
    return f"{text[:-1]}\\x5b" if text[0] == "#" else "".join(map(_code, text))


@lru_cache(maxsize=10_000)
def _hides(letter: str) -> bool:
    return letter in HIDDEN and letter not in _EMOJI


def _code(character: str) -> str:
    code = ord(character)
    return _NAMED.get(character) or (f"\\x{code:02x}" if code <= 0xFF else f"<U+{code:04X}>")  # noqa: PLR2004 - one byte


def shortened(amount: float) -> str:
    """Return a number of bytes as people read it."""
    for unit in ("B", "KB", "MB"):
        if amount < 1000:  # noqa: PLR2004 - decimal units
            return f"{amount} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"
