"""The files of a commit: only what is asked for is read, and within bounds."""

import hashlib
import subprocess
import sys

import pytest
from budgets.bar import SECONDS, SHARED

from reconciler.config import revision
from reconciler.config.content import Root
from reconciler.config.errors import ContentError
from reconciler.config.git import git as ask
from reconciler.config.revision import RevisionError, committed
from reconciler.config.tracked import TrackedRule

LIMIT = 512 * 1024 * 1024


@pytest.fixture
def tree(git):
    """A commit of a tree made by hand; entries are mode, kind, object and name."""

    def tree(*entries):
        name = git("mktree", "-z", given="".join(f"{about}\t{path}\0" for about, path in entries).encode())
        git("update-ref", "HEAD", git("commit-tree", name, "-m", "x"))
        return name

    return tree


@pytest.fixture
def blob(git):
    """An object of some content."""
    return lambda content: f"100644 blob {git('hash-object', '-w', '--stdin', given=content)}"


def test_files_folders_and_links_are_those_of_the_commit(workspace, git):
    workspace.write("conf/a.yaml", "a")
    workspace.write("conf/deep/b.md", "b")
    (workspace.folder / "link.md").symlink_to("conf/a.yaml")
    git("add", "-A")
    git("commit", "-qm", "x")
    workspace.write("conf/new.yaml", "new")

    with committed(Root(workspace.folder), "HEAD") as commit:
        assert [*commit.files_within("conf")] == ["conf/a.yaml", "conf/deep/b.md"]
        assert commit.children("conf") == ["conf/a.yaml"]
        assert (commit.is_folder("conf"), commit.is_folder("conf/a.yaml")) == (True, False)
        assert commit.source("conf/a.yaml").text == "a"
        assert commit.read == 1  # what is read decides how much it may become
        assert commit.fingerprint("conf/deep/b.md", 1) == (hashlib.sha256(b"b").hexdigest(), 1)
        for path, code in {"link.md": "AS303", "conf/new.yaml": "AS301", "../x": "AS301"}.items():
            with pytest.raises(ContentError) as refusal:
                commit.source(path)
            assert refusal.value.code == code
        for read in (commit.source, commit.fingerprint):
            with pytest.raises(ContentError, match="larger than 0 bytes"):
                read("conf/a.yaml", limit=0)


def test_a_name_that_leads_out_is_no_file(workspace, tree, blob):
    tree((blob(b"x"), "fine.md"), (blob(b"x"), ".GIT"))
    with committed(Root(workspace.folder), "HEAD") as commit:
        assert [*commit.files_within(".")] == ["fine.md"]


def test_a_file_that_did_not_change_is_not_read_again(workspace, git):
    workspace.write("handbook.md", "One.\n")
    git("add", "-A")
    git("commit", "-qm", "x")
    root = Root(workspace.folder, TrackedRule.REFUSE)
    proved = root.fingerprint("handbook.md", LIMIT)
    for each in (workspace.folder / ".git/objects").glob("??/*"):
        if ask(workspace.folder, "cat-file", "-t", each.parent.name + each.name) == b"blob\n":
            each.unlink()

    with committed(root, "HEAD") as commit:
        assert commit.fingerprint("handbook.md", LIMIT) == proved


def test_one_content_of_many_paths_is_read_once(workspace, tree, blob, monkeypatch):
    monkeypatch.setattr(revision, "MOST", 1_500_000)
    zeros = blob(b"\0" * 1_000_000)
    tree(*((zeros, f"{number:04}.txt") for number in range(1000)))
    with committed(Root(workspace.folder), "HEAD") as commit:
        found = {commit.fingerprint(f"{number:04}.txt", LIMIT) for number in range(1000)}
    assert found == {(hashlib.sha256(b"\0" * 1_000_000).hexdigest(), 1_000_000)}


def test_many_contents_end_at_a_bound(workspace, tree, blob, monkeypatch):
    monkeypatch.setattr(revision, "MOST", 1_500_000)
    tree(*((blob(b"%d" % number + b"\0" * 1_000_000), f"{number}.txt") for number in range(3)))

    def fingerprints():
        with committed(Root(workspace.folder), "HEAD") as commit:
            return [commit.fingerprint(f"{number}.txt", LIMIT) for number in range(3)]

    with pytest.raises(RevisionError, match="more than 1,500,000 bytes"):
        fingerprints()


def test_trees_that_repeat_themselves_end_at_a_bound(workspace, tree, blob):
    """2^20 files, from 21 objects."""
    inner = tree((blob(b"x"), "x.md"))
    for _ in range(20):
        inner = tree((f"040000 tree {inner}", "a"), (f"040000 tree {inner}", "b"))
    with (
        pytest.raises(RevisionError, match="more than 100,000 files"),
        committed(Root(workspace.folder), "HEAD"),
    ):
        pass


BUDGET = """
import resource, sys
from pathlib import Path
from reconciler.config.content import Root
from reconciler.config.revision import RevisionError, committed
try:
    with committed(Root(Path(".")), "HEAD") as commit:
        for path in commit.children("."):
            commit.fingerprint(path, 512 * 1024 * 1024)
except RevisionError as error:
    print(error)
for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
    used = resource.getrusage(who)
    print(used.ru_utime + used.ru_stime, file=sys.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
"""


def test_contents_that_differ_little_cost_little(workspace, tree, blob, git):
    """A pack of a few kilobytes holds 160 MB."""
    tree(*((blob(b"%d" % number + b"\0" * 20_000_000), f"{number}.txt") for number in range(8)))
    git("-c", "pack.threads=1", "repack", "-adq", "--window=2")
    command = [sys.executable, "-c", BUDGET]
    ended = subprocess.run(command, cwd=workspace.folder, check=True, capture_output=True, timeout=60)

    assert b"more than 100,000,000 bytes" in ended.stdout
    *seconds, size = map(float, ended.stderr.decode().split())
    assert max(seconds) < SHARED * SECONDS
    assert size * (1 if sys.platform == "darwin" else 1024) < 300e6
