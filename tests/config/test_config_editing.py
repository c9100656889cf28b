"""YAML is edited where it stands: what is wanted is read back, and every other letter stays."""

import random
import re
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.config.editing import Append, EditError, Remove, Replace, bare, edited
from reconciler.config.errors import ConfigError
from reconciler.config.source import Source
from reconciler.config.text import compose
from reconciler.config.writing import Commented, Flow

ENTRY = Flow({"id": "asst_1", "to": "assistant.support"})
WRITTEN = "{id: asst_1, to: assistant.support}"


def edit(text, wanted, name="a.yaml"):
    return edited(Source(name, text), wanted)


def meaning(text):
    return compose(Source("a.yaml", text)).plain()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import:\n  - a\n", f"import:\n  - a\n  - {WRITTEN}\n"),
        ("import:\n- a\n", f"import:\n- a\n- {WRITTEN}\n"),
        ("import:\n    - a\n", f"import:\n    - a\n    - {WRITTEN}\n"),
        ("import:\n  -   a # why\nb: 1\n", f"import:\n  -   a # why\n  - {WRITTEN}\nb: 1\n"),
        ("import:\n  - a\n\n# about b\nb: 1\n", f"import:\n  - a\n  - {WRITTEN}\n\n# about b\nb: 1\n"),
        ("import:\r\n  - a\r\nb: 1\r\n", f"import:\r\n  - a\r\n  - {WRITTEN}\r\nb: 1\r\n"),
        ("import:\n  - a", f"import:\n  - a\n  - {WRITTEN}"),
        ("import:\n  - {id: b,\n     to: c}\n", f"import:\n  - {{id: b,\n     to: c}}\n  - {WRITTEN}\n"),
        ("import:\n  - id: b\n    to: c\n", f"import:\n  - id: b\n    to: c\n  - {WRITTEN}\n"),
        ("import:\n  -\n", f"import:\n  -\n  - {WRITTEN}\n"),
        ("import:\n  - |\n    a\n\n\nb: 1\n", f"import:\n  - |\n    a\n  - {WRITTEN}\n\n\nb: 1\n"),
        ("import:\n  - |+\n    a\n\n\nb: 1\n", f"import:\n  - |+\n    a\n\n\n  - {WRITTEN}\nb: 1\n"),
        ("import:\n  - |\n    a", f"import:\n  - |-\n    a\n  - {WRITTEN}"),
        ("'import': [a, b]\n", f"'import': [a, b, {WRITTEN}]\n"),
        ("import: [a, b,] # why\n", f"import: [a, b, {WRITTEN}] # why\n"),
        ("import: []\n", f"import: [{WRITTEN}]\n"),
        ("import: [ ] # why\n", f"import: [{WRITTEN}] # why\n"),
        ("import: [\n]\n", f"import: [{WRITTEN}]\n"),
        ("import: [\n  # none\n]\n", f"import: [\n  # none\n  {WRITTEN}\n]\n"),
        ("import: [\n  a, # 1\n  b  # 2\n]\n", f"import: [\n  a, # 1\n  b,  # 2\n  {WRITTEN}\n]\n"),
        ("import: [\n  a,\n  b,  # 2\n]\n", f"import: [\n  a,\n  b,  # 2\n  {WRITTEN},\n]\n"),
        ("import: [\n  a,\n  b]\n", f"import: [\n  a,\n  b,\n  {WRITTEN}]\n"),
        ("import:\nb: 1\n", f"import:\n  - {WRITTEN}\nb: 1\n"),
        ("import: # why\nb: 1\n", f"import:  # why\n  - {WRITTEN}\nb: 1\n"),
        ("import: null  # why\n", f"import:  # why\n  - {WRITTEN}\n"),
        ("import: ~", f"import:\n  - {WRITTEN}"),
        ("---\nimport:\n- a\n...\n", f"---\nimport:\n- a\n- {WRITTEN}\n...\n"),
        ("\U0001f600: é\U0001f600\nimport:\n- a\n", f"\U0001f600: é\U0001f600\nimport:\n- a\n- {WRITTEN}\n"),
        ("{b: 1, import: [a]}\n", f"{{b: 1, import: [a, {WRITTEN}]}}\n"),
    ],
)  # fmt: skip
def test_an_item_is_appended_in_the_style_of_the_list(before, after):
    assert edit(before, Append(("import",), ENTRY)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("project: a\n", f"project: a\nimport:\n  - {WRITTEN}\n"),
        ("project: a", f"project: a\nimport:\n  - {WRITTEN}"),
        ("project: a # b\n\n# end\n", f"project: a # b\nimport:\n  - {WRITTEN}\n\n# end\n"),
        ("a:\n- 1\nb: 2\n", f"a:\n- 1\nb: 2\nimport:\n- {WRITTEN}\n"),
        ("a:\n    - 1\n", f"a:\n    - 1\nimport:\n    - {WRITTEN}\n"),
        ("a:\n    b: 1\n", f"a:\n    b: 1\nimport:\n  - {WRITTEN}\n"),
        ("moved: []\nb: 2\nlint: {}\n", f"moved: []\nimport:\n  - {WRITTEN}\nb: 2\nlint: {{}}\n"),
        ("b: 2\n\nlint: {}\n", f"b: 2\nimport:\n  - {WRITTEN}\n\nlint: {{}}\n"),
        ("lint: {}\nb: 2\n", f"import:\n  - {WRITTEN}\nlint: {{}}\nb: 2\n"),
        ("a:\n  b: 1\n  # c: 2\n# end\n", f"a:\n  b: 1\n  # c: 2\nimport:\n  - {WRITTEN}\n# end\n"),
        ("{a: 1}\n", f"{{a: 1, import: [{WRITTEN}]}}\n"),
        ("{}\n", f"{{import: [{WRITTEN}]}}\n"),
        ("{a: 1,\n b: 2}", f"{{a: 1,\n b: 2,\n import: [{WRITTEN}]}}"),
        ("", f"import:\n  - {WRITTEN}\n"),
        ("# nothing yet\n", f"# nothing yet\nimport:\n  - {WRITTEN}\n"),
        ("# nothing yet", f"# nothing yet\nimport:\n  - {WRITTEN}"),
        ("---\n# nothing\n", f"---\n# nothing\nimport:\n  - {WRITTEN}\n"),
        ("---\n...\n", f"---\nimport:\n  - {WRITTEN}\n...\n"),
        ("--- ~\n", f"--- \nimport:\n  - {WRITTEN}\n"),
        ("a: |\n  b", f"a: |-\n  b\nimport:\n  - {WRITTEN}"),
        ("a: 1\n...\n", f"a: 1\nimport:\n  - {WRITTEN}\n...\n"),
    ],
)
def test_a_missing_list_is_made_where_a_reader_expects_it(before, after):
    wanted = Append(("import",), ENTRY, after=("moved", "removed"), before=("lint",))
    assert edit(before, wanted) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("e:\n  prod:\n    vars: {}\n", f"e:\n  prod:\n    vars: {{}}\n    import:\n      - {WRITTEN}\n"),
        ("e:\n  prod:\n", f"e:\n  prod:\n    import:\n      - {WRITTEN}\n"),
        (
            "e:\n  prod: # why\n  dev: {}\n",
            f"e:\n  prod:  # why\n    import:\n      - {WRITTEN}\n  dev: {{}}\n",
        ),
        ("e: {prod: {}, dev: {}}\n", f"e: {{prod: {{import: [{WRITTEN}]}}, dev: {{}}}}\n"),
        ("e: {prod, dev}\n", f"e: {{prod: {{import: [{WRITTEN}]}}, dev}}\n"),
        ("e:\n  prod: {}\n", f"e:\n  prod: {{import: [{WRITTEN}]}}\n"),
        ("e: {prod: {vars: {a: b}}}\n", f"e: {{prod: {{vars: {{a: b}}, import: [{WRITTEN}]}}}}\n"),
    ],
)
def test_a_list_may_be_deep_in_a_document(before, after):
    assert edit(before, Append(("e", "prod", "import"), ENTRY)) == after


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("a: 1 # why\nb: 2\n", "x: y", 'a: "x: y" # why\nb: 2\n'),
        ("a:\nb: 2\n", 1, "a: 1\nb: 2\n"),
        ("a: 1 # why\n", "one\ntwo\n", "a: |  # why\n  one\n  two\n"),
        ("a: |  # why\n  one\n  two\n\nb: 2\n", "x", "a: x  # why\n\nb: 2\n"),
        ("a: |\n  one\n\nb: 2\n", "one\ntwo", "a: |-\n  one\n  two\n\nb: 2\n"),
        ("a: >-\n  one\n  two\nb: 2\n", {"c": 1}, "a:\n  c: 1\nb: 2\n"),
        ("a: [1, 2] # why\n", [1], "a:  # why\n  - 1\n"),
        ("a: [1, 2] # why\n", [], "a: [] # why\n"),
        ("a: # why\n  c: 1  # gone\n  d: 2\nb: 2\n", 5, "a: 5 # why\nb: 2\n"),
        ("a:\n    c: 1\nb: 2\n", {"d": [1]}, "a:\n    d:\n      - 1\nb: 2\n"),
        ("a:\n- 1\n- 2 # gone\nb: 2\n", [3], "a:\n- 3\nb: 2\n"),
        ("a:\n- 1\nb: 2\n", {"c": "d"}, "a:\n  c: d\nb: 2\n"),
        ("a: 'x\n  y' # why\nb: 2\n", "z", "a: z # why\nb: 2\n"),
        ("{a: x, b: 2}\n", "y, z", '{a: "y, z", b: 2}\n'),
        ("{a: , b: 2}\n", [1, {"c": 2}], "{a: [1, {c: 2}] , b: 2}\n"),
        ("a: 1\r\nb: 2\r\n", {"c": 1}, "a:\r\n  c: 1\r\nb: 2\r\n"),
        ("a: 1", {"c": 1}, "a:\n  c: 1"),
    ],
)  # fmt: skip
def test_a_value_is_replaced_and_the_comment_beside_its_key_stays(before, value, after):
    assert edit(before, Replace(("a",), value)) == after


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("- 1\n- 2 # why\n- 3\n", "x", "- 1\n- x # why\n- 3\n"),
        ("- 1\n- 2\n- 3\n", {"a": 1, "b": [2]}, "- 1\n- a: 1\n  b:\n    - 2\n- 3\n"),
        ("- 1\n- a: 1 # gone\n  b: 2\n- 3\n", 2, "- 1\n- 2\n- 3\n"),
        ("- 1\n-   a: 1\n    b: 2\n- 3\n", {"c": 3}, "- 1\n- c: 3\n- 3\n"),
        ("- 1\n-\n- 3\n", "x", "- 1\n- x\n- 3\n"),
        ("- 1\n- 2\n- 3\n", "a\nb\n", "- 1\n- |\n  a\n  b\n- 3\n"),
        ("- 1\n- 2 # why\n- 3\n", {"a": 1}, "- 1\n-  # why\n  a: 1\n- 3\n"),
        ("[1, 2, 3]\n", {"a": 1}, "[1, {a: 1}, 3]\n"),
    ],
)
def test_an_item_is_replaced(before, value, after):
    assert edit(before, Replace((1,), value)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1\nb: 2 # gone\nc: 3\n", "a: 1\nc: 3\n"),
        ("a: 1\n# stays\nb:\n  - 1\n  - 2\n\n# about c\nc: 3\n", "a: 1\n# stays\n\n# about c\nc: 3\n"),
        ("b: 2\nc: 3", "c: 3"),
        ("a: 1\nb: 2", "a: 1\n"),
        ("b: 2\n", "{}\n"),
        ("{a: 1, b: 2}\n", "{a: 1}\n"),
        ("{b: 2, a: 1}\n", "{a: 1}\n"),
        ("{b: 2}\n", "{}\n"),
        ("{\n  a: 1, # one\n  b: 2, # gone\n  c: 3 # three\n}\n", "{\n  a: 1, # one\n  c: 3 # three\n}\n"),
        ("{\n  a: 1, # one\n  b: 2 # gone\n}\n", "{\n  a: 1 # one\n}\n"),
    ],
)
def test_a_key_is_removed_with_its_value(before, after):
    assert edit(before, Remove(("b",))) == after


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        ("a:\n  - 1\n  - 2 # gone\n", ("a", 1), "a:\n  - 1\n"),
        ("a: # why\n  - 1\nb: 2\n", ("a", 0), "a: [] # why\nb: 2\n"),
        ("- a: 1 # gone\n  # about b\n  b: 2\n", (0, "a"), "- # about b\n  b: 2\n"),
        ("- - 1\n  - 2\n", (0, 0), "- - 2\n"),
    ],
)
def test_an_item_is_removed(before, path, after):
    assert edit(before, Remove(path)) == after


def test_a_comment_may_come_with_what_is_written():
    text = edit("a:\n  - 1\n", Append(("a",), Commented("x", "cannot be read")))
    assert text == "a:\n  - 1\n  # cannot be read\n  - x\n"


def test_a_json_file_stays_json():
    assert edit('{"a": [1]}\n', Append(("a",), "x"), "a.json") == '{"a": [1, "x"]}\n'
    assert edit('{"a": [1]}\n', Append(("b",), {"c": "d"}), "a.json") == '{"a": [1], "b": [{"c": "d"}]}\n'


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("import: text\n", Append(("import",), "a")),
        ("import: {a: b}\n", Append(("import",), "a")),
        ("a: 1\n", Append(("b", "import"), "a")),
        ("a: 1\n", Replace(("b",), 1)),
        ("a: 1\n", Remove(("b",))),
        ("a: 1\n", Remove(("a", "b"))),
        ("- 1\n", Append(("import",), "a")),
        ("? a\n: 1\n", Replace(("a",), {"b": 1})),
        ("? a\n: 1\nb: 2\n", Remove(("a",))),
        ("a: |\n  x\nb: 1\n  # deep\nc: 1\n", Remove(("b",))),
    ],
)
def test_what_cannot_be_edited_is_refused_with_what_to_write_by_hand(text, wanted):
    with pytest.raises(EditError, match=r"^cannot edit a\.yaml:\d .* by hand"):
        edit(text, wanted)


def test_a_text_that_cannot_be_read_is_not_edited():
    with pytest.raises(ConfigError):
        edit("a: [\n", Append(("import",), "a"))


def test_a_long_file_is_edited_in_a_moment():
    text = "assistants:\n" + "".join(f"  a{n}: {{model: m}}  # {n}\n" for n in range(20_000))
    assert edit(text, Append(("import",), ENTRY)) == f"{text}import:\n  - {WRITTEN}\n"


WORDS = [
    "x",
    "no",
    "a b",
    "12",
    "0x1F",
    "it's",
    "a: b",
    "# c",
    "é\U0001f600",
    "",
    "- x",
    "[",
    "%",
    'say "hi"',
]
PROSE = ["one\ntwo\n", "one\n\n  two", "# no comment\nx\n", "a: b\n- c\n\n\n"]


def value(dice, depth=3):
    """A value as a document may have it."""
    kind = dice.random()
    if depth and kind < 0.35:
        keys = dice.sample(["a", "b", "no", "c d", "\U0001f600", "e:f", "12"], dice.randrange(4))
        return {key: value(dice, depth - 1) for key in keys}
    if depth and kind < 0.7:
        return [value(dice, depth - 1) for _ in range(dice.randrange(4))]
    return dice.choice([1, True, None, 1.5, *WORDS, *PROSE])


class Author:
    """A person who writes values as YAML, in every style, with comments."""

    def __init__(self, dice):
        self.dice = dice
        self.number = count()
        self.step = dice.choice([1, 2, 2, 4])
        self.dash = dice.choice([0, 0, 2, 4])

    def chance(self, share):
        return self.dice.random() < share

    def remark(self):
        return f"# comment {next(self.number)} é\U0001f600"

    def aside(self):
        return f"{self.dice.choice([' ', '   '])}{self.remark()}" if self.chance(0.25) else ""

    def above(self, column, lines):
        """Write comments and blank lines before an entry, but none that would belong to a text."""
        while self.chance(0.15):
            is_blank = self.chance(0.5) and lines[-1:] != [""]
            lines.append("" if is_blank else f"{' ' * column}{self.remark()}")

    def word(self, one):
        """A scalar on one line."""
        if one is None:
            return self.dice.choice(["null", "~"])
        if not isinstance(one, str):
            return {True: "true", False: "false"}[one] if isinstance(one, bool) else str(one)
        is_plain = re.fullmatch(r"[a-z]+( [a-z]+)*|é\U0001f600|\U0001f600", one) and one != "null"
        if is_plain and self.chance(0.7):
            return one
        if "\n" not in one and self.chance(0.5):
            return "'" + one.replace("'", "''") + "'"
        return '"' + one.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'

    def flow(self, one):
        """A value between brackets."""
        if not isinstance(one, (dict, list)):
            return self.word(one)
        wide = self.chance(0.3)
        gap = f"\n{' ' * 14}" if wide else self.dice.choice([" ", " ", ""])
        entries = [
            f"{self.word(each)}: {self.flow(one[each])}" if isinstance(one, dict) else self.flow(each)
            for each in one
        ]
        text = ""
        for number, entry in enumerate(entries):
            is_last = number == len(entries) - 1
            comma = "" if is_last and self.chance(0.7) else ","
            text += f"{gap if number or wide else ''}{entry}{comma}{self.aside() if wide else ''}"
        if wide and entries:
            text += f"\n{' ' * 13}"
        return f"{{{text}}}" if isinstance(one, dict) else f"[{text}]"

    def behind(self, one, column, lines, head):
        """Write a value behind a head such as a key and its colon; the head ends the last line."""
        if isinstance(one, (dict, list)) and one and not self.chance(0.25):
            lines.append(f"{head}{self.aside()}")
            deeper = self.dash if isinstance(one, list) and head.endswith(":") else self.step
            self.block(one, column + deeper, lines)
        elif isinstance(one, str) and one in PROSE and self.chance(0.7):
            kept = one.endswith("\n\n")
            chomp = "+" if kept else "" if one.endswith("\n") else "-"
            lines.append(f"{head} |{chomp}{self.aside()}")
            body = one[: -1 if one.endswith("\n") else None].split("\n")
            lines += [f"{' ' * (column + self.step)}{line}" if line else "" for line in body]
        elif one is None and self.chance(0.6):
            lines.append(f"{head}{self.aside()}")
        else:
            lines += f"{head}{self.dice.choice([' ', ' ', '  '])}{self.flow(one)}{self.aside()}".split("\n")

    def block(self, one, column, lines):
        for each in one:
            self.above(column, lines)
            if isinstance(one, dict):
                self.behind(one[each], column, lines, f"{' ' * column}{self.word(each)}:")
                continue
            is_compact = isinstance(each, (dict, list)) and each and self.chance(0.5)
            if not is_compact:
                self.behind(each, column, lines, f"{' ' * column}-")
                continue
            inner = []
            self.block(each, column + 2, inner)
            while not inner[0].strip() or inner[0].lstrip().startswith("#"):
                inner.pop(0)
            lines += [f"{' ' * column}- {inner[0].lstrip(' ')}", *inner[1:]]

    def document(self, one):
        lines = []
        self.above(0, lines)
        lines += ["---"] * self.chance(0.2)
        if isinstance(one, (dict, list)) and one:
            self.block(one, 0, lines)
        else:
            lines += self.flow(one).split("\n")
        lines += [] if self.chance(0.6) else ["..."] if self.chance(0.2) else ["# the end é"]
        text = "\n".join(lines)
        if self.chance(0.8) or meaning(text) != one:  # a text at the very end may need it
            text += "\n"
        return text.replace("\n", "\r\n") if self.chance(0.2) else text


def paths(one, path=()):
    """Every path in a value."""
    yield path
    inner = one.items() if isinstance(one, dict) else enumerate(one) if isinstance(one, list) else ()
    for key, each in inner:
        yield from paths(each, (*path, key))


def at(one, path):
    for step in path:
        one = one[step]
    return one


def wish(dice, document):
    """An edit of a document, and what the document means afterwards."""
    every = [*paths(document)]
    lists = [path for path in every if path and isinstance(at(document, path), list)]
    new = value(dice, 2)
    kind = dice.randrange(4)
    if kind == 0 and lists:
        path = dice.choice(lists)
        at(document, path).append(bare(new))
        return Append(path, new)
    if kind == 1:
        path = dice.choice([path for path in every if isinstance(at(document, path), dict)])
        at(document, path)["import"] = [bare(new)]
        names = tuple(at(document, path))
        return Append((*path, "import"), new, dice.choice([(), names]), dice.choice([(), names]))
    path = dice.choice(every[1:])
    holder = at(document, path[:-1])
    if kind == 2:
        holder[path[-1]] = bare(new)
        return Replace(path, new)
    del holder[path[-1]]
    return Remove(path)


def comments(text):
    return re.findall(r"# comment \d+", text)


def lines_of(text, wanted):
    """The lines of what an edit is about: an entry, or what has it where its neighbours may change too."""
    root, path = compose(Source("a.yaml", text)), wanted.path
    holder = root.child(*path[:-1])
    is_first = path[-1] in {0, next(iter(holder.value), None)}
    if (isinstance(wanted, Remove) and (holder.is_flow or is_first)) or not root.has(*path):
        path = path[:-1]
    first = text.count("\n", 0, dash(root, path, text)) if path else 0
    return {*range(first, text.count("\n", 0, root.child(*path).end(text)) + 1)}


def dash(root, path, text):
    """Where an entry may begin: at its key, or behind the item before it."""
    *outer, last = path
    holder = root.child(*outer)
    if isinstance(last, str):
        return holder.key_extent(last)[0]
    return holder.value[last - 1].end(text) if last else holder.start


def outside(text, touched):
    """The lines above and below some lines."""
    lines = text.splitlines()
    return lines[: min(touched)], lines[max(touched) + 1 :]


@settings(max_examples=200)
@given(st.integers(0, 2**64))
def test_any_edit_of_any_document_is_read_back_and_leaves_the_other_lines(seed):
    dice = random.Random(seed)  # noqa: S311 - no secret, and the same for a seed
    document = {"first": value(dice), **{f"k{n}": value(dice) for n in range(3)}}
    text = Author(dice).document(document)
    assert meaning(text) == document, text
    wanted = wish(dice, document)

    after = edit(text, wanted)

    assert meaning(after) == document
    touched = lines_of(text, wanted)
    above, below = outside(text, touched)
    lines = after.splitlines()
    assert (lines[: len(above)], lines[len(lines) - len(below) :]) == (above, below)
    if isinstance(wanted, Append):
        assert comments(after) == comments(text)
