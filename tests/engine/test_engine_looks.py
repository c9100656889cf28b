"""Every write to an assistant that exists comes after a look at it, and what moved is left as it is."""

import httpx
import pytest
from builders import assistant
from faults import at

from reconciler.model.outcome import Cause, Result

FIRST = assistant(description="one", files=["a.md", "b.md"])
SECOND = assistant(description="two", files=["c.md", "d.md"])
STEPS = ["attach", "attach", "update", "detach", "detach"]


@pytest.fixture
def swapping(world):
    """An assistant of which everything will change: two files come, two go, a text moves."""
    world.contents |= {"c.md": b"about c", "d.md": b"about d"}
    world.apply(FIRST)
    world.forget_requests()
    return world


def before_step(world, number, act):
    """Do something on the server just before the look that precedes the n-th step on the assistant."""
    where, looks = f"/v1/assistants/{world.only().id}", []

    class Acting(httpx.AsyncBaseTransport):
        def __init__(self, inner):
            self.inner = inner

        async def handle_async_request(self, request):
            if (request.method, request.url.path) == ("GET", where):
                looks.append(request)
                if len(looks) == number:
                    await act(self.inner, where)
            return await self.inner.handle_async_request(request)

    world.transport = Acting


def sends(method, path="", **body):
    """Somebody else's request about the assistant."""

    async def act(inner, where):
        headers = {"OpenAI-Beta": "assistants=v1"}
        request = httpx.Request(method, f"http://server{where}{path}", json=body, headers=headers)
        reply = await inner.handle_async_request(request)
        await reply.aread()
        assert reply.status_code == 200, reply.content

    return act


def asked(world):
    """What was asked about the assistant: looks, and writes by what they do."""
    names = {"POST /files": "attach", "POST ": "update", "DELETE /files": "detach", "GET ": "look"}
    told = []
    for one in world.app.state.ledger:
        _, owner, rest = one.path.partition("/v1/assistants/")
        if owner:
            told.append(names[f"{one.method} /files" if "/files" in rest else f"{one.method} "])
    return told


def test_every_step_is_preceded_by_a_look_and_changed_attachments_are_looked_at(swapping):
    assert swapping.apply(SECOND).exit_code == 0

    assert asked(swapping) == [*(one for step in STEPS for one in ("look", step)), "look"]
    assert swapping.only().description == "two"
    assert len(swapping.only().file_ids) == 2


def test_one_step_costs_one_look(world):
    world.apply(assistant(description="one"))
    world.forget_requests()

    world.apply(assistant(description="two"))
    world.apply()

    where = f"/v1/assistants/{world.requests('DELETE')[0].rpartition('/')[2]}"
    assert [one for one in world.requests("GET", "POST", "DELETE") if where in one] == [
        f"GET {where}",
        f"POST {where}",
        f"GET {where}",
        f"DELETE {where}",
    ]


@pytest.mark.parametrize("number", range(1, 6))
@pytest.mark.parametrize(
    "field", [{"name": "theirs"}, {"metadata": {"theirs": "x"}}], ids=["name", "metadata"]
)
def test_an_edit_before_any_step_ends_the_change_there(swapping, number, field):
    before_step(swapping, number, sends("POST", **field))

    report = swapping.apply(SECOND)
    swapping.transport = lambda inner: inner

    (outcome,) = [one for one in report.outcomes if str(one.change.address) == "assistant.support"]
    assert (outcome.result, outcome.cause) == (Result.FAILED, Cause.STALE)
    ending = "on the server meanwhile; run plan again" if number > 1 else "run plan again"
    assert ending in outcome.message
    done = [one for step in STEPS[: number - 1] for one in ("look", step)]
    assert asked(swapping) == [*done, "update", "look"]  # that update is theirs
    assert getattr(swapping.only(), next(iter(field))) == next(iter(field.values()))


@pytest.mark.parametrize("number", range(1, 6))
def test_a_deletion_before_any_step_ends_the_change_there(swapping, number):
    before_step(swapping, number, sends("DELETE"))

    report = swapping.apply(SECOND)
    swapping.transport = lambda inner: inner

    assert "was deleted on the server" in " ".join(one.message for one in report.outcomes)
    assert swapping.assistants() == []
    assert swapping.apply(SECOND, between=None).exit_code == 0
    assert len(swapping.assistants()) == 1


def carries(world, name):
    """Whether the assistant carries an upload of this name."""
    files = world.files()
    return name in {files[one] for one in world.only().file_ids}


def upload_of(world, name):
    return next(one for one, called in world.files().items() if called == name)


@pytest.mark.parametrize("number", [2, 3, 4, 5])
def test_files_that_are_none_of_the_change_may_come_and_go(swapping, number):
    made = swapping.ask(lambda client: client.files.create(file=("x.md", b"x"), purpose="assistants"))
    before_step(swapping, number, sends("POST", "/files", file_id=made.id))

    report = swapping.apply(SECOND)
    swapping.transport = lambda inner: inner

    assert report.exit_code == 0
    assert made.id in swapping.only().file_ids
    assert carries(swapping, "c.md")
    assert carries(swapping, "d.md")
    assert not carries(swapping, "a.md")


@pytest.mark.parametrize("number", [2, 3, 4])
def test_a_file_that_somebody_detached_first_was_not_ours_to_detach(swapping, number):
    before_step(swapping, number, sends("DELETE", f"/files/{upload_of(swapping, 'a.md')}"))

    report = swapping.apply(SECOND)
    swapping.transport = lambda inner: inner

    assert Cause.STALE in {one.cause for one in report.outcomes}
    assert carries(swapping, "b.md")
    assert swapping.apply(SECOND).exit_code == 0
    assert not swapping.plan(SECOND).has_changes


def test_what_we_attached_must_still_be_there_before_the_old_one_goes(swapping):
    async def undo(inner, where):
        request = httpx.Request("GET", f"http://server{where}", headers={"OpenAI-Beta": "assistants=v1"})
        reply = await inner.handle_async_request(request)
        await reply.aread()
        await sends("DELETE", f"/files/{reply.json()['file_ids'][-1]}")(inner, where)

    before_step(swapping, 4, undo)

    report = swapping.apply(SECOND)
    swapping.transport = lambda inner: inner

    assert Cause.STALE in {one.cause for one in report.outcomes}
    assert carries(swapping, "a.md")
    assert carries(swapping, "b.md")
    assert swapping.apply(SECOND).exit_code == 0
    assert not swapping.plan(SECOND).has_changes


def test_a_look_that_fails_wrote_nothing(world):
    world.apply(assistant(description="one"))
    at(world, "GET", f"/assistants/{world.only().id}", httpx.Response(400, json={"error": {"message": "no"}}))

    report = world.apply(assistant(description="two"))

    assert (report.exit_code, report.outcomes[0].written) == (1, False)
