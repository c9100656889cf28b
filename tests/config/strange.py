"""Strange texts by the seed: trees in every style that YAML has, damaged files, and shapes made to hurt.

The same seed gives the same text as long as the files to damage are the same.
"""

import json
import random
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from config.writer import Writer, tree

MOST = 64 * 1024
UNKNOWN = object()
ROOT = Path(__file__).parents[2]
FILES = ("examples/**/*.yaml", "examples/**/*.json", "tests/config/broken/*.yaml")
SPECIALS = (
    *"&*!|>%@`{}[],:-?#\"'\t\n\r ~<=\\./+0_",
    *("\0", "\x85", "\xa0", "\u2028", "\u2029", "\ufeff", "\ufffe", "\x1b", "é", "日", "🚀", "\u202e"),
    *("\r\n", "\n\n", "\n ", "\n  ", "\n\t", " \t", ": ", " #", "- ", "? ", "---", "...", "\n---\n"),
    *("<<: ", "&a ", "*a", "!!str ", "! ", "%YAML 1.2\n", "%TAG ! x\n", "|+\n", ">-\n", "|1\n", "? - "),
    *("[]", "{}", '""', "\\u0000", "\\x", "\\\n", "null", "0x1F", "0o14", "1e3", ".inf", "yes", "\n...\n"),
)
TOKENS = (
    *"abk01[]{},:-?#|>'\"&*!%@ \t\n\\",
    *("\n", "\n", "\n ", "\n  ", "\n    ", " ", " ", ": ", ": ", "- ", "- ", "? ", " #", ", ", "a: "),
    *("---", "...", "--- ", "|\n", ">\n", "|-\n  ", ">+\n ", "|2\n", "''", "'b'", '"c"', "[a", "{k: v"),
    *("k:", "- a\n"),
)
PIECES = (
    *("[", "{", "[{", "{a: ", "{a:", "[a, ", "- ", "-\n", "? ", ": ", "? a\n: ", "a: ", "- a: ", "#\n"),
    *("# word\n", "a ", "a", "é", "🚀", "1", "'", "''", '"', '\\"', "\\", "\\n", "\n", "\r\n", " ", "\t"),
    *("[],", "{},", "a,", '"",', "a: ,", "?,", "---\n", "...\n", "--- a\n", "&a ", "*a ", "!", "!a ", "%"),
    *("%A\n", "@", "|\n", ">\n", "|", ">", "<<: ", "a\n", " a\n", "a: b\n", '"a": 1\n', "]", "}", ","),
    *("[[],", "[[[[a]]]],", ":a", "a:", "::", "-", "--", "-\t", "?", "%TAG !a! b\n", "~", "- |\n a\n"),
    *("- >\n\n", "- ''\n", "\n\n a", "- - a\n", "[a: 1],", "\n# a\n"),
)
NEARLY = (
    *("-0", "0", "12", "-7", "+12", "007", "0o14", "0x1F", "1.5", ".5", "6.", "1e3", "-1.5E-3", "true"),
    *("False", "NULL", "~", "null", ".inf", "-.INF", ".NaN", "12345678901234567890", "1_000", "12:30"),
)


@dataclass(frozen=True)
class Strange:
    """A text, how it came to be, and the tree that was written, where that is known."""

    kind: str
    text: str
    tree: object = UNKNOWN
    path: str = "a.yaml"


def strange(seed):
    """What a seed stands for."""
    dice = random.Random(seed)  # noqa: S311 - a seed that is printed must replay
    ways = {written: 28, as_json: 5, damaged: 35, numbers: 3, soup: 24, shape: 5}
    found = dice.choices([*ways], [*ways.values()])[0](dice)
    encoded = found.text.encode()
    if len(encoded) <= MOST:
        return found
    return replace(found, text=encoded[:MOST].decode(errors="ignore"), tree=UNKNOWN)


def written(dice):
    """A tree in styles of the dice's choice, as often as a large file has it."""
    found = tree(dice, dice.randint(0, 5))
    if dice.random() < 0.02:
        found = [found] * dice.randint(1, 200)
    text = Writer(dice).document(found)
    return Strange("written", text.replace("\n", "\r\n") if dice.random() < 0.15 else text, found)


def as_json(dice):
    """A tree as JSON, in a file that says so."""
    found = tree(dice, dice.randint(0, 5))
    indent = dice.choice((None, None, 1, 2, "\t"))
    marks = dice.choice((None, (",", ":"), (" , ", " : ")))
    text = json.dumps(found, ensure_ascii=dice.random() < 0.5, indent=indent, separators=marks)
    return Strange("json", text, found, "a.json")


@cache
def kept():
    """The files that there are to damage."""
    paths = sorted(path for pattern in FILES for path in ROOT.glob(pattern))
    return [path.read_bytes().decode("utf-8", "replace") for path in paths]


def damaged(dice):
    """A file of the project, or a text written here, with a few changes."""
    whole = dice.choice((kept, kept, written, written, as_json))
    found = Strange("", dice.choice(kept())) if whole is kept else whole(dice)
    text = found.text
    for _ in range(dice.choice((1, 1, 1, 2, 3, 6))):
        text = dice.choice(CHANGES)(dice, text)
    return Strange("damaged", text, path=found.path)


def flipped(dice, text):
    """One bit of one byte is another."""
    found = bytearray(text.encode() or b"a")
    found[dice.randrange(len(found))] ^= 1 << dice.randrange(8)
    return found.decode("utf-8", "replace")


def inserted(dice, text):
    place = dice.randint(0, len(text))
    return text[:place] + dice.choice(SPECIALS) * dice.choice((1, 1, 1, 2)) + text[place:]


def cut(dice, text):
    place = dice.randint(0, len(text))
    return text[:place] + text[place + dice.choice((1, 1, 2, 5, 40)) :]


def spliced(dice, text):
    """A piece of another file stands in the middle."""
    other = dice.choice(kept())
    first, place = dice.randint(0, len(other)), dice.randint(0, len(text))
    return text[:place] + other[first : first + dice.randint(1, 30)] + text[place:]


def moved(dice, text):
    """A line stands twice, or elsewhere, or nowhere, or further left or right."""
    lines = text.split("\n")
    place = dice.randrange(len(lines))
    line = lines.pop(place) if dice.random() < 0.7 else lines[place]
    ways = ([], [line], [" " * dice.randint(1, 4) + line], [line.lstrip(" ")], [line[1:]])
    place = dice.choice((place, place, dice.randint(0, len(lines))))
    lines[place:place] = dice.choice(ways)
    return "\n".join(lines)


CHANGES = (flipped, inserted, inserted, inserted, cut, spliced, moved, moved)


def numbers(dice):
    """Plain scalars that are numbers, or nearly."""
    some = ["".join(dice.choices("0011279.eE+-xXoOaAfFbn_:~", k=dice.randint(1, 8))) for _ in range(9)]
    some += [changed(dice, dice.choice(NEARLY)) for _ in range(5)]
    return Strange("numbers", "".join(f"- {one}\n" for one in some))


def changed(dice, word):
    """A word with a letter more, or less, or another one."""
    place = dice.randint(0, len(word))
    return word[:place] + dice.choice(("", *"0.eE+-x_9")) + word[place + dice.randint(0, 1) :]


def soup(dice):
    """Whatever YAML is made of, in no order."""
    return Strange("soup", "".join(dice.choices(TOKENS, k=dice.randint(1, 25))))


def shape(dice):
    """A few pieces, many times over; a few bytes or the most there may be."""
    most = int(2 ** dice.uniform(3, 16.01))
    return Strange("shape", dice.choice(SHAPES)(dice, most)[:most])


def repeated(dice, most):
    piece = "".join(dice.choices(PIECES, k=dice.choice((1, 1, 2, 3))))
    opening = dice.choice(("", "", "a: ", "[", "{", "- ", '"', "'", "a: |\n ", "a:\n"))
    return opening + piece * (most // len(piece) + 1)


def there_and_back(dice, most):
    pairs = (("[", "]"), ("{a: ", "}"), ("[{a: ", "}]"), ("- ", ""), ("? ", ""), ("[? ", "]"), ("a:\n", ""))
    first, last = dice.choice(pairs)
    times = dice.choice((31, 32, 33, most // len(first + last)))
    return first * times + last * times


def staircase(dice, most):
    step = dice.choice(("a:\n", "- \n", "-\n", "? \n", "# c\n", "\n"))
    return "".join(" " * (dice.randint(0, 2) + place) + step for place in range(min(most, 360)))


def long_key(dice, _):
    """A key at the length where it stops being one."""
    size = dice.choice((1020, 1022, 1023, 1024, 1025, 1026, 60_000))
    name = (dice.choice(("a", "é", "🚀", "a ", "''", "- ")) * size)[:size]
    frame = dice.choice(("{}: b", "{{{}: b}}", "[{}: b]", "? {}\n: b", "'{}': b", '{{"{}": b}}', "- {}: b"))
    return frame.format(name)


def many_keys(dice, most):
    return "".join(f"k{place}: {dice.choice(NEARLY)}\n" for place in range(most // 10 + 1))


def large_scalar(dice, most):
    frame = dice.choice(("|\n  {}", ">\n  {}", "'{}'", '"{}"', "{}", "|2-\n  {}", ">+\n  {}\n\n"))
    return "a: " + frame.format(dice.choice(("x", "x y ", "x\n  ", "x\n\n  ", "🚀\n  ", "1")) * (most // 4))


def directives(dice, most):
    """As many handles of tags as there is room for."""
    return "".join(f"%TAG !{place:x}! b\n" for place in range(most // 11)) + dice.choice(("--- a\n", ""))


SHAPES = (repeated,) * 4 + (there_and_back, staircase, long_key, many_keys, large_scalar, directives)
