"""Which versions are installed: those of the lock files, and no others."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "locks"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MAKEFILE = (ROOT / "Makefile").read_text()
LOCKED = re.compile(r"[a-z0-9._-]+==[0-9][a-z0-9.]*( ; [\w'\" .<>=!()]+)?( --hash=sha256:[0-9a-f]{64})+")


def joined(text):
    """The lines of a text without comments, each with those that continue it."""
    lines = re.sub(r"\s*\\\n\s*", " ", text).splitlines()
    return [line for line in (re.sub(r"(^|\s)#.*", "", line).strip() for line in lines) if line]


def locked(name):
    """What a lock file holds, by name: every version, since markers may choose one of several."""
    versions = {}
    for line in joined((LOCKS / f"{name}.txt").read_text()):
        found = Requirement(line.partition(" --hash")[0])
        versions.setdefault(found.name, []).append(str(found.specifier).removeprefix("=="))
    return versions


def group(name):
    """The requirements of a dependency group, with those of the groups in it."""
    for one in PYPROJECT["dependency-groups"][name]:
        yield from group(one["include-group"]) if isinstance(one, dict) else [one]


PROGRAM = [*PYPROJECT["project"]["dependencies"], *group("build"), *PYPROJECT["build-system"]["requires"]]
EXTRAS = [one for several in PYPROJECT["project"]["optional-dependencies"].values() for one in several]
SDK = joined((LOCKS / "sdk.in").read_text())
AGENTS_SDK = joined((LOCKS / "agents-sdk.in").read_text())
OCTODNS = joined((LOCKS / "octodns.in").read_text())
WANTED = {
    "program": PROGRAM,
    "action": [*PROGRAM, *EXTRAS],
    "development": [*PROGRAM, *EXTRAS, *group("dev")],
    "sdk": SDK,
    "agents-sdk": AGENTS_SDK,
    "octodns": OCTODNS,
}


def test_there_is_a_lock_for_the_program_its_action_development_and_each_peer():
    assert {path.stem for path in LOCKS.glob("*.txt")} == WANTED.keys()


@pytest.mark.parametrize("name", WANTED)
def test_a_lock_names_exact_versions_with_hashes_and_nothing_else(name):
    lines = joined((LOCKS / f"{name}.txt").read_text())

    assert lines
    assert [line for line in lines if not LOCKED.fullmatch(line)] == []


@pytest.mark.parametrize("name", WANTED)
def test_a_lock_holds_no_address_and_no_path(name):
    assert not re.search(r"://|/|@|--(?!hash=sha256:)", (LOCKS / f"{name}.txt").read_text())


@pytest.mark.parametrize(
    ("name", "wanted"), [(name, one) for name, several in WANTED.items() for one in several]
)
def test_what_is_declared_is_locked_in_its_range(name, wanted):
    requirement = Requirement(wanted)
    versions = locked(name).get(canonicalize_name(requirement.name))

    assert versions, "run `make lock`"
    assert all(requirement.specifier.contains(version) for version in versions), "run `make lock`"


@pytest.mark.parametrize("name", ["program", "action"])
def test_the_program_is_tested_with_the_versions_that_the_demo_and_the_action_have(name):
    program, development = locked(name), locked("development")

    assert {name: development.get(name) for name in program} == program


def test_every_range_has_an_upper_bound():
    ranges = [Requirement(one) for one in WANTED["development"]]

    assert [str(one) for one in ranges if "<" not in {part.operator for part in one.specifier}] == []


RESOLVE = {"lock", "newest", "oldest"}  # the verbs that are there to find other versions than the locked ones
FETCHES = re.compile(
    r"\b(pip[0-9.]*|uv|npm|yarn|pnpm|conda|mamba|poetry|pdm|hatch|gem|cargo|go|brew|playwright)\b"
    r"[^;&|]*?\s(install|i|ci|sync|compile|download|wheel|add|lock|run|tool|create|exec|get|upgrade|update)\b"
    r"|\b(pipx|uvx|npx|easy_install|curl|wget)\s|--upgrade-deps\b"
)
PINNED = re.compile(
    r"--require-hashes\b|--no-deps (--no-build-isolation --editable|--no-index --no-build-isolation)"
    r" ('?\"?)(\.|\$\w+(/\w+)?)\2$"
)


def unpinned(text):
    """Every command that may install a version that no lock names.

    What apt-get installs for CI is part of the operating system, which has no lock.
    """
    commands = [re.sub(r"[\"'],\s*|[\[\]]", " ", line) for line in joined(text)]
    return [one for one in commands if FETCHES.search(one.replace('"', " ")) and not PINNED.search(one)]


@pytest.mark.parametrize(
    "command",
    [
        "pip install pip",
        ".venv/bin/pip install --upgrade 'pip>=25.1'",
        '"$directory/bin/python" -m pip --quiet install "$@"',
        "python3 -m pip install \\\n  --quiet openai==1.17.1",
        "pip install --no-deps --no-build-isolation requests",
        "pip install --no-deps --no-build-isolation --editable git+https://example.com/x",
        "pip install --editable .",
        "pip install --no-deps --no-index --no-build-isolation assistants-sync==0.1.0",
        "pip install --no-deps --no-index $GITHUB_ACTION_PATH",
        "uv pip install --group dev",
        "uv pip compile pyproject.toml",
        "uv sync",
        "uv run pytest",
        "uvx ruff check",
        "npx prettier --check .",
        "@npm install",
        "python -m venv --upgrade-deps .venv",
        "curl https://example.com/install.sh | sh",
        'subprocess.run(["pip", "install", "x"])',
    ],
)
def test_each_unpinned_installation_is_known_as_one(command):
    assert unpinned(command)


@pytest.mark.parametrize(
    "command",
    [
        "# pip install x",
        "pip install --require-hashes --only-binary :all: --requirement locks/program.txt",
        "pip install --no-deps --no-build-isolation --editable .",
        'pip install --no-deps --no-index --no-build-isolation "$room/program"',
        "echo 'install uv' && make test",
    ],
)
def test_what_is_pinned_is_known_as_pinned(command):
    assert unpinned(command) == []


SCRIPTS = [path for folder in (".ci", "tools") for path in (ROOT / folder).iterdir() if path.is_file()]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_installs_an_unpinned_version(path):
    assert unpinned(path.read_text()) == []


TARGETS = re.findall(r"^(?!\.PHONY)([\w./-]+):(?!=)", MAKEFILE, re.MULTILINE)


def recipe(target):
    """Every command that make would run for a target from nothing."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    command = ["make", "--dry-run", "--always-make", target]
    ended = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return ended.stdout


@pytest.mark.parametrize("target", TARGETS)
def test_only_lock_newest_and_oldest_find_versions_of_their_own(target):
    assert bool(unpinned(recipe(target))) == (target in RESOLVE)


def test_the_verbs_that_find_versions_of_their_own_are_there():
    assert {*TARGETS} >= RESOLVE
    assert (
        unpinned(re.sub(r"^(RESOLVE|LOCK) = .*", "", "\n".join(joined(MAKEFILE)), flags=re.MULTILINE)) == []
    )
