"""Random trees, and YAML as nobody would write it but the specification allows."""

import re

PLAIN = re.compile(
    r"(?!\.\.\.|---)[A-Za-z_/(äöüß日本語🚀][A-Za-z0-9_/().;=~+*&!@%<>|äöüß日本語🚀 '-]*(?<! )\Z"
)
MEANS_MORE = re.compile(r"(?:null|true|false)\Z", re.IGNORECASE)
PRINTED = re.compile(r"[\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*\Z")
FOLDABLE = re.compile(r"(?<=\S) (?=[A-Za-zäöüß日本語🚀])")
LETTERS = {"\n": "n", "\t": "t", '"': '"', "\\": "\\", "\x07": "a", "\x1b": "e", "\u2028": "L", "\xa0": "_"}
WORDS = (
    *("a", "key", "no", "on", "Support", "gpt-5.6", "be kind", "one two three", "word " * 30, "äöü ß"),
    *("x: y", "- x", "#x", "x #y", "x:y", "http://example.com/?a=b&c", "? x", "?x", ":x", "-x", "-", ":"),
    *("12:30", "2026-11-22", "1_000", "true", "null", "012", "1e3", "~", "=", "<<", "---", "...", "%x"),
    *("", " ", " led", "trailed ", "a\nb", "a\n\nb\n", "a\n b\n\n  c\nd\n", "\n", "\n\n\na", "line\n\n\n"),
    *("  two\n spaces\n", "\ttab\n", "a\tb", "--- a\nb\n...\n", "# a\n\nb\n", "\n\n# a\n", "a\n# b"),
    *("日本語 テキスト", "🚀👩‍🚀", "it's", 'say "x"', "back\\slash", "@x", "`x`", "&a", "*a", "!x", "|", ">"),
    *("[x]", "{x}", "x, y", "\xa0", "a\u2028b", "\ufeff", "\x07"),
)
NUMBERS = (0, 1, -1, 12, 2**53 + 1, 2**64, 10**30, 0.5, -1.25, 1e300, 1e-7)
HEADS = ("", "", "", "---\n", "%YAML 1.2\n---\n", "# c\n", "\n\n", "--- # c\n")
FEET = ("", "", "", "...\n", "# c\n", "...\n\n", "...\n# c\n")
RESTS = ("", "", "", " ", "  # comment: 'x", " #", "\t# tab")
GAPS = ("",) * 8 + ("\n", "# - a: b\n", "   # odd\n", "  \n")


def tree(dice, most):
    """A random tree of at most so many levels; its keys are texts."""
    if most == 0 or dice.random() < 0.35:
        return leaf(dice)
    inner = [tree(dice, most - 1) for _ in range(dice.choice((0, 1, 1, 2, 2, 3, 4)))]
    return inner if dice.random() < 0.5 else {key(dice, place): one for place, one in enumerate(inner)}


def leaf(dice):
    if dice.random() < 0.1:
        return dice.choice((None, True, False))
    if dice.random() < 0.2:
        return dice.choice((*NUMBERS, dice.randint(-(10**6), 10**6)))
    if dice.random() < 0.9:
        return dice.choice(WORDS)
    return "".join(dice.choices("ab \n\t:#-'\"\\é🚀,[]{}", k=dice.randint(0, 12)))


def key(dice, place):
    """A key that its neighbours do not have."""
    return f"{dice.choice(WORDS).strip() if dice.random() < 0.3 else 'k'}{place}"


class Writer:
    """Writes a tree in styles of the dice's choice."""

    def __init__(self, dice):
        self.dice = dice

    def chance(self, share):
        return self.dice.random() < share

    def document(self, found):
        """A whole file."""
        head, foot = self.dice.choice(HEADS), self.dice.choice(FEET)
        if isinstance(found, (dict, list)) and found and self.chance(0.85):
            return head + self.block(found, 0) + foot
        return head + self.inline(found, 0) + self.rest() + foot

    def rest(self):
        """The end of the line behind a value, and what may stand before the next."""
        return f"{self.dice.choice(RESTS)}\n{self.dice.choice(GAPS)}"

    def block(self, found, indent):
        """A mapping or a list in block style."""
        if isinstance(found, dict):
            entries = (self.pair(name, one, indent) for name, one in found.items())
        else:
            entries = ("-" + self.value(one, indent, is_entry=True) for one in found)
        return "".join(" " * indent + entry for entry in entries)

    def pair(self, name, found, indent):
        if self.chance(0.08):
            colon = " " * indent + ":" + self.value(found, indent, is_entry=True)
            return f"? {self.inline(name, indent)}{self.rest()}{colon}"
        return f"{self.name(name)}{self.dice.choice(('', '', '', ' '))}:{self.value(found, indent)}"

    def name(self, name):
        """A key in one line."""
        return name if self.is_plain(name) and self.chance(0.8) else self.quoted(name, None)

    def is_plain(self, text):
        return PLAIN.match(text) and not MEANS_MORE.match(text)

    def value(self, found, indent, *, is_entry=False):
        """What follows a dash or a colon, to the end of its last line."""
        if isinstance(found, (dict, list)) and found and self.chance(0.75):
            return self.nested(found, indent, is_entry=is_entry)
        if isinstance(found, str) and self.chance(0.3) and PRINTED.match(found):
            return " " + self.lines(found, indent)
        if found is None and self.chance(0.5):
            return self.rest()
        return " " * self.dice.choice((1, 1, 1, 3)) + self.inline(found, indent + 1) + self.rest()

    def nested(self, found, indent, *, is_entry):
        if is_entry and self.chance(0.6):
            pad = self.dice.choice((1, 1, 2, 3))
            return " " * pad + self.block(found, indent + 1 + pad).lstrip(" ")
        step = self.dice.choice((1, 2, 2, 2, 3, 4, 7))
        if isinstance(found, list) and not is_entry and self.chance(0.4):
            step = 0
        return self.rest() + self.block(found, indent + step)

    def inline(self, found, indent):
        """A value in flow style, or a scalar; its further lines are indented more than that."""
        if isinstance(found, dict):
            pairs = [self.flow_pair(name, one, indent) for name, one in found.items()]
            return self.flow("{}", pairs, indent)
        if isinstance(found, list):
            return self.flow("[]", [self.flow_entry(one, indent) for one in found], indent)
        return self.scalar(found, indent) if isinstance(found, str) else self.literal(found)

    def literal(self, found):
        """Nothing, a truth or a number."""
        if found is None:
            return self.dice.choice(("~", "null", "Null", "NULL"))
        if isinstance(found, bool):
            return self.dice.choice((str(found), str(found).lower(), str(found).upper()))
        if isinstance(found, int) and 0 <= found < 2**62 and self.chance(0.2):
            return self.dice.choice((f"+{found}", f"0{found}", hex(found), f"0o{found:o}"))
        return repr(found)

    def flow(self, brackets, parts, indent):
        deeper = "\n" + " " * (indent + 1)
        comma = self.dice.choice((",", ", ", " , ", "," + deeper, ", # c" + deeper))
        pad = self.dice.choice(("", "", " ", deeper))
        last = "," if parts and self.chance(0.1) else ""
        return f"{brackets[0]}{pad}{comma.join(parts)}{last}{pad}{brackets[1]}"

    def flow_entry(self, found, indent):
        if isinstance(found, dict) and len(found) == 1 and self.chance(0.4):
            return self.flow_pair(*next(iter(found.items())), indent)
        return self.inline(found, indent)

    def flow_pair(self, name, found, indent):
        written = self.name(name)
        is_quoted = written[0] in "\"'"
        colon = self.dice.choice((":", " :")) if is_quoted and self.chance(0.3) else ": "
        return f"{'? ' if self.chance(0.05) else ''}{written}{colon}{self.inline(found, indent)}"

    def scalar(self, text, indent):
        if self.is_plain(text) and self.chance(0.6):
            return self.broken(text, indent)
        return self.quoted(text, indent)

    def broken(self, text, indent):
        """A text with line ends for some of its spaces."""
        end = "\n" + " " * (indent + 1)
        return FOLDABLE.sub(lambda _: end if self.chance(0.2) else " ", text)

    def quoted(self, text, indent):
        """A text in quotes; in one line where no indentation is given."""
        needs_escapes = not PRINTED.match(text) or re.search(r"\n|\t| \Z|\A ", text)
        if needs_escapes or self.chance(0.5):
            return '"' + "".join(self.letter(one, indent) for one in text) + '"'
        doubled = text.replace("'", "''")
        return f"'{doubled if indent is None else self.broken(doubled, indent)}'"

    def letter(self, one, indent):
        """A character between double quotes, as itself or escaped, with a line end before it now and then."""
        is_cut = indent is not None and self.chance(0.03)
        cut = "\\\n" + " " * (indent + 1) if is_cut else ""
        must = one in '"\\\n' or not PRINTED.match(one) or (is_cut and one in " \t")
        return cut + (self.escaped(one) if must or self.chance(0.1) else one)

    def escaped(self, one):
        ways = [f"\\U{ord(one):08X}"]
        ways += [f"\\u{ord(one):04x}"] if ord(one) <= 0xFFFF else []
        ways += [f"\\x{ord(one):02x}"] if ord(one) <= 0xFF else []
        ways += [f"\\{LETTERS[one]}"] * 2 if one in LETTERS else []
        return self.dice.choice(ways)

    def lines(self, text, indent):
        """A text as a literal or folded block, with the chomping that it needs."""
        body = text.rstrip("\n")
        ends = len(text) - len(body)
        chomping = "+" if ends > 1 or (ends and not body) else "" if ends else "-"
        step = self.dice.choice((1, 2, 2, 4, 9))
        is_told = re.match(r"[ \t\n]", text) or self.chance(0.2)
        marks = [str(step) if is_told else "", chomping]
        self.dice.shuffle(marks)
        style, shown = self.dice.choice((("|", text), (">", unfolded(text))))
        lines = shown.split("\n")[: -1 if ends else None]
        written = "".join(self.line(one, indent + step) for one in lines)
        return f"{style}{''.join(marks)}{self.dice.choice(('', '', '  ', ' # c'))}\n{written}"

    def line(self, text, indent):
        return " " * indent + text + "\n" if text or self.chance(0.2) else "\n"


def unfolded(text):
    """A text with every line end that folding would take written twice."""
    body = text.rstrip("\n")
    first, *others = body.split("\n")
    found, before = first, first
    for one in others:
        is_taken = before and one and before[0] not in " \t" and one[0] not in " \t"
        found += f"\n\n{one}" if is_taken else f"\n{one}"
        before = one or before
    return found + text[len(body) :]
