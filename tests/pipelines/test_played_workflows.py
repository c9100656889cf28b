"""The workflows that are shipped, played as they are: a job waits, is approved, and applies its plan."""

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml12
from conftest import PROJECT
from pipelines.composite import runner
from pipelines.workflow import Occasion, Player

from reconciler.server import Database, create_app, running

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / "examples/github"
STANDARD, BY_HAND, ENVIRONMENTS = (
    GITHUB / name / ".github/workflows" for name in ("", "by-hand", "environments")
)
EMBEDDED = {f"{name}ASSISTANTS_SYNC_SERVER": "embedded" for name in ("", "DEV_", "PROD_")}
PUSH = Occasion(vars=EMBEDDED)
PULL = replace(PUSH, kind="pull_request")
STARTED = replace(PUSH, kind="workflow_dispatch")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
TWO = PROJECT + "environments: {dev: {}, prod: {patches: {assistant.support: {model: gpt-6}}}}\n"


@pytest.fixture
def player(checkout, tools, forge):
    return Player(checkout, tools, forge)


@pytest.fixture
def two(checkout, git):
    """The project with two environments."""
    checkout.configure(TWO)
    git("add", ".")


@pytest.fixture
def git(checkout):
    def git(*words):
        subprocess.run(["git", *words], cwd=checkout.folder, check=True)  # noqa: S607 - any git

    return git


def results(jobs):
    return {name: job.result for name, job in jobs.items()}


def is_applied(checkout, *more):
    return checkout.run("plan", "--detailed-exitcode", "--server", "embedded", *more).code == 0


def test_what_was_merged_is_applied_after_the_approval(player, checkout):
    jobs = player.play(STANDARD / "assistants-apply.yml", PUSH)

    assert results(jobs) == {"plan": "success", "apply": "success"}, jobs["apply"].log
    assert player.waited == ["production"]
    assert is_applied(checkout)


def test_without_an_approval_nothing_is_applied(player, checkout):
    jobs = player.play(STANDARD / "assistants-apply.yml", replace(PUSH, approves=False))

    assert results(jobs) == {"plan": "success", "apply": "failure"}
    assert not is_applied(checkout)


def test_an_environment_without_required_reviewers_applies_nothing_unless_the_operator_said_so(
    player, checkout, forge
):
    forge.environments["production"] = []
    allowed = {**EMBEDDED, "ASSISTANTS_SYNC_ALLOW_UNREVIEWED": "true"}

    stopped = player.play(STANDARD / "assistants-apply.yml", PUSH)
    before = is_applied(checkout)
    meant = player.play(STANDARD / "assistants-apply.yml", replace(PUSH, vars=allowed))

    assert (results(stopped)["apply"], before) == ("failure", False)
    assert "the environment 'production' of acme/support has no required reviewers" in stopped["apply"].log
    assert (results(meant)["apply"], is_applied(checkout)) == ("success", True), meant["apply"].log


def test_a_pull_request_gets_its_plan_and_that_of_a_fork_no_comment(player, forge, git):
    own = player.play(STANDARD / "assistants-plan.yml", PULL)
    git("-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-q", "--allow-empty", "-m", "two")
    foreign = player.play(STANDARD / "assistants-plan.yml", replace(PULL, head="other/support"))

    assert results(own) == {"plan": "success", "fork": "skipped"}
    assert results(foreign) == {"plan": "skipped", "fork": "success"}, foreign["fork"].log
    assert len(forge.comments) == 1


def test_the_nightly_look_runs(player):
    assert player.play(STANDARD / "assistants-apply.yml", PUSH)["apply"].result == "success"

    assert results(player.play(STANDARD / "assistants-drift.yml", STARTED)) == {"drift": "success"}


# Those that a page shows

BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = [one for one in BLOCK.findall((ROOT / "docs/state.md").read_text()) if "\njobs:" in one]
NOT_PLAYED = {"id-token: write": "asks a cloud for a role, and keeps the state in a bucket there"}


def test_every_other_script_in_a_block_of_a_page_is_known_and_needs_a_cloud():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    found = [one for page in pages for one in BLOCK.findall(page.read_text()) if one not in SHOWN]

    (script,) = [one for one in found if re.search(r"\b(script|run):", one)]
    assert "aws sts assume-role-with-web-identity" in script


def test_of_the_workflows_of_a_page_only_those_of_a_cloud_are_not_played():
    left = [one for one in SHOWN if any(reason in one for reason in NOT_PLAYED)]

    assert (len(SHOWN), len(left)) == (3, 1)


@pytest.mark.parametrize(
    "text", [one for one in SHOWN if not any(reason in one for reason in NOT_PLAYED)], ids=range(2)
)
def test_a_workflow_that_the_page_about_the_state_shows_applies_what_was_merged(
    player, checkout, tmp_path, text
):
    file = tmp_path / "shown.yml"
    file.write_text(text.replace("https://assistants.example.com/v1", "embedded"))
    settings = {"ASSISTANTS_SYNC_STATE": "state"} if "secrets.ASSISTANTS_SYNC_STATE" in text else {}

    jobs = player.play(file, replace(PUSH, secrets=settings))

    assert results(jobs) == {"apply": "success"}, jobs["apply"].log
    assert is_applied(checkout)


# By hand


def test_a_push_shows_the_digest_and_a_run_by_hand_applies_it(player, checkout):
    file = BY_HAND / "assistants-apply.yml"

    pushed = player.play(file, PUSH)
    (digest,) = set(DIGEST.findall((checkout.folder.parent / "summary.md").read_text()))
    before = is_applied(checkout)
    started = player.play(file, replace(STARTED, inputs={"digest": digest}))

    assert (results(pushed), before) == ({"plan": "success", "apply": "skipped"}, False)
    assert results(started) == {"plan": "skipped", "apply": "success"}, started["apply"].log
    assert is_applied(checkout)


@pytest.mark.parametrize(
    ("digest", "ref", "result"),
    [
        ("sha256:" + "0" * 64, "refs/heads/main", "failure"),
        ("yes", "refs/heads/main", "failure"),
        ("sha256:" + "0" * 64, "refs/heads/feature", "skipped"),
        ("", "refs/heads/main", "skipped"),
    ],
)
def test_a_run_by_hand_applies_nothing_else(player, checkout, digest, ref, result):
    jobs = player.play(BY_HAND / "assistants-apply.yml", replace(STARTED, ref=ref, inputs={"digest": digest}))

    assert results(jobs)["apply"] == result
    assert not is_applied(checkout)


# Several environments


@pytest.mark.usefixtures("two")
def test_a_pull_request_gets_a_comment_for_each_environment(player, forge, git):
    own = player.play(ENVIRONMENTS / "assistants-plan.yml", PULL)
    player.play(ENVIRONMENTS / "assistants-plan.yml", PULL)
    git("-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-q", "-m", "two")
    git("-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-q", "--allow-empty", "-m", "three")
    foreign = player.play(ENVIRONMENTS / "assistants-plan.yml", replace(PULL, head="other/support"))

    assert results(own) == {"dev": "success", "prod": "success", "fork": "skipped"}
    assert results(foreign) == {"dev": "skipped", "prod": "skipped", "fork": "success"}, foreign["fork"].log
    markers = {body.splitlines()[0] for body in forge.bodies}
    assert markers == {f"<!-- assistants-sync:acme/{name} -->" for name in ("dev", "prod")}
    assert len(forge.bodies) == 2


@pytest.mark.usefixtures("two")
def test_dev_is_applied_at_once_and_prod_after_an_approval_each_with_its_own_digest(player, tmp_path):
    file = ENVIRONMENTS / "assistants-apply.yml"
    with (
        Database.open(tmp_path / "dev") as dev,
        Database.open(tmp_path / "prod") as prod,
        running(create_app(dev)) as dev_url,
        running(create_app(prod)) as prod_url,
    ):
        settings = {"DEV_ASSISTANTS_SYNC_SERVER": dev_url, "PROD_ASSISTANTS_SYNC_SERVER": prod_url}
        rejected = player.play(file, replace(PUSH, vars=settings, approves=False))
        approved = player.play(file, replace(PUSH, vars=settings))
        quiet = player.play(file, replace(PUSH, vars=settings))

    everything = dict.fromkeys(("plan-dev", "apply-dev", "plan-prod"), "success")
    assert results(rejected) == {**everything, "apply-prod": "failure"}
    assert results(approved) == {**everything, "apply-dev": "skipped", "apply-prod": "success"}
    assert results(quiet) == {**everything, "apply-dev": "skipped", "apply-prod": "skipped"}
    assert player.waited == ["prod", "prod"]
    digests = {rejected[f"plan-{name}"].outputs["digest"] for name in ("dev", "prod")}
    assert len(digests) == 2


@pytest.mark.usefixtures("two")
def test_prod_is_not_planned_where_dev_failed(player):
    servers = {**EMBEDDED, "DEV_ASSISTANTS_SYNC_SERVER": "http://127.0.0.1:9/v1"}

    jobs = player.play(ENVIRONMENTS / "assistants-apply.yml", replace(PUSH, vars=servers))

    assert results(jobs) == {
        "plan-dev": "failure",
        **dict.fromkeys(("apply-dev", "plan-prod", "apply-prod"), "skipped"),
    }


# GitLab


def scripts(name):
    jobs = yaml12.parse_yaml((ROOT / "templates/assistants-sync.yml").read_text(), multi=True)[1]
    return "\n".join(jobs[name]["script"])


def test_the_jobs_of_the_component_hand_the_digest_over_by_a_dotenv_report(checkout, tools):
    own = runner(checkout.folder, tools, GITHUB_ACTIONS="", ASSISTANTS_SYNC_SERVER="embedded")

    def job(name, **more):
        command = ["bash", "-e", "-o", "pipefail", "-c", scripts(name)]
        ended = subprocess.run(
            command,
            cwd=checkout.folder,
            env={**own, **more},
            check=False,
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    job("assistants-validate")
    assert "Plan: 2 to add" in job("assistants-plan")
    lines = (checkout.folder / "plan.env").read_text().splitlines()
    assert "Apply complete!" in job("assistants-apply", **dict(line.split("=", 1) for line in lines))
    job("assistants-drift")


@pytest.mark.parametrize("kind", ["directory", "link", "missing"])
def test_the_component_closes_a_state_directory_that_was_cloned_open(tmp_path, kind):
    script = yaml12.parse_yaml((ROOT / "templates/assistants-sync.yml").read_text(), multi=True)[1]
    lines = script[".assistants-sync"]["before_script"]
    closing = "\n".join(lines[lines.index('state="${ASSISTANTS_SYNC_STATE:-state}"') :])
    inner = tmp_path / "real/environments"
    inner.mkdir(parents=True)
    (tmp_path / "real").chmod(0o777)
    inner.chmod(0o777)
    if kind == "link":
        (tmp_path / "state").symlink_to("real")
    if kind == "directory":
        (tmp_path / "real").rename(tmp_path / "state")
    real = tmp_path / ("state" if kind == "directory" else "real")

    subprocess.run(["bash", "-e", "-c", closing], cwd=tmp_path, env=os.environ, check=True)  # noqa: S607 - any bash

    wanted = 0o755 if kind == "directory" else 0o777
    assert {path.stat().st_mode & 0o777 for path in (real, real / "environments")} == {wanted}
