"""A list whose order is known is read in several stretches at once, and is what one walk would find."""

import asyncio
from dataclasses import replace

import httpx
import pytest
from builders import World
from builders import assistant as declared
from dialects.conftest import TARGET
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from reconciler.api import AsyncClient, in_process
from reconciler.api.errors import APIError
from reconciler.dialects import listing, walkers
from reconciler.dialects.assistants_v1.wire import AssistantsV1
from reconciler.model.resource import End
from reconciler.model.state import State
from reconciler.server import Fault, Faults, create_app
from reconciler.server.deviations.lists import ROWS, SHAPE
from reconciler.store.record import state_of, state_values

SIZE = 10
STATE = State("lineage", 0)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Pages of ten and stretches of seventeen, so that sixty assistants are many."""
    for module in (listing, walkers):
        monkeypatch.setattr(module, "PAGE", SIZE)
    monkeypatch.setattr(walkers, "_PAGES", 2)
    monkeypatch.setattr(walkers, "_STRETCH", 17)


def assistant(number, **fields):
    whole = {"id": f"asst_{number}", "object": "assistant", "created_at": number, "model": "m", "name": None}
    return whole | {"tools": [], "file_ids": [], "metadata": {}, **fields}


class Server:
    """A server that pages as the wire says; counts what it is asked."""

    def __init__(self, objects):
        self.objects = list(objects)
        self.asked = 0

    def __call__(self, request):
        self.asked += 1
        ids = [one["id"] for one in self.objects]
        after = request.url.params.get("after")
        if after is not None and after not in ids:
            return httpx.Response(404, json={"error": {"message": f"no {after}"}})
        rest = self.objects[ids.index(after) + 1 if after else 0 :]
        page = {"object": "list", "data": rest[:SIZE], "has_more": len(rest) > SIZE}
        return httpx.Response(200, json=page)


def reading(transport, state=STATE):
    """What a provider observes, in order; an error by its type."""

    async def observed():
        async with AsyncClient(base_url=TARGET, transport=transport, max_retries=0) as client:
            provider = AssistantsV1(client, TARGET, page_size=SIZE)
            live = await provider.observe(state, uploads=False)
            return live, list(live.assistants.items())

    try:
        return asyncio.run(observed())
    except APIError as error:
        return type(error)


def known(count=60):
    """The cursors of a list of so many."""
    live, _ = reading(httpx.MockTransport(Server(map(assistant, range(count)))))
    return live.cursors


def stretches(transport, cursors):
    return reading(transport, replace(STATE, cursors=cursors))


def test_a_walk_in_order_proves_where_stretches_begin():
    assert known() == ("asst_16", "asst_33", "asst_50")
    assert known(17) == ()


@pytest.fixture
def longer(monkeypatch):
    """Stretches of five pages, which overlap by one object."""
    monkeypatch.setattr(walkers, "_PAGES", 5)
    monkeypatch.setattr(walkers, "_STRETCH", 49)


@pytest.mark.usefixtures("longer")
@pytest.mark.parametrize("count", [49, 50, 98, 99, 147, 200, 600, 700])
def test_a_list_in_stretches_has_what_one_walk_finds_for_a_tenth_more_requests(count):
    server = Server(map(assistant, range(count)))
    plain = reading(httpx.MockTransport(server))
    once = server.asked
    assert stretches(httpx.MockTransport(server), plain[0].cursors) == plain
    assert server.asked - once <= once * 1.1 + 1
    assert stretches(httpx.MockTransport(server), plain[0].cursors)[0].cursors == plain[0].cursors


def test_stretches_are_asked_for_at_the_same_time():
    server, cursors, waiting = Server(map(assistant, range(60))), known(), []

    async def answer(request):
        waiting.append(request)
        for _ in range(100):
            if len(waiting) >= len(cursors) + 1:
                return server(request)
            await asyncio.sleep(0.01)
        raise AssertionError("they came one after the other")

    assert len(stretches(httpx.MockTransport(answer), cursors)[1]) == 60


@pytest.mark.usefixtures("longer")
def test_there_are_twelve_walkers_at_most():
    many, server = known(1000), Server(map(assistant, range(1000)))
    begun = []

    def answer(request):
        begun.append(request.url.params.get("after"))
        return server(request)

    assert len(many) == 20
    assert len(stretches(httpx.MockTransport(answer), many)[1]) == 1000
    assert 1 < len(set(many) & set(begun)) < 12
    assert server.asked <= 100 * 1.1


CHANGES = {
    "a cursor that is gone": lambda objects: objects[:33] + objects[34:],
    "an object that is gone": lambda objects: objects[:20] + objects[21:],
    "the first ones gone": lambda objects: objects[17:],
    "all but the last gone": lambda objects: objects[-1:],
    "nothing left": lambda objects: objects[:0],
    "new ones at the end": lambda objects: objects + [assistant(number) for number in range(60, 95)],
    "new ones in between": lambda objects: (
        objects[:25] + [assistant(f"new{n}", created_at=25) for n in range(30)] + objects[25:]
    ),
    "the other order": lambda objects: objects[::-1],
    "an object twice": lambda objects: [*objects[:40], objects[3], *objects[40:]],
    "one that is not in order": lambda objects: [*objects[:40], assistant("x", created_at=3), *objects[40:]],
    "one that cannot be read": lambda objects: [*objects[:40], assistant("x", model=None), *objects[40:]],
    "one without an id": lambda objects: [*objects[:40], {"a": 1}, *objects[40:]],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_list_that_changed_is_read_whole_all_the_same(change):
    server = Server(change([assistant(number) for number in range(60)]))
    transport = httpx.MockTransport(server)
    assert stretches(transport, known()) == reading(transport)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    some.lists(some.tuples(some.integers(0, 80), some.sampled_from(["delete", "insert", "swap"])), max_size=8)
)
def test_however_a_list_changed_what_is_found_is_what_one_walk_finds(edits):
    objects = [assistant(number) for number in range(60)]
    for number, (place, edit) in enumerate(edits):
        at = place % len(objects)
        if edit == "delete":
            del objects[at]
        elif edit == "insert":
            objects.insert(at, assistant(f"new{number}", created_at=objects[at]["created_at"]))
        else:
            objects[at], objects[-1] = objects[-1], objects[at]
    transport = httpx.MockTransport(Server(objects))
    assert stretches(transport, known()) == reading(transport)


@pytest.mark.parametrize("at", range(1, 9))
def test_a_list_that_changes_meanwhile_never_loses_an_object_that_stays(at):
    server, cursors = Server(map(assistant, range(60))), known()

    def answer(request):
        if server.asked == at:
            del server.objects[21], server.objects[33]
            server.objects.append(assistant(60))
        return server(request)

    found = dict(stretches(httpx.MockTransport(answer), cursors)[1])
    assert found.keys() >= {one["id"] for one in server.objects[:-1]}


ODD = [(row.name, {}) for row in ROWS] + [(SHAPE.name, {"variant": one}) for one in SHAPE.variants]
SIZES = {"limit_max": 5, "limit_20": 5}


@pytest.mark.parametrize(
    ("name", "more"), ODD, ids=[f"{name} {more.get('variant', '')}" for name, more in ODD]
)
def test_a_server_that_deviates_is_seen_as_one_walk_sees_it(database, name, more):
    """The list was in order once; meanwhile the server deviates."""
    healthy = create_app(database)
    ids = asyncio.run(filled(healthy, 60))
    cursors = reading(in_process(healthy))[0].cursors
    assert len(cursors) == 3
    assert cursors[0] == ids[16]

    size = {"size": SIZES[name]} if name in SIZES else {}
    app = create_app(database, faults=Faults([Fault("deviate", as_=name, **more, **size)]))
    plain = reading(in_process(app))
    assert stretches(in_process(app), cursors) == plain


async def filled(app, count):
    async with AsyncClient(base_url=TARGET, transport=in_process(app)) as client:
        return [(await client.beta.assistants.create(model="m")).id for _ in range(count)]


def test_a_server_that_fails_meanwhile_fails_for_one_walk_too():
    transport = httpx.MockTransport(lambda _: httpx.Response(500))
    assert stretches(transport, known()) is reading(transport)


def test_the_end_of_a_list_in_stretches_can_be_proved():
    server, cursors = Server(map(assistant, range(61))), known(61)

    async def proved():
        async with AsyncClient(base_url=TARGET, transport=httpx.MockTransport(server)) as client:
            provider = AssistantsV1(client, TARGET, page_size=SIZE)
            live = await provider.observe(replace(STATE, cursors=cursors), uploads=False)
            return await provider.prove(live)

    live = asyncio.run(proved())
    assert (live.end, len(live.assistants)) == (End.PROVED, 61)


def test_the_proof_of_a_last_page_with_one_object_begins_before_it():
    cursors = known(61)
    server = Server(map(assistant, [*range(51), 51]))
    asked = []

    async def proved():
        transport = httpx.MockTransport(lambda request: asked.append(request) or server(request))
        async with AsyncClient(base_url=TARGET, transport=transport) as client:
            provider = AssistantsV1(client, TARGET, page_size=SIZE)
            live = await provider.observe(replace(STATE, cursors=cursors), uploads=False)
            before = len(asked)
            return await provider.prove(live), [one.url.params["after"] for one in asked[before:]]

    live, after = asyncio.run(proved())
    assert live.end is End.PROVED
    assert "asst_51" not in after
    assert "asst_50" in after


@pytest.fixture
def world(tmp_path):
    """A server with pages of ten, and a state."""
    made = World(tmp_path)
    made.app = create_app(made.database, faults=Faults([Fault("deviate", as_="limit_20", size=SIZE)]))
    yield made
    made.database.close()


def some_declared(count):
    return [declared(f"a{number}") for number in range(count)]


def test_an_apply_remembers_where_the_stretches_of_a_list_begin(world):
    """Once: a run that changes nothing does not save a state for newer cursors alone."""
    world.apply(*some_declared(30))
    assert world.store.load().cursors == ()
    world.apply(*some_declared(30))
    first = world.store.load()
    assert first.cursors == tuple(one.id for one in world.assistants())[16:17]

    world.apply(*some_declared(40))
    world.apply(*some_declared(40))
    assert world.store.load().cursors == first.cursors
    world.apply(*some_declared(41))
    assert len(world.store.load().cursors) == 2


def test_what_an_apply_deletes_is_no_cursor_any_more(world):
    world.apply(*some_declared(30))
    world.apply(*some_declared(30))
    before = world.store.load().cursors
    world.apply(*some_declared(10))
    assert before
    assert {*world.store.load().cursors} <= {one.id for one in world.assistants()}
    world.apply()
    assert world.store.load().cursors == ()


def test_a_state_keeps_its_cursors():
    state = replace(STATE, cursors=("asst_1", "asst_2"))
    assert state_of(state_values(state)) == state
    assert "cursors" not in state_values(STATE)
    with pytest.raises(ValueError, match="it is not the id of an object of a server"):
        state_of(state_values(STATE) | {"cursors": ["a/b"]})
