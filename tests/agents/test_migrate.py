"""A configuration of assistants-v1 becomes one of agents-v1, or the report says what a person must decide.

``GOLDEN=write`` writes what the reports of the examples should be, for a person to read in the diff.
"""

import errno
import json
import os
import re
import shutil
from pathlib import Path

import pytest
from agents.projects import written

from reconciler.config.content import Root
from reconciler.config.editing import EditError
from reconciler.config.migrating import rewrite

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
SEEDS = range(10)
FORMS = {"text": "txt", "markdown": "md", "json": "json"}


@pytest.fixture(params=["example", *SEEDS], ids=str)
def label(request):
    """The name of a project."""
    return request.param


@pytest.fixture
def project(label, workspace):
    """The example, and ten generated projects."""
    if label == "example":
        shutil.copytree(ROOT / "examples", workspace.folder, dirs_exist_ok=True)
    else:
        written(workspace.folder, label)
    return workspace


def migrate(workspace, *options):
    """Migrate to agents-v1; how it ended."""
    ended = workspace.run("migrate", "--to", "agents-v1", *options)
    assert ended.code in {0, 1}, ended.err
    assert ended.err == ""
    return ended


def text_of(workspace):
    return (workspace.folder / "assistants.yaml").read_text()


@pytest.mark.parametrize("form", FORMS)
def test_the_report_is_the_golden_one(project, label, form):
    before = text_of(project)
    report = migrate(project, "--no-write", "--format", form).out
    golden = GOLDEN / f"{label}.{FORMS[form]}"
    if os.environ.get("GOLDEN") == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(report)

    assert report == golden.read_text()
    assert text_of(project) == before


def test_the_result_is_valid_or_the_report_names_every_error(project):
    ended = migrate(project, "--format", "json")
    report = json.loads(ended.out)
    validated = project.run("validate", "--format", "json")

    problems = [one for one in json.loads(validated.out)["problems"] if one["severity"] == "error"]
    places = {(one["file"], one["line"], one["column"]) for one in report["decisions"]}
    assert {(one["file"], one["line"], one["column"]) for one in problems} <= places
    assert (ended.code, validated.code) == ((1, 1) if places else (0, 0))


def test_once_every_decision_is_carried_out_the_result_is_valid(project):
    """Decided in the simplest way: what cannot stay is removed, and what is missing is written."""
    for name in ("bare.json", "tools/lookup_order.json"):
        if (file := project.folder / name).exists():
            file.write_text(json.dumps({**json.loads(file.read_text()), "description": "Decided."}))
    migrate(project)
    text = text_of(project)
    text = re.sub(r"^    description: .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^    files:.*\n(?:      - .*\n|    # .*\n)*", "", text, flags=re.MULTILINE)
    text = re.sub(
        r"^      - (?:type: retrieval|type: code_interpreter|\{type: code_interpreter\})\n",
        "",
        text,
        flags=re.MULTILINE,
    )
    text = text.replace("{name: short}", "{name: short, description: d, parameters: {type: object}}")
    text = re.sub(r"^    name: (?:A name ?){25}", "    name: A name", text, flags=re.MULTILINE)
    text = re.sub(r"^    tools:[^\n]*\n(?!      )", "", text, flags=re.MULTILINE)
    project.configure(text)

    ended = project.run("validate")

    assert ended.code == 0, ended.err


def test_comments_and_layout_stay(project):
    before = text_of(project).splitlines()
    migrate(project)
    after = text_of(project).splitlines()

    added = [line for line in after if line not in before]
    gone = [line for line in before if line not in after]
    assert all("agents-v1" in line or "ignore_changes: [name]" in line for line in added), added
    assert all(
        line.startswith("dialect: ") or re.search(r"description: null|files: \[\]|ignore_changes", line)
        for line in gone
    ), gone
    comments = [line[line.index("#") :] for line in before if "#" in line]
    assert all(any(comment in line for line in after) for comment in comments)


def test_nothing_is_made_up(project):
    migrate(project)

    for word in ('description: ""', "description: ''", "parameters: {}"):
        assert word not in text_of(project)


def test_a_second_migration_has_nothing_to_do(project):
    migrate(project)
    after = text_of(project)

    again = project.run("migrate", "--to", "agents-v1")

    assert again.code == 64
    assert "is of the dialect agents-v1 already" in again.err
    assert text_of(project) == after


def test_a_project_without_decisions_can_be_applied(workspace):
    workspace.configure(
        "project: acme\nassistants:\n  one: {model: gpt-5.6, name: One, instructions: Be kind., tools: "
        "[{type: function, function: {name: f, description: d, parameters: {type: object}}}]}\n"
    )

    ended = migrate(workspace)

    assert ended.code == 0
    assert "1 file to change, 0 decisions to make." in ended.out
    assert "dialect: agents-v1" in text_of(workspace)
    assert workspace.run("apply", "--auto-approve", "--server", "embedded").code == 0
    assert "No changes." in workspace.run("plan", "--server", "embedded").out


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{project: acme, assistants: {one: {model: m}}}\n", "{dialect: agents-v1, project: acme"),
        ("assistants: {one: {model: m}}\nproject: acme", "project: acme\ndialect: agents-v1"),
        ("project: acme\r\nassistants: {one: {model: m}}\r\n", "project: acme\r\ndialect: agents-v1\r\n"),
        ("\ufeffproject: acme\nassistants: {one: {model: m}}\n", "\ufeffproject: acme\ndialect: agents-v1\n"),
        ('project: acme\ndialect: "assistants-v1" # old\n', "dialect: agents-v1 # old"),
    ],
)
def test_the_dialect_is_named_in_the_style_of_the_file(workspace, text, wanted):
    workspace.write("assistants.yaml", text)

    migrate(workspace)

    assert wanted.encode() in (workspace.folder / "assistants.yaml").read_bytes()


def test_a_configuration_that_is_wrong_is_not_migrated(workspace):
    workspace.configure("project: acme\nassistants: {one: {modell: m}}\n")
    before = text_of(workspace)

    ended = workspace.run("migrate", "--to", "agents-v1")

    assert ended.code == 1
    assert "unknown field `modell`" in ended.err
    assert text_of(workspace) == before


@pytest.mark.parametrize(
    ("target", "said"), [("agents", "did you mean"), ("toy", "unknown dialect"), ("assistants-v1", "already")]
)
def test_an_unknown_target_is_a_usage_error(workspace, target, said):
    workspace.configure("project: acme\nassistants: {one: {model: m}}\n")

    ended = workspace.run("migrate", "--to", target)

    assert (ended.code, said in ended.err) == (64, True), ended.err


def test_a_file_that_cannot_be_written_leaves_all_as_they_were(tmp_path):
    class Full(Root):
        def rewrite(self, path, before, after):
            if path == "b.yaml":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            super().rewrite(path, before, after)

    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("old")

    with pytest.raises(EditError, match=r"cannot write b\.yaml: no space left on device"):
        rewrite(Full(tmp_path), dict.fromkeys(("a.yaml", "b.yaml"), (b"old", b"new")))

    assert [(tmp_path / name).read_text() for name in ("a.yaml", "b.yaml")] == ["old", "old"]


def test_there_is_no_way_back(workspace):
    workspace.configure("project: acme\ndialect: agents-v1\nassistants: {one: {model: m}}\n")

    ended = workspace.run("migrate", "--to", "assistants-v1")

    assert ended.code == 64
    assert "there is no migration from agents-v1 to assistants-v1" in ended.err
