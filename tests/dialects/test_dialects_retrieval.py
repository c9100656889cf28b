"""How the v1 dialect finds one assistant on a server that cannot be asked for it."""

import httpx
import pytest
from dialects.asking import Around, creation, marked

from reconciler.api import (
    APIResponseValidationError,
    APIStatusError,
    UnknownOutcomeError,
    in_process,
)
from reconciler.dialects.assistants_v1.traits import Own
from reconciler.dialects.incomplete_list import IncompleteListError


@pytest.fixture
def made(run, provider):
    return run(provider.create({"model": "m"}, marked("abc"), ()))


@pytest.fixture
def other(run, provider):
    return run(provider.create({"model": "m"}, marked("xyz"), ()))


def asked(app):
    return [f"{entry.method} {entry.path.removeprefix('/v1')}" for entry in app.state.ledger]


def test_an_assistant_is_looked_for_in_the_list_where_there_is_no_other_way(run, speak, odd, made):
    app = odd("get_405")
    provider = speak(in_process(app))
    assert run(provider.retrieve(made.id)) == made
    assert provider.traits == {Own.NO_RETRIEVE}
    assert asked(app) == [f"GET /assistants/{made.id}", "GET /assistants"]

    assert run(provider.retrieve("asst_gone")) is None
    assert "GET /assistants/asst_gone" not in asked(app)
    assert run(provider.find(creation("abc"))) == made


def test_an_id_that_cannot_be_asked_for_proves_nothing(run, deviates, made):
    provider = deviates("get_405")
    with pytest.raises(APIStatusError, match="answered 405"):
        run(provider.exists(made.id))
    run(provider.retrieve(made.id))
    with pytest.raises(APIStatusError, match="answered 405"):
        run(provider.exists(made.id))


def test_absence_from_a_list_without_a_proved_end_is_an_error(run, deviates, provider, made):
    for _ in range(25):
        run(provider.create({"model": "m"}, {}, ()))
    blind = deviates("get_405", "limit_20", "after_ignored", "has_more_false")
    assert run(blind.retrieve(made.id)) == made
    with pytest.raises(IncompleteListError):
        run(blind.retrieve("asst_gone"))


def test_an_unreadable_assistant_of_the_list_is_not_taken_for_absent(run, scripted):
    def answer(request):
        if request.url.path.endswith("asst_1"):
            return httpx.Response(405)
        broken = {"id": "asst_1", "object": "assistant", "created_at": 1, "model": 5}
        return httpx.Response(200, json={"object": "list", "data": [broken], "has_more": False})

    with pytest.raises(APIResponseValidationError, match="asst_1"):
        run(scripted(answer).retrieve("asst_1"))


def test_a_deletion_is_confirmed_by_the_list_where_there_is_no_other_way(run, deviates, made, other):
    provider = deviates("get_405", "delete_204")
    for one in (made, other):
        run(provider.delete(one))
    assert run(provider.assistants()).assistants == {}
    assert provider.traits == {Own.NO_RETRIEVE}


def test_a_deletion_without_effect_is_noticed_in_the_list(run, speak, odd, made):
    def idle(request):
        return httpx.Response(204) if request.method == "DELETE" else None

    provider = speak(Around(in_process(odd("get_405")), idle))
    with pytest.raises(UnknownOutcomeError, match="the object is still there"):
        run(provider.delete(made))
