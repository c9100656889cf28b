"""How the v1 dialect attaches and detaches, and reads what an assistant contains, on servers that deviate."""

import io
from dataclasses import replace

import httpx
import pytest
from dialects.asking import NOTES, marked

from reconciler.api import (
    InternalServerError,
    NotFoundError,
    UnknownOutcomeError,
    UnprocessableEntityError,
    in_process,
)
from reconciler.dialects.assistants_v1.traits import Own


@pytest.fixture
def notes(run, provider):
    return run(provider.upload("notes.md", io.BytesIO(NOTES)))


@pytest.fixture
def made(run, provider, notes):
    """An assistant with one upload."""
    return run(provider.create({"model": "m"}, marked("abc"), (notes.id,)))


@pytest.fixture
def bare(run, provider):
    """An assistant without an upload."""
    return run(provider.create({"model": "m"}, marked("xyz"), ()))


def asked(app):
    return [f"{entry.method} {entry.path.removeprefix('/v1')}" for entry in app.state.ledger]


# Attaching


def test_an_attachment_names_the_assistant_where_the_server_wants_it(  # noqa: PLR0913, PLR0917 - fixtures
    run, speak, odd, provider, bare, notes
):
    app = odd("attach_needs_assistant_id")
    adapting = speak(in_process(app))
    run(adapting.attach(bare.id, notes.id))
    assert run(provider.retrieve(bare.id)).file_ids == (notes.id,)
    assert adapting.traits == {Own.ATTACH_NAMES_ASSISTANT}

    before = len(app.state.ledger)
    run(adapting.attach(bare.id, notes.id))
    assert asked(app)[before:] == [f"POST /assistants/{bare.id}/files"]


def test_an_assistant_in_the_body_that_is_refused_too_is_no_trait(run, scripted):
    wrong = {"detail": [{"loc": ["body", "assistant_id"], "msg": "Field required"}]}
    provider = scripted(lambda _: httpx.Response(422, json=wrong))
    with pytest.raises(UnprocessableEntityError):
        run(provider.attach("asst_1", "file-1"))
    assert provider.traits == set()


@pytest.mark.parametrize("row", ["attach_noop", "attach_adds_retrieval"])
def test_an_attachment_that_is_accepted_is_left_for_the_caller_to_check(run, deviates, bare, notes, row):
    provider = deviates(row)
    run(provider.attach(bare.id, notes.id))
    assert run(provider.retrieve(bare.id)).file_ids == (notes.id,) * (row != "attach_noop")


@pytest.mark.parametrize(
    ("row", "kind"), [("no_attach", NotFoundError), ("attach_once", UnknownOutcomeError)]
)
def test_an_attachment_that_fails_is_an_error_of_its_kind(  # noqa: PLR0913, PLR0917 - fixtures and a row
    run, deviates, made, bare, notes, row, kind
):
    with pytest.raises(kind):
        run(deviates(row).attach(bare.id, notes.id))
    assert made.file_ids == (notes.id,)


# Detaching


@pytest.mark.parametrize("row", ["detach_404", "detach_noop", "no_attach"])
def test_a_detachment_without_effect_is_left_for_the_caller_to_check(run, deviates, made, notes, row):
    provider = deviates(row)
    run(provider.detach(made.id, notes.id))
    assert run(provider.retrieve(made.id)).file_ids == (notes.id,)


def test_a_failed_detachment_claims_no_missing_effect(run, deviates, made, notes):
    with pytest.raises(InternalServerError) as failed:
        run(deviates("detach_500").detach(made.id, notes.id))
    assert not failed.value.had_no_effect


# Files that a list does not say


def test_files_are_read_one_by_one_where_no_reply_has_them(run, speak, odd, state, made, bare, notes):  # noqa: PLR0913, PLR0917 - fixtures
    app = odd("no_file_ids")
    provider = speak(in_process(app))
    live = run(provider.observe(state))
    assert not any(one.knows_files for one in live.assistants.values())

    before = len(app.state.ledger)
    some = run(provider.contents(live, [made.id, "asst_gone"]))
    assert some.assistants[made.id] == replace(made, knows_files=True)
    assert not some.assistants[bare.id].knows_files
    assert asked(app)[before:] == [f"GET /assistants/{made.id}/files"]

    every = run(provider.contents(some, [made.id, bare.id]))
    assert [one.file_ids for one in every.assistants.values()] == [(notes.id,), ()]
    assert every.blind_spot == ""
    assert asked(app)[before + 1 :] == [f"GET /assistants/{bare.id}/files"]


def test_known_files_are_not_read(run, provider, app, state, made):
    live = run(provider.observe(state))
    before = len(app.state.ledger)
    assert run(provider.contents(live, [made.id])) == live
    assert len(app.state.ledger) == before


def test_files_that_cannot_be_read_stay_unknown(run, deviates, state, made):
    provider = deviates("no_file_ids", "no_attach")
    live = run(provider.observe(state))
    assert run(provider.contents(live, [made.id])) == live


def test_one_assistant_is_retrieved_with_its_files(run, deviates, made, bare):
    provider = deviates("no_file_ids")
    assert [run(provider.retrieve(one.id)).file_ids for one in (made, bare)] == [made.file_ids, ()]
    assert not run(deviates("no_file_ids", "no_attach").retrieve(made.id)).knows_files


def attachments(*pages):
    """A server whose only assistant contains the uploads of these pages, by the id they are asked after."""

    def answer(request):
        if not request.url.path.endswith("/files"):
            body = {"id": "asst_1", "object": "assistant", "created_at": 1, "model": "m"}
            return httpx.Response(200, json=body)
        ids, more = pages[min(int(request.url.params.get("after", "-1")) // 20 + 1, len(pages) - 1)]
        data = [{"id": str(one), "object": "assistant.file", "assistant_id": "asst_1"} for one in ids]
        return httpx.Response(200, json={"object": "list", "data": data, "has_more": more})

    return answer


@pytest.mark.parametrize(
    ("pages", "known"),
    [
        ([(range(3), False)], 3),
        ([(range(3), None)], 3),
        ([(range(20), False), (range(20, 25), False)], 25),
        ([(range(20), True), (range(20, 40), False), ((), False)], 40),
        ([(range(20), True), (range(20), True)], None),
        ([(range(20), False), ((), True)], None),
        ([((), True)], None),
        ([([""], False)], None),
    ],
)
def test_attachments_are_known_only_to_a_proved_end(run, scripted, pages, known):
    found = run(scripted(attachments(*pages)).retrieve("asst_1"))
    assert found.knows_files is (known is not None)
    assert len(found.file_ids) == (known or 0)
