import shutil
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


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
