"""A dialect that the product does not know by name, on the command line from end to end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest

from reconciler.render.formats import FORMATS

CONFIGURATION = """\
project: acme
dialect: toy
environments:
  quiet:
    patches:
      assistant.support: {loud: false, skills: [{label: sing, level: 1}]}
defaults:
  pace: fast
  stickers: {team: red}
assistants:
  support:
    greeting: {file: greeting.md}
    heat: 0.7
    loud: true
    dials: {bass: 0, treble: 5}
    skills:
      - {label: sing, level: 0}
      - {label: dance}
"""


@pytest.fixture
def site(zoo):
    """A project of one bot."""
    zoo.workspace.configure(CONFIGURATION)
    zoo.workspace.write("greeting.md", "Hi.\nWho is there?\n")
    return zoo


def test_a_good_configuration_is_valid_without_a_server(site):
    assert site.run("validate").code == 0
    assert site.app.ledger == []


@pytest.mark.parametrize(
    ("old", "new", "problem", "remedy"),
    [
        ("heat: 0.7", "heet: 0.7", "unknown field `heet`", "did you mean `heat`?"),
        ("heat: 0.7", "model: gpt-4", "unknown field `model`", "known fields: "),
        ("level: 0", "levle: 0", "unknown field `levle`", "did you mean `level`?"),
        ("heat: 0.7", "heat: 2.5", "`heat` is 2.5; the range is 0 to 2", ""),
        ("heat: 0.7", "heat: warm", "must be a number", ""),
        ("loud: true", "loud: 1", "must be true or false, and is a number", ""),
        ("bass: 0", "a: 1, b: 2, c: 3, d: 4, e: 5", "6 dials pairs; the limit is 4", ""),
        (
            "team: red",
            "a: x, b: x, c: x, d: x, e: x",
            "5 stickers pairs; the limit is 4, since one is ours",
            "",
        ),
        ("label: sing", "label: dance", "`dance` is listed twice", ""),
        ("    heat: 0.7", "    files: [a.md]", "unknown field `files`", ""),
        ("team: red", "assistants_sync: x", "`assistants_sync` is reserved", "choose another key"),
        ("label: sing", "label: S1NG", "'S1NG' cannot be a skill's label", "small letters and spaces only"),
        ("pace: fast", "pace: as fast as a bot can go", "`pace` has 23 characters; the limit is 20", ""),
    ],
)
def test_a_mistake_is_located_and_explained_by_the_dialect(site, old, new, problem, remedy):
    site.change(old, new)

    ended = site.run("validate")

    assert ended.code == 1
    assert problem in ended.err
    assert remedy in ended.err
    assert "assistants.yaml:" in ended.err


def test_the_schema_has_the_fields_of_the_dialect_alone(site):
    found = json.loads(site.run("schema", "--dialect", "toy").out)

    known = found["$defs"]["Assistant"]["properties"]
    assert known.keys() == {"greeting", "pace", "heat", "loud", "dials", "skills", "stickers", "lifecycle"}
    assert "instructions" not in json.dumps(found)


def test_the_schema_accepts_what_is_valid_and_refuses_what_is_not(site):
    schema = jsonschema_rs.validator_for(json.loads(site.run("schema", "--dialect", "toy").out))

    def is_valid(**fields):
        return schema.is_valid({"project": "acme", "dialect": "toy", "assistants": {"support": fields}})

    assert is_valid(heat=0, loud=False, dials={"bass": None}, skills=[{"label": "sing"}])
    assert not is_valid(heat=2.5)
    assert not is_valid(skills=[{"level": 0}])
    assert not is_valid(model="gpt-4")


@pytest.mark.parametrize(
    ("code", "limit"),
    [
        ("AS411", "`greeting`: 2,000 characters"),
        ("AS412", "`skills`: 3"),
        ("AS418", "`heat`: the range is 0 to 2"),
    ],
)
def test_a_rule_is_explained_with_the_limits_of_the_dialect(site, code, limit):
    assert limit in " ".join(site.run("explain", code, "--dialect", "toy").out.split())


def test_what_is_declared_is_shown_part_by_part(site):
    text = site.run("show", "assistant.support").out

    for line in ("heat           0.7", "loud           true", "dials.bass     0", "stickers.team  red"):
        assert f"  {line}" in text
    assert "skills.sing" in text


def test_a_markdown_file_is_an_assistant_with_its_prompt_in_the_field_for_prose(site):
    site.workspace.write("bots/parrot.md", "---\nheat: 0\n---\nHello.\nWho is there?\n")

    text = site.run("show", "assistant.parrot", "-f", "assistants.yaml", "-f", "bots").out

    assert "heat           0  (bots/parrot.md:2:7)" in text
    assert "greeting  (bots/parrot.md:4:1)\n     1 │ Hello.\n     2 │ Who is there?" in text


def test_environments_are_compared_part_by_part(site):
    text = site.run("diff", "--between", "-", "quiet").out

    assert "loud           true → false" in text
    assert "skills.dance" in text
    assert "skills.sing" in text


def test_an_apply_creates_what_is_declared(site):
    site.apply()

    bot = site.bot
    assert (bot["warmth"], bot["shouts"], bot["gait"]) == (0.7, True, "fast")
    assert (bot["says"], bot["knobs"]) == ("Hi.\nWho is there?\n", {"bass": 0, "treble": 5})
    assert [(trick["label"], trick.get("level")) for trick in bot["tricks"]] == [("sing", 0), ("dance", None)]
    assert site.plan("--detailed-exitcode").code == 0


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_shows_a_plan(site, form):
    site.apply()
    site.change("heat: 0.7", "heat: 0")

    ended = site.plan("--format", form, "--detailed-exitcode")

    assert ended.code == 2
    assert "heat" in ended.out
    assert "0.7" in ended.out


def test_a_plan_document_fits_its_schema(site):
    site.apply()
    site.change("level: 0", "level: 1")

    schema = jsonschema_rs.validator_for(json.loads(site.run("schema", "plan").out))
    plan = json.loads(site.plan("--format", "json").out)

    assert schema.is_valid(plan)
    assert [one["field"] for one in plan["changes"][0]["fields"]] == ["skills.sing"]


def test_a_plan_from_a_commit_needs_no_server(site):
    git = "/usr/bin/env git -c user.name=A -c user.email=a@example.org"
    for command in ("init -q", "add .", "commit -qm Begin"):
        subprocess.run([*git.split(), *command.split()], check=True)
    site.change("level: 0", "level: 1")
    site.change("heat: 0.7", "heat: 0")

    text = site.run("plan", "--against", "git:HEAD").out

    assert "~ heat          0.7 → 0\n" in text
    assert "~ skills.sing\n          level  0 → 1\n" in text
    assert site.app.ledger == []


def test_a_plan_file_is_shown_and_applied(site):
    site.apply()
    site.change("heat: 0.7", "heat: 0")
    site.plan("--out", "plan.json")

    assert "~ heat          0.7 → 0" in site.run("show", "plan.json").out
    site.apply("plan.json")

    assert site.bot["warmth"] == 0


def test_zero_is_a_value_and_absence_is_none(site):
    site.change("heat: 0.7", "heat: 0")
    site.apply()
    assert site.bot["warmth"] == 0

    site.change("    heat: 0\n", "")
    assert "- heat          0 → (none)" in site.plan().out
    site.apply()
    assert site.bot["warmth"] is None

    site.change("    loud: true\n", "    loud: true\n    heat: 0\n")
    assert "+ heat          (none) → 0" in site.plan().out
    site.apply()
    assert site.bot["warmth"] == 0
    assert site.plan("--detailed-exitcode").code == 0


def test_null_clears_a_value_and_a_key(site):
    site.apply()
    site.change("heat: 0.7", "heat: null")
    site.change("bass: 0", "bass: null")
    site.change("label: sing, level: 0", "label: sing")

    site.apply()

    assert (site.bot["warmth"], site.bot["knobs"]) == (None, {"treble": 5})
    assert site.plan("--detailed-exitcode").code == 0


def test_drift_is_shown_and_overwritten(site):
    site.apply()
    site.edit(warmth=0, shouts=False, knobs={"bass": 9, "treble": 5})

    text = site.run("drift", "--server", site.url).out
    site.apply("--on-drift", "overwrite")

    for line in ("! heat          0.7 → 0", "! loud          true → false", "! dials.bass    0 → 9"):
        assert line in text
    assert (site.bot["warmth"], site.bot["shouts"], site.bot["knobs"]["bass"]) == (0.7, True, 0)


def test_an_ignored_field_is_left_to_the_server(site):
    site.change("    heat: 0.7\n", "    heat: 0.7\n    lifecycle: {ignore_changes: [heat]}\n")
    site.apply()
    site.edit(warmth=0)

    assert site.plan("--detailed-exitcode").code == 0
    site.change("[heat]", "[model]")
    assert site.run("validate").code == 1


def test_a_lost_state_is_made_again_by_the_ownership_mark(site):
    site.apply()
    for file in (site.workspace.folder / "state").rglob("*"):
        if file.is_file():
            file.unlink()
    site.change("    loud: true\n", "")

    site.apply("--on-drift", "overwrite")

    assert site.bot["shouts"] is None
    assert len(site.app.bots) == 1


def test_a_destroy_archives_every_bot(site):
    site.apply()
    ended = site.run("destroy", "--auto-approve", "--server", site.url)

    assert ended.code == 0
    assert site.app.present == []
    assert len(site.app.bots) == 1


@pytest.mark.parametrize("command", [["plan"], ["apply", "--auto-approve"], ["drift"]])
def test_a_state_of_another_dialect_ends_with_5_before_any_request(site, command):
    site.apply()
    asked = len(site.app.ledger)
    site.workspace.configure("project: acme\nassistants: {support: {model: gpt-4}}\n")

    ended = site.run(*command, "--server", site.url)

    assert ended.code == 5
    assert "this state belongs to the dialect toy, and the configuration is of assistants-v1" in ended.err
    assert len(site.app.ledger) == asked


def test_an_option_chooses_the_dialect_of_a_configuration_that_names_none(site):
    site.change("dialect: toy\n", "")

    assert site.run("validate").code == 1
    assert site.run("validate", "--dialect", "toy").code == 0
    site.apply("--dialect", "toy")


def test_the_embedded_server_says_that_it_does_not_speak_the_dialect(site):
    ended = site.run("plan", "--server", "embedded")

    assert ended.code == 64
    assert "the embedded server does not speak the dialect toy" in ended.err


def test_an_unknown_dialect_is_refused_with_those_that_are_meant(site):
    site.change("dialect: toy", "dialect: tyo")

    ended = site.run("validate")

    assert ended.code in {1, 64}
    assert "toy" in ended.err


ALONE = """
import sys
import toy.known
from reconciler.cli.main import run
codes = [run(one.split()) for one in sys.argv[1:]]
print(codes, [name for name in sys.modules if "assistants_v1" in name], file=sys.stderr)
"""


def test_no_command_loads_the_v1_dialect_for_a_project_of_another_one(site):
    server = f"--server {site.url}"
    commands = [
        "validate",
        "schema --dialect toy",
        "show assistant.support",
        "diff --between - quiet",
        f"apply --auto-approve {server}",
        *(f"plan {server} --env quiet --state quiet --format {form}" for form in FORMATS),
        f"drift {server}",
        "output",
        f"destroy --auto-approve {server}",
    ]
    tests = str(Path(__file__).parents[1])

    ended = subprocess.run(
        [sys.executable, "-c", ALONE, *commands],
        env={**os.environ, "PYTHONPATH": tests},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ended.stderr.splitlines()[-1] == f"{[0] * len(commands)} []"


def test_bots_are_listed_although_none_has_a_name(site):
    site.apply()

    ended = site.run("query", "--server", site.url, "--format", "json")

    (bot,) = json.loads(ended.out)["assistants"]
    assert (bot["id"], bot["name"], bot["owner"]) == (site.bot["ref"], "", "acme/-")
    assert (bot["address"], bot["files"]) == ("assistant.support", 0)
    refused = site.run("query", "--server", site.url, "--name", "*")
    assert (refused.code, "assistants of this dialect have no name" in refused.err) == (64, True)
