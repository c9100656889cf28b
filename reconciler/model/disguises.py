"""Forms in which a secret is repeated, and views of a text in which encoded forms are read."""

from __future__ import annotations

from array import array
from base64 import b64encode
from dataclasses import dataclass
from itertools import compress, islice
from typing import TYPE_CHECKING

from reconciler.model import pattern as re
from reconciler.model.encodings import ENCODINGS, Encoding, blanked, legible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.model.key_forms import Key

_VARIED = 512  # characters up to which a secret is looked for in every mixture of forms
_ROUNDS = 3  # encodings around each other, such as JSON in HTML in JSON
_OFFSETS = 3  # of base64: what comes before decides on the letters
_DEPTH = 3  # encodings in base64 or hexadecimal that are undone
_ESCAPE = re.compile(
    r"%(?:u[0-9A-Fa-f]{4}|[0-9A-Fa-f]{2})"
    r"|\\(?:u[0-9A-Fa-f]{4}|U(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{4})|x[0-9A-Fa-f]{1,2}|[ux]\{[0-9A-Fa-f]{1,6}\}"
    r"|0[0-7]{0,3}|[1-7][0-7]{0,2}|[nrtbfv]|[^A-Za-z0-9])"
    r"|&(?:(?:#[0-9]{1,10}|#[xX][0-9A-Fa-f]{1,10}|amp|lt|gt|quot);?|[A-Za-z]{2,8};)"
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

    def key(self, found: Key) -> Key:
        """Return a key that was found in the view with its place in the original."""
        return found._replace(start=self.starts[found.start], end=self.ends[found.end - 1])


def readings(text: str, depth: int = _DEPTH) -> Iterator[str]:
    """Yield a text folded, as it is and after each round of decoding, and what is encoded in each."""
    text = _COLOUR.sub("", text) if "\x1b" in text else text
    met: dict[Encoding, set[str]] = {encoding: set() for encoding in ENCODINGS}
    for unescaped in _unescaped(text):
        yield folded(unescaped)
        for encoding in ENCODINGS if depth else ():
            runs = dict.fromkeys(encoding.found(unescaped))
            new = [run for run in runs if run not in met[encoding]]
            met[encoding].update(new)
            for decoded in encoding.decoded(new) if new else ():
                if text := legible(decoded):
                    yield from readings(text, depth - 1)


def _unescaped(text: str) -> Iterator[str]:
    yield text
    for _ in range(_ROUNDS):
        decoded = _ESCAPE.sub(_character, text) if _may_be_encoded(text) else text
        if decoded == text:
            return
        text = decoded
        yield text


def views(text: str, wanted: Callable[[str], bool]) -> Iterator[View]:
    """Yield what `readings` does and is wanted, with the origin of every character."""
    yield from _views(View(text, range(len(text)), range(1, len(text) + 1)), wanted, _DEPTH)


def unescaped(text: str) -> Iterator[str]:
    """Yield what each round of undoing escapes makes of a text, as it would be read, if it makes anything."""
    return islice(_unescaped(text), 1, None)


def unescaped_views(text: str) -> Iterator[View]:
    """Yield what `unescaped` does, with the origin of every character."""
    view = View(text, range(len(text)), range(1, len(text) + 1))
    for _ in range(_ROUNDS):
        decoded = _unescape(view) if _may_be_encoded(view.text) else view
        if decoded.text == view.text:
            return
        view = decoded
        yield view


def _views(view: View, wanted: Callable[[str], bool], depth: int) -> Iterator[View]:
    if "\x1b" in view.text:
        view = without(view, _COLOUR)
    yield from _wanted(view, wanted, depth)
    for _ in range(_ROUNDS):
        decoded = _unescape(view) if _may_be_encoded(view.text) else view
        if decoded.text == view.text:
            return
        view = decoded
        yield from _wanted(view, wanted, depth)


def _wanted(view: View, wanted: Callable[[str], bool], depth: int) -> Iterator[View]:
    """Yield a view, and those of what is encoded in it, whose characters come from a whole run."""
    if wanted(folded(view.text)):
        yield _folded(view)
    for encoding in ENCODINGS if depth else ():
        spans = [*encoding.spans(view.text)]
        runs = [view.text[start:end] for start, end in spans]
        few = [*dict.fromkeys(runs)]
        are_wanted = [any(map(wanted, readings(legible(one), depth - 1))) for one in encoding.decoded(few)]
        if not any(are_wanted):
            continue
        for phase, decoded in enumerate(encoding.decoded(runs)):
            if not are_wanted[phase]:
                continue
            starts, ends = array("L"), array("L")
            for (start, end), size in zip(spans, encoding.sizes(runs, phase), strict=True):
                starts.extend(array("L", [view.starts[start]]) * size)
                ends.extend(array("L", [view.ends[end - 1]]) * size)
            yield from _views(View(blanked(decoded), starts, ends), wanted, depth - 1)


def _may_be_encoded(text: str) -> bool:
    return "%" in text or "\\" in text or "&" in text or "<U+" in text


def _folded(view: View) -> View:
    kept = [index for index, one in enumerate(view.text) if one not in _DROPPED]
    starts, ends = view.starts, view.ends
    return View(folded(view.text), array("L", [starts[i] for i in kept]), array("L", [ends[i] for i in kept]))


def replaced(view: View, pattern: re.Pattern[str], meaning: Callable[[str], str]) -> View:
    """Return a view in which what a pattern matches is its meaning; other characters stay."""
    parts: list[str] = []
    starts, ends, at = array("L"), array("L"), 0
    for found in pattern.finditer(view.text):
        begin, end = found.span()
        if begin > at:
            parts.append(view.text[at:begin])
            starts.extend(view.starts[at:begin])
            ends.extend(view.ends[at:begin])
        for one in meaning(found[0]):
            parts.append(one)
            starts.append(view.starts[begin])
            ends.append(view.ends[end - 1])
        at = end
    starts.extend(view.starts[at:])
    ends.extend(view.ends[at:])
    return View("".join([*parts, view.text[at:]]), starts, ends)


def without(view: View, pattern: re.Pattern[str]) -> View:
    """Return a view without what a pattern matches."""
    kept = bytearray(b"\1") * len(view.text)
    for found in pattern.finditer(view.text):
        begin, end = found.span()
        kept[begin:end] = bytes(end - begin)
    text = "".join(compress(view.text, kept))
    return View(text, array("L", compress(view.starts, kept)), array("L", compress(view.ends, kept)))


def _unescape(view: View) -> View:
    return replaced(view, _ESCAPE, _MEANINGS.__getitem__)


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
        return chr(int(escape[1:].lstrip("u"), 16))
    if escape[0] == "<":
        return _of(int(escape[3:-1], 16))
    if escape[1] in "uUx" and len(escape) > 2:  # noqa: PLR2004 - with digits
        return _of_digits(escape[2:].strip("{}"), 16, len("005a"))
    if escape[1] in "01234567":
        return _of_digits(escape[1:], 8, len("132"))
    return _BLANK.get(escape[1], escape[1])


def _of_digits(digits: str, radix: int, usual: int) -> str:
    """Return the character of a number; digits beyond the usual ones are no part of one that is too large."""
    most = 0xFF if radix == 8 else 0x10FFFF  # noqa: PLR2004 - an octet, or the last one of Unicode
    if len(digits) > usual and int(digits, radix) > most:
        return _of(int(digits[:usual], radix)) + digits[usual:]
    return _of(int(digits, radix))


def _of(code: int) -> str:
    return chr(code) if code <= 0x10FFFF else "\ufffd"  # noqa: PLR2004 - the last one of Unicode
