"""The example project, from an empty server to no changes, as the README tells it."""

import json
import shutil
import subprocess
from pathlib import Path

from conftest import Workspace

from reconciler.cli.demo import _next, _typed
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1

ROOT = Path(__file__).parents[2]
COMPLETE = "Apply complete! Resources: {} added, {} changed, {} destroyed."


def test_plan_apply_plan(example):
    planned = example.run_anew("plan")
    applied = example.run("apply", "--auto-approve")
    again = example.run("plan", "--detailed-exitcode")

    assert planned.out.splitlines()[0].startswith("Target: the embedded server")
    assert planned.out.splitlines()[-1] == "Plan: 7 to add, 0 to change, 0 to destroy."
    assert applied.out.splitlines()[-1] == COMPLETE.format(7, 0, 0)
    assert again.out.splitlines()[-1] == "No changes. Your assistants match the configuration."
    assert (planned.code, applied.code, again.code) == (0, 0, 0)


def test_the_detailed_exit_code_tells_changes(example):
    assert example.run("plan", "--detailed-exitcode").code == 2


def test_a_changed_prompt_is_shown_line_by_line(example):
    example.run("apply", "--auto-approve")
    prompt = example.folder / "prompts/triage.md"
    example.write("prompts/triage.md", prompt.read_text().replace("above 50 EUR", "above 100 EUR"))

    ended = example.run("plan")

    assert " - │ - Refunds above [-50-] EUR need a human." in ended.out
    assert " + │ - Refunds above {+100+} EUR need a human." in ended.out
    assert ended.out.endswith("Plan: 0 to add, 1 to change, 0 to destroy.\n")


def test_a_changed_shared_file_is_one_change_and_its_swaps_stand_under_each_assistant(example):
    example.run("apply", "--auto-approve")
    example.write("docs/returns-policy.pdf", b"%PDF-1.4 rewritten")

    planned = example.run("plan")
    applied = example.run("apply", "--auto-approve")

    assert planned.out.count("+ attach docs/returns-policy.pdf (new upload)") == 2
    assert planned.out.count("- detach docs/returns-policy.pdf (old upload)") == 2
    assert planned.out.endswith("Plan: 0 to add, 1 to change, 0 to destroy.\n")
    assert applied.out.endswith(COMPLETE.format(0, 1, 0) + "\n")
    assert example.run("plan", "--detailed-exitcode").code == 0


def test_destroy_keeps_what_is_protected_and_its_files(example):
    example.run("apply", "--auto-approve")

    ended = example.run("destroy", "--auto-approve")

    assert ended.code == 3
    assert "prevent_destroy is set" in ended.out
    assert "Resources: 0 added, 0 changed, 4 destroyed." in ended.out


def test_destroy_removes_everything_once_nothing_is_protected(example):
    text = (example.folder / "assistants.yaml").read_text()
    example.configure(text.replace("prevent_destroy: true", "prevent_destroy: false"))
    example.run("apply", "--auto-approve")

    assert example.run("destroy", "--auto-approve").out.endswith(COMPLETE.format(0, 0, 7) + "\n")
    assert example.run("output").out == ""


def test_output_gives_lines_that_a_shell_can_source(example):
    example.run("apply", "--auto-approve")
    example.write("ids.env", example.run("output", "--format", "dotenv").out)

    script = '. ./ids.env && echo "$ASSISTANT_TRIAGE_ID $ASSISTANT_RETURNS_ID $ASSISTANT_REPORTS_ID"'
    shell = subprocess.run(["/bin/sh", "-c", script], cwd=example.folder, capture_output=True, check=True)
    ids = json.loads(example.run("output", "--format", "json").out)

    assert shell.stdout.decode().split() == [
        ids[f"assistant.{name}"] for name in ("triage", "returns", "reports")
    ]
    assert example.run("output", "assistant.triage").out.split()[-1] == ids["assistant.triage"]


def test_the_example_is_what_its_readers_are_told(example):
    validated = example.run("validate")

    assert validated.out == "The configuration of acme-support is valid: 3 assistants, 4 files.\n"
    for prompt in (example.folder / "prompts").iterdir():
        assert len(prompt.read_text().splitlines()) >= 40
        assert len(prompt.read_text()) <= ASSISTANTS_V1.fields.by_name["instructions"].limit


def test_the_demo_ends_with_no_changes_and_leaves_nothing_behind(workspace):
    ended = workspace.run("demo", TMPDIR=str(workspace.folder))

    assert ended.code == 0
    assert "No changes. Your assistants match the configuration." in ended.out
    assert "changed on the server since the last apply" in ended.out
    assert ended.out.endswith("# Next: mkdir support && assistants-sync -C support init\n")
    assert list(workspace.folder.iterdir()) == []


def test_the_demo_names_a_program_by_its_path_where_the_shell_would_not_find_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "bin/assistants-sync"
    program.parent.mkdir()
    program.touch()

    assert _typed(program, None) == "bin/assistants-sync"
    assert _typed(program, str(program)) == "assistants-sync"
    assert _typed(Path("-m"), None) == "assistants-sync"


def test_the_command_that_the_demo_ends_with_works_in_a_checkout_and_elsewhere(tmp_path):
    checkout, elsewhere = tmp_path / "checkout", tmp_path / "elsewhere"
    shutil.copytree(ROOT / "examples", checkout / "examples", ignore=shutil.ignore_patterns("state"))
    elsewhere.mkdir()

    assert _next("assistants-sync", checkout) == "assistants-sync -C examples plan"
    assert Workspace(checkout).run("-C", "examples", "plan").code == 0
    assert _next(".venv/bin/x", elsewhere) == "mkdir support && .venv/bin/x -C support init"
    (elsewhere / "support").mkdir()
    assert Workspace(elsewhere).run("-C", "support", "init").code == 0
