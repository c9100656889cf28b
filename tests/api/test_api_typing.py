"""What two strict type checkers say to callers of the client."""

import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
RIGHT, WRONG = "typed_right.py", "typed_wrong.py"


@pytest.fixture(scope="module")
def callers(tmp_path_factory):
    """A folder with the two callers, and with no setting of this project."""
    folder = tmp_path_factory.mktemp("callers")
    for name in (RIGHT, WRONG):
        shutil.copy(FOLDER / name, folder)
    return folder


@pytest.fixture(scope="module")
def mypy(callers):
    """What mypy finds: file name to line number to the codes of the errors there."""
    options = ["--strict", "--config-file=", "--no-error-summary", f"--cache-dir={callers / 'cache'}"]
    heard = said(callers, sys.executable, "-m", "mypy", *options, RIGHT, WRONG)
    errors = re.findall(r"^(.+?):(\d+): error: .*\[([a-z-]+)\]$", heard, re.MULTILINE)
    return by_line((name, int(line), code) for name, line, code in errors)


@pytest.fixture(scope="module")
def basedpyright(callers):
    """What basedpyright finds, in the same form; warnings too."""
    (callers / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict"}))
    command = Path(sys.executable).with_name("basedpyright")
    heard = json.loads(said(callers, command, "--outputjson", "--pythonpath", sys.executable))
    assert heard["summary"]["filesAnalyzed"] == 2
    return by_line(
        (Path(one["file"]).name, one["range"]["start"]["line"] + 1, one.get("rule", "syntax"))
        for one in heard["generalDiagnostics"]
    )


@pytest.fixture(params=["mypy", "basedpyright"])
def complaints(request):
    """What each of the checkers finds; each runs once."""
    return request.getfixturevalue(request.param)


def said(folder, *command):
    """The output of a checker that ran to its end."""
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=110)
    assert ended.returncode in {0, 1}, ended.stdout + ended.stderr
    return ended.stdout


def by_line(errors):
    found = defaultdict(lambda: defaultdict(set))
    for name, line, code in errors:
        found[name][line].add(code)
    return found


def marked():
    """Line number to mypy's codes of every mistake."""
    lines = enumerate((FOLDER / WRONG).read_text().splitlines(), 1)
    return {number: {*line.split("# wrong: ")[1].split()} for number, line in lines if "# wrong: " in line}


def test_who_uses_the_client_as_it_is_meant_hears_nothing(complaints):
    assert complaints[RIGHT] == {}


def test_every_mistake_is_found_where_it_is_and_nowhere_else(complaints):
    assert len(marked()) > 60
    assert sorted(complaints[WRONG]) == sorted(marked())


def test_every_mistake_is_of_the_kind_that_its_mark_names(mypy):
    assert mypy[WRONG] == marked()


def test_nothing_but_the_two_callers_is_complained_of(complaints):
    assert complaints.keys() <= {RIGHT, WRONG}
