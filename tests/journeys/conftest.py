import shutil
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def example(workspace):
    """A copy of the example project, in a folder of its own."""
    shutil.copytree(EXAMPLES, workspace.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("state"))
    return workspace
