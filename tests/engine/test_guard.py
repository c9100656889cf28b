"""Plans that nobody can have meant are refused, with the flag that overrides it."""

from dataclasses import replace

import pytest
from builders import assistant
from engine.deaths import dying

from reconciler.engine.guard import (
    Permissions,
    check,
    outlook,
    require_same_account,
    require_same_owner,
)
from reconciler.errors import RefusedError
from reconciler.model.refusal import Rule
from reconciler.model.state import State

TEN = [assistant(f"n{number}") for number in range(10)]


def refusal(plan, **allowed):
    try:
        check(plan, Permissions(**allowed))
    except RefusedError as error:
        return str(error)
    return ""


def test_a_few_deletions_are_fine(world):
    world.apply(*TEN)

    assert refusal(world.plan(*TEN[3:])) == ""


def test_more_than_three_and_more_than_thirty_per_cent_need_a_person(world):
    world.apply(*TEN)
    plan = world.plan(*TEN[4:])

    assert "--max-destroy 4" in refusal(plan)
    assert refusal(plan, max_destroy=4) == ""
    assert "--max-destroy 3" in refusal(plan, max_destroy=3)


def test_destroy_is_that_persons_word(world):
    world.apply(*TEN)

    assert refusal(world.plan(), everything=True) == ""


def test_an_empty_configuration_is_not_a_wish_to_delete_everything(world):
    world.apply(assistant(files=["a.md"]))

    assert "declares nothing" in refusal(world.plan())
    assert refusal(world.plan(), max_destroy=2) == ""


def test_an_empty_configuration_of_an_empty_state_is_fine(world):
    assert refusal(world.plan()) == ""


def test_when_every_known_object_is_missing_it_may_be_another_account(world):
    world.apply(assistant())
    found = world.only().id
    world.ask(lambda client: client.beta.assistants.delete(found))
    plan = world.plan(assistant())

    assert "--allow-missing" in refusal(plan)
    assert refusal(plan, missing=True) == ""


def test_the_outlook_of_a_plan_names_the_rule_and_the_options_that_allow_it(world):
    world.apply(*TEN)
    plan = world.plan(*TEN[4:])

    (found,) = outlook(plan, Permissions())

    assert (found.rule, found.options) == (Rule.MASS_DELETION, ("--max-destroy", "4"))
    assert str(found) == refusal(plan)
    assert outlook(plan, Permissions(max_destroy=4)) == ()


def test_a_plan_of_which_every_change_is_refused_will_end_as_refused(world):
    kept = assistant("kept", protected=True)
    world.apply(kept, assistant("other"))

    (found,) = outlook(world.plan(assistant("other")), Permissions())

    assert (found.rule, found.options) == (Rule.EVERY_CHANGE, ())
    assert found.message.startswith("every change is refused: assistant.kept: ")
    assert outlook(world.plan(), Permissions(max_destroy=2)) == ()


OURS = State("lineage", 1, project="acme", target="https://ours/v1", account="acme", dialect="assistants-v1")


@pytest.mark.parametrize(
    ("owner", "said"),
    [
        ({"target": "https://other/v1"}, "belongs to https://ours/v1, and the target is https://other/v1"),
        ({"project": "other"}, "belongs to the project 'acme'"),
        (
            {"dialect": "other-v1"},
            "belongs to the dialect assistants-v1, and the configuration is of other-v1",
        ),
    ],
)
def test_a_state_of_another_server_project_or_dialect_is_refused_by_name(owner, said):
    with pytest.raises(RefusedError, match=said):
        require_same_owner(OURS, **{"project": "acme", "target": "https://ours/v1"} | owner)


@pytest.mark.parametrize(
    ("state", "account"),
    [(OURS, "acme"), (OURS, ""), (replace(OURS, account=""), "globex"), (State("lineage", 0), "globex")],
)
def test_what_is_not_known_of_a_state_refuses_nothing(state, account):
    require_same_owner(state, "acme", "https://ours/v1")
    require_same_account(state, account, "")


def test_a_state_of_another_account_is_refused_by_name_with_the_way_to_choose():
    problem = r"the account acme, and the server answers for globex: use the key of acme \(X chooses\)"
    with pytest.raises(RefusedError, match=problem):
        require_same_account(OURS, "globex", "X chooses")


@pytest.mark.parametrize(
    ("said", "managed", "most"), [("4", 10, 4), ("50%", 10, 5), ("0", 3, 0), (None, 9, None)]
)
def test_the_limit_is_a_number_or_a_percentage(said, managed, most):
    assert Permissions.of(said, managed, missing=False).max_destroy == most


@pytest.mark.parametrize("said", ["many", "-1", "%", "1.5", "5%%"])
def test_any_other_limit_is_an_error(said):
    with pytest.raises(ValueError, match="neither a number nor a percentage"):
        Permissions.of(said, 10, missing=False)


def test_what_a_killed_run_deleted_itself_is_not_missed(tmp_path):
    def begin(scene):
        scene.apply(assistant("one", files=["a.md"]))

    def replace_everything(scene):
        scene.apply(assistant("two"))

    for scene in dying(tmp_path, begin, replace_everything):
        check(scene.plan(assistant("two")), Permissions())
        assert scene.apply(assistant("two")).exit_code == 0
        assert not scene.plan(assistant("two")).has_changes
        assert not scene.store.load().leaving
