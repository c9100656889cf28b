"""What README and CONTRIBUTING promise about extensions and libraries is so."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from reconciler.dialects import DIALECTS

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
DOORS = [one for one in CONTRACTS if one["type"] == "protected" and one["name"].endswith("has one door")]
ROWS = re.findall(r"^\| (.+) \| (.+) \|$", CONTRIBUTING, re.MULTILINE)
ADDED = """
import sys
from reconciler.render.formats import FORMATS
FORMATS["addresses"] = lambda document, _: "".join(f"{one.address}\\n" for one in document.changes)
from reconciler.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


def path_of(module):
    """The path of a module or a package, as the page writes it."""
    path = module.removeprefix("reconciler.").replace(".", "/")
    return f"{path}/" if (ROOT / "reconciler" / path).is_dir() else f"{path}.py"


def imported(path):
    """Every module that a file imports, relative imports excluded: there are none."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names)


@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_is_one_package_that_one_module_loads(name):
    package = ROOT / "reconciler/dialects" / name.replace("-", "_")
    module = f"reconciler.dialects.{package.name}"
    outside = [path for path in (ROOT / "reconciler").rglob("*.py") if package not in path.parents]
    users = [path for path in outside if any(f"{one}.".startswith(f"{module}.") for one in imported(path))]

    assert package.is_dir()
    assert [str(path.relative_to(ROOT)) for path in users] == ["reconciler/dialects/dialect.py"]


def test_the_product_does_not_name_the_dialect_that_proves_it():
    sources = [path for path in (ROOT / "reconciler").rglob("*.py") if "toy" in path.read_text()]

    assert (ROOT / "tests/toy/shape.py").exists()
    assert sources == []


def test_a_format_is_a_function_and_a_line(workspace):
    workspace.configure("project: acme\nassistants:\n  one: {model: gpt-4}\n  two: {model: gpt-4}\n")
    command = [sys.executable, "-c", ADDED, "-C", str(workspace.folder), "plan", "--format", "addresses"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "assistant.one\nassistant.two\n"


def test_no_library_has_a_door_that_the_table_leaves_out():
    shown = {library: tuple(sorted(re.findall("`([^`]+)`", where))) for library, where in ROWS}
    doors = {
        f"`{one['protected_modules'][0]}`": tuple(sorted(map(path_of, one["allowed_importers"])))
        for one in DOORS
    }

    assert {library: shown.get(library) for library in doors} == doors
