"""Every verdict about characters as a digest, for any Python: python verdicts.py [--step N] [--play NAME].

It needs the sources of the program in PYTHONPATH, no other package. ``--step`` takes every Nth code point,
``--play`` lets unicodedata answer as that of another Python would.
"""

import argparse
import hashlib
import json
import sys
import types
import unicodedata


def older():
    """Answer of properties as Unicode 3.2 does, which Python still has, and of normal forms as 14.0 may."""
    old = unicodedata.ucd_3_2_0
    module = types.ModuleType("unicodedata")
    for name in ("category", "name", "bidirectional", "combining", "east_asian_width", "decimal", "numeric"):
        setattr(module, name, getattr(old, name))
    module.unidata_version, module.normalize = "3.2.0", unicodedata.normalize
    module.ucd_3_2_0 = old
    return module


def nonsense():
    """Answer of everything beyond ASCII what is never right, and of normal forms what a newer Unicode may."""
    recent = {point for point in range(0x110000) if unicodedata.category(chr(point)) == "Cn"}

    def normalize(form, text):
        return "".join("?" if ord(one) in recent else one for one in unicodedata.normalize(form, text))

    def answer(real, wrong):
        return lambda one, *rest: real(one, *rest) if one.isascii() else wrong

    module = types.ModuleType("unicodedata")
    module.category, module.name = answer(unicodedata.category, "Cn"), answer(unicodedata.name, "NONSENSE")
    module.combining = answer(unicodedata.combining, 240)
    module.bidirectional = answer(unicodedata.bidirectional, "R")
    module.east_asian_width = answer(unicodedata.east_asian_width, "W")
    module.unidata_version, module.normalize = "99.0.0", normalize
    module.ucd_3_2_0 = unicodedata.ucd_3_2_0  # which the codec of host names asks
    return module


STAND_INS = {"older": older, "nonsense": nonsense}


def play(name):
    """Let a module stand in for unicodedata, for everything that is imported from now on."""
    if name:
        sys.modules["unicodedata"] = STAND_INS[name]()


def verdicts():
    """What is asked of every code point, by name; a function of one character that answers with a text."""
    from reconciler.config.invisible import unseen  # noqa: PLC0415 - after a stand-in; no other door
    from reconciler.model import characters as known  # noqa: PLC0415 - the same
    from reconciler.model.address import CHANGED_NAME  # noqa: PLC0415 - the same
    from reconciler.model.spelling import alike  # noqa: PLC0415 - the same
    from reconciler.render.columns import cells  # noqa: PLC0415 - the same
    from reconciler.render.text_diff import _words  # noqa: PLC0415 - the same
    from reconciler.render.visible import visible  # noqa: PLC0415 - the same

    def hidden(before, after):
        return lambda one: str([index for index, _ in unseen(before + one + after)])

    return {
        "alone": hidden("", ""),
        "between Latin letters": hidden("ab", "cd"),
        "between Latin words": hidden("ab ", " cd"),
        "between digits": hidden("1", "2"),
        "between Hebrew letters": hidden("ש", "ש"),
        "between Thai letters": hidden("ก", "ก"),
        "between Han": hidden("字", "字"),
        "between pictures": hidden("😀", "😀"),
        "in the name of a file": lambda one: ascii(bool(CHANGED_NAME.search(one)) or [*unseen(f"x{one}.md")]),
        "in a key": lambda one: str(known.is_plain("".join(letter for _, letter in unseen(f"a{one}b")))),
        "as a word": lambda one: ascii([known.is_word(one), _words(f"a{one}b c")]),
        "in one case": known.folded,
        "in normal forms": lambda one: ascii([known.normalised(form, f"e{one}\u0301") for form in FORMS]),
        "by its look": lambda one: known.look(one) + alike(f"A{one}b"),
        "marks": lambda one: str(known.heap(f"a{one * 5}b") is not None),
        "printed": lambda one: visible(one) + known.quoted(f"'{one}") + known.named(one),
        "its width": lambda one: str(cells(one)),
    }


FORMS = ("NFC", "NFD", "NFKC", "NFKD")


def digests(step):
    """The digest of what each verdict says of every so many code points."""
    asked = verdicts()
    sums = {name: hashlib.sha256() for name in asked}
    for point in range(0, 0x110000, step):
        one = chr(point)
        for name, ask in asked.items():
            sums[name].update(ask(one).encode("utf-8", "surrogatepass") + b"\n")
    return {name: each.hexdigest()[:16] for name, each in sums.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--play", choices=STAND_INS)
    chosen = parser.parse_args()
    play(chosen.play)
    print(json.dumps(digests(chosen.step)))  # noqa: T201 - a program of its own
