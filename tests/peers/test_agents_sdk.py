"""A stock SDK that speaks agents=v1 walks the whole life cycle against the embedded server."""

import json
import subprocess
from pathlib import Path

import pytest

from reconciler.server import Database, create_app, running

HERE = Path(__file__).parent
SDK = HERE.parents[1] / ".venv-agents-sdk/bin/python"


@pytest.fixture(scope="module")
def seen():
    """What the SDK saw, by topic."""
    if not SDK.exists():
        pytest.fail("the SDK's environment is missing: run `make .venv-agents-sdk/ready` (make test does)")
    with Database.memory() as database, running(create_app(database, api_key="sk-0123456789abcdef")) as url:
        command = [str(SDK), str(HERE / "agents_life.py"), url]
        ended = subprocess.run(command, capture_output=True, check=False, timeout=100)
    assert ended.returncode == 0, ended.stderr.decode()
    return json.loads(ended.stdout)


def test_it_is_a_stock_sdk(seen):
    assert seen["version"] == "3.57.0"


def test_a_create_is_answered_with_everything_filled_in(seen):
    assert seen["made"] == ["agent", "Support", "gpt-5.6", {"team": "support"}, True]
    assert seen["filled in"] == ["medium", "auto", "auto", "text", "medium", 6, False, False]
    assert seen["tools"] == [False, False, None, {}, "live", "medium"]
    assert seen["retrieve"]


def test_null_clears_and_the_rest_stays(seen):
    assert seen["update"]["cleared"] == [None, None, [], {}, "gpt-5.6"]
    assert seen["update"]["disabled"] == [False, None]


def test_an_object_replaces_the_whole_of_it(seen):
    assert seen["update"]["replaced"] == ["high", None, {"tier": "gold"}]


def test_experimental_settings_are_merged(seen):
    assert seen["update"]["merged"] == [True, "low", "text", True]


def test_a_deletion_says_what_was_deleted(seen):
    assert seen["delete"] == ["agent.deleted", True]


def test_a_list_of_250_is_paged_by_itself_in_both_orders(seen):
    assert seen["pages"] == [True, True, True]


@pytest.mark.parametrize(
    ("case", "error"),
    [
        (
            "missing",
            ["NotFoundError", 404, "not_found_error", None, None, "Error code: 404 - Resource not found."],
        ),
        (
            "twice",
            ["NotFoundError", 404, "not_found_error", None, None, "Error code: 404 - Resource not found."],
        ),
        ("unknown", ["BadRequestError", 400, "invalid_request_error", "unknown_parameter", "description"]),
        ("type", ["BadRequestError", 400, "invalid_request_error", "invalid_type", "model"]),
        ("limit", ["BadRequestError", 400, "invalid_request_error", "integer_above_max_value", "limit"]),
        ("header", ["BadRequestError", 400, "invalid_request_error", "invalid_beta", None]),
        ("key", ["AuthenticationError", 401, "unauthorized", None, None]),
        ("function", ["BadRequestError", 400, "invalid_request_error", "invalid_value", "tools"]),
    ],
)
def test_refusals_become_the_sdks_own_errors(seen, case, error):
    assert seen["errors"][case][: len(error)] == error
