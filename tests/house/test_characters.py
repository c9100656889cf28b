"""Properties of characters have one door, model/characters.py: Pythons disagree about them."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "reconciler"
SOURCES = sorted(path for path in ROOT.rglob("*.py") if "server" not in path.relative_to(ROOT).parts)
DOOR = "model/characters.py"
PROPERTIES = {
    *("isprintable", "isalnum", "isalpha", "isidentifier", "isupper", "islower", "istitle"),
    *("isdigit", "isdecimal", "isnumeric", "casefold", "swapcase"),
}
CLASSES = ("\\w", "\\W", "\\d", "\\D", "\\b", "\\B")
EXCEPTIONS = {
    "store/bucket.py": {"isalpha"},  # of the scheme of an address, which is compared with known ones
    "store/postgres/database.py": {"isdecimal"},  # of a port that libpq has accepted
    "cli/known_secrets.py": {"pattern"},  # of names of environment variables, which are of ASCII
}


def asked(tree):
    """What a module asks of characters, but of those that it knows to be of ASCII."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = {getattr(node, "module", None), *(one.name for one in node.names)}
            yield from names & {"unicodedata", "wcwidth"}
        elif isinstance(node, ast.Call) and is_pattern(node):
            yield "pattern"
        elif isinstance(node, ast.Attribute) and node.attr in PROPERTIES:
            yield node.attr


def is_pattern(call):
    """Whether a call makes a pattern of texts in which a class of characters depends on Unicode."""
    function = ast.unparse(call.func)
    if not function.startswith("re.") or not call.args or "ASCII" in ast.unparse(call):
        return False
    parts = [one.value for one in ast.walk(call.args[0]) if isinstance(one, ast.Constant)]
    return any(isinstance(one, str) and any(each in one for each in CLASSES) for one in parts)


def of_ascii(tree):
    """The same tree without the expressions and the branches that ask for ASCII first."""
    for node in ast.walk(tree):
        for field, value in ast.iter_fields(node):
            if isinstance(value, (ast.BoolOp, ast.UnaryOp)) and "isascii" in ast.unparse(value):
                setattr(node, field, ast.Constant(value=None))
            elif isinstance(value, list):
                value[:] = [
                    one for one in value if not isinstance(one, ast.If) or "isascii" not in ast.unparse(one)
                ]
    return tree


def found(path):
    return {*asked(of_ascii(ast.parse(path.read_text())))}


def test_properties_of_characters_are_asked_at_one_door():
    named = {str(path.relative_to(ROOT)): found(path) for path in SOURCES}

    assert {path: ways for path, ways in named.items() if ways and path != DOOR} == EXCEPTIONS


@pytest.mark.parametrize(
    "code",
    [
        "import unicodedata",
        "from unicodedata import category",
        "text.isprintable()",
        "map(str.isalpha, text)",
        "text.casefold()",
        r"re.compile(r'\bkey')",
        r"re.sub('\\w+', '', text)",
        r"re.compile(f'{one}\\d')",
    ],
)
def test_each_way_to_ask_is_known_as_one(code):
    assert {*asked(of_ascii(ast.parse(code)))}


@pytest.mark.parametrize(
    "code",
    [
        "text.isascii() and text.isprintable()",
        "if text.isascii():\n    one = text.isprintable()",
        r"re.compile(r'\w', re.ASCII)",
        r"re.compile(rb'\w')",
        r"re.compile(r'\s')",
    ],
)
def test_what_every_python_answers_alike_is_free(code):
    assert not {*asked(of_ascii(ast.parse(code)))}
