"""Every console of every page is run as written, or is listed here with the reason why it is not."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from pipelines.conftest import tools  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "RELIABILITY.md", "examples/README.md")),
]
SHELL = re.compile(r"^(```+|~~~+)(console|shell|sh|bash|zsh|text)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
ELSEWHERE = {
    "docs/adopting.md": "test_adopting_page.py",
    "docs/configuration.md": "test_configuration_page.py",
    "docs/operations.md": "test_operations_page.py",
    "docs/reading-a-plan.md": "test_reading_page.py",
}
WRITTEN = "printf '%s\\n' '*' '!.gitignore' '!state.json' '!journal.jsonl' > state/.gitignore"
EDGE = "-- end of a command --"
SERVES = "goes on until it is ended: tests/journeys/test_serve.py runs it"
INDEX = "installs from a package index"
NOT_RUN = {
    "git clone <this repository> && cd assistants-sync": "the repository has no fixed address",
    "make demo": f"{INDEX}; tests/journeys/test_example.py runs the demo",
    "make test": "runs this very test",
    "make setup": INDEX,
    'make test ARGS="-k stale -n 0"': "the same",
    "make check": "mypy takes a minute; CI runs it",
    "make sweep": "takes an hour",
    "make replay CASE='stories 7'": "a part of the sweep; tests/reliability tries the harness",
    "make golden": "writes into the checkout",
    "make pictures": "writes into the checkout; test_reading_page.py compares the pictures",
    "make bench": "measures for minutes",
    "make bench ARGS=--check": "the same",
    'make bench ARGS="--only validate --runs 1 --count 1000"': "measures; tests/bench tries the parts",
    "make lock": INDEX,
    "make newest": INDEX,
    "make oldest": INDEX,
    "for lock in development program action sdk octodns; do python3 -m pip download --require-hashes "
    "--only-binary :all: -r locks/$lock.txt -d ../wheels; done": INDEX,
    "PIP_NO_INDEX=1 PIP_FIND_LINKS=../wheels make demo test": "needs the wheels of the line before it",
    "assistants-sync state list --all --state s3://acme-states/assistants": (
        "needs credentials of a cloud; tests/store/test_store_listing.py lists a bucket of this machine"
    ),
    "pip install .": "installs into the environment that is active; README installs into a new one",
    "assistants-sync serve": SERVES,
}


def page_of(path):
    return str(path.relative_to(ROOT))


def blocks():
    """Yield each block with a command in it: its page, its place, and its commands with what they print."""
    for path in PAGES:
        text = path.read_text()
        for found in SHELL.finditer(text):
            if commands := COMMAND.findall(found[3]):
                line = text[: found.start()].count("\n") + 1
                yield page_of(path), line, [(bare(words), said) for words, said in commands]


def bare(words):
    """Return a command without the comment behind it."""
    return re.sub(r"\s+# .*", "", words)


BLOCKS = list(blocks())
RUN = [
    pytest.param(page, commands, id=f"{page}:{line}")
    for page, line, commands in BLOCKS
    if page not in ELSEWHERE and any(words not in NOT_RUN for words, _ in commands)
]


def example(folder):
    ignored = shutil.ignore_patterns("state")
    shutil.copytree(ROOT / "examples", folder, dirs_exist_ok=True, ignore=ignored)


def a_store_in_the_configuration(folder):
    example(folder)
    before, project, after = (folder / "assistants.yaml").read_text().partition("project: acme-support\n")
    assert project
    state = "state: s3://acme-states/assistants\n"
    (folder / "assistants.yaml").write_text(f"{project}{state}{before}{after}")


def a_state_in_a_checkout(folder):
    example(folder)
    for words in (["git", "init", "-q"], ["assistants-sync", "apply", "--auto-approve"]):
        subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def an_applied_example(folder):
    example(folder)
    words = ["assistants-sync", "apply", "--auto-approve"]
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def a_checkout_of_this_project(folder):
    """What an installation reads, apart, so that nothing is built in the real one."""
    names = ("pyproject.toml", "README.md", "LICENSE", "reconciler", "examples")
    for name in names:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)


BEFORE = {
    "python3 -m venv .venv-program": a_checkout_of_this_project,
    WRITTEN: a_state_in_a_checkout,
    "assistants-sync state rm assistant.triage --auto-approve": an_applied_example,
}
ENDS = {("docs/state.md", "assistants-sync plan"): (5, a_store_in_the_configuration)}


@pytest.fixture
def machine(monkeypatch, tools, tmp_path):  # noqa: F811 - the fixture
    """A machine with the program on its PATH, and no package index: pip finds what this environment has.

    But for this project itself: pip would first remove the one that the tests run.
    """
    packages = tmp_path / "packages"
    packages.mkdir()
    for one in Path(sysconfig.get_path("purelib")).iterdir():
        if not one.name.startswith(("assistants_sync", "_editable", "reconciler", "distutils-precedence")):
            (packages / one.name).symlink_to(one)
    settings = {
        "PATH": f"{tools}:{Path(sys.base_prefix) / 'bin'}:{os.environ['PATH']}",
        "PIP_REQUIRE_VIRTUALENV": "1",  # never into the Python of this machine
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # for pip that is: without isolation
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONPATH": str(packages),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    for name in ("CI", "OPENAI_API_KEY", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)


def typed(folder, lines):
    """Run the lines of one block in one shell, up to a failure; what each printed, and the code."""
    script = "\n".join(f"{line}\necho '{EDGE}'" for line in lines)
    ended = subprocess.run(
        ["bash", "-e", "-c", script],  # noqa: S607 - any bash
        cwd=folder,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=200,
    )
    return ended.stdout.split(f"{EDGE}\n"), ended.returncode


def shown(said):
    """The lines that a page shows of what a command prints; `...` stands for any others."""
    return [line for line in said.splitlines() if line.strip() not in {"", "..."}]


@pytest.mark.parametrize(("page", "commands"), RUN)
@pytest.mark.usefixtures("machine")
def test_a_console_of_a_page_runs_as_written_in_a_new_directory(tmp_path, page, commands):
    commands = [one for one in commands if one[0] not in NOT_RUN]
    first = commands[0][0]
    code, prepare = ENDS.get((page, first), (0, BEFORE.get(first, example)))
    folder = tmp_path / "fresh"
    folder.mkdir()
    prepare(folder)

    printed, ended = typed(folder, [words for words, _ in commands])

    assert ended == code, printed
    for (words, said), got in zip(commands, printed, strict=False):
        rest = iter(got.splitlines())
        assert [line for line in shown(said) if line not in rest] == [], (words, got)


def test_every_page_that_is_run_elsewhere_is_run_there():
    for page, name in ELSEWHERE.items():
        assert f'"{page}"' in (Path(__file__).parent / name).read_text()
        assert any(page == one for one, _, _ in BLOCKS)


def test_no_reason_is_given_for_what_no_page_shows():
    every = {words for _, _, commands in BLOCKS for words, _ in commands}

    assert sorted(set(NOT_RUN) - every) == []
    assert sorted(set(BEFORE) - every) == []


def test_every_verb_of_make_that_a_page_shows_exists():
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {verb for words in NOT_RUN for verb in re.findall(r"\bmake ((?:[a-z]+ ?)+)", words)}

    assert {one for words in asked for one in words.split()} <= verbs


def test_the_demo_of_make_installs_the_program_alone():
    command = ["make", "-n", "-B", ".venv-demo/ready"]
    planned = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    assert re.findall(r"locks/\w+\.txt", planned) == ["locks/program.txt"]


@pytest.mark.parametrize("page", PAGES, ids=page_of)
def test_no_page_installs_a_name_that_is_in_no_index(page):
    found = re.findall(r"pipx? install [^\n`|]*|uvx? (?:tool |pip )?install [^\n`|]*", page.read_text())

    assert [one for one in found if "assistants-sync" in one] == []


def test_no_message_installs_a_name_that_is_in_no_index():
    sources = [*(ROOT / "reconciler").rglob("*.py"), ROOT / "action.yml", *(ROOT / "templates").glob("*.yml")]

    assert [path for path in sources if re.search(r"install ['\"]?assistants-sync", path.read_text())] == []
