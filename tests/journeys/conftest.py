import shutil
from pathlib import Path

import pytest
from store.postgres_server import running

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def example(workspace):
    """A copy of the example project, in a folder of its own."""
    shutil.copytree(EXAMPLES, workspace.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("state"))
    return workspace


@pytest.fixture(scope="session")
def postgres():
    """A database server for all tests of this process, started by the first that wants it."""
    with running() as server:
        yield server


@pytest.fixture
def database(postgres):
    """The address of a database that nobody has used."""
    return postgres.url(postgres.database())
