"""A key is found wherever it is written, once, and the reason and the remedy fit the place."""

import pytest

from reconciler.config.errors import ConfigError
from reconciler.config.exposure import API, FILE, NAME, READERS, REMEDY, RENAME, VARIABLE

KEY = "sk-" + "proj-Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z"
LOOKS = "this looks like an OpenAI key (sk-p…, 40 characters); "


@pytest.fixture
def found(workspace, means):
    """Position, message and remedy of every key of a configuration and its files."""

    def found(text, files=(), **given):
        for name, content in dict(files).items():
            workspace.write(name, content)
        workspace.configure(f"project: p\n{text}")
        try:
            problems = means(**given).warnings
        except ConfigError as cause:
            problems = cause.diagnostics
        return [(str(one.origin), one.message, one.help) for one in problems if one.code == "AS505"]

    return found


ASSISTANT = "assistants:\n  a:\n    model: m\n"
PLACES = {
    "prompt": (f"{ASSISTANT}    instructions: Use {KEY}.\n", "5:23", READERS),
    "prompt of the defaults": (f"defaults: {{instructions: 'Use {KEY}'}}\n{ASSISTANT}", "2:31", READERS),
    "template": (f"{ASSISTANT}    instructions: {{text: 'Use {KEY}', template: true}}\n", "5:31", READERS),
    "value of metadata": (f"{ASSISTANT}    metadata: {{a: {KEY}}}\n", "5:19", API),
    "key of metadata": (f"{ASSISTANT}    metadata: {{{KEY}: a}}\n", "5:16", API),
    "name": (f"{ASSISTANT}    name: Desk {KEY}\n", "5:16", API),
    "description": (f"{ASSISTANT}    description: Desk {KEY}\n", "5:23", API),
    "function": (
        f"{ASSISTANT}    tools: [{{type: function, function: {{name: f, description: {KEY}}}}}]\n",
        "5:63",
        API,
    ),
    "comment": (f"# the key is {KEY}\n{ASSISTANT}", "2:14", FILE),
    "comment beside a value": (f"{ASSISTANT}    name: Desk  # {KEY}\n", "5:19", FILE),
    "variable": (f"vars: {{a: {KEY}}}\n{ASSISTANT}", "2:11", VARIABLE),
    "variable of an environment": (
        f"vars: {{a: b}}\nenvironments: {{prod: {{vars: {{a: {KEY}}}}}}}\n{ASSISTANT}",
        "3:33",
        VARIABLE,
    ),
    "patch": (
        f"{ASSISTANT}environments:\n  prod:\n    patches:\n      assistant.a: {{instructions: '{KEY}'}}\n",
        "8:36",
        READERS,
    ),
    "file that is attached": (f"{ASSISTANT}    files: [docs/{KEY}.md]\n", "5:18", NAME),
}


@pytest.mark.parametrize("place", PLACES)
def test_the_reason_fits_the_place_of_a_key(place, found):
    text, origin, reason = PLACES[place]
    assert found(text) == [(f"assistants.yaml:{origin}", LOOKS + reason, REMEDY)]


def test_a_key_in_the_file_of_a_prompt_is_read_by_those_who_chat(found):
    text = f"{ASSISTANT}    instructions: {{file: a.md}}\n"
    assert found(text, {"a.md": f"Use {KEY}."}) == [("a.md:1:5", LOOKS + READERS, REMEDY)]


@pytest.mark.parametrize("written", [KEY, KEY.replace("s", "\\u0073", 1)])
def test_a_key_in_the_file_of_a_tool_is_found_once_and_behind_escapes(written, found):
    text = f"{ASSISTANT}    tools: [{{type: function, function: {{file: t.json}}}}]\n"
    ((origin, message, remedy),) = found(text, {"t.json": f'{{"name": "f", "description": "{written}"}}'})
    assert (origin, remedy) == ("t.json:1:31", REMEDY)
    assert message.endswith(API)


def test_a_key_in_the_name_of_a_configuration_is_found(workspace, means):
    workspace.write(f"{KEY}.yaml", "project: p\nassistants: {a: {model: m}}\n")
    with pytest.raises(ConfigError) as caught:
        means(None, f"{KEY}.yaml")
    (problem,) = caught.value.diagnostics
    assert (
        problem.message == f"the file's name has what looks like an OpenAI key (sk-p…, 40 characters); {NAME}"
    )
    assert problem.help == RENAME
    assert KEY not in str(problem.origin)


@pytest.mark.parametrize(
    ("text", "variables", "given"),
    [
        ("${var.a}${var.b}", f"a: {KEY[:9]}, b: {KEY[9:]}", {}),
        ("${var.a}${var.b}", f"a: {KEY[:9]}, b: null", {"b": KEY[9:]}),
        (KEY[:9] + "${var.a}", f"a: {KEY[9:]}", {}),
        ("The password is ${var.a}.", "a: Summer2024!", {}),
        ("The ${var.a} is Summer2024!", "a: password", {}),
        ("Basic ${var.a}", "a: YWRtaW46czNjcjN0", {}),
        ("postgres://${var.a}:${var.b}@db.internal/shop", "a: admin, b: kLm2Qz7x", {}),
    ],
)
def test_what_only_the_rendered_prompt_has_is_found(text, variables, given, found):
    prompt = f"vars: {{{variables}}}\n{ASSISTANT}    instructions: {{text: '{text}', template: true}}\n"
    ((_, message, _),) = found(prompt, **given)
    assert "what looks like" in message
    assert message.endswith(READERS)


def test_a_key_of_two_files_that_is_cut_far_from_its_beginning_is_found(found):
    token = ".".join(
        ["eyJ" + "hbGciOiJIUzI1NiJ9", "eyJ" + "zdWIiOiJ1c2VyLTE3In0" * 8, "q8Zr2Lx7Vn4Tb9Wm1Kc6Yd3Pf5Hg0Js"]
    )
    prompt = "{text: '${var.a}${var.b}', template: true}"
    text = f"vars: {{a: {token[:150]}, b: {token[150:]}}}\n{ASSISTANT}    instructions: {prompt}\n"
    ((_, message, _),) = found(text)
    assert "a JSON Web Token" in message


def test_words_that_begin_like_a_key_are_no_problem_and_are_shown(found):
    text = (
        f"{ASSISTANT}    instructions: Use sk-learn-contrib-imbalanced, and sk-cube-grid-spinner-container.\n"
    )
    assert found(text) == []


def test_a_key_in_the_content_of_an_attached_file_is_found_with_its_line(found):
    text = f"{ASSISTANT}    files: [docs/a.md]\n"
    message = "line 3 of docs/a.md has what looks like an OpenAI key (sk-p…, 40 characters); " + READERS
    assert found(text, {"docs/a.md": f"# Notes\n\nUse {KEY}.\n"}) == [
        ("assistants.yaml:5:13", message, REMEDY)
    ]


def test_a_key_in_a_file_that_several_assistants_attach_is_found_where_each_names_it(found):
    text = "assistants:\n  a: {model: m, files: [a.md]}\n  b: {model: m, files: [a.md]}\n"
    assert [origin for origin, *_ in found(text, {"a.md": KEY})] == [
        "assistants.yaml:3:25",
        "assistants.yaml:4:25",
    ]


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe" + KEY.encode(), b"\0" + KEY.encode(), b"word " * 60_000 + KEY.encode()],
    ids=["no UTF-8", "no text", "beyond the beginning"],
)
def test_a_key_in_what_is_not_looked_at_is_not_found(content, found):
    assert found(f"{ASSISTANT}    files: [a.md]\n", {"a.md": content}) == []


def test_no_more_than_a_mebibyte_of_all_files_is_looked_at(found):
    names = [f"{letter}.md" for letter in "bcde"]
    files = {name: name + "word " * 60_000 for name in names}
    text = f"{ASSISTANT}    files: [{', '.join([*names, 'f.md'])}]\n"
    assert found(text, {**files, "f.md": KEY}) == []
