"""The page about CIs names what there is: every input, output, permission, file and command."""

import re
from pathlib import Path

import pytest
import yaml12
from pipelines.test_workflows import accepted

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/ci.md").read_text()
ACTION = yaml12.parse_yaml((ROOT / "action.yml").read_text())
GITHUB = ROOT / "examples/github"
WORKFLOWS = {
    str(file.relative_to(GITHUB)).replace(".github/workflows/", ""): file for file in GITHUB.rglob("*.yml")
}


def rows(head):
    """The rows of the table that begins with a head."""
    lines = PAGE[PAGE.index(f"\n| {head} |") + 1 :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def words(text):
    return re.findall(r"`([^`]+)`", text)


def test_the_table_of_inputs_is_that_of_the_action():
    told = {words(row[0])[0]: row[1] for row in rows("input")}

    assert list(told) == list(ACTION["inputs"])
    for name, shown in told.items():
        default = ACTION["inputs"][name].get("default", "")
        if default in {"true", "false", "."}:
            assert shown == f"`{default}`"


def test_the_table_of_outputs_is_that_of_the_action():
    assert [name for row in rows("output") for name in words(row[0])] == list(ACTION["outputs"])


def test_the_table_of_workflows_is_what_is_shipped():
    told = {words(row[0])[0]: set(words(row[3])) for row in rows("workflow")}

    assert sorted(told) == sorted(WORKFLOWS)
    for name, permissions in told.items():
        jobs = yaml12.parse_yaml(WORKFLOWS[name].read_text())["jobs"].values()
        asked = {f"{what}: {right}" for job in jobs for what, right in job["permissions"].items()}
        assert asked == permissions


@pytest.mark.parametrize("line", re.findall(r"^\$ (assistants-sync .*)", PAGE, re.MULTILINE))
def test_every_command_exists(line):
    accepted(line)


def test_every_link_leads_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
