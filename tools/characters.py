"""Writes reconciler/model/unicode_tables.py from the Unicode Character Database and UTS #39.

The tables are written, and not asked of Python, so that a verdict does not depend on the Python in use.
Run it in an environment of its own with Python 3.11, regex 2026.11.19 and confusable-homoglyphs 3.3.1, which
bring the data and which the program does not need; then format what it wrote.
"""

import json
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import confusable_homoglyphs  # type: ignore[import-not-found] # not installed here: see above
import regex  # type: ignore[import-not-found, import-untyped] # the same

UNICODE = "18.0.0"  # of regex 2026.11.19
OLDEST = "14.0.0"  # of Python 3.11, the oldest that the program runs on; run this tool on it
TARGET = Path(__file__).parents[1] / "reconciler/model/unicode_tables.py"

HIDDEN = r"[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]"
DRAWN = r"\p{Prepended_Concatenation_Mark}"
PICTURES = range(0x1F000, 0x1FB00)  # reserved for pictures, assigned or not
# No property has these: of a visible category, and yet they draw nothing, or nothing alone.
STACKERS = r"\p{Indic_Syllabic_Category=Invisible_Stacker}"
BLANKS = {
    0x2800: "BRAILLE PATTERN BLANK",
    0x2D7F: "TIFINAGH CONSONANT JOINER",
    0xFFFC: "OBJECT REPLACEMENT CHARACTER",
    0x1107F: "BRAHMI NUMBER JOINER",
    0x13441: "EGYPTIAN HIEROGLYPH FULL BLANK",
    0x13442: "EGYPTIAN HIEROGLYPH HALF BLANK",
    0x16FE4: "KHITAN SMALL SCRIPT FILLER",
    0x1D159: "MUSICAL SYMBOL NULL NOTEHEAD",
}
HEADER = '''"""Tables of Unicode {version}, written by tools/characters.py: do not edit.

Ranges are hexadecimal; characters.py says what they are. The data is Unicode's, under the Unicode License V3
(https://www.unicode.org/license.txt), as the packages regex and confusable-homoglyphs bring it.
"""

from typing import Final

UNICODE: Final = "{version}"
'''


def points(pattern: str) -> set[int]:
    """Return the code points that a pattern matches."""
    matched = regex.compile(pattern)
    return {point for point in range(0x110000) if matched.fullmatch(chr(point))}


def ranges(found: Iterable[int]) -> list[tuple[int, int]]:
    """Return code points as ranges, first and last."""
    runs: list[tuple[int, int]] = []
    for point in sorted(found):
        if runs and point == runs[-1][1] + 1:
            runs[-1] = runs[-1][0], point
        else:
            runs.append((point, point))
    return runs


def recent() -> set[int]:
    """Return the code points that were not assigned in the oldest version that a Python can have."""
    if unicodedata.unidata_version != OLDEST:
        raise SystemExit(f"this Python has Unicode {unicodedata.unidata_version}, not {OLDEST}")
    return {point for point in range(0x110000) if unicodedata.category(chr(point)) == "Cn"}


def names(found: Iterable[int]) -> Iterable[str]:
    """Return code points with their names, as far as they have any; names are never changed.

    Those of variation selectors follow a rule, which characters.py has.
    """
    for point in sorted(found):
        name = unicodedata.name(chr(point), "")
        if name and not name.startswith("VARIATION SELECTOR-"):
            yield f"{point:x} {name}"


def confusables() -> dict[str, str]:
    """Return what looks like an ASCII letter or digit, and is not one in NFKC."""
    path = Path(confusable_homoglyphs.__file__).with_name("confusables.json")
    alike: dict[str, str] = {}
    for one, others in json.loads(path.read_text(encoding="utf-8")).items():
        targets = sorted(other["c"] for other in others if len(other["c"]) == 1 and other["c"].isascii())
        letters = [target for target in targets if target.isalnum()]
        is_plain = unicodedata.normalize("NFKC", one).isascii()
        if len(one) == 1 and letters and not is_plain:
            alike[one] = letters[0]
    return alike


def written(name: str, words: Iterable[str], separator: str) -> str:
    """Return the lines of a table."""
    lines, line = [], ""
    for word in words:
        if len(line) + len(word) > 96:  # noqa: PLR2004 - what fits into a line
            lines.append(line)
            line = ""
        line += word + separator
    body = "".join(f'    "{line}"\n' for line in [*lines, line.rstrip()])
    return f"\n{name}: Final = (\n{body})\n"


def spans(name: str, found: Iterable[int]) -> str:
    """Return the lines of a table of ranges."""
    words = (f"{first:x}" if first == last else f"{first:x}-{last:x}" for first, last in ranges(found))
    return written(name, words, " ")


def main() -> None:
    """Write the tables."""
    blank = (
        (points(r"\p{Default_Ignorable_Code_Point}") - points(r"\p{Cn}|\p{Cf}"))
        | points(STACKERS)
        | {*BLANKS}
    )
    alike = sorted(confusables().items())
    hidden = (points(HIDDEN) - points(DRAWN) - {*PICTURES}) | blank
    parts = [
        HEADER.format(version=UNICODE),
        spans("HIDDEN", hidden),
        spans("BLANK", blank),
        spans("STACKERS", points(STACKERS)),
        spans("SPACES", points(r"\p{White_Space}")),
        spans("MARKS", points(r"[\p{Mn}\p{Me}]")),
        spans("LETTERS", points(r"[\p{L}\p{M}]")),
        spans("NUMBERS", points(r"\p{N}")),
        spans("SYMBOLS", points(r"[\p{S}\p{P}]")),
        spans("WIDE", points(r"[\p{East_Asian_Width=W}\p{East_Asian_Width=F}]")),
        spans("RECENT", recent()),
        written("NAMES", names(hidden | points(r"\p{Zs}")), ";"),
        spans("RIGHT_TO_LEFT", points(r"\p{Bidi_Class=R}|\p{Bidi_Class=AL}") - points(r"\p{Cn}|\p{Cs}")),
        written("LOOK_ALIKES", (f"{ord(one):x}{to}" for one, to in alike), " "),
    ]
    TARGET.write_text("".join(parts), encoding="ascii")


if __name__ == "__main__":
    main()
