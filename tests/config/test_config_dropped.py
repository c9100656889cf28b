"""Texts of which YAML keeps less than was written, or something else: a warning shows both."""

import pytest

from reconciler.config.dropped import changed
from reconciler.config.errors import ConfigError
from reconciler.config.lint import Lint
from reconciler.config.source import Source
from reconciler.config.text import compose

BLOCK = "write it as a block (`|`), which keeps line breaks"


def found(text):
    """The warnings about a text."""
    source = Source("assistants.yaml", text)
    return [(one.message, one.origin.line, one.help) for one in changed(source, compose(source))]


@pytest.mark.parametrize("sign", ["-", "*", "1.", "|", "•"])
@pytest.mark.parametrize("before", ["prompt: Rules\n", "prompt: >\n  Rules\n", 'prompt: "Rules\n'])
def test_a_list_whose_lines_are_joined_is_found(sign, before):
    end = '"' if '"' in before else ""
    text = f"{before}  {sign} be kind\n  {sign} be brief{end}\n"
    problem = f"`prompt` has a list, and YAML joins its lines: `Rules {sign} be kind {sign} be br"
    ((message, line, remedy),) = found(text)
    assert (message[: len(problem)], line, remedy) == (problem, 1, BLOCK)


@pytest.mark.parametrize(
    "text",
    [
        "prompt: |\n  Rules\n  - be kind\n  - be brief\n",
        "prompt: >\n  Rules\n\n  - be kind\n\n  - be brief\n",
        "prompt: >\n  Rules\n    - be kind\n    - be brief\n  and so on\n",
        "prompt: >\n  It is kind\n  - as a rule\n  and brief.\n",
        "prompt: Be kind,\n  and brief.\n",
        "prompts:\n- be kind\n- be brief\n",
        'path: "C:\\\\temp"\n',
        'path: "kind:\\nbrief"\n',
        "path: 'C:\\temp'\n",
        'text: "First line\\nsecond line\\tand\\tthird\\n"\n',
        'table: "name\\tage\\nann\\t30"\n',
        'path: "docs\\\\new\\\\table"\n',
        'pair: {a: "Be kind", b: }\n',
        "pair: {a: Be kind,\n  b: c}\n",
        "pair: {a: 1, b}\n",
    ],
)
def test_a_text_that_stays_what_it_is_is_no_warning(text):
    assert found(text) == []


def test_a_path_whose_backslash_begins_another_character_is_found():
    message = "`path` has `C:\\t`, and YAML makes another character of its backslash"
    assert found('path: "C:\\temp"\n') == [(message, 1, "write \\\\ for a backslash, or use single quotes")]


@pytest.mark.parametrize("path", ["docs\\new\\table", "src\\test\\new.md"])
def test_a_path_of_names_between_which_yaml_reads_line_breaks_and_tabs_is_found(path):
    ((message, line, remedy),) = found(f'prompt: "Save to {path} now."\n')
    assert message == f"`prompt` has `{path}`, and YAML makes another character of its backslash"
    assert (line, remedy) == (1, "write \\\\ for a backslash, or use single quotes")


@pytest.mark.parametrize(
    ("text", "escape", "character"),
    [
        ("Match \\bword\\b only", "\\b", "U+0008"),
        ("Save to docs\\backup", "\\b", "U+0008"),
        ("Save to docs\\files", "\\f", "U+000C"),
        ("Save to docs\\exports", "\\e", "U+001B"),
        ("Save to D\\archive", "\\a", "U+0007"),
    ],
)
def test_a_backslash_that_makes_a_hidden_character_is_found_once(refused, workspace, text, escape, character):
    workspace.configure(f'project: p\nassistants: {{a: {{model: m, instructions: "{text}"}}}}\n')
    problem = f"between double quotes, `{escape}` stands for {character}"
    assert [one.partition(": ")[2] for one in refused()] == [problem]


def test_a_character_that_is_written_by_its_number_is_refused_as_one_that_cannot_be_seen(refused, workspace):
    workspace.configure('project: p\nassistants: {a: {model: m, instructions: "a\\x08b\\e[31m"}}\n')
    assert [one.partition(": ")[2] for one in refused()] == [
        f"{character} cannot be seen, and the model reads it" for character in ("U+0008", "U+001B")
    ]


@pytest.mark.parametrize("rest", ["and brief", "brief"])
def test_a_text_that_a_comma_ends_between_braces_is_found(rest):
    message = f"`k` ends before `, {rest}`: between braces, a comma ends a text"
    assert found(f"metadata:\n  {{k: Be kind, {rest}}}\n") == [(message, 2, "quote the whole text")]


def test_an_item_of_a_list_that_ends_in_a_comment_is_found():
    source = Source(
        "assistants.yaml", "include:\n- Look up #1 orders\n- one # word\n- two words  # as meant\n"
    )
    (warning,) = Lint().document(source, compose(source))
    assert (warning.code, warning.origin.line) == ("AS510", 2)
    assert warning.message == "`Look up` ends before `#1 orders`, which YAML takes for a comment"


def test_numbers_that_stand_for_texts_are_refused_as_they_were_written(read):
    for written in ("007", "0x1F", "1e3", ".5", "true"):
        with pytest.raises(ConfigError) as caught:
            read(f"project: acme\nassistants:\n  a: {{model: m, name: {written}}}\n")
        assert [one.help for one in caught.value.diagnostics] == [f'quote it: "{written}"']
    for written in ("1_000", "yes", "2026-11-30", "v1.0"):
        named = read(f"project: acme\nassistants:\n  a: {{model: m, name: {written}}}\n")
        assert named.assistants[0].fields["name"] == written
