"""Walking lists: every object once, in order, with no request too many."""

import asyncio

import httpx
import pytest
from api.conftest import Embedded
from api.replies import LOCAL, Script, page, said, upload

from reconciler.api import APIResponseValidationError, AsyncClient, BadRequestError, in_process
from reconciler.server import Database, create_app, running

MANY = 250


async def _filled(app):
    client = AsyncClient(base_url="http://localhost/v1", api_key="", transport=in_process(app))
    made = [await client.beta.assistants.create(model="m", name=str(number)) for number in range(MANY)]
    await client.close()
    return [one.id for one in made]


@pytest.fixture(scope="module")
def crowd():
    """A server of 250 assistants, and their ids, oldest first."""
    with Database.memory() as database:
        app = create_app(database)
        ids = asyncio.run(_filled(app))
        with running(app) as url:
            yield Embedded(url, app.state.ledger), ids


@pytest.fixture
def walker(colour, crowd):
    with colour(base_url=crowd[0].url) as client:
        yield client


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_walk_over_250_objects_in_pages_of_100_takes_exactly_3_requests(walker, crowd, order):
    server, ids = crowd
    before = len(server.ledger)
    found = [one.id for one in walker.beta.assistants.list(limit=100, order=order)]
    assert found == (ids if order == "asc" else ids[::-1])
    assert server.paths(since=before) == [("GET", "/v1/assistants")] * 3


def test_pages_are_fetched_when_they_are_reached_and_not_before(walker, crowd):
    server, _ = crowd
    before = len(server.ledger)
    walk = iter(walker.beta.assistants.list(limit=100))
    for _ in range(100):
        next(walk)
    assert len(server.ledger) - before == 1
    next(walk)
    assert len(server.ledger) - before == 2


def test_a_walk_backwards_meets_everything_before_its_start(walker, crowd):
    server, ids = crowd
    before = len(server.ledger)
    walk = walker.beta.assistants.list(limit=100, order="asc", before=ids[-1]).iter_pages()
    pages = [[one.id for one in page.data] for page in walk]
    assert [one for page in reversed(pages) for one in page] == ids[:-1]
    assert len(server.ledger) - before == 3


def test_a_walk_may_start_in_the_middle(walker, crowd):
    _, ids = crowd
    found = walker.beta.assistants.list(limit=40, order="asc", after=ids[99])
    assert [one.id for one in found] == ids[100:]


def test_between_two_cursors_the_walk_goes_forward_from_the_first(walker, crowd):
    _, ids = crowd
    found = walker.beta.assistants.list(limit=20, order="asc", after=ids[9], before=ids[100])
    assert [one.id for one in found] == ids[10:100]


def test_cursors_given_as_extra_query_move_like_any_other(walker, crowd):
    _, ids = crowd
    forward = walker.beta.assistants.list(limit=100, order="asc", extra_query={"after": ids[9]})
    assert [one.id for one in forward] == ids[10:]
    backward = walker.beta.assistants.list(limit=100, order="asc", extra_query={"before": ids[150]})
    pages = [[one.id for one in page.data] for page in backward.iter_pages()]
    assert pages == [ids[50:150], ids[:50]]


def test_a_page_says_where_it_stands_and_leads_to_the_next(walker, crowd):
    _, ids = crowd
    first = walker.beta.assistants.list(limit=100, order="asc")
    assert (first.first_id, first.last_id, first.has_more) == (ids[0], ids[99], True)
    second = first.get_next_page()
    third = second.get_next_page()
    assert [len(one.data) for one in (first, second, third)] == [100, 100, 50]
    assert third.first_id == ids[200]
    assert third.has_more is False


def test_after_the_last_page_there_is_none(walker):
    last = walker.beta.assistants.list(limit=100).get_next_page().get_next_page()
    assert not last.has_next_page()
    with pytest.raises(RuntimeError, match="there is no next page"):
        last.get_next_page()


def test_a_refusal_of_the_list_is_an_error_not_an_end(walker):
    with pytest.raises(BadRequestError, match="integer above maximum value") as refused:
        list(walker.beta.assistants.list(limit=101))
    assert refused.value.param == "limit"


def test_an_empty_list_has_no_next_page(client):
    owner = client.beta.assistants.create(model="m")
    found = client.beta.assistants.files.list(owner.id)
    assert (found.data, found.first_id, found.last_id) == ([], None, None)
    assert not found.has_next_page()


@pytest.mark.parametrize("end", [page(), page(has_more=True)], ids=["says nothing", "says there is more"])
def test_without_has_more_the_walk_ends_at_an_empty_page(scripted, end):
    with scripted(said(page("a", "b")), said(page("c")), said(end)) as (client, asked):
        assert [one.id for one in client.beta.assistants.list(limit=2)] == ["a", "b", "c"]
        assert [dict(one.url.params) for one in asked] == [
            {"limit": "2"},
            {"limit": "2", "after": "b"},
            {"limit": "2", "after": "c"},
        ]


def test_has_more_false_ends_the_walk_even_on_a_full_page(scripted):
    with scripted(said(page("a", "b", has_more=False))) as (client, asked):
        assert [one.id for one in client.beta.assistants.list(limit=2)] == ["a", "b"]
        assert len(asked) == 1


@pytest.mark.parametrize("more", [{}, {"has_more": True}])
def test_a_cursor_that_does_not_move_ends_the_walk(scripted, more):
    stuck = [said(page("a", "b", **more)) for _ in range(2)]
    with scripted(*stuck) as (client, asked):
        assert [one.id for one in client.beta.assistants.list()] == ["a", "b", "a", "b"]
        assert len(asked) == 2


def test_a_backward_walk_follows_the_first_object_of_each_page(scripted):
    pages = [page("c", "d", has_more=True), page("a", "b", has_more=False)]
    with scripted(*map(said, pages)) as (client, asked):
        list(client.beta.assistants.list(before="e"))
        assert [dict(one.url.params) for one in asked] == [{"before": "e"}, {"before": "c"}]


def test_headers_and_timeout_of_a_list_hold_for_all_of_its_pages(scripted):
    with scripted(said(page("a", has_more=True)), said(page("b", has_more=False))) as (client, asked):
        extra = {"extra_headers": {"X-Team": "red"}, "extra_query": {"group": "g"}, "timeout": 7}
        list(client.beta.assistants.list(**extra))
    assert [one.headers["x-team"] for one in asked] == ["red", "red"]
    assert [one.url.params["group"] for one in asked] == ["g", "g"]
    assert [one.extensions["timeout"]["read"] for one in asked] == [7, 7]


def test_a_page_that_is_no_list_is_an_error_in_the_middle_of_a_walk(scripted):
    with (
        scripted(said(page("a", has_more=True)), said({"object": "oops"})) as (client, _),
        pytest.raises(APIResponseValidationError, match="GET /assistants"),
    ):
        list(client.beta.assistants.list())


def test_uploads_are_one_request_whatever_has_more_says(scripted):
    reply = {"object": "list", "data": [upload("file-1"), upload("file-2")], "has_more": True}
    with scripted(said(reply)) as (client, asked):
        assert [one.id for one in client.files.list().data] == ["file-1", "file-2"]
        assert len(asked) == 1


def test_an_async_list_can_be_awaited_for_a_page_or_iterated_for_everything():
    script = Script(*(said(page(*ids, has_more=more)) for ids, more in [("ab", True)] * 2 + [("c", False)]))

    async def both():
        async with AsyncClient(base_url=LOCAL, transport=httpx.MockTransport(script)) as client:
            first = await client.beta.assistants.list()
            return [one.id for one in first.data], [one.id async for one in client.beta.assistants.list()]

    assert asyncio.run(both()) == (["a", "b"], ["a", "b", "c"])
    assert len(script.asked) == 3


def test_an_async_list_asks_nothing_until_it_is_used():
    script = Script()

    async def unused():
        async with AsyncClient(base_url=LOCAL, transport=httpx.MockTransport(script)) as client:
            client.beta.assistants.list()

    asyncio.run(unused())
    assert script.asked == []
