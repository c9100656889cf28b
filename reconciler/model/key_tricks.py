"""Keys that a person does not see at once: cut by what takes no room, in other letters, encoded."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from heapq import merge
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from reconciler.model import pattern as re
from reconciler.model.disguises import View, replaced, unescaped, unescaped_views, without
from reconciler.model.encodings import BASE32, ENCODINGS, blanked, legible
from reconciler.model.first_look import Look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reconciler.model.encodings import Encoding
    from reconciler.model.first_look import Stretch
    from reconciler.model.key_forms import Key

_DEPTH = 2  # encodings around each other
# What stands between the halves of a key: nothing that is seen, the end of a line that goes on, a plus sign.
_NOTHING = (
    r"\u00ad\u034f\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164\ufe00-\ufe0f"
    r"\ufeff\uffa0"
)
_TAGS = r"\U000e0001-\U000e01ef"
_OVER = r"\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f"
_UNSEEN = re.compile(f"[{_NOTHING}{_TAGS}{_OVER}]")
# All that it begins with comes first, since a search for one of a set is fast.
_SEAM = re.compile(
    rf"[{_NOTHING}{_TAGS}{_OVER}=\\\"'`<&*](?:"
    rf"(?<=[{_NOTHING}])[{_NOTHING}]*"
    rf"|(?<=[{_TAGS}])[{_TAGS}]*"
    rf"|(?<=[{_OVER}])[{_OVER}]*"
    r"|(?<=[A-Za-z0-9_+/-]=)\r?\n(?=[A-Za-z0-9_+/=-])"
    r"|(?<=\\)\r?\n[ \t]{0,200}"
    r"|(?<=[\"'`])[ \t]{0,20}[+.&~]?[ \t]{0,20}(?:\\?\r?\n[ \t]{0,80})?[+.&~]?[ \t]{0,20}[\"'`]"
    r"|(?<=<)wbr ?/?>|(?<=&)shy;|(?<=<)!--[^<>\n]{0,80}-->|(?<=\*)\*)"
)
# A word in which a letter is not a Latin one, and the signs that words of keys have.
_ABROAD = re.compile(r"(?<![!-~])[!-~]*+[^\x00-\u00ff][!-~\u0100-\U0001ffff]*")
_LATIN_PART = re.compile(r"[A-Za-z0-9]{2}|[-_][A-Za-z0-9]")
# The letters of a key one by one, with the same sign between them.
_SPELT = re.compile(
    r"(?<!\S)[!-~](?P<by>[ \t\n\u00a0\u2009\u202f.,|/\u00b7])[!-~](?:(?P=by)[!-~]){14,4096}+(?!\S)"
)
# A key in groups, most of which are no words.
_GROUP = r"(?=[A-Za-z_-]{0,20}[0-9]|[A-Z_-]{0,20}[a-z]{1,20}[A-Z])[A-Za-z0-9_-]{2,24}+"
_GROUPS = re.compile(
    r"(?<![A-Za-z0-9_-])(?:sk-|[sr]k_(?:live|test)_|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|xox[a-z]-|AKIA|ASIA|AIza|hf_|npm_"
    r"|SG\.|whsec_|GOCSPX-|gsk_|xai-|pplx-|nvapi-|r8_|shp[a-z]{2}_|dckr_|sbp_|glsa_|pypi-|PMAK-)"
    rf"[A-Za-z0-9_-]{{0,40}}+(?: (?:[A-Za-z]{{4,6}} (?={_GROUP}))?{_GROUP}){{2,60}}+"
)
# Pieces of a key in a list, and the numbers of its letters.
_PIECES = re.compile(r"[\"'`][ \t]{0,4},\s{0,20}[\"'`]")
_CODE = r"(?:1[01][0-9]|12[0-6]|3[2-9]|[4-9][0-9])(?![0-9])"
_CODES = re.compile(
    r"[13-9](?<![0-9.].)(?:(?<=1)(?:[01][0-9]|2[0-6])|(?<=3)[2-9]|(?<=[4-9])[0-9])(?![0-9])"
    rf"(?:[)\s]{{0,3}}[,;.+&\s][\s(]{{0,3}}(?:(?:chr|Chr|CHR|char|CHAR)[ ]?\()?{_CODE}){{15,4096}}+"
)
_NUMBER = re.compile(r"[0-9]{2,3}")
_NEAR = 1_000  # characters around what was undone, in which a key is looked for
_MOST = 262_144  # characters of a text that are looked at so
# Letters of Cyrillic and Greek that look like the Latin one behind the number of each.
_ALIKE = (
    "410A 412B 415E 405S 406I 408J 41AK 41CM 41DH 41EO 420P 421C 422T 425X 430a 435e 455s 456i 458j 43Eo 440p"
    " 441c 443y 445x 501d 4BBh 391A 392B 395E 396Z 397H 399I 39AK 39CM 39DN 39FO 3A1P 3A4T 3A5Y 3A7X 3BFo"
)
_LATIN = {int(word[:-1], 16): word[-1] for word in _ALIKE.split()}
_LATIN |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_LATIN |= {
    0x1D400 + index: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[index % 52]
    for index in range(13 * 52)
}
_LATIN |= {0x1D7CE + index: str(index % 10) for index in range(50)}
_LATIN |= dict.fromkeys((*range(0x2010, 0x2016), 0x2043, 0x2212, 0xFE58, 0xFE63), "-")
_LATIN |= {0x3BA: "k", 0x43A: "k", 0x3C1: "p", 0x3C5: "u", 0x3BD: "v", 0x433: "r", 0x3B1: "a", 0x3B9: "i"}

_FIRST_APART = "\U00010000"
# Apart, since a search for one of a set is fast only among the first 65,536 characters.
_NOT_LATIN = re.compile(f"[{re.escape(''.join(filter(_FIRST_APART.__gt__, map(chr, _LATIN))))}]")
_MATHEMATICAL = re.compile("[\U0001d400-\U0001d7ff]")
_GAP = "\n\0\n"  # between stretches of a text

Find: TypeAlias = "Callable[[str], Sequence[Key]]"
"""What finds the keys that a text plainly has."""


def joined(look: Look, find: Find) -> Iterator[Key]:
    """Yield the keys of a text without what cuts keys, in Latin letters; ``find`` finds plain ones."""
    latin, spans = _in_latin(look.text)
    seams = _SEAM.finditer(latin) if spans or _may_be_cut(look) else ()
    yield from _undone(latin, [*merge(spans, (seam.span() for seam in seams))], _Undoing(_SEAM, None), find)


def assembled(look: Look, find: Find) -> Iterator[Key]:
    """Yield the keys of a text in which letters, pieces and numbers that stand one by one are put together.

    Words and measurements can stand so as well: ``find`` finds only what has the form of a maker.
    """
    whole = ((0, len(look.text)),)
    for stretches, undoing in (
        (look.spelt, _Undoing(_SPELT, _unspelt)),
        (whole if look.may_have_groups else (), _Undoing(_GROUPS, _unparted)),
        (whole if look.may_have_codes else (), _Undoing(_CODES, _letters)),
        (whole if look.may_have_pieces else (), _Undoing(_PIECES, None)),
    ):
        spans = [found.span() for one in stretches for found in undoing.pattern.finditer(look.text, *one)]
        yield from _undone(look.text, spans, undoing, find)


class _Undoing(NamedTuple):
    """What is done to a text: a pattern, and what is put where it matches; None for nothing."""

    pattern: re.Pattern[str]
    meaning: Callable[[str], str] | None

    def of(self, text: str) -> str:
        """Return a text, undone."""
        meaning = self.meaning
        return self.pattern.sub("" if meaning is None else lambda found: meaning(found[0]), text)

    def view(self, view: View) -> View:
        """Return a view, undone."""
        if self.meaning is None:
            return without(view, self.pattern)
        return replaced(view, self.pattern, self.meaning)


def _undone(text: str, spans: Sequence[Stretch], undoing: _Undoing, find: Find) -> Iterator[Key]:
    """Yield the keys around some stretches, once they are undone; few texts have any, and need a view."""
    windows = _around(text, spans)
    found = find(undoing.of(_GAP.join([text[start:end] for start, end in windows]))) if windows else ()
    if found and (view := near(text, spans)):
        whole = undoing.view(view)
        yield from (whole.key(key) for key in found)


def _may_be_cut(look: Look) -> bool:
    """Return whether something may stand between the halves of a key."""
    text = look.text
    return (
        look.has(b"**")
        or (look.has(b"=") and ("=\n" in text or "=\r\n" in text))
        or (look.has(b"\\") and ("\\\n" in text or "\\\r\n" in text))
        or (look.has(b"<") and ("<wbr" in text or "<!--" in text))
        or (look.has(b"&") and "&shy;" in text)
        or look.may_be_quoted
        or (not text.isascii() and _UNSEEN.search(text) is not None)
    )


def _unspelt(run: str) -> str:
    return run[::2]


def _unparted(run: str) -> str:
    return run.replace(" ", "")


def _letters(run: str) -> str:
    return "".join(chr(int(number)) for number in _NUMBER.findall(run))


def _in_latin(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Return a text in which words that mix alphabets are in Latin letters, and where these are."""
    if text.isascii() or not (_NOT_LATIN.search(text) or _MATHEMATICAL.search(text)):
        return text, []
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    at = 0
    for word in _ABROAD.finditer(text):
        latin = word[0].translate(_LATIN)
        if latin != word[0] and _LATIN_PART.search(latin):
            parts += (text[at : word.start()], latin)
            spans.append(word.span())
            at = word.end()
    return "".join([*parts, text[at:]]), spans


def near(text: str, spans: Iterable[tuple[int, int]]) -> View | None:
    """Return what is around some stretches of a text, with gaps between; None without a stretch.

    The stretches are in order. Only as much is returned as is looked at.
    """
    windows = _around(text, spans)
    if not windows:
        return None
    if len(text) <= _NEAR:
        return View(text, range(len(text)), range(1, len(text) + 1))
    parts: list[str] = []
    starts, ends = array("L"), array("L")
    for first, last in windows:
        if parts:
            parts.append(_GAP)
            starts.extend([first] * len(_GAP))
            ends.extend([first + 1] * len(_GAP))
        parts.append(text[first:last])
        starts.extend(range(first, last))
        ends.extend(range(first + 1, last + 1))
    return View("".join(parts), starts, ends)


def _around(text: str, spans: Iterable[Stretch]) -> list[Stretch]:
    """Return the stretches of a text that are looked at: a short one as a whole."""
    windows = _windows(len(text), spans)
    return [(0, len(text))] if windows and len(text) <= _NEAR else windows


def _windows(length: int, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the stretches that are near others in a text of a length, in order and apart, up to a sum."""
    windows: list[tuple[int, int]] = []
    room, first, last = _MOST, 0, 0  # what is left to take, and the window that is open
    for begin, end in spans:
        if begin - _NEAR > last:
            windows += [(first, last)] * (last > 0)
            room -= last - first
            first = begin - _NEAR
        last = max(last, end + _NEAR)
        if last - first >= room:
            break
    return [*windows, (first, min(last, length, first + room))] if last else windows


def hidden(look: Look, find: Find) -> Iterator[Key]:
    """Yield the keys of a text that are read only once it is decoded; ``find`` finds plain ones."""
    views = None
    for number, text in enumerate(unescaped(look.text)):
        if found := find(text):
            views = views or [*unescaped_views(look.text)]
            yield from (views[number].key(key) for key in found)
    yield from _encoded(look, find, _DEPTH)


def _encoded(look: Look, find: Find, depth: int) -> Iterator[Key]:
    text = look.text
    for encoding in _encodings(look) if depth else ():
        spans = [*encoding.spans(text)]
        if spans:
            yield from _in_runs(
                [text[start:end] for start, end in spans], spans, encoding, _Deeper(find, depth - 1)
            )


def _encodings(look: Look) -> Iterator[Encoding]:
    """Yield the encodings that a text may have something in."""
    base64, hexadecimal = ENCODINGS
    if look.long:
        yield base64
    if look.may_be_hexadecimal:
        yield hexadecimal
    if look.long:
        yield BASE32


class _Deeper(NamedTuple):
    """What finds the keys of a text that was decoded, however often it is encoded still."""

    find: Find
    depth: int

    def keys(self, text: str) -> Iterator[Key]:
        yield from self.find(text)
        yield from _encoded(Look(text), self.find, self.depth)


def _in_runs(
    runs: Sequence[str], spans: Sequence[tuple[int, int]], encoding: Encoding, deeper: _Deeper
) -> Iterator[Key]:
    """Yield the runs of one encoding that are, or contain, a key."""
    for phase, decoded in enumerate(encoding.decoded(runs)):
        plain = legible(decoded)
        if not plain or not any(deeper.keys(plain)):
            continue
        starts = [*accumulate(encoding.sizes(runs, phase), initial=0)]
        for key in deeper.keys(blanked(decoded)):
            start, end = spans[bisect_right(starts, key.start) - 1]
            yield key._replace(start=start, end=end)
