"""Prompts are checked as they are sent: what pieces and values make together, and what YAML left out."""

import pytest

from reconciler.config.errors import ConfigError

KEY = "sk-proj-aaaabbbbccccddddeeeeffff1234"


@pytest.fixture
def found(workspace, means):
    """Code, position and message of every problem of a prompt, with variables as YAML and as options."""

    def found(prompt, variables="", files=(), **given):
        for name, text in dict(files).items():
            workspace.write(name, text)
        workspace.configure(
            f"project: p\nvars: {{{variables}}}\nassistants:\n"
            f"  a: {{model: m, instructions: {prompt}}}\n"
            "  b: {model: m, tools: [{type: function, function: {name: look_up}}]}\n"
        )
        try:
            problems = means(**given).warnings
        except ConfigError as cause:
            problems = cause.diagnostics
        return [(problem.code, str(problem.origin), problem.message) for problem in problems]

    return found


@pytest.mark.parametrize("cut", range(1, len(KEY)))
def test_a_key_that_two_variables_make_is_found_wherever_it_is_cut(cut, found):
    ((code, origin, message),) = found(
        "{text: 'Use ${var.left}${var.right}.', template: true}", f"left: '{KEY[:cut]}', right: '{KEY[cut:]}'"
    )[:1]
    assert (code, origin) == ("AS505", "assistants.yaml:4:38" if cut < 23 else "assistants.yaml:2:15")
    if cut < 23:
        assert message.startswith(
            "the values of `left` (assistants.yaml:2:8) and `right` (assistants.yaml:2:"
        )
    assert KEY not in message


@pytest.mark.parametrize(
    ("prompt", "variables", "where"),
    [
        (
            "{text: 'Use sk-proj-${var.x}.', template: true}",
            "x: aaaabbbbccccddddeeeeffff1234",
            "the text here and the value of `x`",
        ),
        (
            "{text: 'Use ${var.x}aaaabbbbccccddddeeeeffff1234.', template: true}",
            "x: sk-proj-",
            "the text here and the value of `x`",
        ),
    ],
)
def test_a_key_of_a_text_and_a_value_names_both(prompt, variables, where, found):
    ((code, _, message),) = found(prompt, variables)
    assert code == "AS505"
    assert message.startswith(where)


def test_a_key_that_two_files_make_names_both(found):
    files = {"a.md": "Use sk-proj-${var.x}", "b.md": "never"}
    ((code, origin, _),) = found(
        "{include: [a.md, b.md], template: true}", "x: aaaabbbbccccddddeeeeffff1234", files
    )
    assert (code, origin) == ("AS505", "a.md:1:5")


@pytest.mark.parametrize("value", [KEY, "sk\\x2dproj-aaaabbbbccccddddeeeeffff1234"])
def test_a_key_in_a_value_is_found_in_yaml_and_behind_escapes(value, found):
    problems = found("{text: '${var.x}', template: true}", f'x: "{value}"')
    assert [(code, origin[:17]) for code, origin, _ in problems] == [("AS505", "assistants.yaml:2")]


def test_what_an_option_gives_is_checked_as_what_yaml_gives_and_not_shown(found):
    problems = found("{text: '${var.x}', template: true}", "x: null", x=f"TODO: \u200b {KEY}")
    assert [(code, origin) for code, origin, _ in problems] == [
        (code, "--var") for code in ("AS501", "AS505", "AS503")
    ]
    assert KEY not in str(problems)


def test_words_that_only_the_rendered_prompt_has_are_found(found):
    problems = found(
        "{text: '${var.a}DO: ${var.b}up, ${var.c}ar.x}.', template: true}", "a: TO, b: look_, c: '${v'"
    )
    said = {code: message for code, _, message in problems}
    assert sorted(said.values()) == [
        "the prompt names the tool `look_up`, which assistant `a` does not have",
        "the text here and the value of `c` (assistants.yaml:2:25) make ${var.x}, which is sent as it stands",
    ]
    assert [code for code, *_ in problems] == ["AS507", "AS503", "AS503"]
    assert any(
        message.endswith("make 'TODO', which looks like something left to be written")
        for *_, message in problems
    )


def test_an_escape_that_parts_a_text_is_no_seam(found):
    assert found("{text: 'Write $${var.x} here, a b.', template: true}") == []


def test_line_ends_and_characters_in_a_value_are_those_of_the_prompt(found):
    problems = found("{text: '${var.x}', template: true}", 'x: "a\\r\\nb"')
    assert [code for code, *_ in problems] == ["AS504"]


def test_a_prompt_that_many_share_is_reported_once(workspace, means):
    names = "".join(f"  a{number}: {{}}\n" for number in range(50))
    workspace.configure(f"project: p\ndefaults: {{model: m, instructions: TODO}}\nassistants:\n{names}")
    assert len(means().warnings) == 1


def test_a_variable_in_a_value_is_not_filled_in_and_says_so(found):
    problems = found("{text: '${var.a} ${var.b}', template: true}", "a: 'see ${var.b}', b: q")
    assert [(code, message) for code, _, message in problems] == [
        ("AS503", "${var.b} is sent as it stands: variables are filled in once")
    ]


def test_conflict_markers_that_parts_make_together_are_found(found):
    files = {"a.md": "<<<<<<< our side\nours\n", "b.md": "=======\ntheirs\n>>>>>>> their side\n"}
    ((code, origin, _),) = found("{include: [a.md, b.md]}", files=files)
    assert (code, origin) == ("AS509", "a.md:1:1")


def test_a_line_end_that_a_value_and_a_text_make_is_found(found):
    problems = found('{text: "${var.x}\\nb", template: true}', 'x: "a\\r"')
    assert [code for code, *_ in problems] == ["AS504"]


@pytest.mark.parametrize(
    "value",
    [
        "Sort #urgent first",
        "Sort # urgent",
        "Sort  #urgent",
        "Sort\t#urgent",
        "Sort\n      tickets #urgent",
        "Sort\n      tickets\n      # urgent",
        "#urgent first",
        "# urgent",
        "  # urgent",
        "\n      # urgent\n      # first",
        "|-\n        Sort.\n      # urgent",
    ],
)
@pytest.mark.parametrize("field", ["name", "description", "instructions"])
def test_the_part_of_a_text_that_yaml_takes_for_a_comment_is_shown(field, value, workspace, means):
    workspace.configure(f"project: p\nassistants:\n  a:\n    model: m\n    {field}: {value}\n")
    problems = [problem for problem in means().warnings if problem.code == "AS510"]
    assert len(problems) == 1
    assert value.partition("#")[2].partition("\n")[0] in problems[0].message


@pytest.mark.parametrize(
    "line",
    [
        'name: "Support" #1',
        "name: 'Support' # what people see",
        "name: Support  # what people see",
        "name: Support#1",
        "name: null # cleared",
        "model: m # cheap",
        "model: m\n    # a note",
        "description: |-  # a note\n      Sorts #1 tickets.\n    # a note",
        "lifecycle: {prevent_destroy: true} # a note",
        "metadata: {a: b} # a note",
        "metadata:\n      a: b # a note",
    ],
)
def test_a_comment_that_is_meant_is_no_warning(line, workspace, means):
    model = "" if line.startswith("model") else "    model: m\n"
    workspace.configure(f"project: p\nassistants:\n  a:\n{model}    {line}\n")
    assert means().warnings == ()


PLACES = {
    "variable": """\
vars:
  who: Contact the team #support only
assistants:
  a: {model: m, instructions: {text: '${var.who}', template: true}}
""",
    "metadata": """\
assistants:
  a:
    model: m
    metadata:
      owner: the team #support
""",
    "patch": """\
assistants:
  a: {model: m, instructions: x}
environments:
  prod:
    patches:
      assistant.a:
        instructions: #1 rule
""",
    "two spaces": """\
assistants:
  a:
    model: m
    instructions: Sort issues.  # Then answer them
""",
    "template": """\
assistants:
  a:
    model: m
    instructions:
      text: Sort issues.  # Then answer them
      template: true
""",
    "schema": """\
assistants:
  a:
    model: m
    tools:
      - type: function
        function:
          name: f
          parameters:
            type: object
            properties:
              x:
                description: the number #7
""",
}


@pytest.mark.parametrize("place", PLACES)
def test_a_lost_part_is_shown_wherever_texts_are_written(place, workspace, means):
    workspace.configure(f"project: p\n{PLACES[place]}")
    assert [problem.code for problem in means().warnings] == ["AS510"]
