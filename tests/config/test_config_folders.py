"""A folder that is named stands for the files in it, within bounds, and for those that git has there."""

import os
import shutil
import time
from pathlib import Path

import pytest
from budgets.bar import SECONDS, SHARED

from reconciler.config.content import Root
from reconciler.config.errors import ConfigError
from reconciler.config.resolve import configuration
from reconciler.config.tracked import TrackedRule
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1


@pytest.fixture
def problems(workspace):
    """What is wrong with a folder: codes, messages and remedies."""

    def problems(folder="conf", rule=TrackedRule.WARN):
        try:
            configuration(Root(workspace.folder, rule), [Path(folder)], ASSISTANTS_V1)
        except ConfigError as refusal:
            return [(each.code, each.message, each.help) for each in refusal.diagnostics]
        return []

    return problems


def configured(workspace):
    workspace.write("conf/a.yaml", "project: p\nassistants: {a: {model: m}}\n")


@pytest.fixture
def asking(monkeypatch, tmp_path):
    """A file that gets a line each time git is started."""
    program, asking = tmp_path / "bin/git", tmp_path / "asking"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho >> {asking}\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return asking


@pytest.mark.parametrize("head", ["# A page\n", "---\nmodel: m\n---\n"])
def test_git_is_asked_once_about_all_that_a_folder_lacks(head, workspace, git, problems, asking):
    configured(workspace)
    for number in range(3_000):
        workspace.write(f"conf/docs/{number:04}.md", f"{head}{number}\n")
    git("add", "-A")
    git("commit", "-qm", "x")
    git("sparse-checkout", "set", "--no-cone", "/*", "!/conf/docs/")

    for rule in (TrackedRule.WARN, TrackedRule.REFUSE):
        asking.write_text("")
        began = sum(os.times()[:4])
        found = problems(rule=rule)

        assert sum(os.times()[:4]) - began < SHARED * SECONDS
        assert len(asking.read_text()) <= 3
        if head.startswith("#"):
            assert found == []
        else:
            lacking = "git has conf/docs/0000.md and 2,999 more of this folder, and they are missing here"
            remedy = "this sparse checkout leaves them out: git sparse-checkout add conf"
            assert found == [("AS301", f"cannot read the configuration: {lacking}", remedy)]


def test_what_git_cannot_show_is_missed_too(workspace, git, problems):
    configured(workspace)
    workspace.write("conf/b.md", "---\nmodel: m\n---\n")
    git("add", "-A")
    (workspace.folder / "conf/b.md").unlink()
    for each in (workspace.folder / ".git/objects").glob("??/*"):
        each.unlink()
    missing = "cannot read the configuration: conf/b.md: no such file or directory"
    assert problems(rule=TrackedRule.REFUSE) == [("AS301", missing, "git has it: run git restore conf/b.md")]


def test_a_folder_of_too_many_files_is_refused_at_once(workspace, problems):
    configured(workspace)
    for number in range(5_000):
        (workspace.folder / f"conf/{number}.md").touch()
    began = time.process_time()
    refused = problems()
    assert time.process_time() - began < SHARED
    remedy = "-f names the folder of the configuration itself"
    assert refused == [("AS107", "conf has more than 5,000 YAML and Markdown files", remedy)]
    (workspace.folder / "conf/0.md").unlink()
    assert problems() == []


def test_a_folder_of_too_many_levels_is_refused(workspace, problems):
    configured(workspace)
    levels = ["d"] * 64
    workspace.write("/".join(["conf", *levels, "b.yaml"]), "assistants: {b: {model: m}}\n")
    assert problems() == []
    (workspace.folder / "conf" / Path(*levels, "d")).mkdir()
    remedy = "-f names the folder of the configuration itself"
    assert problems() == [("AS107", "conf has more than 64 levels of folders", remedy)]


def test_what_is_hidden_or_of_another_kind_is_not_counted(workspace, problems):
    configured(workspace)
    for folder in (".hidden", "_partial", "environments", "texts"):
        for number in range(1_300):
            path = workspace.folder / "conf" / folder / f"{number}.{'txt' if folder == 'texts' else 'md'}"
            path.parent.mkdir(exist_ok=True)
            path.touch()
    assert problems() == []
    assert problems(".") == []


def test_the_order_is_that_of_folders_and_files(workspace):
    for name in ("b.yaml", "a/z.yaml", "a-b/c.yaml", "a.yaml"):
        workspace.write(f"conf/{name}", "assistants: {}\n")
    expected = ["conf/a/z.yaml", "conf/a-b/c.yaml", "conf/a.yaml", "conf/b.yaml"]
    assert [*Root(workspace.folder).files_within("conf")] == expected


@pytest.mark.timed
def test_many_files_with_mistakes_cost_little(workspace, problems):
    for number in range(4_000):
        workspace.write(f"conf/{number}.yaml", f"asistants: {number}\n")
    began = time.process_time()
    refused = problems()
    assert time.process_time() - began < SHARED * SECONDS
    assert [code for code, _, _ in refused] == ["AS201"] * 100


B = "assistants: {b: {model: m}}\n"


@pytest.fixture
def keys(workspace):
    """The assistants of a folder, where links are followed."""
    return lambda folder="conf": [
        one.address.name
        for one in configuration(Root(workspace.folder), [Path(folder)], ASSISTANTS_V1).desired.assistants
    ]


@pytest.mark.parametrize("target", ["../shared", "/etc"])
@pytest.mark.parametrize("rule", [TrackedRule.ALLOW, TrackedRule.WARN])
def test_a_link_to_a_folder_outside_of_the_named_one_is_refused(target, rule, workspace, problems):
    configured(workspace)
    workspace.write("shared/b.yaml", B)
    (workspace.folder / "conf/team").symlink_to(target)
    remedy = "name that folder with -f, and begin the link's name with `_`"
    problem = "cannot read the configuration: conf/team is a link to a folder"
    assert problems(rule=rule) == [("AS303", problem, remedy)]


@pytest.mark.parametrize("name", ["_team", ".team"])
def test_a_link_to_a_folder_whose_name_does_not_count_is_left_out(name, workspace, keys):
    configured(workspace)
    workspace.write("shared/b.yaml", B)
    (workspace.folder / "conf" / name).symlink_to("../shared")
    assert keys() == ["a"]


def test_a_link_to_a_folder_is_refused_where_no_link_is_followed(workspace, git, problems):
    configured(workspace)
    workspace.write("conf/.kept/b.yaml", B)
    (workspace.folder / "conf/team").symlink_to(".kept")
    git("add", "-A")
    assert [(code, message) for code, message, _ in problems(rule=TrackedRule.REFUSE)] == [
        ("AS303", "cannot read the configuration: conf/team is a link to a folder")
    ]


def test_folders_of_a_config_map_are_read_once(workspace, keys):
    workspace.write("conf/..2026/a.yaml", "project: p\nassistants: {a: {model: m}}\n")
    workspace.write("conf/..2026/team/b.yaml", B)
    workspace.write("conf/..2026/team/p.md", "---\nmodel: m\n---\nBe kind.\n")
    for name, target in {"..data": "..2026", "a.yaml": "..data/a.yaml", "team": "..data/team"}.items():
        (workspace.folder / "conf" / name).symlink_to(target)
    assert keys() == ["a", "b", "p"]


def test_a_link_to_a_folder_that_is_read_anyway_adds_nothing(workspace, keys):
    configured(workspace)
    workspace.write("conf/team/b.yaml", B)
    for name, target in {"z": "team", "team/loop": "..", "team/self": "."}.items():
        (workspace.folder / "conf" / name).symlink_to(target)
    assert keys() == ["a", "b"]


def test_links_to_folders_that_lead_to_each_other_have_an_end(workspace, keys):
    configured(workspace)
    workspace.write("conf/.kept/0/b.yaml", B)
    for number in range(20):
        here = workspace.folder / f"conf/.kept/{number}"
        here.mkdir(exist_ok=True)
        for name in ("x", "y"):
            (here / name).symlink_to(f"../{(number + 1) % 20}")
    (workspace.folder / "conf/team").symlink_to(".kept/0")
    assert keys() == ["a", "b"]


def test_a_link_that_leads_nowhere_hides_no_file(workspace, keys):
    configured(workspace)
    for name, target in {"loop": "loop", "gone": "nowhere"}.items():
        (workspace.folder / "conf" / name).symlink_to(target)
    assert keys() == ["a"]
