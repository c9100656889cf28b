"""What a configuration means once defaults, references and files are followed."""

import hashlib

import pytest

from reconciler.config.errors import ConfigError
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.model import address
from reconciler.model.diagnostic import Origin
from reconciler.model.field import Files, Text

SUPPORT = """\
project: acme
assistants:
  support:
    model: gpt-5.6
"""


@pytest.fixture
def support(read):
    """What the only assistant of a configuration means, given further lines of it."""

    def support(*lines, dialect=ASSISTANTS_V1):
        (found,) = read(SUPPORT + "".join(f"    {line}\n" for line in lines), dialect=dialect).assistants
        return found

    return support


@pytest.fixture
def problems(read):
    """Where and what is wrong, in the order it is reported."""

    def problems(*arguments, **options):
        with pytest.raises(ConfigError) as refused:
            read(*arguments, **options)
        return [f"{problem.origin}: {problem.message}" for problem in refused.value.diagnostics]

    return problems


def test_the_documented_configuration_is_read(workspace, read):
    workspace.write("prompts/triage.md", "Sort tickets.\n")
    workspace.write("tools/lookup_order.json", '{"name": "lookup_order", "parameters": {"type": "object"}}')
    workspace.write("docs/handbook.md", "Be kind.\n")
    found = read(
        """\
        # yaml-language-server: $schema=./assistants-sync.schema.json
        project: acme-support
        defaults:
          model: gpt-5.6
          metadata: {team: support}
        assistants:
          triage:
            name: Support triage
            description: Routes incoming tickets.
            instructions: {file: prompts/triage.md}
            tools:
              - type: code_interpreter
              - type: retrieval
              - type: function
                function: {file: tools/lookup_order.json}
            files:
              - docs/handbook.md
              - {id: file-abc123}
            metadata: {tier: gold}
            lifecycle: {prevent_destroy: true, ignore_changes: [description]}
        """
    )
    assert found.project == "acme-support"
    (triage,) = found.assistants
    assert triage.address == address.assistant("triage")
    assert triage.fields == {
        "name": "Support triage",
        "description": "Routes incoming tickets.",
        "model": "gpt-5.6",
        "instructions": "Sort tickets.\n",
        "tools": [
            {"type": "code_interpreter"},
            {"type": "retrieval"},
            {"type": "function", "function": {"name": "lookup_order", "parameters": {"type": "object"}}},
        ],
        "metadata": {"team": "support", "tier": "gold"},
    }
    assert triage.files == (address.file("docs/handbook.md"), "file-abc123")
    assert triage.origin == Origin("assistants.yaml", 7, 11, 6)
    assert triage.protected
    assert triage.ignored == {"description"}
    assert triage.sources == {"instructions": "prompts/triage.md"}
    (handbook,) = found.files
    assert handbook.identity == ("handbook.md", hashlib.sha256(b"Be kind.\n").hexdigest())
    assert handbook.size == len("Be kind.\n")


def test_a_field_that_is_absent_is_not_a_field_that_is_cleared_or_empty(support):
    assert support().fields == {"model": "gpt-5.6"}
    assert support().files is None
    cleared = support("name: null", "description:", "instructions: ~", "tools: null", "files: null")
    assert cleared.fields == {
        "model": "gpt-5.6",
        "name": None,
        "description": None,
        "instructions": None,
        "tools": [],
    }
    assert cleared.files == ()
    empty = support('name: ""', 'instructions: ""', "tools: []", "files: []", "metadata: {}")
    assert empty.fields == {"model": "gpt-5.6", "name": "", "instructions": "", "tools": [], "metadata": {}}
    assert empty.files == ()


def test_a_metadata_key_can_be_cleared_alone(support):
    assert support("metadata: {team: null, tier: gold}").fields["metadata"] == {"team": None, "tier": "gold"}


def test_what_a_function_does_not_say_is_not_sent(support):
    found = support("tools: [{type: function, function: {name: f, description: null}}]")
    assert found.fields["tools"] == [{"type": "function", "function": {"name": "f"}}]


def test_a_json_file_may_escape_what_is_no_ascii(workspace, support):
    workspace.write("f.json", r'{"name": "f", "description": "\ud83d\ude00 \u00e9 \\ud83d"}')
    found = support("tools: [{type: function, function: {file: f.json}}]")

    assert found.fields["tools"][0]["function"]["description"] == "\U0001f600 \u00e9 \\ud83d"


def test_a_function_may_be_called_like_a_tool(support):
    found = support("tools: [{type: retrieval}, {type: function, function: {name: retrieval}}]")
    assert len(found.fields["tools"]) == 2


DEFAULTS = """\
project: acme
defaults:
  model: gpt-5.6
  description: Default.
  instructions: Be kind.
  tools: [{type: retrieval}]
  metadata: {team: support, tier: silver}
  lifecycle: {prevent_destroy: true, ignore_changes: [name]}
assistants:
  plain: {}
  special:
    model: gpt-6
    description: null
    tools: [{type: code_interpreter}]
    metadata: {tier: gold, team: null}
    lifecycle: {prevent_destroy: false}
"""


def test_an_assistant_that_says_nothing_is_made_of_defaults(read):
    plain, _ = read(DEFAULTS).assistants
    assert plain.fields == {
        "model": "gpt-5.6",
        "description": "Default.",
        "instructions": "Be kind.",
        "tools": [{"type": "retrieval"}],
        "metadata": {"team": "support", "tier": "silver"},
    }
    assert plain.protected
    assert plain.ignored == {"name"}


def test_defaults_are_merged_key_by_key_for_metadata_and_lifecycle_and_replaced_elsewhere(read):
    _, special = read(DEFAULTS).assistants
    assert special.fields == {
        "model": "gpt-6",
        "description": None,
        "instructions": "Be kind.",
        "tools": [{"type": "code_interpreter"}],
        "metadata": {"team": None, "tier": "gold"},
    }
    assert not special.protected
    assert special.ignored == {"name"}


def test_defaults_reach_no_other_file(workspace, problems):
    workspace.write("a.yaml", "project: acme\ndefaults: {model: gpt-5.6}\nassistants: {one: {}}\n")
    workspace.write("b.yaml", "assistants: {two: {}}\n")
    assert problems(None, "a.yaml", "b.yaml") == ["b.yaml:1:14: assistant `two` has no model"]


@pytest.mark.parametrize(
    "text", ["Be kind.", "Be kind.\n", "a\r\nb\r\n", "\n\n", " \t", "é🚀 {{ x }} $ {% y %}\n", ""]
)
def test_a_prompt_file_is_sent_byte_for_byte(text, workspace, support):
    workspace.write("prompt.md", text)
    assert support("instructions: {file: prompt.md}").fields["instructions"] == text


def test_a_byte_order_mark_is_no_part_of_a_text(workspace, read):
    workspace.write("prompt.md", b"\xef\xbb\xbfBe kind.")
    (found,) = read("\ufeff" + SUPPORT + "    instructions: {file: prompt.md}\n").assistants
    assert found.fields["instructions"] == "Be kind."


def test_several_files_and_a_folder_are_one_project(workspace, read):
    workspace.write("main.yaml", "project: acme\nassistants: {one: {model: m}}\n")
    workspace.write("more.yml", "assistants: {two: {model: m}}\n")
    workspace.write("team/b/three.yaml", "assistants: {three: {model: m, files: [../notes.md]}}\n")
    workspace.write("team/a.yaml", "project: acme\nassistants: {four: {model: m}}\n")
    workspace.write("team/notes.md", "Notes.\n")
    workspace.write("team/folder.yaml/notes.txt", "not a configuration\n")
    found = read(None, "main.yaml", "more.yml", "team", "./team/../main.yaml")
    assert [one.address.name for one in found.assistants] == ["one", "two", "four", "three"]
    assert found.assistants[3].files == (address.file("team/notes.md"),)
    assert found.project == "acme"


def test_a_folder_without_a_configuration_is_a_mistake(workspace, problems):
    workspace.write("docs/handbook.md", "")
    (message,) = problems(None, "docs")
    assert message.endswith("docs:1:1: no configuration in this folder")


def test_a_file_that_is_not_there_is_a_mistake(workspace, problems):
    workspace.configure(SUPPORT)
    message = "assistant.yaml:1:1: cannot read the configuration: assistant.yaml: no such file or directory"
    assert problems(None, "assistant.yaml") == [message]


def test_a_file_outside_the_root_is_refused_and_so_is_a_folder(workspace, problems, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.yaml").write_text(SUPPORT)
    outside = f"lies outside the root {workspace.folder}"
    for path in ("../other/a.yaml", "../other"):
        (message,) = problems(None, path)
        assert message.endswith(outside)


def test_a_folder_reached_through_a_link_is_the_folder_it_leads_to(workspace, read, tmp_path):
    workspace.write("team/a.yaml", SUPPORT)
    (tmp_path / "elsewhere").symlink_to(workspace.folder)
    found = read(None, tmp_path / "elsewhere" / "team")
    assert found.assistants[0].origin.path == "team/a.yaml"


def test_a_link_within_a_folder_is_refused(workspace, problems):
    workspace.write("main.yaml", SUPPORT)
    workspace.write("team/a.yaml", "assistants: {}\n")
    (workspace.folder / "team" / "b.yaml").symlink_to("/etc/hostname")
    assert problems(None, "main.yaml", "team") == [
        "team/b.yaml:1:1: cannot read the configuration: team/b.yaml is a link"
    ]


def test_two_projects_are_refused(workspace, problems):
    workspace.write("a.yaml", "project: acme\nassistants: {}\n")
    workspace.write("b.yaml", "assistants: {}\nproject: other\n")
    assert problems(None, "a.yaml", "b.yaml") == [
        "b.yaml:2:10: another project than elsewhere: a.yaml says 'acme'"
    ]


def test_an_assistant_declared_in_two_files_names_both_places(workspace, read):
    workspace.write("a.yaml", SUPPORT)
    workspace.write("b.yaml", "assistants:\n  support: {model: m}\n")
    with pytest.raises(ConfigError) as refused:
        read(None, "a.yaml", "b.yaml")
    (problem,) = refused.value.diagnostics
    assert problem.message == "the assistant `support` is declared twice"
    assert problem.origin == Origin("b.yaml", 2, 3, 7)
    assert problem.help == "the other one stands at a.yaml:3:3; rename one of them"


def test_a_project_that_may_stand_in_a_file_that_cannot_be_read_is_not_missed(workspace, problems):
    workspace.write("a.yaml", "project: [\n")
    workspace.write("b.yaml", "assistants: {one: {model: m}}\n")
    (message,) = problems(None, "a.yaml", "b.yaml")
    assert message.startswith("a.yaml:1:11: not valid YAML")


def test_every_problem_of_every_file_is_reported_at_once_and_in_order(workspace, problems):
    workspace.write("b.yaml", "assistants:\n  two: {nmae: x, files: [b.md]}\n  One: {model: m}\n")
    workspace.write("a.yaml", "project: acme\nassistants:\n  one: {model: m, name: 1, metadata: {a: 2}}\n")
    workspace.write("c.yaml", "- no\n")
    workspace.write("d.yaml", "a: &b 1\n")
    found = problems(None, "d.yaml", "c.yaml", "b.yaml", "a.yaml")
    assert found == [
        "a.yaml:3:25: `assistants.one.name` must be text, and is a number",
        "a.yaml:3:42: `assistants.one.metadata.a` must be text, and is a number",
        "b.yaml:2:3: assistant `two` has no model",
        "b.yaml:2:9: unknown field `nmae` in `assistants.two`",
        "b.yaml:2:26: cannot read the file: b.md: no such file or directory",
        "b.yaml:3:3: 'One' cannot be an assistant's key",
        "c.yaml:1:1: the file must be a mapping, and is a list",
        "d.yaml:1:4: anchors are not allowed",
    ]


def test_a_mistake_in_defaults_is_reported_once_however_many_use_it(problems):
    text = "project: acme\ndefaults: {model: m, instructions: {file: no.md}}\nassistants: {a: {}, b: {}}\n"
    assert problems(text) == [
        "assistants.yaml:2:43: cannot read the prompt: no.md: no such file or directory"
    ]


def test_a_model_that_is_wrong_is_not_missing_as_well(problems):
    assert problems("project: acme\nassistants: {a: {model: 5}}\n") == [
        "assistants.yaml:2:25: `assistants.a.model` must be text, and is a number"
    ]
    assert problems("project: acme\ndefaults: {model: 5}\nassistants: {a: {}}\n") == [
        "assistants.yaml:2:19: `defaults.model` must be text, and is a number"
    ]


def test_a_block_of_text_where_a_list_belongs_is_not_offered_as_one(read):
    with pytest.raises(ConfigError) as refused:
        read(SUPPORT + "    files: |\n      handbook.md\n")
    (problem,) = refused.value.diagnostics
    assert problem.help == ""


def test_an_error_says_every_place_and_problem_in_one_line(read):
    with pytest.raises(ConfigError, match=r"^assistants\.yaml:1:1: .*; assistants\.yaml:1:13: .*$"):
        read("assistants: []\n")


def test_two_paths_of_the_same_name_and_bytes_are_one_upload(workspace, read):
    for path in ("a/notes.md", "b/notes.md"):
        workspace.write(path, "the same")
    workspace.write("c/notes.md", "another")
    workspace.write("c/copy.md", "the same")
    found = read(
        """\
        project: acme
        defaults: {model: m}
        assistants:
          one: {files: [a/notes.md, c/notes.md]}
          two: {files: [b/notes.md, c/copy.md, ./a/notes.md]}
        """.replace(", ./a/notes.md", "")
    )
    one, two = found.assistants
    assert one.files == (address.file("a/notes.md"), address.file("c/notes.md"))
    assert two.files == (address.file("a/notes.md"), address.file("c/copy.md"))
    assert len(found.files) == 3


def test_two_files_that_are_one_upload_are_attached_once_with_a_warning(workspace, read):
    for path in ("a/notes.md", "b/notes.md"):
        workspace.write(path, "the same")
    made = read(SUPPORT + "    files: [a/notes.md, b/notes.md]\n")
    (found,) = made.assistants
    assert len(found.files) == 1


def test_paths_are_relative_to_the_file_that_names_them(workspace, read):
    workspace.write("team/assistants.yaml", SUPPORT + "    instructions: {file: ../shared/prompt.md}\n")
    workspace.write("shared/prompt.md", "Be kind.")
    (found,) = read(None, "team").assistants
    assert found.fields["instructions"] == "Be kind."
    assert found.sources == {"instructions": "shared/prompt.md"}


def test_a_dialect_may_have_other_limits(support, with_row):
    dialect = with_row(Text("name", "n", limit=300))

    assert support(f"name: {'x' * 300}", dialect=dialect).fields["name"] == "x" * 300


VALUE = "v" * 512


@pytest.mark.parametrize(
    "lines",
    [
        [f"name: {'x' * 256}", f"description: {'x' * 512}", f"instructions: {'x' * 32_768}"],
        [f"tools: [{', '.join(f'{{type: function, function: {{name: f{n}}}}}' for n in range(128))}]"],
        [f"tools: [{{type: function, function: {{name: {'f' * 64}}}}}]"],
        [f"files: [{', '.join(f'{{id: file-{n}}}' for n in range(20))}]"],
        [f"metadata: {{{', '.join(f'{n:k>64}: {VALUE}' for n in range(15))}}}"],
        ["name: " + "🚀" * 256],
    ],
    ids=["texts", "tools", "function name", "files", "metadata", "characters, not bytes"],
)
def test_what_is_exactly_at_a_limit_is_taken(lines, support):
    assert support(*lines).address == address.assistant("support")


def test_keys_are_taken_at_their_limits(read):
    found = read(f"project: {'p' * 64}\nassistants: {{{'a' * 100}: {{model: m}}}}\n")
    assert (found.project, found.assistants[0].address.name) == ("p" * 64, "a" * 100)


def test_a_csv_file_is_taken_without_retrieval(workspace, support):
    workspace.write("tickets.csv", "id\n")
    found = support("tools: [{type: code_interpreter}]", "files: [tickets.csv]")
    assert found.files == (address.file("tickets.csv"),)


def test_a_file_whose_name_no_upload_keeps_is_refused(workspace, problems):
    workspace.write('a"b.md', "x")
    (problem,) = problems("project: acme\nassistants:\n  one: {model: m, files: ['a\"b.md']}\n")

    assert "would reach the server under another name: its character 2 is U+0022" in problem


@pytest.mark.parametrize(
    "name",
    [
        "Screenshot at 3.04.05\u202fPM.png",
        "10\u00a0Fragen.md",
        "\u0646\u0627\u0645\u200c\u0647\u0627.md",
        "👩\u200d💻.md",
        "Mu\u0308ller.md",
    ],
    ids=ascii,
)
def test_a_file_is_declared_under_its_very_name(workspace, support, name):
    workspace.write(name, "x")
    found = support("tools: [{type: code_interpreter}]", f"files: [{name}]")

    assert found.files == (address.file(name),)


@pytest.mark.parametrize("one", ["\u202e", "\u200b", "\U000e0041", "\ue000"], ids=ascii)
def test_what_hides_in_the_name_of_a_file_is_told_with_its_place(workspace, problems, one):
    workspace.write(f"a{one}b.md", "x")
    (problem,) = problems(f"project: acme\nassistants:\n  one: {{model: m, files: ['a{one}b.md']}}\n")

    assert "3:29: " in problem
    assert f"U+{ord(one):04X}" in problem


def test_a_character_that_is_allowed_is_allowed_in_names_too(workspace, read):
    workspace.write("a\u200bb.md", "x")
    allowed = "lint: {allow_characters: [U+200B]}"
    text = f"project: acme\n{allowed}\nassistants:\n  one: {{model: m, files: [a\u200bb.md]}}\n"

    assert read(text).files[0].filename == "a\u200bb.md"


def test_a_file_larger_than_the_server_takes_is_refused(workspace, problems, with_row):
    workspace.write("big.md", "x" * 1001)
    text = SUPPORT + "    files: [big.md]\n"
    assert problems(text, dialect=with_row(Files("files", "f", largest=1000))) == [
        "assistants.yaml:5:13: cannot read the file: big.md is larger than 1,000 bytes"
    ]


def test_a_thousand_assistants_are_read(workspace, read):
    workspace.write("handbook.md", "Be kind.")
    body = "".join(
        f"  agent-{number}:\n    name: Agent {number}\n    instructions: Be kind.\n    files: [handbook.md]\n"
        for number in range(1000)
    )
    found = read(f"project: acme\ndefaults: {{model: m}}\nassistants:\n{body}")
    assert len(found.assistants) == 1000
    assert len(found.files) == 1


def test_no_file_at_all_declares_nothing(root):
    from reconciler.config.resolve import configuration  # noqa: PLC0415 - read() always names one

    assert configuration(root, [], ASSISTANTS_V1).desired.assistants == ()
