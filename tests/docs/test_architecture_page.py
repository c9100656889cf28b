"""The page about the architecture names every module, and nothing that is not there."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from reconciler.engine.ownership import Verdict

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "reconciler"
PAGE = (ROOT / "docs/architecture.md").read_text()
PACKAGE = re.compile(r"^### `([a-z]+)/`\n(.*?)(?=^#)", re.MULTILINE | re.DOTALL)
TOP = re.compile(r"^### The top\n(.*?)(?=^#)", re.MULTILINE | re.DOTALL)
CELL = re.compile(r"^\| (`[^|]+`) \|", re.MULTILINE)
CODE = re.compile(r"`([^`\s]+)`")
MODULE = re.compile(r"([a-z0-9_/]+\.py)(?::([A-Za-z_.]+))?")
OTHER = re.compile(r"(?:tests|tools|docs)/[a-z0-9_./-]*")


def modules():
    """Every file of the program that owns something, as the page names it."""
    for path in sorted(SOURCES.rglob("*")):
        if path.suffix in {".py", ".jinja", ".css"} and path.name not in {"__init__.py", "__main__.py"}:
            yield str(path.relative_to(SOURCES))


def rows():
    """Every module in the table of its package."""
    for table in TOP.findall(PAGE):
        yield from listed(table)
    for package, table in PACKAGE.findall(PAGE):
        yield from (f"{package}/{name}" for name in listed(table))


def listed(table):
    """Every module in the first column of a table."""
    return [name for cell in CELL.findall(table) for name in CODE.findall(cell)]


def references():
    """Every path in code font outside of those tables, and the name behind it."""
    prose = PACKAGE.sub("", TOP.sub("", PAGE))
    for code in CODE.findall(re.sub(r"^```.*?^```$", "", prose, flags=re.MULTILINE | re.DOTALL)):
        if module := MODULE.fullmatch(code):
            yield module[1], module[2] or ""
        elif OTHER.fullmatch(code):
            yield code, ""


def located(path):
    """A path of the page on the disk."""
    return ROOT / path if path.startswith(("tests/", "tools/", "docs/")) else SOURCES / path


def defined(body, names):
    """Whether a body defines a name, and inside that the next one."""
    first, *rest = names
    for node in body:
        target = getattr(node, "target", None) or [*getattr(node, "targets", ()), None][0]
        if first in {getattr(node, "name", None), getattr(target, "id", None)}:
            return not rest or defined(node.body, rest)
    return False


def test_every_module_is_named_once():
    assert sorted(rows()) == sorted(modules())


@pytest.mark.parametrize(("path", "name"), sorted(set(references())))
def test_what_the_page_refers_to_exists(path, name):
    assert located(path).exists()
    assert not name or defined(ast.parse(located(path).read_text()).body, name.split("."))


def test_names_are_looked_for_inside_classes():
    tree = ast.parse("class A:\n    def b(self): ...\nC: int = 1\nD = 2").body

    assert [defined(tree, one.split(".")) for one in ("A", "A.b", "C", "D")] == [True] * 4
    assert [defined(tree, one.split(".")) for one in ("b", "A.c", "E")] == [False] * 3


def test_the_layers_are_those_of_the_contract():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (one["layers"] for one in contracts if one["type"] == "layers")
    shown = re.findall(r"^ \d  ((?:[a-z]+(?:  \|  )?)+)", PAGE, re.MULTILINE)

    assert [one.replace("reconciler.", "").replace(" ", "") for one in layers] == [
        one.replace(" ", "") for one in shown
    ]


def test_the_verdicts_are_those_of_the_planner_in_their_order():
    assert re.findall(r"^\| `([A-Z]+)` \|", PAGE, re.MULTILINE) == [one.name for one in Verdict]
