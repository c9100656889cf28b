"""The variable of an option is set once for a whole job, and breaks no command that has other values."""

import click
import pytest
from journeys.test_terminal import at_a_terminal

from reconciler.cli.main import program

SCENE = "project: acme\nassistants:\n  support: {model: m}\n"


def commands(command, names=()):
    """Yield every command that does something, under its names."""
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, (*names, name))
    else:
        yield " ".join(names), command


COMMANDS = dict(commands(program))
ENDS = {"min", "max"}


def variable(option):
    """The first variable of an option; empty for none."""
    return option.envvar if isinstance(option.envvar, str) else (option.envvar or [""])[0]


def typical(option):
    """Yield values that an option accepts, the outermost ones of a range among them."""
    if isinstance(option.type, click.Choice):
        yield from option.type.choices
    elif isinstance(option.type, (click.IntRange, click.FloatRange)):
        yield from (str(getattr(option.type, end)) for end in ENDS if getattr(option.type, end) is not None)


OPTIONS = [
    (name, option)
    for name, command in COMMANDS.items()
    for option in command.params
    if isinstance(option, click.Option) and variable(option)
]
VALUES = sorted({(variable(option), value) for _, option in OPTIONS for value in typical(option)})


def used(name, option):
    """Return what a command takes an option for; click's own errors where that is refused."""
    root = click.Context(program)
    with click.Context(COMMANDS[name], info_name=name, parent=root) as context:
        value, _ = option.consume_value(context, {})
        return option.process_value(context, value)


@pytest.mark.parametrize(("variable_name", "value"), VALUES)
def test_a_value_that_one_command_accepts_breaks_no_other(monkeypatch, variable_name, value):
    sharing = [(name, option) for name, option in OPTIONS if variable(option) == variable_name]
    usual = [used(*one) for one in sharing]
    monkeypatch.setenv(variable_name, value)

    for (name, option), default in zip(sharing, usual, strict=True):
        taken = used(name, option)

        assert str(taken) in {value, f"{value}.0"} or taken == default or taken == float(value), name


@pytest.mark.parametrize("variable_name", sorted({name for name, _ in VALUES}))
def test_a_value_that_no_command_accepts_is_a_usage_error(monkeypatch, variable_name):
    monkeypatch.setenv(variable_name, "nonsense")

    for name, option in OPTIONS:
        if variable(option) == variable_name:
            with pytest.raises(click.BadParameter):
                used(name, option)


def test_only_consent_to_delete_or_to_change_a_state_has_no_variable():
    without = [
        (name, option.name)
        for name, command in COMMANDS.items()
        for option in command.params
        if isinstance(option, click.Option) and not variable(option)
    ]

    consents = ("destroy", "gc", "state mv", "state push", "state rm")
    assert sorted(without) == [(name, "auto_approve") for name in consents]


@pytest.fixture
def applied(workspace, monkeypatch, invoke):
    monkeypatch.chdir(workspace.folder)
    workspace.configure(SCENE)
    assert invoke("apply", "--auto-approve").code == 0
    return workspace


def test_consent_to_every_apply_is_none_to_destroy(applied, monkeypatch, invoke):
    monkeypatch.setenv("ASSISTANTS_SYNC_AUTO_APPROVE", "1")

    assert invoke("apply").code == 0
    ended = invoke("destroy")

    assert (ended.code, ended.out) == (64, "")
    assert "no terminal to ask" in ended.err
    assert "assistant.support" in invoke("output").out
    assert invoke("destroy", "--auto-approve").code == 0


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html", "github", "dotenv"])
@pytest.mark.parametrize(
    "line",
    [
        ("validate",),
        ("plan",),
        ("plan", "--brief"),
        ("drift",),
        ("apply", "--auto-approve"),
        ("show", "assistant.support"),
        ("output",),
        ("state", "list"),
        ("destroy", "--auto-approve"),
    ],
    ids=" ".join,
)
def test_a_format_for_all_commands_breaks_none(applied, monkeypatch, invoke, form, line):
    monkeypatch.setenv("ASSISTANTS_SYNC_FORMAT", form)

    assert invoke(*line).code == 0


def test_a_format_for_all_commands_leaves_the_question_of_an_apply_its_plan(applied):
    applied.configure(SCENE.replace("model: m", "model: n"))

    code, shown = at_a_terminal(applied, "apply", answer="yes\n", ASSISTANTS_SYNC_FORMAT="json")

    assert code == 0
    assert "will be updated" in shown


def test_a_part_of_a_saved_plan_is_nothing_to_an_apply_without_one(applied, monkeypatch, invoke):
    monkeypatch.setenv("ASSISTANTS_SYNC_SKIP_STALE", "1")

    assert invoke("apply", "--auto-approve").code == 0
    assert invoke("apply", "--auto-approve", "--skip-stale").code == 64
