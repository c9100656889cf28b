"""Every state at a place, listed: what each knows, when it was saved, who holds its lock."""

import fcntl
import json
import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from reconciler.cli.listing import table
from reconciler.errors import LockedError, StoreError
from reconciler.model.state import State
from reconciler.store import LocalStore, locations
from reconciler.store.store import Snapshot

DIES = """\
import os, sys
from pathlib import Path
from reconciler.store import LocalStore
with LocalStore(Path(sys.argv[1])).lock("apply"):
    os._exit(0)
"""


@pytest.fixture
def folder(tmp_path, sample):
    """A folder with a state of its own, and one of an environment."""
    for environment in (None, "prod"):
        store = locations.folder(tmp_path / "kept", environment)
        with store.lock("apply"):
            store.load()
            store.save(sample.state(), 0)
    return tmp_path / "kept"


def test_a_folder_lists_its_own_state_and_those_of_its_environments(folder, sample):
    (folder / "environments/empty").mkdir()

    first, second = locations.every(folder)

    assert (first.name, second.name) == ("acme/-", "acme/prod")
    assert first.snapshot.state.bindings == sample.state().bindings
    assert first.snapshot.at > "2020"
    assert first.snapshot.holder == ""


def test_a_place_without_a_state_lists_nothing_and_stays_as_it_is(tmp_path):
    assert locations.every(tmp_path / "nowhere") == []
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot use the state folder"):
        locations.every(tmp_path / "file")


def test_a_state_that_is_damaged_or_newer_hides_no_other(folder):
    (folder / "state.json").write_text("{")
    newer = folder / "environments/new/state.json"
    newer.parent.mkdir()
    newer.parent.chmod(0o700)
    newer.write_text(json.dumps({"format": 99}))

    *wrong, whole = sorted(locations.every(folder), key=lambda one: not one.problem)

    assert [(one.name, one.snapshot) for one in wrong] == [("?/-", None), ("?/new", None)]
    assert wrong[0].problem == "the state is damaged or cut short"
    assert "format 99" in wrong[1].problem
    assert (whole.name, whole.problem) == ("acme/prod", "")


def test_the_holder_of_a_lock_is_named_and_goes_on_holding_it(folder):
    with LocalStore(folder).lock("apply"):
        assert "to apply" in locations.every(folder)[0].snapshot.holder
        with pytest.raises(LockedError), LocalStore(folder).lock("apply"):
            pass


def test_a_holder_who_was_killed_holds_no_lock(folder):
    subprocess.run([sys.executable, "-c", DIES, str(folder)], check=True)

    assert "to apply" in (folder / "lock").read_text()
    assert locations.every(folder)[0].snapshot.holder == ""


def test_a_look_at_a_lock_keeps_nobody_from_taking_it(folder, monkeypatch):
    number = os.open(folder / "lock", os.O_RDONLY)
    fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        os.close(number)  # the look is over

    monkeypatch.setattr(time, "sleep", sleep)
    with LocalStore(folder).lock("apply"):
        assert len(pauses) == 1


def entry(name, **fields):
    return locations.Entry(
        name, Snapshot(**{"state": State("", 4), "at": "2026-11-23T02:10:00.1Z", "holder": "", **fields})
    )


def test_the_table_has_its_columns_in_a_narrow_terminal():
    long = "a-project-with-quite-a-long-name-of-its-own/production"
    lines = "".join(
        table(
            [entry("acme/-"), entry(long, holder="ann@host"), locations.Entry("x/-", None, "it is damaged")]
        )
    ).splitlines()

    assert lines == [
        "NAME                                  SERIAL  ADDRESSES  SAVED",
        "acme/-                                     4          0  2026-11-23 02:10:00 UTC",
        long,
        "                                           4          0  2026-11-23 02:10:00 UTC",
        "  locked by ann@host",
        "x/-                                   cannot be read: it is damaged",
    ]
    assert max(map(len, lines)) <= 80


def test_nothing_in_the_table_acts_on_a_terminal():
    wild = entry("a\x1b[2J/-", at="\x1b]0;x\x07", holder="h\u202e")

    shown = "".join(table([wild, replace(wild, snapshot=None, problem="p\x1b")]))

    assert not set(shown) & {"\x1b", "\x07", "\u202e"}
    assert "<U+202E>" in shown
