"""Assistants, attachments and uploads from their first call to their last, against the embedded server."""

import io

import pytest

from reconciler.api import (
    Assistant,
    AssistantDeleted,
    AssistantFile,
    CodeInterpreterTool,
    FileDeleted,
    FileDeleteResponse,
    FileObject,
    FunctionTool,
    NotFoundError,
    RetrievalTool,
)

FUNCTION = {
    "type": "function",
    "function": {"name": "look_up", "description": "Looks.", "parameters": {"type": "object"}},
}
TOOLS = [{"type": "code_interpreter"}, {"type": "retrieval"}, FUNCTION]


@pytest.fixture
def notes(client):
    return client.files.create(file=("notes.md", b"hello"), purpose="assistants")


@pytest.fixture
def full(client, notes):
    """An assistant with something in every field."""
    return client.beta.assistants.create(
        model="gpt-4",
        name="Tutor",
        description="Helps.",
        instructions="Be kind.",
        tools=TOOLS,
        file_ids=[notes.id],
        metadata={"team": "école ☃"},
    )


def test_a_created_assistant_is_everything_it_was_asked_to_be(full, notes):
    assert isinstance(full, Assistant)
    assert full.id.startswith("asst_")
    assert full.created_at > 1_700_000_000
    assert (full.model, full.name, full.description) == ("gpt-4", "Tutor", "Helps.")
    assert full.instructions == "Be kind."
    assert full.file_ids == [notes.id]
    assert full.metadata == {"team": "école ☃"}
    assert [tool.model_dump() for tool in full.tools] == TOOLS


def test_tools_come_back_as_the_types_they_are(full):
    assert [type(tool) for tool in full.tools] == [CodeInterpreterTool, RetrievalTool, FunctionTool]
    assert full.tools[2].function.parameters == {"type": "object"}


def test_an_assistant_of_nothing_but_a_model_is_empty(client):
    made = client.beta.assistants.create(model="gpt-4")
    assert (made.name, made.description, made.instructions) == (None, None, None)
    assert (made.tools, made.file_ids, made.metadata) == ([], [], {})


def test_a_retrieved_assistant_equals_the_created_one(client, full):
    assert client.beta.assistants.retrieve(full.id) == full


def test_an_update_changes_what_it_names_and_nothing_else(client, full):
    changed = client.beta.assistants.update(full.id, name="Mentor")
    assert changed == full.model_copy(update={"name": "Mentor"})


def test_an_update_of_nothing_changes_nothing(client, full):
    assert client.beta.assistants.update(full.id) == full


def test_none_clears_what_can_be_cleared(client, full):
    cleared = client.beta.assistants.update(
        full.id, name=None, description=None, instructions=None, metadata=None
    )
    assert (cleared.name, cleared.description, cleared.instructions) == (None, None, None)
    assert cleared.metadata == {}
    assert (cleared.tools, cleared.file_ids) == (full.tools, full.file_ids)


def test_empty_lists_and_objects_clear_too(client, full):
    cleared = client.beta.assistants.update(full.id, tools=[], file_ids=[], metadata={}, name="")
    assert (cleared.tools, cleared.file_ids, cleared.metadata, cleared.name) == ([], [], {}, "")


def test_tools_may_come_from_a_generator(client):
    made = client.beta.assistants.create(model="m", tools=(tool for tool in TOOLS))
    assert len(made.tools) == 3


def test_a_new_assistant_is_the_first_of_the_list(client, full):
    assert client.beta.assistants.list(limit=1).data == [full]


def test_a_deleted_assistant_is_gone_and_its_upload_is_not(client, full, notes):
    deleted = client.beta.assistants.delete(full.id)
    assert isinstance(deleted, AssistantDeleted)
    assert (deleted.id, deleted.deleted) == (full.id, True)
    with pytest.raises(NotFoundError, match=full.id):
        client.beta.assistants.retrieve(full.id)
    assert client.files.retrieve(notes.id) == notes


def test_an_upload_can_be_attached_found_and_detached(client, notes):
    owner = client.beta.assistants.create(model="m")
    files = client.beta.assistants.files
    attached = files.create(owner.id, file_id=notes.id)
    assert isinstance(attached, AssistantFile)
    assert (attached.id, attached.assistant_id) == (notes.id, owner.id)
    assert files.retrieve(notes.id, assistant_id=owner.id) == attached
    assert list(files.list(owner.id)) == [attached]

    detached = files.delete(notes.id, assistant_id=owner.id)
    assert isinstance(detached, FileDeleteResponse)
    assert (detached.id, detached.deleted) == (notes.id, True)
    assert list(files.list(owner.id)) == []
    with pytest.raises(NotFoundError, match=notes.id):
        files.retrieve(notes.id, assistant_id=owner.id)
    assert client.files.content(notes.id) == b"hello"


def test_attachments_are_walked_page_by_page_in_either_order(client):
    made = [client.files.create(file=(f"{n}.md", b"x"), purpose="assistants").id for n in range(3)]
    owner = client.beta.assistants.create(model="m")
    for file_id in made:
        client.beta.assistants.files.create(owner.id, file_id=file_id)
    assert [one.id for one in client.beta.assistants.files.list(owner.id, limit=2)] == made[::-1]
    assert [one.id for one in client.beta.assistants.files.list(owner.id, limit=2, order="asc")] == made


def test_plain_bytes_are_uploaded_under_a_stand_in_name(client):
    made = client.files.create(file=b"\x00\xff\r\n--", purpose="assistants")
    assert isinstance(made, FileObject)
    assert (made.filename, made.bytes, made.purpose) == ("upload", 6, "assistants")
    assert client.files.content(made.id) == b"\x00\xff\r\n--"


def test_an_open_file_is_uploaded_under_its_own_name(client, tmp_path):
    path = tmp_path / "handbook.md"
    path.write_bytes(b"# Handbook\n" * 50_000)
    with path.open("rb") as file:
        made = client.files.create(file=file, purpose="fine-tune")
    assert (made.filename, made.bytes, made.purpose) == ("handbook.md", 550_000, "fine-tune")
    assert client.files.content(made.id) == path.read_bytes()


@pytest.mark.parametrize(
    "file",
    [
        lambda: ("named.md", b"hello"),
        lambda: ("named.md", io.BytesIO(b"hello")),
        lambda: ("named.md", b"hello", "text/markdown"),
        lambda: ("named.md", io.BytesIO(b"hello"), "text/markdown"),
    ],
)
def test_a_name_and_a_type_may_be_given_with_the_content(client, file):
    made = client.files.create(file=file(), purpose="assistants")
    assert (made.filename, made.bytes) == ("named.md", 5)
    assert client.files.content(made.id) == b"hello"


def test_an_empty_file_can_be_uploaded_and_read(client):
    made = client.files.create(file=("empty.md", b""), purpose="assistants")
    assert (made.bytes, client.files.content(made.id)) == (0, b"")


@pytest.mark.parametrize("name", ["Überblick ☃ 見出し.md", "a b;c=d'e%20f.md", "👩‍👩‍👧.md"])
def test_a_filename_of_any_letters_comes_back_as_it_was(client, name):
    made = client.files.create(file=(name, b"x"), purpose="assistants")
    assert made.filename == name
    assert client.files.retrieve(made.id).filename == name


def test_uploads_are_listed_whole_or_by_purpose(client, notes):
    tuned = client.files.create(file=("t.jsonl", b"{}"), purpose="fine-tune")
    everything = [one.id for one in client.files.list().data]
    assert {notes.id, tuned.id} <= set(everything)
    narrowed = client.files.list(purpose="fine-tune").data
    assert tuned in narrowed
    assert {one.purpose for one in narrowed} == {"fine-tune"}


def test_a_deleted_upload_is_gone(client, notes):
    deleted = client.files.delete(notes.id)
    assert isinstance(deleted, FileDeleted)
    assert (deleted.id, deleted.deleted) == (notes.id, True)
    for ask in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(NotFoundError, match=notes.id) as refused:
            ask(notes.id)
        assert refused.value.param == "id"
