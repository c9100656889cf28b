"""No input of up to 1 MB costs more than 2 s of CPU or 300 MiB, whichever field or reader it is for."""

import json

import pytest
from budgets.answers import assistant, listing, page
from budgets.attacks import ATTACKS, HEAD
from budgets.bar import SECONDS, SHARED, Case, Cost, cost, lay_out, played
from budgets.families import FAMILIES, PARTS, part, short
from budgets.fields import CONFIGURATION, READERS

from reconciler.dialects import DEFAULT, dialect

MOST_PROBLEMS = 100
PLAIN = [
    Case("validate", lambda: {"assistants.yaml": HEAD}),
    Case("plan", lambda: {"assistants.yaml": HEAD}, ("plan",)),
]


def within(case, shared=1):
    """Return what is wrong with the cost of a case, as one text; nothing if all is well."""
    found = cost(case)
    faults = found.faults(case.printed, shared * SECONDS)
    return f"{case.name}: {', '.join(faults)}: {found.said()}" if faults else ""


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.name)
def test_the_program_without_a_hostile_input_is_far_below_the_bar(case):
    found = cost(case)

    assert found.code == 0
    assert not found.faults(seconds=SHARED * 1.2)
    assert found.mebibytes < 100


@pytest.mark.parametrize("name", ["seconds", "mebibytes", "code", "out"])
def test_a_run_beyond_the_bar_is_noticed(name):
    good = {"code": 0, "seconds": 0.3, "mebibytes": 40, "out": "", "err": ""}
    wrong = {"seconds": 2.1, "mebibytes": 301, "code": 70, "out": "x" * 500_001}

    assert not Cost(**good).faults()
    assert len(Cost(**{**good, name: wrong[name]}).faults()) == 1


def test_every_field_of_the_dialect_has_its_cases():
    paths = {site.path for site in CONFIGURATION}
    for row in dialect(DEFAULT).fields:
        assert f"assistants.*.{row.name}" in paths
    assert all(places for places, _ in READERS.values())


def test_a_key_that_a_server_repeats_in_every_tool_is_hidden_within_the_bar():
    key = "Zx9-QwErTy_77pLmNb4vC2kJ"
    properties = {f"{key}{number}": {"description": key} for number in range(50)}
    function = {"description": key, "parameters": {"type": "object", "properties": properties}}
    tools = [{"type": "function", "function": {"name": f"f{number}", **function}} for number in range(60)]
    script = listing(json.dumps(page(assistant(tools=tools))))
    arguments = ("plan", "--format", "html", "--server", "{url}")
    environment = {"OPENAI_API_KEY": key, "NO_PROXY": "127.0.0.1"}
    case = Case("a key in tools", lambda: {"assistants.yaml": HEAD}, arguments, environment, lambda: script)

    found = cost(case)
    assert found.code == 0, found.err
    assert key not in found.out
    assert not found.faults(case.printed, SHARED * SECONDS)


class TestShort:
    """The worst of each kind, and every attack of the trial page in a small size."""

    @pytest.mark.parametrize("case", short(), ids=lambda case: case.name)
    def test_the_worst_of_its_kind_is_within_the_bar(self, case):
        assert not within(case, SHARED)

    @pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.finding)
    def test_an_attack_of_the_trial_page_prints_a_hundred_problems_at_most(self, attack, workspace):
        case = attack.case(attack.small)
        lay_out(workspace.folder, case)
        with played(case) as url:
            ended = workspace.run(*(argument.replace("{url}", url) for argument in case.arguments))

        assert ended.code in {0, 1}
        assert ended.err.count("error[") + ended.err.count("warning[") <= MOST_PROBLEMS
        assert len(ended.out) + len(ended.err) < case.printed


@pytest.mark.sweep
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("number", range(PARTS))
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_no_hostile_input_is_beyond_the_bar(family, number):
    wrong = [found for case in part(family, number) if (found := within(case))]
    assert not wrong, "\n\n".join(wrong)
