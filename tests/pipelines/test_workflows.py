"""What is shipped for CIs: it parses, a linter finds nothing, and every command in it exists."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml12
from house.test_locks import unpinned
from pipelines.composite import runner
from pipelines.test_action import fake_python

from reconciler.cli.main import program

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / "examples/github").rglob("*.yml"))
GITLAB = [ROOT / "templates/assistants-sync.yml", ROOT / "examples/gitlab/.gitlab-ci.yml"]
HOOKS = ROOT / ".pre-commit-hooks.yaml"
ACTION = yaml12.parse_yaml((ROOT / "action.yml").read_text())
OURS = "OWNER/assistants-sync@"
PINNED = re.compile(r"[\w/$-]+@[0-9a-f]{40}\Z")
ENDS = re.compile(r"\s+(>|\||\|\|)\s.*\Z")
COMMAND = re.compile(r"(?:^|\s)(assistants-sync (?:-|[a-z]).*)", re.MULTILINE)


def documents(file):
    return yaml12.parse_yaml(file.read_text(), multi=True)


def scripts(value):
    """Every text that a shell gets."""
    if isinstance(value, list):
        for one in value:
            yield from scripts(one)
    if isinstance(value, dict):
        for key, one in value.items():
            if key in {"run", "script", "before_script", "entry"}:
                yield from [one] if isinstance(one, str) else one
            else:
                yield from scripts(one)


def commands(texts):
    for text in texts:
        for line in COMMAND.findall(text):
            yield ENDS.sub("", line)


def accepted(line):
    """Let the parser of the program read a command line; it raises for what it does not know."""
    words = [re.sub(r"\$\w+|\$\{\w+\}", "0", word) for word in shlex.split(line)[1:]]
    context = click.Context(program, info_name="assistants-sync")
    group = program
    while isinstance(group, click.Group):
        name, group, words = group.resolve_command(context, words)
        assert group is not None, line
        context = group.make_context(name, list(words), parent=context)
        words = [*context._protected_args, *context.args]  # noqa: SLF001 - click has no other way


SHIPPED = {
    str(file.relative_to(ROOT)): list(commands(scripts(documents(file))))
    for file in [*WORKFLOWS, *GITLAB, HOOKS]
}
LINES = [(name, line) for name, lines in SHIPPED.items() for line in lines]


def test_there_are_commands_to_be_read():
    assert len(LINES) >= 7


@pytest.mark.parametrize(("name", "line"), LINES)
def test_every_command_is_one_of_ours(name, line):
    accepted(line)


def test_a_command_that_does_not_exist_would_be_noticed():
    with pytest.raises(click.UsageError):
        accepted("assistants-sync plan --nonsense")


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_workflow_has_no_right_that_a_job_did_not_ask_for(file):
    (workflow,) = documents(file)

    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"]["contents"] == "read"
        assert set(job["permissions"].values()) <= {"read", "write"}
        assert job["timeout-minutes"]


def steps():
    for file in WORKFLOWS:
        for name, job in documents(file)[0]["jobs"].items():
            for step in job["steps"]:
                yield f"{file.name}:{name}", step


STEPS = list(steps())


def test_everything_that_is_used_is_named_by_its_commit():
    assert [step["uses"] for _, step in STEPS if "uses" in step and not PINNED.search(step["uses"])] == []


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = [(page.name, yaml12.parse_yaml(text)) for page in PAGES for text in BLOCK.findall(page.read_text())]
FILES = [(file.name, documents(file)) for file in [ROOT / "action.yml", *WORKFLOWS, *GITLAB, HOOKS]]


def values(key, value):
    """Every value under a key, however deep."""
    if isinstance(value, dict):
        yield from (one for name, one in value.items() if name == key)
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from values(key, one)


@pytest.mark.parametrize(("name", "content"), [*FILES, *SHOWN])
def test_nothing_that_is_shipped_or_shown_installs_what_no_hash_names(name, content):
    assert [one for text in scripts(content) for one in unpinned(text)] == [], name


@pytest.mark.parametrize(("name", "content"), [*FILES, *SHOWN])
def test_nothing_that_is_shipped_or_shown_uses_a_name_that_others_can_guess(name, content):
    assert [text for text in scripts(content) if re.search(r"/tmp\b|TMPDIR", text)] == [], name  # noqa: S108 - what is searched for


@pytest.mark.parametrize(("name", "content"), [*FILES, *SHOWN])
def test_whatever_is_used_is_named_by_its_commit(name, content):
    used = [*values("uses", content), *values("component", content)]

    assert [one for one in used if not PINNED.search(one)] == [], name


def test_the_component_installs_the_commit_that_it_was_given(checkout, tools, tmp_path):
    """And neither a branch nor a tag, nor anything of the checkout, in a directory of its own."""
    source = tmp_path / "server/group/copy.git"
    shutil.copytree(checkout.folder, source)
    named = git(checkout, "rev-parse", "HEAD")
    script = "\n".join(documents(GITLAB[0])[1][".assistants-sync"]["before_script"])
    installs = fake_python(tools)
    (tools / "program").write_text("#!/bin/sh\n")
    checkout.write("venv.py", "open('imported', 'w')\n")

    def install(commit):
        return subprocess.run(
            ["bash", "-e", "-c", f'{script}\necho "$room"'],  # noqa: S607 - any bash
            cwd=checkout.folder,
            env={
                **runner(checkout.folder, tools),
                "ASSISTANTS_SYNC_SOURCE": source.as_uri(),
                "ASSISTANTS_SYNC_COMMIT": commit,
                "CI_JOB_TOKEN": "canary",
            },
            check=False,
            capture_output=True,
            text=True,
        )

    first, second = install(named), install(named)
    rooms = [Path(one.stdout.strip()) for one in (first, second)]
    assert rooms[0] != rooms[1]
    assert rooms[0].stat().st_mode & 0o777 == 0o700
    assert (rooms[0] / "program/assistants.yaml").exists()
    lock, itself = installs.read_text().splitlines()[:2]
    assert f"{rooms[0]}/program/locks/action.txt" in lock
    assert itself.endswith(f"--no-index --no-build-isolation {rooms[0]}/program")
    assert install("0" * 40).returncode != 0
    assert not (checkout.folder / "imported").exists()


def test_no_checkout_leaves_its_credentials_behind():
    checkouts = [step for _, step in STEPS if step.get("uses", "").startswith("actions/checkout@")]

    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_our_action_gets_only_inputs_that_it_has_and_gives_only_outputs_that_it_has():
    for where, step in STEPS:
        if step.get("uses", "").startswith(OURS):
            assert set(step["with"]) <= set(ACTION["inputs"]), where
    asked = {
        name for file in WORKFLOWS for name in re.findall(r"steps\.plan\.outputs\.(\w+)", file.read_text())
    }
    assert asked
    assert asked <= set(ACTION["outputs"])


def test_a_fork_gets_no_secret_and_no_right_to_write():
    forks = [jobs["fork"] for file in WORKFLOWS if "fork" in (jobs := documents(file)[0]["jobs"])]

    assert len(forks) == 2
    for fork in forks:
        assert fork["permissions"] == {"contents": "read"}
        assert "secrets." not in str(fork)


def test_no_workflow_runs_with_the_rights_of_the_target_on_the_code_of_a_fork():
    for file in WORKFLOWS:
        assert {"pull_request_target", "workflow_run", "issue_comment"}.isdisjoint(documents(file)[0]["on"])


def test_the_plan_of_a_fork_needs_no_server_and_no_key(use, checkout):
    base = git(checkout, "rev-parse", "HEAD")
    checkout.write("handbook.md", "# Another\n")
    git(checkout, "add", ".")

    run = use("plan", server="", comment="false", report="false", args=f"--against\ngit:{base}")

    assert not run.failed, run.log
    assert (run.result["changes"], run.result["to_change"]) == ("true", "1")


def git(checkout, *words):
    ended = subprocess.run(["git", *words], cwd=checkout.folder, check=True, capture_output=True)  # noqa: S607 - any git
    return ended.stdout.decode().strip()


def test_a_linter_of_workflows_finds_nothing(tmp_path):
    zizmor = shutil.which("zizmor", path=str(Path(sys.executable).parent))
    assert zizmor
    files = [ROOT / "action.yml", *WORKFLOWS, HOOKS, *written(tmp_path / ".github/workflows")]
    ended = subprocess.run(
        [
            zizmor,
            "--offline",
            "--strict-collection",
            "--no-ignores",
            "--persona=pedantic",
            "--no-progress",
            *files,
        ],
        capture_output=True,
        check=False,
        text=True,
    )

    assert ended.returncode == 0, ended.stdout
    assert "No findings" in ended.stdout


def written(folder):
    """The workflows that the pages show, as files."""
    folder.mkdir(parents=True)
    for page in PAGES:
        for number, text in enumerate(BLOCK.findall(page.read_text())):
            if "\njobs:" in text:
                file = folder / f"{page.stem}-{number}.yml"
                file.write_text(text)
                yield file


def test_the_component_interpolates_only_inputs_that_it_declares():
    head, jobs = documents(GITLAB[0])
    text = GITLAB[0].read_text()
    used = set(re.findall(r"\$\[\[ inputs\.([a-z-]+) \]\]", text))

    assert used == set(head["spec"]["inputs"])
    assert [one for one in scripts(jobs) if "$[[" in one] == []
    (example,) = documents(GITLAB[1])
    (included,) = example["include"]
    assert set(included["inputs"]) <= used


def test_a_hook_takes_no_file_names():
    for hook in documents(HOOKS)[0]:
        assert (hook["language"], hook["pass_filenames"]) == ("python", False)


def test_a_configuration_that_is_read_as_a_folder_may_have_workflows_beside_it(workspace):
    shutil.copytree(ROOT / "examples", workspace.folder / "all", ignore=shutil.ignore_patterns("state"))

    assert workspace.run("validate", "all").code == 0
