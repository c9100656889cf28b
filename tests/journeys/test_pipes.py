"""Wherever a plan goes: no escape sequence, no traceback, and the same exit code in every format."""

import os
import shlex
import subprocess

import pytest

from reconciler.render.formats import FORMATS

PLACES = {
    "a pipe": {},
    "CI": {"CI": "true"},
    "a dumb terminal": {"TERM": "dumb"},
    "no terminal at all": {"TERM": ""},
}


@pytest.fixture
def wide(project):
    """A project whose plan is longer than a pipe holds."""
    project.configure(
        "project: acme\nassistants:\n"
        + "".join(f"  a{number}: {{model: m, instructions: {'x' * 900}}}\n" for number in range(120))
    )
    return project


def shell(project, line, **environment):
    """Run a line of a shell; the program's own exit code is the line's."""
    command = ["bash", "-c", f"set -o pipefail; {line}"]
    return subprocess.run(
        command,
        cwd=project.folder,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        timeout=60,
    )


def plan(command, *arguments):
    return shlex.join(command("plan", "--server", "embedded", "--allow-untracked", *arguments))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("place", PLACES)
def test_a_plan_is_plain_wherever_it_goes(project, form, place):
    line = plan(project.forked_command, "--detailed-exitcode", "--format", form)
    ended = shell(project, f"{line} | cat", **PLACES[place])

    assert ended.returncode == 2
    assert ended.stdout.endswith(b"\n")
    is_plain(ended.stdout + ended.stderr)


@pytest.mark.parametrize("form", FORMATS)
def test_a_plan_is_plain_in_a_file(project, form):
    ended = shell(project, f"{plan(project.forked_command, '--detailed-exitcode', '--format', form)} > out")

    assert (ended.returncode, ended.stdout) == (2, b"")
    is_plain((project.folder / "out").read_bytes() + ended.stderr)


def is_plain(text):
    """Whether nobody who reads it meets an escape sequence or a traceback."""
    assert b"\x1b" not in text
    assert b"Traceback" not in text


@pytest.mark.parametrize("form", FORMATS)
def test_a_reader_who_stops_early_ends_nothing_else(wide, form):
    line = plan(wide.command, "--detailed-exitcode", "--format", form, "--max-bytes", "1000000")
    ended = shell(wide, f"{line} | head -n 1 > first; echo ${{PIPESTATUS[0]}}")

    assert (ended.stdout, ended.stderr) == (b"2\n", b"")
    assert (wide.folder / "first").read_bytes().count(b"\n") == 1


@pytest.mark.parametrize("form", FORMATS)
def test_an_error_is_the_same_in_every_format(project, form):
    project.configure("project: acme\nnonsense: 1\n")
    ended = project.run("plan", "--format", form)

    assert (ended.code, ended.out) == (1, "")
    assert "nonsense" in ended.err
