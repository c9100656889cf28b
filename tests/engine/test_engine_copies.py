"""Copies, rewritten Marks and look-alikes of what a run left: only what is proved to be ours is taken."""

import io
import time

import httpx
from builders import assistant
from faults import Faulty, at

from reconciler.model import address
from reconciler.model.mark import MARK_KEY
from reconciler.model.outcome import Result
from reconciler.model.state import Intent

LATE = httpx.ReadTimeout("late")


def left_behind(world):
    """What a create made whose answer was lost, and that no look has found."""
    asked = []

    def script(request):
        asked.append(request.method)
        return LATE if "POST" in asked else None

    world.transport = lambda inner: Faulty(inner, script, after=True)
    report = world.apply(assistant())
    world.transport = lambda inner: inner
    assert [one.result for one in report.outcomes] == [Result.UNKNOWN]
    return world.only()


def copied(world):
    """A copy that somebody makes of the assistant five seconds later, its Mark and all."""
    with world.database.write() as connection:
        connection.execute(
            "INSERT INTO assistants (id, created_at, model, tools, metadata) "
            "SELECT 'asst_copy', created_at + 5, model, tools, metadata FROM assistants"
        )


def test_a_create_goes_on_when_somebody_rewrote_the_mark_of_what_an_earlier_one_made(world):
    found = left_behind(world)
    rewritten = {MARK_KEY: found.metadata[MARK_KEY].replace("acme/", "other/")}
    world.ask(lambda client: client.beta.assistants.update(found.id, metadata=rewritten))

    assert world.apply(assistant()).exit_code == 0
    assert len(world.assistants()) == 2
    assert world.assistants()[0].metadata == rewritten
    assert not world.plan(assistant()).has_changes


def test_a_copy_made_before_our_search_is_not_taken_for_what_the_create_made(world):
    asked = []

    def copying(request):
        if request.method == "GET" and asked[-1:] == ["POST"]:
            copied(world)
        asked.append(request.method)

    at(world, "POST", "/assistants", LATE, after=True)
    faulty = world.transport
    world.transport = lambda inner: Faulty(faulty(inner), copying)

    assert world.apply(assistant()).exit_code == 0
    assert "asst_copy" in {one.id for one in world.assistants()}
    assert world.store.load().bindings[address.assistant("support")].id != "asst_copy"


def test_of_what_nobody_declares_any_more_the_original_goes_and_the_copy_stays(world):
    left_behind(world)
    copied(world)

    world.apply()

    assert [one.id for one in world.assistants()] == ["asst_copy"]


def test_one_upload_is_not_taken_for_two_files_when_the_state_is_lost(world):
    world.contents |= {"a.md": b"first", "d/a.md": b"other"}
    wanted = assistant(files=["a.md", "d/a.md"])
    world.apply(wanted)
    world.lose_state()
    gone = world.only().file_ids[0]
    world.ask(lambda client: client.files.delete(gone))

    assert world.apply(wanted).exit_code == 0
    assert len(world.only().file_ids) == 2
    assert len(world.files()) == 2


def test_two_files_of_one_name_and_size_are_told_apart_by_their_content_when_the_state_is_lost(world):
    world.contents |= {"a.md": b"first", "d/a.md": b"other"}
    wanted = assistant(files=["a.md", "d/a.md"])
    world.apply(wanted)
    world.lose_state()
    world.forget_requests()

    assert world.apply(wanted).exit_code == 0
    assert world.requests("POST", "DELETE") == []
    assert len(world.store.load().files) == 2


def replaced(world):
    """Somebody attaches an upload of their own in the place of ours, of the same name and size."""
    one = world.only()
    theirs = world.ask(
        lambda client: client.files.create(file=("a.md", io.BytesIO(b"abouT A")), purpose="assistants")
    )
    world.ask(lambda client: client.beta.assistants.files.create(one.id, file_id=theirs.id))
    world.ask(lambda client: client.beta.assistants.files.delete(one.file_ids[0], assistant_id=one.id))
    return theirs.id


def test_an_upload_of_other_content_is_not_taken_for_ours_when_the_state_is_lost(world):
    world.apply(assistant(files=["a.md"]))
    world.lose_state()
    theirs = replaced(world)

    assert world.apply(assistant(files=["a.md"])).exit_code == 0
    assert theirs in world.files()
    assert theirs not in world.only().file_ids


def attached(world, assistant_id):
    """Somebody attaches an upload of their own that is the same as our file to an assistant without files."""
    theirs = world.ask(
        lambda client: client.files.create(file=("a.md", io.BytesIO(b"about a")), purpose="assistants")
    )
    world.ask(lambda client: client.beta.assistants.files.create(assistant_id, file_id=theirs.id))
    return theirs.id


def test_what_hangs_on_another_assistant_is_not_taken_for_ours_when_the_state_is_lost(world):
    both = assistant("one", files=["a.md"]), assistant("two")
    world.apply(*both)
    one, two = (world.store.load().bindings[address.assistant(name)].id for name in ("one", "two"))
    (ours,) = world.files()
    world.lose_state()
    world.ask(lambda client: client.beta.assistants.delete(one))
    theirs = attached(world, two)

    assert world.apply(*both).exit_code == 0
    (bound,) = world.store.load().files.values()
    assert bound.id not in {ours, theirs}


def test_the_file_of_another_assistant_is_not_taken_for_ours_when_the_state_is_lost(world):
    world.contents["d/a.md"] = b"About A"
    both = assistant("one", files=["a.md", "d/a.md"]), assistant("two", files=["d/a.md"])
    world.apply(*both)
    one, two = (world.store.load().bindings[address.assistant(name)].id for name in ("one", "two"))
    world.lose_state()
    world.ask(lambda client: client.beta.assistants.delete(one))
    theirs = attached(world, two)

    assert world.apply(*both).exit_code == 0
    assert theirs in world.files()
    assert theirs not in {found.id for found in world.store.load().files.values()}


def test_what_was_there_before_an_interrupted_upload_is_not_taken_for_it(world):
    world.contents["d/a.md"] = b"About A"
    both = assistant("one", files=["a.md"]), assistant("two", files=["d/a.md"])
    world.apply(both[1])
    world.lose_state()
    theirs = attached(world, world.only().id)
    world.apply()  # a state anew, whose journal the intent belongs to
    wanted = world.file("a.md")
    world.store.intend(
        Intent(
            wanted.address, "upload", "", wanted.filename, wanted.size, wanted.sha256, (theirs,), time.time()
        )
    )

    assert world.apply(*both).exit_code == 0
    assert theirs in world.files()
    assert theirs not in {found.id for found in world.store.load().files.values()}


def test_of_two_alike_on_two_assistants_neither_is_taken_for_ours_when_the_state_is_lost(world):
    both = assistant("one", files=["a.md"]), assistant("two", files=["a.md"])
    world.apply(*both)
    two = world.store.load().bindings[address.assistant("two")].id
    (ours,) = world.files()
    world.lose_state()
    world.ask(lambda client: client.beta.assistants.files.delete(ours, assistant_id=two))
    theirs = attached(world, two)

    assert world.apply(*both).exit_code == 0
    (bound,) = world.store.load().files.values()
    assert {ours, theirs} < set(world.files())
    assert bound.id not in {ours, theirs}


def test_of_two_alike_on_one_assistant_neither_is_taken_for_ours_when_the_state_is_lost(world):
    wanted = assistant(files=["a.md"])
    world.apply(wanted)
    world.lose_state()
    theirs = attached(world, world.only().id)

    assert world.apply(wanted).exit_code == 0
    (bound,) = world.store.load().files.values()
    assert theirs in world.files()
    assert bound.id != theirs


def test_what_cannot_be_read_is_taken_for_ours_and_never_deleted(world):
    world.apply(assistant(files=["a.md"]))
    world.lose_state()
    (kept,) = world.files()
    secret = httpx.Response(400, json={"error": {"message": "Not allowed to download."}})
    unreadable = lambda one: secret if one.url.path.endswith("/content") else None  # noqa: E731 - a script
    world.transport = lambda inner: Faulty(inner, unreadable)

    world.apply(assistant(files=["a.md"]))
    world.contents["a.md"] = b"anew"
    report = world.apply(assistant(files=["a.md"]))

    assert report.exit_code == 0
    assert kept in world.files()
    assert kept not in world.only().file_ids


def test_what_could_not_be_read_once_is_proved_when_it_is_replaced_and_goes(world):
    world.apply(assistant(files=["a.md"]))
    world.lose_state()
    (old,) = world.files()
    secret = httpx.Response(403, json={"error": {"message": "Not now."}})
    at(world, "GET", f"/files/{old}/content", secret)
    world.apply(assistant(files=["a.md"]))
    world.transport = lambda inner: inner
    world.contents["a.md"] = b"anew"

    assert world.apply(assistant(files=["a.md"])).exit_code == 0
    assert old not in world.files()


def test_what_takes_the_place_of_an_upload_that_is_gone_is_not_deleted_with_its_leftovers(world):
    wanted = assistant(files=["a.md"])
    world.apply(wanted)
    (old,) = world.files()
    file = world.file("a.md")
    world.store.intend(
        Intent(file.address, "upload", "", file.filename, file.size, file.sha256, (old,), time.time())
    )
    world.ask(lambda client: client.files.delete(old))
    world.ask(lambda client: client.files.create(file=("a.md", world.contents["a.md"]), purpose="assistants"))

    assert world.apply(wanted).exit_code == 0
    assert world.only().file_ids == list(world.files())
    assert not world.plan(wanted).has_changes
