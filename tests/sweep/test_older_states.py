"""A plan from an older state does no more than a plan from none, and what it leads to is whole."""

import os

import pytest
from sweep.histories import history, wrong

HISTORIES, MOST = 10, int(os.environ.get("SWEEP_HISTORIES", "1500"))


def check(seeds, folder):
    """Try every state of every history; in those with an odd seed another user takes part."""
    for seed in seeds:
        for number, found in enumerate(tried(seed, folder / str(seed))):
            assert not any(found.values()), f"seed {seed}, state {number}: {found}"


def tried(seed, folder):
    """Yield what is wrong with the plan from each state that was saved."""
    past = history(seed, folder, calm=seed % 2 == 0)
    try:
        for number in range(len(past.states)):
            yield wrong(past, number, folder / f"from {number}")
    finally:
        past.world.database.close()


def test_a_plan_from_an_older_state_does_no_more_than_a_plan_from_none(tmp_path):
    check(range(HISTORIES), tmp_path)


def test_the_check_has_teeth(tmp_path, monkeypatch):
    """Where a binding counts whatever the ownership mark says, some plan does too much."""
    monkeypatch.setattr("reconciler.engine.memory.is_older", lambda *_: False)
    monkeypatch.setattr("reconciler.engine.ownership.PlannerInput.overtaken", {})

    assert any(one["more than from none"] for one in tried(34, tmp_path / "history"))


@pytest.mark.sweep
@pytest.mark.timeout(3000)
def test_no_plan_of_thousands_of_older_states_does_more_than_a_plan_from_none(tmp_path):
    check(range(HISTORIES, MOST), tmp_path)
