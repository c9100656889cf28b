"""What an earlier version wrote is read: state, journal, embedded database, saved plan and report."""

import json
import shutil
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture(params=sorted(one.name for one in SAMPLES.iterdir() if one.is_dir()))
def sample(request, workspace, monkeypatch):
    """Open a project of an earlier version in a folder of its own."""

    def opened(name):
        shutil.copytree(SAMPLES / request.param / name, workspace.folder, dirs_exist_ok=True)
        monkeypatch.chdir(workspace.folder)
        return workspace.folder

    return opened


def ids(invoke):
    return dict(line.split() for line in invoke("output").out.splitlines())


def test_a_saved_plan_is_shown_and_applied_to_the_same_objects(sample, invoke):
    sample("applied")
    before = ids(invoke)
    assert "Plan: 0 to add, 2 to change, 0 to destroy." in invoke("show", "plan.json").out

    ended = invoke("apply", "plan.json")

    assert (ended.code, ended.err.count("Error")) == (0, 0)
    assert "Apply complete! Resources: 0 added, 2 changed, 0 destroyed." in ended.out
    assert ids(invoke) == before
    assert invoke("plan", "--detailed-exitcode").code == 0


def test_a_report_is_shown(sample, invoke):
    sample("applied")

    assert "Resources: 4 added, 0 changed, 0 destroyed." in invoke("show", "report.json").out


def test_a_state_has_no_drift_and_differs_only_by_what_was_edited(sample, invoke):
    sample("applied")

    assert invoke("drift", "--detailed-exitcode").code == 0
    document = json.loads(invoke("plan", "--format", "json").out)
    changed = {one["address"] for one in document["changes"] if one["action"] != "noop"}
    assert changed == {"assistant.support", "assistant.returns", "file.policy.md"}


def test_a_run_that_was_killed_is_finished_without_a_duplicate(sample, invoke):
    folder = sample("killed")

    assert invoke("apply", "--auto-approve").code == 0
    assert invoke("plan", "--detailed-exitcode").code == 0
    state = json.loads((folder / "state" / "state.json").read_text())["state"]
    assert sorted(state["bindings"]) == [
        "assistant.returns",
        "assistant.support",
        "file.handbook.md",
        "file.policy.md",
    ]
