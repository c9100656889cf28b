"""Configurations as a person writes them, and what becomes of them."""

import os
import subprocess
from dataclasses import replace

import pytest

from reconciler.config.content import Root
from reconciler.config.errors import ConfigError
from reconciler.config.resolve import Choice, configuration
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.model.field import Fields


def pytest_addoption(parser):
    parser.addoption("--golden", action="store_true", help="write the golden messages anew; then review them")


@pytest.fixture
def with_row():
    """The v1 dialect with another row, or with a new one."""

    def with_row(row):
        rows = {**ASSISTANTS_V1.fields.by_name, row.name: row}
        return replace(ASSISTANTS_V1, fields=Fields(tuple(rows.values())))

    return with_row


@pytest.fixture
def root(workspace):
    return Root(workspace.folder)


@pytest.fixture
def read(workspace, root):
    """What a configuration means: a text, or the files and folders named."""

    def read(text=None, *paths, dialect=ASSISTANTS_V1):
        if text is not None:
            workspace.configure(text)
        named = [workspace.folder / path for path in paths] or [workspace.folder / "assistants.yaml"]
        return configuration(root, named, dialect).desired

    return read


@pytest.fixture
def means(workspace, root):
    """What a configuration means in an environment, given variables."""

    def means(environment=None, *paths, **variables):
        named = [workspace.folder / path for path in paths or ("assistants.yaml",)]
        return configuration(root, named, ASSISTANTS_V1, Choice(environment, variables))

    return means


@pytest.fixture
def refused(means):
    """Where and what is wrong."""

    def refused(*arguments, **options):
        with pytest.raises(ConfigError) as caught:
            means(*arguments, **options)
        return [f"{problem.origin}: {problem.message}" for problem in caught.value.diagnostics]

    return refused


@pytest.fixture
def git(workspace, monkeypatch):
    """Git in the project, given an input; what it prints."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    identity = "-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"

    def git(*arguments, given=b""):
        command = ["git", *identity, *arguments]
        ended = subprocess.run(
            command, cwd=workspace.folder, input=given, check=True, capture_output=True, timeout=60
        )
        return ended.stdout.decode().strip()

    git("init", "-q")
    return git
