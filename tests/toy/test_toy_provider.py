"""What the port demands of a provider, shown on one that uses all of it: tokens, archives, patched pairs."""

import httpx
import pytest
from faults import Faulty
from toy.sides import ZOO

from reconciler.api.errors import APIError, ConflictError, UnknownOutcomeError
from reconciler.dialects.incomplete_list import IncompleteListError
from reconciler.errors import GoneError, UnreadableObjectError
from reconciler.model.mark import MARK_KEY
from reconciler.model.outcome import Result
from reconciler.model.state import State


@pytest.fixture
def side():
    """The toy dialect alone."""
    return ZOO


@pytest.fixture
def bot(world):
    """A bot of another user."""
    return world.copy(team="red", tier="gold")


def test_an_update_presents_the_version_that_was_read(world, bot):
    changed = world.ask(lambda provider: provider.update(bot, {"heat": 0}, {}))

    assert (bot.token, changed.token) == ('"1"', '"2"')
    assert changed.fields["heat"] == 0


@pytest.mark.parametrize("write", ["update", "delete"])
def test_a_write_that_rests_on_an_old_version_is_refused_without_an_effect(world, bot, write):
    world.foreign({"pace": "slow"})
    rest = ({"pace": "fast"}, {}) if write == "update" else ()

    with pytest.raises(ConflictError, match="answered 412: bot-0001-xyz is at version 2") as refusal:
        world.ask(lambda provider: getattr(provider, write)(bot, *rest))

    assert refusal.value.had_no_effect
    assert world.only().fields["pace"] == "slow"


def test_an_update_sends_changed_pairs_alone_and_null_removes_one(world, bot):
    world.ask(lambda provider: provider.update(bot, {}, {"team": None, "size": "small"}))

    assert world.app.ledger[-1].body == {"tags": {"team": None, "size": "small"}}
    assert world.only().metadata == {"tier": "gold", "size": "small"}


def test_a_deleted_bot_is_archived_and_counts_as_gone(world, bot):
    world.ask(lambda provider: provider.delete(bot))

    assert world.app.writes()[-1] == "POST /v0/bots/bot-0001-xyz/archive"
    assert world.app.bots[bot.id]["stage"] == "archived"
    assert world.live() == []
    assert world.ask(lambda provider: provider.retrieve(bot.id)) is None
    assert not world.ask(lambda provider: provider.exists(bot.id))


def test_a_write_between_look_and_write_is_not_overwritten(world):
    world.apply(world.assistant(pace="slow"))
    (bot,) = world.app.bots.values()

    def script(request):
        if request.method == "PATCH":
            bot.update(gait="theirs", rev=bot["rev"] + 1)

    world.transport = lambda inner: Faulty(inner, script)
    report = world.apply(world.assistant(pace="fast"))

    assert (report.outcomes[0].result, report.outcomes[0].written) == (Result.FAILED, False)
    assert report.exit_code == 4
    assert world.only().fields["pace"] == "theirs"


def test_an_apply_sends_no_pair_but_the_changed_ones_and_the_mark(world):
    world.apply(world.assistant(stickers={"team": "red", "tier": "gold"}))
    world.apply(world.assistant(stickers={"team": "blue", "tier": "gold"}))
    world.apply(world.assistant(stickers={"team": "blue"}))

    sent = [one.body["tags"] for one in world.app.ledger if one.method == "PATCH"]

    assert [{key: tags[key] for key in tags if key != MARK_KEY} for tags in sent] == [
        {"team": "blue"},
        {"tier": None},
    ]


def test_an_apply_sends_no_key_of_an_object_but_the_changed_ones(world):
    world.apply(world.assistant(dials={"bass": 1, "treble": 5}))
    world.foreign({"dials": {"theirs": 7}})
    world.apply(world.assistant(dials={"bass": 0}))

    assert world.app.ledger[-1].body["knobs"] == {"bass": 0, "treble": None}
    assert world.only().fields["dials"] == {"bass": 0, "theirs": 7}


@pytest.mark.parametrize("write", ["create", "update", "delete"])
def test_only_an_answer_rules_an_effect_out(world, bot, write):
    late = httpx.ReadTimeout("late")
    world.transport = lambda inner: Faulty(inner, lambda request: (request.method != "GET" and late) or None)
    rest = {"create": ({}, {}, ()), "update": (bot, {}, {}), "delete": (bot,)}[write]

    with pytest.raises(UnknownOutcomeError if write == "create" else APIError) as failure:
        world.ask(lambda provider: getattr(provider, write)(*rest))

    assert not failure.value.had_no_effect


def test_a_list_that_answers_404_is_a_service_that_is_gone(world):
    world.transport = lambda inner: Faulty(inner, lambda _: httpx.Response(404, json={"problem": "no"}))

    with pytest.raises(GoneError):
        world.ask(lambda provider: provider.observe(State("lineage", 0)))


def test_a_list_that_shows_fewer_than_it_counts_proves_nothing(world):
    short = {"bots": [], "next": None, "total": 1}
    world.transport = lambda inner: Faulty(inner, lambda _: httpx.Response(200, json=short))

    with pytest.raises(IncompleteListError, match="it shows 0 of 1"):
        world.plan(world.assistant())


def test_a_bot_of_this_project_that_cannot_be_read_stops_the_plan(world):
    world.apply(world.assistant())
    (bot,) = world.app.bots.values()
    bot["tags"] = [*bot["tags"].items()]

    with pytest.raises(UnreadableObjectError, match=r"bot-0001-xyz \(assistant.support\) cannot be read"):
        world.plan(world.assistant())


def test_a_project_of_a_dialect_without_files_never_asks_for_an_upload(world):
    world.apply(world.assistant(heat=0))
    world.apply(world.assistant())
    world.apply()

    assert {one.path.split("/")[2] for one in world.app.ledger} == {"bots"}


def test_the_account_that_the_server_names_is_remembered(world):
    world.apply(world.assistant())

    assert world.store.load().account == "zoo-7"
