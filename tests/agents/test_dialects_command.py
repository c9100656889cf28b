"""`dialects` prints what each dialect has, for people and for programs."""

import json

import pytest

from reconciler.dialects import DIALECTS, dialect


@pytest.fixture
def printed(workspace):
    return json.loads(workspace.run("dialects", "--format", "json").out)


def test_every_dialect_is_there_with_its_fields_and_tools(printed):
    assert [one["dialect"] for one in printed["dialects"]] == [*DIALECTS]
    for one in printed["dialects"]:
        fields = dialect(one["dialect"]).fields
        assert [field["name"] for field in one["fields"]] == [row.name for row in fields]
        assert [tool["type"] for tool in one["tools"]] == [kind.tag for kind in fields.by_name["tools"].kinds]
        assert one["refused_fields"] == fields.foreign
        assert "the hosted service" in one["tried"]


def test_a_field_has_its_values_keys_and_limits(printed):
    (agents,) = [one for one in printed["dialects"] if one["dialect"] == "agents-v1"]
    fields = {field["name"]: field for field in agents["fields"]}

    assert fields["reasoning"]["keys"] == ["effort", "summary"]
    assert fields["service_tier"]["values"][0] == "auto"
    assert fields["service_tier"]["same_as_none"] == ["auto"]
    assert fields["name"]["limits"] == ["`name`: 128 characters"]
    assert fields["model"]["required"]


def test_one_dialect_is_printed_alone_for_people(workspace):
    ended = workspace.run("dialects", "agents-v1")

    assert ended.code == 0
    assert ended.out.startswith("agents-v1\n")
    assert "assistants-v1" not in ended.out
    assert "the hosted service" in ended.out


def test_an_unknown_dialect_is_a_usage_error(workspace):
    ended = workspace.run("dialects", "agent-v1")

    assert ended.code == 64
    assert "did you mean `agents-v1`" in ended.err
