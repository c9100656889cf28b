import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from builders import PLAIN
from conftest import Ended, Workspace

from reconciler.cli import main

BETA = {"OpenAI-Beta": "assistants=v1"}
EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass
class Site:
    """A project, the server it is applied to, and the program run in this process."""

    workspace: Workspace
    app: Any
    url: str
    invoke: Any

    def run(self, *arguments: str) -> Ended:
        """Run the program against the server."""
        return self.invoke(*arguments, "--server", self.url)

    def send(self, method: str, path: str, body: Any = None, **rest: Any) -> Any:
        """Somebody else's request."""
        reply = httpx.request(method, f"{self.url}{path}", json=body, headers=BETA, verify=PLAIN, **rest)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def edit(self, key: str = "support", /, **fields: Any) -> None:
        """Somebody else edits an assistant on the server."""
        self.send("POST", f"/assistants/{self.id(key)}", fields)

    def id(self, key: str) -> str:
        """The remote id of an assistant."""
        return self.invoke("output", f"assistant.{key}").out.strip()

    def live(self, key: str = "support") -> Any:
        """An assistant as the server has it."""
        return self.send("GET", f"/assistants/{self.id(key)}")

    def writes(self) -> list[str]:
        """What was written on the server since the ledger's page began."""
        return [f"{one.method} {one.path}" for one in self.app.state.ledger if one.writes]


@pytest.fixture
def invoke(monkeypatch, capfd):
    """Run the program in this process."""

    def invoke(*arguments):
        code = main.run([*arguments])
        told = capfd.readouterr()
        return Ended(code, told.out, told.err)

    return invoke


@pytest.fixture
def git(project):
    """Git in a project's folder, whatever surrounds it; what it prints."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}

    def git(*arguments):
        command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments]
        ended = subprocess.run(command, cwd=project.folder, env=own, check=True, capture_output=True)
        return ended.stdout.decode().strip()

    return git


@pytest.fixture
def example(workspace):
    """A copy of the example project, in a folder of its own."""
    shutil.copytree(EXAMPLES, workspace.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("state"))
    return workspace


@pytest.fixture(scope="session")
def postgres():
    """A database server for all tests of this process, started by the first that wants it."""
    from store.postgres_server import running  # noqa: PLC0415 - most tests want none

    with running() as server:
        yield server


@pytest.fixture(scope="session")
def objects():
    """An endpoint of object storage, in the same way."""
    from store.objects_server import serving  # noqa: PLC0415 - the same

    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def database(postgres):
    """The address of a database that nobody has used."""
    return postgres.url(postgres.database())


@pytest.fixture
def bucket(objects, monkeypatch):
    """The address of a bucket that nobody has used, and an environment in which it is found."""
    settings = {
        "AWS_ENDPOINT_URL": objects.url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return f"s3://{objects.bucket()}/states"


@pytest.fixture(params=["database", "bucket"])
def place(request):
    """Every sort of place that several machines see."""
    return request.getfixturevalue(request.param)
