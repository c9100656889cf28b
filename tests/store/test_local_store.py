"""The local store: old or new, never between; one writer; nothing written by looking."""

import json
import os
import signal
import subprocess
import sys

import pytest

from reconciler.errors import ConflictError, LockedError, StoreError, UnreadableStateError
from reconciler.model.address import assistant, file
from reconciler.model.canonical import digest
from reconciler.model.state import AssistantBinding, FileBinding, Intent, State
from reconciler.store import LocalStore

SUPPORT, HANDBOOK = assistant("support"), file("docs/handbook.md")
BOUND = AssistantBinding("asst_1", "nonce", {"name": "0" * 64}, protected=True)
UPLOADED = FileBinding("file-1", "handbook.md", "0" * 64, 12, ("file-0",))
INTENT = Intent(HANDBOOK, "upload", "", "handbook.md", 12, "0" * 64, ("file-0",))


@pytest.fixture
def store(tmp_path):
    made = LocalStore(tmp_path / "state")
    with made.lock("test"):
        pass
    return made


def saved(store, **fields):
    """A stored state of serial 1."""
    state = store.load()
    made = State(state.lineage, 0, "acme", "the server", {SUPPORT: BOUND, HANDBOOK: UPLOADED}, **fields)
    store.save(made, 0)
    return store.load()


def test_what_was_saved_is_what_is_loaded(store):
    state = saved(store, unsettled=(INTENT,))

    assert (state.serial, state.project, state.target) == (1, "acme", "the server")
    assert state.bindings == {SUPPORT: BOUND, HANDBOOK: UPLOADED}
    assert state.unsettled == (INTENT,)


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

    assert modes == {"state.json": 0o600, "journal.jsonl": 0o600, "lock": 0o600}
    assert store.folder.stat().st_mode & 0o777 == 0o700


def test_the_journal_is_folded_into_the_state(store):
    saved(store)
    store.intend(INTENT)
    store.settle(SUPPORT, None)
    store.settle(HANDBOOK, FileBinding("file-2", "handbook.md", "1" * 64, 13))

    state = LocalStore(store.folder).load()

    assert SUPPORT not in state.bindings
    assert state.bindings[HANDBOOK].id == "file-2"
    assert state.unsettled == ()
    assert state.journaled


def test_an_intent_without_a_result_is_unsettled(store):
    store.intend(INTENT)

    assert LocalStore(store.folder).load().unsettled == (INTENT,)


def test_a_save_empties_the_journal(store):
    store.intend(INTENT)
    saved(store)

    assert not store.load().journaled


def test_a_journal_of_a_state_that_was_saved_since_counts_no_more(store):
    state = saved(store)
    store.settle(SUPPORT, None)
    journal = (store.folder / "journal.jsonl").read_bytes()
    store.save(state, 1)
    (store.folder / "journal.jsonl").write_bytes(journal)

    assert SUPPORT in store.load().bindings


def test_a_torn_last_record_never_was_and_the_next_one_stands_alone(store):
    store.settle(SUPPORT, BOUND)
    path = store.folder / "journal.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])

    again = LocalStore(store.folder)
    assert list(again.load().bindings) == [SUPPORT]
    with again.lock("test"):
        again.settle(HANDBOOK, UPLOADED)

    assert set(LocalStore(store.folder).load().bindings) == {SUPPORT, HANDBOOK}


def test_every_flipped_byte_of_a_journal_record_is_noticed(store):
    store.settle(SUPPORT, BOUND)
    store.settle(HANDBOOK, UPLOADED)
    path = store.folder / "journal.jsonl"
    whole = path.read_bytes()
    first = whole.index(b"\n")

    for place in range(first):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(UnreadableStateError, match="line 1 of the journal is damaged"):
            LocalStore(store.folder).load()


def test_every_truncation_of_a_state_is_noticed_and_left_as_it_is(store):
    saved(store)
    whole = store.path.read_bytes()

    for length in range(len(whole) - 1):
        store.path.write_bytes(whole[:length])
        with pytest.raises(UnreadableStateError, match="damaged or cut short"):
            store.load()

    assert store.path.read_bytes() == whole[: len(whole) - 2]


def test_a_flipped_byte_never_gives_another_state(store):
    expected = saved(store)
    whole = store.path.read_bytes()

    for place in range(len(whole)):
        store.path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            found = store.load()
        except UnreadableStateError:
            continue
        assert found == expected


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


def test_a_second_holder_is_refused_and_told_who_holds_the_lock(store):
    with (
        store.lock("apply"),
        pytest.raises(LockedError, match=rf"process {os.getpid()}\) since .* to apply"),
        LocalStore(store.folder).lock("apply"),
    ):
        pass


def test_the_kernel_frees_the_lock_of_a_killed_holder(store):
    program = (
        "import sys, time; from pathlib import Path; from reconciler.store import LocalStore\n"
        "with LocalStore(Path(sys.argv[1])).lock('apply'):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(store.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockedError), store.lock("apply"):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()

    with store.lock("apply"):
        pass


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
        store.settle(SUPPORT, BOUND)


def test_a_failed_save_leaves_the_old_state(store, monkeypatch):
    state = saved(store)
    before = store.path.read_bytes()

    def broken(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(StoreError, match="No space left"):
        store.save(state, 1)

    assert store.path.read_bytes() == before
