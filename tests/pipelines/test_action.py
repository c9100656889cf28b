"""The composite action, its steps run one after the other as a runner runs them."""

import json
import os
import re
import subprocess
from pathlib import Path

import httpx
import pytest
from pipelines.composite import Composite, runner

from reconciler.server import Database, Fault, Faults, create_app, running

ROOT = Path(__file__).parents[2]
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def test_a_plan_is_made_reported_and_told(use, forge, checkout):
    run = use("plan")

    assert not run.failed, run.log
    result = run.result
    assert (result["changes"], result["exit_code"]) == ("true", "2")
    assert (result["to_add"], result["to_change"], result["to_destroy"]) == ("2", "0", "0")
    assert DIGEST.fullmatch(result["digest"])
    assert json.loads(Path(result["plan_path"]).read_text())["digest"] == result["digest"]
    assert Path(result["report_path"]).read_text().startswith("<")
    assert [one["login"] for one in forge.comments] == ["github-actions[bot]"]
    assert "[The whole plan](https://github.example/acme/support/actions/runs/12)" in forge.bodies[0]
    assert "2 to add" in (checkout.folder.parent / "summary.md").read_text()
    assert "Plan: 2 to add" in run.log


def test_what_holds_texts_is_for_the_owner_alone(use):
    result = use("plan").result

    for name in ("plan_path", "report_path"):
        assert Path(result[name]).parent.stat().st_mode & 0o077 == 0
    assert Path(result["plan_path"]).stat().st_mode & 0o077 == 0


def test_what_was_approved_is_applied_and_nothing_else(use, checkout):
    digest = use("plan").result["digest"]
    checkout.write("handbook.md", "# Another\n")
    added(checkout)

    stale = use("apply", expect_digest=digest)
    applied = use("apply", expect_digest=use("plan").result["digest"])
    quiet = use("plan")

    assert (stale.failed, stale.result["exit_code"]) == (True, "4")
    assert (applied.failed, applied.result["exit_code"]) == (False, "0")
    assert (quiet.failed, quiet.result["changes"], quiet.result["to_add"]) == (False, "false", "0")


def test_a_plan_that_apply_refuses_is_an_output_and_an_input_allows_it_once(use, checkout):
    many = "".join(f"  a{number}: {{model: m}}\n" for number in range(5))
    checkout.configure(f"project: acme\nassistants:\n{many}")
    changed = ["git", "add", "-u"]  # a state in git's index would be refused for itself
    subprocess.run(changed, cwd=checkout.folder, check=True)
    use("apply")
    checkout.configure("project: acme\nassistants:\n  a0: {model: m}\n")
    subprocess.run(changed, cwd=checkout.folder, check=True)

    shown, refused = use("plan"), use("apply")
    allowed, applied = use("plan", max_destroy="4"), use("apply", max_destroy="4")

    assert (shown.result["refused"], refused.result["exit_code"]) == ("true", "5")
    assert (allowed.result["refused"], applied.result["exit_code"]) == ("false", "0")


def test_what_became_of_every_change_stands_in_the_summary_however_it_ended(use, checkout):
    refusing = Faults([Fault("status", "POST /assistants", status=400, times=1)])
    with Database.memory() as database, running(create_app(database, faults=refusing)) as url:
        partly = use("apply", server=url)
        summary = (checkout.folder.parent / "summary.md").read_text()
        wholly = use("apply", server=url)

    assert (partly.failed, partly.result["exit_code"]) == (True, "3")
    assert "### Apply incomplete. Resources: 1 added, 0 changed, 0 destroyed.\n" in summary
    assert "| `+` | `file.handbook.md` | was uploaded `file-" in summary
    assert "- **Error**: `assistant.support` `" in summary
    assert not wholly.failed
    assert "### Apply complete! Resources: 1 added" in (checkout.folder.parent / "summary.md").read_text()


def added(checkout):
    subprocess.run(["git", "add", "."], cwd=checkout.folder, check=True)  # noqa: S607 - any git


def test_no_comment_is_written_where_none_is_wanted(use, forge):
    run = use("plan", comment="false", report="false")

    assert not run.failed, run.log
    assert (forge.comments, run.result["report_path"], run.result["to_add"]) == ([], "", "2")


def test_only_changes_are_told_where_that_is_wanted(use, forge):
    use("apply")

    assert use("plan", comment="changes-only").result["changes"] == "false"
    assert forge.comments == []


def test_a_comment_that_may_not_be_written_fails_after_everything_else_is_there(use, checkout):
    run = use("plan", token="read-only")

    assert run.codes["tell"] == 1
    assert "pull-requests: write" in run.log
    assert run.result["to_add"] == "2"
    assert run.result["report_path"]
    assert "2 to add" in (checkout.folder.parent / "summary.md").read_text()


def test_a_mistake_in_the_configuration_fails_with_an_annotation(use, checkout, forge):
    checkout.configure("project: acme\nassistants:\n  a: {modl: m}\n")

    validated, planned = use("validate"), use("plan")

    assert (validated.failed, validated.result["exit_code"]) == (True, "1")
    assert "::error file=assistants.yaml,line=3" in validated.log
    assert (planned.failed, planned.result["plan_path"], forge.comments) == (True, "", [])


def test_a_valid_configuration_passes(use):
    run = use("validate", server="")

    assert (run.failed, run.result["exit_code"], run.result["changes"]) == (False, "0", "")


def test_drift_has_an_issue_where_one_is_wanted(use, forge, checkout, tmp_path):
    database = tmp_path / "database"
    with Database.open(database) as opened, running(create_app(opened)) as url:
        use("apply", server=url)
        calm = use("drift", server=url, issue="true")
        moved(url)
        drifted = use("drift", server=url, issue="true")
        silent = use("drift", server=url)

    assert (calm.failed, calm.result["changes"], drifted.result["changes"]) == (False, "false", "true")
    assert (drifted.result["exit_code"], silent.failed) == ("2", False)
    (issue,) = forge.issues
    assert "assistant.support" in issue["body"]
    assert issue["open"]


def moved(url):
    beta = {"OpenAI-Beta": "assistants=v1"}
    (one,) = httpx.get(f"{url}/assistants", headers=beta).json()["data"]
    httpx.post(f"{url}/assistants/{one['id']}", headers=beta, json={"name": "Renamed by hand"})


def test_another_folder_other_files_and_more_arguments_may_be_named(use, checkout):
    checkout.write("team/one.yaml", "project: acme\nassistants:\n  a: {model: m}\n")
    checkout.write("team/two.yaml", "assistants:\n  b: {model: m}\n")
    added(checkout)

    both = use("plan", working_directory="team", configuration="one.yaml\ntwo.yaml")
    single = use(
        "plan", working_directory="team", configuration="one.yaml\ntwo.yaml", args="--target\nassistant.a"
    )

    assert (both.result["to_add"], single.result["to_add"]) == ("2", "1")


@pytest.mark.parametrize(
    "given",
    [
        {"environment": "$(touch hacked)"},
        {"configuration": "`touch hacked`"},
        {"args": '"; touch hacked; "'},
        {"working_directory": "$(touch hacked)"},
        {"server": "$(touch hacked)"},
        {"comment": "$(touch hacked)"},
        {"report_url": "$(touch hacked)"},
        {"expect_digest": "$(touch hacked)"},
        {"version": "1.0 $(touch hacked)"},
        {"version": "1.0; touch hacked"},
        {"version": "--index-url=https://x"},
    ],
)
def test_no_input_becomes_a_command(use, checkout, given):
    use("apply" if "expect_digest" in given else "plan", **given)

    assert not list(checkout.folder.parent.rglob("hacked"))


@pytest.mark.parametrize("command", ["", "destroy", "$(touch hacked)", "plan --server x"])
def test_any_other_command_is_refused(use, command):
    run = use(command)

    assert run.codes["run"] == 64
    assert "command takes" in run.log


def test_everything_is_installed_into_a_room_of_its_own(checkout, tools):
    tools.joinpath("assistants-sync").rename(tools / "program")
    installs = fake_python(tools)
    made = Composite(ROOT / "action.yml")
    environment = runner(checkout.folder, tools, ASSISTANTS_SYNC_STATE="s3://bucket/states")

    own = made.use(checkout.folder, environment, command="validate")
    again = made.use(checkout.folder, environment, command="validate", version="")

    assert not own.failed, own.log
    lock, itself = (line.split() for line in installs.read_text().splitlines()[:2])
    assert {"--require-hashes", "--no-deps", ":all:", "/the/action/locks/action.txt"} <= {*lock}
    assert {"--no-index", "--no-build-isolation", "--no-deps", "/the/action"} <= {*itself}
    assert own.outputs["install"]["room"] != again.outputs["install"]["room"]


@pytest.mark.parametrize("version", ["0.1.0", "latest", "0.1.0; x", "assistants-sync"])
def test_no_version_is_taken_from_an_index(use, version):
    assert use("validate", version=version).codes == {"install": 64}


def fake_python(tools):
    """A python3 that makes environments without a network, and notes what they shall hold."""
    installs = tools / "installs"
    inner = f'#!/bin/sh\necho "$@" >> "{installs}"\ncp "{tools}/program" "$(dirname "$0")/assistants-sync"\n'
    outer = '#!/bin/sh\n[ "$2" = -c ] && exit 0\n[ "$1 $2 $3" = "-I -m venv" ] || exit 9\nmkdir -p "$4/bin"\n'
    (tools / "inner").write_text(inner)
    (tools / "inner").chmod(0o755)
    (tools / "python3").write_text(outer + f'cp "{tools}/inner" "$4/bin/python"\n')
    (tools / "python3").chmod(0o755)
    return installs


def test_nothing_of_the_checkout_is_imported_while_installing(checkout, tools):
    for name in ("venv", "pip", "ensurepip", "subprocess", "sys"):
        checkout.write(f"{name}.py", "open('imported', 'w')\nraise SystemExit(3)\n")
    install = next(
        one for one in Composite(ROOT / "action.yml").action["runs"]["steps"] if one.get("id") == "install"
    )

    script = re.sub("pip install .*", "pip --version", install["run"])  # everything but what needs a network
    subprocess.run(
        ["bash", "-c", script],  # noqa: S607 - any bash
        cwd=checkout.folder,
        env={**runner(checkout.folder, tools), "VERSION": "", "GITHUB_OUTPUT": os.devnull},
        check=False,
        capture_output=True,
        timeout=100,
    )

    assert not (checkout.folder / "imported").exists()
