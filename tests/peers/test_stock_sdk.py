"""The stock SDK of the time walks the whole life cycle against the embedded server."""

import json
import subprocess
from pathlib import Path

import pytest

from reconciler.server import Database, create_app, running

HERE = Path(__file__).parent
SDK = HERE.parents[1] / ".venv-sdk/bin/python"


@pytest.fixture(scope="module")
def seen():
    """What the SDK saw, by topic."""
    if not SDK.exists():
        pytest.fail("the SDK's environment is missing: run `make .venv-sdk/ready` (make test does)")
    with Database.memory() as database, running(create_app(database, api_key="sk-0123456789abcdef")) as url:
        command = [str(SDK), str(HERE / "life.py"), url]
        ended = subprocess.run(command, capture_output=True, check=False, timeout=100)
    assert ended.returncode == 0, ended.stderr.decode()
    return json.loads(ended.stdout)


def test_it_is_the_sdk_of_the_time(seen):
    assert seen["version"] == "1.17.1"


def test_uploads(seen):
    assert seen["upload"] == ["first.md", 7, "assistants", "processed", "file"]
    assert seen["content"] == "# First"
    assert seen["uploads"] == ["first.md", "second.md"]
    assert seen["upload again"]


def test_create_with_tools_metadata_and_files(seen):
    assert seen["made"] == ["assistant", "Support", None, {"team": "support"}, True]
    assert [tool["type"] for tool in seen["tools"]] == ["code_interpreter", "function"]
    assert seen["tools"][1]["function"]["parameters"]["properties"] == {"id": {"type": "string"}}
    assert seen["retrieve"]


def test_a_partial_update_keeps_the_rest(seen):
    assert seen["update"] == ["New", "Support", [], True]


def test_attach_list_retrieve_detach(seen):
    assert seen["attach"] == ["assistant.file", True, True]
    assert seen["attached"]
    assert seen["attachment"]
    assert seen["detach"] == ["assistant.file.deleted", True]
    assert seen["left"]


def test_deletions(seen):
    assert seen["delete"] == ["assistant.deleted", True]


def test_a_list_of_250_is_paged_by_itself_in_both_orders(seen):
    assert seen["pages"] == [True, True]


def test_detaching_and_deleting_while_listing_leave_nothing(seen):
    assert seen["emptied"] == [[], []]


@pytest.mark.parametrize(
    ("case", "error"),
    [
        ("missing", ["NotFoundError", 404, None, None]),
        ("limit", ["BadRequestError", 400, "integer_above_max_value", "limit"]),
        ("header", ["BadRequestError", 400, "invalid_beta", None]),
        ("model", ["BadRequestError", 400, "invalid_type", "model"]),
        ("key", ["AuthenticationError", 401, "invalid_api_key", None]),
        ("upload", ["NotFoundError", 404, None, "id"]),
    ],
)
def test_refusals_become_the_sdks_own_errors(seen, case, error):
    assert seen["errors"][case][:4] == error
