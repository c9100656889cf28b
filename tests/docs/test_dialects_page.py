"""The page about dialects has the tables that the program prints, and its other table names every dialect."""

from pathlib import Path

from reconciler.cli import main
from reconciler.dialects import DIALECTS

PAGE = (Path(__file__).parents[2] / "docs/dialects.md").read_text()


def test_the_tables_are_those_that_the_program_prints(capfd):
    assert main.run(["dialects", "--format", "markdown"]) == 0

    printed = capfd.readouterr().out

    assert PAGE.endswith(printed), "write what `assistants-sync dialects --format markdown` prints"
    assert all(f"\n## {name}\n" in f"\n{printed}" for name in DIALECTS)


def test_the_page_says_what_was_not_tried():
    assert "**no**: its documentation and its SDK are all that is known here" in PAGE
    assert "not tried" in PAGE
