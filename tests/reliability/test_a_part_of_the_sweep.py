"""A part of the long sweep, in a process that forks: every sort of case, and every broken program."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
CI = {name: os.environ[name] for name in ("CI",) if name in os.environ}  # a fixture takes it away


def unmeasured():
    """An environment in which nobody counts lines: a process that is killed could not tell of them."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


@pytest.mark.timeout(600)
def test_nothing_is_twice_left_over_or_damaged_and_every_broken_program_is_caught():
    ended = subprocess.run(
        [sys.executable, "-m", "reliability", "--short"],
        env={**unmeasured(), **CI, "PYTHONPATH": str(TESTS)},
        cwd=TESTS.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=590,
    )

    assert ended.returncode == 0, ended.stdout.decode()
