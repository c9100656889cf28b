"""Entries are read as plain values, and their insides again when they are asked for: nothing differs."""

import json
import random
import textwrap
import tracemalloc
from functools import partial

import pytest
from config.strange import strange
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config import text as reader
from reconciler.config.dropped import changed
from reconciler.config.errors import ConfigError
from reconciler.config.lint import Lint
from reconciler.config.node import Node
from reconciler.config.outline import DoubtError
from reconciler.config.reduction import reduced
from reconciler.config.source import Source
from reconciler.config.text import compose

SEEDS = st.integers(0, 1_000_000)


def located(node, text, path=()):
    """Everything that a node says of each value in it."""
    yield path, node.origin, node.is_flow, node.end(text), node.written(Source("a.yaml", text))
    if isinstance(node.value, dict):
        for name, inner in node.value.items():
            yield name, node.key(name), node.key_extent(name), node.below(name), node.at(name)
            yield from located(inner, text, (*path, name))
    elif isinstance(node.value, list):
        for number, inner in enumerate(node.value):
            yield from located(inner, text, (*path, number))
    else:
        yield path, repr(node.value)


def outcome(source):
    """What is read of a source: its value, where all of it stands, or what is wrong with it."""
    try:
        node = compose(source)
    except ConfigError as refused:
        return "refused", refused.diagnostics
    first = repr(node.plain())
    lines = {name: node.below(name) for name in node.positions}
    below = {
        name: {key: inner.below(key) for key in inner.positions}
        for name, inner in (node.value.items() if isinstance(node.value, dict) else ())
        if inner.positions
    }
    places = [*located(node, source.text)]
    return "read", first, lines, below, places, repr(node.plain())


def doubtful(part, reduction):
    raise DoubtError


def said_of(entries, name, paths):
    """What is said of an entry without its inside."""
    entry = entries.value[name]
    return entry.plain(), [entry.has(*path) for path in paths], entry.origin, entries.below(name)


def eagerly(source):
    """The same by the reader that explains, which locates every value at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "_outlined", doubtful)
        return outcome(source)


def entirely(source):
    """The same of the text as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "reduced", reader.whole)
        return outcome(source)


@given(SEEDS)
def test_any_text_is_read_or_refused_as_if_every_value_were_located_at_once(seed):
    one = strange(seed)
    source = Source(one.path, one.text)
    assert outcome(source) == eagerly(source) == entirely(source)


TOOLS = """\
tools:
  - type: search
  - type: function
    function:
      name: find
      parameters: {type: object, required: [a, b]}
"""
FIELDS = [
    TOOLS,
    TOOLS,
    TOOLS.replace("\n  ", "\n"),
    TOOLS.replace("search\n", "search  # the index\n\n"),
    TOOLS + "  # a comment below\n",
    TOOLS + "# another\n",
    TOOLS + "\n\n",
    "tools:\n  # first\n  - a\n",
    "tools:\n  - [a: b, c]\n",
    "tools: [x: y]\n",
    "words:\n  a long text\n  of two lines\n",
    "text: |\n  # Title\n\n  Words, and more: yes?\n\n  key: |\n    deeper\n",
    "text: |\n  Words.\n",
    "text: |-\n  Words\n\n\n",
    "text: |+\n  Words\n\n\n",
    "text: |+\n  Words\n   \n  \n \nmore: 1\n",
    "text: |\n  a\n      \n",
    "text: |\n  ends with blanks\n    \n  \n",
    "text: |\n  \ttab\n  x\ty \n",
    "text: |\n\n  blank first\n",
    "text: |\n  # only comments\n  # here\n",
    "text: |2\n    indented\n  less\n",
    "text: |  # comment\n  Words.\n",
    "text: >\n  folded\n  tools:\n    - a\n\n  more\n",
    'text: "two\nlines: |\n        of it\n"\n',
    "text: 'two\n      tools:\n        - a\n'\n",
    "text: plain\n  and more words\n",
    'name: "@@0"\n',
    'name: "\\x40@0"\n',
    "name: '@@0'\n",
    "metadata: {a: '1', b: , c: [d]}\n",
    "words: a list\n  - one\n  - two\n",
    "words: [a list\n  - one\n  - two]\n",
    "metadata: {a: b, c, d: e}\n",
    "name: cut # off\n",
    "metadata: {a, b: 1,\n  c: d}\n",
    "metadata:\n  ? a\n  : b\n",
    "name: What?! Really & truly.\n",
    '"<<": {a: b}\n',
    '"1": one\n',
    "n: -0x1F\nt: true\nf: 1.5e3\nx: .5\n",
    "größe: 🚀 weit\n",
    "list:\n- a\n- - b\n  - c\n- d: |\n    e\n",
    "# a comment\n",
    "\n",
]
REFUSED = [
    "tools:\n  [a,\n b]\n",
    "text: |\n  a\n    \n  b\n\t\n",
    "text: |\n# nothing\n",
    "text: plain\n  words: no\n",
    "name: @\n",
    "metadata: {?a: b}\n",
    "&a name: b\n",
    "name: !b c\n",
    "name: *a\n",
    "<<: {a: b}\n",
    "1: one\n",
    "null: ~\nempty:\n",
    "ä\u00a0b: c\n",
    "...\n",
    "---\n",
    "text: |\n      \n  longer blanks first\n",
]


def configuration(seed):
    """A file with several entries, mostly well formed, of few fields that they repeat."""
    dice = random.Random(seed)  # noqa: S311 - a seed that is printed must replay
    kinds = dice.choices([FIELDS, REFUSED], [30, 1], k=dice.randint(1, 4))
    fields = [*map(dice.choice, kinds), "name: x\n"]
    lines = [*dice.choice([["project: p"], ["# first", "defaults:", "  model: m"], []]), "entries:"]
    step = dice.choice([2, 2, 2, 1, 4])
    for number in range(dice.randint(1, 5)):
        lines.append(" " * step + f"e{number}:")
        for field in dice.sample(fields, k=dice.randint(1, min(3, len(fields)))):
            lines += textwrap.indent(field, " " * 2 * step).removesuffix("\n").split("\n")
    for _ in range(dice.choice([0, 0, 0, 0, 0, 1, 2])):
        at = dice.randrange(len(lines))
        lines[at : at + 1] = dice.choice([[], [lines[at]] * 2, [" " + lines[at]], [lines[at][1:]], ["  # c"]])
    return dice.choice(["\n", "\n", "\n", "\r\n"]).join(lines) + dice.choice(["\n", "", "\n\n", "\n  "])


@given(SEEDS)
def test_entries_are_read_as_if_every_value_were_located_at_once(seed):
    source = Source("a.yaml", configuration(seed))
    assert outcome(source) == eagerly(source) == entirely(source)


@given(SEEDS)
def test_what_is_asked_before_the_inside_of_an_entry_is_known_is_what_is_said_afterwards(seed):
    try:
        node = compose(Source("a.yaml", configuration(seed)))
    except ConfigError:
        return
    entries = node.child("entries")
    for name, entry in entries.value.items() if entries and isinstance(entries.value, dict) else ():
        paths = [(), ("tools",), ("tools", 0), ("tools", 9), ("text", 0), ("nowhere", "a")]
        said = partial(said_of, entries, name, paths)
        before = said()
        assert isinstance(entry.value, (dict, list)) or entry.plain() == entry.value
        assert before == said()


@given(SEEDS)
def test_nothing_is_cut_off_or_changed_in_what_is_ordinary(seed):
    source = Source("a.yaml", configuration(seed))
    try:
        entries = compose(source).child("entries")
    except ConfigError:
        return
    found = entries.value.values() if entries and isinstance(entries.value, dict) else ()
    for entry in (one for one in found if one.is_ordinary):
        inside = Node(entry.value, "a.yaml", entry.begin, entry.begin)
        inside.positions = entry.positions
        assert [*changed(source, inside)] == []
        assert [*Lint(prose=frozenset({"text", "name"})).comments(source, inside)] == []


def test_long_texts_and_repeated_blocks_are_taken_out_and_put_back():
    entry = "    text: |\n      A long\n\n      text.\n    tools:\n    - a: b\n      c: [d]\n    name: x\n"
    text = "project: p\nentries:\n" + "".join(f"  e{number}:\n{entry}" for number in range(9))
    source = Source("a.yaml", text)
    reduction = reduced(reader._part(source, text))  # noqa: SLF001 - there is no other way to see it
    assert reduction.copies == 8
    assert len(reduction.texts) == 9
    assert len(reduction.text) < len(text) * 0.7
    values = [entry.plain() for entry in compose(source).child("entries").value.values()]
    assert values == [{"text": "A long\n\ntext.\n", "tools": [{"a": "b", "c": ["d"]}], "name": "x"}] * 9
    assert all(value["tools"] is values[0]["tools"] for value in values)


def one_line(count):
    """So many entries on one line, as programs write them."""
    text = "Hello\nthere, " + "word " * 60
    entries = {f"a{one}": {"instructions": text, "tools": [{"type": "retrieval"}]} for one in range(count)}
    return Source("a.json", json.dumps({"assistants": entries}))


def test_many_entries_on_one_line_take_no_more_memory_than_on_many_lines():
    source = one_line(1_000)
    tracemalloc.start()
    try:
        assert sum(1 for _ in compose(source).texts()) == 1 + 1_000 * 6
        assert tracemalloc.get_traced_memory()[1] < 100 * len(source.text)
    finally:
        tracemalloc.stop()


@given(SEEDS)
def test_an_entry_far_to_the_right_stands_where_it_stands(seed):
    entry = '{"b": {"c": ["d", {"e": "f\\u00e9"}]}}'
    text = '{"assistants": {"a0": ' + " " * (seed % 300) + entry + f', "a1": {entry}}}}}'
    whole = compose(Source("a.json", text))
    for name in ("a0", "a1"):
        at = whole.at("assistants", name, "b", "c", 1, "e")
        assert text[at.column - 1 :].startswith('"f')
        assert whole.key_extent("assistants")[0] == text.index('"assistants"')
