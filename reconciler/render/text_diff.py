"""Two texts compared, for renderers: hunks of lines, the words inside them that changed, and labels.

Every text in here is harmless already: what cannot be seen, or could act, is spelt out.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from difflib import Match, SequenceMatcher
from functools import cached_property
from itertools import accumulate, groupby, islice
from typing import TYPE_CHECKING, NamedTuple

from reconciler.model import pattern as re
from reconciler.model.characters import SPACES, is_word, normalised
from reconciler.model.keys import masked
from reconciler.render.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

CONTEXT, WHOLE = 2, sys.maxsize  # unchanged lines around a change: a few, or all
ROWS, ALL_ROWS = 5_000, 5_000  # rows of one text, and of all texts of a view, that are shown
_WIDEST = 33_000  # characters of a line that are shown: more than any prompt has
_HEADINGS, _TITLE = 100, 300  # headings that are named, and characters of one
_PAIRS = 20_000  # pairs of equal lines or words that are looked at as a whole
_STEPS, _MOST_STEPS = 500, 5_000_000  # looks at a pair that a line or word is worth, and all of a text
_BLOCK = 2000  # words on both sides of a changed block that are compared with each other
_BUDGET = 20_000  # words that are compared line by line in one larger block
_ALIKE = 0.35
_WORD = re.compile(r"\w+|\s|[^\w\s]", re.ASCII)
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_BLANKS = re.compile(r"[ \t\n]+")


class Word(NamedTuple):
    """A stretch of a line, and whether it stands on this side only."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A line: ``-`` with its old number, ``+`` with its new one, a blank sign with both."""

    sign: str
    old: int
    new: int
    words: tuple[Word, ...]

    @property
    def number(self) -> int:
        """The number by which a reader finds it: the old one of what is gone, else the new one."""
        return self.old if self.sign == "-" else self.new

    @property
    def text(self) -> str:
        """The whole line."""
        return "".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a text is: lines, words, and tokens as a quarter of its UTF-8 bytes, an estimate."""

    lines: int
    words: int
    tokens: int

    @classmethod
    def of(cls, text: str) -> Extent:
        """Measure a text."""
        size = len(text.encode("utf-8", "surrogatepass"))
        return cls(len(text.splitlines()), len(text.split()), -(-size // 4))


class Drawn(NamedTuple):
    """The hunks of a comparison, and the headings of what changed."""

    hunks: tuple[tuple[Row, ...], ...]
    headings: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Comparison:
    """What differs between two texts.

    ``labels`` say in words what lines cannot show, or how little it is. ``rows`` is the number of rows of all
    hunks. ``hidden`` are changed lines that are not in them, as they are too many. ``draw`` makes what only a
    renderer that shows lines needs.
    """

    labels: tuple[str, ...]
    added: int
    removed: int
    before: Extent
    after: Extent
    rows: int
    hidden: int
    draw: Callable[[], Drawn] = field(repr=False, compare=False)

    @cached_property
    def _drawn(self) -> Drawn:
        return self.draw()

    @property
    def hunks(self) -> tuple[tuple[Row, ...], ...]:
        """Runs of rows that follow each other."""
        return self._drawn.hunks

    @property
    def headings(self) -> tuple[tuple[str, int], ...]:
        """The Markdown headings under which lines changed, in the order of the text, and how many did."""
        return self._drawn.headings

    @property
    def rest(self) -> str:
        """The sentence that counts the changed lines which are not shown; empty where all are."""
        many = f"{self.hidden:,} more changed line{'s are' if self.hidden != 1 else ' is'} not shown"
        return many if self.hidden else ""

    def standing(self) -> Comparison:
        """Return it with every row as one that stays."""
        return replace(self, draw=lambda: Drawn(tuple(map(_standing, self.hunks)), self.headings))


def _standing(hunk: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(replace(row, sign=" ") for row in hunk)


def compared(before: str, after: str, context: int = CONTEXT, most: int = ROWS) -> Comparison:
    """Compare lines, then words inside changed blocks; ``context`` unchanged lines stay around each.

    There are at most so many rows; if those around the changes are too many, only a few of them stay.
    """
    if bool(before) != bool(after):
        return _alone(before, after, most)
    (old, new), labels = _lines(masked(before), masked(after))
    if old == new and not labels:
        labels = ("only something that looks like a key differs; it is not shown",)
    groups: list[list[_Block]] = []
    if _is_spelling(old, new):
        labels += ("only Unicode normalisation differs: what is seen is the same",)
    else:
        groups = _groups(old, new, context, most)
        labels += ("only blanks differ",) * _is_blank(old, new)
    changed = [block for group in groups for block in group if block.tag != "equal"]
    hunks = tuple(_hunks(groups, old, new, most))
    added, removed = (sum(sizes) for sizes in ([one.come for one in changed], [one.gone for one in changed]))
    return Comparison(
        labels,
        added=added,
        removed=removed,
        before=Extent.of(before),
        after=Extent.of(after),
        rows=sum(map(len, hunks)),
        hidden=added + removed - sum(row.sign != " " for hunk in hunks for row in hunk),
        draw=lambda: Drawn(hunks, tuple(_headings(changed, old, new))),
    )


def _alone(before: str, after: str, most: int) -> Comparison:
    """Compare a text with none: its lines are counted here, and only drawn by who shows them."""
    removed, added = _count(before), _count(after)
    block = _Block("replace", old_from=0, old_to=removed, new_from=0, new_to=added)
    rows = min(removed + added, most)

    def draw() -> Drawn:
        (old, new), _ = _lines(masked(before), masked(after))
        return Drawn(tuple(_hunks([[block]], old, new, most)), tuple(_headings([block], old, new)))

    return Comparison(
        ("only blanks differ",) * _is_blank_text(before or after),
        added=added,
        removed=removed,
        before=Extent.of(before),
        after=Extent.of(after),
        rows=rows,
        hidden=removed + added - rows,
        draw=draw,
    )


def _count(text: str) -> int:
    """Return how many lines a text has."""
    return text.count("\n") + (not text.endswith("\n")) if text else 0


def _is_blank_text(text: str) -> bool:
    return not (text.replace("\r\n", "\n") if _ends(text) == "CRLF" else text).strip(" \t\n")


def _lines(before: str, after: str) -> tuple[tuple[list[str], list[str]], tuple[str, ...]]:
    """Return the lines of both texts without their ends, and what the ends alone would have said."""
    ends = [_ends(text) for text in (before, after)]
    labels = []
    if "mixed" not in ends:
        before, after = before.replace("\r\n", "\n"), after.replace("\r\n", "\n")
        if ends[0] != ends[1] and "" not in ends:
            labels.append(f"line ends: {ends[0]} → {ends[1]}")
    if before and after and before.endswith("\n") != after.endswith("\n"):
        which = "old" if before.endswith("\n") else "new"
        labels.append(f"only the {which} text ends with a newline")
    old, new = ([] if not text else text.removesuffix("\n").split("\n") for text in (before, after))
    return (old, new), tuple(labels)


def _ends(text: str) -> str:
    """Return by what the lines of a text are ended; nothing where it has but one."""
    both, alone = text.count("\r\n"), text.count("\n")
    if both and both != alone:
        return "mixed"
    return "CRLF" if both else "LF" if alone else ""


def _is_spelling(old: Sequence[str], new: Sequence[str]) -> bool:
    """Return whether two different texts are the same characters, composed in another way."""
    return old != new and len(old) == len(new) and _normal(old) == _normal(new)


def _normal(lines: Iterable[str]) -> str:
    return normalised("NFC", "\n".join(lines))


def _is_blank(old: Sequence[str], new: Sequence[str]) -> bool:
    """Return whether two different texts are the same words."""
    return old != new and _words_of(old) == _words_of(new)


def _words(text: str) -> list[str]:
    """Return the words of a text, and each character between them."""
    if text.isascii():
        return _WORD.findall(text)
    return [text[found.start() : found.end()] for found in _WORD.finditer(text.translate(_SHAPES))]


class _Shapes(dict[int, str]):
    """A character of ASCII for each other one: a letter, a blank or a sign as it is one."""

    def __missing__(self, code: int) -> str:
        one = chr(code)
        shape = one if one.isascii() else "a" if is_word(one) else " " if one in SPACES else "."
        self[code] = shape
        return shape


_SHAPES = _Shapes()


def _words_of(lines: Iterable[str]) -> list[str]:
    return _BLANKS.split("\n".join(lines).strip(" \t\n"))


class _Block(NamedTuple):
    tag: str
    old_from: int
    old_to: int
    new_from: int
    new_to: int

    @property
    def gone(self) -> int:
        """Lines on the old side."""
        return self.old_to - self.old_from

    @property
    def come(self) -> int:
        """Lines on the new side."""
        return self.new_to - self.new_from


def _groups(old: Sequence[str], new: Sequence[str], context: int, most: int) -> list[list[_Block]]:
    """Return blocks that follow each other, with less around the changes where there are too many lines."""
    if old == new:
        return []
    around = min(context, CONTEXT) if len(old) + len(new) > most else context
    groups = _Matcher(old, new).get_grouped_opcodes(around)
    return [[_Block(*block) for block in group] for group in groups]


def _hunks(
    groups: Iterable[Iterable[_Block]], old: Sequence[str], new: Sequence[str], most: int
) -> Iterator[tuple[Row, ...]]:
    for group in groups:
        rows = tuple(_rows(group, old, new, most))
        most -= len(rows)
        if rows:
            yield rows


def _fitting(block: _Block, most: int) -> _Block:
    """Return the beginning of a block that has so many rows, half of them of each side where it has both."""
    gone = min(block.gone, max(most - block.come, most // 2))
    come = min(block.come, most - gone)
    return block._replace(old_to=block.old_from + gone, new_to=block.new_from + come)


class _Matcher(SequenceMatcher[str]):
    """Finds what is the same, in a time that grows no faster than the texts; what it had no time for differs.

    What stands on both sides very often, such as an empty line, is no place from which to look around.
    """

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        super().__init__(None, old, new, autojunk=False)
        positions: dict[str, list[int]] = self.b2j  # type: ignore[attr-defined] # documented, and not in its types
        for item in _frequent(old, new):
            del positions[item]
        self._old, self._new = old, new
        self._reach = [0, *accumulate(1 + len(positions.get(item, ())) for item in old)]
        self._left = min(_STEPS * (len(old) + len(new)), _MOST_STEPS)

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        """Return the longest run in both ranges; where there is none, what they begin or end with."""
        ahi, bhi = len(self._old) if ahi is None else ahi, len(self._new) if bhi is None else bhi
        self._left -= self._reach[ahi] - self._reach[alo]
        none = Match(alo, blo, 0)
        match = super().find_longest_match(alo, ahi, blo, bhi) if self._left >= 0 else none
        return match if match.size else self._edge(alo, ahi, blo, bhi)

    def _edge(self, alo: int, ahi: int, blo: int, bhi: int) -> Match:
        old, new, most = self._old, self._new, min(ahi - alo, bhi - blo)
        head = next((n for n in range(most) if old[alo + n] != new[blo + n]), most)
        if head:
            return Match(alo, blo, head)
        tail = next((n for n in range(most) if old[ahi - 1 - n] != new[bhi - 1 - n]), most)
        return Match(ahi - tail, bhi - tail, tail)


def _frequent(old: Sequence[str], new: Sequence[str]) -> frozenset[str]:
    """Return what makes too many pairs of equal lines or words, the most frequent first."""
    there = Counter(new)
    pairs = {item: number * there[item] for item, number in Counter(old).items() if item in there}
    frequent, left = set[str](), sum(pairs.values())
    for item in sorted(pairs, key=lambda item: -pairs[item]):
        if left <= _PAIRS:
            break
        frequent.add(item)
        left -= pairs[item]
    return frozenset(frequent)


def _rows(group: Iterable[_Block], old: Sequence[str], new: Sequence[str], most: int) -> Iterator[Row]:
    for block in group:
        if block.tag == "equal":
            same = new[block.new_from : block.new_to][:most]
            most -= len(same)
            for number, text in enumerate(same, 1):
                yield Row(" ", block.old_from + number, block.new_from + number, _plain(text))
            continue
        _, old_from, old_to, new_from, new_to = part = _fitting(block, most)
        most -= part.gone + part.come
        gone, come = _changed(old[old_from:old_to], new[new_from:new_to])
        for number, words in enumerate(gone, old_from + 1):
            yield Row("-", number, 0, words)
        for number, words in enumerate(come, new_from + 1):
            yield Row("+", 0, number, words)


_Lines = list[tuple[Word, ...]]


def _changed(old: Sequence[str], new: Sequence[str]) -> tuple[_Lines, _Lines]:
    """Return the lines of a changed block, their words marked where that reads better than whole lines."""
    if old and new:
        before, after = (_words("\n".join(lines)) for lines in (old, new))
        if len(before) + len(after) <= _BLOCK:
            return _marked(before, after) or _whole(old, new)
        if len(old) == len(new):
            return _line_by_line(old, new)
    return _whole(old, new)


def _whole(old: Sequence[str], new: Sequence[str]) -> tuple[_Lines, _Lines]:
    return [_plain(text) for text in old], [_plain(text) for text in new]


def _line_by_line(old: Sequence[str], new: Sequence[str]) -> tuple[_Lines, _Lines]:
    """Return the lines of a block too large to be compared as one, each with the line in its place."""
    pairs = [(_words(before), _words(after)) for before, after in zip(old, new, strict=True)]
    spent = accumulate(len(before) + len(after) for before, after in pairs)
    gone, come = _whole(old, new)
    for number, ((before, after), cost) in enumerate(zip(pairs, spent, strict=True)):
        marked = _marked(before, after) if cost <= _BUDGET else None
        if marked:
            gone[number], come[number] = marked[0][0], marked[1][0]
    return gone, come


def _head_and_tail(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """Return how many words at the beginning, and then at the end, are the same."""
    least = min(len(before), len(after))
    head = next((n for n in range(least) if before[n] != after[n]), least)
    tail = next((n for n in range(least - head) if before[-1 - n] != after[-1 - n]), least - head)
    return head, tail


def _marked(before: Sequence[str], after: Sequence[str]) -> tuple[_Lines, _Lines] | None:
    """Return both sides with their changed words marked; None where whole lines read better."""
    head, tail = _head_and_tail(before, after)
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    blocks = _opcodes(old, new)
    same = sum(block.old_to - block.old_from for block in blocks if block.tag == "equal")
    if 2 * (head + tail + same) < _ALIKE * (len(before) + len(after)):
        return None
    gone, come = [Word("".join(before[:head]))], [Word("".join(after[:head]))]
    for tag, old_from, old_to, new_from, new_to in blocks:
        gone.append(Word("".join(old[old_from:old_to]), tag != "equal"))
        come.append(Word("".join(new[new_from:new_to]), tag != "equal"))
    gone.append(Word("".join(before[len(before) - tail :])))
    come.append(Word("".join(after[len(after) - tail :])))
    return _by_line(gone), _by_line(come)


def _opcodes(old: Sequence[str], new: Sequence[str]) -> list[_Block]:
    """Return how one run of words becomes the other; as a whole, where more would take too long."""
    if len(old) + len(new) > _BLOCK:
        return [_Block("replace", old_from=0, old_to=len(old), new_from=0, new_to=len(new))]
    return [_Block(*block) for block in _Matcher(old, new).get_opcodes()]


def _by_line(words: Iterable[Word]) -> _Lines:
    """Return words cut at their line breaks, and made harmless."""
    lines: list[list[Word]] = [[]]
    for word in words:
        first, *rest = word.text.split("\n")
        lines[-1].append(Word(first, word.changed))
        lines += [[Word(text, word.changed)] for text in rest]
    return [_harmless(line) for line in lines]


def _plain(text: str) -> tuple[Word, ...]:
    more = len(text) - _WIDEST
    return _harmless([Word(f"{text[:_WIDEST]}… {more:,} more characters" if more > 0 else text)])


def _harmless(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return words of a line made harmless, in which a blank at its end can be seen."""
    # What stands in two words must not be harmless in each and act in both together.
    text = "".join(word.text for word in words)
    if visible(text) != "".join(visible(word.text) for word in words):
        return (Word(_ended(visible(text)), any(word.changed for word in words)),)
    shown = [Word(visible(text), changed) for text, changed in _stretches(words)]
    if shown and shown[-1].text.endswith(" "):
        shown[-1] = Word(_ended(shown[-1].text), shown[-1].changed)
    return tuple(shown)


def _stretches(words: Sequence[Word]) -> Iterator[Word]:
    """Yield words that stand side by side and are alike, as one: a renderer looks at the ends of each."""
    for changed, some in groupby((word for word in words if word.text), lambda word: word.changed):
        yield Word("".join(word.text for word in some), changed)


def _ended(text: str) -> str:
    """Return a text whose last blanks are spelt out: two of them mean something in Markdown."""
    end = len(text.rstrip(" "))
    return text[:end] + "\\x20" * (len(text) - end)


def _headings(changed: Iterable[_Block], old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield each heading under which lines changed, and how many: the larger of those that went and came."""
    before, after = _outline(old), _outline(new)
    if not (any(before) or any(after)):
        return
    counts: dict[str, Counter[str]] = {}
    for block in changed:
        for sign, outline in (
            ("-", before[block.old_from : block.old_to]),
            ("+", after[block.new_from : block.new_to]),
        ):
            for heading in outline:
                counts.setdefault(heading, Counter())[sign] += 1
    for heading, count in islice(counts.items(), _HEADINGS):
        yield visible(heading[:_TITLE]) or "(before the first heading)", max(count.values())
    if len(counts) > _HEADINGS:
        rest = list(counts.values())[_HEADINGS:]
        yield f"{len(rest):,} more headings", sum(max(count.values()) for count in rest)


def _outline(lines: Iterable[str]) -> list[str]:
    """Return the heading above each line, fenced code aside."""
    headings, heading, fence = [], "", ""
    for text in lines:
        opened = _FENCE.match(text)
        if opened and (not fence or text.lstrip().startswith(fence)):
            fence = "" if fence else opened[1]
        elif not fence and (title := _HEADING.match(text)):
            heading = _titled(title[1])
        headings.append(heading)
    return headings


def _titled(text: str) -> str:
    """Return the words of a heading, without the signs that may close it."""
    words = text.strip(" \t")
    open_end = words.rstrip("#")
    return open_end.rstrip(" \t") if not open_end or open_end[-1] in " \t" else words
