"""At a terminal: a question that only 'yes' answers, progress that is live, and signals."""

import asyncio
import os
import pty
import re
import signal
import subprocess
import threading

import pytest

from reconciler.server import Database, Fault, Faults, create_app, running


def at_a_terminal(workspace, *arguments, answer="", **environment):
    """Run the program at a terminal of its own; its exit code and everything the terminal showed."""
    ours, theirs = pty.openpty()
    with (
        os.fdopen(theirs, "r+b", buffering=0) as terminal,
        workspace.begin(*arguments, streams=(terminal,) * 3, **{"TERM": "xterm", **environment}) as run,
    ):
        terminal.close()
        try:
            shown = _until(ours, b"Enter a value: ") if answer else b""
            os.write(ours, answer.encode())
            shown += _until(ours, None)
            code = run.wait(30)
        finally:
            os.close(ours)
    return code, shown.decode()


def _until(terminal, words):
    """What the terminal shows up to some words, or to its end."""
    shown = b""
    while words is None or words not in shown:
        try:
            piece = os.read(terminal, 1000)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        shown += piece
    return shown


def test_yes_applies_and_shows_progress(project):
    code, shown = at_a_terminal(project, "apply", answer="yes\n")

    assert code == 0
    assert "Only 'yes' will be accepted." in shown
    assert "assistant.support created" in shown
    assert "Apply complete! Resources: 2 added, 0 changed, 0 destroyed." in shown
    assert "\x1b[" in shown


def test_a_server_that_takes_its_time_is_read_with_a_sign_of_life(project):
    slow = Faults([Fault("delay", "GET /assistants", seconds=1.0)])
    with Database.memory() as database, running(create_app(database, faults=slow)) as url:
        code, shown = at_a_terminal(project, "plan", "--server", url)
        quiet = project.run("plan", "--server", url)

    assert (code, quiet.err) == (0, "")
    assert f"reading {url}" in shown


def test_what_to_do_next_is_told_to_people_and_not_to_logs(project):
    _, shown = at_a_terminal(project, "plan")

    assert shown.endswith("To do this: assistants-sync apply\r\n")
    assert project.run("plan").err == ""
    assert (
        "To do this"
        not in at_a_terminal(project, "plan", "--server", "embedded", "--allow-untracked", CI="1")[1]
    )


def test_a_quick_answer_needs_no_sign_of_life(project):
    code, shown = at_a_terminal(project, "plan")

    assert (code, "reading" in shown) == (0, False)


def test_a_large_upload_tells_how_far_it_is(project):
    project.write("handbook.md", b"Be kind.\n" * 1_000_000)
    code, shown = at_a_terminal(project, "apply", "--auto-approve")

    assert code == 0
    assert re.search(r"handbook\.md \S+ M?B of 9\.0 MB", shown)


@pytest.mark.parametrize("answer", ["no\n", "y\n", "\n", "\x04"])
def test_anything_else_cancels_and_changes_nothing(project, answer):
    code, shown = at_a_terminal(project, "apply", answer=answer)

    assert code == 1
    assert "Cancelled. Nothing was changed." in shown
    assert not (project.folder / "state/state.json").exists()


def test_nobody_is_asked_about_a_plan_that_is_not_shown(project):
    code, shown = at_a_terminal(project, "apply", "--format", "markdown")

    assert code == 64
    assert "with --format markdown no plan is shown to approve: say --auto-approve" in " ".join(shown.split())
    assert not (project.folder / "state").exists()


def test_a_question_can_be_interrupted(project):
    code, shown = at_a_terminal(project, "destroy", answer="")
    assert (code, "No changes." in shown) == (0, True)

    code, shown = at_a_terminal(project, "apply", answer="\x03")

    assert code == 130
    assert "Traceback" not in shown


def test_a_dumb_terminal_and_ci_get_lines_without_escapes(project):
    command = ("apply", "--auto-approve", "--server", "embedded", "--state", "state")
    for variables in ({"TERM": "dumb"}, {"CI": "true", "NO_COLOR": "1"}):
        code, shown = at_a_terminal(project, *command, **variables)
        assert code == 0
        assert "\x1b" not in shown
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_a_second_signal_leaves_at_once_and_the_next_run_finishes(project):
    with Database.memory() as database:
        app = create_app(database)
        held, release = threading.Event(), threading.Event()

        async def stuck(scope, receive, send):
            if scope["method"] == "POST":
                held.set()
                await asyncio.to_thread(release.wait, 30)
            await app(scope, receive, send)

        with running(stuck) as url:
            command = project.command("apply", "--auto-approve", "--server", url)
            with subprocess.Popen(command, cwd=project.folder, stderr=subprocess.PIPE) as process:
                assert held.wait(20)
                process.send_signal(signal.SIGINT)
                assert b"second signal" in process.stderr.readline()
                process.send_signal(signal.SIGTERM)
                assert process.wait(20) == 143
            release.set()
            assert project.run("apply", "--auto-approve", "--server", url).code == 0
            assert project.run("plan", "--detailed-exitcode", "--server", url).code == 0
        with database.read() as connection:
            assert connection.execute("SELECT count(*) FROM files").fetchone()[0] == 1
