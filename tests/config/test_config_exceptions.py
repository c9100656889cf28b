"""Exceptions from rules that guess: `lint: allow:`."""

import pytest

from reconciler.config.errors import ConfigError
from reconciler.config.exposure import READERS, VARIABLE
from reconciler.config.resolve import configuration
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1

KEY = "sk-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9v"
HEAD = "project: acme\nlint:\n  allow:\n"
PLACED = "    - {{code: {code}, in: {place}, reason: a reviewer said so}}\n"


def allowing(*entries: tuple[str, str]) -> str:
    return HEAD + "".join(PLACED.format(code=code, place=place) for code, place in entries)


@pytest.fixture
def found(workspace, root):
    """The problems of a configuration, and whether one of them is an error."""

    def found(text):
        workspace.configure(text)
        try:
            return configuration(root, [workspace.folder / "assistants.yaml"], ASSISTANTS_V1).warnings
        except ConfigError as cause:
            return cause.diagnostics

    return found


@pytest.fixture
def codes(found):
    return lambda text: [problem.code for problem in found(text)]


@pytest.fixture
def origins(found):
    return lambda text: [str(problem.origin) for problem in found(text)]


@pytest.mark.parametrize("place", ["assistant.desk", "assistants.yaml"])
def test_an_exception_allows_a_key_in_the_lines_of_its_place(place, read):
    text = allowing(("AS505", place)) + f"assistants:\n  desk: {{model: m, instructions: {KEY}}}\n"
    assert read(text).assistants[0].fields["instructions"] == KEY


def test_an_exception_for_one_assistant_allows_nothing_of_the_next(origins):
    text = allowing(("AS505", "assistant.desk")) + (
        f"assistants:\n  desk: {{model: m, instructions: {KEY}}}\n  shop: {{model: m, instructions: {KEY}}}\n"
    )
    assert origins(text) == ["assistants.yaml:7:34"]


def test_an_exception_for_an_assistant_does_not_allow_a_key_in_the_defaults(origins):
    text = allowing(("AS505", "assistant.desk")) + (
        f"defaults: {{model: m, instructions: {KEY}}}\nassistants:\n  desk: {{}}\n"
    )
    assert origins(text) == ["assistants.yaml:5:36"]


def test_an_exception_reaches_into_the_patches_of_environments(workspace, read):
    text = allowing(("AS505", "assistant.desk")) + (
        f"assistants:\n  desk: {{model: m}}\nenvironments:\n  prod:\n    patches:\n"
        f"      assistant.desk: {{instructions: {KEY}}}\n"
    )
    assert read(text).assistants


SHARED = """\
assistants:
  desk: {model: m, instructions: {file: p.md}}
  shop: {model: m, instructions: {file: p.md}}
"""


@pytest.mark.parametrize(
    "entries",
    [[("AS505", "p.md")], [("AS505", "assistant.desk"), ("AS505", "assistant.shop")]],
    ids=["by its path", "for each that uses it"],
)
def test_a_finding_in_a_shared_prompt_is_allowed(workspace, entries, codes):
    workspace.write("p.md", f"Use {KEY}.")
    assert codes(allowing(*entries) + SHARED) == []


def test_a_finding_in_a_shared_prompt_is_not_allowed_for_one_of_those_that_use_it(workspace, origins):
    workspace.write("p.md", f"Use {KEY}.")
    assert origins(allowing(("AS505", "assistant.desk")) + SHARED) == ["p.md:1:5"]


@pytest.mark.parametrize("place", ["assistant.desk", "docs/a.rst", "file.docs/a.rst"])
def test_an_exception_allows_an_ending_of_a_file(workspace, place, codes):
    workspace.write("docs/a.rst", "Handbook")
    text = allowing(("AS416", place)) + (
        "assistants:\n  desk: {model: m, tools: [{type: retrieval}], files: [docs/a.rst]}\n"
    )
    assert codes(text) == []


@pytest.mark.parametrize("place", ["assistant.desk", "price.txt"])
def test_an_exception_sends_a_placeholder_as_it_is(workspace, place, read):
    workspace.write("price.txt", b"\0GITCRYPT\0abcdefghijkl")
    text = allowing(("AS310", place)) + "assistants:\n  desk: {model: m, files: [price.txt]}\n"
    (upload,) = read(text).files
    assert upload.size == 22


def test_an_exception_for_one_assistant_does_not_give_a_placeholder_to_another(workspace, origins):
    workspace.write("price.txt", b"\0GITCRYPT\0abcdefghijkl")
    text = allowing(("AS310", "assistant.desk")) + (
        "assistants:\n  desk: {model: m, files: [price.txt]}\n  shop: {model: m, files: [price.txt]}\n"
    )
    assert origins(text) == ["assistants.yaml:7:28"]


def test_an_exception_sends_a_prompt_that_stands_for_its_content(workspace, read):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 3\n"
    workspace.write("p.md", pointer)
    text = allowing(("AS310", "p.md")) + "assistants:\n  desk: {model: m, instructions: {file: p.md}}\n"
    assert read(text).assistants[0].fields["instructions"] == pointer


def test_an_exception_allows_conflict_markers_in_an_attached_file(workspace, codes):
    workspace.write("docs/git.md", "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> main\n")
    text = allowing(("AS509", "docs/git.md")) + "assistants:\n  desk: {model: m, files: [docs/git.md]}\n"
    assert codes(text) == []


@pytest.mark.parametrize("place", ["assistant.desk", "docs/a.md", "file.docs/a.md"])
def test_an_exception_allows_a_key_in_an_attached_file(workspace, place, codes):
    workspace.write("docs/a.md", f"Use {KEY}.")
    text = allowing(("AS505", place)) + "assistants:\n  desk: {model: m, files: [docs/a.md]}\n"
    assert codes(text) == []


def test_no_exception_lets_a_tool_be_declared_twice(codes):
    text = allowing(("AS413", "assistant.desk")) + (
        "assistants:\n  desk: {model: m, tools: [{type: code_interpreter}, {type: code_interpreter}]}\n"
    )
    assert codes(text) == ["AS413"]


def test_an_exception_that_allows_nothing_is_a_warning(codes):
    text = allowing(("AS505", "assistant.desk")) + "assistants:\n  desk: {model: m, instructions: Be kind.}\n"
    assert codes(text) == ["AS513"]


def test_an_exception_that_another_environment_may_need_is_no_warning(codes):
    text = allowing(("AS505", "assistant.desk")) + (
        "assistants:\n  desk: {model: m, instructions: Be kind.}\nenvironments: {prod: {}}\n"
    )
    assert codes(text) == []


def test_a_finding_names_the_entry_that_would_allow_it(found):
    (one,) = found(f"project: acme\nassistants:\n  desk: {{model: m, instructions: {KEY}}}\n")
    assert one.exception == "{code: AS505, in: assistant.desk, reason: …}"


def test_a_finding_of_a_rule_that_is_certain_names_no_entry(found):
    (one,) = found("project: acme\nassistants:\n  desk: {model: m, instructions: {file: ../p.md}}\n")
    assert one.exception == ""


def test_hundreds_of_allowed_findings_hide_no_other_one(codes):
    bad = "".join(f"  a{number}: {{model: m, instructions: {KEY}}}\n" for number in range(150))
    text = allowing(("AS505", "assistants.yaml")) + f"assistants:\n{bad}  z: {{modl: m, model: m}}\n"
    assert codes(text) == ["AS201"]


ABOVE = """\
assistants:
  desk:
    model: m
    metadata: {{a: b}}{desk}
  shop: {{model: m}}
environments:
  prod:
    patches:
      assistant.desk:
        name: D{patch}
    vars: {{}}
defaults: {{}}
"""


@pytest.mark.parametrize(
    "shape",
    [
        {"desk": f"\n  # {KEY}"},
        {"desk": f"\n    # {KEY}"},
        {"desk": f"\n    instructions: |\n      Be kind.\n\n  # {KEY}"},
        {"desk": f"\n    tools:\n    - type: retrieval\n  # {KEY}"},
        {"patch": f"\n      # {KEY}"},
        {"patch": f"\n    # {KEY}"},
    ],
)
def test_a_comment_below_an_assistant_or_a_patch_is_not_in_its_lines(shape, codes):
    text = ABOVE.format(**{"desk": "", "patch": ""} | shape)
    assert codes(allowing(("AS505", "assistant.desk")) + text) == ["AS505"]


@pytest.mark.parametrize("desk", ["desk: {model: m}", "desk:\n    model: m", "desk: {\n    model: m\n  }"])
def test_a_comment_at_the_end_of_a_file_is_in_the_lines_of_no_assistant(desk, codes):
    text = allowing(("AS505", "assistant.desk")) + f"assistants:\n  {desk}\n\n# {KEY}\n"
    assert codes(text) == ["AS505"]


@pytest.mark.parametrize(
    "shape",
    [
        {"desk": f"  # {KEY}"},
        {"desk": f"\n    # {KEY}\n    name: D"},
        {"desk": f"\n    tools: [\n      # {KEY}\n    ]"},
        {"patch": f"  # {KEY}"},
    ],
)
def test_a_comment_beside_the_values_of_an_assistant_is_in_its_lines(shape, codes):
    text = ABOVE.format(**{"desk": "", "patch": ""} | shape)
    assert codes(allowing(("AS505", "assistant.desk")) + text) == []


def test_all_of_a_markdown_assistant_is_in_its_lines(workspace, root):
    workspace.configure(allowing(("AS505", "assistant.desk")) + "assistants: {}\n")
    workspace.write("desk.md", f"---\n{{model: m}}\n---\n\nUse {KEY}.\n")
    assert configuration(root, [workspace.folder], ASSISTANTS_V1).warnings == ()


PATCHED = "patches:\n  assistant.{name}: {{instructions: {key}}}\n"


def test_an_exception_reaches_into_the_file_of_an_environment(workspace, codes):
    workspace.write("environments/prod.yaml", PATCHED.format(name="desk", key=KEY))
    assert codes(allowing(("AS505", "assistant.desk")) + "assistants:\n  desk: {model: m}\n") == []


def test_an_exception_for_one_assistant_allows_nothing_in_the_patch_of_another(workspace, origins):
    workspace.write("environments/prod.yaml", PATCHED.format(name="shop", key=KEY))
    text = allowing(("AS505", "assistant.desk")) + "assistants:\n  desk: {model: m}\n  shop: {model: m}\n"
    assert origins(text) == ["environments/prod.yaml:2:34"]


@pytest.mark.parametrize("patch", [PATCHED, "vars: {{{name}: {key}}}\n"], ids=["prompt", "variable"])
def test_a_key_in_the_file_of_an_environment_is_said_to_be_where_it_is(patch, workspace, found):
    workspace.write("environments/prod.yaml", patch.format(name="desk", key=KEY))
    (one,) = found("project: acme\nassistants:\n  desk: {model: m}\n")
    is_prompt = patch is PATCHED
    assert one.message.endswith(READERS if is_prompt else VARIABLE)
    assert (
        one.exception
        == f"{{code: AS505, in: {'assistant.desk' if is_prompt else 'environments/prod.yaml'}, reason: …}}"
    )


def test_a_place_with_a_backslash_gets_the_path_that_is_meant(found):
    text = allowing(("AS505", "docs\\h.md")) + "assistants:\n  desk: {model: m}\n"
    (one,) = found(text)
    assert (one.code, one.help) == ("AS426", "use forward slashes: docs/h.md")


LIKE_AN_ADDRESS = """\
assistants:
  b.md: {model: m}
  desk: {model: m, instructions: {file: assistant.b.md}}
"""


def test_what_looks_like_an_address_means_the_assistant_and_no_file(workspace, found):
    workspace.write("assistant.b.md", f"Use {KEY}.")
    (one,) = found(allowing(("AS505", "assistant.b.md")) + LIKE_AN_ADDRESS)
    assert one.exception == "{code: AS505, in: file.assistant.b.md, reason: …}"


def test_a_file_that_is_called_like_an_address_is_named_by_its_own(workspace, codes):
    workspace.write("assistant.b.md", f"Use {KEY}.")
    assert codes(allowing(("AS505", "file.assistant.b.md")) + LIKE_AN_ADDRESS) == []


def test_a_file_for_an_unknown_assistant_gets_the_name_of_the_file(found):
    (one,) = found(
        allowing(("AS505", "assistant.handbook-of-all-prices.rst")) + "assistants:\n  desk: {model: m}\n"
    )
    assert one.help == "if it is a file, write file.assistant.handbook-of-all-prices.rst"


SHARED_TOOL = """\
defaults:
  model: m
  tools: [{type: function, function: {name: f, description: 'FIXME: describe it'}}]
assistants: {desk: {}, shop: {}}
"""


def test_a_finding_in_a_tool_of_the_defaults_is_not_allowed_for_one_of_those_that_have_it(codes):
    assert codes(allowing(("AS503", "assistant.desk")) + SHARED_TOOL) == ["AS503"]


def test_a_finding_in_a_tool_of_the_defaults_is_allowed_for_each_that_has_it(codes):
    assert codes(allowing(("AS503", "assistant.desk"), ("AS503", "assistant.shop")) + SHARED_TOOL) == []
