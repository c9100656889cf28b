"""Keys that a person does not see at once: cut by what takes no room, in other letters, encoded."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from reconciler.model.disguises import View, replaced, unescaped
from reconciler.model.encodings import ENCODINGS, blanked, legible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.model.encodings import Encoding
    from reconciler.model.key_forms import Key

_DEPTH = 2  # encodings around each other
# What stands between the halves of a key: nothing that is seen, the end of a line that goes on, a plus sign.
_SEAM = re.compile(
    r"[\u00ad\u034f\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]+"
    r"|[\U000e0001-\U000e01ef]+"
    r"|\\\r?\n[ \t]{0,200}"
    r"|[\"'`][ \t]{0,20}[+.&~]?[ \t]{0,20}(?:\\?\r?\n[ \t]{0,80})?[+.&~]?[ \t]{0,20}[\"'`]"
    r"|<wbr ?/?>|&shy;|<!--[^<>\n]{0,80}-->|\*\*"
)
_ABROAD = re.compile(r"[\u0370-\u04ff\u2100-\u214f\uff01-\uff5e\U0001d400-\U0001d7ff]")
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

Find: TypeAlias = "Callable[[str], Sequence[Key]]"
"""What finds the keys that a text plainly has."""


def joined(text: str) -> Iterator[View]:
    """Yield a text without what cuts keys, in Latin letters, if it is another text."""
    latin = text.translate(_LATIN) if not text.isascii() and _ABROAD.search(text) else text
    if latin != text or _SEAM.search(text):
        yield replaced(View(latin, range(len(text)), range(1, len(text) + 1)), _SEAM, lambda _: "")


def hidden(text: str, find: Find) -> Iterator[Key]:
    """Yield the keys of a text that are read only once it is joined or decoded; ``find`` finds plain ones."""
    for view in (*joined(text), *unescaped(text)):
        for key in find(view.text):
            start, end = view.starts[key.start], view.ends[key.end - 1]
            yield key._replace(start=start, end=end)
    yield from _encoded(text, find, _DEPTH)


def _encoded(text: str, find: Find, depth: int) -> Iterator[Key]:
    for encoding in ENCODINGS if depth else ():
        spans = [*encoding.spans(text)]
        if spans:
            yield from _in_runs(
                [text[start:end] for start, end in spans], spans, encoding, _Deeper(find, depth - 1)
            )


class _Deeper(NamedTuple):
    """What finds the keys of a text that was decoded, however often it is encoded still."""

    find: Find
    depth: int

    def keys(self, text: str) -> Iterator[Key]:
        yield from self.find(text)
        yield from _encoded(text, self.find, self.depth)


def _in_runs(
    runs: Sequence[str], spans: Sequence[tuple[int, int]], encoding: Encoding, deeper: _Deeper
) -> Iterator[Key]:
    """Yield the runs of one encoding that are, or contain, a key."""
    for decoded, sizes in zip(encoding.decoded(runs), encoding.sizes(runs), strict=True):
        plain = legible(decoded)
        if not plain or not any(deeper.keys(plain)):
            continue
        starts = [*accumulate(sizes, initial=0)]
        for key in deeper.keys(blanked(decoded)):
            start, end = spans[bisect_right(starts, key.start) - 1]
            yield key._replace(start=start, end=end)
