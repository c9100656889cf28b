"""Earlier states stay, the newest that can be read is named, and restoring one mixes no two lives."""

import json
import re
import shutil
import subprocess

import pytest

from reconciler.errors import ConflictError, UnreadableStateError
from reconciler.model.canonical import digest
from reconciler.store import LocalStore


@pytest.fixture
def lived(store, sample):
    """A function that saves a state some more times, each with its number as project."""

    def save(times):
        for _ in range(times):
            state = store.load()
            store.save(sample.another(state.serial + 1), state.serial)

    return save


def kept(store):
    return sorted(path.name for path in (store.folder / "history").iterdir())


def serials(*numbers):
    return [f"{one:08}.json" for one in numbers]


def restore(store, serial):
    shutil.copyfile(store.folder / f"history/{serial:08}.json", store.path)


def test_what_is_replaced_is_kept_as_it_was(store, lived):
    lived(1)
    before = store.path.read_bytes()
    lived(1)

    assert kept(store) == serials(1)
    assert (store.folder / "history/00000001.json").read_bytes() == before


def test_the_newest_ten_are_kept(store, lived):
    lived(14)

    assert kept(store) == serials(*range(4, 14))


def test_they_are_their_owners_alone(store, lived):
    lived(2)

    assert (store.folder / "history").stat().st_mode & 0o777 == 0o700
    assert (store.folder / "history/00000001.json").stat().st_mode & 0o777 == 0o600


def test_what_edits_the_state_in_place_spares_its_history(store, lived):
    lived(2)
    before = (store.folder / "history/00000001.json").read_bytes()
    store.path.write_bytes(b"edited")

    assert (store.folder / "history/00000001.json").read_bytes() == before


def test_an_unreadable_state_names_what_restores_the_newest_generation(store, lived):
    lived(4)
    (store.folder / "history/00000003.json").write_bytes(b"damaged too")
    store.path.write_bytes(b"damaged")

    with pytest.raises(UnreadableStateError) as refusal:
        store.load()
    command = re.search(r"put back with: (cp .*?)\. What", str(refusal.value)).group(1)
    subprocess.run(command, shell=True, check=True)  # noqa: S602 - what a person would paste

    assert (store.load().serial, store.load().project) == (2, "project-2")


def test_without_a_generation_that_can_be_read_the_remedy_is_another(store, lived):
    lived(2)
    (store.folder / "history/00000001.json").unlink()
    (store.folder / "history/notes.txt").write_text("not ours")
    (store.folder / "history/00000007.json").mkdir()
    store.path.write_bytes(b"damaged")

    with pytest.raises(UnreadableStateError, match="Restore it from a backup"):
        store.load()


def test_after_a_restore_the_newest_is_what_was_saved_last_and_not_what_has_the_greatest_serial(store, lived):
    lived(9)
    restore(store, 3)
    lived(3)
    store.path.write_bytes(b"damaged")

    with pytest.raises(UnreadableStateError, match=r"cp \S*/history/00000005\.json"):
        store.load()


def test_a_life_that_was_left_goes_before_the_one_that_goes_on(store, lived):
    lived(20)
    restore(store, 12)
    lived(1)
    assert kept(store) == serials(*range(10, 20))

    (store.folder / "history/00000010.json").unlink()
    store.path.unlink()
    lived(3)

    assert kept(store) == serials(1, 2, *range(12, 20))


def test_a_restored_generation_goes_on_from_its_serial(store, lived):
    lived(5)
    restore(store, 2)

    assert store.load().serial == 2
    lived(1)
    assert (store.load().serial, store.load().project) == (3, "project-3")


def test_records_of_the_state_that_was_left_are_not_folded_into_the_restored_one(store, sample, lived):
    lived(3)
    store.record(sample.support, sample.bound)
    restore(store, 2)

    assert store.load().bindings == {}
    assert not store.load().journaled


def test_records_of_an_earlier_life_of_the_same_serial_are_not_folded(store, sample, lived):
    lived(3)
    store.record(sample.support, sample.bound)
    left = (store.folder / "journal.jsonl").read_bytes()
    restore(store, 2)
    lived(1)
    (store.folder / "journal.jsonl").write_bytes(left)

    assert store.load().serial == 3
    assert store.load().bindings == {}


def test_records_of_two_lives_in_one_journal_are_told_apart(store, sample, lived):
    lived(3)
    store.record(sample.support, sample.bound)
    restore(store, 2)
    store.load()
    store.record(sample.handbook, sample.uploaded)

    assert set(LocalStore(store.folder).load().bindings) == {sample.handbook}


def test_a_save_over_another_state_of_the_same_serial_is_refused(store, sample, lived):
    lived(1)
    state = store.load()
    other = LocalStore(store.folder)
    store.path.unlink()
    other.load()
    other.save(sample.another("other"), 0)

    with pytest.raises(ConflictError, match="another serial 1 where 1 was expected"):
        store.save(state, 1)

    assert other.load().project == "project-other"


@pytest.mark.parametrize("obstacle", ["a file", "a link"])
def test_a_history_that_cannot_be_kept_keeps_no_state_from_being_saved(
    store, lived, tmp_path, elsewhere, obstacle
):
    history = store.folder / "history"
    outside = tmp_path / "outside"
    outside.mkdir()
    if obstacle == "a file":
        history.write_text("in the way")
    else:
        history.symlink_to(outside)

    lived(3)

    assert store.load().project == "project-3"
    assert list(outside.iterdir()) == []
    assert elsewhere.copies() == []
    store.path.write_bytes(b"damaged")
    with pytest.raises(UnreadableStateError, match="Restore it from a backup"):
        store.load()


def test_a_state_and_a_journal_of_before_saves_had_ids_still_load(store, sample):
    store.load()
    store.save(sample.state(), 0)
    record = json.loads(store.path.read_text())
    inside = {key: value for key, value in record["state"].items() if key not in {"id", "saved"}}
    store.path.write_text(json.dumps({"format": 1, "checksum": digest(inside), "state": inside}))
    store.load()
    store.record(sample.support, None)

    state = LocalStore(store.folder).load()

    assert (state.serial, set(state.bindings)) == (1, {sample.handbook})
    store.save(state, 1)
    assert store.load().serial == 2
