"""Calls that were given up and took effect after all: found, or cleared away, and never guessed at."""

import json
import time

import httpx
from builders import assistant
from faults import Faulty, Lossy, at

from reconciler.api import AsyncClient, in_process
from reconciler.model import address
from reconciler.model.change import Action, Reason, StepKind
from reconciler.model.outcome import Cause, Result

SUPPORT = address.assistant("support")


class Delayed:
    """Answers of a proxy that gives up on some requests and delivers them when it is told to."""

    def __init__(self, world, path):
        self.world, self.path, self.kept = world, path, []
        world.transport = lambda inner: Faulty(inner, self.script)

    def script(self, request):
        if (request.method, request.url.path) != ("POST", f"/v1{self.path}"):
            return None
        self.kept.append((dict(request.headers), request.read() if self.path == "/assistants" else None))
        return httpx.ReadTimeout("late")

    def deliver(self):
        """Let every request that was given up take effect now."""
        self.world.transport = lambda inner: inner
        for _, body in self.kept:
            fields = json.loads(body)
            self.world.ask(lambda client, fields=fields: client.beta.assistants.create(**fields))


def given_up(world, times=1):
    """Creates whose requests nobody heard of again, so far."""
    proxy = Delayed(world, "/assistants")
    for _ in range(times):
        report = world.apply(assistant())
        assert [one.result for one in report.outcomes] == [Result.UNKNOWN]
    world.transport = lambda inner: inner
    return proxy


def the_other(world, bound):
    """The live assistant that is not bound."""
    (found,) = (one for one in world.assistants() if one.id != bound.id)
    return found


def test_a_create_that_took_effect_late_is_bound_and_not_made_again(world):
    given_up(world).deliver()

    planned = world.plan(assistant())

    assert [(one.action, one.reason) for one in planned.changes] == [(Action.NOOP, Reason.FINISHED)]
    assert world.apply(assistant()).exit_code == 0
    assert len(world.assistants()) == 1
    assert world.store.load().pending == ()
    assert not world.plan(assistant()).has_changes


def test_a_twin_that_came_after_the_next_create_is_deleted(world):
    proxy = given_up(world)
    assert world.apply(assistant()).exit_code == 0
    (kept,) = world.assistants()

    proxy.deliver()
    (change,) = world.plan(assistant()).changes

    assert (change.action, change.reason, change.id) == (Action.UPDATE, Reason.LATE, kept.id)
    assert [step.kind for step in change.steps] == [StepKind.DELETE]
    assert change.steps[0].id in change.note
    assert world.apply(assistant()).exit_code == 0
    assert [one.id for one in world.assistants()] == [kept.id]
    assert not world.plan(assistant()).has_changes
    assert world.store.load().pending == ()


def test_of_several_that_came_late_one_is_kept(world):
    given_up(world, times=3).deliver()
    late = {one.id for one in world.assistants()}

    assert world.apply(assistant()).exit_code == 0

    assert world.only().id in late
    assert len(late) == 3
    assert not world.plan(assistant()).has_changes


def test_twins_go_together_with_an_edit(world):
    proxy = given_up(world)
    world.apply(assistant())
    proxy.deliver()

    report = world.apply(assistant(name="Renamed"))

    assert report.exit_code == 0
    assert world.only().name == "Renamed"


def test_a_copy_of_the_assistant_is_no_twin(world):
    given_up(world)
    world.apply(assistant())
    found = world.only()
    world.ask(lambda client: client.beta.assistants.create(model="m", metadata=found.metadata))

    planned = world.plan(assistant())

    assert not planned.has_changes
    assert "is a copy of assistant.support" in planned.notices[0]


def test_a_copy_of_a_twin_is_left_alone_and_told(world):
    proxy = given_up(world)
    world.apply(assistant())
    bound = world.only()
    proxy.deliver()
    twin = the_other(world, bound)
    world.app.state.clock = lambda: time.time() + 10
    world.ask(lambda client: client.beta.assistants.create(model="m", metadata=twin.metadata))

    assert world.apply(assistant()).exit_code == 0

    assert len(world.assistants()) == 2
    assert twin.id not in {one.id for one in world.assistants()}


def test_of_a_twin_and_its_copy_of_the_same_second_neither_is_touched(world):
    world.app.state.clock = lambda: 1_800_000_000
    proxy = given_up(world)
    world.apply(assistant())
    bound = world.only()
    proxy.deliver()
    twin = the_other(world, bound)
    world.ask(lambda client: client.beta.assistants.create(model="m", metadata=twin.metadata))

    planned = world.plan(assistant())

    assert not planned.has_changes
    assert len(planned.notices) == 2


def test_a_twin_whose_mark_somebody_took_out_after_the_plan_is_left_alone(world):
    proxy = given_up(world)
    world.apply(assistant())
    bound = world.only()
    proxy.deliver()
    twin = the_other(world, bound)

    async def let_go(client):
        await client.beta.assistants.update(twin.id, metadata={})

    report = world.apply(assistant(), between=let_go)

    assert [one.cause for one in report.outcomes] == [Cause.STALE]
    assert twin.id in {one.id for one in world.assistants()}


def test_what_came_late_of_something_declared_no_longer_is_deleted(world):
    given_up(world).deliver()

    assert world.apply().exit_code == 0
    assert world.assistants() == []
    assert not world.plan().has_changes


def test_an_upload_that_came_late_is_taken_or_cleared_away(world):
    at(world, "POST", "/files", httpx.ReadTimeout("late"))
    assert world.apply(assistant(files=["a.md"])).exit_code == 3
    world.transport = lambda inner: inner
    assert world.apply(assistant(files=["a.md"])).exit_code == 0
    late = world.ask(lambda client: client.files.create(file=("a.md", b"about a"), purpose="assistants"))

    assert world.apply(assistant(files=["a.md"])).exit_code == 0

    assert late.id not in world.files()
    assert len(world.files()) == 1
    assert not world.plan(assistant(files=["a.md"])).has_changes


def test_a_lost_create_is_waited_for_until_lists_must_show_it(world):
    empty = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    looks = []

    def script(request):
        """Loses the answer to a create, and shows it in the third list only."""
        if request.url.path != "/v1/assistants":
            return None
        if request.method == "POST":
            return httpx.ReadTimeout("lost")
        if "after" in request.url.params:  # the proof that the list ends there
            return None
        looks.append(request)
        return httpx.Response(200, json=empty) if len(looks) < 4 else None

    world.settle = 30.0
    world.transport = lambda inner: Lossy(inner, script)

    assert world.apply(assistant()).exit_code == 0
    world.transport = lambda inner: inner
    assert len(looks) == 4
    assert not world.plan(assistant()).has_changes


def test_what_was_given_up_a_moment_ago_is_waited_for_before_it_is_made_again(world):
    proxy = given_up(world)
    world.settle = 0.5

    async def deliver(client):
        for _, body in proxy.kept:
            await client.beta.assistants.create(**json.loads(body))

    report = world.apply(assistant(), between=deliver)

    assert [one.cause for one in report.outcomes] == [Cause.STALE]
    assert world.apply(assistant()).exit_code == 0
    assert len(world.assistants()) == 1


def test_what_changes_on_the_server_while_files_are_attached_is_not_overwritten(world):
    world.apply(assistant(name="Support"))
    found = world.only()
    edited = []

    class Meddling(Faulty):
        """Edits the assistant right after a file was attached to it."""

        async def handle_async_request(self, request):
            answer = await super().handle_async_request(request)
            if (
                request.method == "POST"
                and request.url.path.endswith("/files")
                and found.id in str(request.url)
            ):
                edited.append(request)
                body = {"description": "by hand"}
                url = request.url.copy_with(path=f"/v1/assistants/{found.id}")
                headers = {"OpenAI-Beta": "assistants=v1"}
                await self.inner.handle_async_request(httpx.Request("POST", url, json=body, headers=headers))
            return answer

    world.transport = lambda inner: Meddling(inner, lambda _: None)
    report = world.apply(assistant(name="Renamed", files=["a.md"]))

    assert edited
    assert [one.cause for one in report.outcomes if one.change.address == SUPPORT] == [Cause.STALE]
    assert (world.only().name, world.only().description) == ("Support", "by hand")


def unreadable(world):
    """A server that lets nobody read uploads, and loses the answer to the first one."""
    lost = []

    def script(request):
        if request.url.path.endswith("/content"):
            return httpx.Response(
                403, json={"error": {"message": "no", "type": "x", "code": None, "param": None}}
            )
        if (request.method, request.url.path) == ("POST", "/v1/files") and not lost:
            lost.append(request)
            return httpx.ReadTimeout("late")
        return None

    world.transport = lambda inner: Lossy(inner, script)


def test_where_uploads_cannot_be_read_the_only_new_one_alike_is_taken(world):
    unreadable(world)

    assert world.apply(assistant(files=["a.md"])).exit_code == 0

    (upload,) = world.files()
    assert world.only().file_ids == [upload]
    assert not world.plan(assistant(files=["a.md"])).has_changes


def test_what_is_only_inferred_to_be_ours_is_never_deleted_and_told(world):
    unreadable(world)
    world.apply(assistant(files=["a.md"]))
    (upload,) = world.files()
    world.contents["a.md"] = b"rewritten"

    (file, _) = world.plan(assistant(files=["a.md"])).changes
    report = world.apply(assistant(files=["a.md"]))

    assert report.exit_code == 0
    assert f"{upload} stays on the server" in file.note
    assert upload in world.files()
    assert len(world.only().file_ids) == 1
    assert not world.plan(assistant(files=["a.md"])).has_changes

    world.apply(assistant(files=[]))
    assert upload in world.files()
    assert not world.plan(assistant(files=[])).has_changes


def test_an_inferred_upload_that_is_declared_no_longer_is_forgotten(world):
    unreadable(world)
    world.apply(assistant(files=["a.md"]))
    (upload,) = world.files()

    (change,) = (one for one in world.plan(assistant(files=[])).changes if one.id == upload)
    assert (change.action, change.reason) == (Action.FORGET, Reason.UNPROVED)

    assert world.apply(assistant(files=[])).exit_code == 0
    assert [*world.files()] == [upload]
    assert not world.plan(assistant(files=[])).has_changes


def test_of_two_new_uploads_alike_none_is_taken(world):
    world.apply(assistant())
    lost = []

    def script(request):
        if request.url.path.endswith("/content"):
            return httpx.Response(403, json={"error": {"message": "no"}})
        if (request.method, request.url.path) == ("POST", "/v1/files") and not lost:
            lost.append(request)
            return httpx.ReadTimeout("late")
        return None

    async def upload_two(_):
        for _ in range(2):
            somebody = AsyncClient(base_url="http://server/v1", api_key="", transport=in_process(world.app))
            async with somebody:
                await somebody.files.create(file=("a.md", b"about b"), purpose="assistants")

    world.transport = lambda inner: Faulty(inner, script)
    report = world.apply(assistant(files=["a.md"]), between=upload_two)

    assert Result.UNKNOWN in [one.result for one in report.outcomes]
