"""How the v1 dialect changes a server, and what it does when it cannot know whether it did."""

import io
import json

import httpx
import pytest
from dialects.asking import NOTES, Around, creation, marked

from reconciler.api import (
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    UnknownOutcomeError,
    in_process,
)
from reconciler.model.resource import LiveAssistant, LiveFile


@pytest.fixture
def made(run, provider):
    return run(provider.create({"model": "m", "name": "n"}, marked("abc"), ()))


@pytest.fixture
def doubtful(speak, app):
    """The same server, where the answer to every POST is lost, after or before it acts."""
    return lambda *, acts: speak(Around(in_process(app), late_post, after=acts))


@pytest.fixture
def notes(run, provider):
    return run(provider.upload("notes.md", io.BytesIO(NOTES)))


def late(request):
    raise httpx.ReadTimeout("late")


def late_post(request):
    """Lose the answer to every write."""
    if request.method == "POST":
        late(request)


def test_an_assistant_is_made_with_its_uploads_in_one_request(run, provider, app, notes):
    before = len(app.state.ledger)
    made = run(provider.create({"model": "m", "tools": [{"type": "retrieval"}]}, {}, (notes.id,)))
    assert len(app.state.ledger) - before == 1
    assert made.file_ids == (notes.id,)
    assert made.fields["tools"] == [{"type": "retrieval"}]
    assert run(provider.retrieve(made.id)) == made


def test_an_assistant_that_is_not_there_is_none(run, provider, made):
    assert run(provider.retrieve(made.id)) == made
    run(provider.delete(made))
    assert run(provider.retrieve(made.id)) is None


def test_a_refused_retrieval_does_not_read_as_none(run, scripted):
    with pytest.raises(AuthenticationError):
        run(scripted(lambda _: httpx.Response(401)).retrieve("asst_1"))


def test_an_update_sets_the_given_fields_and_leaves_attachments_to_others(run, provider, made, notes):
    run(provider.attach(made.id, notes.id))
    changed = run(provider.update(made, {"name": None}, {"a": "b"}))
    assert changed.fields == made.fields | {"name": None}
    assert changed.metadata == made.metadata | {"a": "b"}
    assert changed.file_ids == (notes.id,)


def test_an_update_sends_the_given_fields_and_the_pairs_that_stay(run, scripted, made):
    bodies = []

    def answer(request):
        bodies.append(json.loads(request.content))
        reply = {"id": made.id, "object": "assistant", "created_at": 1, "model": "m"}
        return httpx.Response(200, json=reply)

    run(scripted(answer).update(made, {"instructions": "i"}, {"team": None}))
    assert bodies == [{"instructions": "i", "metadata": {"assistants_sync": str(made.mark)}}]


def test_a_create_of_unknown_outcome_is_found_by_its_nonce(run, doubtful, provider):
    with pytest.raises(UnknownOutcomeError) as unknown:
        run(doubtful(acts=True).create({"model": "m"}, marked("abc"), ()))
    assert isinstance(unknown.value.__cause__, APITimeoutError)
    found = run(provider.find(creation("abc")))
    assert found.mark.nonce == "abc"
    assert found.metadata == marked("abc")


def test_a_create_that_did_not_happen_is_not_found(run, provider, made):
    run(provider.create({"model": "m"}, {}, ()))
    run(provider.create({"model": "m"}, {"assistants_sync": "n=xyz"}, ()))
    assert run(provider.find(creation("xyz"))) is None
    assert run(provider.find(creation("abc"))) == made


def test_of_an_assistant_and_its_copy_the_older_one_is_found(run, speak, app, made):
    with app.state.database.write() as connection:
        connection.execute("UPDATE assistants SET created_at = created_at - 5")
    provider = speak(in_process(app))
    run(provider.create({"model": "m"}, marked("abc"), ()))

    assert run(provider.find(creation("abc"))).id == made.id


def test_of_an_assistant_and_its_copy_of_the_same_second_neither_is_found(run, provider, app, made):
    run(provider.create({"model": "m"}, marked("abc"), ()))
    with app.state.database.write() as connection:
        connection.execute("UPDATE assistants SET created_at = 1700000000")

    assert run(provider.find(creation("abc"))) is None


def test_what_is_gone_already_is_deleted_without_an_error(run, provider, made, notes):
    run(provider.attach(made.id, notes.id))
    for _ in range(2):
        run(provider.detach(made.id, notes.id))
        assert run(provider.retrieve(made.id)).file_ids == ()
    for _ in range(2):
        run(provider.delete(made))
    run(provider.detach(made.id, notes.id))
    for _ in range(2):
        run(provider.discard(notes.id))
    assert run(provider.client.files.list()).data == []


def test_a_404_for_what_is_still_there_is_an_error(run, speak, app, made, notes):
    run(speak(in_process(app)).attach(made.id, notes.id))

    def lying(request):
        refusal = httpx.Response(404, json={"error": {"message": "No such thing."}})
        return refusal if request.method == "DELETE" else None

    misled = speak(Around(in_process(app), lying))
    for deleting in (misled.detach(made.id, notes.id), misled.delete(made), misled.discard(notes.id)):
        with pytest.raises(NotFoundError, match="No such thing"):
            run(deleting)


@pytest.mark.parametrize(
    "write",
    [
        lambda p: p.delete(LiveAssistant("asst_1", 1, {}, {}, ())),
        lambda p: p.detach("asst_1", "file-1"),
        lambda p: p.discard("file-1"),
    ],
)
@pytest.mark.parametrize(("status", "kind"), [(400, BadRequestError), (500, InternalServerError)])
def test_what_is_refused_is_not_taken_for_gone(run, scripted, write, status, kind):
    with pytest.raises(kind):
        run(write(scripted(lambda _: httpx.Response(status))))


def test_a_delete_whose_answer_was_lost_is_done_after_all(run, speak, app, provider, made):
    lost = []

    def lose_first(request):
        if not lost:
            lost.append(request)
            late(request)

    run(speak(Around(in_process(app), lose_first, after=True)).delete(made))
    assert run(provider.retrieve(made.id)) is None


def test_an_upload_takes_the_whole_of_an_open_file(run, provider, tmp_path):
    path = tmp_path / "ignored.bin"
    path.write_bytes(NOTES * 1000)
    with path.open("rb") as content:
        content.seek(5)
        found = run(provider.upload("Über.md", content))
    assert found == LiveFile(found.id, "Über.md", len(NOTES) * 1000)
    assert run(provider.client.files.content(found.id)) == NOTES * 1000
    assert run(provider.client.files.retrieve(found.id)).purpose == "assistants"


def test_attaching_twice_is_attaching_once(run, provider, made, notes):
    for _ in range(2):
        run(provider.attach(made.id, notes.id))
    assert run(provider.retrieve(made.id)).file_ids == (notes.id,)


def test_an_attachment_in_doubt_is_looked_for_and_found(run, doubtful, app, made, notes):
    before = len(app.state.ledger)
    run(doubtful(acts=True).attach(made.id, notes.id))
    asked = [(entry.method, entry.path) for entry in list(app.state.ledger)[before:]]
    files = f"/v1/assistants/{made.id}/files"
    assert asked == [("POST", files), ("GET", f"{files}/{notes.id}")]


def test_an_attachment_in_doubt_that_is_not_there_stays_in_doubt(run, doubtful, provider, made, notes):
    with pytest.raises(UnknownOutcomeError) as unknown:
        run(doubtful(acts=False).attach(made.id, notes.id))
    assert isinstance(unknown.value.__cause__, APITimeoutError)
    assert run(provider.retrieve(made.id)).file_ids == ()


def test_an_attachment_in_doubt_that_cannot_be_looked_for_stays_in_doubt(run, speak, app, made, notes):
    with pytest.raises(UnknownOutcomeError, match="POST /assistants") as unknown:
        run(speak(Around(in_process(app), late)).attach(made.id, notes.id))
    assert isinstance(unknown.value.__cause__, APITimeoutError)


def test_a_refused_attachment_is_a_refusal(run, provider, made, app):
    tuned = run(provider.client.files.create(file=("t.jsonl", b"{}"), purpose="fine-tune"))
    before = len(app.state.ledger)
    with pytest.raises(BadRequestError, match="purpose"):
        run(provider.attach(made.id, tuned.id))
    assert len(app.state.ledger) - before == 1


# Answers to a delete that are not those of the dialect

ANSWERS = {
    "no content": lambda: httpx.Response(204),
    "nothing": lambda: httpx.Response(200),
    "plain text": lambda: httpx.Response(200, text="OK"),
    "a page": lambda: httpx.Response(200, html="<h1>Deleted</h1>"),
    "null": lambda: httpx.Response(202, json=None),
    "a list": lambda: httpx.Response(200, json=[]),
    "an empty object": lambda: httpx.Response(200, json={}),
    "another object": lambda: httpx.Response(200, json={"id": "x", "object": ["deleted"], "deleted": True}),
    "a denial": lambda: httpx.Response(200, json={"object": "assistant.deleted", "deleted": False}),
}
DELETES = {
    "assistant": lambda provider, made, _: provider.delete(made),
    "attachment": lambda provider, made, notes: provider.detach(made.id, notes),
    "upload": lambda provider, _, notes: provider.discard(notes),
}


@pytest.mark.parametrize("delete", DELETES.values(), ids=DELETES)
@pytest.mark.parametrize("reply", ANSWERS.values(), ids=ANSWERS)
def test_a_look_decides_what_an_odd_answer_to_a_delete_means(  # noqa: PLR0913, PLR0917 - fixtures and a row
    run, speak, app, provider, made, notes, delete, reply
):
    run(provider.attach(made.id, notes.id))

    def odd(request):
        return reply() if request.method == "DELETE" else None

    idle, working = (speak(Around(in_process(app), odd, after=after)) for after in (False, True))
    with pytest.raises(UnknownOutcomeError, match="was accepted, and the object is still there"):
        run(delete(idle, made, notes.id))
    run(delete(working, made, notes.id))


def test_an_upload_that_only_404s_call_gone_is_looked_for_in_the_list(run, speak, app, notes):
    def blind(request):
        return httpx.Response(404, json={"detail": "Not Found"}) if notes.id in request.url.path else None

    with pytest.raises(NotFoundError):
        run(speak(Around(in_process(app), blind)).discard(notes.id))
