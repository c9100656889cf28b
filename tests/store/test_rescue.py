"""A state that its folder does not take is put elsewhere, and a person is told how to put it back."""

import errno
import os
import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from reconciler.errors import ConflictError, StoreError, UnreadableStateError, UnsavedError
from reconciler.store import LocalStore


@pytest.fixture
def full(store, sample):
    """A store of one state, with a journal."""
    store.load()
    store.save(sample.another(1), 0)
    store.load()
    store.record(sample.support, sample.bound)
    return store


@pytest.fixture
def broken(monkeypatch):
    """A function that makes folders refuse to have files made in them."""
    real = os.open

    def breaks(*folders, because=errno.ENOSPC):
        def refuse(path, flags, *rest, **named):
            if flags & os.O_CREAT and any(Path(path).is_relative_to(one) for one in folders):
                raise OSError(because, os.strerror(because))
            return real(path, flags, *rest, **named)

        monkeypatch.setattr(os, "open", refuse)

    return breaks


def unsaved(store, sample):
    with pytest.raises(UnsavedError) as error:
        store.save(sample.state(), 1)
    return error.value


def test_a_full_disk_loses_no_state(full, sample, broken, elsewhere, monkeypatch):
    broken(full.folder)
    before = full.path.read_bytes()

    error = unsaved(full, sample)

    (copy,) = elsewhere.copies()
    assert error.rescue == copy
    assert copy.parent == elsewhere.temporary
    assert copy.stat().st_mode & 0o777 == 0o600
    assert str(error).startswith(f"cannot write {full.path}: No space left on device. A copy is in {copy}; ")
    assert str(error).endswith("The journal has everything too: the next run reads it.")
    assert full.path.read_bytes() == before
    monkeypatch.undo()
    assert LocalStore(full.folder).load().bindings == {sample.support: sample.bound}


def test_the_command_it_names_puts_the_state_back(full, sample, broken, monkeypatch):
    broken(full.folder)
    error = unsaved(full, sample)
    monkeypatch.undo()

    command = re.search(r"put it back with: (cp .*?)\. The", str(error)).group(1)
    subprocess.run(command, shell=True, check=True)  # noqa: S602 - what a person would paste

    state = LocalStore(full.folder).load()
    assert (state.serial, dict(state.bindings)) == (2, dict(sample.state().bindings))
    assert not state.journaled


def test_the_home_folder_takes_what_the_temporary_one_does_not(full, sample, broken, elsewhere):
    broken(full.folder, elsewhere.temporary)

    error = unsaved(full, sample)

    assert error.rescue.parent == elsewhere.home


def test_without_a_temporary_folder_it_is_the_home_folder(full, sample, broken, elsewhere, monkeypatch):
    def none():
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    broken(full.folder)

    assert unsaved(full, sample).rescue.parent == elsewhere.home


def test_when_no_place_takes_it_that_is_said(full, sample, broken, elsewhere):
    broken(full.folder, elsewhere.temporary, elsewhere.home)

    error = unsaved(full, sample)

    assert error.rescue is None
    assert "No other place took a copy of it. The journal has everything too" in str(error)
    assert elsewhere.copies() == []


def test_a_user_without_a_home_is_told_the_same(full, sample, broken, elsewhere, monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    broken(full.folder, elsewhere.temporary)

    assert unsaved(full, sample).rescue is None


def test_a_journal_that_lacks_a_record_is_not_praised(full, sample, broken):
    broken(full.folder)
    with pytest.raises(StoreError, match="No space left"):
        full.record(sample.handbook, sample.uploaded)

    assert str(unsaved(full, sample)).endswith(
        "The journal lacks a part of it; without the copy that is found again by its ownership marks."
    )


def test_half_a_copy_is_no_copy(full, sample, broken, elsewhere, monkeypatch):
    broken(full.folder)
    real = os.write

    def full_after_a_while(number, text):
        if len(text) < 100:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(number, text[:100])

    monkeypatch.setattr(os, "write", full_after_a_while)

    assert unsaved(full, sample).rescue is None
    assert elsewhere.copies() == []


def test_a_folder_that_cannot_even_be_read_loses_no_state(full, sample, monkeypatch):
    real = os.open

    def refuse(path, *rest, **named):
        if Path(path) == full.path:
            raise OSError(errno.EIO, "Input/output error")
        return real(path, *rest, **named)

    monkeypatch.setattr(os, "open", refuse)

    assert unsaved(full, sample).rescue


def test_a_copy_whose_name_cannot_be_made_durable_is_named_all_the_same(full, sample, broken, monkeypatch):
    broken(full.folder)
    real = os.fsync

    def only_files(number):
        if os.path.isdir(f"/proc/self/fd/{number}"):  # noqa: PTH112 - a descriptor has no Path
            raise OSError(errno.EIO, "Input/output error")
        real(number)

    monkeypatch.setattr(os, "fsync", only_files)

    assert unsaved(full, sample).rescue.stat().st_size > 0


def test_what_is_refused_rather_than_broken_leaves_no_copy(full, sample, elsewhere):
    with pytest.raises(ConflictError):
        full.save(sample.state(), 7)
    full.path.write_bytes(b"damaged")
    with pytest.raises(UnreadableStateError):
        full.save(sample.state(), 1)

    assert elsewhere.copies() == []
