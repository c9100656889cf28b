"""The page about the state: what it gives to copy can be read, and every command line in it is one."""

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from reconciler.cli.main import program
from reconciler.config.accepting import accepted
from reconciler.config.shapes import Document

PAGE = (Path(__file__).parents[2] / "docs/state.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [found.groups() for found in BLOCK.finditer(PAGE)]
YAML = [text for language, text in BLOCKS if language == "yaml"]


def commands():
    """Every command line, in a block or between backticks, without the comment behind it."""
    for line in PAGE.splitlines():
        quoted = re.findall(r"`(assistants-sync [^`]*)`", line)
        written = re.search(r"(?:^\$ |run: |script: |^ +- )(assistants-sync .*)", line)
        yield from quoted
        if written:
            yield written[1]


COMMANDS = sorted(set(commands()))


def test_no_command_line_is_overlooked():
    assert len(COMMANDS) >= 4
    assert PAGE.count("assistants-sync apply") == sum(
        one.startswith("assistants-sync apply") for one in commands()
    )


@pytest.mark.parametrize("text", YAML, ids=range(len(YAML)))
def test_every_snippet_is_yaml(text):
    assert yaml.safe_load(text)


def test_every_snippet_of_a_configuration_is_one():
    found = [text for text in YAML if text.startswith("project:")]

    assert found
    for text in found:
        assert accepted(Document, yaml.safe_load(text)).state


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_line_can_be_given(line):
    words = [word.replace("…", "host/name") for word in shlex.split(line, comments=True)[1:]]
    command = program
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    with command.make_context(command.name, words) as given:
        assert given.params


@pytest.mark.parametrize(
    "kind", ["path: state", "state/", "postgresql://", "s3://", "ALLOW_STATE", "id-token", "id_tokens"]
)
def test_every_kind_of_place_has_its_snippet(kind):
    assert any(kind in text for text in YAML)


def test_every_secret_of_a_snippet_comes_from_the_environment():
    for text in YAML:
        assert not re.search(r"://[^/\s:]+:[^@\s]+@", text.replace("USER:PASSWORD@", ""))
