"""A plan as one page to send: printed by `plan`, and drawn again from a saved plan."""

import json
import re

import pytest

TIME = {"SOURCE_DATE_EPOCH": "1763900000", "GITHUB_SHA": "3f9c2ab" + "0" * 33}
STAMP = r"<dt>{}</dt><dd>(.*?)</dd>"


@pytest.fixture
def edited(project):
    assert project.run("apply", "--auto-approve").code == 0
    text = (project.folder / "assistants.yaml").read_text()
    project.configure(text.replace("Be kind.", "Be <b>kind</b>."))
    return project


def told(page, name):
    found = re.search(STAMP.format(name), page)
    return found[1] if found else None


def test_a_plan_is_printed_as_a_page(edited):
    ended = edited.run("plan", "--format", "html", **TIME)

    assert (ended.code, ended.out[:16], ended.out[-8:]) == (0, "<!doctype html>\n", "</html>\n")
    assert "Plan: 0 to add, 1 to change, 0 to destroy." in ended.out
    assert "Be <ins>&lt;b&gt;</ins>kind<ins>&lt;/b&gt;</ins>." in ended.out
    assert told(ended.out, "Checked out") == TIME["GITHUB_SHA"]
    assert told(ended.out, "Drawn") == "2025-11-23 12:13 UTC"


@pytest.mark.parametrize("epoch", ["9" * 20, "9" * 9_000, "-1e9", "soon"])
def test_a_time_that_cannot_be_is_not_told(edited, epoch):
    ended = edited.run("plan", "--format", "html", SOURCE_DATE_EPOCH=epoch)

    assert (ended.code, ended.err) == (0, "")
    assert told(ended.out, "Drawn")[:2] == "20"


def test_a_page_says_which_commit_it_was_drawn_at_and_whether_files_were_edited(edited, git):
    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    commit = git("rev-parse", "HEAD")
    committed = edited.run("plan", "--format", "html", **TIME)
    edited.write("assistants.yaml", (edited.folder / "assistants.yaml").read_text() + "\n# edited\n")
    dirty = edited.run("plan", "--format", "html", **TIME)

    assert told(committed.out, "Checked out") == commit
    assert told(dirty.out, "Checked out") == f"{commit} and edits that are not committed"


def test_a_saved_plan_is_drawn_as_the_same_page_without_a_commit(edited):
    printed = edited.run("plan", "--out", "plan.json", "--format", "html", **TIME)
    shown = edited.run("show", "plan.json", "--format", "html", **TIME)

    assert (shown.code, shown.err) == (0, "")
    assert told(shown.out, "Checked out") is None
    assert shown.out == re.sub(r" *<div><dt>Checked out</dt>.*</div>\n", "", printed.out)
    assert told(shown.out, "Digest") == json.loads((edited.folder / "plan.json").read_text())["digest"]


def test_the_exit_code_does_not_depend_on_the_format(edited):
    assert edited.run("plan", "--format", "html", "--detailed-exitcode").code == 2


def test_an_assistant_is_not_shown_as_a_page(edited):
    ended = edited.run("show", "assistant.support", "--format", "html")

    assert ended.code == 64
    assert "--format html is for a file" in ended.err


def test_nothing_to_change_is_a_page_too(project):
    assert project.run("apply", "--auto-approve").code == 0

    assert (
        "No changes. Your assistants match the configuration." in project.run("plan", "--format", "html").out
    )
