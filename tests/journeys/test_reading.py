"""How a plan is shown: briefly, whole, with what differs inside files, and never with a key in it."""

import pytest

from reconciler.server import Database, Fault, Faults, create_app, running

KEY = "sk-" + "a1B2" * 8


@pytest.fixture
def applied(project):
    project.write("handbook.md", "# Handbook\n\nBe kind.\n\n## Hours\nNine to five.\n")
    assert project.run("apply", "--auto-approve").code == 0
    return project


def edit(project, old, new, path="assistants.yaml"):
    text = (project.folder / path).read_text()
    assert old in text
    project.write(path, text.replace(old, new))


def test_briefly_is_a_line_for_each_change_and_each_deleted_upload_and_the_summary(applied):
    edit(applied, "Be kind.", "Be brief.")
    edit(applied, "Nine", "Ten", "handbook.md")

    rows = applied.run("plan", "--brief").out.splitlines()

    assert [row.partition("file-")[0][:30] for row in rows[1:]] == [
        "",
        "  ~ file.handbook.md will be r",
        "      - delete upload  ",
        "  ~ assistant.support will be ",
        "",
        "Plan: 0 to add, 2 to change, 0",
    ]


def test_briefly_and_whole_do_not_go_together(applied):
    assert applied.run("plan", "--brief", "--full").code == 64


def test_whole_shows_a_new_prompt_and_long_values(project):
    edit(project, "name: Support", f"name: {'x' * 100}")

    ended = project.run("plan", "--full")

    assert "   1 + │ Be kind.\n" in ended.out
    assert "x" * 100 in ended.out
    assert "1 + │" not in project.run("plan").out


def test_what_differs_inside_a_file_is_shown_on_request(applied):
    edit(applied, "Nine to five", "Ten to five", "handbook.md")

    asked, plain = applied.run("plan", "--file-diffs").out, applied.run("plan").out

    assert "§ Hours: 1 line\n" in asked
    assert "- │ [-Nine-] to five.\n" in asked
    assert "Nine" not in plain


def test_a_file_that_is_no_text_is_told_by_its_size_and_digest_alone(applied):
    applied.write("handbook.md", b"\xff\xfe\x00")

    ended = applied.run("plan", "--file-diffs")

    assert ended.code == 0
    assert "B → 3 B  sha256" in ended.out
    assert "│" not in ended.out


def test_a_file_that_nobody_may_read_says_so(applied, workspace):
    refusing = Faults([Fault("status", "GET /files/*/content", status=403)])
    with Database.memory() as database, running(create_app(database, faults=refusing)) as url:
        arguments = ("--server", url, "--state", "elsewhere")
        assert applied.run("apply", "--auto-approve", *arguments).code == 0
        edit(applied, "Nine", "Ten", "handbook.md")
        ended = applied.run("plan", "--file-diffs", *arguments)

    assert ended.code == 0
    assert "the server does not let users read its old content\n" in ended.out


def test_the_digest_is_the_same_however_a_plan_is_shown(applied):
    edit(applied, "Nine", "Ten", "handbook.md")
    told = {
        applied.run("plan", "--out", "p.json", *how).err.splitlines()[0]
        for how in ((), ("--brief",), ("--full",), ("--file-diffs",), ("--format", "json"))
    }

    assert len(told) == 1


def test_a_saved_plan_with_texts_is_shown_with_them_and_applied(applied):
    edit(applied, "Nine", "Ten", "handbook.md")
    assert applied.run("plan", "--file-diffs", "--out", "p.json").code == 0

    assert "{+Ten+} to five" in applied.run("show", "p.json").out
    assert applied.run("apply", "p.json").code == 0


def test_something_that_looks_like_a_key_is_never_shown(applied):
    edit(applied, "Nine", KEY, "handbook.md")
    for how in ((), ("--full",), ("--file-diffs",)):
        ended = applied.run("plan", *how)
        assert ended.code == 0
        assert KEY not in ended.out
