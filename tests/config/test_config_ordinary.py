"""What is asked first of every assistant, so that most of them cost little, agrees with the full answer."""

import re
from textwrap import indent

from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.config import placeholder as placeholders
from reconciler.config.layers import Layer
from reconciler.config.lint import Lint
from reconciler.config.prompt_lint import PromptLint
from reconciler.config.prompts import Prompt
from reconciler.config.shapes import Values
from reconciler.config.source import Source
from reconciler.config.span import Segment, Span
from reconciler.config.text import compose
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.model import field
from reconciler.model.characters import look
from reconciler.model.diagnostic import Origin
from reconciler.model.mark import MARK_KEY

FIELDS = ASSISTANTS_V1.fields
STRANGE = (
    "TODO: write this",
    "<<<<<<< HEAD\n=======\n>>>>>>> topic\n",
    "${var.team}",
    "[your name]",
    "a\r\nb",
    "a\rb",
    "\n\n\n\n",
    "ENC[AES256_GCM,data:abcd",
    "&#x202e;",
    "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
    "a" + " " * 300 + "b",
    "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 3\n",
    "Subproject commit " + "0" * 40,
    "../prompts/triage.md",
    "gpt-4o",
)
texts = st.lists(st.one_of(st.text(max_size=20), st.sampled_from(STRANGE)), max_size=4).map("".join)
sizes = st.sampled_from((0, 1, 3, 64, 65, 256, 257, 512, 513, 32_768, 32_769))
long = sizes.map("x".__mul__)
pairs = st.dictionaries(
    st.one_of(long, st.just(MARK_KEY), st.text()), st.one_of(long, st.none()), max_size=18
)


def is_silent(problems):
    return next(iter(problems), None) is None


@given(st.one_of(long, texts, st.none()))
def test_a_text_is_within_its_limits_if_it_has_no_problem(value):
    rows = [row for row in FIELDS if isinstance(row, field.Text)]
    for row in [*rows, field.Text("kept", "k", limit=3, clear=field.Clear.NEVER), field.Text("free", "f")]:
        assert row.is_within(value) == is_silent(row.problems(value))


@given(st.one_of(pairs, st.none()))
def test_pairs_are_within_their_limits_if_they_have_no_problem(value):
    for row in (FIELDS.pairs, field.Pairs("free", "")):
        assert row.is_within(value) == is_silent(row.problems(value))


@given(st.one_of(st.integers(-5, 5), st.none()))
def test_a_number_is_within_its_limits_if_it_has_no_problem(value):
    row = field.Number("heat", "h", minimum=0, maximum=2)
    assert row.is_within(value) == is_silent(row.problems(value))


class Listener:
    """Layers of an assistant that remember what is reported of it."""

    def __init__(self):
        source = Source("assistants.yaml", '{a: "\\u0041"}')  # with an escape, it proves nothing of a value
        self.fields, self.heard = FIELDS, []
        self.layer = Layer(source, compose(source), Values())
        self.layers = (self.layer,)

    def warn(self, *found, **_):
        self.heard.append(found)

    problem = warn


def linter():
    rows = [row for row in FIELDS if isinstance(row, field.Text) and not row.ends]
    prose = frozenset(row.name for row in rows if row.prose)
    return Lint(frozenset(row.name for row in rows) - prose, prose)


@given(
    st.fixed_dictionaries(
        {}, optional={"name": texts, "model": texts, "metadata": st.dictionaries(texts, texts)}
    )
)
def test_nothing_is_said_of_values_that_pass(values):
    lint, layers = linter(), Listener()
    passes = [lint.passes(layers, values) for _ in range(2)]  # what is remembered changes nothing
    lint.values(layers, values)
    assert passes == [not layers.heard] * 2


@given(texts)
@example("")
@example(" \n")
def test_nothing_is_said_of_a_prompt_that_passes(text):
    lint, layers = linter(), Listener()
    lint.checked.add("assistants.yaml")
    checks = PromptLint(lint)
    piece = Span(text, layers.layer.source, whole=Origin("assistants.yaml"))
    if checks.passes(layers.layer, text):
        assert [*checks.check(layers, "instructions", Prompt((Segment(text, piece),), (piece,)))] == []
        assert not layers.heard


@given(st.one_of(texts.map(str.encode), st.binary(max_size=80)))
def test_a_first_byte_rules_out_no_placeholder_that_fits(content):
    fitting = [form for form in placeholders.FORMS if form.fits(content, content)]
    found = placeholders.placeholder(content, content)
    assert (found and found.what) == (fitting[0].what if fitting else None)


@given(st.text())
def test_names_look_the_same_whatever_blanks_they_have(name):
    assert look(name) == re.sub(r"\s+", " ", look(name)).strip()


INLINE = """\
- type: function
  function: {name: find, parameters: {type: object, maximum: NUMBER}}
- {type: retrieval}
"""


def project(*numbers):
    items = (indent(INLINE.replace("NUMBER", number), "      ") for number in numbers)
    rows = (f"  a{place}:\n    model: m\n    tools:\n{text}" for place, text in enumerate(items))
    return "project: acme\nassistants:\n" + "".join(rows)


def test_equal_tools_are_one_object(read):
    one, other, third = (found.fields["tools"] for found in read(project("1", "1", "2")).assistants)
    assert one is other
    assert one != third
    assert one[1] is third[1]


def test_tools_that_only_compare_equal_stay_what_they_are(read):
    tools = [found.fields["tools"] for found in read(project("1", "1.0")).assistants]
    assert [type(found[0]["function"]["parameters"]["maximum"]) for found in tools] == [int, float]


def test_each_copy_of_a_wrong_tool_is_reported(refused, workspace):
    workspace.configure(project("1", "1").replace("name: find", "name: find it"))
    assert [one.split(":")[1] for one in refused()] == ["7", "13"]


def test_a_tool_in_a_file_is_looked_for_beside_each_file_that_names_it(read, workspace):
    for folder, name in (("one", "first"), ("two", "second")):
        workspace.write(f"{folder}/tool.json", f'{{"name": "{name}"}}')
        text = "model: m, tools: [{type: function, function: {file: tool.json}}]"
        workspace.write(f"{folder}/a.yaml", f"project: acme\nassistants:\n  {folder}: {{{text}}}\n")
    found = read(None, "one/a.yaml", "two/a.yaml").assistants
    assert [one.fields["tools"][0]["function"]["name"] for one in found] == ["first", "second"]
