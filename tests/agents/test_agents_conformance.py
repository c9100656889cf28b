"""A server that does not speak the Agents API is refused by its first page, and nothing is written."""

import asyncio
import json
from collections import Counter

import httpx
import pytest
from toy.sides import AGENTS
from toy.world import World

from reconciler.api import APIError
from reconciler.dialects import Connection
from reconciler.dialects.agents_v1.conformance import NonconformingError
from reconciler.errors import GoneError
from reconciler.model.state import State
from reconciler.server import running

AGENT = {
    "id": "agent_1",
    "object": "agent",
    "created_at": 1_790_000_000,
    "updated_at": 1_790_000_000,
    "name": None,
    "model": "m",
    "instructions": None,
    "metadata": {},
    "tools": [],
    "reasoning": {"effort": "medium", "summary": None},
    "service_tier": "auto",
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "multi_agent": {"enabled": False, "max_concurrent_subagents": None},
}
PAGE = {"object": "list", "data": [AGENT], "first_id": "agent_1", "last_id": "agent_1", "has_more": False}


def without(value, name):
    return {key: inner for key, inner in value.items() if key != name}


def with_agent(**fields):
    return {**PAGE, "data": [{**AGENT, **fields}]}


STRANGE = {
    "`object` is missing": without(PAGE, "object"),
    '`object` is "page", not "list"': {**PAGE, "object": "page"},
    "`has_more` is missing": without(PAGE, "has_more"),
    "`has_more` is null, not true or false": {**PAGE, "has_more": None},
    '`has_more` is "false", not true or false': {**PAGE, "has_more": "false"},
    "`has_more` is 0, not true or false": {**PAGE, "has_more": 0},
    "`data` is missing": without(PAGE, "data"),
    "`data` is {}, not a list": {**PAGE, "data": {}},
    "`data[0]` is null, not an object": {**PAGE, "data": [None]},
    "`data[0].object` is missing": {**PAGE, "data": [without(AGENT, "object")]},
    '`data[0].object` is "assistant", not "agent"': with_agent(object="assistant"),
    '`data[0].created_at` is "2026-09-11T10:00:00Z"': with_agent(created_at="2026-09-11T10:00:00Z"),
    "`data[0].created_at` is 1.5": with_agent(created_at=1.5),
    "`data[0].created_at` is true": with_agent(created_at=True),
    "`data[0].updated_at` is missing": {**PAGE, "data": [without(AGENT, "updated_at")]},
    "the answer is no JSON object": [AGENT],
}


def observed(answer):
    """Observe a server that answers so; the requests that it got."""
    asked = Counter()

    def counted(request):
        asked[request.method] += 1
        return answer(request)

    async def observe():
        transport = httpx.MockTransport(counted)
        connection = Connection("the server", "http://localhost/v1", "", transport)
        async with AGENTS.dialect.provider(connection) as one:
            return await one.observe(State("lineage", 0))

    try:
        return asyncio.run(observe()), asked
    except (NonconformingError, GoneError, APIError) as error:
        return error, asked


@pytest.mark.parametrize("page", STRANGE.values(), ids=STRANGE)
def test_a_page_of_another_api_is_refused_by_what_is_strange_in_it(page):
    (said,) = [why for why, one in STRANGE.items() if one is page]

    error, asked = observed(lambda _: httpx.Response(200, json=page))

    assert isinstance(error, NonconformingError)
    assert error.exit_code == 5
    assert f"the server does not speak agents-v1: in its list of agents, {said}" in str(error)
    assert "Nothing was written." in str(error)
    assert asked == {"GET": 1}


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"", b"null", b"[1", b'{"object": "list"'])
def test_what_is_no_list_at_all_is_refused(body):
    error, asked = observed(lambda _: httpx.Response(200, content=body))

    assert isinstance(error, NonconformingError)
    assert asked == {"GET": 1}


def test_a_value_of_a_hostile_server_is_cut_and_shows_no_control_character():
    error, _ = observed(lambda _: httpx.Response(200, json=with_agent(object="\x1b[2J" + "x" * 10_000)))

    assert "\x1b" not in str(error)
    assert len(str(error)) < 500


def test_an_empty_account_is_fine():
    live, _ = observed(lambda _: httpx.Response(200, json={**PAGE, "data": []}))

    assert live.assistants == {}


def test_a_server_that_ignores_after_is_refused_after_two_pages():
    error, asked = observed(lambda _: httpx.Response(200, json={**PAGE, "has_more": True}))

    assert "the list of agents from the server may be incomplete: page 2 leads no further" in str(error)
    assert asked == {"GET": 2}


def test_an_agent_that_cannot_be_read_hides_no_other():
    page = {**PAGE, "data": [{**AGENT, "id": "agent_2", "tools": 7}, AGENT]}

    live, _ = observed(lambda _: httpx.Response(200, json=page))

    assert [*live.assistants] == ["agent_1"]
    assert live.unreadable["agent_2"].problem.startswith("tools is 7")


def paged(numbers, failures):
    """A list of agents on pages of two; each page behind the first is 404 so many times."""
    left = [failures]

    def answer(request):
        after = request.url.params.get("after")
        at = 0 if after is None else [f"agent_{one}" for one in numbers].index(after) + 1
        if after is not None and left[0]:
            left[0] -= 1
            return httpx.Response(404, json={"error": {"message": "Resource not found."}})
        here = [{**AGENT, "id": f"agent_{one}"} for one in numbers[at : at + 2]]
        return httpx.Response(200, json={**PAGE, "data": here, "has_more": at + 2 < len(numbers)})

    return answer


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_a_404_behind_the_first_page_begins_the_walk_again(failures):
    live, asked = observed(paged([*range(6)], failures))

    assert len(live.assistants) == 6
    assert asked["GET"] == 3 + 2 * failures


def test_a_404_behind_the_first_page_ends_after_three_walks():
    error, asked = observed(paged([*range(6)], 100))

    assert "was refused in each of 3 readings" in str(error)
    assert asked["GET"] == 6


@pytest.mark.parametrize("status", [404, 410])
def test_a_server_without_the_list_is_no_empty_account(status):
    error, _ = observed(lambda _: httpx.Response(status, json={"error": {"message": "no"}}))

    assert isinstance(error, GoneError)
    assert f"the server answers {status} to its list of agents" in str(error)


def test_a_server_of_another_beta_is_named():
    refusal = {"error": {"message": "no", "type": "invalid_request_error", "code": "invalid_beta"}}

    error, _ = observed(lambda _: httpx.Response(400, json=refusal))

    assert "the server does not speak agents=v1" in str(error)


def test_a_nonconforming_server_ends_an_apply_before_any_write(workspace):
    """As a user runs it: the exit code is 5, and the state is not even begun."""
    asked = []

    async def app(scope, receive, send):
        asked.append((scope["method"], scope["path"]))
        body = json.dumps(without(PAGE, "has_more")).encode()
        kind = (b"content-type", b"application/json")
        await send({"type": "http.response.start", "status": 200, "headers": [kind]})
        await send({"type": "http.response.body", "body": body})

    workspace.configure("project: acme\ndialect: agents-v1\nassistants: {one: {model: m}}\n")
    with running(app) as url:
        ended = workspace.run("apply", "--auto-approve", "--server", url)

    assert ended.code == 5
    assert "does not speak agents-v1: in its list of agents, `has_more` is missing" in ended.err
    assert asked == [("GET", "/v1/agents")]


def test_the_list_is_not_asked_for_uploads(tmp_path):
    with AGENTS.serving() as app:
        world = World(AGENTS, app, tmp_path)
        world.apply(world.assistant())

        assert {one.path.partition("/v1/")[2].partition("/")[0] for one in app.state.ledger} == {"agents"}
