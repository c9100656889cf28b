"""A missing object is proved, never inferred; the end of a list is proved before a plan rests on it."""

import json
from urllib.parse import parse_qs

import httpx
import pytest
from builders import assistant

from reconciler.dialects import listing as listings
from reconciler.dialects.incomplete_list import IncompleteListError
from reconciler.errors import RefusedError, UnreadableObjectError, UnsupportedError
from reconciler.model.change import Action, Reason
from reconciler.model.outcome import Result
from reconciler.server import Fault, Faults, create_app

LIST = ("GET", "/v1/assistants")


class Bent(httpx.AsyncBaseTransport):
    """The server behind it, whose lists of assistants a function changes before they arrive."""

    def __init__(self, inner, bend):
        self.inner, self.bend = inner, bend

    async def handle_async_request(self, request):
        reply = await self.inner.handle_async_request(request)
        if (request.method, request.url.path) != LIST or reply.status_code != 200:
            return reply
        page = json.loads(await reply.aread())
        query = {key: one for key, (one,) in parse_qs(request.url.query.decode()).items()}
        return httpx.Response(200, json=self.bend(query, page), request=request)

    async def aclose(self):
        await self.inner.aclose()


def bent(world, bend):
    world.transport = lambda inner: Bent(inner, bend)


def healed(world):
    world.transport = lambda inner: inner


def hides(*ids):
    """Leave some assistants out of every page."""

    def bend(_, page):
        page["data"] = [one for one in page["data"] if one["id"] not in ids]
        return page

    return bend


def ends_early(_, page):
    return page | {"has_more": False}


def short(size):
    """Return few objects at a time, and say that this is all."""

    def bend(_, page):
        return page | {"data": page["data"][:size], "has_more": False}

    return bend


def declared(number):
    return [assistant(f"n{one:03}", name=f"n{one}") for one in range(number)]


def lists(world):
    return [one for one in world.requests("GET") if one == "GET /v1/assistants"]


def queries(world):
    return [one.query for one in world.app.state.ledger if one.path == "/v1/assistants"]


NUMBERS = [30, 120, *(pytest.param(number, marks=pytest.mark.sweep) for number in (230, 350))]


# Missing objects


def test_an_assistant_that_a_list_omits_and_that_answers_is_not_created_again(world):
    world.apply(*declared(3))
    hidden = world.assistants()[1]
    where = f"assistant.n00{hidden.name[1:]}"
    bent(world, hides(hidden.id))

    with pytest.raises(IncompleteListError) as refused:
        world.plan(*declared(3))

    said = str(refused.value)
    assert "the list of assistants from the server is incomplete: it has 2 objects and omits 1" in said
    assert f"{hidden.id} ({where})" in said
    assert "--allow-missing" not in said
    healed(world)
    assert not world.plan(*declared(3)).has_changes


def test_an_assistant_that_is_gone_is_requested_once_and_created_again(world):
    world.apply(*declared(3))
    gone = world.assistants()[1].id
    world.ask(lambda client: client.beta.assistants.delete(gone))
    world.forget_requests()

    plan = world.plan(*declared(3))

    assert [change.action for change in plan.changes].count(Action.CREATE) == 1
    assert world.requests("GET").count(f"GET /v1/assistants/{gone}") == 1


def test_an_upload_that_the_list_omits_and_that_answers_is_not_uploaded_again(world):
    world.apply(assistant(files=["a.md"]))
    empty = httpx.Response(200, json={"object": "list", "data": []})

    class Without(httpx.AsyncBaseTransport):
        def __init__(self, inner):
            self.inner = inner

        async def handle_async_request(self, request):
            return (
                empty if request.url.path == "/v1/files" else await self.inner.handle_async_request(request)
            )

    world.transport = Without
    with pytest.raises(IncompleteListError, match=r"list of uploads .* omits 1 .*\(file\.a\.md\)"):
        world.plan(assistant(files=["a.md"]))
    healed(world)
    assert len(world.files()) == 1


@pytest.mark.parametrize("shown", [{"object": "list"}, [], {"data": [None, 5, "x", []]}], ids=str)
def test_an_upload_of_an_assistant_to_be_adopted_is_not_uploaded_again(world, shown):
    world.apply(assistant(files=["a.md"]))
    world.lose_state()

    class Without(httpx.AsyncBaseTransport):
        def __init__(self, inner):
            self.inner = inner

        async def handle_async_request(self, request):
            if request.url.path == "/v1/files":
                return httpx.Response(200, json=shown)
            return await self.inner.handle_async_request(request)

    world.transport = Without
    with pytest.raises(IncompleteListError, match=r"list of uploads .* \(assistant\.support\)"):
        world.plan(assistant(files=["a.md"]))
    healed(world)
    assert world.apply(assistant(files=["a.md"])).exit_code == 0
    assert len(world.files()) == 1


ODD_IDS = ["", ".", "..", "a@0", "a~0", "a/b", "a%2Fb", "YWJj+1==", "é", "a b", "\x1b[2J", "a" * 201]


@pytest.mark.parametrize("identity", ODD_IDS)
def test_an_id_that_no_request_can_name_is_none(world, identity):
    def renamed(_, page):
        for one in page["data"]:
            one["id"] = identity
        return page

    world.ask(lambda client: client.beta.assistants.create(model="m", name="foreign"))
    bent(world, renamed)
    plan = world.plan(assistant())
    assert plan.counts.added == 1
    assert "assistant 1 without a usable id: id is " in plan.notices[0]
    assert len(plan.notices[0]) < 200
    world.apply(assistant())
    world.lose_state()
    with pytest.raises(UnreadableObjectError, match="without a usable id"):
        world.plan(assistant())


def test_a_list_that_lags_is_read_again_until_it_shows_what_exists(world):
    world.apply(*declared(2))
    hidden, looks = world.assistants()[1].id, []

    def late(query, page):
        looks.append(query)
        return hides(hidden)(query, page) if len(looks) < 4 else page

    world.settle = 30.0
    bent(world, late)

    assert world.apply(*declared(2)).exit_code == 0
    assert len(looks) >= 4
    healed(world)
    assert len(world.assistants()) == 2


@pytest.mark.parametrize("status", [400, 403, 405, 500])
def test_only_a_404_says_that_an_object_is_gone(world, status):
    world.apply(*declared(2))
    hidden = world.assistants()[1].id

    class Mute(Bent):
        async def handle_async_request(self, request):
            if request.url.path == f"/v1/assistants/{hidden}":
                return httpx.Response(status, json={"error": {"message": "No."}}, request=request)
            return await super().handle_async_request(request)

    world.transport = lambda inner: Mute(inner, hides(hidden))
    with pytest.raises(UnsupportedError, match=rf"whether {hidden} \(assistant\.n00\d\) still exists"):
        world.plan(*declared(2))


@pytest.fixture
def emptied(world):
    """A world of 150 assistants, all of them deleted behind our back."""
    world.apply(*declared(150))

    async def delete(client):
        found = [one.id async for one in client.beta.assistants.list(limit=100)]
        for one in found:
            await client.beta.assistants.delete(one)
        return found

    ids = world.ask(delete)
    world.forget_requests()
    return world, ids


def test_of_many_missing_objects_a_hundred_spread_over_all_are_requested(emptied):
    world, ids = emptied

    with pytest.raises(RefusedError, match=r"150 objects .* none of the 100 .* pass --allow-missing"):
        world.plan(*declared(150))

    asked = [ids.index(one.rpartition("/")[2]) for one in world.requests("GET") if "asst_" in one]
    assert len(asked) == 100
    assert {one // 30 for one in asked} == {0, 1, 2, 3, 4}


def test_with_permission_every_missing_object_is_requested(emptied):
    world, ids = emptied

    plan = world.plan(*declared(150), allow_missing=True)

    assert plan.counts.added == 150
    assert {one.rpartition("/")[2] for one in world.requests("GET") if "asst_" in one} == set(ids)


def test_one_of_many_missing_objects_that_answers_makes_the_list_incomplete(world):
    world.apply(*declared(150))
    bent(world, lambda _, page: page | {"data": [], "has_more": False})

    for allow_missing in (False, True):
        with pytest.raises(
            IncompleteListError, match=r"it has 0 objects and omits 150 .* 100 of these exist"
        ):
            world.plan(*declared(150), allow_missing=allow_missing)


# The end of a list


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("bend", [ends_early, short(20)], ids=["has_more_false", "limit_20"])
def test_a_list_that_claims_to_end_early_is_read_to_its_end(world, bend, number):
    bent(world, bend)
    for _ in range(4):
        assert world.apply(*declared(number)).exit_code == 0
    assert not world.plan(*declared(number)).has_changes
    world.lose_state()
    plan = world.plan(*declared(number))
    assert {change.action for change in plan.changes} == {Action.ADOPT}
    assert world.apply(*declared(number)).exit_code == 0
    assert not world.plan(*declared(number)).has_changes
    healed(world)
    assert len(world.assistants()) == number


def test_a_plan_that_rests_on_no_end_sends_no_request_for_it(world):
    world.apply(*declared(250))
    world.forget_requests()

    assert not world.plan(*declared(250)).has_changes
    assert len(lists(world)) == 3
    world.forget_requests()
    assert world.plan(*declared(249), assistant("n249", name="other")).has_changes
    assert len(lists(world)) == 3


def test_before_a_create_each_page_is_asked_past_from_the_object_before_its_last(world):
    world.apply(*declared(150))
    ids = [one.id for one in world.assistants()]
    world.forget_requests()

    assert world.plan(*declared(151)).counts.added == 1

    *read, first, second = queries(world)
    assert read == ["limit=100&order=asc", f"after={ids[99]}&limit=100&order=asc"]
    assert {first, second} == {f"after={ids[number]}&limit=100&order=asc" for number in (98, 148)}  # at once


def test_a_single_object_is_asked_past_itself_and_an_empty_list_past_nothing(world):
    assert world.plan(*declared(1)).counts.added == 1
    assert queries(world) == ["limit=100&order=asc"]
    world.apply(*declared(1))
    world.forget_requests()
    (only,) = [one.id for one in world.assistants()]
    world.forget_requests()

    assert world.plan(*declared(2)).counts.added == 1

    assert queries(world) == ["limit=100&order=asc", f"after={only}&limit=100&order=asc"]


def ignores_after(world):
    """Answer every request for a page with the first 20 objects."""
    first = []

    def bend(query, page):
        if "after" not in query:
            first[:] = page["data"][:20]
        return page | {"data": list(first), "has_more": False}

    bent(world, bend)


def strictly_later(query, page):
    """Leave out, after an object, those of the same second."""
    return page | {"data": [], "has_more": False} if "after" in query else page


@pytest.mark.parametrize("number", [20, 40])
def test_an_end_that_cannot_be_proved_stops_a_plan_that_creates(world, number):
    world.apply(*declared(number))
    ignores_after(world)
    with pytest.raises(IncompleteListError, match="it has 20 objects"):
        world.plan(*declared(number), assistant("new"))
    healed(world)
    bent(world, strictly_later)
    with pytest.raises(IncompleteListError, match=r"it has \d+ objects, .* does not prove its end"):
        world.plan(*declared(number), assistant("new"))


def test_fewer_objects_than_any_server_returns_at_once_are_all_there_are(world):
    world.apply(*declared(5))
    ignores_after(world)

    assert world.apply(*declared(6)).exit_code == 0
    healed(world)
    assert len(world.assistants()) == 6


def test_a_create_that_would_fill_the_only_page_is_refused(world):
    world.apply(*declared(15))
    ignores_after(world)

    with pytest.raises(IncompleteListError, match="it has 15, and 5 would be created"):
        world.plan(*declared(20))
    assert world.plan(*declared(19)).counts.added == 4


def test_a_reading_that_others_disturb_starts_again(world):
    world.apply(*declared(150))
    refusals = []

    class Disturbed(httpx.AsyncBaseTransport):
        def __init__(self, inner):
            self.inner = inner

        async def handle_async_request(self, request):
            if "after" in request.url.params and len(refusals) < 2:
                refusals.append(request)
                return httpx.Response(400, json={"error": {"message": "Invalid 'after'", "param": "after"}})
            return await self.inner.handle_async_request(request)

    world.transport = Disturbed
    assert not world.plan(*declared(150)).has_changes
    assert len(refusals) == 2
    refusals.clear()
    assert world.plan(*declared(151)).counts.added == 1


def test_a_reading_that_is_always_disturbed_is_an_error(world):
    world.apply(*declared(150))

    class Disturbed(httpx.AsyncBaseTransport):
        def __init__(self, inner):
            self.inner = inner

        async def handle_async_request(self, request):
            if "after" in request.url.params:
                return httpx.Response(400, json={"error": {"message": "Invalid 'after'", "param": "after"}})
            return await self.inner.handle_async_request(request)

    world.transport = Disturbed
    with pytest.raises(
        IncompleteListError, match=r"page 2 was refused in each of 3 readings.*Invalid 'after'"
    ):
        world.plan(*declared(150))


# Deletions of uploads


def test_an_upload_stays_where_the_end_of_the_list_is_not_proved(world):
    world.apply(assistant(files=["a.md"]), assistant("other"))
    ignores_after(world)

    report = world.apply(assistant(files=[]), assistant("other"))

    assert report.exit_code == 0
    healed(world)
    assert len(world.files()) == 1
    assert world.apply(assistant(files=[]), assistant("other")).exit_code == 0
    assert world.files() == {}


def unreadable(*, metadata=None, **fields):
    """Add an object to the list that no dialect knows."""
    odd = {"id": "asst_odd", "object": "assistant", "created_at": 1, "model": "m", "metadata": metadata or {}}

    def bend(query, page):
        return page if "after" in query else page | {"data": [odd | fields, *page["data"]]}

    return bend


def test_a_foreign_assistant_that_cannot_be_read_is_counted_and_stops_nothing(world):
    bent(world, unreadable(tools="all of them"))
    plan = world.plan(assistant())
    assert plan.counts.added == 1
    assert ["1 unreadable object is left alone: asst_odd: " in one for one in plan.notices] == [True]
    assert "tools" in plan.notices[0]

    assert world.apply(assistant()).exit_code == 0
    assert not world.plan(assistant()).has_changes


@pytest.mark.parametrize(
    "odd",
    [None, 7, "x", [], {}, {"id": None, "model": "m"}, {"id": ""}, {"id": "a@0", "model": "m"}],
    ids=str,
)
def test_a_foreign_object_without_an_id_stops_nothing_either(world, odd):
    world.apply(*declared(25))
    bent(world, lambda _, page: page | {"data": [*page["data"], odd]})

    assert world.apply(*declared(26)).exit_code == 0
    plan = world.plan(*declared(26))
    assert not plan.has_changes
    assert plan.notices[0].startswith("1 unreadable object is left alone: assistant 1 without a usable id")
    assert world.plan(*declared(27)).notices == plan.notices
    healed(world)
    assert len(world.assistants()) == 26


def test_a_list_without_an_end_is_given_up(world, monkeypatch):
    monkeypatch.setattr(listings, "_PAGES", 20)

    def endless(query, page):
        start = int(query.get("after", "asst_0").removeprefix("asst_"))
        one = {"object": "assistant", "created_at": 1, "model": "m"}
        return page | {"data": [one | {"id": f"asst_{start + number}"} for number in (1, 2, 3)]}

    class Endless(Bent):
        async def handle_async_request(self, request):
            query = {key: one for key, (one,) in parse_qs(request.url.query.decode()).items()}
            if (request.method, request.url.path) != LIST:
                return await super().handle_async_request(request)
            return httpx.Response(200, json=endless(query, {"has_more": False}), request=request)

    world.transport = lambda inner: Endless(inner, None)
    with pytest.raises(IncompleteListError, match="it continues after 20 pages"):
        world.plan(assistant())


def test_an_upload_stays_while_an_assistant_that_cannot_be_read_may_contain_it(world):
    world.apply(assistant(files=["a.md"]))
    bent(world, unreadable(file_ids=7))

    report = world.apply(assistant(files=[]))

    assert report.exit_code == 0
    healed(world)
    assert len(world.files()) == 1
    assert world.apply(assistant(files=[])).exit_code == 0
    assert world.files() == {}


def test_a_destroy_that_must_leave_an_upload_does_not_call_itself_complete(world):
    world.apply(assistant(files=["a.md"]))
    bent(world, unreadable(tools="all"))

    assert world.apply(because=Reason.DESTROY).exit_code == 3
    (left,) = world.plan(because=Reason.DESTROY).changes
    assert (left.action, "asst_odd cannot be read" in left.refused) == (Action.DELETE, True)
    assert world.apply(because=Reason.DESTROY).exit_code == 5
    assert len(world.files()) == 1
    healed(world)
    assert world.apply(because=Reason.DESTROY).exit_code == 0
    assert world.files() == {}


def silent(_, page):
    """Leave the files out of every object."""
    for one in page["data"]:
        one.pop("file_ids", None)
    return page


def test_an_upload_stays_while_the_server_does_not_say_which_files_an_assistant_contains(world):
    world.apply(assistant(files=["a.md"]))
    old = next(iter(world.files()))
    world.ask(lambda client: client.beta.assistants.create(model="m", name="foreign", file_ids=[old]))

    def foreign_forgets(_, page):
        for one in page["data"]:
            one.pop("file_ids") if one["name"] == "foreign" else None
        return page

    world.contents["a.md"] = b"second"
    faults = Faults()
    faults.add(Fault("status", on="GET /assistants/*/files", status=404))
    world.app = create_app(world.database, faults=faults)
    bent(world, foreign_forgets)
    assert world.apply(assistant(files=["a.md"])).exit_code == 0
    assert old in world.files()
    bent(world, silent)
    (change,) = [one for one in world.plan(assistant(files=["a.md"])).changes if one.refused]
    assert "the server does not say which files" in change.refused


def test_files_that_no_object_names_are_read_from_the_attachments(world):
    world.apply(assistant(files=["a.md"]))
    world.contents["a.md"] = b"second"
    bent(world, silent)
    assert world.apply(assistant(files=["a.md"])).exit_code == 0
    assert not world.plan(assistant(files=["a.md"])).has_changes
    assert len(world.files()) == 1


def test_an_assistant_that_a_list_shows_and_a_request_does_not_find_is_not_deleted(world):
    world.apply(assistant(), assistant("other"))
    (gone,) = [one.id for one in world.assistants() if '"other"' in str(one) or "/other " in str(one)]

    class Blind(httpx.AsyncBaseTransport):
        def __init__(self, inner):
            self.inner = inner

        async def handle_async_request(self, request):
            if request.url.path == f"/v1/assistants/{gone}":
                return httpx.Response(404, json={"detail": "Not Found"}, request=request)
            return await self.inner.handle_async_request(request)

    world.transport = Blind
    report = world.apply(assistant())

    assert report.exit_code == 4
    assert f"{gone} is in the list of assistants" in report.outcomes[0].message
    healed(world)
    assert len(world.assistants()) == 2
    assert world.apply(assistant()).exit_code == 0
    assert len(world.assistants()) == 1


def test_an_upload_that_a_list_shows_and_a_request_does_not_find_is_not_forgotten(world):
    world.apply(assistant(files=["a.md"]))
    (upload,) = world.files()

    class Blind(httpx.AsyncBaseTransport):
        def __init__(self, inner):
            self.inner = inner

        async def handle_async_request(self, request):
            if request.url.path == f"/v1/files/{upload}":
                return httpx.Response(404, json={"detail": "Not Found"}, request=request)
            return await self.inner.handle_async_request(request)

    world.transport = Blind
    assert world.apply(assistant(files=[])).exit_code == 3
    healed(world)
    assert world.apply(assistant(files=[])).exit_code == 0
    assert world.files() == {}


@pytest.mark.parametrize("status", [404, 405, 410, 500])
def test_a_list_that_is_refused_after_a_write_is_part_of_the_report(world, status):
    world.apply(assistant(files=["a.md"]))
    world.contents["a.md"] = b"second"
    lists = []

    class Refusing(httpx.AsyncBaseTransport):
        def __init__(self, inner):
            self.inner = inner

        async def handle_async_request(self, request):
            if (request.method, request.url.path) == LIST and "after" not in request.url.params:
                lists.append(request)
                if len(lists) > 1:
                    return httpx.Response(status, json={"detail": "No."}, request=request)
            return await self.inner.handle_async_request(request)

    world.transport = Refusing
    report = world.apply(assistant(files=["a.md"]))

    assert report.exit_code == 3
    assert [one.result for one in report.outcomes] == [Result.SKIPPED, Result.APPLIED]
    assert "Nothing was changed" not in report.outcomes[0].message
    healed(world)
    assert world.apply(assistant(files=["a.md"])).exit_code == 0


@pytest.mark.parametrize("lost", ["/v1/assistants", "/v1/files"])
@pytest.mark.parametrize("status", [404, 405, 500])
def test_an_unknown_outcome_stays_unknown_where_the_search_for_it_is_refused(world, lost, status):
    sent = []

    class Losing(httpx.AsyncBaseTransport):
        def __init__(self, inner):
            self.inner = inner

        async def handle_async_request(self, request):
            reply = await self.inner.handle_async_request(request)
            if request.method == "POST" and request.url.path == lost:
                sent.append(request)
                return httpx.Response(500, request=request)
            refused = sent and request.method == "GET" and request.url.path == lost
            return httpx.Response(status, request=request) if refused else reply

    world.transport = Losing
    report = world.apply(assistant(files=["a.md"]))

    (unknown,) = [one for one in report.outcomes if one.result is Result.UNKNOWN]
    assert report.exit_code == 3
    assert "may or may not have taken effect" in unknown.message
    healed(world)
    assert world.apply(assistant(files=["a.md"])).exit_code == 0
    assert (len(world.assistants()), len(world.files())) == (1, 1)


def test_an_assistant_of_ours_that_cannot_be_read_is_an_error_with_its_id_and_field(world):
    world.apply(assistant())
    (ours,) = world.assistants()

    def broken(_, page):
        return page | {"data": [one | {"tools": "all"} for one in page["data"]]}

    bent(world, broken)
    with pytest.raises(UnreadableObjectError, match=rf"{ours.id} \(assistant\.support\) .*tools"):
        world.plan(assistant())
    world.lose_state()
    with pytest.raises(UnreadableObjectError, match=rf"{ours.id} \(assistant\.support\) .*tools"):
        world.plan(assistant())


def test_a_project_without_files_asks_for_no_uploads(world):
    world.apply(assistant())
    world.forget_requests()

    assert world.apply(assistant(name="other")).exit_code == 0

    assert not [one for one in world.requests("GET", "POST") if "/files" in one]
