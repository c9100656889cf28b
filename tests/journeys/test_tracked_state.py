"""In CI, no state comes from git: what decides whose objects are ours is not part of a change."""

import os
import shutil
import subprocess

import pytest
from journeys.test_state_permission import OPENING, OPERANDS

from reconciler.server import Database, create_app, running


@pytest.fixture
def git(project):
    """Git, in a checkout that has the project."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}

    def git(*words, folder=None):
        command = [
            "git",
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b.example",
            "-c",
            "protocol.file.allow=always",
        ]
        subprocess.run(
            [*command, *words], cwd=folder or project.folder, env=own, check=True, capture_output=True
        )

    git("init", "-q")
    git("add", ".")
    return git


def in_ci(project, *words):
    return project.run(*words, CI="1", ASSISTANTS_SYNC_SERVER="embedded")


def forced(git, *paths):
    git("add", "--force", *paths)


@pytest.mark.parametrize(
    "path", ["state/state.json", "state/journal.jsonl", "state/environments/prod/state.json"]
)
@pytest.mark.parametrize("words", OPENING)
def test_a_state_of_which_git_has_a_file_is_refused_in_ci(project, git, words, path):
    project.write(".gitignore", "state/\n")
    project.write(path, "{}")
    forced(git, path)

    ended = in_ci(project, *words.split(), *OPERANDS.get(words, []))

    assert (ended.code, f"git has {path}" in ended.err) == (5, True), ended.err
    assert "--state" in ended.err


def test_the_operator_may_name_a_state_that_git_has(project, git):
    assert project.run("apply", "--auto-approve").code == 0
    forced(git, "state")

    named = in_ci(project, "plan", "--state", "state")
    variable = project.run("plan", CI="1", ASSISTANTS_SYNC_SERVER="embedded", ASSISTANTS_SYNC_STATE="state")

    assert (named.code, variable.code, "No changes." in variable.out) == (0, 0, True), named.err
    assert project.run("plan").code == 0


def test_a_directory_that_git_only_keeps_out_of_itself_is_used(project, git):
    project.write("state/.gitignore", "*\n!.gitignore\n!README.md\n")
    project.write("state/README.md", "What the program remembers.\n")
    git("add", ".")

    assert in_ci(project, "apply", "--auto-approve").code == 0
    assert in_ci(project, "plan").code == 0


def reached_by_a_link(project, git):
    project.write("other/state.json", "{}")
    (project.folder / "state").symlink_to("other")
    forced(git, "other")


def a_link_in_git(project, git):
    """Nothing that git has is beneath it, but a pull request chose where it leads."""
    project.write(".gitignore", "cache/\n")
    project.write("cache/state.json", "{}")
    (project.folder / "state").symlink_to("cache")
    forced(git, "state")


def above_it_a_link_in_git(project, git):
    project.write(".gitignore", "cache/\n")
    project.write("cache/deep/state.json", "{}")
    (project.folder / "kept").symlink_to("cache")
    project.configure((project.folder / "assistants.yaml").read_text() + "state: kept/deep\n")
    forced(git, "kept", "assistants.yaml")


def climbing(project, git):
    project.write("data/state.json", "{}")
    project.configure((project.folder / "assistants.yaml").read_text() + "state: x/../data\n")
    forced(git, "data", "assistants.yaml")


def in_a_submodule(project, git):
    inner = project.folder.parent / "inner"
    inner.mkdir()
    git("init", "-q", folder=inner)
    (inner / "state.json").write_text("{}")
    git("add", ".", folder=inner)
    git("commit", "-q", "-m", "one", folder=inner)
    git("submodule", "--quiet", "add", str(inner), "state")


def in_another_worktree(project, git):
    project.write("data/state.json", "{}")
    forced(git, "data")
    git("commit", "-q", "-m", "one")
    git("worktree", "add", "-q", str(project.folder / "tree"))
    project.configure((project.folder / "assistants.yaml").read_text() + "state: tree/data\n")
    forced(git, "assistants.yaml")


def a_link_as_the_state_file(project, git):
    project.write("notes.json", "{}")
    (project.folder / "state").mkdir()
    (project.folder / "state/state.json").symlink_to("../notes.json")
    forced(git, "state", "notes.json")


def a_damaged_index(project, git):
    project.write("state/state.json", "{}")
    forced(git, "state")
    (project.folder / ".git/index").write_bytes(b"DIRC")


@pytest.mark.parametrize(
    "way",
    [
        reached_by_a_link,
        a_link_in_git,
        above_it_a_link_in_git,
        climbing,
        in_a_submodule,
        in_another_worktree,
        a_link_as_the_state_file,
        a_damaged_index,
    ],
)
def test_no_way_to_a_directory_hides_that_git_has_it(project, git, way):
    way(project, git)

    ended = in_ci(project, "state", "list", "--allow-untracked")

    assert (ended.code, "so a pull request can change it" in ended.err) == (5, True), ended.err


def test_a_state_that_a_pull_request_brings_deletes_nothing(project, git):
    """Not one request is sent, whatever the state names as ours."""
    with Database.memory() as content:
        app = create_app(content)
        with running(app) as url:
            assert project.run("apply", "--auto-approve", "--server", url).code == 0
            forced(git, "state", "assistants.yaml")
            sent = len(app.state.ledger)
            ended = project.run("apply", "--auto-approve", "--server", url, CI="1")

            assert ended.code == 5
            assert len(app.state.ledger) == sent


def test_a_state_that_git_does_not_have_is_used_in_ci(project, git):
    assert in_ci(project, "apply", "--auto-approve").code == 0
    assert "No changes." in in_ci(project, "plan").out


def in_an_archive(_project, _monkeypatch):
    """There is no .git at all."""


def in_an_archive_without_git(project, monkeypatch):
    monkeypatch.setenv("PATH", str(project.folder))


def in_an_archive_within_another_checkout(project, _monkeypatch):
    initialise(project.folder.parent)


def in_a_checkout_without_git(project, monkeypatch):
    initialise(project.folder)
    monkeypatch.setenv("PATH", str(project.folder))


def initialise(folder):
    subprocess.run([shutil.which("git"), "init", "-q"], cwd=folder, check=True)


@pytest.mark.parametrize(
    "place",
    [
        in_an_archive,
        in_an_archive_without_git,
        in_an_archive_within_another_checkout,
        in_a_checkout_without_git,
    ],
)
def test_without_evidence_of_git_a_state_that_is_there_is_refused_in_ci(project, place, monkeypatch):
    place(project, monkeypatch)
    assert in_ci(project, "apply", "--auto-approve", "--allow-untracked").code == 0

    refused = in_ci(project, "plan", "--allow-untracked")

    assert (refused.code, "cannot use the state in state: " in refused.err) == (5, True), refused.err
    command = refused.err.partition("run: assistants-sync ")[2].split()
    assert command == ["plan", "--allow-untracked", "--state", "state"]
    assert "No changes." in in_ci(project, *command).out
    assert "No changes." in project.run("plan").out


def test_a_link_in_an_archive_is_refused_though_nothing_is_behind_it(project):
    (project.folder / "empty").mkdir()
    (project.folder / "state").symlink_to("empty")

    assert in_ci(project, "apply", "--auto-approve", "--allow-untracked").code == 5


def test_a_directory_in_an_archive_that_holds_no_state_is_used(project):
    project.write("state/.gitignore", "*\n")

    assert in_ci(project, "apply", "--auto-approve", "--allow-untracked").code == 0


@pytest.mark.parametrize(
    ("path", "words", "folder"),
    [
        ("state/embedded.sqlite3", [], "state"),
        ("state/state.json", [], "state"),
        ("data/a.sqlite3", ["--database", "data/a.sqlite3"], "data"),
        ("data/a.sqlite3-wal", ["--database", "x/../data/a.sqlite3"], "x/../data"),
    ],
)
def test_serve_opens_no_database_in_ci_that_a_pull_request_can_change(project, git, path, words, folder):
    project.write(path, "")
    forced(git, path)

    refused = in_ci(project, "serve", "--port", "0", *words)

    assert (refused.code, f"git has {path}, so a pull request can change it" in refused.err) == (5, True)
    command = ["assistants-sync", "serve", "--port", "0", *words, "--state", folder]
    assert f"run: {' '.join(command)}" in refused.err


def test_serve_opens_no_database_of_an_archive_in_ci(project):
    project.write("state/embedded.sqlite3", "")

    ended = in_ci(project, "serve", "--port", "0")

    assert (ended.code, "there is no .git here or above" in ended.err) == (5, True), ended.err


@pytest.mark.parametrize(
    "words", [["--state", "data"], ["--state", "data", "--database", "data/embedded.sqlite3"]]
)
def test_serve_opens_what_the_operator_names(project, git, words):
    """The database is opened: this one is none."""
    project.write("data/embedded.sqlite3", "no database")
    forced(git, "data")

    ended = in_ci(project, "serve", "--port", "0", *words)

    assert "so a pull request can change it" not in ended.err
    assert ended.code == 1, ended.err
