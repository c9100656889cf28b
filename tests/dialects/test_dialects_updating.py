"""How the v1 dialect clears texts and pairs on a server that refuses or ignores null."""

import io
import json

import httpx
import pytest
from dialects.asking import NOTES, Around, marked

from reconciler.api import (
    APIStatusError,
    BadRequestError,
    InternalServerError,
    RateLimitError,
    UnprocessableEntityError,
    in_process,
)
from reconciler.dialects.assistants_v1.traits import Own
from reconciler.model.mark import MARK_KEY
from reconciler.model.traits import Trait

VALUES = {"model": "m", "name": "n", "description": "d", "instructions": "i"}


@pytest.fixture
def made(run, provider):
    return run(provider.create(VALUES, marked("abc"), ()))


@pytest.fixture
def writing(speak):
    """The dialect over a server, with the body of every write, and a status for some of them by number."""

    def opened(app, **refusals):
        bodies = []

        def answer(request):
            if request.method != "POST":
                return None
            bodies.append(json.loads(request.content))
            status = refusals.get(f"at{len(bodies)}")
            return status and httpx.Response(status, json={"error": {"message": f"No {len(bodies)}."}})

        return speak(Around(in_process(app), answer)), bodies

    return opened


# Texts


def test_a_server_that_takes_null_gets_it_once_and_has_no_trait(run, writing, app, made):
    provider, bodies = writing(app)
    reply = run(provider.update(made, {"description": None, "name": "N"}, {}))
    assert (reply.fields["description"], reply.fields["name"]) == (None, "N")
    assert (len(bodies), provider.traits) == (1, set())


@pytest.mark.parametrize("row", ["null_refused", "null_ignored"])
def test_a_text_that_null_does_not_clear_is_cleared_by_an_empty_string(run, writing, odd, made, row):
    provider, bodies = writing(odd(row))
    reply = run(provider.update(made, {"description": None, "name": "N"}, {}))
    assert not reply.fields["description"]
    assert reply.fields["name"] == "N"
    assert [body["description"] for body in bodies] == [None, ""]
    assert provider.traits == {Trait.EMPTY_CLEARS}

    run(provider.update(reply, {"instructions": None}, {}))
    assert [body.get("instructions") for body in bodies[2:]] == [""]


def test_no_absent_text_is_cleared_by_the_way(run, writing, odd, provider):
    bare = run(provider.create({"model": "m", "name": "n"}, {}, ()))
    strict, bodies = writing(odd("null_refused"))
    run(strict.update(bare, {"name": "N"}, {}))
    assert bodies == [{"name": "N", "metadata": {}}]


def test_the_first_refusal_counts_where_an_empty_string_is_refused_too(run, writing, app, made):
    provider, bodies = writing(app, at1=422, at2=400)
    with pytest.raises(UnprocessableEntityError, match="No 1") as refused:
        run(provider.update(made, {"description": None}, {}))
    assert refused.value.had_no_effect
    assert (len(bodies), provider.traits) == (2, set())


@pytest.mark.parametrize("values", [{"name": "N"}, {"tools": []}])
def test_a_refusal_without_a_null_is_raised_at_once(run, writing, app, made, values):
    provider, bodies = writing(app, at1=400)
    with pytest.raises(BadRequestError, match="No 1"):
        run(provider.update(made, values, {}))
    assert len(bodies) == 1


def test_a_text_that_nothing_clears_is_returned_as_it_is(run, writing, odd, made):
    provider, bodies = writing(odd("falsy_ignored"))
    reply = run(provider.update(made, {"description": None}, {}))
    assert reply.fields["description"] == "d"
    assert (len(bodies), provider.traits) == (2, set())


def test_a_text_that_is_refused_as_null_and_ignored_as_empty_is_no_success(run, writing, odd, made):
    provider, _ = writing(odd("null_refused", "falsy_ignored"))
    reply = run(provider.update(made, {"description": None}, {}))
    assert (reply.fields["description"], provider.traits) == ("d", set())


def test_a_refused_empty_string_leaves_the_first_reply(run, writing, odd, made):
    provider, _ = writing(odd("null_ignored"), at2=422)
    reply = run(provider.update(made, {"description": None, "name": "N"}, {}))
    assert (reply.fields["description"], reply.fields["name"]) == ("d", "N")
    assert provider.traits == set()


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimitError), (500, InternalServerError)])
def test_a_second_form_that_fails_without_a_refusal_claims_no_missing_effect(  # noqa: PLR0913, PLR0917 - fixtures and a row
    run, writing, odd, made, status, kind
):
    provider, _ = writing(odd("null_ignored"), at2=status, at3=status, at4=status)
    with pytest.raises(kind) as failed:
        run(provider.update(made, {"description": None, "name": "N"}, {}))
    assert not failed.value.had_no_effect


def test_every_form_sends_the_whole_object_to_a_server_that_needs_it(run, writing, odd, provider):
    notes = run(provider.upload("notes.md", io.BytesIO(NOTES)))
    values = VALUES | {"tools": [{"type": "retrieval"}]}
    made = run(provider.create(values, marked("abc"), (notes.id,)))
    adapting, _ = writing(odd("update_wipes_tools", "update_detaches", "null_ignored"))
    adapting.whole = True
    reply = run(adapting.update(made, {**made.fields, "description": None}, {"team": "blue"}))
    assert not reply.fields["description"]
    assert (reply.fields["tools"], reply.file_ids) == ([{"type": "retrieval"}], (notes.id,))
    assert reply.metadata["team"] == "blue"


# Pairs of metadata


@pytest.mark.parametrize(
    ("variant", "trait", "sent"),
    [
        ("null_removes", Own.METADATA_NULL, None),
        ("empty_removes", Own.METADATA_EMPTY, ""),
        ("kept", Own.METADATA_EMPTY, ""),
    ],
)
def test_a_pair_that_a_server_keeps_is_removed_as_it_wants(  # noqa: PLR0913, PLR0917 - fixtures and a row
    run, writing, odd, made, variant, trait, sent
):
    provider, bodies = writing(odd("metadata_merged", variant=variant))
    reply = run(provider.update(made, {}, {"team": None, "new": "1"}))
    assert not reply.metadata.get("team")
    assert reply.metadata[MARK_KEY] == made.metadata[MARK_KEY]
    assert provider.traits == {trait}

    tried = len(bodies)
    reply = run(provider.update(reply, {}, {"new": None}))
    assert not reply.metadata.get("new")
    assert [body["metadata"]["new"] for body in bodies[tried:]] == [sent]


def test_a_pair_that_a_server_replaces_is_left_out_once(run, writing, app, made):
    provider, bodies = writing(app)
    assert "team" not in run(provider.update(made, {}, {"team": None})).metadata
    assert [body["metadata"].keys() for body in bodies] == [{MARK_KEY}]


def test_a_pair_that_nothing_removes_is_returned_as_it_is(run, writing, odd, made):
    provider, bodies = writing(odd("metadata_merged"), at2=422, at3=422)
    reply = run(provider.update(made, {"name": "N"}, {"team": None}))
    assert (reply.metadata["team"], reply.fields["name"]) == ("red", "N")
    assert (len(bodies), provider.traits) == (3, set())


def test_a_server_that_ignores_metadata_is_not_asked_in_other_forms(run, writing, odd, made):
    provider, bodies = writing(odd("metadata_frozen"))
    changed = marked("xyz")[MARK_KEY]
    reply = run(provider.update(made, {}, {"team": None, MARK_KEY: changed}))
    assert reply.metadata == made.metadata
    assert len(bodies) == 1


def test_texts_and_pairs_are_cleared_in_one_update(run, writing, odd, made):
    provider, _ = writing(odd("null_ignored", "metadata_merged", variant=None))
    reply = run(provider.update(made, {"description": None}, {"team": None}))
    assert not reply.fields["description"]
    assert not reply.metadata.get("team")
    assert provider.traits == {Trait.EMPTY_CLEARS, Own.METADATA_EMPTY}


def test_a_null_among_the_pairs_of_a_reply_is_no_pair(run, scripted, made):
    def answer(_):
        pairs = {"metadata": {"team": None, "n": 1}}
        body = {"id": made.id, "object": "assistant", "created_at": 1, "model": "m"} | pairs
        return httpx.Response(200, json=body)

    assert run(scripted(answer).retrieve(made.id)).metadata == {"n": "1"}


# No updates


def test_a_server_without_updates_is_remembered(run, deviates, made):
    provider = deviates("update_405")
    with pytest.raises(APIStatusError, match="answered 405"):
        run(provider.update(made, {"description": None}, {}))
    assert provider.traits == {Trait.NO_UPDATE}
