"""What apply does when things go wrong: nothing twice, nothing foreign, only dependents skipped."""

import asyncio
import json

import httpx
import pytest
from builders import FUNCTION, assistant, without_mark
from faults import Faulty, at

from reconciler.errors import StoreError
from reconciler.model.mark import MARK_KEY
from reconciler.model.outcome import Cause, Result, Stepped

LOST = [
    pytest.param(lambda: httpx.ReadTimeout("late"), id="timeout"),
    pytest.param(lambda: httpx.ReadError("reset"), id="reset"),
    pytest.param(lambda: httpx.Response(500), id="500"),
    pytest.param(lambda: httpx.Response(409), id="409"),
    pytest.param(lambda: httpx.Response(200, text='{"id": "asst'), id="truncated"),
    pytest.param(lambda: httpx.Response(200, html="<h1>hello</h1>"), id="html"),
]


@pytest.mark.parametrize("fault", LOST)
def test_a_create_whose_answer_was_lost_is_found_and_not_repeated(world, fault):
    at(world, "POST", "/assistants", fault(), after=True)

    report = world.apply(assistant())

    assert report.exit_code == 0
    assert world.requests("POST") == ["POST /v1/assistants"]
    assert not world.plan(assistant()).has_changes


@pytest.mark.parametrize("fault", LOST)
def test_an_upload_whose_answer_was_lost_is_found_by_its_content(world, fault):
    twin = ("a.md", b"about x")
    world.ask(lambda client: client.files.create(file=twin, purpose="assistants"))
    at(world, "POST", "/files", fault(), after=True)

    report = world.apply(assistant(files=["a.md"]))

    assert report.exit_code == 0
    assert len(world.files()) == 2
    assert not world.plan(assistant(files=["a.md"])).has_changes


@pytest.mark.parametrize("fault", LOST)
def test_a_create_that_never_arrived_is_unknown_and_the_next_run_makes_one(world, fault):
    at(world, "POST", "/assistants", fault())

    report = world.apply(assistant())
    world.apply(assistant())

    assert (report.exit_code, report.outcomes[0].result) == (3, Result.UNKNOWN)
    assert len(world.assistants()) == 1


def test_what_an_interrupted_run_created_is_deleted_when_it_is_declared_no_longer(world):
    at(world, "POST", "/assistants", httpx.ReadTimeout("late"), after=True)
    lost = world.transport

    def blind(request):
        hidden = {"object": "list", "data": [], "has_more": False}
        return httpx.Response(200, json=hidden) if (request.method, request.url.path) == LISTING else None

    world.transport = lambda inner: Faulty(lost(inner), blind)
    assert world.apply(assistant()).exit_code == 3
    world.transport = lambda inner: inner

    assert not world.plan().notices
    assert world.apply().exit_code == 0
    assert world.assistants() == []


LISTING = ("GET", "/v1/assistants")


def interrupted_upload(world):
    """An upload that took effect, and of which the run that made it never heard."""
    at(world, "POST", "/files", httpx.ReadTimeout("late"), after=True)
    lost = world.transport
    nothing = httpx.Response(200, json={"object": "list", "data": []})

    def blind(request):
        return nothing if (request.method, request.url.path) == ("GET", "/v1/files") else None

    world.transport = lambda inner: Faulty(lost(inner), blind)
    assert world.apply(assistant(files=["a.md"])).exit_code == 3
    world.transport = lambda inner: inner


def test_an_upload_of_unknown_outcome_is_looked_for_by_the_next_run_too(world):
    interrupted_upload(world)

    assert world.apply(assistant(files=["a.md"])).exit_code == 0
    assert len(world.files()) == 1


def test_an_interrupted_upload_of_a_file_that_changed_since_is_cleaned_up(world):
    interrupted_upload(world)
    world.contents["a.md"] = b"rewritten"

    assert world.apply(assistant(files=["a.md"])).exit_code == 0
    assert len(world.files()) == 1
    assert not world.plan(assistant(files=["a.md"])).has_changes


def test_an_interrupted_upload_of_a_file_that_is_declared_no_longer_is_cleaned_up(world):
    interrupted_upload(world)

    assert world.apply(assistant(files=[])).exit_code == 0
    assert world.files() == {}
    assert world.store.load().pending == ()


def test_an_attachment_whose_answer_was_lost_is_seen_and_kept(world):
    world.apply(assistant(files=["a.md"]))
    where = world.only().id
    at(world, "POST", f"/assistants/{where}/files", httpx.ReadTimeout("late"), after=True)

    assert world.apply(assistant(files=["a.md", "b.md"])).exit_code == 0
    assert len(world.only().file_ids) == 2


def test_a_failed_upload_skips_only_what_needs_it(world):
    at(world, "POST", "/files", httpx.Response(400, json={"error": {"message": "no"}}))

    report = world.apply(assistant(files=["a.md"]), assistant("other"))
    outcomes = {str(one.change.address): (one.result, one.cause) for one in report.outcomes}

    assert outcomes == {
        "file.a.md": (Result.FAILED, Cause.ERROR),
        "assistant.support": (Result.SKIPPED, Cause.DEPENDENCY),
        "assistant.other": (Result.APPLIED, Cause.NONE),
    }
    assert report.exit_code == 3


def test_when_nothing_was_written_a_failure_is_exit_1(world):
    refusal = httpx.Response(400, json={"error": {"message": "no"}}, headers={"x-request-id": "req_7"})
    at(world, "POST", "/assistants", refusal)

    report = world.apply(assistant())

    assert report.exit_code == 1
    (outcome,) = report.outcomes
    assert (outcome.message, outcome.request_id) == ("POST /assistants answered 400: no", "req_7")
    assert not world.store.load().pending


def test_an_upload_is_not_deleted_while_its_assistant_could_not_let_go(world):
    world.apply(assistant(files=["a.md"]))
    (old,) = world.files()
    where = world.only().id
    refusal = httpx.Response(400, json={"error": {"message": "no"}})
    at(world, "DELETE", f"/assistants/{where}/files/{old}", refusal)
    world.contents["a.md"] = b"rewritten"

    report = world.apply(assistant(files=["a.md"]))
    assert report.exit_code == 3
    assert old in world.files()

    assert world.apply(assistant(files=["a.md"])).exit_code == 0
    assert old not in world.files()


def test_a_file_whose_assistant_could_not_be_deleted_stays(world):
    world.apply(assistant(files=["a.md"]))
    refusal = httpx.Response(400, json={"error": {"message": "no"}})
    at(world, "DELETE", f"/assistants/{world.only().id}", refusal)

    assert world.apply().exit_code == 1
    assert len(world.files()) == 1


def edited(world, **fields):
    target = world.only().id

    async def edit(client):
        await client.beta.assistants.update(target, **fields)

    return edit


def test_an_edit_between_plan_and_write_is_not_overwritten(world):
    world.apply(assistant(description="one"))

    report = world.apply(assistant(description="two"), between=edited(world, description="theirs"))

    assert (report.exit_code, report.outcomes[0].cause) == (4, Cause.STALE)
    assert world.only().description == "theirs"


def test_an_edit_between_plan_and_deletion_keeps_the_object(world):
    world.apply(assistant())

    assert world.apply(between=edited(world, name="mine now")).exit_code == 4
    assert world.only().name == "mine now"


def test_what_was_deleted_between_plan_and_write_is_stale_for_an_update_and_done_for_a_deletion(world):
    async def delete(client):
        async for one in client.beta.assistants.list():
            await client.beta.assistants.delete(one.id)

    world.apply(assistant(description="one"))
    assert world.apply(assistant(description="two"), between=delete).exit_code == 4
    world.apply(assistant(description="one"))
    assert world.apply(between=delete).exit_code == 0


def test_metadata_of_others_survives_every_update(world):
    world.apply(assistant(description="one"))
    found = world.only()
    foreign = {**found.metadata, "theirs": "stays"}
    world.ask(lambda client: client.beta.assistants.update(found.id, metadata=foreign))
    world.apply(assistant(description="two"))

    assert without_mark(world.only().metadata) == {"theirs": "stays"}


def test_an_update_never_sends_file_ids(world):
    bodies = []

    def remember(request):
        if request.method == "POST" and request.url.path.startswith("/v1/assistants/"):
            bodies.append(request.content)

    world.apply(assistant(files=["a.md"]))
    world.transport = lambda inner: Faulty(inner, remember)
    world.apply(assistant(description="x", files=["b.md"]))

    assert bodies
    assert not [body for body in bodies if b"file_ids" in body]


def keeping_no_metadata(request):
    if (request.method, request.url.path) != ("POST", "/v1/assistants"):
        return None
    plain = {"id": "asst_1", "object": "assistant", "created_at": 1, "model": "gpt-5.6", "metadata": {}}
    return httpx.Response(200, json=plain)


def test_a_server_that_drops_our_mark_is_a_failure(world):
    world.transport = lambda inner: Faulty(inner, keeping_no_metadata)

    report = world.apply(assistant())

    assert report.exit_code == 3
    assert "was created, and a request for it finds nothing" in report.outcomes[0].message


def test_a_server_that_keeps_a_value_differently_is_remarked_on(world):
    def trimming(request):
        if (request.method, request.url.path) != ("POST", "/v1/assistants"):
            return None
        sent = json.loads(request.content)
        kept = {**sent, "instructions": sent["instructions"].strip()}
        return httpx.Response(200, json={"id": "asst_1", "object": "assistant", "created_at": 1, **kept})

    world.transport = lambda inner: Faulty(inner, trimming)

    (outcome,) = world.apply(assistant(instructions="Be kind.\n")).outcomes

    assert outcome.result is Result.APPLIED
    assert "keeps instructions in a form of its own" in outcome.message


def test_a_state_that_cannot_be_written_stops_every_further_call(world, monkeypatch):
    def full(_):
        raise StoreError("no space left")

    monkeypatch.setattr(world.store, "intend", full)
    monkeypatch.setattr(world.store, "save", lambda *_: full(None))

    with pytest.raises(StoreError):
        world.apply(assistant(), assistant("other"))

    assert world.requests("POST") == []


def test_an_interruption_starts_nothing_more_and_the_next_run_finishes(world):
    wanted = [assistant(f"n{number}") for number in range(5)]
    seen = []

    def interrupt_after_two(event):
        seen.append(event)
        if sum(isinstance(one, Stepped) for one in seen) == 2:
            world.interruption.signal = 15

    world.events = type("Watch", (), {"append": staticmethod(interrupt_after_two)})()
    report = world.apply(*wanted, parallelism=1)
    assert report.exit_code == 128 + 15
    assert len(world.assistants()) == 2

    world.interruption.signal = 0
    world.events = []
    assert world.apply(*wanted).exit_code == 0
    assert len(world.assistants()) == 5


@pytest.mark.parametrize("bound", [1, 3])
def test_parallelism_bounds_the_calls_in_flight(world, bound):
    flying = {"now": 0, "most": 0}

    class Counting(httpx.AsyncBaseTransport):
        def __init__(self, inner):
            self.inner = inner

        async def handle_async_request(self, request):
            flying["now"] += 1
            flying["most"] = max(flying["most"], flying["now"])
            await asyncio.sleep(0.005)
            answer = await self.inner.handle_async_request(request)
            flying["now"] -= 1
            return answer

    async def settle(_):
        flying["most"] = 0

    world.transport = Counting
    world.apply(*(assistant(f"n{number}") for number in range(9)), parallelism=bound, between=settle)

    assert flying["most"] == bound


def test_every_step_is_told_as_it_happens(world):
    world.apply(assistant(files=["a.md"], tools=[FUNCTION]))

    told = [(str(one.change.address), one.step.kind) for one in world.events if isinstance(one, Stepped)]

    assert told == [("file.a.md", "upload"), ("assistant.support", "create")]


def test_the_mark_names_project_name_and_what_is_managed(world):
    world.apply(assistant(files=["a.md"], metadata={"team": "x"}))

    mark = world.only().metadata[MARK_KEY]

    assert mark.startswith("v1 acme/-/support n=")
    assert " f=mf+" in mark
    assert len(mark) <= 512


def test_an_apply_without_changes_writes_nothing(world):
    world.apply(assistant())
    before = world.store.path.read_bytes()
    world.forget_requests()

    report = world.apply(assistant())

    assert report.outcomes == ()
    assert world.requests("POST", "DELETE") == []
    assert world.store.path.read_bytes() == before
