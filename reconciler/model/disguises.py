"""Forms in which a secret is repeated, and views of a text in which encoded forms are read."""

from __future__ import annotations

import re
from array import array
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_VARIED = 512  # characters up to which a secret is looked for in every mixture of forms
_ROUNDS = 3  # encodings around each other, such as JSON in HTML in JSON
_OFFSETS = 3  # of base64: what comes before decides on the letters
_ESCAPE = re.compile(
    r"%[0-9A-Fa-f]{2}"
    r"|\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|[0-7]{3}|[nrtbfv]|[^A-Za-z0-9])"
    r"|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});"
    r"|<U\+[0-9A-F]{4,6}>"
)
_COLOUR = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_BLANK = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v"}
# Blanks, quotes and what takes no room may stand between two letters of a secret. Case does not count, nor
# which of the two alphabets of base64 is used.
_DROPPED = "\t\n\v\f\r \x08\x1c\x1d\x1e\x1f\x85\xa0\xad\u2028\u2029\u200b\u200c\u200d\u2060\ufeff\"'`"
_FOLD = {
    **{ord(one): None for one in _DROPPED},
    **{ord(one): one.lower() for one in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    ord("-"): "+",
    ord("_"): "/",
}


def folded(text: str) -> str:
    """Return a text without blanks and quotes, in one case and one alphabet of base64."""
    return text.translate(_FOLD)


def disguises(secret: str) -> Iterator[str]:
    """Yield a secret in every form that decoding does not lead back to it."""
    encoded = [secret]
    if len(secret) <= _VARIED:
        encoded += [secret.lower(), secret.upper(), secret[::-1]]
    forms = [*_spelt(secret), *(form for one in encoded for form in _encoded(one.encode(errors="replace")))]
    for form in dict.fromkeys(forms):
        yield form
        if len(secret) <= _VARIED:
            yield form[::-1]


def _spelt(secret: str) -> Iterator[str]:
    """Yield a secret as it is, as its octets are read one by one, and with + for a blank."""
    octets = secret.encode(errors="replace").decode("latin-1")
    for form in (secret, octets) if secret.isascii() else (secret, secret.lower(), secret.upper(), octets):
        yield form
        yield "+".join(form.split(" "))


def _encoded(octets: bytes) -> Iterator[str]:
    """Yield octets as hexadecimal digits, and as the letters of base64 that depend on nothing around them."""
    yield octets.hex()
    yield b64encode(octets).decode().rstrip("=")
    for offset in range(_OFFSETS):
        whole = b64encode(b"\0" * offset + octets).decode()
        first, end = -(-offset * 8 // 6), (offset + len(octets)) * 8 // 6
        yield whole[first:end]


@dataclass(frozen=True, slots=True)
class View:
    """A text as it is read, and the stretch of the original that each of its characters comes from."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


def readings(text: str) -> Iterator[str]:
    """Yield a text folded, as it is and after each round of decoding."""
    text = _COLOUR.sub("", text) if "\x1b" in text else text
    yield folded(text)
    for _ in range(_ROUNDS):
        decoded = _ESCAPE.sub(_character, text) if _may_be_encoded(text) else text
        if decoded == text:
            return
        text = decoded
        yield folded(text)


def views(text: str, wanted: Callable[[str], bool]) -> Iterator[View]:
    """Yield what `readings` does and is wanted, with the origin of every character."""
    view = View(text, range(len(text)), range(1, len(text) + 1))
    if "\x1b" in text:
        view = _replaced(view, _COLOUR)
    if wanted(folded(view.text)):
        yield _folded(view)
    for _ in range(_ROUNDS):
        decoded = _replaced(view, _ESCAPE) if _may_be_encoded(view.text) else view
        if decoded.text == view.text:
            return
        view = decoded
        if wanted(folded(view.text)):
            yield _folded(view)


def _may_be_encoded(text: str) -> bool:
    return "%" in text or "\\" in text or "&" in text or "<U+" in text


def _folded(view: View) -> View:
    kept = [index for index, one in enumerate(view.text) if one not in _DROPPED]
    starts, ends = view.starts, view.ends
    return View(folded(view.text), array("L", [starts[i] for i in kept]), array("L", [ends[i] for i in kept]))


def _replaced(view: View, pattern: re.Pattern[str]) -> View:
    """Return a view in which every escape is the character that it stands for."""
    parts: list[str] = []
    starts, ends, at = array("L"), array("L"), 0
    for found in pattern.finditer(view.text):
        begin, end = found.span()
        if begin > at:
            parts.append(view.text[at:begin])
            starts.extend(view.starts[at:begin])
            ends.extend(view.ends[at:begin])
        for one in "" if pattern is _COLOUR else _MEANINGS[found[0]]:
            parts.append(one)
            starts.append(view.starts[begin])
            ends.append(view.ends[end - 1])
        at = end
    starts.extend(view.starts[at:])
    ends.extend(view.ends[at:])
    return View("".join([*parts, view.text[at:]]), starts, ends)


class _Meanings(dict[str, str]):
    """Meanings of escapes that were met, of which one text has many alike."""

    def __missing__(self, escape: str) -> str:
        meant = _meaning(escape)
        if len(self) < 10_000:  # noqa: PLR2004 - all that is common
            self[escape] = meant
        return meant


_MEANINGS = _Meanings()


def _character(escape: re.Match[str]) -> str:
    return _MEANINGS[escape[0]]


def _meaning(escape: str) -> str:
    if escape[0] == "&":
        from html import unescape  # noqa: PLC0415 - rarely met

        return unescape(escape)
    if escape[0] == "%":
        return chr(int(escape[1:], 16))
    if escape[0] == "<":
        return _of(int(escape[3:-1], 16))
    if escape[1] in "uUx" and len(escape) > 2:  # noqa: PLR2004 - with digits
        return _of(int(f"0x{escape[2:]}", 0))
    if len(escape) > 2:  # noqa: PLR2004 - three octal digits
        return chr(int(escape[1:], 8))
    return _BLANK.get(escape[1], escape[1])


def _of(code: int) -> str:
    return chr(code) if code <= 0x10FFFF else "\ufffd"  # noqa: PLR2004 - the last one of Unicode
