"""YAML that cannot be parsed: the remedy follows from what its writer meant by the line."""

import pytest

from reconciler.config.errors import ConfigError
from reconciler.config.source import Source
from reconciler.config.text import compose

BEFORE = "project: acme\nassistants:\n  a:\n    model: m\n"
TEMPLATE = "quote the whole text: YAML takes `{` at its start for a mapping"
CLOSED = "remove what follows the closing bracket; or quote the whole text"
SINGLE = "write '' for an apostrophe within single quotes, and close every quote before"
DOUBLE = 'write \\" for a quote within double quotes, and close every quote before'
BLOCK = "`|` and `>` begin a block: write its text on the next lines, indented; or quote the whole text"
ESCAPE = "write \\\\ for a backslash, or use single quotes"


@pytest.mark.parametrize(
    ("line", "column", "remedy"),
    [
        ("    instructions: {{ prompt }}", 20, TEMPLATE),
        ("    instructions: {{prompt}} is yours", 20, TEMPLATE),
        ("    instructions: {{ a }}/{{ b }}", 20, TEMPLATE),
        ("    files: [{{ path }}]", 14, TEMPLATE),
        ("    instructions: {% if a %}", 20, TEMPLATE),
        ("    instructions: %s", 19, "quote it"),
        ("    instructions: @all be kind", 19, "quote it"),
        ("    instructions: `code` first", 19, "quote it"),
        ("    instructions: *bold* first", 24, "quote a text that begins with `*`"),
        ("    instructions: *all be kind", 19, "write the value out; quote a text that begins with `*`"),
        ("    instructions: & co", 20, "quote a text that begins with `&`"),
        ("    instructions: &co is kind", 19, "write the value out; quote a text that begins with `&`"),
        ("    instructions: !important", 19, "remove it; quote a text that begins with `!`"),
        ("    instructions: > Be kind.", 21, BLOCK),
        ("    instructions: | Be kind.", 21, BLOCK),
        ("    instructions: [draft] Be kind.", 27, CLOSED),
        ("    instructions: {draft} Be kind.", 27, CLOSED),
        ("    instructions: 'Don't be rude.'", 24, SINGLE),
        ('    instructions: "Support" is kind.', 29, DOUBLE),
        ('    instructions: "C:\\Users"', 24, ESCAPE),
        ('    instructions: "\\d+"', 20, ESCAPE),
        ('    instructions: "Be kind.', 19, "write the closing quote"),
        ("    instructions: Rule: be kind.", 23, "quote a text that holds `: `, or fix the indentation"),
        (
            "    instructions: - Be kind.",
            19,
            "begin the list on the next line; or quote a text that begins with `- `",
        ),
        ("    instructions: ? Be kind.", 19, "quote a text that begins with `? `"),
        (
            "    instructions:Be kind.",
            5,
            "write `key: value`, with a space after the colon; or indent it as text",
        ),
        ("\tinstructions: Be kind.", 1, "indent with spaces"),
        ("   instructions: Be kind.", 4, "indent it like its neighbours"),
    ],
)
def test_the_remedy_follows_from_the_line(line, column, remedy):
    with pytest.raises(ConfigError) as caught:
        compose(Source("assistants.yaml", f"{BEFORE}{line}\n    description: d\n"))
    (problem,) = caught.value.diagnostics
    assert (problem.help, problem.origin.line, problem.origin.column) == (remedy, 5, column)


@pytest.mark.parametrize(
    ("conflict", "line"),
    [
        ("<<<<<<< HEAD\n    name: A\n=======\n    name: B\n>>>>>>> tone\n", 5),
        ("    name: A\n=======\n    name: B\n>>>>>>> 3f2a1bc (tone)\n", 6),
        ("    name: A\r\n=======\r\n", 6),
        ("    instructions: |\n      Be kind.\n||||||| 3f2a1bc\n      Be brief.\n", 7),
    ],
    ids=["whole", "without the first", "the middle alone", "the base"],
)
def test_what_a_merge_left_is_no_yaml_and_called_what_it_is(conflict, line):
    with pytest.raises(ConfigError) as caught:
        compose(Source("assistants.yaml", f"{BEFORE}{conflict}"))
    (problem,) = caught.value.diagnostics
    assert (problem.code, problem.origin.line, problem.origin.column) == ("AS509", line, 1)
    assert not problem.is_guess
    assert problem.message == "a merge left its conflict markers here"
    assert problem.help == "decide for one side, and remove them"


@pytest.mark.parametrize("line", ["{k: Desk #1}", "{k: Ticket #12, l: b}", "[docs/a.md #1, b.md]"])
def test_a_comment_that_hides_the_end_of_what_is_enclosed_is_explained(line):
    with pytest.raises(ConfigError) as caught:
        compose(Source("assistants.yaml", f"metadata: {line}\n"))
    (problem,) = caught.value.diagnostics
    assert problem.help.endswith("A `#` after a space begins a comment: quote a text that has one")
