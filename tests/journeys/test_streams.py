"""Streams that are closed or full, a locale that is not UTF-8, and a disk without room: ordinary ends."""

import subprocess
import sys

import pytest

from reconciler.cli.main import main

NOT_UTF8 = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
NO_ROOM = (
    "import os, resource, sys;"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600));"
    "os.execv(sys.argv[1], sys.argv[1:])"
)
"""Give a program files of 600 bytes at most, which fail as on a full disk, but with another number."""


def shell(project, redirections, *arguments):
    """Run the program by a shell; its exit code."""
    script = f'"$@" {redirections}'
    command = ["/bin/bash", "-c", script, "bash", *project.command(*arguments)]
    return subprocess.run(command, cwd=project.folder, capture_output=True, check=False, timeout=60)


def without_room(project, *arguments):
    command = [sys.executable, "-c", NO_ROOM, *project.command(*arguments)]
    return subprocess.run(
        command, cwd=project.folder, capture_output=True, text=True, check=False, timeout=60
    )


def test_files_of_any_name_are_read_and_printed_whatever_the_locale(workspace):
    workspace.write("ört/docs/日本.md", "日本の案内\n")
    workspace.write(
        "ört/設定.yaml",
        "project: acme\nassistants:\n  a: {model: m, name: 日本, instructions: {file: docs/日本.md}}\n",
    )

    planned = workspace.run_anew("-C", "ört", "plan", "-f", "設定.yaml", "--out", "plän.json", **NOT_UTF8)
    shown = workspace.run_anew("show", "ört/plän.json", **NOT_UTF8)

    assert (planned.code, shown.code) == (0, 0), planned.err + shown.err
    assert '"日本"' in planned.out
    assert '"日本"' in shown.out
    assert (workspace.folder / "ört/plän.json").exists()


def test_an_encoding_that_was_asked_for_is_kept_and_what_it_lacks_is_escaped(workspace):
    workspace.configure("project: acme\nassistants:\n  a: {model: m, name: 日本}\n")

    ended = workspace.run_anew("plan", PYTHONIOENCODING="ascii:strict")

    assert ended.code == 0
    assert r"\u65e5\u672c" in ended.out


@pytest.mark.parametrize("redirections", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_a_stream_that_is_closed_or_full_changes_no_exit_code(project, redirections):
    assert shell(project, redirections, "plan", "--detailed-exitcode").returncode == 2


def test_a_mistake_on_the_command_line_keeps_its_exit_code_where_stderr_is_full(project):
    assert shell(project, "2>/dev/full", "plan", "--no-such-option").returncode == 64


def test_a_result_that_cannot_be_written_is_an_error(project):
    ended = shell(project, ">/dev/full", "plan")

    assert ended.returncode == 1
    assert ended.stderr == b"Error: cannot write the output: No space left on device\n"


def test_a_report_that_cannot_be_written_says_whether_there_were_changes(project):
    command = ["apply", "--auto-approve", "--format", "json"]
    first, again = (shell(project, ">/dev/full", *command) for _ in range(2))

    assert first.returncode == 3
    assert first.stderr.endswith(
        b"No space left on device. Changes were made; to see what is left, run plan\n"
    )
    assert again.returncode == 1
    assert again.stderr.endswith(b"No space left on device. Nothing was changed\n")


def test_a_starter_that_finds_no_room_leaves_nothing_behind(workspace):
    workspace.write(".gitignore", "*.log\n")

    ended = without_room(workspace, "init")

    assert ended.returncode == 1, ended.stderr
    assert "nothing was kept. Make room" in ended.stderr
    assert list(workspace.snapshot()) == [".gitignore"]
    assert workspace.run("init").code == 0


def test_a_demo_that_finds_no_room_says_where_and_how_to_go_on(workspace):
    ended = without_room(workspace, "demo")

    assert ended.returncode == 1, ended.stderr
    assert "Make room there, or name another one in TMPDIR" in ended.stderr


def test_an_embedded_server_without_room_names_its_file_and_a_remedy(project):
    ended = without_room(project, "apply", "--auto-approve")

    assert ended.returncode in {1, 3}, ended.stderr
    assert "this is a bug" not in ended.stderr
    assert ended.stderr.startswith("Error: ")
    assert project.run("apply", "--auto-approve").code == 0


@pytest.mark.parametrize("arguments", [["validate"], ["--help"], ["plan", "--format", "json"]])
def test_a_system_without_the_locks_of_posix_is_refused_by_every_command(arguments, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setattr(sys, "argv", ["assistants-sync", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capsys.readouterr()) == (1, ("", "Error: Windows is not supported; use WSL\n"))
