import pytest
from builders import World
from engine.deaths import Scene


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def scene(tmp_path):
    """A world whose assistants are renamed and let go."""
    made = Scene(tmp_path)
    yield made
    made.database.close()
