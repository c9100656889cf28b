import pytest
from builders import World


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.database.close()
