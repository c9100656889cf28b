"""The rules of the house that no linter knows."""

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

import reconciler
from reconciler import errors
from reconciler.api import errors as wire
from reconciler.cli.main import program
from reconciler.errors import ReconcilerError

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "reconciler").rglob("*.py"))
README = (ROOT / "README.md").read_text()
FORBIDDEN = re.compile(r"(^|_)(manager|helper|utils|base|info|data|handler|process|do)s?($|_)")
OF_THE_WIRE_OR_A_LIBRARY = {
    "data",  # the key of a page of the wire
    "page_info",  # the SDK's, of a page
    "next_page_info",  # the same
    "base_url",  # what the SDK calls it, and its variable OPENAI_BASE_URL
    "handle_async_request",  # httpx's transport
    "handle_request",  # the same
    "capture_signals",  # uvicorn's server
    "in_process",  # an operating system's process, for once
}


def names(tree):
    """Every name a module defines: functions, classes, arguments, assigned variables."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield re.sub(r"(?<=[a-z])(?=[A-Z])", "_", node.name).lower()
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id.lower()
        elif isinstance(node, ast.arg):
            yield node.arg.lower()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_name_says_nothing(path):
    found = {name for name in names(ast.parse(path.read_text())) if FORBIDDEN.search(name)}

    assert found <= OF_THE_WIRE_OR_A_LIBRARY


def test_only_the_speech_prints():
    def prints(path):
        calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
        return any(getattr(call.func, "id", "") == "print" for call in calls)

    assert [path for path in SOURCES if prints(path)] == []


def modules():
    for one in pkgutil.walk_packages(reconciler.__path__, "reconciler."):
        if not one.name.endswith("__main__"):
            yield importlib.import_module(one.name)


def test_every_module_says_what_it_owns():
    assert [one.__name__ for one in modules() if not (one.__doc__ or "").strip()] == []


def descendants(kind):
    for one in kind.__subclasses__():
        yield one
        yield from descendants(one)


def test_every_error_has_an_exit_code_and_the_trees_name_the_public_ones():
    list(modules())
    drawn = (errors.__doc__ or "") + (wire.__doc__ or "")
    public = {errors.__name__, wire.__name__}

    for one in descendants(ReconcilerError):
        assert one.exit_code in {1, 4, 5, 64, 70}
        assert one.__doc__
        assert one.__name__ in drawn or one.__module__ not in public


COMMANDS = sorted(program.commands)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme_and_helps(name):
    command = program.commands[name]

    assert f"| `{name}" in README
    assert len(command.get_short_help_str(100)) <= 60
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            variables = parameter.envvar if isinstance(parameter.envvar, list) else [parameter.envvar]
            assert variables[0].startswith("ASSISTANTS_SYNC_")


def test_every_exit_code_is_in_the_readme():
    for code in (0, 1, 2, 3, 4, 5, 64, 70):
        assert f"| {code} |" in README
    assert "| 130, 143 |" in README


def test_the_readme_names_only_files_that_exist():
    for text in (README, (ROOT / "docs/architecture.md").read_text(), (ROOT / "CONTRIBUTING.md").read_text()):
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (ROOT / target).exists() or (ROOT / "docs" / target).exists(), target


def test_every_verb_of_contributing_is_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text()

    for verb in re.findall(r"[$`] ?make ([a-z]+)", README + (ROOT / "CONTRIBUTING.md").read_text()):
        assert re.search(rf"^{verb}:", makefile, re.MULTILINE), verb


def test_the_version_is_one():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == reconciler.__version__
    assert f"## {reconciler.__version__} " in (ROOT / "CHANGELOG.md").read_text()


def test_the_model_loads_no_library():
    code = (
        "import sys; before = {*sys.modules}; import reconciler.model.plan, reconciler.model.outcome\n"
        "print(*({name.partition('.')[0] for name in sys.modules} - before))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    measuring = {"$coverage", "coverage"}
    assert set(ended.stdout.decode().split()) <= set(sys.stdlib_module_names) | {"reconciler"} | measuring


def test_every_lint_ignore_carries_its_reason():
    codes = r"[A-Z]+[0-9]+(,\s*[A-Z]+[0-9]+)*"
    bare = re.compile(rf"#\s*(noqa(:\s*{codes})?|type:\s*ignore(\[[^\]]*\])?)\s*$", re.MULTILINE)
    files = [*SOURCES, *(ROOT / "tests").rglob("*.py")]

    assert [str(path.relative_to(ROOT)) for path in files if bare.search(path.read_text())] == []
