"""Before an apply GitHub is asked whether the environment has required reviewers."""

import pytest
from forges.stand_in import Forge, Person, running

PEOPLE = {
    "workflow": Person("github-actions[bot]", 41898282, frozenset({"read"}), is_workflow=True),
    "blind": Person("github-actions[bot]", 41898282, frozenset(), is_workflow=True),
}
REMEDIES = ("Settings, Environments", "by hand with the digest", "ASSISTANTS_SYNC_ALLOW_UNREVIEWED to true")


@pytest.fixture
def forge():
    environments = {"production": ["ada"], "on/sale today": ["ada"], "free": []}
    with running(Forge(people=PEOPLE, environments=environments), "github") as one:
        yield one


@pytest.fixture
def ask(workspace, forge):
    def ask(name, *more, **environment):
        given = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": forge.url,
            "GITHUB_REPOSITORY": "acme/support",
            "GITHUB_TOKEN": "workflow",
            "GITHUB_EVENT_PATH": "",
        }
        return workspace.run("ci", "reviewers", name, *more, **{**given, **environment})

    return ask


@pytest.mark.parametrize("name", ["production", "on/sale today"])
def test_an_environment_with_required_reviewers_lets_the_job_go_on(ask, name):
    ended = ask(name)

    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_an_environment_without_any_ends_the_job_with_every_remedy(ask):
    ended = ask("free")

    assert ended.code == 5
    assert "the environment 'free' of acme/support has no required reviewers" in ended.err
    assert [one for one in REMEDIES if one not in ended.err] == []


@pytest.mark.parametrize(
    ("more", "environment"),
    [(["--allow-unreviewed"], {}), ([], {"ASSISTANTS_SYNC_ALLOW_UNREVIEWED": "true"})],
)
def test_the_operator_may_go_on_without_and_then_nothing_is_asked(ask, forge, more, environment):
    ended = ask("free", *more, **environment)

    assert (ended.code, forge.asked.total()) == (0, 0)
    assert "--allow-unreviewed was given" in ended.err


@pytest.mark.parametrize("name", ["", " "])
def test_a_name_that_is_empty_as_of_an_unset_variable_is_a_usage_error(ask, forge, name):
    ended = ask(name)

    assert (ended.code, forge.asked.total()) == (64, 0)
    assert "ENVIRONMENT is empty; give the name of a GitHub environment" in ended.err


@pytest.mark.parametrize("said", ["", "false"])
def test_an_empty_or_false_variable_allows_nothing(ask, said):
    assert ask("free", ASSISTANTS_SYNC_ALLOW_UNREVIEWED=said).code == 5


def test_an_environment_that_is_hidden_or_missing_ends_the_job(ask):
    missing, hidden = ask("nowhere"), ask("production", GITHUB_TOKEN="blind")

    assert (missing.code, hidden.code) == (1, 1)
    assert "`actions: read` among the permissions of the job" in missing.err
    assert "`actions: read` among the permissions of the job" in hidden.err


def test_without_a_token_or_outside_of_github_it_is_a_usage_error(ask):
    tokenless, elsewhere = ask("production", GITHUB_TOKEN=""), ask("production", GITHUB_ACTIONS="")

    assert (tokenless.code, elsewhere.code) == (64, 64)
    assert "set GITHUB_TOKEN" in tokenless.err
    assert "no GitHub workflow" in elsewhere.err
