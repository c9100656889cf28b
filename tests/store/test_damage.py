"""Whatever happens to the bytes of a state or a journal, nobody is told another state; nothing is written."""

import json
import zlib

import pytest

from reconciler import files
from reconciler.errors import StoreError, UnreadableStateError
from reconciler.model.canonical import digest
from reconciler.store import LocalStore

FLIPS = (0x01, 0x20, 0x80, 0xFF)  # a bit, a letter's case, out of ASCII, every bit


@pytest.fixture
def full(store, sample):
    """A stored state that has everything, and a journal of three records."""
    store.load()
    store.save(sample.state(), 0)
    store.intend(sample.intent)
    store.record(sample.handbook, sample.uploaded)
    store.record(sample.support, None)
    return store


def loaded(store):
    """What a new run would start from, or None when it would not start."""
    try:
        return LocalStore(store.folder).load()
    except UnreadableStateError:
        return None


def contents(store):
    return {path.name: path.read_bytes() for path in store.folder.iterdir() if path.is_file()}


def flipped(text):
    for place in range(len(text)):
        for flip in FLIPS:
            yield text[:place] + bytes([text[place] ^ flip]) + text[place + 1 :]


def test_a_flipped_byte_of_a_state_never_gives_another_state(full):
    expected, whole = loaded(full), full.path.read_bytes()

    for text in flipped(whole):
        full.path.write_bytes(text)
        assert loaded(full) in (None, expected)
        assert full.path.read_bytes() == text


def test_a_state_cut_short_is_refused_at_every_length(full):
    whole = full.path.read_bytes()

    for length in range(len(whole) - 1):  # the last byte ends the last line, and says nothing
        full.path.write_bytes(whole[:length])
        assert loaded(full) is None
        assert full.path.read_bytes() == whole[:length]


def test_a_flipped_byte_of_a_journal_is_always_refused(full):
    path = full.folder / "journal.jsonl"

    for text in flipped(path.read_bytes()):
        path.write_bytes(text)
        assert loaded(full) is None
        assert path.read_bytes() == text


def test_a_journal_cut_short_has_its_whole_records_and_no_other(full, sample):
    path = full.folder / "journal.jsonl"
    whole = path.read_bytes()
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    after = {}
    for count, end in enumerate([0, *ends]):
        path.write_bytes(whole[:end])
        after[count] = loaded(full)
    assert sample.support in after[2].bindings
    assert sample.support not in after[3].bindings

    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert loaded(full) == after[sum(end <= length for end in ends)]
        assert path.read_bytes() == whole[:length]


def test_the_next_record_stands_alone_wherever_the_one_before_was_cut(full, sample):
    path = full.folder / "journal.jsonl"
    whole = path.read_bytes()
    begin = whole.rindex(b"\n", 0, -1) + 1

    for length in range(begin + 1, len(whole)):
        path.write_bytes(whole[:length])
        again = LocalStore(full.folder)
        again.load()
        again.record(sample.support, None)
        assert path.read_bytes() == whole


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"format": NaN}', b'{"format": true}', b"\xff\xfe", b""])
def test_text_that_no_state_could_be_is_refused(store, text):
    store.path.write_bytes(text)

    assert loaded(store) is None


@pytest.mark.parametrize(
    ("address", "binding"),
    [
        ("assistant.a", {"id": 1, "nonce": ""}),
        ("assistant.a", {"id": "a", "nonce": "", "protected": 1}),
        ("assistant.a", {"id": "a", "nonce": "", "digests": {"name": 1}}),
        ("assistant.a", {"id": "a", "nonce": "", "digests": ["name"]}),
        ("assistant.a", {"id": "a", "nonce": "", "unheard": ""}),
        ("file.a", {"id": "f", "filename": "a", "sha256": "", "size": -1, "old": []}),
        ("file.a", {"id": "f", "filename": "a", "sha256": "", "size": True, "old": []}),
        ("file.a", {"id": "f", "filename": "a", "sha256": "", "size": 1, "old": [1]}),
        ("assistant.a", {"id": "a/b", "nonce": ""}),
        ("assistant.a", {"id": "..", "nonce": ""}),
        ("assistant.a", {"id": "a" * 201, "nonce": ""}),
        ("assistant.A b", {"id": "a", "nonce": ""}),
        ("assistant." + "a" * 101, {"id": "a", "nonce": ""}),
        ("file." + "a" * 5_000, {"id": "f", "filename": "a", "sha256": "", "size": 1, "old": []}),
        ("file.a", {"id": "f", "filename": "a", "sha256": "", "size": 1, "old": ["f\n"]}),
    ],
)
def test_a_binding_of_another_shape_is_refused_although_its_checksum_fits(store, address, binding):
    empty = {"lineage": "", "serial": 1, "project": "", "target": "", "unsettled": []}
    inside = {**empty, "bindings": {address: binding}}
    store.path.write_text(json.dumps({"format": 1, "checksum": digest(inside), "state": inside}))

    assert loaded(store) is None


@pytest.mark.parametrize("name", ["lineage", "project", "target", "account", "dialect"])
def test_a_name_that_is_longer_than_any_is_refused_although_its_checksum_fits(store, name):
    empty = {"lineage": "", "serial": 1, "project": "", "target": "", "unsettled": [], "bindings": {}}
    for size, is_read in ((4_096, True), (4_097, False)):
        inside = {**empty, name: "a" * size}
        store.path.write_text(json.dumps({"format": 1, "checksum": digest(inside), "state": inside}))
        assert (loaded(store) is not None) == is_read


@pytest.mark.parametrize(
    "text", [b"3", b"{}", b"[" * 100_000, b'{"serial": 0}', b'{"serial": 0, "address": 3}']
)
def test_a_record_of_another_shape_is_refused_although_its_checksum_fits(store, text):
    (store.folder / "journal.jsonl").write_bytes(b"%08x %s\n" % (zlib.crc32(text), text))

    with pytest.raises(UnreadableStateError, match="line 1 of the journal"):
        store.load()


@pytest.mark.parametrize("name", ["state.json", "journal.jsonl"])
def test_what_is_larger_than_any_state_is_refused_unread(store, monkeypatch, name):
    monkeypatch.setattr(files, "LARGEST", 10)
    (store.folder / name).write_bytes(b"x" * 11)

    with pytest.raises(StoreError, match=rf"cannot read .*{name}: it is larger than 10 bytes"):
        store.load()


def test_a_name_that_was_no_text_on_its_disk_comes_back_as_it_was(store, sample):
    store.load()
    store.save(sample.another("\udcff ü"), 0)

    assert loaded(store).project == "project-\udcff ü"


def test_a_refusal_writes_nothing(full):
    full.path.write_bytes(full.path.read_bytes()[:-9])
    before = contents(full)

    assert loaded(full) is None
    assert contents(full) == before
