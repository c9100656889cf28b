"""What the v1 dialect sees of a server, and how it says that there is none."""

import asyncio
import hashlib
from dataclasses import replace

import httpx
import pytest
from dialects.asking import NOTES, creation, marked, uploading

from reconciler.api import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
)
from reconciler.errors import GoneError, UnsupportedError
from reconciler.model.resource import Live, LiveFile

TOOLS = [
    {"type": "retrieval"},
    {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}},
]


async def populate(provider, count):
    return [(await provider.create({"model": "m", "name": str(n)}, {}, ())).id for n in range(count)]


def pages(*assistants, files=(), **more):
    """A server that holds these."""

    def answer(request):
        data = files if request.url.path.endswith("/files") else assistants
        return httpx.Response(200, json={"object": "list", "data": data} | more)

    return answer


def bare(**fields):
    return {"id": "asst_1", "object": "assistant", "created_at": 7, "model": "m"} | fields


def test_an_empty_server_is_empty(run, provider, state):
    assert run(provider.observe(state)) == Live({}, {})


def test_everything_is_seen_by_pages_of_100_oldest_first(run, provider, app, state):
    ids = run(populate(provider, 250))
    before = len(app.state.ledger)
    live = run(provider.observe(state))
    assert list(live.assistants) == ids
    asked = list(app.state.ledger)[before:]
    assert {entry.method for entry in asked} == {"GET"}
    assert sorted(entry.path for entry in asked) == ["/v1/assistants"] * 3 + ["/v1/files"]
    queries = [entry.query for entry in asked if entry.path == "/v1/assistants"]
    assert queries[0] == "limit=100&order=asc"


def test_an_assistant_is_seen_with_all_it_has(run, provider, state, tmp_path):
    path = tmp_path / "notes.md"
    path.write_bytes(NOTES)
    with path.open("rb") as content:
        upload = run(provider.upload("notes.md", content))
    fields = {"name": "n", "description": "d", "model": "m", "instructions": "i", "tools": TOOLS}
    made = run(provider.create(fields, marked("abc"), [upload.id]))
    live = run(provider.observe(state))
    assert live.assistants == {made.id: made}
    assert live.files == {upload.id: upload} == {upload.id: LiveFile(upload.id, "notes.md", len(NOTES))}
    assert made.fields == fields
    assert made.metadata == marked("abc")
    assert made.mark.nonce == "abc"
    assert made.file_ids == (upload.id,)
    assert live.references == {upload.id: {made.id}}


EMPTY = {"name": None, "description": None, "model": "m", "instructions": None, "tools": []}


@pytest.mark.parametrize(
    "wire",
    [
        bare(),
        bare(name=None, description=None, instructions=None, metadata=None, tools=[], file_ids=[]),
        bare(metadata={}, top_p=1.0),
    ],
    ids=["absent", "null", "empty"],
)
def test_absent_null_and_empty_look_the_same(run, scripted, state, wire):
    (seen,) = run(scripted(pages(wire)).observe(state)).assistants.values()
    assert seen.fields == EMPTY
    assert (seen.metadata, seen.file_ids, seen.mark) == ({}, (), None)
    assert seen.created_at == 7


def test_tools_are_seen_as_they_were_sent_known_or_not(run, scripted, state):
    tools = [*TOOLS, {"type": "browser", "depth": 3}]
    (seen,) = run(scripted(pages(bare(tools=tools))).observe(state)).assistants.values()
    assert seen.fields["tools"] == tools


def test_metadata_of_other_types_is_seen_as_text(run, scripted, state):
    (seen,) = run(scripted(pages(bare(metadata={"n": 1, "yes": True}))).observe(state)).assistants.values()
    assert seen.metadata == {"n": "1", "yes": "True"}


# No server


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("missing", [("/v1/assistants",), ("/v1/assistants", "/v1/files")])
def test_a_list_of_assistants_that_is_not_there_means_that_the_service_is_gone(
    run, scripted, state, missing, status
):
    def answer(request):
        if request.url.path in missing:
            return httpx.Response(status, json={"error": {"message": "Invalid URL (GET)"}})
        return pages()(request)

    with pytest.raises(GoneError) as gone:
        run(scripted(answer).observe(state))
    said = str(gone.value)
    assert said.startswith(f"http://localhost/v1 answers {status} ")
    assert "the service is not there" in said
    assert "closed on 2026-08-26" in said
    assert "it must end in the version, as in /v1" in said
    assert "Nothing was changed" in said
    assert "Invalid URL (GET)" in said
    assert isinstance(gone.value.__cause__, APIStatusError)


@pytest.mark.parametrize("status", [404, 405, 410, 501])
def test_a_missing_list_of_uploads_is_named_and_is_not_requested_where_no_file_is_managed(
    run, scripted, state, status
):
    def answer(request):
        if request.url.path == "/v1/files":
            return httpx.Response(status, json={"detail": "Method Not Allowed"})
        return pages(bare())(request)

    with pytest.raises(UnsupportedError, match=f"answers {status} to GET /files, so files cannot be managed"):
        run(scripted(answer).observe(state))
    assert list(run(scripted(answer).observe(state, uploads=False)).assistants) == ["asst_1"]


def test_a_server_of_another_dialect_counts_as_gone(run, scripted, state):
    error = {"message": "The v1 Assistants API has been deprecated.", "code": "invalid_beta"}
    with pytest.raises(GoneError, match=r"does not speak assistants=v1\..*has been deprecated") as gone:
        run(scripted(lambda _: httpx.Response(400, json={"error": error})).observe(state))
    assert isinstance(gone.value.__cause__, BadRequestError)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, BadRequestError), (401, AuthenticationError), (500, InternalServerError), (302, APIStatusError)],
)
def test_any_other_refusal_is_told_as_it_is(run, scripted, state, status, kind):
    with pytest.raises(kind) as refused:
        run(scripted(lambda _: httpx.Response(status, json={"error": {"message": "No."}})).observe(state))
    assert type(refused.value) is kind


def test_no_answer_is_told_as_it_is(run, scripted, state):
    def silent(request):
        raise httpx.ReadTimeout("late")

    with pytest.raises(APIConnectionError):
        run(scripted(silent).observe(state))


def test_a_page_that_cannot_be_read_is_never_taken_for_an_empty_one(run, scripted, state):
    with pytest.raises(APIResponseValidationError):
        run(scripted(lambda _: httpx.Response(200, text="<h1>Welcome</h1>")).observe(state))


def test_when_one_collection_is_refused_the_other_is_asked_no_longer(run, scripted, state):
    async def observed():
        asking, ended = asyncio.Event(), []

        async def answer(request):
            if request.url.path == "/v1/assistants":
                await asking.wait()
                return httpx.Response(401)
            asking.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(request.url.path)

        with pytest.raises(AuthenticationError):
            await scripted(answer).observe(state)
        return [*ended]

    assert run(observed()) == ["/v1/files"]


# Uploads that an earlier run did not finish


async def upload(provider, content=NOTES, filename="notes.md"):
    made = await provider.client.files.create(file=(filename, content), purpose="assistants")
    return made.id


def contents_read(app, since=0):
    paths = [entry.path for entry in list(app.state.ledger)[since:]]
    return [path.split("/")[-2] for path in paths if path.endswith("/content")]


def test_without_unsettled_uploads_no_content_is_read(run, provider, app, state):
    run(upload(provider))
    other = replace(uploading(), step="create")
    live = run(provider.observe(replace(state, pending=(creation(), other))))
    assert contents_read(app) == []
    assert [one.sha256 for one in live.files.values()] == [None]


def test_an_unsettled_upload_is_recognised_by_its_content(run, provider, app, state):
    mine = run(upload(provider))
    run(upload(provider, b"Be cruel\n"))
    run(upload(provider, filename="other.md"))
    run(upload(provider, b"longer than the notes"))
    live = run(provider.observe(replace(state, pending=(uploading(),))))
    proved = {one.id: one.sha256 for one in live.files.values() if one.sha256}
    assert proved == {mine: hashlib.sha256(NOTES).hexdigest()}
    assert len(live.files) == 4


def test_only_what_could_be_the_upload_is_read(run, provider, app):
    mine = run(upload(provider))
    run(upload(provider, filename="other.md"))
    run(upload(provider, b"longer than the notes"))
    before = len(app.state.ledger)
    assert run(provider.find_upload(uploading())).id == mine
    assert contents_read(app, since=before) == [mine]


def test_an_upload_that_was_there_before_is_not_taken_for_it(run, provider, state):
    older = run(upload(provider))
    intent = uploading(known=(older,))
    assert run(provider.find_upload(intent)) is None
    newer = run(upload(provider))
    assert run(provider.find_upload(intent)).id == newer
    live = run(provider.observe(replace(state, pending=(intent,))))
    assert live.files[older].sha256 is None
    assert live.files[newer].sha256 == intent.sha256


def test_an_upload_that_never_happened_is_not_found(run, provider):
    assert run(provider.find_upload(uploading())) is None
    run(upload(provider, b"Be cruel\n"))
    assert run(provider.find_upload(uploading())) is None


def shelf(**kept):
    """A server of uploads called notes.md, each with its content, or with the status a reader gets."""

    def answer(request):
        path = request.url.path.removeprefix("/v1/files/").removesuffix("/content")
        if path in kept:
            found = kept[path]
            return httpx.Response(found) if isinstance(found, int) else httpx.Response(200, content=found)
        known = {"object": "file", "bytes": len(NOTES), "created_at": 1, "filename": "notes.md"}
        files = [known | {"id": one, "purpose": "assistants"} for one in kept] * path.endswith("/files")
        return httpx.Response(200, json={"object": "list", "data": files, "has_more": False})

    return answer


def test_an_upload_that_is_gone_when_it_is_read_proves_nothing_and_stops_nothing(run, scripted, state):
    provider = scripted(shelf(mine=404))
    assert run(provider.find_upload(uploading())) is None
    live = run(provider.observe(replace(state, pending=(uploading(),))))
    assert live.files == {"mine": LiveFile("mine", "notes.md", len(NOTES))}


@pytest.mark.parametrize("status", [400, 403])
def test_the_only_new_upload_alike_is_inferred_where_nobody_may_read_it(run, scripted, state, status):
    provider = scripted(shelf(mine=status))
    inferred = LiveFile("mine", "notes.md", len(NOTES), uploading().sha256, inferred=True)
    assert run(provider.find_upload(uploading())) == inferred
    live = run(provider.observe(replace(state, pending=(uploading(),))))
    assert live.files == {"mine": inferred}


@pytest.mark.parametrize("status", [400, 403])
def test_of_several_that_nobody_may_read_none_is_taken(run, scripted, status):
    provider = scripted(shelf(mine=status, yours=status))
    assert run(provider.find_upload(uploading())) is None


@pytest.mark.parametrize(
    ("kept", "found"),
    [
        ({"a": NOTES}, "a"),
        ({"a": b"Be cruel\n", "b": NOTES}, "b"),
        ({"a": NOTES, "b": b"Be cruel\n"}, "a"),
        ({"a": 404, "b": NOTES}, "b"),
        ({"a": NOTES, "b": 400}, "a"),
    ],
)
def test_the_upload_is_found_among_others_that_look_like_it(run, scripted, state, kept, found):
    provider = scripted(shelf(**kept))
    proved = run(provider.find_upload(uploading()))
    assert (proved.id, proved.sha256) == (found, uploading().sha256)
    live = run(provider.observe(replace(state, pending=(creation(), uploading()))))
    assert [one.id for one in live.files.values() if one.sha256] == [found]
    assert live.files[found] == proved


@pytest.mark.parametrize("status", [401, 500, 503])
def test_a_server_that_fails_while_an_upload_is_looked_for_is_an_error(run, scripted, state, status):
    provider = scripted(shelf(mine=status))
    with pytest.raises(APIStatusError) as failed:
        run(provider.observe(replace(state, pending=(uploading(),))))
    assert failed.value.status_code == status
