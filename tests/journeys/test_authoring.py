"""What people who write configurations meet: a starter, checks, environments, and what git has."""

import json
import os
import re
import subprocess
from dataclasses import astuple
from typing import NamedTuple

import pytest
from conftest import PROJECT

from reconciler.cli import main
from reconciler.config.codes import RULES
from reconciler.model.mark import MARK_KEY, Mark
from reconciler.server import Database, create_app, running

STARTER = [
    "assistants.yaml",
    "prompts/support.md",
    "docs/handbook.md",
    "assistants-sync.schema.json",
]
VALID = "The configuration of acme is valid: 1 assistant, 1 file.\n"
DOUBTFUL = PROJECT.replace("Be kind.", "TODO")
WRONG = PROJECT.replace("name: Support", "nmae: Support")
TWO = """\
project: acme
vars: {limit: 50}
assistants:
  support:
    name: Support
    model: gpt-5.6
    instructions: {text: "Refunds above ${var.limit} EUR need a human.", template: true}
    files: [handbook.md]
  sales: {name: Sales, model: gpt-5.6}
environments:
  staging: {vars: {limit: 10}}
  prod:
    patches:
      assistant.support: {model: gpt-6, metadata: {tier: gold}}
  same: {}
"""


class Ended(NamedTuple):
    """How a run of the program ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def here(workspace, monkeypatch, capfd):
    """Run the program in this process, in the project's folder."""
    monkeypatch.chdir(workspace.folder)

    def here(*arguments, **environment):
        with monkeypatch.context() as settings:
            for name, value in environment.items():
                settings.setenv(name, value)
            code = main.run([*arguments])
        told = capfd.readouterr()
        return Ended(code, told.out, told.err)

    return here


# init


def test_init_writes_a_project_that_is_valid_and_can_be_applied(workspace):
    begun = workspace.run("init")

    assert begun.out == "".join(f"wrote {path}\n" for path in STARTER)
    assert begun.err == "Next: assistants-sync validate, then assistants-sync plan.\n"
    assert sorted(workspace.snapshot()) == sorted(STARTER)
    assert workspace.run("validate", "--strict").out == (
        "The configuration of project is valid: 1 assistant, 1 file.\n"
    )
    assert workspace.run("plan").out.endswith("Plan: 2 to add, 0 to change, 0 to destroy.\n")
    assert workspace.run("apply", "--auto-approve").out.endswith("2 added, 0 changed, 0 destroyed.\n")
    assert workspace.run("plan", "--detailed-exitcode").code == 0


def test_the_starter_names_the_schema_that_lies_beside_it(here, workspace):
    here("init")
    first, *_ = workspace.snapshot()["assistants.yaml"].decode().splitlines()

    assert first == "# yaml-language-server: $schema=./assistants-sync.schema.json"
    assert workspace.snapshot()["assistants-sync.schema.json"].decode() == here("schema").out


@pytest.mark.parametrize("path", STARTER)
def test_init_overwrites_nothing_and_then_writes_nothing(here, workspace, path):
    workspace.write(path, "mine")
    before = workspace.snapshot()

    ended = here("init")

    assert (ended.code, ended.out) == (64, "")
    assert ended.err == f"Error: already exist: {path}; nothing was written\n"
    assert workspace.snapshot() == before


def test_a_second_init_names_everything_that_is_there(here, workspace):
    here("init")
    before = workspace.snapshot()

    ended = here("init")

    assert ended.code == 64
    assert ", ".join(STARTER) in ended.err
    assert workspace.snapshot() == before


@pytest.mark.parametrize("before", [None, "*.log", "state/\n"])
def test_init_leaves_gitignore_as_it_is_since_the_state_folder_has_one_of_its_own(here, workspace, before):
    if before is not None:
        workspace.write(".gitignore", before)

    ended = here("init")

    assert workspace.snapshot().get(".gitignore") == (before and before.encode())
    assert ".gitignore" not in ended.out


@pytest.mark.parametrize(
    ("folder", "project"),
    [
        ("acme", "acme"),
        ("Acme Support!", "acme-support"),
        ("acme.support_2", "acme.support_2"),
        ("-_.acme.-", "acme"),
        ("50% off: #1", "50-off-1"),
        ("日本", "assistants"),
        ("no", "no"),
    ],
)
def test_the_project_is_called_like_its_folder_as_far_as_a_project_can_be(here, workspace, folder, project):
    (workspace.folder / folder).mkdir()
    os.chdir(workspace.folder / folder)

    assert here("init").code == 0
    assert here("validate").out.startswith(f"The configuration of {project} is valid")


def test_the_project_can_be_named_by_option_and_by_variable(here, workspace):
    (workspace.folder / "other").mkdir()

    here("init", "--project", "acme")
    here("-C", "other", "init", ASSISTANTS_SYNC_PROJECT="sales")

    assert b"\nproject: acme " in workspace.snapshot()["assistants.yaml"]
    assert b"\nproject: sales " in workspace.snapshot()["other/assistants.yaml"]


# validate


def test_validate_tells_what_there_is_and_needs_no_server(project):
    ended = project.run("validate", "--allow-untracked", CI="true", OPENAI_BASE_URL="http://127.0.0.1:1/v1")

    assert astuple(ended) == (0, VALID, "")
    assert not (project.folder / "state").exists()


@pytest.mark.parametrize("form", ["text", "json", "github"])
@pytest.mark.parametrize(("text", "codes"), [(PROJECT, (0, 0)), (DOUBTFUL, (0, 1)), (WRONG, (1, 1))])
def test_errors_fail_and_warnings_only_where_they_shall(here, project, text, codes, form):
    project.configure(text)

    assert here("validate", "--format", form).code == codes[0]
    assert here("validate", "--format", form, "--strict").code == codes[1]


def test_as_text_problems_go_to_stderr_and_the_result_to_stdout(here, project):
    project.configure(DOUBTFUL)
    doubtful = here("validate")
    project.configure(WRONG)
    wrong = here("validate")

    assert doubtful.out == VALID
    assert doubtful.err.startswith("warning[AS503]: 'TODO' looks like something left to be written\n")
    assert doubtful.err.endswith("\nFound 1 warning in 1 file.\n")
    assert wrong.out == ""
    assert wrong.err.startswith("error[AS201]: unknown field `nmae`")
    assert wrong.err.endswith("\nFound 1 error in 1 file. Nothing was sent.\n")


def test_as_json_there_is_one_object_on_stdout_and_nothing_else(here, project):
    assert here("validate", "--format", "json") == Ended(
        0, '{\n  "format_version": 1,\n  "problems": [],\n  "omitted": 0\n}\n', ""
    )

    project.configure(DOUBTFUL.replace("name: Support", "nmae: Support"))
    ended = here("validate", "--format", "json")

    assert ended.err == ""
    first, second = json.loads(ended.out)["problems"]
    assert first == {
        "code": "AS201",
        "severity": "error",
        "message": "unknown field `nmae` in `assistants.support`",
        "file": "assistants.yaml",
        "line": 4,
        "column": 5,
        "width": 4,
        "help": "did you mean `name`?",
        "exception": "",
    }
    assert (second["code"], second["severity"], second["line"]) == ("AS503", "warning", 6)


def test_for_github_each_problem_is_an_annotation_on_its_line(here, project):
    assert here("validate", "--format", "github") == Ended(0, "", "")

    project.configure(DOUBTFUL.replace("name: Support", "nmae: Support"))
    ended = here("validate", "--format", "github")

    assert ended.err == ""
    assert ended.out == (
        "::error file=assistants.yaml,line=4,col=5,endColumn=9,title=AS201::"
        "unknown field `nmae` in `assistants.support` (did you mean `name`?)\n"
        "::warning file=assistants.yaml,line=6,col=19,endColumn=23,title=AS503::"
        "'TODO' looks like something left to be written\n"
    )


ANNOTATION = re.compile(
    r"::(error|warning) file=([^,:]+),line=\d+,col=\d+,endColumn=\d+,title=(AS\d+)::(.+)", re.ASCII
)


def test_nothing_of_a_name_or_a_message_is_taken_for_a_command(here, workspace):
    name = "100%,title=x::y\n::error::.yaml"
    wrong = '{"a%0A::error::b, c": {model: m}, d: {model: m, instructions: {file: "e\\n::error::f.md"}}}'
    text = f"project: acme\nassistants: {wrong}\n"
    workspace.write(name, text)

    rows = here("validate", "--format", "github", "-f", name).out.splitlines()
    found = [ANNOTATION.fullmatch(row).groups() for row in rows]

    assert {one[1] for one in found} == {"100%25%2Ctitle=x%3A%3Ay\\n%3A%3Aerror%3A%3A.yaml"}
    assert [(one[0], one[2]) for one in found] == [("error", "AS403"), ("error", "AS301")]
    assert found[0][3].startswith("'a%250A::error::b, c' cannot be an assistant's key")
    assert found[1][3] == r"cannot read the prompt: e\n::error::f.md: no such file or directory"


@pytest.mark.parametrize("path", [".", "assistants.yaml", "team"])
def test_files_and_folders_may_be_named_without_an_option(here, project, path):
    project.configure(PROJECT)
    project.write("team/assistants.yaml", PROJECT.replace("files: [handbook.md]", ""))
    project.write("team/.keep", "")
    expected = here("validate", "-f", path)

    assert here("validate", path) == expected
    assert here("validate", "nowhere.yaml", path).code == 1


@pytest.mark.parametrize("form", ["xml", ""])
def test_a_form_that_is_none_is_a_usage_error(here, project, form):
    assert here("validate", "--format", form).code == 64


# explain and schema


def test_every_code_is_explained(here):
    for code, rule in RULES.items():
        ended = here("explain", code)
        assert ended.code == 0
        assert ended.out.startswith(f"{code}: {rule.title}\n\n")
        assert max(map(len, ended.out.splitlines())) <= 80


def test_a_code_may_be_written_small_and_an_unknown_one_is_met_with_a_hint(here):
    assert here("explain", "as201") == here("explain", "AS201")

    near, far = here("explain", "AS2011"), here("explain", "nonsense")

    assert (near.code, far.code) == (64, 64)
    assert near.err == "Error: there is no code AS2011; did you mean `AS201`?\n"
    assert "there is no code nonsense; codes: AS101, " in far.err


def test_the_schema_is_printed_for_both_kinds_of_files(here):
    configuration, environment = here("schema"), here("schema", "environment")

    assert "assistants" in json.loads(configuration.out)["properties"]
    assert {*json.loads(environment.out)["properties"]} == {"vars", "patches", "import"}
    assert here("schema", "nonsense").code == 64


# show


@pytest.fixture
def two(workspace):
    """A project of two assistants and three environments."""
    workspace.configure(TWO)
    workspace.write("handbook.md", "Be kind.\n")
    return workspace


def test_show_tells_every_value_and_where_it_comes_from(two):
    shown = two.run("show", "assistant.support", "--env", "prod", "--var", "limit=1=2")

    assert (shown.code, shown.err) == (0, "")
    assert shown.out.splitlines() == [
        "assistant.support",
        "  name           Support  (assistants.yaml:5:11)",
        "  model          gpt-6  (assistants.yaml:14:34)",
        "  instructions   Refunds above 1=2 EUR need a human.  (assistants.yaml:7:19)",
        "  metadata.tier  gold  (assistants.yaml:14:58)",
        '  files          ["handbook.md"]  (assistants.yaml:8:12)',
    ]


def test_show_as_json_is_what_would_be_sent(here, two):
    shown = json.loads(here("show", "assistant.support", "--env", "staging", "--format", "json").out)

    assert shown["fields"]["instructions"] == "Refunds above 10 EUR need a human."
    assert shown["files"] == ["file.handbook.md"]
    assert shown["origins"]["model"] == "assistants.yaml:6:12"


def test_show_of_what_is_not_declared_helps(here, two):
    near, far = here("show", "assistant.suport"), here("show", "nonsense")

    assert (near.code, near.out, far.code) == (64, "", 64)
    assert near.err == "Error: assistant.suport is not declared; did you mean `assistant.support`?\n"
    assert far.err == (
        "Error: nonsense is not declared; declared: assistant.support, assistant.sales\n"
    )  # fmt: skip


def test_variables_may_stand_one_a_line_in_the_environment(here, two):
    two.configure(TWO.replace("{limit: 50}", "{limit: 50, who: null}").replace("a human", "${var.who}"))
    variables = "limit=7\nwho=a person, or two"

    shown = here("show", "assistant.support", ASSISTANTS_SYNC_VAR=variables)

    assert "Refunds above 7 EUR need a person, or two." in shown.out


@pytest.mark.parametrize("command", [["validate"], ["show", "assistant.support"], ["plan"]])
def test_a_variable_that_is_none_is_refused_by_every_command(here, two, command):
    for wrong in ("limit", "=5", ""):
        ended = here(*command, "--var", wrong)
        assert ended.code == 64
        assert f"--var {wrong!r} is not NAME=VALUE" in ended.err

    ended = here(*command, "--var", "limt=5")
    assert ended.code == 1
    assert "error[AS421]: --var limt: no such variable is declared" in ended.err


# diff


def test_two_environments_are_compared_word_by_word(two):
    ended = two.run("diff", "--between", "staging", "prod")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "  ~ assistant.support",
        '      model          "gpt-5.6" → "gpt-6"',
        "      instructions",
        "           1 - │ Refunds above [-10-] EUR need a human.",
        "           1 + │ Refunds above {+50+} EUR need a human.",
        '      metadata.tier  (none) → "gold"',
        "",
        "staging and prod differ in 1 assistant.",
    ]


def test_a_dash_is_the_configuration_without_an_environment(here, two):
    assert here("diff", "--between", "-", "same") == Ended(0, "- and same are the same.\n", "")
    assert "{+50+}" in here("diff", "--between", "staging", "-").out


def test_an_environment_that_is_none_is_refused_by_every_command(here, two):
    commands = [
        ["diff", "--between", "prod", "stagin"],
        ["validate", "--env", "stagin"],
        ["plan", "--env", "stagin"],
    ]
    commands += [[one, "--auto-approve", "--env", "stagin"] for one in ("apply", "destroy")]

    for command in commands:
        ended = here(*command)
        assert (ended.code, ended.out) == (1, "")
        assert "error[AS423]: unknown environment `stagin`" in ended.err
        assert "help: did you mean `staging`?" in ended.err
    assert not (two.folder / "state").exists()


@pytest.mark.parametrize("between", [[], ["--between", "prod"]])
def test_diff_needs_two_environments(here, two, between):
    assert here("diff", *between).code == 64


def test_a_tool_and_a_function_of_its_name_are_two(here, two):
    function = "{type: function, function: {name: retrieval, description: hi}}"
    two.configure(f"""\
project: p
environments:
  a: {{}}
  b: {{patches: {{assistant.x: {{tools: [{function}]}}}}}}
assistants:
  x: {{model: m, tools: [{{type: retrieval}}, {function}]}}
""")

    ended = here("diff", "--between", "a", "b")

    assert (ended.code, "a and b differ in 1 assistant." in ended.out) == (0, True)
    shown = here("show", "assistant.x", "--env", "a").out
    assert ("tools.retrieval" in shown, "tools.function retrieval" in shown) == (True, True)


# environments


@pytest.fixture
def account():
    """A server, and what its assistants say in their Marks."""
    with Database.memory() as database, running(create_app(database)) as url:

        def marks():
            with database.read() as connection:
                rows = connection.execute("SELECT metadata FROM assistants").fetchall()
                files = connection.execute("SELECT count(*) FROM files").fetchone()[0]
            found = (Mark.parse(json.loads(row[0])[MARK_KEY]) for row in rows)
            return sorted(f"{one.project}/{one.environment}/{one.name}" for one in found), files

        yield url, marks


def test_two_environments_live_side_by_side_and_one_is_destroyed_alone(here, two, account):
    url, marks = account
    two.configure(TWO.replace("  sales: {name: Sales, model: gpt-5.6}\n", ""))

    for name in ("staging", "prod"):
        applied = here("apply", "--auto-approve", "--server", url, "--env", name)
        assert applied.out.endswith("Resources: 2 added, 0 changed, 0 destroyed.\n")
        assert here("plan", "--detailed-exitcode", "--server", url, "--env", name).code == 0
    assert marks() == (["acme/prod/support", "acme/staging/support"], 2)
    assert {path.parent.relative_to(two.folder).as_posix() for path in two.folder.rglob("state.json")} == {
        "state/environments/staging",
        "state/environments/prod",
    }
    staging, prod = (here("output", "assistant.support", "--env", name).out for name in ("staging", "prod"))
    assert staging != prod
    assert here("plan", "--server", url).out.endswith("Plan: 2 to add, 0 to change, 0 to destroy.\n")

    destroyed = two.run("destroy", "--auto-approve", "--server", url, "--env", "staging")

    assert destroyed.out.endswith("Resources: 0 added, 0 changed, 2 destroyed.\n")
    assert marks() == (["acme/prod/support"], 1)
    assert here("plan", "--detailed-exitcode", "--server", url, "--env", "prod").code == 0
    assert here("output", "assistant.support", "--env", "prod").out == prod
    assert here("output", "--env", "staging").out == ""


def test_an_environment_without_its_state_finds_its_own_again_and_no_other(here, two, account):
    url, marks = account
    for name in ("staging", "prod"):
        here("apply", "--auto-approve", "--server", url, "--env", name)
    before = marks()
    (two.folder / "state/environments/prod/state.json").unlink()

    planned = here("plan", "--server", url, "--env", "prod")
    here("apply", "--auto-approve", "--server", url, "--env", "prod")

    assert "to adopt" in planned.out
    assert planned.out.endswith("Plan: 0 to add, 0 to change, 0 to destroy.\n")
    assert marks() == before


# warnings


def test_warnings_are_told_by_plan_and_apply_and_stop_neither(project):
    project.configure(DOUBTFUL)

    planned = project.run("plan")
    applied = project.run("apply", "--auto-approve")

    for ended in (planned, applied):
        assert ended.code == 0
        line = "Warning: AS503 'TODO' looks like something left to be written (assistants.yaml:6:19)\n"
        assert ended.err.startswith(line)
        assert "AS503" not in ended.out
    assert applied.out.endswith("Resources: 2 added, 0 changed, 0 destroyed.\n")


# what git has


@pytest.fixture
def git(project, tmp_path, monkeypatch):
    """Git in the project's folder, with no setting of this machine."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))

    def git(*arguments):
        subprocess.run(["git", *arguments], cwd=project.folder, check=True, capture_output=True, timeout=60)  # noqa: S607 - whichever is installed

    return git


@pytest.fixture
def checkout(project, git):
    """The project in a checkout whose index holds the configuration alone."""
    git("init")
    git("add", "assistants.yaml")
    return project


NOWHERE = "http://127.0.0.1:9/v1"  # no connection is tried


def test_in_ci_a_file_that_git_does_not_have_is_refused(checkout):
    planned = checkout.run("plan", "--server", NOWHERE, CI="true")
    applied = checkout.run("apply", "--auto-approve", "--server", NOWHERE, CI="true")

    for ended in (planned, applied, checkout.run("validate", CI="true")):
        assert (ended.code, ended.out) == (1, "")
        assert "error[AS306]: cannot read the file: handbook.md is not in git's index" in ended.err
        assert "--> assistants.yaml:7:13" in ended.err
        assert "help: commit it, or say --allow-untracked" in ended.err
    assert not (checkout.folder / "state").exists()


def test_a_person_can_allow_what_git_does_not_have(here, checkout):
    allowed = checkout.run("apply", "--auto-approve", "--allow-untracked", "--server", "embedded", CI="true")
    by_variable = here("validate", CI="true", ASSISTANTS_SYNC_ALLOW_UNTRACKED="1")

    assert allowed.out.endswith("Resources: 2 added, 0 changed, 0 destroyed.\n")
    assert "AS306" not in allowed.err
    assert by_variable == Ended(0, VALID, "")


def test_on_a_persons_machine_it_is_a_warning_that_strict_heeds(checkout):
    planned, strict = checkout.run("plan"), checkout.run("validate", "--strict")

    assert (planned.code, strict.code) == (0, 1)
    assert planned.err.startswith("Warning: AS306 handbook.md is not in git's index (handbook.md:1:1)\n")
    assert strict.err.startswith("warning[AS306]: handbook.md is not in git's index\n")
    assert "help: commit it; in CI it is refused" in strict.err


def test_what_git_has_passes_in_ci_until_it_is_changed(here, checkout, git):
    git("add", "handbook.md")
    assert here("validate", CI="true") == Ended(0, VALID, "")

    checkout.write("handbook.md", "somebody else's words")

    assert "handbook.md differs from what git has" in here("validate", CI="true").err
    assert here("validate") == Ended(0, VALID, "")


FILES = [f"{number:03}.md" for number in range(150)]
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12\n"


@pytest.fixture
def attaching(checkout, git):
    """Attach files, ten to an assistant, that git has or does not have."""

    def attaching(paths, content, *, tracked):
        blocks = [paths[start : start + 10] for start in range(0, len(paths), 10)]
        rows = [
            f"  a{number:02}: {{model: m, files: [{', '.join(block)}]}}"
            for number, block in enumerate(blocks)
        ]
        checkout.configure("\n".join(["project: acme", "assistants:", *rows, ""]))
        for number, path in enumerate(paths):
            checkout.write(path, content.format(number))
        git("add", "--all" if tracked else "assistants.yaml")

    return attaching


CAUSES = {
    "untracked": ("text {}", False, "000.md is not in git's index (and 149 more files)"),
    "pointers": (POINTER, True, "000.md is a Git LFS pointer, not its content (and 149 more files)"),
}


@pytest.mark.parametrize(("content", "tracked", "problem"), CAUSES.values(), ids=CAUSES)
def test_files_with_one_cause_are_one_problem(here, attaching, content, tracked, problem):
    attaching(FILES, content, tracked=tracked)
    sentence = f"cannot read the file: {problem}"

    text = here("validate", CI="true")
    assert text.code == 1
    assert sentence in text.err
    assert "--> assistants.yaml:3:" in text.err
    assert "Found 1 error in 1 file. Nothing was sent." in text.err

    (found,) = json.loads(here("validate", "--format", "json", CI="true").out)["problems"]
    assert (found["message"], found["line"]) == (sentence, 3)

    assert here("validate", "--format", "github", CI="true").out.count("::error") == 1


def test_untracked_files_on_a_persons_machine_are_one_warning(here, attaching):
    attaching(FILES, "text {}", tracked=False)

    ended = here("validate")

    assert ended.code == 0
    assert "warning[AS306]: 000.md is not in git's index (and 149 more files)\n" in ended.err
    assert "Found 1 warning in 1 file." in ended.err


def test_one_file_that_many_places_name_is_one_problem_too(here, checkout, git):
    rows = "".join(f"  a{number}: {{model: m, files: [p.md]}}\n" for number in range(3))
    checkout.configure(f"project: acme\nassistants:\n{rows}")
    checkout.write("p.md", "text")
    git("add", "assistants.yaml")
    assert "p.md is not in git's index (and 2 more places)\n" in here("validate", CI="true").err


def test_files_with_different_causes_stay_apart(here, attaching, checkout, git):
    attaching(["a.md", "b.md"], "text {}", tracked=True)
    git("rm", "--quiet", "--cached", "a.md")
    checkout.write("b.md", "edited")

    ended = here("validate", CI="true")

    assert "a.md is not in git's index\n" in ended.err
    assert "b.md differs from what git has\n" in ended.err
    assert "Found 2 errors" in ended.err


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("prompts/support.md", "Be brief."),
        ("tools/refund.json", '{"name": "refund"}'),
        ("environments/prod.yaml", "vars: {}\n"),
        ("agents/sales.md", "---\nmodel: m\n---\n\nSell.\n"),
        ("agents/sales.yaml", "assistants: {sales: {model: m}}\n"),
    ],
)
def test_prompts_tools_environments_and_what_a_folder_holds_are_asked_about_too(
    here, checkout, git, path, text
):
    checkout.configure(
        "project: acme\n"
        "assistants:\n"
        "  support:\n"
        "    model: m\n"
        "    instructions: {file: prompts/support.md}\n"
        "    tools: [{file: tools/refund.json}]\n"
    )
    for name, content in {"prompts/support.md": "Be kind.", "tools/refund.json": '{"name": "r"}'}.items():
        checkout.write(name, content)
    checkout.write("agents/kept.yaml", "assistants: {}\n")
    git("add", "--all")
    files = ["-f", "assistants.yaml", "-f", "agents"]
    assert here("validate", *files, CI="true").code == 0

    checkout.write(path, text)

    ended = here("validate", *files, CI="true")
    assert ended.code == 1
    assert "error[AS306]" in ended.err
    assert path in ended.err
    assert here("validate", *files, "--allow-untracked", CI="true").code == 0
