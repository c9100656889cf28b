"""A job of a CI tells people about a plan: whole processes, with the variables of a runner."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

MARK = "<!-- assistants-sync:acme/- -->"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass
class Job:
    """A job about pull request 7, whose token is that of the workflow unless a test says otherwise."""

    project: Any
    forge: Any
    kind: str
    environment: dict

    def run(self, *arguments, **more):
        return self.project.run(*arguments, **{**self.environment, **more})

    def plan(self):
        ended = self.project.run("plan", "--out", "plan.json", "--server", "embedded")
        assert ended.code == 0, ended.err

    def comment(self, *arguments, **more):
        return self.run("ci", "comment", "plan.json", *arguments, **more)

    def read(self, name):
        return (self.project.folder / name).read_text()


def event(number=7, head="acme/support"):
    sides = {"head": {"repo": {"full_name": head}}, "base": {"repo": {"full_name": "acme/support"}}}
    return json.dumps({"pull_request": {"number": number, **sides}})


@pytest.fixture(scope="session")
def first_plan():
    """What the first plan of the project wrote; equal arguments give equal plans."""
    return {}


@pytest.fixture
def job(project, forge, kind, first_plan):
    folder = project.folder
    project.write("event.json", event())
    variables = {
        "github": {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": forge.url,
            "GITHUB_REPOSITORY": "acme/support",
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "GITHUB_OUTPUT": str(folder / "output.txt"),
            "GITHUB_TOKEN": "workflow",
        },
        "gitlab": {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": forge.url,
            "CI_PROJECT_ID": "5",
            "CI_MERGE_REQUEST_PROJECT_ID": "5",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "5",
            "CI_MERGE_REQUEST_IID": "7",
            "ASSISTANTS_SYNC_GITLAB_TOKEN": "robot",
        },
    }
    made = Job(project, forge, kind, variables[kind])
    if not first_plan:
        made.plan()
        first_plan["text"] = made.read("plan.json")
    project.write("plan.json", first_plan["text"])
    return made


github = pytest.mark.parametrize("kind", ["github"], indirect=True)
gitlab = pytest.mark.parametrize("kind", ["gitlab"], indirect=True)


def test_the_comment_is_written_and_kept_up_to_date(job):
    first = job.comment()
    job.project.run("apply", "--auto-approve", "--server", "embedded")
    job.plan()
    second = job.comment()

    assert (first.code, first.err, second.code, second.err) == (0, "Written.\n", 0, "Updated.\n")
    assert len(job.forge.bodies) == 1
    assert job.forge.bodies[0].startswith(f"{MARK}\n")
    assert "No changes." in job.forge.bodies[0]


def test_a_plan_without_changes_makes_no_comment_where_none_is_wanted(job):
    job.project.run("apply", "--auto-approve", "--server", "embedded")
    job.plan()

    ended = job.comment("--only-changes")

    assert (ended.code, job.forge.bodies) == (0, [])
    assert "nothing to update" in ended.err


def test_the_comment_links_the_report(job):
    job.comment("--report-url", "https://ci.example/runs/7?x=1#artifacts")

    assert job.forge.bodies[0].endswith("[The whole plan](https://ci.example/runs/7?x=1#artifacts)\n")


@pytest.mark.parametrize(
    "url",
    [
        "http://ci.example",
        "javascript:alert(1)",
        "https://a b",
        "https://a/)x",
        "https://a/\n",
        "https://u:p@a/",
    ],
)
def test_what_is_no_link_is_refused_before_anything_is_written(job, url):
    assert job.comment("--report-url", url).code == 64
    assert job.forge.asked == {}


@github
def test_a_step_of_github_gets_a_summary_and_outputs(job):
    job.project.write("summary.md", "# before\n")
    job.comment()

    assert job.read("summary.md").startswith("# before\n")
    assert "2 to add" in job.read("summary.md")
    *rows, digest = job.read("output.txt").splitlines()
    assert rows == ["changes=true", "refused=false", "to_add=2", "to_change=0", "to_destroy=0"]
    assert DIGEST.fullmatch(digest.removeprefix("digest="))


LOST = "apply will refuse this plan: none of the 2 objects in the state is on the server"


def refused(job):
    """Let the plan be one that apply refuses: nothing of the state is on the server."""
    job.project.run("apply", "--auto-approve")
    (job.project.folder / "state/embedded.sqlite3").unlink()
    assert job.project.run("plan", "--out", "plan.json").code == 0


@github
def test_a_plan_that_will_be_refused_says_so_first_wherever_it_is_reported(job):
    refused(job)

    ended = job.comment()

    assert ended.out.splitlines()[0].startswith(f"::error title=The plan is refused::{LOST}")
    assert "refused=true" in job.read("output.txt").splitlines()
    for text in (job.forge.bodies[0], job.read("summary.md")):
        first = text.index("- **Refused**: `" + LOST)
        assert first < text.index("| --- |")
        assert "--allow-missing" in text


@gitlab
def test_a_job_of_gitlab_that_follows_knows_that_the_plan_is_refused(job):
    refused(job)
    job.comment("--outputs", "plan.env")

    assert "PLAN_REFUSED=true" in job.read("plan.env").splitlines()


@github
def test_a_full_summary_is_left_as_it_is(job):
    job.project.write("summary.md", "x" * 1024 * 1024)

    ended = job.comment()

    assert ended.code == 0
    assert "is full" in ended.err
    assert len(job.read("summary.md")) == 1024 * 1024


@gitlab
def test_a_job_of_gitlab_gets_the_files_that_its_reports_want(job):
    job.comment("--outputs", "plan.env", "--terraform-report", "widget.json")

    assert json.loads(job.read("widget.json")) == {"create": 2, "update": 0, "delete": 0}
    rows = dict(line.split("=") for line in job.read("plan.env").splitlines())
    assert {name: rows[name] for name in list(rows)[:-1]} == {
        "PLAN_CHANGES": "true",
        "PLAN_REFUSED": "false",
        "PLAN_TO_ADD": "2",
        "PLAN_TO_CHANGE": "0",
        "PLAN_TO_DESTROY": "0",
    }
    assert DIGEST.fullmatch(rows["PLAN_DIGEST"])


@pytest.mark.parametrize("option", ["--outputs", "--terraform-report"])
def test_a_link_of_a_checkout_does_not_lead_to_another_file(option, job, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("kept")
    link = job.project.folder / "link"
    link.symlink_to(elsewhere)

    assert job.comment(option, "link").code == 0

    assert elsewhere.read_text() == "kept"
    assert (link.is_symlink(), link.stat().st_mode & 0o777) == (False, 0o600)


def test_without_a_token_everything_else_is_written(job):
    ended = job.comment("--outputs", "plan.env", GITHUB_TOKEN="", ASSISTANTS_SYNC_GITLAB_TOKEN="")

    assert ended.code == 0
    assert "there is no token, so there is no comment" in ended.err
    assert "PLAN_TO_ADD=2" in job.read("plan.env")
    assert job.forge.asked == {}


def test_a_token_may_lie_in_a_file(job):
    job.project.write("token", "robot\n")

    ended = job.comment("--token-file", "token", GITHUB_TOKEN="", ASSISTANTS_SYNC_GITLAB_TOKEN="")

    assert (ended.code, job.forge.comments[0]["login"]) == (0, "robot")


def test_where_no_comment_is_wanted_none_is_written(job):
    assert job.comment("--no-comment").code == 0
    assert job.forge.asked == {}


def test_a_run_about_no_pull_request_writes_everything_but_a_comment(job):
    job.project.write("event.json", json.dumps({"ref": "refs/heads/main"}))

    ended = job.comment("--outputs", "plan.env", CI_MERGE_REQUEST_IID="")

    assert (ended.code, job.forge.asked) == (0, {})
    assert "no pull request" in ended.err
    assert "PLAN_TO_ADD=2" in job.read("plan.env")


def test_outside_of_both_there_are_only_the_files(project):
    project.run("plan", "--out", "plan.json")

    ended = project.run("ci", "comment", "plan.json", "--outputs", "plan.env")

    assert ended.code == 0
    assert "neither" in ended.err
    assert (project.folder / "plan.env").exists()


def test_a_token_that_lost_its_permission_is_told_after_everything_else_is_written(job):
    ended = job.comment("--outputs", "plan.env", GITHUB_TOKEN="reader", ASSISTANTS_SYNC_GITLAB_TOKEN="reader")

    assert ended.code == 1
    assert {"github": "pull-requests: write", "gitlab": "scope `api`"}[job.kind] in ended.err
    assert "PLAN_TO_ADD=2" in job.read("plan.env")
    if job.kind == "github":
        assert "2 to add" in job.read("summary.md")


def test_a_pull_request_from_a_fork_fails_for_no_lack_of_rights(job):
    job.project.write("event.json", event(head="mallory/support"))

    ended = job.comment(
        GITHUB_TOKEN="reader", ASSISTANTS_SYNC_GITLAB_TOKEN="reader", CI_MERGE_REQUEST_SOURCE_PROJECT_ID="666"
    )

    assert ended.code == 0
    assert "from another repository" in ended.err


def test_no_token_is_shown_even_when_everything_is(job):
    job.forge.answers = [("GET", 418, {}, "I know robot-secret-0123")]

    ended = job.comment(
        "-v", GITHUB_TOKEN="robot-secret-0123", ASSISTANTS_SYNC_GITLAB_TOKEN="robot-secret-0123"
    )

    assert ended.code == 1
    assert "I know ***" in ended.err
    assert "robot-secret" not in ended.err + ended.out


@github
@pytest.mark.parametrize("repository", ["", "acme", "../../user", "acme/support/../x", "acme/support?x="])
def test_a_repository_that_is_none_is_asked_nothing(job, repository):
    assert job.comment(GITHUB_REPOSITORY=repository).code == 1
    assert job.forge.asked == {}


@github
@pytest.mark.parametrize("number", ["7", 0, -1, True, 1.5, None, "7/../../8"])
def test_a_pull_request_without_a_number_is_asked_nothing(job, number):
    job.project.write("event.json", event(number=number))

    assert job.comment().code == 64
    assert job.forge.asked == {}


@gitlab
@pytest.mark.parametrize("number", ["x", "7/notes", "-1", "٣", "7\n"])
def test_a_merge_request_without_a_number_is_asked_nothing(job, number):
    assert job.comment(CI_MERGE_REQUEST_IID=number).code == 64
    assert job.forge.asked == {}


@github
def test_a_token_goes_to_no_machine_unencrypted(job):
    ended = job.comment(GITHUB_API_URL="http://api.example")

    assert ended.code == 64
    assert "not https" in ended.err


@github
def test_an_address_that_is_none_is_told_so(job):
    ended = job.comment(GITHUB_API_URL="https://[")

    assert ended.code == 64
    assert "the address of the API, which the CI names, is not a URL" in ended.err


@github
@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"pull_request": 7}'])
def test_an_event_that_is_none_is_no_crash(job, text):
    job.project.write("event.json", text)

    assert job.comment().code in {0, 64}
    assert job.forge.asked == {}


@github
def test_a_plan_that_was_changed_reaches_nobody(job):
    file = job.project.folder / "plan.json"
    file.write_text(file.read_text().replace('"Be kind."', '"Be rude."'))

    assert job.comment().code == 1
    assert not (job.project.folder / "summary.md").exists()
    assert job.forge.asked == {}


@github
def test_what_a_plan_warns_of_becomes_annotations(job):
    job.project.run("apply", "--auto-approve", "--server", "embedded")
    job.project.configure("project: acme\nassistants:\n  sales: {model: m}\n")
    job.plan()

    rows = job.comment("--no-comment").out.splitlines()

    assert [row for row in rows if "assistant.support" in row] == [rows[0]]
    assert all(row.startswith("::warning title=Will be destroyed::") for row in rows)


def test_two_jobs_at_once_leave_one_comment(job):
    command = job.project.forked_command("ci", "comment", "plan.json")
    runs = [
        subprocess.Popen(
            command, cwd=job.project.folder, env={**os.environ, **job.environment}, stderr=subprocess.DEVNULL
        )
        for _ in range(2)
    ]

    assert [one.wait(60) for one in runs] == [0, 0]
    assert len(job.forge.comments) == 1


# Drift


@pytest.fixture
def drifting(job):
    job.project.write("drift.txt", "Target: x\n\n  ! assistant.support was changed\n``` @everyone <b>\n")
    return job


def test_drift_has_one_issue_that_is_closed_when_there_is_none(drifting):
    opened = drifting.run("ci", "issue", "drift.txt", "--exit-code", "2")
    updated = drifting.run("ci", "issue", "drift.txt", "--exit-code", "2")
    closed = drifting.run("ci", "issue", "drift.txt", "--exit-code", "0")
    quiet = drifting.run("ci", "issue", "drift.txt", "--exit-code", "0")

    assert [one.code for one in (opened, updated, closed, quiet)] == [0, 0, 0, 0]
    assert (opened.err, updated.err) == ("Written.\n", "Updated.\n")
    assert ("is closed" in closed.err, "no open issue" in quiet.err) == (True, True)
    (issue,) = drifting.forge.issues
    assert (issue["title"], issue["open"]) == ("Drift of the assistants of acme", False)
    assert issue["body"].startswith("<!-- assistants-sync-drift:acme/- -->\n")


def test_no_line_of_the_drift_ends_the_fence_around_it(drifting):
    drifting.run("ci", "issue", "drift.txt", "--exit-code", "2")

    body = drifting.forge.issues[0]["body"]
    assert body.count("\n````") == 2
    assert "\n````text\nTarget: x\n" in body


def test_a_long_drift_is_cut_and_says_so(drifting):
    drifting.project.write("drift.txt", "changed\n" * 1000)
    drifting.run("ci", "issue", "drift.txt", "--exit-code", "2", "--max-bytes", "2000")

    body = drifting.forge.issues[0]["body"]
    assert len(body) <= 2000
    assert re.search(r"And \d+ more lines", body)


def test_a_drift_that_failed_changes_no_issue(drifting):
    ended = drifting.run("ci", "issue", "drift.txt", "--exit-code", "1")

    assert (ended.code, drifting.forge.asked) == (64, {})


def test_without_a_token_there_is_no_issue(drifting):
    ended = drifting.run(
        "ci", "issue", "drift.txt", "--exit-code", "2", GITHUB_TOKEN="", ASSISTANTS_SYNC_GITLAB_TOKEN=""
    )

    assert ended.code == 0
    assert "there is no issue" in ended.err
