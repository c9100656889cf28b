"""The dialect of a configuration: who names it, and what its rows make of what is written."""

import json
import subprocess
from dataclasses import replace

import pytest

from reconciler.cli import main
from reconciler.config.content import Root
from reconciler.config.errors import ConfigError
from reconciler.config.reading import read as reading
from reconciler.config.resolve import Choice, configuration
from reconciler.dialects import DEFAULT, DIALECTS
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.dialects.written import Strict
from reconciler.model.field import (
    Boolean,
    Clear,
    Fields,
    ItemKind,
    Items,
    Json,
    Mapped,
    Number,
    Pairs,
    Text,
)

ENDS = {"slow": "2026-12-31", "slower": "2027-12-31", "slowest": "2020-01-01"}
AFTER = {"slow": "slower", "slower": "fast"}
ROW = Number("temperature", "e", minimum=0, maximum=2)


class Skill(Strict):
    """Something that a bot can do."""

    label: str
    level: int | None = None
    needs: dict | None = None


class Search(Strict):
    """A search on the web."""

    sites: list[str] | None = None


SKILL = ItemKind(
    key="label", contract="needs", noun="a skill", key_limit=9, key_pattern="[a-z]+", written=Skill
)
ODD = replace(
    ASSISTANTS_V1,
    name="odd",
    fields=Fields(
        (
            Text("greeting", "g", limit=20, prose=True),
            Text("farewell", "w", limit=20, prose=True),
            Text("pace", "q", required=True, own=True, ends=ENDS, successors=AFTER),
            Number("heat", "h", minimum=0, maximum=2),
            Number("rounds", "r", whole=True, required=True, clear=Clear.NEVER),
            Number("effort", "b", clear=Clear.NEVER),
            Boolean("loud", "l"),
            Json("shape", "j"),
            Mapped("dials", "k", limit=4),
            Items("skills", "s", kinds=(SKILL,), limit=2, noun="skill"),
            Items("helpers", "u", kinds=(ItemKind("web", written=Search), ItemKind("clock")), noun="helper"),
            Pairs("stickers", "", limit=5),
        )
    ),
)
HEAD = "project: acme\ndialect: odd\nassistants:\n  bot:\n    pace: quick\n    rounds: 3\n"


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """The dialects that a configuration may name."""
    monkeypatch.setitem(DIALECTS, "odd", lambda: ODD)


@pytest.fixture
def bot(workspace, root):
    """What the only bot of a configuration means, given further lines of it."""

    def bot(*lines, head=HEAD, choice=None):
        workspace.configure(head + "".join(f"    {line}\n" for line in lines))
        return configuration(root, [workspace.folder / "assistants.yaml"], None, choice)

    return bot


@pytest.fixture
def values(bot):
    """The values of its fields."""

    def values(*lines, **options):
        (found,) = bot(*lines, **options).desired.assistants
        return {name: value for name, value in found.fields.items() if name not in {"pace", "rounds"}}

    return values


@pytest.fixture
def problems(bot):
    """Where and what is wrong, and the help."""

    def problems(*lines, **options):
        with pytest.raises(ConfigError) as caught:
            bot(*lines, **options)
        return [
            (f"{one.code} {one.origin.line}:{one.origin.column}", one.message, one.help)
            for one in caught.value.diagnostics
        ]

    return problems


# Who names the dialect


def chosen(folder, *paths, option=None):
    return reading(Root(folder), [folder / path for path in paths], option).dialect


def test_a_configuration_that_names_no_dialect_is_of_the_default_one(workspace):
    workspace.configure("project: acme\nassistants: {a: {model: m}}\n")

    assert chosen(workspace.folder, "assistants.yaml").name == DEFAULT == "assistants-v1"


def test_files_that_name_no_dialect_follow_the_one_that_does(workspace, root):
    workspace.write("a.yaml", "assistants: {a: {pace: p, rounds: 1}}\n")
    workspace.write("b.yaml", "project: acme\ndialect: odd\n")
    workspace.write("c.md", "---\npace: p\nrounds: 2\n---\nHello.\n")

    found = configuration(root, [workspace.folder / name for name in ("a.yaml", "b.yaml", "c.md")])

    assert chosen(workspace.folder, "a.yaml", "b.yaml") is ODD
    assert [one.fields.get("greeting") for one in found.desired.assistants] == [None, "Hello.\n"]


def test_a_markdown_assistant_may_name_it_in_its_front_matter(workspace, root):
    workspace.write("bot.md", "---\nproject: acme\ndialect: odd\npace: p\nrounds: 1\n---\nHello.\n")

    (found,) = configuration(root, [workspace.folder / "bot.md"]).desired.assistants

    assert found.fields["greeting"] == "Hello.\n"


def test_an_option_names_it_for_files_that_do_not(workspace):
    workspace.configure("project: acme\n")

    assert chosen(workspace.folder, "assistants.yaml", option=ODD) is ODD


def test_an_option_that_agrees_with_a_file_changes_nothing(workspace):
    workspace.configure("project: acme\ndialect: odd\n")

    assert chosen(workspace.folder, "assistants.yaml", option=ODD) is ODD


def test_an_option_against_a_file_is_an_error_that_names_both_places(workspace, root):
    workspace.configure("project: acme\ndialect: odd\nassistants: {a: {modle: m}}\n")

    with pytest.raises(ConfigError) as caught:
        configuration(root, [workspace.folder / "assistants.yaml"], ASSISTANTS_V1)

    message = "another dialect than elsewhere: --dialect says 'assistants-v1'"
    assert str(caught.value) == f"assistants.yaml:2:10: {message}"


def test_files_that_disagree_are_an_error_that_names_both_places(workspace, root):
    workspace.write("a.yaml", "project: acme\ndialect: odd\n")
    workspace.write("b.yaml", "dialect: assistants-v1\n")

    with pytest.raises(ConfigError) as caught:
        configuration(root, [workspace.folder / name for name in ("a.yaml", "b.yaml")])

    assert str(caught.value) == "b.yaml:1:10: another dialect than elsewhere: a.yaml:2:10 says 'odd'"


def test_an_unknown_dialect_is_met_with_the_nearest_at_its_place(problems):
    (found,) = problems(head="project: acme\ndialect: assistant-v1\n")

    assert found == ("AS406 2:10", "unknown dialect `assistant-v1`", "did you mean `assistants-v1`?")


def test_a_dialect_that_is_no_text_is_a_wrong_shape(problems):
    (found,) = problems(head="project: acme\ndialect: 1\n")

    assert found == ("AS202 2:10", "`dialect` must be text, and is a number", 'quote it: "1"')


def test_patches_and_environments_in_files_have_the_shapes_of_the_dialect(workspace, bot, problems):
    workspace.write("environments/prod.yaml", "patches: {assistant.bot: {heat: 1.5}}\n")
    (found,) = bot("heat: 1", choice=Choice("prod")).desired.assistants
    assert found.fields["heat"] == 1.5

    workspace.write("environments/prod.yaml", "patches: {assistant.bot: {model: m, heat: hot}}\n")
    assert [one[1] for one in problems("heat: 1")] == [
        "unknown field `model` in `patches.assistant.bot`",
        "`patches.assistant.bot.heat` must be a number, and is text",
    ]


# What the commands make of it


def test_the_schema_is_that_of_the_dialect(capsys):
    assert main.run(["schema", "--dialect", "odd"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert found["properties"]["dialect"]["enum"] == ["odd"]
    assert "heat" in found["$defs"]["Assistant"]["properties"]
    assert "model" not in found["$defs"]["Assistant"]["properties"]
    assert "pace" not in found["$defs"]["Defaults"]["properties"]
    assert found["$defs"]["Lifecycle"]["properties"]["ignore_changes"]["items"]["enum"] == [
        row.name for row in ODD.fields
    ]


def test_a_command_takes_the_dialect_as_an_option_and_from_its_variable(workspace, monkeypatch, capsys):
    workspace.configure("project: acme\nassistants: {bot: {pace: p, rounds: 1}}\n")
    monkeypatch.chdir(workspace.folder)

    assert main.run(["validate"]) == 1
    assert main.run(["validate", "--dialect", "odd"]) == 0
    monkeypatch.setenv("ASSISTANTS_SYNC_DIALECT", "odd")
    assert main.run(["validate"]) == 0
    assert main.run(["show", "assistant.bot"]) == 0
    assert "  rounds         1" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["validate"], ["schema"], ["explain", "AS411"]])
def test_an_unknown_dialect_of_an_option_is_a_usage_error(command, workspace, monkeypatch, capsys):
    workspace.configure("project: acme\n")
    monkeypatch.chdir(workspace.folder)

    assert main.run([*command, "--dialect", "od"]) == 64
    assert "Error: unknown dialect 'od'; did you mean `odd`?" in capsys.readouterr().err


def test_explain_appends_the_limits_of_the_dialect(capsys):
    assert main.run(["explain", "AS411"]) == 0
    assert main.run(["explain", "AS411", "--dialect", "odd"]) == 0
    assert main.run(["explain", "AS418", "--dialect", "odd"]) == 0
    printed = " ".join(capsys.readouterr().out.split())

    assert "In assistants-v1: `name`: 256 characters; `description`: 512 characters; " in printed
    assert "In odd: `greeting`: 20 characters; `farewell`: 20 characters; a skill's label: 9 cha" in printed
    assert "In odd: `heat`: the range is 0 to 2." in printed


def test_a_plan_from_a_commit_of_another_dialect_is_refused(workspace, monkeypatch, capsys):
    workspace.configure("project: acme\nassistants: {bot: {model: m}}\n")
    monkeypatch.chdir(workspace.folder)
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "Declare a bot")):
        subprocess.run(["git", *identity, *command], check=True)  # noqa: S607 - whichever is installed
    workspace.configure("project: acme\ndialect: odd\nassistants: {bot: {pace: p, rounds: 1}}\n")

    assert main.run(["plan", "--against", "git:HEAD"]) == 5
    message = "the dialect of HEAD is assistants-v1 and not odd, so nothing can be compared"
    assert message in capsys.readouterr().err


# A row is all that a field needs


def test_a_new_row_is_in_the_schema_and_among_the_known_fields(read, with_row, capsys, monkeypatch):
    warm = with_row(ROW)
    monkeypatch.setitem(DIALECTS, DEFAULT, lambda: warm)
    main.run(["schema"])
    found = json.loads(capsys.readouterr().out)["$defs"]
    for shape in ("Assistant", "Defaults"):
        number, *_ = found[shape]["properties"]["temperature"]["anyOf"]
        assert number == {"type": "number", "minimum": 0, "maximum": 2}

    with pytest.raises(ConfigError) as caught:
        read("project: acme\nassistants: {a: {model: m, temprature: 1}}\n", dialect=warm)
    assert caught.value.diagnostics[0].help == "did you mean `temperature`?"


@pytest.mark.parametrize(
    ("written", "value"), [("0", 0), ("0.0", 0.0), ("2", 2), ("0.7", 0.7), ("null", None)]
)
def test_zero_and_null_of_a_new_row_are_what_they_are(written, value, read, with_row):
    text = f"project: acme\nassistants: {{a: {{model: m, temperature: {written}}}}}\n"
    (found,) = read(text, dialect=with_row(ROW)).assistants

    assert (found.fields["temperature"], type(found.fields["temperature"])) == (value, type(value))


def test_a_default_of_zero_is_a_value(read, with_row):
    text = (
        "project: acme\ndefaults: {model: m, temperature: 0}\nassistants: {a: {}, b: {temperature: null}}\n"
    )
    first, second = read(text, dialect=with_row(ROW)).assistants

    assert (first.fields["temperature"], second.fields["temperature"]) == (0, None)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("2.5", "`temperature` is 2.5; the range is 0 to 2"),
        ("-1", "`temperature` is -1; the range is 0 to 2"),
        ("warm", "`assistants.a.temperature` must be a number, and is text"),
        ("true", "`assistants.a.temperature` must be a number, and is true or false"),
    ],
)
def test_a_number_outside_its_range_or_of_another_kind_is_refused(written, message, read, with_row):
    with pytest.raises(ConfigError) as caught:
        read(
            f"project: acme\nassistants:\n  a: {{model: m, temperature: {written}}}\n", dialect=with_row(ROW)
        )

    assert str(caught.value) == f"assistants.yaml:3:30: {message}"


def test_without_the_row_the_field_is_unknown(read):
    with pytest.raises(ConfigError, match="unknown field `temperature`"):
        read("project: acme\nassistants: {a: {model: m, temperature: 1}}\n")


# Every kind of row


def test_every_kind_of_value_is_taken_as_it_is(values):
    found = values(
        "heat: 0",
        "loud: false",
        "shape: [1, {a: null}]",
        "dials: {bass: 0, treble: {up: 1.5}}",
        "skills: [{label: sing, level: 0}]",
        "helpers: [{type: clock}, {type: web, sites: [a.example]}]",
        "stickers: {team: blue}",
    )

    assert found == {
        "heat": 0,
        "loud": False,
        "shape": [1, {"a": None}],
        "dials": {"bass": 0, "treble": {"up": 1.5}},
        "skills": [{"label": "sing", "level": 0}],
        "helpers": [{"type": "clock"}, {"type": "web", "sites": ["a.example"]}],
        "stickers": {"team": "blue"},
    }


@pytest.mark.parametrize("name", ["heat", "loud", "shape", "greeting"])
def test_null_clears_a_value(name, values):
    assert values(f"{name}: null") == {name: None}


def test_a_mapping_is_merged_key_by_key_and_null_clears_what_lies_farther(workspace, bot):
    workspace.write(
        "environments/prod.yaml", "patches: {assistant.bot: {dials: {c: 3}}, assistant.two: {dials: null}}\n"
    )
    head = HEAD.replace("assistants:\n", "defaults: {dials: {a: 1, b: {deep: 1}}}\nassistants:\n")
    two = "two: {pace: p, rounds: 1, dials: {d: 4}}"
    found = bot(f"dials: {{b: null}}\n  {two}", head=head, choice=Choice("prod"))
    first, second = found.desired.assistants

    assert first.fields["dials"] == {"a": 1, "b": None, "c": 3}
    assert second.fields["dials"] == {"a": None, "b": None, "d": None}
    assert found.origins[first.address]()["dials.c"] == "environments/prod.yaml:1:38"


def test_a_wrong_key_of_a_mapping_is_left_out_alone(problems):
    found = problems("stickers: {a: 5, b: x}", "heat: 3")

    assert [one[1] for one in found] == [
        "`assistants.bot.stickers.a` must be text, and is a number",
        "`heat` is 3; the range is 0 to 2",
    ]


def test_a_field_that_cannot_be_cleared_takes_no_null(problems):
    (found,) = problems("effort: null")

    assert found[:2] == ("AS202 7:13", "`assistants.bot.effort` must be a number, and is nothing")


def test_a_whole_number_is_no_fraction(problems):
    (found,) = problems(head=HEAD.replace("rounds: 3", "rounds: 1.5"))

    assert found[:2] == ("AS202 6:13", "`assistants.bot.rounds` must be a whole number, and is a number")


@pytest.mark.parametrize("rounds", ["", "    rounds: null\n"])
def test_every_required_field_must_have_a_value(rounds, problems):
    found = problems(head=f"project: acme\ndialect: odd\nassistants:\n  bot:\n    loud: true\n{rounds}")

    assert [(one[1], one[2]) for one in found] == [
        ("assistant `bot` has no pace", "name it here"),
        ("assistant `bot` has no rounds", "name it here, or once for all under `defaults:`"),
    ]


def test_zero_is_a_value_of_a_required_field(bot):
    (found,) = bot(head=HEAD.replace("rounds: 3", "rounds: 0")).desired.assistants

    assert found.fields["rounds"] == 0


def test_several_prompts_have_files_templates_and_sources_of_their_own(workspace, bot):
    workspace.write("hello.md", "Hello.\n")
    found = bot(
        "greeting: {file: hello.md}",
        "farewell: {text: 'Bye, ${var.x}.', template: true}",
        head="vars: {x: Ann}\n" + HEAD,
    )
    (bot,) = found.desired.assistants

    assert (bot.fields["greeting"], bot.fields["farewell"]) == ("Hello.\n", "Bye, Ann.")
    assert bot.sources == {"greeting": "hello.md"}
    assert found.origins[bot.address]()["farewell"] == "assistants.yaml:9:15"


def test_a_limit_holds_for_each_prompt_where_it_is_written(problems):
    found = problems(f"greeting: {'x' * 21}", f"farewell: {'x' * 22}")

    assert [one[:2] for one in found] == [
        ("AS411 7:15", "`greeting` has 21 characters; the limit is 20"),
        ("AS411 8:15", "`farewell` has 22 characters; the limit is 20"),
    ]


def test_a_short_text_with_an_announced_end_is_a_warning(bot):
    (warning,) = bot(head=HEAD.replace("pace: quick", "pace: slow")).warnings

    assert warning.message == "the pace slow: its maker announced 2026-12-31 as its last day; use fast"
    assert warning.help == "name fast"


def test_an_announced_end_without_a_known_successor_names_none(bot):
    (warning,) = bot(head=HEAD.replace("pace: quick", "pace: slowest")).warnings

    assert warning.message.endswith("2020-01-01 as its last day; use a pace without an announced end")


def test_a_prompt_that_names_an_item_of_another_assistant_is_a_warning(bot):
    head = HEAD.replace("bot:", "other: {pace: p, rounds: 1, skills: [{label: juggle}]}\n  bot:")
    (warning,) = bot("greeting: Try to `juggle`.", head=head).warnings

    assert warning.message == "the prompt names the skill `juggle`, which assistant `bot` does not have"
    assert warning.help == "add it to `skills`"


@pytest.mark.parametrize(
    ("skills", "found"),
    [
        ("[{label: sing}, {label: sing}]", ("AS413 7:29", "the skill `sing` is listed twice", "")),
        ("[{label: Sing}]", ("AS414 7:22", "'Sing' cannot be a skill's label", "")),
        ("[{label: abcdefghij}]", ("AS411 7:22", "a skill's label has 10 characters; the limit is 9", "")),
        ("[sing]", ("AS202 7:14", "`assistants.bot.skills[0]` must be a mapping, or be {file: PATH}", "")),
        (
            "[{lable: sing, label: a}]",
            ("AS201 7:15", "unknown field `lable` in `assistants.bot.skills[0]`", "did you mean `label`?"),
        ),
        (
            "[{label: a, needs: {type: array}}]",
            (
                "AS417 7:39",
                "a skill's needs are an object",
                "write `type: object` and the arguments under `properties`",
            ),
        ),
    ],
)
def test_an_item_without_a_type_is_checked_by_its_kind(skills, found, problems):
    assert problems(f"skills: {skills}") == [found]


def test_too_many_items_are_refused(problems):
    (found,) = problems("skills: [{label: a}, {label: b}, {label: c}]")

    assert found[:2] == ("AS412 7:13", "3 skills; the limit is 2")


@pytest.mark.parametrize("text", ["label: sing\n", '{"label": "sing", "level": null}'])
def test_an_item_without_a_type_may_be_in_a_file_of_its_own(text, workspace, values):
    workspace.write("sing.yaml", text)

    assert values("skills: [{file: sing.yaml}]") == {"skills": [{"label": "sing"}]}


def test_an_item_with_a_type_and_nothing_inside_may_be_in_a_file_too(workspace, values, problems):
    workspace.write("web.yaml", "type: web\nsites: [a.example]\n")
    assert values("helpers: [{file: web.yaml}]") == {"helpers": [{"type": "web", "sites": ["a.example"]}]}

    workspace.write("web.yaml", "type: web\nsite: [a.example]\n")
    assert problems("helpers: [{file: web.yaml}]") == [
        ("AS201 2:1", "unknown field `site`", "did you mean `sites`?")
    ]


def test_an_item_of_another_type_is_met_with_what_there_is(problems):
    assert problems("helpers: [{type: wbe}, clock]") == [
        (
            "AS202 7:15",
            "`assistants.bot.helpers[0]` must have a type, web or clock, or be {file: PATH}",
            "did you mean `web`?",
        ),
        (
            "AS202 7:28",
            "`assistants.bot.helpers[1]` must have a type, web or clock, or be {file: PATH}",
            "write {type: clock}",
        ),
    ]


def test_a_dialect_without_prompts_has_no_markdown_assistants(workspace, root):
    mute = replace(ODD, fields=Fields(tuple(row for row in ODD.fields if not getattr(row, "prose", False))))
    workspace.write("bot.md", "---\nproject: acme\npace: p\n---\nHello.\n")

    with pytest.raises(ConfigError) as caught:
        configuration(root, [workspace.folder / "bot.md"], mute)

    (problem,) = caught.value.diagnostics
    assert (problem.code, problem.help) == ("AS204", "declare it in a YAML file")


def test_a_dialect_without_files_takes_none(problems):
    (found,) = problems("files: [a.md]")

    assert found[1] == "unknown field `files` in `assistants.bot`"
