"""A state folder keeps itself out of git, and what a person lets in is committed and read again."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from conftest import Workspace

from reconciler.cli.target import kept

PAGE = (Path(__file__).parents[2] / "docs/state.md").read_text()
SECTION = PAGE[PAGE.index("## A directory in git") :].partition("\n## PostgreSQL")[0]
ENVIRONMENT = "environments: {prod: {}}\n"


@pytest.fixture
def git(project):
    """Git in a new checkout of the project."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}

    def git(*words):
        who = ("-c", "user.name=a", "-c", "user.email=a@b.example")
        command = ["git", *who, *words]
        ended = subprocess.run(command, cwd=project.folder, env=own, check=True, capture_output=True)
        return ended.stdout.decode().split()

    git("init", "-q")
    return git


def applied(project, *more, **environment):
    ended = project.run("apply", "--auto-approve", *more, **environment)
    assert ended.code == 0, ended.err


@pytest.mark.parametrize(
    ("more", "folder"),
    [
        ([], "state"),
        (["--state", "kept/here"], "kept/here"),
        (["--env", "prod"], "state"),
        (["--env", "prod", "--state", "kept"], "kept"),
    ],
)
def test_the_first_apply_keeps_the_state_folder_out_of_git(project, git, more, folder):
    project.configure((project.folder / "assistants.yaml").read_text() + ENVIRONMENT)

    applied(project, *more)
    git("add", ".")

    assert git("ls-files") == ["assistants.yaml", "handbook.md"]
    assert (project.folder / folder / ".gitignore").read_text() == "*\n"
    assert len(list(project.folder.rglob(".gitignore"))) == 1


def test_so_does_a_folder_that_the_configuration_names(project, git):
    project.configure((project.folder / "assistants.yaml").read_text() + "state: kept\n")

    applied(project)
    git("add", ".")

    assert git("ls-files") == ["assistants.yaml", "handbook.md"]


def test_so_does_a_folder_that_holds_the_embedded_database_alone(project, git):
    kept(project.folder / "state/embedded.sqlite3").close()
    git("add", ".")

    assert git("ls-files") == ["assistants.yaml", "handbook.md"]


@pytest.mark.parametrize("text", ["", "*\n!state.json\n", "# mine"])
def test_what_a_person_wrote_there_stays(project, text):
    project.write("state/.gitignore", text)

    applied(project)
    applied(project)

    assert (project.folder / "state/.gitignore").read_text() == text


def test_what_a_person_removed_stays_removed(project):
    applied(project)
    (project.folder / "state/.gitignore").unlink()

    project.write("handbook.md", "# Another\n")
    applied(project)

    assert not (project.folder / "state/.gitignore").exists()


def test_plan_makes_no_folder_and_nothing_in_one(project):
    assert project.run("plan").code == 0
    assert not (project.folder / "state").exists()
    (project.folder / "state").mkdir()

    assert project.run("plan").code == 0
    assert list((project.folder / "state").iterdir()) == []


def test_migrate_keeps_the_new_folder_out_of_git(project, git):
    applied(project)

    assert project.run("state", "migrate", "state", "moved").code == 0
    git("add", ".")

    assert git("ls-files") == ["assistants.yaml", "handbook.md"]


# Committed, as the page says

(CONSOLE,) = re.findall(r"^```console\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", CONSOLE, re.MULTILINE)


def typed(project, line):
    ended = subprocess.run(
        ["bash", "-c", line],  # noqa: S607 - any bash
        cwd=project.folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return ended.stdout


def committed(project, git):
    applied(project)
    for line, said in COMMANDS:
        assert typed(project, line) == said
    git("commit", "-q", "-m", "state")


def test_the_commands_of_the_page_commit_the_state_and_nothing_else(project, git):
    committed(project, git)

    assert git("ls-files", "state") == ["state/.gitignore", "state/state.json"]
    assert (project.folder / "state/embedded.sqlite3").exists()


def test_a_clone_has_the_committed_state_which_ci_takes_only_by_name(project, git, tmp_path):
    committed(project, git)
    before = project.run("output").out
    git("add", ".")
    git("clone", "-q", ".", str(tmp_path / "clone"))
    clone = Workspace(tmp_path / "clone")

    assert clone.run("output").out == before
    refused = clone.run("output", CI="1")
    assert (refused.code, "git has state/state.json" in refused.err) == (5, True)
    assert clone.run("output", CI="1", ASSISTANTS_SYNC_STATE="state").out == before
    assert "ASSISTANTS_SYNC_STATE: state\n" in SECTION


def test_the_journal_of_a_killed_run_is_committed_too(project, git):
    committed(project, git)
    project.write("state/journal.jsonl", "")
    git("add", "state")

    assert "state/journal.jsonl" in git("ls-files")


def test_two_more_lines_commit_the_states_of_environments(project, git):
    project.configure((project.folder / "assistants.yaml").read_text() + ENVIRONMENT)
    applied(project, "--env", "prod")
    more = re.findall(r"`(!environments/\S*)`", SECTION)

    typed(project, COMMANDS[0][0])
    with (project.folder / "state/.gitignore").open("a") as file:
        file.writelines(f"{line}\n" for line in more)
    git("add", "state")

    assert git("ls-files", "state") == ["state/.gitignore", "state/environments/prod/state.json"]


def test_a_project_of_an_earlier_init_removes_one_line_first(project, git):
    project.write(".gitignore", "state/\n")
    applied(project)
    typed(project, COMMANDS[0][0])

    with pytest.raises(subprocess.CalledProcessError):
        git("add", "state")
    project.write(".gitignore", "")
    git("add", "state")

    assert git("ls-files", "state") == ["state/.gitignore", "state/state.json"]
    assert "Remove that line first." in SECTION
