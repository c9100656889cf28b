"""Markdown assistants: fields between two lines of ---, and below them the prompt, byte for byte."""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.content import Root
from reconciler.config.errors import ConfigError
from reconciler.config.invisible import unseen
from reconciler.config.resolve import Choice, configuration
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.model.diagnostic import Origin

FRONT = "---\nproject: acme\nmodel: m\n---\n"


@pytest.fixture
def means(workspace, root):
    """What files and folders mean together."""

    def means(*paths, environment=None, **variables):
        named = [workspace.folder / path for path in paths]
        return configuration(root, named, ASSISTANTS_V1, Choice(environment, variables))

    return means


@pytest.fixture
def refused(means):
    """Where and what is wrong."""

    def refused(*paths, **options):
        with pytest.raises(ConfigError) as caught:
            means(*paths, **options)
        return [f"{problem.origin}: {problem.message}" for problem in caught.value.diagnostics]

    return refused


@pytest.fixture
def support(workspace, means):
    """The assistant that the text of support.md means."""

    def support(text, **options):
        workspace.write("support.md", text)
        (found,) = means("support.md", **options).desired.assistants
        return found

    return support


def test_a_markdown_file_is_a_whole_assistant(workspace, means):
    workspace.write("docs/handbook.md", "Be kind.")
    workspace.write("tools/lookup.json", '{"name": "lookup"}')
    workspace.write(
        "team/support.md",
        """\
---
# whose it is
project: acme
name: Support
description: Answers.
model: m
tools:
  - type: retrieval
  - file: ../tools/lookup.json
files: [../docs/handbook.md]
metadata: {tier: gold}
lifecycle: {prevent_destroy: true}
---

# Support

Be kind to {{ user }}, and `---` means nothing:

---

---
""",
    )
    found = means("team/support.md").desired
    (support,) = found.assistants

    assert found.project == "acme"
    assert str(support.address) == "assistant.support"
    assert support.origin == Origin("team/support.md", 1, 1, 3)
    assert support.protected
    assert [str(one) for one in support.files] == ["file.docs/handbook.md"]
    assert support.fields == {
        "name": "Support",
        "description": "Answers.",
        "model": "m",
        "tools": [{"type": "retrieval"}, {"type": "function", "function": {"name": "lookup"}}],
        "metadata": {"tier": "gold"},
        "instructions": "# Support\n\nBe kind to {{ user }}, and `---` means nothing:\n\n---\n\n---\n",
    }


@pytest.mark.parametrize(
    "body",
    [
        "Be kind.",
        "Be kind.\n",
        "  Be kind,\n\tand brief.\n",
        "One\n\n\nTwo\n",
        "---\nBe kind.\n---\n",
        "...\n--- \n# no: yaml: [at all\n",
        "{{ user }} ${other} ${var.x} $${var.x} {% if x %}\n",
        "é🚀\u0301\n",
        "a\rb",
    ],
)
def test_the_body_is_sent_byte_for_byte(body, support):
    assert support(FRONT + body).fields["instructions"] == body


@given(st.text().filter(lambda text: text.strip() and not any(unseen(text))))
def test_any_body_is_sent_byte_for_byte_but_the_empty_lines_before_it(body):
    with TemporaryDirectory() as folder:
        file = Path(folder, "support.md")
        file.write_bytes((FRONT + body).encode())
        (found,) = configuration(Root(file.parent), [file], ASSISTANTS_V1).desired.assistants

    prompt = found.fields["instructions"]
    assert body.endswith(prompt)
    assert not body.removesuffix(prompt).strip()
    assert prompt.partition("\n")[0].strip()


@pytest.mark.parametrize("between", ["", "\n", "\n\n\n", "  \n\t\n", "\r\n"])
def test_empty_lines_between_the_fence_and_the_body_belong_to_neither(between, support):
    assert support(f"{FRONT}{between}  Be kind.\n\n").fields["instructions"] == "  Be kind.\n\n"


@pytest.mark.parametrize("end", ["---", "---\n", "---\n\n", "---\n  \n\n"])
def test_an_assistant_without_a_body_has_an_empty_prompt_and_a_warning(end, workspace, means):
    workspace.write("support.md", f"---\nproject: acme\nmodel: m\n{end}")
    found = means("support.md")

    assert found.desired.assistants[0].fields["instructions"].strip() == ""
    (warning,) = found.warnings
    assert (warning.code, warning.origin.path) == ("AS506", "support.md")


def test_a_byte_order_mark_is_no_part_of_the_fence(support):
    assert support(b"\xef\xbb\xbf" + FRONT.encode() + b"Be kind.").fields["instructions"] == "Be kind."


WINDOWS = FRONT.replace("\n", "\r\n") + "\r\nBe kind.\r\nBe brief.\r\n"


@pytest.mark.parametrize("path", ["support.md", "."])
def test_windows_line_ends_are_read_and_warned_of(path, workspace, means):
    workspace.write("support.md", WINDOWS)
    found = means(path)

    assert found.desired.assistants[0].fields["instructions"] == "Be kind.\r\nBe brief.\r\n"
    (warning,) = found.warnings
    assert str(warning.origin) == "support.md:6:9"


def test_spaces_behind_a_fence_are_no_reason_to_leave_an_assistant_out(workspace, means):
    workspace.write("support.md", "--- \nproject: acme\nmodel: m\n---\t\nBe kind.\n")

    assert means(".").desired.assistants[0].fields["instructions"] == "Be kind.\n"


def test_a_folder_tells_of_an_assistant_that_is_not_utf_8(workspace, refused):
    workspace.write("support.md", FRONT.encode() + b"Be kind \xe0 tous.")
    workspace.write("main.yaml", "project: acme\nassistants: {}\n")

    (problem,) = refused(".")
    assert problem.startswith("support.md:1:1: cannot read the configuration: support.md is not UTF-8 text")


def test_a_folder_tells_of_an_assistant_that_is_a_link(workspace, refused, tmp_path):
    (tmp_path / "elsewhere.md").write_text(FRONT)
    (workspace.folder / "support.md").symlink_to(tmp_path / "elsewhere.md")
    workspace.write("main.yaml", "project: acme\nassistants: {}\n")

    assert refused(".") == ["support.md:1:1: cannot read the configuration: support.md is a link"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("README.md", "# Support\n"),
        ("rule.md", "\n" + FRONT),
        ("rule.md", "----\nmodel: m\n---\n"),
        ("rule.md", " ---\nmodel: m\n---\n"),
        ("empty.md", ""),
        (".support.md", FRONT),
        (".hidden/support.md", FRONT),
        ("_support.md", FRONT),
        ("_drafts/support.md", FRONT),
        ("environments/support.md", FRONT),
        ("deep/environments/notes/support.md", FRONT),
        ("support.txt", FRONT),
        ("support.mdx", FRONT),
    ],
)
def test_a_folder_leaves_out_what_is_no_assistant(path, text, workspace, means):
    workspace.write("team/main.yaml", "project: acme\nassistants: {}\n")
    workspace.write(f"team/{path}", text)

    assert means("team").desired.assistants == ()


HANDBOOK = "---\ntitle: Handbook\nlayout: page\n---\n# Handbook\n"


@pytest.mark.parametrize(
    "front",
    [
        "title: Handbook\nlayout: page",
        "title: Handbook\ndescription: For all.\ndate: 2026-11-30\ntags: [a, b]",
        "layout: page\nname: Handbook",
        "title: {{ page.title }}\nslug: x",
        '"title": Handbook',
        "title: Colours\nmode: dark",
        "title: Tools\ntool: git",
        "title: Page\ntemplate: page.html",
        "title: Post\nproject: blog\ntags: [a]",
        "title: Page\nlifecycle: production",
        "title: Notes\ninstrutions: x",
        "  title: Page\n  project: blog",
        "{title: Page, project: blog}",
        "permalink: /a\ntools: ['codebase']",
        "# only a comment",
        "- a\n- b",
        "",
    ],
)
def test_a_folder_leaves_out_a_document_with_front_matter(front, workspace, means):
    workspace.write("team/a.md", FRONT)
    workspace.write("team/handbook.md", f"---\n{front}\n---\n# Handbook\n")

    found = means("team")
    assert [one.address.name for one in found.desired.assistants] == ["a"]
    assert not [one for one in found.warnings if "handbook" in one.origin.path]


@pytest.mark.parametrize(
    "front",
    [
        "model: m\ntitle: x",
        "modle: m",
        "tools: []",
        "tools: [retrieval]",
        "tools: [file_search]",
        "tools: [code_interpeter]",
        "tools:\n- type: retrieval\ntitle: x",
        "project: acme",
        "  name: A\n  tools: []",
        "{name: A, tools: []}",
        "model: GPT-5\ntools: ['codebase']",
    ],
)
def test_front_matter_that_may_be_an_assistants_is_reported_and_not_left_out(front, workspace, refused):
    workspace.write("team/a.md", FRONT)
    workspace.write("team/b.md", f"---\n{front}\n---\nBe kind.\n")

    assert [one for one in refused("team") if one.startswith("team/b.md")]


def test_front_matter_with_a_name_alone_is_left_out_with_one_warning(workspace, means):
    workspace.write("team/a.md", FRONT + "Be kind.\n")
    workspace.write("team/skill.md", "---\nname: Sorting\ndescription: Sorts.\n---\nSort.\n")

    found = means("team")
    assert [one.address.name for one in found.desired.assistants] == ["a"]
    (warning,) = found.warnings
    assert (warning.code, str(warning.origin)) == ("AS205", "team/skill.md:1:1")
    assert warning.message.startswith("team/skill.md is left alone")
    assert warning.help == "if it is an assistant, write `model:` there; else begin its name with `_`"


@pytest.mark.parametrize("text", ["---\n# Title\ntext\n", "---\n", "---\nText.\n\nmodel: x\n"])
def test_a_folder_leaves_out_text_below_a_line(text, workspace, means):
    workspace.write("team/a.md", FRONT + "Be kind.\n")
    workspace.write("team/notes.md", text)

    found = means("team")
    assert [one.address.name for one in found.desired.assistants] == ["a"]
    assert found.warnings == ()


def test_the_chat_mode_of_an_editor_is_left_out_with_one_warning(workspace, means):
    workspace.write("team/a.md", FRONT + "Be kind.\n")
    workspace.write("team/plan.md", "---\ndescription: Plans.\ntools: ['codebase', 'fetch']\n---\nPlan.\n")

    (warning,) = means("team").warnings
    assert warning.message.startswith("team/plan.md is left alone")


@pytest.mark.parametrize(
    ("front", "field"),
    [("model: m\ntitle: x\nlayout: y", "model"), ("tools: []", "tools"), ("modle: m", "modle")],
)
def test_one_note_says_why_a_wrong_file_is_read_as_an_assistant(front, field, workspace, means):
    workspace.write("team/a.md", FRONT)
    workspace.write("team/b.md", f"---\n{front}\n---\nBe kind.\n")
    with pytest.raises(ConfigError) as caught:
        means("team")

    (note,) = [one for one in caught.value.diagnostics if one.code == "AS205"]
    assert note.message == f"team/b.md is read as an assistant, because its front matter has `{field}`"
    assert note.help == "if it is a document, begin its name with `_`, or move it"


def test_no_note_is_about_an_assistant_whose_text_alone_is_wrong(workspace, refused):
    workspace.write("team/a.md", FRONT + "Be\u200bkind.\n")

    assert len(refused("team")) == 1


@pytest.mark.parametrize("front", ["title: Handbook\nlayout: page", "model: m\ntitle: x", "title: {{ x }}"])
@pytest.mark.parametrize("use", ["files: [docs/handbook.md]", "instructions: {file: docs/handbook.md}"])
def test_what_the_configuration_attaches_or_has_as_a_prompt_is_no_assistant(front, use, workspace, means):
    workspace.configure(f"project: acme\nassistants:\n  a: {{model: m, {use}}}\n")
    workspace.write("docs/handbook.md", f"---\n{front}\n---\n# Handbook\n")

    assert [one.address.name for one in means("assistants.yaml", "docs").desired.assistants] == ["a"]


def test_a_document_that_a_person_names_is_read_as_an_assistant(workspace, refused):
    workspace.write("handbook.md", HANDBOOK)

    assert "handbook.md:2:1: unknown field `title` in `assistants.handbook`" in refused("handbook.md")


def test_a_folder_tells_of_a_pipe_and_does_not_wait_for_it(workspace, means):
    workspace.write("main.yaml", "project: acme\nassistants: {}\n")
    os.mkfifo(workspace.folder / "pipe.md")

    with pytest.raises(ConfigError, match=r"pipe\.md is not a regular file"):
        means(".")


def test_a_folder_takes_yaml_and_markdown_sorted_and_deep(workspace, means):
    workspace.write("b.yaml", "project: acme\nassistants: {two: {model: m}}\n")
    workspace.write("a.md", "---\nmodel: m\n---\nOne.")
    workspace.write("c/d.markdown", "---\nmodel: m\n---\nThree.")
    workspace.write("c/e.yml", "assistants: {four: {model: m}}\n")

    assert [one.address.name for one in means(".").desired.assistants] == ["a", "two", "d", "four"]


def test_a_file_that_is_named_is_read_whatever_its_name_but_needs_front_matter(workspace, means, refused):
    workspace.write("environments/support.md", FRONT)
    assert len(means("environments/support.md").desired.assistants) == 1

    workspace.write("notes.md", "# Notes\n")
    assert refused("notes.md") == [
        "notes.md:1:1: a Markdown assistant begins with front matter between two lines of ---"
    ]


@pytest.mark.parametrize("text", ["---\nmodel: m\n", "---\nmodel: m\n ---\n", "---\nmodel: m\n----\n"])
def test_front_matter_that_does_not_end_is_refused(text, workspace, refused):
    workspace.write("support.md", text)

    problem, note = sorted(refused("."))
    assert problem == "support.md:1:1: a Markdown assistant begins with front matter between two lines of ---"
    assert note == "support.md:1:1: support.md is read as an assistant, because its front matter has `model`"


@pytest.mark.parametrize(
    ("front", "problem"),
    [
        ("modle: m", "2:1: unknown field `modle` in `assistants.support`"),
        ("model: 5", "2:8: `assistants.support.model` must be text, and is a number"),
        ("model: m\nmetadata:\n  a: 5", "4:6: `assistants.support.metadata.a` must be text, and is a number"),
        ("model: m\nmodel: n", "3:1: `model` is written twice here"),
        ("model: m\n# note\nfiles: [no.md]", "4:9: cannot read the file: no.md: no such file or directory"),
        ("model: m\nname: &a b", "3:7: anchors are not allowed"),
        ("model: m\ntemplate: 1", "3:11: `assistants.support.instructions.template` must be true or false"),
        ("model: m\ninstructions: x", "3:1: the prompt is the text below the front matter"),
        ("model: m\nproject: Acme", "3:10: 'Acme' cannot be a project's name"),
        ("model: m\nlint: {allow: [x]}", "3:16: `lint.allow[0]` must be a mapping, and is text"),
        ("model: m\nvars: {a: b}", "3:1: unknown field `vars` in `assistants.support`"),
        ("model: m\ndefaults: {model: m}", "3:1: unknown field `defaults` in `assistants.support`"),
        ("- model", "2:1: the front matter must be a mapping"),
        ("name: Support", "1:1: assistant `support` has no model"),
        ("model: m\ndescription: " + "x" * 513, "3:14: `description` has 513 characters; the limit is 512"),
    ],
)
def test_what_is_wrong_in_front_matter_is_shown_where_it_stands(front, problem, workspace, refused):
    workspace.write("support.md", f"---\n{front}\n---\nBe kind.\n")
    workspace.write("main.yaml", "project: acme\nassistants: {}\n")

    assert refused("support.md", "main.yaml")[-1].startswith(f"support.md:{problem}")


def test_front_matter_of_nothing_is_refused(workspace, refused):
    workspace.write("support.md", "---\n---\nBe kind.\n")

    (problem,) = refused("support.md")
    assert problem.startswith("support.md:2:1: the front matter must be a mapping")


def test_what_is_wrong_in_the_body_is_shown_where_it_stands(workspace, means):
    body = "\n# Support\n\n  ${var.x} and\u200b ${var.limt}\nsk-proj-Ab3dEf6hIj9kLm2nOp5qRs8t\nTODO\n"
    workspace.write("support.md", f"---\nproject: acme\nmodel: m\ntemplate: true\n---\n{body}")
    with pytest.raises(ConfigError) as caught:
        means("support.md")

    found = [(problem.code, problem.origin) for problem in caught.value.diagnostics]
    assert found == [
        ("AS421", Origin("support.md", 9, 3, 8)),
        ("AS501", Origin("support.md", 9, 15, 1)),
        ("AS421", Origin("support.md", 9, 17, 11)),
        ("AS505", Origin("support.md", 10, 1, 32)),
        ("AS503", Origin("support.md", 11, 1, 4)),
    ]
    assert caught.value.diagnostics[0].excerpt.lines[1] == (9, "  ${var.x} and\u200b ${var.limt}")


def test_a_body_that_is_too_long_is_shown_where_it_begins(workspace, refused):
    workspace.write("support.md", f"{FRONT}\n{'x' * 32_769}")

    assert refused("support.md") == [
        "support.md:6:1: `instructions` has 32,769 characters; the limit is 32,768"
    ]


def test_a_body_is_a_template_only_where_the_front_matter_says_so(workspace, means):
    workspace.write("vars.yaml", "project: acme\nvars: {limit: 50}\n")
    for name, line in (("yes", "template: true"), ("no", "template: false"), ("plain", "name: Plain")):
        workspace.write(f"{name}.md", f"---\nmodel: m\n{line}\n---\nAt most ${{var.limit}} EUR.")
    found = {
        one.address.name: one.fields["instructions"]
        for one in means("vars.yaml", "yes.md", "no.md", "plain.md").desired.assistants
    }

    assert found["yes"] == "At most 50 EUR."
    assert found["no"] == found["plain"] == "At most ${var.limit} EUR."


@pytest.mark.parametrize(
    ("path", "name"),
    [("support.md", "support"), ("a/b/triage-2.markdown", "triage-2"), ("support.agent.md", "support.agent")],
)
def test_the_name_is_the_files(path, name, workspace, means):
    workspace.write(path, FRONT)

    assert means(path).desired.assistants[0].address.name == name


@pytest.mark.parametrize("name", ["Support", "my support", "süß", "-a"])
def test_a_file_whose_name_cannot_be_a_key_is_refused(name, workspace, refused):
    workspace.write(f"{name}.md", FRONT + "Be kind.")

    assert refused(f"{name}.md") == [f"{name}.md:1:1: {name!r} cannot be an assistant's key"]


def test_an_assistant_in_markdown_and_in_yaml_names_both_places(workspace, means):
    workspace.write("main.yaml", "project: acme\nassistants:\n  support: {model: m}\n")
    workspace.write("support.md", FRONT + "Be kind.")
    with pytest.raises(ConfigError) as caught:
        means("main.yaml", "support.md")

    (problem,) = caught.value.diagnostics
    assert (
        f"{problem.origin}: {problem.message}" == "support.md:1:1: the assistant `support` is declared twice"
    )
    assert problem.help == "the other one stands at main.yaml:3:3; rename one of them"


def test_two_markdown_files_of_one_name_are_one_assistant_twice(workspace, refused):
    workspace.write("a/support.md", FRONT + "A.")
    workspace.write("b/support.md", FRONT + "B.")

    assert refused("a", "b") == ["b/support.md:1:1: the assistant `support` is declared twice"]


def test_a_project_in_front_matter_must_be_that_of_the_others(workspace, refused):
    workspace.write("main.yaml", "project: acme\nassistants: {}\n")
    workspace.write("support.md", "---\nmodel: m\nproject: other\n---\nBe kind.")

    assert refused("main.yaml", "support.md") == [
        "support.md:3:10: another project than elsewhere: main.yaml says 'acme'"
    ]


def test_front_matter_may_let_characters_pass(workspace, means):
    workspace.write(
        "support.md", "---\nproject: acme\nmodel: m\nlint: {allow_characters: [U+200B]}\n---\nBe\u200bkind."
    )

    assert means("support.md").warnings == ()


def test_a_prompt_of_yaml_may_be_a_markdown_file_without_being_an_assistant(workspace, means):
    workspace.write("main.yaml", "project: acme\nassistants: {a: {model: m, instructions: {file: a.md}}}\n")
    workspace.write("a.md", "# No front matter\n")

    assert len(means(".").desired.assistants) == 1


FIELDS = (
    "project model name template lint allow_characters instructions tools files metadata lifecycle "
    "prevent_destroy ignore_changes type function parameters file id"
)
LEAVES = st.none() | st.booleans() | st.integers() | st.sampled_from(["m", "a.md", "${var.x}"])
TREES = st.recursive(
    LEAVES | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FIELDS.split()]), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(TREES | st.text(max_size=30), st.text(max_size=20))
def test_any_front_matter_is_read_or_refused_with_a_place(front, body):
    with TemporaryDirectory() as folder:
        file = Path(folder, "support.md")
        file.write_text(
            f"---\n{front if isinstance(front, str) else json.dumps(front)}\n---\n{body}", "utf-8"
        )
        try:
            found = configuration(Root(file.parent), [file], ASSISTANTS_V1)
        except ConfigError as refused:
            problems = refused.diagnostics
        else:
            problems = found.warnings

    assert all(problem.message and problem.origin.path for problem in problems)
