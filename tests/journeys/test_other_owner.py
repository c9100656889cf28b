"""The state of another server or project: one cause, before anything is compared; a new name makes copies."""

import re

import pytest

from reconciler.server import Database, create_app, running

NAMES = 12
SCENE = "project: acme\nassistants:\n" + "".join(f"  a{number}: {{model: m}}\n" for number in range(NAMES))
COMMANDS = [("plan",), ("drift",), ("drift", "--detailed-exitcode"), ("apply", "--auto-approve")]
COMMANDS += [("destroy", "--auto-approve"), ("plan", "--format", "json"), ("plan", "--out", "p.json")]


@pytest.fixture
def here(workspace, monkeypatch, invoke):
    """A project that is applied to the embedded server; the program, run in this process."""
    monkeypatch.chdir(workspace.folder)
    workspace.configure(SCENE + "environments:\n  prod: {}\n")
    assert invoke("apply", "--auto-approve").code == 0
    return invoke


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_state_of_another_server_is_the_one_thing_that_is_reported(here, command):
    with Database.memory() as database, running(create_app(database)) as url:
        ended = here(*command, "--server", url)

    assert (ended.code, ended.out) == (5, "")
    assert ended.err == (
        f"Error: this state belongs to the embedded server, and the target is {url}: check --server, or name "
        "another state folder with --state. Nothing was changed\n"
    )


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_project_that_was_renamed_is_asked_which_it_is(here, workspace, command):
    workspace.configure(SCENE.replace("acme", "acme2"))

    ended = here(*command)

    assert (ended.code, ended.out) == (5, "")
    assert ended.err == (
        "Error: this state belongs to the project 'acme', and the configuration is of 'acme2': to keep the "
        "name, write `project: acme`; to rename the project, run `plan` with another --state, and it prints "
        "the `import:` entries that keep every id; for another project, name another state folder with "
        "--state. Nothing was changed\n"
    )


@pytest.fixture
def server():
    """A server that two states know."""
    with Database.memory() as database, running(create_app(database)) as url:
        yield url


@pytest.fixture
def elsewhere(workspace, monkeypatch, invoke, server):
    """The same on a socket."""
    monkeypatch.chdir(workspace.folder)
    workspace.configure(SCENE + "environments:\n  prod: {}\n")
    assert invoke("apply", "--auto-approve", "--server", server).code == 0
    return lambda *arguments: invoke(*arguments, "--server", server)


def test_with_another_state_the_copies_of_a_renamed_project_are_announced(elsewhere, workspace):
    workspace.configure(SCENE.replace("acme", "acme2"))

    ended = elsewhere("plan", "--state", "other")

    assert (
        f"  ! {NAMES} assistants that would be created exist on this server with the ownership mark of "
        "project acme. If that is this project, keep `project: acme`: under another name copies are "
        "created. To take them over with their ids, write under `import:`:\n"
    ) in ended.out
    assert re.findall("- {id: asst_.*, to: assistant.a(.*), from: acme/-}\n", ended.out) == [
        str(number) for number in range(NAMES)
    ]
    assert f"Plan: {NAMES} to add" in ended.out


def test_the_copies_of_a_new_environment_are_announced(elsewhere):
    ended = elsewhere("plan", "--env", "prod")

    assert (
        "with the ownership mark of acme without an environment. To keep these, run without --env"
        in ended.out
    )


def test_another_project_of_which_one_name_is_the_same_is_no_word(elsewhere, workspace):
    workspace.configure("project: other\nassistants:\n  a1: {model: m}\n  b: {model: m}\n")

    assert "ownership mark of project" not in elsewhere("plan", "--state", "other").out


def test_an_unattended_apply_makes_no_copies(elsewhere, workspace):
    workspace.configure(SCENE.replace("acme", "acme2"))

    ended = elsewhere("apply", "--auto-approve", "--state", "other", "--on-drift", "overwrite")

    assert ended.code == 5
    assert "this would create again what another owner has already: assistant.a0 of acme/-" in ended.err
    assert f"Plan: {NAMES} to add" in elsewhere("plan", "--state", "other").out


def test_once_the_copies_are_there_they_are_not_announced_again(elsewhere, workspace):
    workspace.configure(SCENE.replace("acme", "acme2"))
    elsewhere("plan", "--state", "other", "--out", "plan.json")
    assert elsewhere("apply", "plan.json", "--state", "other").code == 0

    assert "ownership mark of project" not in elsewhere("plan", "--state", "other").out
