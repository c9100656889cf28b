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


def test_many_files_with_mistakes_cost_little(workspace, problems):
    for number in range(4_000):
        workspace.write(f"conf/{number}.yaml", f"asistants: {number}\n")
    began = time.process_time()
    refused = problems()
    assert time.process_time() - began < SHARED * SECONDS
    assert [code for code, _, _ in refused] == ["AS201"] * 100
