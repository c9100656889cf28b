"""Warnings about a configuration never bury what a command is about."""

import json

import pytest

COUNT = 30
SCENE = "project: acme\nassistants:\n" + "".join(
    f"  a{number}: {{model: gpt-3.5-turbo, instructions: TODO}}\n" for number in range(COUNT)
)
ALL = f"Warning: {2 * COUNT} warnings in all; to see each of them, run: assistants-sync validate\n"


@pytest.fixture
def here(workspace, monkeypatch, invoke):
    """Sixty warnings of two causes; the program, run in this process."""
    monkeypatch.chdir(workspace.folder)
    workspace.configure(SCENE + "environments:\n  prod: {}\n")
    return invoke


def warned(ended):
    """The lines about warnings of a run, whichever stream they are on."""
    every = [*ended.out.splitlines(), *ended.err.splitlines()]
    return [line for line in every if "AS503" in line or "AS508" in line or line.startswith("Warning:")]


@pytest.mark.parametrize("line", [("plan",), ("apply", "--auto-approve"), ("diff", "--between", "-", "prod")])
def test_sixty_warnings_take_at_most_eight_lines(here, line):
    ended = here(*line)

    assert ended.code == 0
    assert len(warned(ended)) == 3
    assert f"{COUNT} times, first at assistants.yaml:3:15" in ended.err
    assert f"{COUNT} times, first at assistants.yaml:3:44" in ended.err
    assert ended.err.count(ALL) == 1


def test_after_an_apply_a_plan_prints_them_as_briefly(here):
    here("apply", "--auto-approve")

    assert len(warned(here("plan"))) == 3


@pytest.mark.parametrize("line", [("drift",), ("show", "assistant.a1")])
def test_a_command_that_does_not_compare_the_configuration_only_counts_them(here, line):
    here("apply", "--auto-approve")

    ended = here(*line)

    assert ended.err == (
        f"Warning: the configuration has {2 * COUNT} warnings; to see them, run: assistants-sync validate\n"
    )


def test_a_destroy_only_counts_the_warnings_of_what_it_deletes(here):
    here("apply", "--auto-approve")

    ended = here("destroy", "--auto-approve")

    assert ended.code == 0
    assert warned(ended) == [
        f"Warning: the configuration has {2 * COUNT} warnings; to see them, run: assistants-sync validate"
    ]


def test_output_has_nothing_to_do_with_them(here):
    here("apply", "--auto-approve")

    assert here("output").err == ""


def test_the_command_that_shows_all_reads_the_same_configuration(here, workspace):
    (workspace.folder / "assistants.yaml").rename(workspace.folder / "other.yaml")

    assert (
        "run: assistants-sync validate -f other.yaml\n".replace("-f", "--file")
        in here("plan", "-f", "other.yaml").err
    )


def test_validate_shows_every_warning_whole(here):
    ended = here("validate")

    assert ended.err.count("warning[AS508]") == ended.err.count("warning[AS503]") == COUNT
    assert f"Found {2 * COUNT} warnings in 1 file.\n" in ended.err


def test_the_json_of_a_plan_has_every_warning_with_code_place_and_count(here):
    ended = here("plan", "--format", "json")
    found = json.loads(ended.out)["warnings"]

    assert ended.err == ""
    assert len(found) == 2 * COUNT
    assert {one["code"] for one in found} == {"AS503", "AS508"}
    assert {(one["file"], one["count"]) for one in found} == {("assistants.yaml", COUNT)}
    assert len({(one["line"], one["column"]) for one in found}) == 2 * COUNT


def test_the_json_of_a_plan_counts_the_warnings_that_it_omits(here, workspace):
    workspace.configure(SCENE + SCENE.partition("assistants:\n")[2].replace("  a", "  b"))

    document = json.loads(here("plan", "--format", "json").out)

    assert len(document["warnings"]) == 100
    assert document["warnings_omitted"] == 4 * COUNT - 100


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_a_document_for_people_groups_them(here, form):
    ended = here("plan", "--format", form)

    assert ended.err == ""
    assert ended.out.count("AS508") == ended.out.count("AS503") == 1
    assert f"{2 * COUNT} warnings in all" in ended.out


def test_a_warning_about_the_state_is_not_hidden_by_their_number(here, monkeypatch):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("ASSISTANTS_SYNC_ALLOW_UNTRACKED", "1")

    ended = here("apply", "--auto-approve", "--server", "embedded")

    assert "Warning: CI is set, and there is no state in its folder yet." in ended.err
