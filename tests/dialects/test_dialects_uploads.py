"""How the v1 dialect recognises uploads on servers that change their names, or the form of their content."""

import hashlib
import io
import json
from dataclasses import replace

import httpx
import pytest
from dialects.asking import NOTES, uploading

from reconciler.dialects.assistants_v1.uploads import is_alike, true_content
from reconciler.model.resource import LiveFile

TEXT = 'Grüße, "Ada".\n'.encode()


# Content


@pytest.mark.parametrize("content", [NOTES, TEXT, "\u2028 and a 🎈".encode(), b'"quoted"', b""])
def test_content_in_the_form_of_a_json_string_is_decoded(run, deviates, provider, state, content):
    made = run(provider.upload("notes.md", io.BytesIO(content)))
    adapting = deviates("content_as_json")
    live = run(adapting.read(run(adapting.observe(state)), [made.id]))
    assert live.files[made.id].sha256 == hashlib.sha256(content).hexdigest()
    assert run(adapting.content(made.id)) == content


def test_content_of_an_upload_of_this_run_is_decoded(run, deviates):
    provider = deviates("content_as_json")
    made = run(provider.upload("notes.md", io.BytesIO(TEXT)))
    assert run(provider.content(made.id)) == TEXT


def test_content_of_an_unknown_size_is_left_as_it_is(run, deviates, provider):
    made = run(provider.upload("notes.md", io.BytesIO(NOTES)))
    assert run(deviates("content_as_json").content(made.id)) == json.dumps(NOTES.decode()).encode()


@pytest.mark.parametrize(
    ("content", "size"),
    [(b'"abc"', 5), (b'"abc"', 4), (b'"abc', 3), (b'"\\ud800"', 3), (b"[1]", 1), (b'"abc"', None)],
)
def test_nothing_else_is_taken_for_a_json_string(content, size):
    assert true_content(content, size) == content


# Names


@pytest.mark.parametrize(
    ("filename", "alike"),
    [
        ("notes.md", True),
        ("ab12cd-notes.md", True),
        ("ab12cd_notes.md", True),
        ("acme/notes.md", True),
        ("1.notes.md", True),
        ("my notes.md", True),
        ("mynotes.md", False),
        ("notes.md-1", False),
        ("Notes.md", False),
    ],
)
def test_a_name_with_a_prefix_is_alike_only_behind_a_separator(filename, alike):
    assert is_alike(LiveFile("file-1", filename, len(NOTES)), uploading()) is alike


def test_an_upload_of_a_prefixed_name_is_proved_by_its_content(run, deviates, provider, state):
    prefixing = deviates("upload_name_prefixed", "content_as_json")
    run(provider.upload("notes.md", io.BytesIO(b"Be cruel\n")))
    mine = run(provider.upload("notes.md", io.BytesIO(NOTES)))
    found = run(prefixing.find_upload(uploading()))
    assert (found.id, found.sha256, found.inferred) == (mine.id, uploading().sha256, False)
    assert found.filename.endswith("-notes.md")
    live = run(prefixing.observe(replace(state, pending=(uploading(),))))
    assert live.files[mine.id] == found


def test_an_upload_of_the_name_itself_comes_before_one_with_a_prefix(run, provider):
    run(provider.upload("our-notes.md", io.BytesIO(NOTES)))
    mine = run(provider.upload("notes.md", io.BytesIO(NOTES)))
    assert run(provider.find_upload(uploading())).id == mine.id


@pytest.mark.parametrize("content", [400, 403, 405, 501, b"Be cruel\n"])
def test_an_upload_of_a_prefixed_name_is_never_inferred(run, scripted, content):
    def answer(request):
        if request.url.path.endswith("/content"):
            is_read = isinstance(content, bytes)
            return httpx.Response(200, content=content) if is_read else httpx.Response(content)
        one = {"id": "file-1", "object": "file", "bytes": len(NOTES), "filename": "ab12cd-notes.md"}
        return httpx.Response(200, json={"object": "list", "data": [one]})

    assert run(scripted(answer).find_upload(uploading())) is None
