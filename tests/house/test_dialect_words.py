"""Above the dialects nothing names a field, a tool type or a limit: no literal of one decides anything."""

import ast
from pathlib import Path

import pytest

from reconciler.dialects import DIALECTS
from reconciler.model.field import Items

ROOT = Path(__file__).parents[2] / "reconciler"
PACKAGES = ("config", "engine", "render", "model", "store", "cli", "forges")


def words(dialect):
    """Yield every word that a table is made of."""
    for row in dialect.fields:
        yield row.name
        for kind in row.kinds if isinstance(row, Items) else ():
            yield from (kind.tag, kind.inner, kind.key, kind.contract, *kind.compared)
        yield getattr(row, "searched", "")


WORDS = {word for load in DIALECTS.values() for word in words(load()) if word}

# The same spelling for something else, and what that is.
OTHERS = {
    ("cli/configured.py", "files"): "the parameter of the command line that takes the paths of -f",
    ("cli/options.py", "files"): "the same",
    ("cli/validate.py", "files"): "the same",
    ("config/variables.py", "name"): "a group of a pattern",
    ("model/mark.py", "name"): "a group of a pattern",
    ("model/mark.py", "files"): "a group of a pattern",
    ("forges/gitlab.py", "description"): "a field of GitLab's issues",
    ("store/postgres/store.py", "name"): "a parameter of SQL",
}


def operands(node):
    """Yield the places where a literal decides something: keys, comparisons, members, arguments."""
    match node:
        case ast.Subscript():
            yield node.slice
        case ast.Compare():
            yield from (node.left, *node.comparators)
        case ast.Set() | ast.Tuple() | ast.List():
            yield from node.elts
        case ast.Dict():
            yield from (key for key in node.keys if key)
        case ast.Call():
            yield from node.args
        case ast.MatchValue():
            yield node.value


def literals(source):
    """Yield every literal that decides something, with its line."""
    for node in ast.walk(ast.parse(source)):
        for place in operands(node):
            for leaf in ast.walk(place):
                if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str):
                    yield leaf.lineno, leaf.value


@pytest.mark.parametrize(
    "path",
    [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_module_above_the_dialects_names_a_field(path):
    name = str(path.relative_to(ROOT))
    found = {
        (line, text)
        for line, text in literals(path.read_text())
        if text.partition(".")[0] in WORDS and (name, text) not in OTHERS
    }

    assert not found


@pytest.mark.parametrize(
    "code",
    [
        "fields['instructions']",
        "if name == 'tools': pass",
        "{'metadata', 'x'}",
        "{'metadata.team': 1}",
        "get('retrieval')",
        "match a:\n    case 'tools': pass",
    ],
)
def test_a_literal_that_decides_is_found(code):
    assert any(text.partition(".")[0] in WORDS for _, text in literals(code))
