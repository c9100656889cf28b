"""The local store: old or new, never between; one writer; nothing written by looking."""

import json

import pytest

from reconciler import files
from reconciler.errors import ConflictError, StoreError, UnreadableStateError
from reconciler.model.address import assistant, file
from reconciler.model.canonical import digest
from reconciler.model.state import AssistantBinding, FileBinding, Intent, State, UploadRecord
from reconciler.store import LocalStore
from reconciler.store.record import binding_of

SUPPORT, HANDBOOK = assistant("support"), file("docs/handbook.md")
BOUND = AssistantBinding("asst_1", "nonce", {"name": "0" * 64}, protected=True)
UPLOADED = FileBinding(
    "file-1", "handbook.md", "0" * 64, 12, (UploadRecord("file-0", "handbook.md", "1" * 64, 9),)
)
INTENT = Intent(HANDBOOK, "upload", "", "handbook.md", 12, "0" * 64, ("file-0",))


def saved(store, **fields):
    """A stored state of serial 1."""
    state = store.load()
    made = State(state.lineage, 0, "acme", "the server", {SUPPORT: BOUND, HANDBOOK: UPLOADED}, **fields)
    store.save(made, 0)
    return store.load()


def test_what_was_saved_is_what_is_loaded(store):
    state = saved(store, pending=(INTENT,))

    assert (state.serial, state.project, state.target) == (1, "acme", "the server")
    assert state.bindings == {SUPPORT: BOUND, HANDBOOK: UPLOADED}
    assert state.pending == (INTENT,)


def test_the_account_is_remembered_and_unknown_to_a_state_of_before_there_were_any(store):
    assert saved(store, account="acme").account == "acme"

    record = json.loads(store.path.read_text())
    del record["state"]["account"]
    store.path.write_text(json.dumps({**record, "checksum": digest(record["state"])}))

    assert store.load().account == ""
    assert store.load().bindings == {SUPPORT: BOUND, HANDBOOK: UPLOADED}


def test_loading_creates_nothing(tmp_path):
    LocalStore(tmp_path / "state").load()

    assert list(tmp_path.iterdir()) == []


def test_the_lineage_stays_and_the_serial_grows(store):
    first = saved(store)
    store.save(first, 1)

    assert (store.load().lineage, store.load().serial) == (first.lineage, 2)


def test_a_save_on_another_serial_is_refused_and_changes_nothing(store):
    state = saved(store)
    before = store.path.read_bytes()

    with pytest.raises(ConflictError, match="serial 1 where 0 was expected"):
        store.save(state, 0)

    assert store.path.read_bytes() == before


def test_only_its_owner_may_read_it(store):
    saved(store)
    store.intend(INTENT)

    modes = {path.name: path.stat().st_mode & 0o777 for path in store.folder.iterdir()}

    assert modes == dict.fromkeys((".gitignore", "state.json", "journal.jsonl", "lock"), 0o600)
    assert store.folder.stat().st_mode & 0o777 == 0o700


def test_the_journal_is_folded_into_the_state(store):
    saved(store)
    store.intend(INTENT)
    store.record(SUPPORT, None)
    store.record(HANDBOOK, FileBinding("file-2", INTENT.filename, INTENT.sha256, INTENT.size))

    state = LocalStore(store.folder).load()

    assert SUPPORT not in state.bindings
    assert state.bindings[HANDBOOK].id == "file-2"
    assert state.pending == ()
    assert state.journaled


def test_an_intent_without_a_result_is_unsettled(store):
    store.intend(INTENT)

    assert LocalStore(store.folder).load().pending == (INTENT,)


def test_a_save_empties_the_journal(store):
    store.intend(INTENT)
    saved(store)

    assert not store.load().journaled


def test_a_journal_of_a_state_that_was_saved_since_counts_no_more(store):
    state = saved(store)
    store.record(SUPPORT, None)
    journal = (store.folder / "journal.jsonl").read_bytes()
    store.save(state, 1)
    (store.folder / "journal.jsonl").write_bytes(journal)

    assert SUPPORT in store.load().bindings


def test_a_run_that_ends_while_another_looks_is_seen_whole(store, monkeypatch):
    saved(store)
    store.record(SUPPORT, None)
    real, looked = files.read, []

    def end_between(path):
        text = real(path)
        if not looked:
            looked.append(path)
            store.save(State("lineage", 1, "acme", "the server", {HANDBOOK: UPLOADED}), 1)
        return text

    monkeypatch.setattr(files, "read", end_between)

    state = LocalStore(store.folder).load()
    assert dict(state.bindings) == {HANDBOOK: UPLOADED}


def test_a_torn_last_record_never_was_and_the_next_one_stands_alone(store):
    store.record(SUPPORT, BOUND)
    path = store.folder / "journal.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])

    again = LocalStore(store.folder)
    assert list(again.load().bindings) == [SUPPORT]
    with again.lock("test"):
        again.record(HANDBOOK, UPLOADED)

    assert set(LocalStore(store.folder).load().bindings) == {SUPPORT, HANDBOOK}


def test_a_state_of_a_newer_format_names_the_remedy(store):
    saved(store)
    record = json.loads(store.path.read_text())
    store.path.write_text(json.dumps({**record, "format": 2}))

    with pytest.raises(UnreadableStateError, match=r"format 2.*newer assistants-sync"):
        store.load()


@pytest.mark.parametrize("text", ["[]", "null", "3", '{"format": "x"}', '{"format": 1, "state": 1}'])
def test_json_that_is_no_state_is_refused(store, text):
    store.path.write_text(text)

    with pytest.raises(UnreadableStateError):
        store.load()


def test_a_record_of_another_shape_is_refused_although_its_checksum_fits(store):
    inside = {"lineage": 1, "serial": 1, "project": "", "target": "", "bindings": {}, "unsettled": []}
    store.path.write_text(json.dumps({"format": 1, "checksum": digest(inside), "state": inside}))

    with pytest.raises(UnreadableStateError):
        store.load()


def test_a_folder_that_cannot_be_made_is_an_error_with_its_name(tmp_path):
    (tmp_path / "state").write_text("a file")

    with (
        pytest.raises(StoreError, match="cannot use the state folder"),
        LocalStore(tmp_path / "state").lock("x"),
    ):
        pass


def test_a_state_that_is_a_folder_cannot_be_read(store):
    store.path.mkdir()

    with pytest.raises(StoreError, match="cannot read"):
        store.load()


def test_a_journal_that_cannot_be_written_is_an_error(store):
    (store.folder / "journal.jsonl").symlink_to("/dev/null")

    with pytest.raises(StoreError, match="cannot write"):
        store.record(SUPPORT, BOUND)


def test_a_bare_id_that_an_earlier_version_wrote_is_an_upload_without_a_record():
    values = {"id": "file-1", "filename": "a.md", "sha256": "0" * 64, "size": 1, "old": ["file-0"]}

    assert binding_of("file.a.md", values).old == (UploadRecord("file-0"),)
