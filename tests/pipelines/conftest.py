import json
import subprocess
import sys
from pathlib import Path

import forked
import pytest
from conftest import parent
from forges.stand_in import Forge, Person, running
from pipelines.composite import Composite, runner

ROOT = Path(__file__).parents[2]


@pytest.fixture
def forge():
    """GitHub, where the job's token is that of the workflow."""
    people = {
        "job-token": Person("github-actions[bot]", 41898282, is_workflow=True),
        "read-only": Person("github-actions[bot]", 41898282, frozenset({"read"}), is_workflow=True),
    }
    environments = {"production": ["ada"], "prod": ["ada"], "dev": []}
    with running(Forge(people=people, environments=environments), "github") as one:
        yield one


@pytest.fixture
def tools(tmp_path):
    """A folder whose assistants-sync is the program under test."""
    folder = tmp_path / "tools"
    folder.mkdir()
    script = folder / "assistants-sync"
    script.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -I -S "{forked.__file__}" "{parent().path}" "$@"\n'
    )
    script.chmod(0o755)
    return folder


@pytest.fixture
def checkout(project):
    """The project as a checkout of a pull request, all of it known to git."""
    run = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "init.defaultBranch=main"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*run, *words], cwd=project.folder, check=True)
    sides = {side: {"repo": {"full_name": "acme/support"}} for side in ("head", "base")}
    event = {"pull_request": {"number": 7, **sides}}
    (project.folder.parent / "event.json").write_text(json.dumps(event))
    return project


@pytest.fixture
def use(checkout, tools, forge):
    """Use the action in a job about pull request 7."""

    def use(command, token="job-token", **given):  # noqa: S107 - a fake one
        made = Composite(ROOT / "action.yml", token)
        environment = runner(checkout.folder, tools, GITHUB_API_URL=forge.url)
        asked = {"command": command, "version": "installed", "server": "embedded", **given}
        return made.use(checkout.folder, environment, **asked)

    return use
