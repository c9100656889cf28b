"""The folder and its files are one user's: made so, whatever the umask, and refused when they are not."""

import errno
import grp
import os
import pwd
import stat
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from reconciler import files
from reconciler.errors import StoreError
from reconciler.store import LocalStore


def modes(folder):
    return {path.name: oct(path.stat().st_mode & 0o777) for path in [folder, *folder.rglob("*")]}


@pytest.mark.parametrize("umask", [0, 0o002, 0o022, 0o077, 0o277])
def test_everything_is_its_owners_alone_whatever_the_umask(tmp_path, sample, umask):
    store = LocalStore(tmp_path / "state/environments/prod")
    before = os.umask(umask)
    try:
        with store.lock("test"):
            store.save(sample.state(), store.load().serial)
            store.save(sample.state(), store.load().serial)
            store.intend(sample.intent)
    finally:
        os.umask(before)

    assert modes(tmp_path / "state") == {
        "state": "0o700",
        "environments": "0o700",
        "prod": "0o700",
        ".gitignore": "0o600",
        "state.json": "0o600",
        "journal.jsonl": "0o600",
        "lock": "0o600",
        "history": "0o700",
        "00000001.json": "0o600",
    }


def test_files_that_an_earlier_program_left_open_are_closed(store, sample):
    for name in ("state.new", "journal.jsonl", "lock"):
        (store.folder / name).touch()
        (store.folder / name).chmod(0o666)

    with store.lock("test"):
        store.load()
        store.record(sample.support, None)
        assert modes(store.folder)["journal.jsonl"] == "0o600"
        store.save(sample.state(), 0)

    closed = dict.fromkeys((".gitignore", "state.json", "lock"), "0o600")
    assert modes(store.folder) == {"state": "0o700", **closed}


def refused(store):
    """What looking and what locking say, which is the same."""
    with pytest.raises(StoreError, match="is not safe") as looking:
        store.load()
    with pytest.raises(StoreError, match="is not safe") as locking, store.lock("test"):
        pass
    assert str(looking.value) == str(locking.value)
    return str(looking.value)


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o702])
def test_a_folder_that_everybody_may_write_to_is_refused(store, mode):
    store.folder.chmod(mode)

    assert f"every user can write to it. Close it with: chmod go-w {store.folder}." in refused(store)


@pytest.fixture
def group(monkeypatch):
    """A function that says whose the group of every folder is."""

    def name(group_name, *members, user="me"):
        found = SimpleNamespace(gr_name=group_name, gr_mem=list(members))
        monkeypatch.setattr(grp, "getgrgid", lambda _: found)
        monkeypatch.setattr(pwd, "getpwuid", lambda _: SimpleNamespace(pw_name=user))
        monkeypatch.setenv("LOGNAME", user)

    return name


@pytest.mark.parametrize("members", [("users",), ("me", "you"), ("me", "me", "you")])
def test_a_folder_that_a_group_of_several_may_write_to_is_refused(store, group, members):
    store.folder.chmod(0o770)
    group(*members)

    assert f"its group can write to it. Close it with: chmod g-w {store.folder}." in refused(store)


@pytest.mark.parametrize("members", [("me",), ("me", "me")])
def test_a_folder_of_a_user_with_a_group_of_their_own_may_be_open_to_it(store, group, members):
    store.folder.chmod(0o775)
    group(*members)

    with store.lock("test"):
        assert store.load().serial == 0


def test_a_group_that_may_only_add_files_of_its_own_is_let_be(store, group):
    store.folder.chmod(0o1770)
    group("users")

    assert store.load().serial == 0


def test_where_ids_have_no_names_equal_numbers_are_a_group_of_ones_own(store, monkeypatch):
    def nameless(_):
        raise KeyError

    monkeypatch.setattr(grp, "getgrgid", nameless)
    store.folder.chmod(0o770)
    found = store.folder.stat()

    if found.st_uid == found.st_gid:
        assert store.load().serial == 0
    else:
        assert "its group can write to it" in refused(store)


def test_another_users_folder_is_refused(store, monkeypatch):
    mine, other = store.folder.stat().st_uid, store.folder.stat().st_uid + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)

    assert f"it belongs to user {mine}, and this run is user {other}'s." in refused(store)


def test_root_may_use_anybodys_folder(store, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    assert store.load().serial == 0


@pytest.mark.parametrize("name", ["state.json", "journal.jsonl"])
def test_a_file_that_another_user_put_there_is_refused(store, sample, monkeypatch, name):
    (store.folder / name).touch()
    real, me = os.fstat, store.folder.stat().st_uid or 1000
    monkeypatch.setattr(os, "geteuid", lambda: me)
    monkeypatch.setattr("reconciler.store.folder.check", lambda _: None)

    def planted(number):
        found = list(real(number))
        found[stat.ST_UID] = me + 1
        return os.stat_result(found)

    monkeypatch.setattr(os, "fstat", planted)
    with pytest.raises(StoreError, match=rf"cannot read .*{name}: it belongs to another user \({me + 1}\)"):
        store.load()


@pytest.mark.parametrize("name", ["state.json", "journal.jsonl"])
def test_a_link_in_the_place_of_a_file_is_not_read(store, sample, name):
    store.load()
    store.save(sample.state(), 0)
    store.load()
    store.record(sample.support, None)
    (store.folder / name).rename(store.folder / "elsewhere")
    (store.folder / name).symlink_to("elsewhere")

    with pytest.raises(StoreError, match=rf"cannot read .*{name}: it is a link, and no link is followed"):
        store.load()


@pytest.mark.parametrize("name", ["state.json", "journal.jsonl"])
def test_a_fifo_in_the_place_of_a_file_is_refused_at_once(store, sample, name):
    os.mkfifo(store.folder / name)

    with pytest.raises(StoreError, match=rf"cannot read .*{name}: it is not a regular file"):
        store.load()


@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_a_journal_that_is_no_file_takes_no_record(store, sample, tmp_path, kind):
    path = store.folder / "journal.jsonl"
    (tmp_path / "precious").write_text("untouched")
    if kind == "link":
        path.symlink_to(tmp_path / "precious")
    else:
        os.mkfifo(path)

    with pytest.raises(StoreError, match="cannot write"):
        store.record(sample.support, None)

    assert (tmp_path / "precious").read_text() == "untouched"


@pytest.mark.parametrize("name", ["state.new", "history/state.new", "history/00000001.json"])
def test_a_link_that_waits_for_a_write_is_replaced_and_not_followed(store, sample, tmp_path, name):
    store.load()
    store.save(sample.another(1), 0)
    (tmp_path / "precious").write_text("untouched")
    path = store.folder / name
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(tmp_path / "precious")

    store.save(sample.another(2), 1)

    assert (tmp_path / "precious").read_text() == "untouched"
    assert store.load().project == "project-2"
    assert not (store.folder / "history/00000001.json").is_symlink()


def test_a_folder_may_be_reached_through_a_link(tmp_path, sample):
    (tmp_path / "disk").mkdir(mode=0o700)
    (tmp_path / "state").symlink_to("disk")
    store = LocalStore(tmp_path / "state")

    with store.lock("test"):
        store.save(sample.state(), store.load().serial)

    assert (tmp_path / "disk/state.json").is_file()


def test_a_folder_below_a_file_can_neither_be_used_nor_looked_into(tmp_path):
    (tmp_path / "file").touch()
    store = LocalStore(tmp_path / "file/state")

    with pytest.raises(StoreError, match="cannot use the state folder"):
        store.load()
    with pytest.raises(StoreError, match="cannot use the state folder"), store.lock("test"):
        pass


def test_a_folder_that_another_run_makes_at_the_same_moment_is_used(tmp_path, monkeypatch):
    store = LocalStore(tmp_path / "state")
    real = os.mkdir

    def overtaken(path, mode=0o777):
        real(path, mode)
        real(path, mode)

    monkeypatch.setattr(os, "mkdir", overtaken)
    with store.lock("test"):
        assert store.folder.is_dir()


def test_a_working_folder_that_is_gone_is_an_error_and_not_an_endless_search(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    with (
        pytest.raises(StoreError, match="cannot use the state folder"),
        LocalStore(Path("state")).lock("test"),
    ):
        pass


# Out of git


@pytest.fixture
def new(tmp_path):
    """A store in a folder in which nothing is."""
    (tmp_path / "new").mkdir(mode=0o700)
    return LocalStore(tmp_path / "new")


def test_a_new_folder_ignores_itself_before_the_first_record(tmp_path):
    store = LocalStore(tmp_path / "fresh")

    with store.lock("test"):
        assert (store.folder / ".gitignore").read_bytes() == b"*\n"


def test_states_beneath_one_folder_share_its_gitignore(tmp_path):
    store = LocalStore(tmp_path / "state/environments/prod", top=tmp_path / "state")

    with store.lock("test"):
        assert list(tmp_path.rglob(".gitignore")) == [tmp_path / "state/.gitignore"]


def test_a_link_that_leads_nowhere_counts_as_a_gitignore_and_is_not_followed(new, tmp_path):
    (new.folder / ".gitignore").symlink_to(tmp_path / "outside")

    with new.lock("test"):
        pass

    assert not (tmp_path / "outside").exists()


def test_a_folder_that_takes_no_gitignore_takes_a_state_all_the_same(new, sample, monkeypatch):
    def refused(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(files, "create", refused)
        with new.lock("test"):
            disk.undo()
            new.save(sample.state(), new.load().serial)

    assert new.load().serial == 1
    assert not (new.folder / ".gitignore").exists()


@pytest.mark.parametrize("number", range(1, 6))
def test_killed_while_it_is_written_it_is_whole_or_absent_and_the_next_run_goes_on(
    new, sample, monkeypatch, number
):
    class Killed(BaseException):
        """The program is gone."""

    steps = iter(range(1, 100))

    def dying(real):
        def call(*arguments, **named):
            if next(steps) == number:
                raise Killed
            return real(*arguments, **named)

        return call

    with monkeypatch.context() as disk, suppress(Killed):
        for name in ("create", "write", "sync"):
            disk.setattr(files, name, dying(getattr(files, name)))
        disk.setattr(os, "fsync", dying(os.fsync))
        with new.lock("test"):
            new.save(sample.state(), new.load().serial)
    left = files.read(new.folder / ".gitignore")

    with new.lock("test"):
        new.save(sample.state(), new.load().serial)

    assert left in {None, b"*\n"}
    assert not list(new.folder.glob("*.new"))
