"""The embedded server speaks the Agents API: each fact that is known, and each decision where none is."""

import json

import pytest
from server.asking import Clock, in_process

from reconciler.server import Database, create_app

BETA = {"OpenAI-Beta": "agents=v1"}
FUNCTION = {"type": "function", "name": "look", "description": "Looks.", "parameters": {"type": "object"}}
HTTP = {"type": "http", "server_url": "https://mcp.example/"}
STDIO = {"type": "stdio", "command": "run", "cwd": "/"}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def app(clock):
    with Database.memory() as database:
        yield create_app(database, clock=clock)


@pytest.fixture
def client(app):
    with in_process(app, headers=BETA) as client:
        yield client


def made(client, **fields):
    reply = client.post("/agents", json={"model": "m"} | fields)
    assert reply.status_code == 201, reply.text
    return reply.json()


def changed(client, agent, **fields):
    reply = client.post(f"/agents/{agent['id']}", json=fields)
    assert reply.status_code == 200, reply.text
    return reply.json()


def refused(reply, said, **expected):
    """Check a refusal in its envelope: its message, and what is expected of the rest."""
    wanted = {"status": 400, "kind": "invalid_request_error", **expected}
    assert reply.status_code == wanted.pop("status"), reply.text
    error = reply.json()["error"]
    assert [*error] == ["message", "type", "param", "code"]
    assert said in error["message"]
    assert error["type"] == wanted.pop("kind")
    assert {name: error[name] for name in wanted} == wanted


def test_a_create_is_answered_by_201_with_every_default_filled_in(client, clock):
    agent = made(client)

    assert agent.pop("id").startswith("agent_")
    assert agent == {
        "object": "agent",
        "created_at": int(clock.now),
        "updated_at": int(clock.now),
        "name": None,
        "model": "m",
        "instructions": None,
        "metadata": {},
        "tools": [],
        "reasoning": {"effort": "medium", "summary": None},
        "service_tier": "auto",
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "multi_agent": {"enabled": False, "max_concurrent_subagents": None},
        "compaction": {"async": False},
        "experimental": {"time_awareness": False},
    }


def test_the_tools_are_returned_with_what_is_filled_in(client):
    sent = [
        FUNCTION,
        {"type": "mcp", "server_label": "a", "transport": HTTP},
        {"type": "mcp", "server_label": "b", "transport": STDIO},
        {"type": "web_search", "location": {"city": "Bern"}},
        {"type": "tool_search"},
        {"type": "programmatic_tool_calling"},
        {"type": "computer_use"},
        {"type": "automations"},
    ]
    filled = {
        "allowed_tools": None,
        "credential_id": None,
        "request_metadata": {},
        "required": False,
    }

    assert made(client, tools=sent)["tools"] == [
        {**FUNCTION, "defer_loading": False},
        {**sent[1], **filled, "transport": {**HTTP, "headers": {}}, "connection_origin": "service"},
        {
            **sent[2],
            **filled,
            "transport": {**STDIO, "args": [], "env_vars": []},
            "connection_origin": "environment",
        },
        {
            "type": "web_search",
            "mode": "live",
            "context_size": "medium",
            "allowed_domains": None,
            "location": {"city": "Bern", "country": None, "region": None, "timezone": None},
        },
        {"type": "tool_search"},
        {"type": "programmatic_tool_calling", "enabled": True},
        {"type": "computer_use", "include_screenshots": False},
        {"type": "automations"},
    ]


def test_whether_a_function_waits_is_returned_only_where_it_was_sent(client):
    assert made(client, tools=[{**FUNCTION, "async": True}])["tools"][0]["async"] is True
    assert "async" not in made(client, tools=[FUNCTION])["tools"][0]


@pytest.mark.parametrize(
    ("field", "value", "cleared"),
    [
        ("name", "One", None),
        ("instructions", "Go.", None),
        ("metadata", {"a": "b"}, {}),
        ("tools", [FUNCTION], []),
        ("reasoning", {"effort": "high", "summary": "auto"}, {"effort": "medium", "summary": None}),
        ("service_tier", "flex", "auto"),
        ("text", {"verbosity": "low"}, {"format": {"type": "text"}, "verbosity": "medium"}),
        ("multi_agent", {"enabled": True}, {"enabled": False, "max_concurrent_subagents": None}),
        ("compaction", {"async": True}, {"async": False}),
    ],
)
def test_null_clears_a_field_and_leaves_the_others(client, field, value, cleared):
    agent = made(client, **{"name": "Kept", "instructions": "Kept.", field: value})

    after = changed(client, agent, **{field: None})

    assert after == {**agent, field: cleared}


@pytest.mark.parametrize("field", ["model", "experimental"])
def test_null_is_refused_for_what_cannot_be_cleared(client, field):
    agent = made(client)

    refused(client.post(f"/agents/{agent['id']}", json={field: None}), f"Invalid type for '{field}'")


def test_an_object_replaces_the_whole_of_it(client):
    agent = made(client, reasoning={"effort": "high", "summary": "auto"}, metadata={"a": "1", "b": "2"})

    assert changed(client, agent, reasoning={"effort": "low"})["reasoning"] == {
        "effort": "low",
        "summary": None,
    }
    assert changed(client, agent, metadata={"c": "3"})["metadata"] == {"c": "3"}


def test_experimental_settings_are_set_key_by_key(client):
    agent = made(client, experimental={"time_awareness": True})

    assert changed(client, agent, experimental={})["experimental"] == {"time_awareness": True}
    assert changed(client, agent, experimental={"time_awareness": False})["experimental"] == {
        "time_awareness": False
    }


def test_subagents_are_six_where_no_number_is_given_and_none_where_they_are_disabled(client):
    assert made(client, multi_agent={"enabled": True})["multi_agent"]["max_concurrent_subagents"] == 6
    disabled = made(client, multi_agent={"enabled": False, "max_concurrent_subagents": 3})
    assert disabled["multi_agent"] == {"enabled": False, "max_concurrent_subagents": None}


def test_an_empty_update_changes_only_the_time(client, clock):
    agent = made(client)
    clock.now += 60

    after = changed(client, agent)

    assert after == {**agent, "updated_at": agent["updated_at"] + 60}
    assert client.get(f"/agents/{agent['id']}").json() == after


def test_an_empty_array_is_read_as_an_empty_object(client):
    agent = made(client)

    assert client.post(f"/agents/{agent['id']}", content=b" [] ").status_code == 200
    refused(client.post("/agents", content=b"[]"), "Missing required parameter: 'model'.")


def test_a_deletion_says_so_and_a_second_one_is_404(client):
    agent = made(client)

    gone = client.delete(f"/agents/{agent['id']}")

    assert gone.json() == {"id": agent["id"], "object": "agent.deleted", "deleted": True}
    for method in ("GET", "POST", "DELETE"):
        again = client.request(method, f"/agents/{agent['id']}", json={} if method == "POST" else None)
        refused(again, "Resource not found.", status=404, kind="not_found_error")


def test_a_list_pages_by_after_alone_and_ignores_unknown_keys(client):
    made_ids = [made(client, name=str(number))["id"] for number in range(5)]
    first = client.get("/agents", params={"limit": 2, "order": "asc", "before": made_ids[0], "x": "y"}).json()
    rest = client.get("/agents", params={"limit": 3, "order": "asc", "after": first["last_id"]}).json()

    assert [one["id"] for one in (*first["data"], *rest["data"])] == made_ids
    assert [first["has_more"], rest["has_more"]] == [True, False]
    assert first["first_id"] == made_ids[0]
    assert [one["id"] for one in client.get("/agents").json()["data"]] == made_ids[::-1]


def test_an_empty_list_has_no_ids(client):
    assert client.get("/agents").json() == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


def test_a_list_goes_on_after_an_agent_that_is_gone(client):
    ids = [made(client)["id"] for _ in range(3)]
    client.delete(f"/agents/{ids[1]}")

    page = client.get("/agents", params={"order": "asc", "after": ids[1]}).json()

    assert [one["id"] for one in page["data"]] == [ids[2]]


@pytest.mark.parametrize("limit", ["0", "101", "x"])
def test_a_limit_that_is_out_of_range_is_refused(client, limit):
    refused(client.get("/agents", params={"limit": limit}), "Invalid", param="limit")


def test_an_unknown_cursor_is_refused(client):
    refused(client.get("/agents", params={"after": "agent_x"}), "Invalid 'after'", param="after")


@pytest.mark.parametrize("beta", [None, "assistants=v1", "agents=v2"])
def test_a_request_without_the_beta_header_is_refused(app, beta):
    with in_process(app, headers={"OpenAI-Beta": beta or ""}) as client:
        refused(
            client.get("/agents"),
            "To access the Agents API, set the 'OpenAI-Beta' header to 'agents=v1'.",
            code="invalid_beta",
        )


def test_the_key_is_checked_first():
    with (
        Database.memory() as database,
        in_process(create_app(database, api_key="sk-x"), headers={}) as client,
    ):
        refused(client.get("/agents"), "Incorrect API key", status=401, kind="unauthorized")
        refused(client.get("/files"), "Incorrect API key", status=401, code="invalid_api_key")


def test_an_unknown_path_of_agents_is_a_404_of_this_api(client):
    refused(client.get("/agents/a/b"), "Resource not found.", status=404, kind="not_found_error")


@pytest.mark.parametrize(
    "body",
    [b'{"model": "a", "model": "b"}', b'{"model": "a", "metadata": {"k": "1", "k": "2"}}'],
)
def test_a_key_that_is_there_twice_is_refused(client, body):
    refused(client.post("/agents", content=body), "Duplicate parameter", code="duplicate_parameter")


LONG = "x" * 1_048_577
REFUSED = [
    ({"description": "no"}, "description", "Unknown parameter: 'description'."),
    ({"file_ids": []}, "file_ids", "Unknown parameter"),
    ({"model": None}, "model", "Invalid type"),
    ({"model": LONG}, "model", "maximum length 1048576"),
    ({"name": "x" * 129}, "name", "maximum length 128"),
    ({"name": 1}, "name", "Invalid type for 'name': expected a string"),
    ({"instructions": LONG}, "instructions", "maximum length 1048576"),
    ({"metadata": {str(one): "" for one in range(17)}}, "metadata", "at most 16 properties"),
    ({"metadata": {"": "x"}}, "metadata", "pattern"),
    ({"metadata": {"k" * 65: "x"}}, "metadata", "maximum length 64"),
    ({"metadata": {"k": "x" * 513}}, "metadata.k", "maximum length 512"),
    ({"metadata": {"k": 1}}, "metadata.k", "expected a string"),
    ({"reasoning": {"effort": "huge"}}, "reasoning.effort", "Expected one of"),
    ({"reasoning": {"depth": 1}}, "reasoning.depth", "Unknown parameter"),
    ({"reasoning": "high"}, "reasoning", "expected an object"),
    ({"service_tier": "slow"}, "service_tier", "Expected one of"),
    ({"text": {"format": {"type": "json"}}}, "text.format.type", "Expected one of"),
    ({"text": {"format": {"type": "json_schema"}}}, "text.format.schema", "Missing required"),
    (
        {"text": {"format": {"type": "json_schema", "schema": {}}}},
        "text.format.schema.type",
        "Expected 'object'",
    ),
    ({"text": {"format": {"type": "text", "schema": {}}}}, "text.format.schema", "Unknown parameter"),
    ({"multi_agent": {}}, "multi_agent.enabled", "Missing required"),
    ({"multi_agent": {"enabled": 1}}, "multi_agent.enabled", "expected a boolean"),
    ({"multi_agent": {"enabled": True, "max_concurrent_subagents": 0}}, None, ">= 1"),
    ({"multi_agent": {"enabled": True, "max_concurrent_subagents": 4_294_967_296}}, None, "<= 4294967295"),
    ({"multi_agent": {"enabled": True, "max_concurrent_subagents": True}}, None, "expected an integer"),
    ({"compaction": {"async": "yes"}}, "compaction.async", "expected a boolean"),
    ({"experimental": {"time": True}}, "experimental.time", "Unknown parameter"),
    ({"tools": [{}]}, "tools[0].type", "Missing required"),
    ({"tools": [{"type": "retrieval"}]}, "tools[0].type", "Expected one of"),
    ({"tools": [{"type": "function", "name": "f"}]}, "tools[0].description", "Missing required"),
    ({"tools": [{**FUNCTION, "strict": True}]}, "tools[0].strict", "Unknown parameter"),
    ({"tools": [{**FUNCTION, "function": {}}]}, "tools[0].function", "Unknown parameter"),
    ({"tools": [{**FUNCTION, "parameters": {}}]}, "tools[0].parameters.type", "Expected 'object'"),
    (
        {
            "tools": [
                {
                    **FUNCTION,
                    "parameters": {"type": "object", "properties": dict.fromkeys(map(str, range(1025)))},
                }
            ]
        },
        "tools[0].parameters.properties",
        "at most 1024 properties",
    ),
    (
        {"tools": [{**FUNCTION, "parameters": {"type": "object", "properties": {"p" * 257: {}}}}]},
        "tools[0].parameters.properties",
        "maximum length 256",
    ),
    ({"tools": [FUNCTION, FUNCTION]}, "tools", "duplicate function tool name: look"),
    ({"tools": [{"type": "web_search"}] * 2}, "tools", "duplicate tool: web_search"),
    ({"tools": [{"type": "mcp", "server_label": "a", "transport": HTTP}] * 2}, "tools", "duplicate tool: a"),
    ({"tools": [{"type": "mcp", "server_label": "a", "server_url": "u"}]}, "tools[0].server_url", "Unknown"),
    (
        {"tools": [{"type": "mcp", "server_label": "a", "transport": {"type": "ftp"}}]},
        None,
        "Expected one of",
    ),
    (
        {
            "tools": [
                {
                    "type": "mcp",
                    "server_label": "a",
                    "transport": {**HTTP, "headers": {str(one): "" for one in range(1025)}},
                }
            ]
        },
        "tools[0].transport.headers",
        "at most 1024 properties",
    ),
    (
        {"tools": [{"type": "mcp", "server_label": "a", "transport": HTTP, "allowed_tools": ["x"] * 16_385}]},
        "tools[0].allowed_tools",
        "maximum length 16384",
    ),
    ({"tools": [{"type": "tool_search"}] * 2_001}, "tools", "maximum length 2000"),
    (
        {"tools": [{**FUNCTION, "description": "x" * 1_000_000, "name": str(n)} for n in range(4)]},
        "tools",
        "3145728",
    ),
    (
        {"tools": [{"type": "web_search", "location": {"planet": "Mars"}}]},
        "tools[0].location.planet",
        "Unknown",
    ),
    ({"tools": [{"type": "tool_search", "mode": "x"}]}, "tools[0].mode", "Unknown parameter"),
    ({"tools": [{"type": "computer_use", "include_screenshots": 1}]}, None, "expected a boolean"),
]


@pytest.mark.parametrize(
    ("fields", "param", "said"), REFUSED, ids=[str(number) for number in range(len(REFUSED))]
)
def test_what_no_agent_may_have_is_refused_and_nothing_is_made(client, fields, param, said):
    expected = {"param": param} if param else {}
    refused(client.post("/agents", json={"model": "m"} | fields), said, **expected)
    assert client.get("/agents").json()["data"] == []


def test_an_update_that_is_refused_changes_nothing(client):
    agent = made(client, name="One")

    refused(client.post(f"/agents/{agent['id']}", json={"name": "Two", "x": 1}), "Unknown parameter: 'x'.")

    assert client.get(f"/agents/{agent['id']}").json() == agent


@pytest.mark.parametrize("body", [b"", b"{", b"7", b'{"model": NaN}', b"[" * 3_000])
def test_a_body_that_is_no_object_is_refused(client, body):
    assert client.post("/agents", content=body).status_code == 400


def test_agents_and_assistants_are_no_part_of_each_other(client, app):
    made(client)
    with in_process(app) as other:
        assert other.get("/assistants").json()["data"] == []


def test_agents_stay_when_the_server_is_started_again(tmp_path):
    path = tmp_path / "server.db"
    with Database.open(path) as database, in_process(create_app(database), headers=BETA) as client:
        agent = made(client, name="One", metadata={"ä": "\u2028"})
    with Database.open(path) as database, in_process(create_app(database), headers=BETA) as client:
        assert json.dumps(client.get(f"/agents/{agent['id']}").json()) == json.dumps(agent)
