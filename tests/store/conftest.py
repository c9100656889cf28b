"""A stored state to try things on; rescue copies go to folders of the test."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from store.objects_server import serving
from store.postgres_server import running

from reconciler.model.address import assistant, file
from reconciler.model.state import AssistantBinding, FileBinding, Intent, State, UploadRecord
from reconciler.store import LocalStore


class Sample:
    """Two addresses, what they are bound to, an intent, and states made of them."""

    support, handbook = assistant("support"), file("docs/handbook.md")
    bound = AssistantBinding("asst_1", "nonce", {"name": "0" * 64}, protected=True)
    uploaded = FileBinding(
        "file-1", "handbook.md", "0" * 64, 12, (UploadRecord("file-0", "handbook.md", "1" * 64, 9),)
    )
    intent = Intent(handbook, "upload", "", "handbook.md", 12, "0" * 64, ("file-0",))

    def state(self, **fields):
        """A state of serial 0 that has everything a state can have."""
        return State(
            "lineage",
            0,
            "acme",
            "the server",
            {self.support: self.bound, self.handbook: self.uploaded},
            (self.intent,),
            **fields,
        )

    def another(self, number):
        """A state that is recognised by its number."""
        return State("lineage", 0, f"project-{number}")


@pytest.fixture
def sample():
    return Sample()


@dataclass(frozen=True)
class Elsewhere:
    """Where a state may be rescued to."""

    temporary: Path
    home: Path

    def copies(self):
        """Every copy there is, the temporary folder's first."""
        return [path for folder in (self.temporary, self.home) for path in folder.iterdir()]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path_factory, monkeypatch):
    made = Elsewhere(tmp_path_factory.mktemp("temporary"), tmp_path_factory.mktemp("home"))
    monkeypatch.setattr(tempfile, "tempdir", str(made.temporary))
    monkeypatch.setenv("HOME", str(made.home))
    return made


@pytest.fixture
def store(tmp_path):
    made = LocalStore(tmp_path / "state")
    with made.lock("test"):
        pass
    return made


@pytest.fixture(scope="session")
def postgres():
    """A server for all tests of this process, started by the first that wants it."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def endpoint():
    """An endpoint of object storage, in the same way."""
    with serving() as made:
        yield made
