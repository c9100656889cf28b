"""No secret of a run is in anything that it prints or keeps, whatever a server repeats and whatever fails."""

import json
from pathlib import Path

import pytest
from journeys.canaries import (
    ALL,
    ENVIRONMENT,
    KEY_IN_FILE,
    PGPASS,
    PLACES,
    SERVERS,
    SERVICE,
    STATES,
    TOKEN_FILE,
    WEB_IDENTITY,
    found_in,
    repeating,
)

CONFIGURATION = """\
project: acme
assistants:
  support: {name: Support, model: gpt-5.6, description: null, instructions: Be kind., metadata: {team: a}}
"""


@pytest.fixture
def secretive(workspace):
    """A project in an environment that is full of secrets."""
    workspace.configure(CONFIGURATION)
    home = workspace.folder.parent
    for name, text in {
        "key": KEY_IN_FILE,
        "token": TOKEN_FILE,
        "pgpass": PGPASS,
        "service": SERVICE,
        "identity": WEB_IDENTITY,
    }.items():
        (home / name).write_text(text)
    return workspace


def run(workspace, *arguments, **more):
    """Run the program with every secret, and check that none of them comes out."""
    home = workspace.folder.parent
    files = {
        "ASSISTANTS_SYNC_API_KEY_FILE": str(home / "key"),
        "ASSISTANTS_SYNC_TOKEN_FILE": str(home / "token"),
        "PGPASSFILE": str(home / "pgpass"),
        "PGSERVICEFILE": str(home / "service"),
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(home / "identity"),
    }
    ended = workspace.run(*arguments, **{**ENVIRONMENT, **files, "NO_PROXY": "127.0.0.1", **more})
    written = {name: text.decode(errors="replace") for name, text in workspace.snapshot().items()}
    for name, text in {"stdout": ended.out, "stderr": ended.err, **written}.items():
        assert found_in(text) == [], (name, arguments, text[:3000])
    return ended


def test_there_are_fifty_secrets():
    assert len(set(ALL)) >= 50


COMMANDS = [
    ("plan", "-v"),
    ("plan", "--format", "json"),
    ("plan", "--format", "markdown"),
    ("plan", "--format", "html"),
    ("plan", "--full", "--color", "always"),
    ("plan", "--out", "p.json"),
    ("drift", "-v"),
    ("query", "-v"),
    ("query", "--format", "json"),
    ("apply", "-v", "--auto-approve", "--report", "r.json"),
    ("apply", "--auto-approve", "--format", "json"),
    ("destroy", "-v", "--auto-approve"),
]


@pytest.mark.parametrize(
    ("place", "command"), [(place, COMMANDS[index % len(COMMANDS)]) for index, place in enumerate(PLACES * 2)]
)
def test_no_secret_that_a_server_repeats_is_printed_or_kept(secretive, place, command):
    repeated(secretive, place, command)


@pytest.mark.sweep
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("place", PLACES)
def test_no_secret_that_a_server_repeats_anywhere_is_printed_or_kept(secretive, place, command):
    repeated(secretive, place, command)


def repeated(secretive, place, command):
    """Run a command against a server that repeats every secret in one place."""
    with repeating(place) as url:
        ended = run(secretive, *command, "--server", url, "--settle", "0")

    assert ended.code in {0, 1, 3, 5}, ended.err
    if command[1:] == ("--format", "json") and ended.out:
        json.loads(ended.out)
    if command[1] == "--out" and place in {"fields", "metadata", "ids", "account"}:
        assert ended.code == 5
        assert not (secretive.folder / "p.json").exists()


OPTIONS = ["--server", "--state", "--header", "--settle", "--target", "--env", ""]


@pytest.mark.parametrize(
    ("option", "text"),
    [*zip(OPTIONS, (*SERVERS, *STATES), strict=False), *zip(["--server"] * 4, SERVERS, strict=True)],
)
def test_no_secret_in_a_wrong_argument_is_repeated(secretive, option, text):
    refused(secretive, option, text)


@pytest.mark.sweep
@pytest.mark.parametrize("text", [*SERVERS, *STATES])
@pytest.mark.parametrize("option", OPTIONS)
def test_no_secret_in_any_wrong_argument_is_repeated(secretive, option, text):
    refused(secretive, option, text)


def refused(secretive, option, text):
    """Run plan with an argument that cannot be."""
    ended = run(
        secretive,
        "plan",
        *filter(None, [option]),
        text,
        *(["--server", "http://127.0.0.1:9/v1"] * (option != "--server")),
    )

    assert ended.code != 0
    assert ended.err
    assert ended.code != 70


@pytest.mark.parametrize("at", [5, 150, 900, 2500])
def test_no_secret_is_in_the_report_of_a_bug(secretive, at):
    raised(secretive, at, "account")


@pytest.mark.sweep
@pytest.mark.parametrize("at", range(10, 5000, 50))
@pytest.mark.parametrize("place", ["account", "fields"])
def test_no_secret_is_in_the_report_of_any_bug(secretive, place, at):
    raised(secretive, at, place)


def raised(workspace, at, place):
    """Let the n-th call of the program's own functions fail."""
    with repeating(place) as url:
        command = ("apply", "-v", "--auto-approve", "--server", url, "--settle", "0")
        ended = run(workspace, *command, FORKED_PREPARED_BY="journeys.raising", RAISE_AT=str(at))
    assert ended.code != 0


def test_a_comment_and_the_files_of_a_job_have_no_secret(secretive):
    with repeating("account") as url:
        run(secretive, "plan", "--server", url, "--settle", "0")
    secretive.write("drift.txt", "nothing")
    summary = secretive.folder / "summary.md"
    ended = run(
        secretive,
        "ci",
        "comment",
        "p.json",
        GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(summary),
    )
    assert ended.code == 1
    assert not Path(summary).exists()
