"""What may be written of an agent: all else is an error at its line, with the remedy, before any request."""

import pytest

HEAD = "project: acme\ndialect: agents-v1\nassistants:\n  one:\n    model: gpt-5.6\n"
HTTP = "transport: {type: http, server_url: u}"
SERVERS = """\
    tools:
      - {type: mcp, server_label: a, transport: {type: stdio, command: run, cwd: /, args: [a]}}
      - type: mcp
        server_label: b
        transport: {type: http, server_url: u, headers: {a: b}}
        allowed_tools: [x]
        credential_id: c
        request_metadata: {a: 1}
        required: true
      - {type: web_search, context_size: high, location: {country: CH}}
      - {type: tool_search}
      - {type: programmatic_tool_calling, enabled: false}
      - {type: computer_use, include_screenshots: true}
      - {type: automations}
"""
FUNCTION = "    tools:\n      - type: function\n        function: {%s}\n"


def validated(workspace, body):
    """What `validate` says of a configuration."""
    workspace.configure(HEAD + body)
    return workspace.run("validate")


@pytest.mark.parametrize(
    ("body", "place", "said"),
    [
        ("    description: Helps.\n", "6:5", "keep the text under `metadata:`"),
        ("    files: [a.md]\n", "6:5", "an agent has no files"),
        ("    files: []\n", "6:5", "an agent has no files"),
        ("    tools:\n      - type: retrieval\n", "7:9", "an agent has no search in files"),
        (
            "    tools:\n      - type: code_interpreter\n",
            "7:9",
            "code runs in the environment of its sessions",
        ),
        ("    tools:\n      - type: web_search_preview\n", "7:9", "{type: web_search}"),
        ("    reasoning_effort: high\n", "6:5", "write `reasoning: {effort: …}`"),
        ("    reasoning: {effort: hgih}\n", "6:25", "did you mean `high`"),
        ("    reasoning: {efort: high}\n", "6:17", "did you mean `effort`"),
        ("    reasoning: high\n", "6:16", "must be a mapping"),
        ("    service_tier: fastest\n", "6:19", "did you mean `fast`"),
        ("    text: {verbosity: loud}\n", "6:23", "must be 'low', 'medium' or 'high'"),
        ("    text: {format: {type: json}}\n", "6:20", "must have a type, text or json_schema"),
        (
            "    text: {format: {type: json_schema}}\n",
            "6:12",
            "`assistants.one.text.format.schema` is missing",
        ),
        (
            "    text: {format: {type: json_schema, schema: {type: string}}}\n",
            "6:20",
            "the schema of `text.format` must have `type: object`",
        ),
        (
            "    multi_agent: {max_concurrent_subagents: 2}\n",
            "6:5",
            "`assistants.one.multi_agent.enabled` is missing",
        ),
        (
            "    multi_agent: {enabled: true, max_concurrent_subagents: 0}\n",
            "6:60",
            "the range is 1 to 4,294,967,295",
        ),
        ("    experimental: {time_awareness: 1}\n", "6:36", "must be true or false"),
        (f"    name: {'x' * 129}\n", "6:11", "the limit is 128"),
        (FUNCTION % "name: f, parameters: {type: object}", "8:9", "function.description` is missing"),
        (FUNCTION % "name: f, description: d", "8:9", "parameters` is missing"),
        (
            FUNCTION % "name: f, description: d, parameters: {}",
            "7:9",
            "must be a JSON Schema with `type: object`",
        ),
        (
            FUNCTION % "name: f, description: d, parameters: {type: object}, strict: true",
            "8:73",
            "no strict mode",
        ),
        (
            f"    tools:\n      - {{type: mcp, server_label: a, server_url: u, {HTTP}}}\n",
            "7:38",
            "write `transport: {type: http, server_url: …}`",
        ),
        (
            "    tools:\n      - {type: mcp, server_label: a, transport: {type: ftp}}\n",
            "7:49",
            "must have a type, http or stdio",
        ),
        (
            "    tools:\n      - {type: mcp, transport: {type: http, server_url: u}}\n",
            "7:9",
            "server_label` is missing",
        ),
        (
            "    tools:\n      - {type: web_search}\n      - {type: web_search, mode: live}\n",
            "8:9",
            "the tool `web_search` is listed twice",
        ),
    ],
    ids=lambda value: value.strip()[:40] if isinstance(value, str) else value,
)
def test_what_an_agent_does_not_have_is_an_error_with_a_remedy(workspace, body, place, said):
    ended = validated(workspace, body)

    assert ended.code == 1
    assert said in ended.err
    assert f"assistants.yaml:{place}" in ended.err
    assert ended.err.count("error[") == 1


@pytest.mark.parametrize(
    "body",
    [
        "    reasoning: null\n    text: null\n    multi_agent: null\n    tools: null\n",
        "    reasoning: {effort: null, summary: auto}\n    compaction: {async: true}\n    name: null\n",
        "    multi_agent: {enabled: true, max_concurrent_subagents: 4294967295}\n",
        "    text: {format: {type: json_schema, schema: {type: object}}, verbosity: low}\n",
        SERVERS,
    ],
)
def test_everything_that_an_agent_has_may_be_written(workspace, body):
    ended = validated(workspace, body)

    assert ended.code == 0, ended.err


def test_tools_of_more_than_three_mebibytes_are_refused(workspace):
    text = "x" * 1_000_000
    tools = "".join(
        f"      - type: function\n        function: {{name: f{number}, description: {text}, "
        "parameters: {type: object}}\n"
        for number in range(4)
    )

    ended = validated(workspace, f"    tools:\n{tools}")

    assert ended.code == 1
    assert "bytes of JSON; the limit is 3,145,728" in ended.err


def test_defaults_and_an_environment_are_merged_key_by_key(workspace):
    workspace.configure(
        "project: acme\ndialect: agents-v1\ndefaults: {model: m, reasoning: {summary: auto, effort: low}}\n"
        "assistants: {one: {reasoning: {effort: high}}}\n"
        "environments: {prod: {patches: {assistant.one: {reasoning: {summary: null}}}}}\n"
    )

    plain = workspace.run("show", "assistant.one")
    patched = workspace.run("show", "assistant.one", "--env", "prod")

    assert "reasoning.effort high" in plain.out
    assert "reasoning.summary auto" in plain.out
    assert "reasoning.effort high" in patched.out
    assert "auto" not in patched.out
