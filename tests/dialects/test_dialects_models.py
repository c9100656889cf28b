"""The table of models that end leads to models that do not, whatever the day."""

from datetime import date

from reconciler.dialects.models import SHUTDOWNS, SUCCESSORS


def test_every_end_is_a_day():
    assert all(date.fromisoformat(day).isoformat() == day for day in SHUTDOWNS.values())


def test_only_models_that_end_have_a_successor_and_the_last_one_does_not_end():
    assert SUCCESSORS.keys() <= SHUTDOWNS.keys()
    assert not any(new in SHUTDOWNS for new in SUCCESSORS.values() if new not in SUCCESSORS)


def test_no_model_is_its_own_successor_after_any_number_of_steps():
    for model in SUCCESSORS:
        seen = [model]
        while seen[-1] in SUCCESSORS:
            assert SUCCESSORS[seen[-1]] not in seen
            seen.append(SUCCESSORS[seen[-1]])
