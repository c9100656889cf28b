"""Whatever is typed, written or replied, a run ends with a documented exit code and an error in words.

FUZZ_SEED=7 and FUZZ_RUNS=30000 choose others; ``python -m sweep.fuzz SEED NUMBER`` in ``tests/`` repeats one.
"""

import os
from collections import Counter

import pytest
from sweep.fuzz import commands, generated, program, stage, tried

SEED = int(os.environ.get("FUZZ_SEED", "19"))
RUNS = int(os.environ.get("FUZZ_RUNS", "20000"))
SHORT, PARTS = 200, 20


def check(numbers):
    """Run the numbers of the seed."""
    with stage() as staged:
        runs = [tried(staged, SEED, number) for number in numbers]
    wrong = [run for run in runs if run.wrong]
    ends = Counter(run.code for run in runs)
    print(f"seed {SEED}, numbers {numbers}: {dict(ends)}")  # noqa: T201 - pytest shows it with a failure
    assert not wrong, f"{len(wrong)} of {len(runs)}\n" + "\n\n".join(map(str, wrong[:10]))
    assert len(ends) > 2, "the runs all end alike, so they try little"


class TestShort:
    """Some of the runs."""

    def test_some_runs_end_in_an_ordinary_way(self):
        check(range(SHORT))


def test_every_command_and_every_option_has_its_turn():
    words = {
        argument for number in range(3_000) for argument in generated(SEED, number, "http://a/v1").arguments
    }
    for names, command in commands():
        assert words.issuperset(names)
        options = [one for one in command.params if one.param_type_name == "option" and one.name != "help"]
        assert all(words.intersection(one.opts) for one in options)
    assert program.params[0].opts[0] in words


def test_the_same_seed_and_number_is_the_same_run():
    first, second = (generated(SEED, 7, "http://a/v1") for _ in range(2))
    assert first == second


@pytest.mark.sweep
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("part", range(PARTS))
def test_thousands_of_runs_end_in_an_ordinary_way(part):
    each = RUNS // PARTS
    check(range(part * each, (part + 1) * each))
