"""Environments: variables and patches of one deployment, and where each value then comes from."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.content import Root
from reconciler.config.errors import ConfigError
from reconciler.config.resolve import Choice, configuration
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.model import address

BASE = """\
project: acme
defaults:
  model: m-defaults
  description: Of the defaults.
  metadata: {a: defaults, b: defaults, c: defaults}
  lifecycle: {prevent_destroy: true, ignore_changes: [name]}
assistants:
  support:
    model: m-own
    name: Own
    instructions: Be kind.
    tools: [{type: retrieval}]
    files: [{id: file-own}]
    metadata: {b: own, c: own}
"""
SUPPORT = address.assistant("support")


@pytest.fixture
def patched(workspace, means):
    """The only assistant of the configuration, patched by these lines."""

    def patched(*lines):
        workspace.configure(BASE)
        patch = "".join(f"    {line}\n" for line in lines)
        workspace.write("environments/prod.yaml", f"patches:\n  assistant.support:\n{patch}")
        (found,) = means("prod").desired.assistants
        return found

    return patched


def test_without_an_environment_no_patch_counts(workspace, means):
    workspace.configure(BASE + "environments: {prod: {patches: {assistant.support: {model: m-prod}}}}\n")
    found = means().desired

    assert found.environment == "-"
    assert found.assistants[0].fields["model"] == "m-own"


def test_the_environment_that_is_chosen_is_part_of_what_is_desired(workspace, means):
    workspace.configure(BASE + "environments: {prod: {}, staging: {}}\n")

    assert means("prod").desired.environment == "prod"
    assert means("staging").desired.environment == "staging"


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("model: m-prod", "model", "m-prod"),
        ("name: Prod", "name", "Prod"),
        ("description: Of production.", "description", "Of production."),
        ("instructions: Be brief.", "instructions", "Be brief."),
        ("tools: [{type: code_interpreter}]", "tools", [{"type": "code_interpreter"}]),
        ("tools: []", "tools", []),
        ("name: null", "name", None),
        ("description:", "description", None),
        ("instructions: ~", "instructions", None),
        ("tools: null", "tools", []),
    ],
)
def test_a_patch_takes_the_place_of_the_field_it_names_and_null_clears(line, field, value, patched):
    before = patched("{}").fields
    after = patched(line).fields

    assert after == {**before, field: value}


def test_a_patch_takes_the_place_of_the_list_of_files(patched):
    assert patched("files: [{id: file-prod}]").files == ("file-prod",)
    assert patched("files: null").files == ()


def test_the_nearest_of_patch_own_lines_and_defaults_wins(patched):
    found = patched("metadata: {c: patch}").fields

    assert found["model"] == "m-own"
    assert found["description"] == "Of the defaults."
    assert found["metadata"] == {"a": "defaults", "b": "own", "c": "patch"}


def test_a_null_in_the_metadata_of_a_patch_clears_that_key(patched):
    assert patched("metadata: {a: null, c: null}").fields["metadata"] == {"a": None, "b": "own", "c": None}


def test_metadata_of_null_clears_every_key_of_the_layers_beneath(patched):
    assert patched("metadata: null").fields["metadata"] == {"a": None, "b": None, "c": None}


def test_lifecycle_is_merged_setting_by_setting(patched):
    found = patched("lifecycle: {prevent_destroy: false}")
    assert (found.protected, found.ignored) == (False, {"name"})

    found = patched("lifecycle: {ignore_changes: [model]}")
    assert (found.protected, found.ignored) == (True, {"model"})


def test_a_lifecycle_of_null_is_none(patched):
    found = patched("lifecycle: null")

    assert (found.protected, found.ignored) == (False, set())


def test_a_model_that_a_patch_clears_is_missed_in_the_patch(workspace, refused):
    workspace.configure(BASE)
    workspace.write("environments/prod.yaml", "patches:\n  assistant.support: {model: null}\n")

    assert refused("prod") == ["environments/prod.yaml:2:30: assistant `support` has no model"]


def test_a_block_and_a_file_mean_the_same(workspace, means):
    patches = "{patches: {assistant.support: {name: Prod, metadata: {a: prod}}}}"
    workspace.configure(BASE + f"environments: {{prod: {patches}}}\n")
    block = means("prod").desired

    workspace.configure(BASE)
    workspace.write("environments/prod.yml", patches)
    assert means("prod").desired == block


def test_a_patch_reaches_a_markdown_assistant(workspace, means):
    workspace.write("team/sales.md", "---\nproject: acme\nmodel: m\n---\nSell.\n")
    workspace.write(
        "team/environments/prod.yaml", "patches: {assistant.sales: {instructions: Do not sell.}}\n"
    )
    (found,) = means("prod", "team").desired.assistants

    assert found.fields["instructions"] == "Do not sell."


def test_files_that_are_hidden_or_put_aside_describe_no_environment(workspace, means):
    workspace.configure(BASE)
    for name in (".prod.yaml", "_prod.yaml", "prod.yaml.orig", "prod.json", "notes.md", "deep/prod.yaml"):
        workspace.write(f"environments/{name}", "no: mapping: at all")

    assert means().environments == ()


def test_environments_of_every_folder_are_known_in_order(workspace, means):
    workspace.write("a/a.yaml", BASE + "environments: {test: {}}\n")
    workspace.write("a/environments/staging.yaml", "vars: {}\n")
    workspace.write("b/b.yaml", "assistants: {}\n")
    workspace.write("b/environments/prod.eu.yaml", "vars: {}\n")

    assert means(None, "a", "b").environments == ("test", "staging", "prod.eu")


def test_an_environment_that_is_described_in_two_documents_names_both_places(workspace, means):
    workspace.write("a.yaml", BASE + "environments: {prod: {}}\n")
    workspace.write("b.yaml", "assistants: {}\nenvironments:\n  prod: {}\n")
    with pytest.raises(ConfigError) as caught:
        means(None, "a.yaml", "b.yaml")

    (problem,) = caught.value.diagnostics
    assert f"{problem.origin}: {problem.message}" == "b.yaml:3:3: the environment `prod` is described twice"
    assert problem.help == "the other one stands at a.yaml:15:16; keep one of them"


def test_two_files_of_one_name_describe_an_environment_twice(workspace, refused):
    workspace.configure(BASE)
    workspace.write("environments/prod.yaml", "vars: {}\n")
    workspace.write("environments/prod.yml", "vars: {}\n")

    assert refused() == ["environments/prod.yml:1:1: the environment `prod` is described twice"]


@pytest.mark.parametrize("name", ["Prod", "a b", "-", "", "_x", "é", "x" * 33])
def test_a_name_that_cannot_be_an_environments_is_refused(name, workspace, refused):
    workspace.configure(BASE + f"environments:\n  {name!r}: {{}}\n")

    assert refused() == [f"assistants.yaml:16:3: {name!r} cannot be an environment's name"]


def test_the_longest_name_is_taken(workspace, means):
    workspace.configure(BASE + f"environments:\n  {'x' * 32}: {{}}\n")

    assert means("x" * 32).desired.environment == "x" * 32


@pytest.mark.parametrize(
    ("described", "asked", "hint"),
    [
        ("{prod: {}, staging: {}}", "prd", "did you mean `prod`?"),
        ("{prod: {}, staging: {}}", "europe", "known environments: prod, staging"),
        ("{}", "prod", "known environments: none is described"),
        ("{prod: {}}", "", "known environments: prod"),
    ],
)
def test_an_unknown_environment_is_told_with_those_that_are_known(described, asked, hint, workspace, means):
    workspace.configure(BASE + f"environments: {described}\n")
    with pytest.raises(ConfigError) as caught:
        means(asked)

    (problem,) = caught.value.diagnostics
    assert (str(problem.origin), problem.help) == ("--env", hint)
    assert problem.message == f"unknown environment `{asked}`"


@pytest.mark.parametrize(
    ("patch", "problems"),
    [
        ("{modle: n}", ["2:23: unknown field `modle` in `patches.assistant.support`"]),
        ("{name: 5}", ["2:29: `patches.assistant.support.name` must be text, and is a number"]),
        (
            "{instructions: {file: no.md}}",
            ["2:44: cannot read the prompt: environments/no.md: no such file or directory"],
        ),
        (
            "{files: [no.md]}",
            ["2:31: cannot read the file: environments/no.md: no such file or directory"],
        ),
        (
            "{tools: [{type: retrieval}, {file: no.json}]}",
            ["2:57: cannot read the function: environments/no.json: no such file or directory"],
        ),
        ("{tools: [{type: retrieval}, {type: retrieval}]}", ["2:50: the tool `retrieval` is listed twice"]),
        (
            "{tools: [{type: function, function: {name: f.g}}]}",
            ["2:65: 'f.g' cannot be a function's name"],
        ),
        (f"{{name: {'x' * 257}}}", ["2:29: `name` has 257 characters; the limit is 256"]),
        (
            f"{{metadata: {{a: {'x' * 513}}}}}",
            ["2:37: the metadata value of `a` has 513 characters; the limit is 512"],
        ),
        (
            "{metadata: {assistants_sync: x}}",
            ["2:34: the metadata key `assistants_sync` is reserved for the ownership mark"],
        ),
        ("null", ["2:22: `patches.assistant.support` must be a mapping, and is nothing"]),
    ],
)
def test_what_is_wrong_in_a_patch_is_shown_in_its_file(patch, problems, workspace, refused):
    workspace.configure(BASE)
    workspace.write("environments/prod.yaml", f"patches:\n  assistant.support: {patch}\n")

    assert refused("prod") == [f"environments/prod.yaml:{problem}" for problem in problems]


def test_a_path_in_a_patch_is_relative_to_the_file_of_the_patch(workspace, means):
    workspace.configure(BASE)
    patch = "{instructions: {file: ../prompts/prod.md}, files: [notes.md]}"
    workspace.write("environments/prod.yaml", f"patches: {{assistant.support: {patch}}}\n")
    workspace.write("environments/notes.md", "Notes.")
    workspace.write("prompts/prod.md", "Be careful.")
    (found,) = means("prod").desired.assistants

    assert found.fields["instructions"] == "Be careful."
    assert found.files == (address.file("environments/notes.md"),)


def test_a_patch_of_nobody_is_refused_in_environments_that_are_not_chosen_too(workspace, refused):
    workspace.configure(BASE + "environments: {prod: {}}\n")
    workspace.write("environments/test.yaml", "patches:\n  assistant.suport: {}\n  support: {}\n")

    assert refused("prod") == [
        "environments/test.yaml:2:3: a patch of `assistant.suport`, which nobody declares",
        "environments/test.yaml:3:3: a patch of `support`, which nobody declares",
    ]


def test_a_wrong_field_of_a_patch_does_not_move_the_paths_of_the_field_beneath(workspace, refused):
    workspace.write("prompt.md", "Be kind.")
    workspace.configure("project: acme\nassistants: {support: {model: m, instructions: {file: prompt.md}}}\n")
    workspace.write("environments/prod.yaml", "patches: {assistant.support: {instructions: [a]}}\n")

    (problem,) = refused("prod")
    assert problem.startswith("environments/prod.yaml:1:45: `patches.assistant.support.instructions` must be")


def test_a_patch_is_not_blamed_for_a_document_that_cannot_be_read(workspace, refused):
    workspace.write("a.yaml", BASE)
    workspace.write("b.yaml", "assistants: {sales: {model: m}\n")
    workspace.write("environments/prod.yaml", "patches: {assistant.sales: {model: n}}\n")

    (problem,) = refused("prod", "a.yaml", "b.yaml")
    assert problem.startswith("b.yaml:1:13: not valid YAML")


def test_a_patch_is_not_blamed_for_an_assistant_that_is_wrong(workspace, refused):
    workspace.configure("project: acme\nassistants: {sales: 5}\n")
    workspace.write("environments/prod.yaml", "patches: {assistant.sales: {model: n}}\n")

    assert refused("prod") == ["assistants.yaml:2:21: `assistants.sales` must be a mapping, and is a number"]


@pytest.mark.parametrize("text", ["vars: [\n", "", "- a\n", b"vars: {a: \xff}\n"])
def test_an_environment_that_cannot_be_read_is_not_unknown_as_well(text, workspace, refused):
    workspace.configure(BASE)
    workspace.write("environments/prod.yaml", text)

    (problem,) = refused("prod")
    assert problem.startswith("environments/prod.yaml:")


def test_an_environment_is_no_link_and_no_folder(workspace, refused):
    workspace.configure(BASE)
    workspace.write("environments/prod.yaml/notes.txt", "")
    (workspace.folder / "environments/test.yaml").symlink_to("/etc/hostname")

    assert refused() == [
        "environments/prod.yaml:1:1: cannot read the environment: environments/prod.yaml is a folder",
        "environments/test.yaml:1:1: cannot read the environment: environments/test.yaml is a link",
    ]


def test_every_value_says_where_it_stands(workspace, means):
    workspace.configure(
        BASE.replace("instructions: Be kind.", "instructions: {include: [a.md, b.md]}")
        + "  sales:\n    instructions: {text: Sell.}\n"
    )
    workspace.write("a.md", "Be kind.")
    workspace.write("b.md", "Be brief.")
    workspace.write(
        "environments/prod.yaml",
        """\
patches:
  assistant.support:
    name: Prod
    metadata: {c: null, d: prod}
    files: null
""",
    )
    found = {where: told() for where, told in means("prod").origins.items()}

    assert found[SUPPORT] == {
        "model": "assistants.yaml:9:12",
        "description": "assistants.yaml:4:16",
        "name": "environments/prod.yaml:3:11",
        "instructions": "a.md + b.md",
        "tools": "assistants.yaml:12:12",
        "files": "environments/prod.yaml:5:12",
        "lifecycle": "assistants.yaml:6:14",
        "metadata.a": "assistants.yaml:5:17",
        "metadata.b": "assistants.yaml:14:19",
        "metadata.c": "environments/prod.yaml:4:19",
        "metadata.d": "environments/prod.yaml:4:28",
    }
    assert found[address.assistant("sales")]["instructions"] == "assistants.yaml:16:19"


def test_a_markdown_assistant_says_where_its_values_stand(workspace, means):
    workspace.write("support.md", "---\nproject: acme\nmodel: m\nmetadata:\n  a: b\n---\n\nBe kind.\n")

    assert means(None, "support.md").origins[SUPPORT]() == {
        "model": "support.md:3:8",
        "metadata.a": "support.md:5:6",
        "instructions": "support.md:8:1",
    }


FIELDS = st.dictionaries(st.sampled_from(["description", "instructions"]), st.none() | st.sampled_from("xy"))
METADATA = st.dictionaries(st.sampled_from("abc"), st.none() | st.sampled_from("xy"))
LAYERS = st.lists(st.tuples(FIELDS, METADATA), min_size=3, max_size=3)


@given(LAYERS)
def test_of_any_three_layers_the_nearest_that_names_a_field_wins(layers):
    said = [{"model": "m", **fields, "metadata": metadata} for fields, metadata in layers]
    defaults, own, patch = (str(one).replace("None", "null") for one in said)
    with TemporaryDirectory() as folder:
        file = Path(folder, "assistants.yaml")
        file.write_text(
            f"project: acme\ndefaults: {defaults}\nassistants: {{support: {own}}}\n"
            f"environments: {{prod: {{patches: {{assistant.support: {patch}}}}}}}\n"
        )
        (found,) = configuration(Root(file.parent), [file], ASSISTANTS_V1, Choice("prod")).desired.assistants

    fields = {key: value for named, _ in layers for key, value in named.items()}
    metadata = {key: value for _, named in layers for key, value in named.items()}
    assert found.fields == {"model": "m", **fields, "metadata": metadata}
