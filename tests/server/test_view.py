"""Looking at the file without a trace."""

import sqlite3

import pytest
from server.asking import asked, in_process, made, names, refused
from server.killing import OVERWRITE, folder, kill_writer

from reconciler.server import Database, ReadOnlyError, UnreadableDatabaseError, create_app, recovered_copy
from reconciler.server import database as module


def test_a_view_of_nothing_is_empty_and_creates_nothing(path, tmp_path):
    with Database.view(path) as database:
        assert asked(database, names) == []
    assert list(tmp_path.iterdir()) == []


def test_a_view_of_an_empty_file_is_empty(tmp_path):
    (tmp_path / "empty.db").touch()
    before = folder(tmp_path)
    with Database.view(tmp_path / "empty.db") as database:
        assert asked(database, names) == []
    assert folder(tmp_path) == before


def test_a_view_reads_and_leaves_no_trace(filled):
    before = folder(filled.parent)
    with Database.view(filled) as database:
        assert len(asked(database, names)) == 100
        assert folder(filled.parent) == before
    assert folder(filled.parent) == before


def test_a_view_of_a_torn_database_shows_it_repaired_and_leaves_no_trace(torn, tmp_path, monkeypatch):
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(copies))
    before = folder(torn.parent)
    with Database.view(torn) as database:
        assert asked(database, names) == [str(number) for number in range(100)]
        assert len(list(copies.iterdir())) == 1
    assert list(copies.iterdir()) == []
    assert folder(torn.parent) == before


def test_a_view_of_a_database_torn_at_its_birth_is_empty(path):
    path.parent.mkdir()
    fill = (
        "INSERT INTO t WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 500)"
        " SELECT hex(zeroblob(900)) FROM n"
    )
    kill_writer(path, "CREATE TABLE t (x)", fill)
    before = folder(path.parent)
    with Database.view(path) as database:
        assert asked(database, names) == []
    assert folder(path.parent) == before


def test_a_torn_database_of_a_newer_version_is_refused_and_its_copy_dropped(filled, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with sqlite3.connect(filled) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    kill_writer(filled, OVERWRITE)
    with pytest.raises(UnreadableDatabaseError, match="upgrade"):
        Database.view(filled)
    assert list(tmp_path.iterdir()) == [filled.parent]


def test_a_view_tries_again_when_the_database_was_repaired_under_its_hands(torn, monkeypatch):
    copy = recovered_copy.shutil.copyfile

    def repaired_meanwhile(source, target):
        Database.open(torn).close()
        return copy(source, target)

    monkeypatch.setattr(recovered_copy.shutil, "copyfile", repaired_meanwhile)
    with Database.view(torn) as database:
        assert len(asked(database, names)) == 100


def test_a_view_tries_again_when_another_writer_was_killed_under_its_hands(torn, monkeypatch):
    copy, killed = recovered_copy.shutil.copyfile, []

    def torn_again_meanwhile(source, target):
        copy(source, target)
        if source == torn and not killed:
            killed.append(Database.open(torn).close())
            kill_writer(torn, "DELETE FROM assistants WHERE number = 7", OVERWRITE)

    monkeypatch.setattr(recovered_copy.shutil, "copyfile", torn_again_meanwhile)
    with Database.view(torn) as database:
        assert len(asked(database, names)) == 100


def test_a_view_gives_up_when_the_database_is_torn_again_and_again(torn, monkeypatch):
    monkeypatch.setattr(recovered_copy, "copied", lambda _: None)
    with pytest.raises(UnreadableDatabaseError, match="again and again; try again"):
        Database.view(torn)


def test_a_copy_that_cannot_be_made_leaves_nothing_behind(torn, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(recovered_copy.shutil, "copyfile", full_disk)
    with pytest.raises(UnreadableDatabaseError, match="No space left"):
        Database.view(torn)
    assert list(tmp_path.iterdir()) == [torn.parent]


def full_disk(*_):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("existing", [True, False])
def test_a_write_on_a_view_is_a_403_and_changes_nothing(path, existing):
    if existing:
        Database.open(path).close()
    before = existing and folder(path.parent)
    with Database.view(path) as database, in_process(create_app(database)) as client:
        replies = [
            client.post("/assistants", json={"model": "m"}),
            client.post("/assistants/asst_x", json={}),
            client.delete("/assistants/asst_x"),
            client.post("/files", files={"file": ("a.md", b"x")}, data={"purpose": "assistants"}),
        ]
        for reply in replies:
            assert "read only" in refused(reply, "read_only", None, 403)
    assert path.exists() == existing
    assert not existing or folder(path.parent) == before


def test_a_write_on_a_view_raises_a_clear_error(filled):
    with Database.view(filled) as database, pytest.raises(ReadOnlyError, match="read only"), database.write():
        pass


def test_a_view_beside_an_unfinished_write_shows_what_was_before_it(filled):
    with Database.open(filled) as database, database.write() as connection:
        connection.execute("UPDATE assistants SET name = 'unfinished'")
        before = folder(filled.parent)
        assert len(before) == 2
        with Database.view(filled) as view:
            assert asked(view, names) == [str(number) for number in range(100)]
        assert folder(filled.parent) == before


def test_a_database_that_stays_locked_is_refused_in_the_end(filled, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    locking = sqlite3.connect(filled, isolation_level=None)
    locking.execute("BEGIN EXCLUSIVE")
    with pytest.raises(UnreadableDatabaseError, match="database is locked"):
        Database.view(filled)
    locking.close()


def test_a_view_follows_what_others_write(filled):
    with Database.view(filled) as view, Database.open(filled) as database:
        asked(database, made)
        assert len(asked(view, names)) == 100
        assert asked(view, lambda client: client.get("/assistants").json()["data"][0]["name"]) is None
