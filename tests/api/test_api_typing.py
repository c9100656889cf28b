"""What a strict type checker says to callers of the client."""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
RIGHT, WRONG = "typed_right.py", "typed_wrong.py"


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """File name to line number to the codes of the errors there."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-error-summary"]
    cache = tmp_path_factory.mktemp("mypy")
    ended = subprocess.run(
        [*command, f"--cache-dir={cache}", RIGHT, WRONG],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert ended.returncode in {0, 1}, ended.stdout + ended.stderr
    found = defaultdict(lambda: defaultdict(set))
    for name, line, code in re.findall(r"^(.+?):(\d+): error: .*\[([a-z-]+)\]$", ended.stdout, re.MULTILINE):
        found[name][int(line)].add(code)
    return found


def test_who_uses_the_client_as_it_is_meant_hears_nothing(complaints):
    assert complaints[RIGHT] == {}


def test_every_mistake_is_found_where_it_is_and_nowhere_else(complaints):
    lines = enumerate((FOLDER / WRONG).read_text().splitlines(), 1)
    marked = {number: {*line.split("# wrong: ")[1].split()} for number, line in lines if "# wrong: " in line}
    assert len(marked) > 20
    assert complaints[WRONG] == marked
