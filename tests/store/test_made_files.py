"""Files that are made: for their owner alone whatever the umask, under no name that others can guess."""

import os
import stat

import pytest

from reconciler import files
from reconciler.errors import PlanFileError
from reconciler.server import ledger_in
from reconciler.store import planfile

UMASKS = [0o000, 0o022, 0o777]


@pytest.fixture(params=UMASKS, ids=oct)
def umask(request):
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


def appended(path, text=b"x"):
    with os.fdopen(files.appending(path), "ab") as stream:
        stream.write(text)


def kept_in_a_ledger(path):
    with ledger_in(path):
        pass


@pytest.mark.parametrize(
    "make",
    [
        appended,
        kept_in_a_ledger,
        lambda path: files.create(path, b"x"),
        lambda path: files.replace(path, b"x"),
        lambda path: planfile.write(path, "x"),
    ],
)
@pytest.mark.usefixtures("umask")
def test_a_file_is_its_owners_alone(tmp_path, make):
    make(tmp_path / "made")

    assert mode(tmp_path / "made") == 0o600


@pytest.mark.usefixtures("umask")
def test_so_is_every_directory_on_the_way(tmp_path):
    files.make_folders(tmp_path / "a/b/c")

    assert {mode(tmp_path / path) for path in ("a", "a/b", "a/b/c")} == {0o700}


def test_a_file_of_the_project_has_the_rights_that_the_umask_leaves(tmp_path):
    before = os.umask(0o027)
    files.create_source(tmp_path / "made", b"x")
    os.umask(before)

    assert mode(tmp_path / "made") == 0o640


def test_what_is_appended_to_keeps_its_rights(tmp_path):
    (tmp_path / "there").write_bytes(b"a")
    (tmp_path / "there").chmod(0o644)
    appended(tmp_path / "there", b"b")

    assert ((tmp_path / "there").read_bytes(), mode(tmp_path / "there")) == (b"ab", 0o644)


@pytest.mark.parametrize("make", [appended, kept_in_a_ledger, lambda path: files.create(path, b"x")])
def test_nothing_is_written_through_a_link(tmp_path, make):
    (tmp_path / "other").write_bytes(b"kept")
    for target in ("other", "missing"):
        (tmp_path / "link").unlink(missing_ok=True)
        (tmp_path / "link").symlink_to(target)
        with pytest.raises(Exception, match=r"link|exists"):
            make(tmp_path / "link")

    assert (tmp_path / "other").read_bytes() == b"kept"
    assert not (tmp_path / "missing").exists()


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "other").write_bytes(b"kept")
    (tmp_path / "plan.json").symlink_to("other")
    planfile.write(tmp_path / "plan.json", "new")

    assert (tmp_path / "other").read_bytes() == b"kept"
    assert (tmp_path / "plan.json").read_text() == "new"
    assert not (tmp_path / "plan.json").is_symlink()


def test_no_name_that_another_user_took_keeps_a_plan_from_being_saved(tmp_path):
    for taken in (".plan.json.new", "plan.json.new", ".plan.json.tmp", "state.new"):
        (tmp_path / taken).mkdir()
    planfile.write(tmp_path / "plan.json", "new")

    assert (tmp_path / "plan.json").read_text() == "new"


def test_the_name_on_the_way_is_another_every_time(tmp_path, monkeypatch):
    names, create = [], files.create
    monkeypatch.setattr(files, "create", lambda path, text: (names.append(path.name), create(path, text)))
    for _ in range(3):
        files.replace(tmp_path / "plan.json", b"x")

    assert len({*names}) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


def test_a_file_of_the_longest_name_can_be_replaced(tmp_path):
    planfile.write(tmp_path / ("x" * 255), "new")

    assert (tmp_path / ("x" * 255)).read_text() == "new"


def test_what_cannot_be_replaced_leaves_nothing_behind(tmp_path):
    (tmp_path / "plan.json").mkdir()
    with pytest.raises(PlanFileError, match="it is not a file"):
        planfile.write(tmp_path / "plan.json", "new")
    with pytest.raises(OSError, match="directory"):
        files.replace(tmp_path / "plan.json", b"x")

    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


def test_what_a_killed_run_left_in_a_state_directory_goes_with_the_next_save(store, sample, tmp_path):
    left = tmp_path / "state/.assistants-sync-0011223344556677.new"
    left.write_bytes(b"half")
    with store.lock("test"):
        store.save(sample.another(1), store.load().serial)

    assert not left.exists()
    assert not list((tmp_path / "state").rglob("*.new"))


def rewritten(path, before=b"old", after=b"new"):
    files.rewrite(path, before, after)


def test_a_file_that_is_edited_keeps_its_mode_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"old")
    path.chmod(0o664)
    rewritten(path)
    assert path.read_bytes() == b"new"
    assert mode(path) == 0o664
    assert [one.name for one in tmp_path.iterdir()] == ["a.yaml"]


@pytest.mark.parametrize("now", [b"", b"older", b"ol", b"new"])
def test_a_file_that_changed_since_it_was_read_is_not_edited(tmp_path, now):
    path = tmp_path / "a.yaml"
    path.write_bytes(now)
    with pytest.raises(OSError, match="changed meanwhile"):
        rewritten(path)
    assert path.read_bytes() == now
    assert [one.name for one in tmp_path.iterdir()] == ["a.yaml"]


def test_no_link_is_edited_and_nothing_but_a_file(tmp_path):
    target, link, pipe = tmp_path / "target", tmp_path / "link", tmp_path / "pipe"
    target.write_bytes(b"old")
    link.symlink_to(target)
    os.mkfifo(pipe)
    for path in (link, pipe, tmp_path, tmp_path / "missing"):
        with pytest.raises(OSError, match=r"(?i)link|regular|directory"):
            rewritten(path)
    assert target.read_bytes() == b"old"
    assert link.is_symlink()
    assert len([*tmp_path.iterdir()]) == 3


def test_a_disk_that_is_full_leaves_the_file_that_was_to_be_edited(tmp_path, monkeypatch):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"old")

    def full(number, text):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        rewritten(path)
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.yaml"]
