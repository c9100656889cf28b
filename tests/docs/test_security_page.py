"""What the page on security names is there: tests, limits, codes and options."""

import re
from pathlib import Path

import pytest

from reconciler.cli.main import program
from reconciler.config.codes import RULES
from reconciler.model.unicode_tables import UNICODE
from reconciler.server import crowd, mount

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text()
POLICY = (ROOT / "SECURITY.md").read_text()
TESTS = re.findall(
    r"`([a-z_]+/[a-z_/]*(?:\.py)?)`", " ".join(re.findall(r"Tests: (.*?)\n(?!  )", PAGE, re.DOTALL))
)


@pytest.mark.parametrize("path", sorted(set(TESTS)))
def test_every_test_that_is_named_exists(path):
    assert (ROOT / "tests" / path).exists()


def test_many_tests_are_named():
    assert len(TESTS) > 15


def limits():
    table = PAGE.partition("| limit | value |")[2].partition("\n\n")[0]
    return dict(line.strip("| ").split(" | ") for line in table.splitlines()[2:])


def test_the_limits_are_those_of_the_server():
    assert limits() == {
        "head of a request": f"{crowd.HEAD_SECONDS:.0f} s",
        "pause in a body": f"{crowd.BODY_SECONDS:.0f} s",
        "whole body": f"{crowd.BODY_TOTAL:.0f} s, and longer at {crowd.BODY_RATE >> 10} KiB/s or more",
        "reply that is not read": f"{crowd.REPLY_SECONDS:.0f} s",
        "idle connection": f"{mount.IDLE} s",
        "open connections": "half of the descriptors that are left, at most 2,000",
    }


def test_every_code_and_the_version_of_unicode_are_right():
    assert set(re.findall(r"AS\d{3}", PAGE)) <= RULES.keys()
    assert f"Unicode {UNICODE.partition('.')[0]}" in PAGE


def test_every_option_of_serve_that_is_named_exists():
    known = {name for option in program.commands["serve"].params for name in option.opts}

    assert {"--host", "--allow-host", "--require-key-file"} <= known & set(re.findall(r"--[a-z-]+", PAGE))


def test_the_policy_and_the_readme_lead_here():
    assert "docs/security.md" in POLICY
    assert "(docs/security.md)" in (ROOT / "README.md").read_text()
    assert "@" not in POLICY
