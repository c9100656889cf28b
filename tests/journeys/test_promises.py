"""What plan promises: it only reads, it costs few requests, and it leaves no trace."""

import os
import subprocess

import pytest

from reconciler.server import Database, create_app, running

NOT_FOR_A_PLAN = {
    "reconciler.engine.applier",
    "reconciler.render.report_view",
    "reconciler.server",
    "jinja2",
    "rich",
    "sqlite3",
    "starlette",
    "uvicorn",
}
"""Modules that a plan without changes, of a server on a socket, does not import."""


@pytest.fixture
def served():
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            yield app, url


def test_plan_leaves_every_byte_as_it_was(project):
    project.run("apply", "--auto-approve")
    before = project.snapshot()

    assert project.run("plan").code == 0
    assert project.run("plan", "--target", "assistant.support").code == 0
    assert project.snapshot() == before


def test_plan_creates_nothing_where_nothing_exists(project):
    before = project.snapshot()

    project.run("plan")

    assert project.snapshot() == before
    assert not (project.folder / "state").exists()


def test_plan_adds_no_write_to_the_servers_ledger(project, served):
    app, url = served
    project.run("apply", "--auto-approve", "--server", url)
    project.write("handbook.md", "rewritten")
    app.state.ledger.clear()

    ended = project.run("plan", "--server", url)

    assert ended.out.endswith("Plan: 0 to add, 1 to change, 0 to destroy.\n")
    assert app.state.ledger
    assert not [one for one in app.state.ledger if one.writes]


@pytest.mark.parametrize(
    ("number", "files", "lists"),
    [
        pytest.param(101, "", 2, id="101 without files"),
        pytest.param(101, "files: [handbook.md], ", 2, id="101"),
        pytest.param(301, "files: [handbook.md], ", 4, id="301"),
        pytest.param(1000, "files: [handbook.md], ", 10, id="1000", marks=pytest.mark.sweep),
    ],
)
def test_a_plan_without_changes_is_a_list_a_hundred_assistants_and_one_of_files(
    workspace, served, number, files, lists
):
    app, url = served
    workspace.write("handbook.md", "# Handbook\n")
    names = "".join(f"  a{one}: {{{files}name: Number {one}}}\n" for one in range(number))
    workspace.configure(f"project: acme\ndefaults: {{model: gpt-5.6}}\nassistants:\n{names}")
    assert workspace.run("apply", "--auto-approve", "--server", url).code == 0
    app.state.ledger.clear()

    ended = workspace.run_anew("plan", "--server", url, PYTHONPROFILEIMPORTTIME="1")

    assert ended.out.endswith("No changes. Your assistants match the configuration.\n")
    asked = sorted(f"{one.method} {one.path}" for one in app.state.ledger)
    assert asked == ["GET /v1/assistants"] * lists + ["GET /v1/files"] * bool(files)
    assert "pydantic" in ended.err
    assert not NOT_FOR_A_PLAN & {line.rpartition("|")[2].strip() for line in ended.err.splitlines()}
    assert "deepdiff" not in ended.err


def test_help_imports_nothing_heavy(workspace, monkeypatch):
    for name in {*os.environ} - {"PATH", "TMPDIR", "LANG"}:  # a machine may have secrets in others
        if not name.startswith("COVERAGE_"):
            monkeypatch.delenv(name)
    ended = workspace.run_anew("--help", PYTHONPROFILEIMPORTTIME="1")
    modules = {line.rpartition("|")[2].strip() for line in ended.err.splitlines()}
    imported = {module.partition(".")[0] for module in modules}

    assert "click" in imported
    assert "reconciler.model.redactor" not in modules
    assert not imported & {"httpx", "pydantic", "yaml", "deepdiff", "rich", "starlette", "uvicorn", "asyncio"}


def test_a_closed_pipe_ends_quietly_with_the_same_exit_code(project):
    script = f"{' '.join(project.forked_command('plan'))} | head -n 1; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["/bin/bash", "-c", script], cwd=project.folder, capture_output=True, check=False)

    assert ended.returncode == 0
    assert ended.stderr == b""
    assert ended.stdout.startswith(b"Target: the embedded server")
