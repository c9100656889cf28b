"""Prompts: written in place, read, joined, filled with variables, and otherwise left alone."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.config.content import Root
from reconciler.config.errors import ConfigError
from reconciler.config.invisible import unseen
from reconciler.config.problems import Problems
from reconciler.config.resolve import configuration
from reconciler.config.source import Source
from reconciler.config.span import Span
from reconciler.config.variables import Variable, Variables
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1

USE = "{text: '${var.x}', template: true}"
FOREIGN = "{{ user }} {% if x %} ${other} $var ${var} ${ var.x } $ {var.x} }{ %s {0} $$ \\n <% y %> {{{{"


@pytest.fixture
def prompt(workspace, means):
    """The prompt of an assistant, as the file says it, with further lines of the file and variables."""

    def prompt(said, *lines, environment=None, **variables):
        further = "".join(f"{line}\n" for line in lines)
        workspace.configure(
            f"project: acme\n{further}assistants:\n  support:\n    model: m\n    instructions: {said}\n"
        )
        (found,) = means(environment, **variables).desired.assistants
        return found.fields["instructions"]

    return prompt


@pytest.mark.parametrize("said", ["{text: %s}", "{text: %s, template: true}", "%s"])
def test_the_braces_of_others_survive_in_place(said, prompt):
    assert prompt(said % json.dumps(FOREIGN)) == FOREIGN


@pytest.mark.parametrize("template", ["true", "false"])
@pytest.mark.parametrize("said", ["file: a.md", "include: [a.md]"])
def test_the_braces_of_others_survive_in_files(said, template, workspace, prompt):
    workspace.write("a.md", FOREIGN)

    assert prompt(f"{{{said}, template: {template}}}") == FOREIGN


@pytest.mark.parametrize("said", ["{file: a.md}", "{include: [a.md], template: false}"])
def test_only_who_asks_for_a_template_gets_one(said, workspace, prompt):
    workspace.write("a.md", "At most ${var.limit} EUR, $${var.limit}.")

    assert prompt(said) == "At most ${var.limit} EUR, $${var.limit}."
    assert prompt("{text: '${var.limit}'}") == "${var.limit}"
    assert prompt("'${var.limit}'") == "${var.limit}"


def filled(text, **values):
    """A template with its variables, and what is wrong with it."""
    problems = Problems()
    variables = Variables({name: Variable(value) for name, value in values.items()})
    segments = variables.fill(Span(text, Source("a.md", text)), problems, 10_000)
    return "".join(segment.text for segment in segments), [*problems.ordered()]


TEXTS = st.text() | st.text(alphabet="${}var.x \n", max_size=40)


@given(TEXTS.filter(lambda text: "${var." not in text))
@example("$${va r.x} ${var} ${vars.x} ${VAR.x} $$$ ${")
def test_a_template_without_variables_is_unchanged(text):
    assert filled(text, x="1") == (text, [])


@given(TEXTS)
def test_a_template_with_every_variable_literal_says_what_was_meant(text):
    assert filled(text.replace("${var.", "$${var."), x="1") == (text, [])


@given(TEXTS, TEXTS, TEXTS)
def test_what_was_filled_in_is_not_filled_again(before, value, after):
    before, after = (text.replace("${var.", "").rstrip("$") for text in (before, after))

    assert filled(f"{before} ${{var.x}} {after}", x=value) == (f"{before} {value} {after}", [])


@given(TEXTS)
def test_any_template_is_filled_or_told_where_it_is_wrong(text):
    _, problems = filled(text, x="1")

    for problem in problems:
        assert Source("a.md", text).written(problem.origin).startswith("${var.")


@given(TEXTS.filter(lambda text: "${var." not in text and not any(unseen(text))), st.booleans())
def test_any_text_of_a_file_reaches_the_server_as_it_is(text, is_template):
    with TemporaryDirectory() as folder:
        file = Path(folder, "assistants.yaml")
        file.with_name("a.md").write_bytes(text.encode())
        said = f"{{file: a.md, template: {str(is_template).lower()}}}"
        file.write_text(f"project: acme\nassistants: {{a: {{model: m, instructions: {said}}}}}\n")
        (found,) = configuration(Root(file.parent), [file], ASSISTANTS_V1).desired.assistants

    assert found.fields["instructions"] == text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$${var.x}", "${var.x}"),
        ("$$${var.x}", "$${var.x}"),
        ("$${var.", "${var."),
        ("$${var.unknown}", "${var.unknown}"),
        ("${var.x}${var.x}", "11"),
        ("${${var.x}}", "${1}"),
        ("{{${var.x}}}", "{{1}}"),
        ("$ ${var.x}", "$ 1"),
        ("${var.x}}", "1}"),
    ],
)
def test_dollars_around_variables_mean_what_they_say(text, found):
    assert filled(text, x="1") == (found, [])


@pytest.mark.parametrize(
    "name", ["x", "X", "_", "a1", "snake_case", "CAPITALS_2", "var", "a" * 200], ids=lambda name: name[:10]
)
def test_a_variable_has_a_name_of_letters_digits_and_underscores(name, prompt):
    assert prompt(USE.replace("var.x", f"var.{name}"), f"vars: {{{name}: found}}") == "found"


@pytest.mark.parametrize("name", ["1a", "a-b", "a.b", "", "é", "a b", "a}"])
def test_another_name_is_refused(name, workspace, refused):
    workspace.configure(f"project: acme\nvars: {{{name!r}: x}}\nassistants: {{}}\n")

    assert refused() == [f"assistants.yaml:2:8: {name!r} cannot be a variable's name"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("50", "50"),
        ("-3", "-3"),
        ("007", "007"),
        ("+49", "+49"),
        ("0x1F", "0x1F"),
        ("0o14", "0o14"),
        ("'50'", "50"),
        ('""', ""),
        ("no", "no"),
        ("2026-01-01", "2026-01-01"),
        ("a: b".join("''"), "a: b"),
        ('"{{ x }} ${var.y} $${var.z}"', "{{ x }} ${var.y} $${var.z}"),
    ],
)
def test_a_value_is_filled_in_as_it_is_written(written, meant, prompt):
    assert prompt("{text: '<${var.x}>', template: true}", f"vars: {{x: {written}}}") == f"<{meant}>"


@pytest.mark.parametrize("value", ["true", "1.5", "[a]", "{a: b}"])
def test_a_value_that_is_neither_text_nor_whole_number_is_refused(value, workspace, refused):
    workspace.configure(f"project: acme\nvars: {{x: {value}}}\nassistants: {{}}\n")

    assert refused() == ["assistants.yaml:2:11: `vars.x` must be text or a whole number"]


PROD = "environments: {prod: {vars: {x: prod}}}"


def test_a_variable_given_wins_over_the_environments_and_that_over_the_documents(prompt):
    assert prompt(USE, "vars: {x: file}", PROD) == "file"
    assert prompt(USE, "vars: {x: file}", PROD, environment="prod") == "prod"
    assert prompt(USE, "vars: {x: file}", PROD, environment="prod", x="given") == "given"
    assert prompt(USE, "vars: {x: file}", x="") == ""


def test_a_variable_without_a_value_takes_the_environments_or_the_one_given(prompt):
    assert prompt(USE, "vars: {x: null}", PROD, environment="prod") == "prod"
    assert prompt(USE, "vars: {x: null}", x="given") == "given"


@pytest.mark.parametrize(
    "lines", [["vars: {x: null}"], ["vars: {x: a}", "environments: {prod: {vars: {x: }}}"]]
)
def test_a_variable_that_nobody_gives_is_refused_where_it_is_used(lines, prompt):
    environment = "prod" if len(lines) > 1 else None
    with pytest.raises(ConfigError, match=r"the variable `x` has no value") as caught:
        prompt(USE, *lines, environment=environment)

    (problem,) = caught.value.diagnostics
    assert problem.help == "give it by an environment, or --var x=..."


def test_a_variable_that_is_given_and_not_declared_is_refused(prompt):
    with pytest.raises(ConfigError) as caught:
        prompt("{text: a}", y="given")

    (problem,) = caught.value.diagnostics
    assert f"{problem.origin}: {problem.message}" == "--var: --var y: no such variable is declared"


def test_a_variable_of_another_environment_is_not_declared(prompt):
    with pytest.raises(ConfigError, match=r"unknown variable `x`"):
        prompt(USE, PROD)


def test_a_variable_declared_in_two_documents_names_both_places(workspace, means):
    workspace.write(
        "a.yaml", f"project: acme\nvars: {{x: 1}}\nassistants: {{a: {{model: m, instructions: {USE}}}}}\n"
    )
    workspace.write("b.yaml", "vars:\n  x: 2\n")
    with pytest.raises(ConfigError) as caught:
        means(None, "a.yaml", "b.yaml")

    (problem,) = caught.value.diagnostics
    assert f"{problem.origin}: {problem.message}" == "b.yaml:2:3: the variable `x` is declared twice"
    assert "a.yaml:2:8" in problem.help


def test_variables_reach_every_document(workspace, means):
    workspace.write("a.yaml", f"project: acme\nassistants: {{a: {{model: m, instructions: {USE}}}}}\n")
    workspace.write("b.yaml", "vars: {x: from b}\n")

    assert means(None, "a.yaml", "b.yaml").desired.assistants[0].fields["instructions"] == "from b"


TEMPLATE = "First.\n\n  At most ${var.limt} EUR,\n${var.limit} ${var.é} é${var.limit\n"


def test_variables_that_are_wrong_are_shown_exactly_where_a_file_has_them(workspace, means):
    workspace.write("prompts/a.md", TEMPLATE)
    workspace.configure(
        "project: acme\nvars: {limit: 50}\nassistants:\n"
        "  support: {model: m, instructions: {file: prompts/a.md, template: true}}\n"
    )
    with pytest.raises(ConfigError) as caught:
        means()

    assert [
        (problem.origin.line, problem.origin.column, problem.origin.width, problem.message, problem.help)
        for problem in caught.value.diagnostics
    ] == [
        (3, 11, 11, "unknown variable `limt`", "did you mean `limit`?"),
        (4, 14, 8, "unknown variable `é`", "declare it under `vars:`"),
        (4, 24, 11, "a variable without its closing brace", "write ${var.name}, or $${var. for the letters"),
    ]


def test_a_byte_order_mark_does_not_move_a_place(workspace, refused):
    workspace.write("a.md", b"\xef\xbb\xbf${var.x}")
    workspace.configure(
        "project: acme\nassistants: {a: {model: m, instructions: {file: a.md, template: true}}}\n"
    )

    assert refused() == ["a.md:1:1: unknown variable `x`"]


def test_windows_line_ends_do_not_move_a_place(workspace, means):
    workspace.write("a.md", "One\r\nTwo ${var.x}\r\n")
    workspace.configure(
        "project: acme\nassistants: {a: {model: m, instructions: {file: a.md, template: true}}}\n"
    )
    with pytest.raises(ConfigError) as caught:
        means()

    assert [str(problem.origin) for problem in caught.value.diagnostics] == ["a.md:1:4", "a.md:2:5"]


def test_a_file_that_many_use_is_told_of_once(workspace, refused):
    workspace.write("a.md", "${var.x}")
    workspace.configure(
        "project: acme\ndefaults: {model: m, instructions: {file: a.md, template: true}}\n"
        "assistants: {a: {}, b: {}, c: {instructions: {include: [a.md, a.md], template: true}}}\n"
    )

    assert refused() == ["a.md:1:1: unknown variable `x`"]


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        (["a"], "a"),
        (["a\n"], "a\n"),
        (["a", "b"], "a\nb"),
        (["a\n", "b\n"], "a\nb\n"),
        (["a\n\n", "b"], "a\n\nb"),
        (["a\r\n", "b"], "a\r\nb"),
        (["é", "🚀", "c"], "é\n🚀\nc"),
        (["${var.x", "}"], "${var.x\n}"),
    ],
)
def test_parts_are_joined_each_on_a_line_of_its_own(parts, joined, workspace, prompt):
    for number, text in enumerate(parts):
        workspace.write(f"{number}.md", text)

    assert prompt(f"{{include: [{', '.join(f'{number}.md' for number in range(len(parts)))}]}}") == joined


def test_every_part_of_a_template_is_filled(workspace, prompt):
    workspace.write("a.md", "a ${var.x}")
    workspace.write("b/c.md", "b ${var.x}\n")

    assert prompt("{include: [a.md, b/c.md, a.md], template: true}", "vars: {x: 1}") == "a 1\nb 1\na 1"


def test_every_part_that_cannot_be_read_is_told_at_its_entry(workspace, refused):
    workspace.write("a.md", "a")
    workspace.write("e.md", b"\xff")
    workspace.configure(
        "project: acme\nassistants:\n  a:\n    model: m\n    instructions:\n      include:\n"
        "        - a.md\n        - no.md\n        - ../out.md\n        - e.md\n        - ''\n"
    )

    assert [problem.partition(": cannot read the prompt: ")[0] for problem in refused()] == [
        f"assistants.yaml:{line}:11" for line in (8, 9, 10, 11)
    ]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("{}", "`instructions.file` is missing"),
        ("{include: []}", "`instructions.include` must not be empty"),
        ("{include: a.md}", "`instructions.include` must be a list, and is text"),
        ("{include: [1]}", "`instructions.include[0]` must be text, and is a number"),
        ("{text: 1}", "`instructions.text` must be text, and is a number"),
        ("{text: a, file: b}", "unknown field `file` in `instructions`"),
        ("{template: true, text: a, x: y}", "unknown field `x` in `instructions`"),
        ("{text: a, template: 1}", "`instructions.template` must be true or false, and is a number"),
        ("[a]", "`instructions` must be text, {file: PATH}, {include: [PATH, ...]} or {text: ...}"),
    ],
)
def test_a_prompt_of_no_known_form_is_refused(said, message, prompt):
    with pytest.raises(ConfigError) as caught:
        prompt(said)

    (problem,) = caught.value.diagnostics
    assert problem.message.replace("assistants.support.", "") == message


def test_a_variable_that_no_template_uses_is_refused_where_it_is_declared(workspace, refused):
    workspace.write("a.md", "${var.y} $${var.z}")
    workspace.configure(
        "project: acme\nvars:\n  x: 1\n  y: 2\n  z: 3\nassistants:\n"
        "  a: {model: m, instructions: {file: a.md, template: true}}\n"
    )

    assert refused() == [
        "assistants.yaml:3:3: the variable `x` is used by no template",
        "assistants.yaml:5:3: the variable `z` is used by no template",
    ]


def test_a_variable_given_and_never_used_is_refused_where_it_is_declared(workspace, refused):
    workspace.configure("project: acme\nvars: {x: 1}\nassistants: {}\n")

    assert refused(x="2") == ["assistants.yaml:2:8: the variable `x` is used by no template"]


PATCHED = """\
project: acme
vars: {x: 1}
assistants: {a: {model: m, instructions: BASE}}
environments:
  prod: {patches: {assistant.a: {instructions: PROD}}}
"""


@pytest.mark.parametrize("environment", [None, "prod"])
@pytest.mark.parametrize(("base", "prod"), [(USE, "Plain."), ("Plain.", USE)])
def test_a_variable_that_one_environment_alone_uses_is_used(base, prod, environment, workspace, means):
    workspace.configure(PATCHED.replace("BASE", base).replace("PROD", prod))

    assert means(environment).warnings == ()


@pytest.mark.parametrize("said", ["{file: no.md, template: true}", "{include: [no.md], template: true}"])
def test_a_variable_is_not_blamed_for_a_template_that_cannot_be_read(said, workspace, refused):
    workspace.configure(
        f"project: acme\nvars: {{x: 1}}\nassistants: {{a: {{model: m, instructions: {said}}}}}\n"
    )

    (problem,) = refused()
    assert "cannot read the prompt: no.md" in problem


def test_a_variable_is_not_blamed_for_a_prompt_that_is_wrong(workspace, refused):
    said = "{txt: '${var.x}', template: true}"
    workspace.configure(
        f"project: acme\nvars: {{x: 1}}\nassistants: {{a: {{model: m, instructions: {said}}}}}\n"
    )

    assert [problem for problem in refused() if "used by no template" in problem] == []


def test_a_prompt_that_a_thousand_share_is_not_checked_a_thousand_times(workspace, means):
    workspace.write("a.md", "Be kind to everybody. " * 1450)
    body = "".join(f"  a{number}: {{instructions: {{file: a.md}}}}\n" for number in range(1000))
    workspace.configure(f"project: acme\ndefaults: {{model: m}}\nassistants:\n{body}")

    assert len(means().desired.assistants) == 1000
