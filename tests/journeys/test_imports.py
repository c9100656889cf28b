"""Nothing of a checkout is imported, whatever its files are called."""

import subprocess
import sys

import pytest

NAMES = (
    *("click", "yaml", "pydantic", "httpx", "starlette", "uvicorn", "rich", "deepdiff", "anyio", "jinja2"),
    *("sitecustomize", "usercustomize", "json", "logging", "re", "os", "typing", "asyncio", "ssl", "sqlite3"),
    *("readline", "_yaml", "encodings", "unicodedata", "psycopg", "obstore"),
)


@pytest.fixture
def checkout(project):
    """A project with modules of common names, each of which notes that it was run."""
    for name in NAMES:
        project.write(f"{name}.py", f"open({name + '.ran'!r}, 'w').close()\n")
        project.write(f"{name}/__init__.py", f"open({name + '.ran'!r}, 'w').close()\n")
    project.configure("project: acme\nassistants: {one: {model: m}}\n")
    return project


def ran(folder):
    return sorted(path.name for path in folder.glob("*.ran"))


@pytest.mark.parametrize(
    "command",
    [
        ["validate"],
        ["plan", "--settle", "0"],
        ["apply", "--auto-approve"],
        ["plan", "-v"],
        pytest.param(["demo"], marks=pytest.mark.sweep),
    ],
    ids=" ".join,
)
def test_no_module_of_the_checkout_is_run(checkout, command):
    ended = subprocess.run(
        [sys.executable, "-m", "reconciler", *command],
        cwd=checkout.folder,
        capture_output=True,
        check=False,
        timeout=100,
    )

    assert ended.returncode == 0, ended.stderr
    assert ran(checkout.folder) == []


def test_a_path_that_is_safe_already_is_left_alone(checkout):
    for safe in ("-P", "-I"):
        ended = subprocess.run(
            [sys.executable, safe, "-m", "reconciler", "validate"], cwd=checkout.folder, check=False
        )
        assert ended.returncode == 0
    assert ran(checkout.folder) == []
