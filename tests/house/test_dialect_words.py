"""Above the dialects nothing names a field or a tool type: no text is one, and no keyword."""

import ast
import re
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


ORDINARY = {
    "text": "what anything is made of, and a form of output",
    "required": "what must be there: a word of JSON Schema, of pydantic and of the command line",
    "mode": "how pydantic reads, and how a file is opened",
    "location": "where a state is",
    "transport": "what makes requests",
}
"""Words of a table that mean something else all over the program, and what that is."""

WORDS = {word for load in DIALECTS.values() for word in words(load()) if word} - ORDINARY.keys()

COMMON = {"name", "files", "description"}
"""Words that our own functions have for their parameters too."""

# The same spelling for something else, and what that is.
OTHERS = {
    ("cli/configured.py", "files"): "the parameter of the command line that takes the paths of -f",
    ("cli/options.py", "files"): "the same",
    ("cli/validate.py", "files"): "the same",
    ("config/variables.py", "name"): "a group of a pattern",
    ("model/field.py", "files"): "the shape of a part",
    ("model/key_contexts.py", "name"): "a user that manuals write in addresses",
    ("model/key_formats.py", "name"): "a group of a pattern, and an entry of Kubernetes",
    ("model/mark.py", "name"): "a group of a pattern",
    ("model/resource.py", "metadata="): "the attribute of an assistant that holds the ownership mark",
    ("model/mark.py", "files"): "a group of a pattern",
    ("render/dialect_tables.py", "name"): "the key of a field in the facts of a dialect",
    ("render/dialect_tables.py", "tools"): "the key of all tools in the facts of a dialect",
    ("render/migration.py", "files"): "the files of a configuration that a migration changes",
    ("render/secrecy.py", "name"): "a value of a list of assistants, whichever field it is from",
    ("forges/gitlab.py", "description"): "a field of GitLab's issues",
    ("store/postgres/store.py", "name"): "a parameter of SQL",
}


def documentation(tree):
    """Yield the docstrings of a module, and the texts that stand alone: they explain and decide nothing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def literals(source):
    """Yield every text of a module but its documentation, and every name of a keyword, with its line."""
    tree = ast.parse(source)
    prose = {id(node) for node in documentation(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value
        elif isinstance(node, ast.keyword) and node.arg not in {None, *COMMON}:
            yield node.value.lineno, f"{node.arg}="


def names_a_field(text):
    """Return whether a text is a word of a table, or a path that begins with one."""
    return re.split(r"[.=\\]", text.removeprefix("`"))[0] in WORDS


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
        if names_a_field(text) and (name, text) not in OTHERS
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
        "match a:\n    case {'tools': found}: pass",
        "FIELD = 'instructions'",
        "def f(field='tools'): pass",
        "f(tools=1)",
        "f'metadata.{key}'",
        "x = y or 'tools'",
    ],
)
def test_a_word_of_a_table_is_found_wherever_it_stands(code):
    assert any(names_a_field(text) for _, text in literals(code))
