"""Calls with more than four arguments name them, so that a reader need not look the order up."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "reconciler"

# Functions that take any number of values of one kind, or the arguments that a library saves.
VARIADIC = {"TypeVar", "together", "git", "_git", "_named", "self._read", "super().__init__"}


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_call_with_more_than_four_arguments_names_them(path):
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    unnamed = {f"line {call.lineno}: {ast.unparse(call.func)}" for call in calls if len(call.args) > 4}

    assert {one for one in unnamed if one.partition(": ")[2] not in VARIADIC} == set()
