"""The files a configuration names: found beneath the root, and sent as they were hashed."""

import hashlib
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.content import ContentError, Root
from reconciler.model import address
from reconciler.model.resource import DesiredFile

BIG = 3 * 1024 * 1024 + 1


@pytest.fixture
def hashed(workspace, root):
    """A file as it was when it was hashed."""

    def hashed(path, content):
        workspace.write(path, content)
        sha256, size = root.fingerprint(path, 512 * 1024 * 1024)
        return DesiredFile(address.file(path), path.rpartition("/")[2], sha256, size)

    return hashed


@pytest.mark.parametrize("content", [b"", b"Be kind.\r\n", bytes(range(256)), b"x" * BIG])
def test_exactly_what_was_hashed_is_sent(content, root, hashed):
    file = hashed("docs/handbook.md", content)
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    assert file.size == len(content)
    with root.reopen(file) as stream:
        assert stream.read() == content


@pytest.mark.parametrize("now", [b"Be mean.", b"", b"Be kind.\n"])
def test_a_file_that_changed_since_it_was_hashed_is_not_sent(now, workspace, root, hashed):
    file = hashed("handbook.md", b"Be kind.")
    workspace.write("handbook.md", now)
    with pytest.raises(
        ContentError, match=r"handbook\.md changed after it was planned; run the command again"
    ):
        root.reopen(file)


def test_a_change_after_the_file_was_opened_does_not_reach_the_server(workspace, root, hashed):
    file = hashed("handbook.md", b"Be kind.")
    with root.reopen(file) as stream:
        workspace.write("handbook.md", b"Be mean.")
        assert stream.read() == b"Be kind."


def test_a_file_that_became_a_link_is_not_sent(workspace, root, hashed):
    file = hashed("handbook.md", b"Be kind.")
    workspace.write("copy.md", b"Be kind.")
    (workspace.folder / "handbook.md").unlink()
    (workspace.folder / "handbook.md").symlink_to("copy.md")
    with pytest.raises(ContentError, match=r"handbook\.md is a link"):
        root.reopen(file)


def test_a_file_at_its_limit_is_read_and_one_above_it_is_not(workspace, root):
    workspace.write("a.md", b"x" * 10)
    assert root.text("a.md", 10) == "x" * 10
    assert root.fingerprint("a.md", 10)[1] == 10
    for read in (root.text, root.fingerprint):
        with pytest.raises(ContentError, match=r"a\.md is larger than 9 bytes"):
            read("a.md", 9)


def test_a_file_of_a_terabyte_ends_before_it_is_read(workspace, root):
    os.truncate(workspace.write("huge.md", b""), 1 << 40)
    with pytest.raises(ContentError, match=r"huge\.md is larger than 1,000 bytes"):
        root.fingerprint("huge.md", 1000)


@pytest.fixture
def links(workspace, tmp_path):
    """Links of every kind, each a way to a secret outside."""
    (tmp_path / "secret.md").write_text("secret")
    folder = workspace.folder
    workspace.write("docs/handbook.md", "Be kind.")
    (folder / "absolute.md").symlink_to(tmp_path / "secret.md")
    (folder / "relative.md").symlink_to("../secret.md")
    (folder / "chain.md").symlink_to("absolute.md")
    (folder / "inside.md").symlink_to("docs/handbook.md")
    (folder / "dangling.md").symlink_to("nowhere.md")
    (folder / "loop.md").symlink_to("loop.md")
    (folder / "environment.md").symlink_to("/proc/self/environ")
    (folder / "standard.md").symlink_to("/dev/stdin")
    (folder / "up").symlink_to("..")
    (folder / "etc").symlink_to("/etc")
    (folder / "docs" / "here").symlink_to(".")
    (folder / "docs" / "fd").symlink_to("/dev/fd")
    return folder


@pytest.mark.parametrize(
    "path",
    [
        "absolute.md",
        "relative.md",
        "chain.md",
        "inside.md",
        "dangling.md",
        "loop.md",
        "environment.md",
        "standard.md",
        "up/secret.md",
        "etc/hostname",
        "docs/here/handbook.md",
        "docs/fd/0",
    ],
)
def test_no_link_is_followed_wherever_it_leads(path, links):
    with pytest.raises(ContentError, match="is a link") as refused:
        Root(links).text(path, 1000)
    assert refused.value.help == "name the file it leads to"


def test_what_is_no_file_is_refused_without_waiting(workspace, root, monkeypatch):
    monkeypatch.chdir(workspace.folder)
    os.mkfifo("pipe.md")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind("door.md")
        for path in ("pipe.md", "door.md"):
            with pytest.raises(ContentError, match=rf"^{path}"):
                root.text(path, 1000)


def test_a_device_is_not_read():
    with pytest.raises(ContentError, match="dev/zero is not a regular file"):
        Root(Path("/")).fingerprint("dev/zero", 1000)


def test_every_descriptor_is_closed(workspace, root):
    (workspace.folder / "docs").mkdir()
    workspace.write("a.md", "x")
    before = len(os.listdir("/dev/fd"))  # noqa: PTH208 - counts, and iterates nothing
    for path in ("docs", "a.md", "missing.md"):
        for read in (root.text, root.fingerprint):
            try:
                read(path, 10)
            except ContentError:
                continue
    assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208 - the same


@pytest.mark.parametrize(
    ("named", "beside", "meant"),
    [
        ("docs/handbook.md", "assistants.yaml", "docs/handbook.md"),
        ("./docs//handbook.md", "assistants.yaml", "docs/handbook.md"),
        ("handbook.md", "team/a/assistants.yaml", "team/a/handbook.md"),
        ("../../handbook.md", "team/a/assistants.yaml", "handbook.md"),
        ("docs/../handbook.md", "assistants.yaml", "handbook.md"),
        ("...", "assistants.yaml", "..."),
        ("two words.md", "assistants.yaml", "two words.md"),
        ("file:", "assistants.yaml", "file:"),
    ],
)
def test_a_path_is_found_from_the_file_that_names_it(named, beside, meant, root):
    assert root.locate(named, beside) == meant


@pytest.mark.parametrize(
    "named",
    [
        "",
        "/etc/passwd",
        "//host/share",
        "~",
        "~root/.ssh/id",
        "a\0b",
        "..\\secret",
        "\\\\host\\share",
        "C:\\secret",
    ],
)
def test_only_a_relative_path_with_forward_slashes_is_one(named, root):
    with pytest.raises(ContentError, match="is not a path relative to this file"):
        root.locate(named, "assistants.yaml")


STEPS = st.lists(st.sampled_from(["..", ".", "", "a", "b", "~", "...", "a..", "%2e%2e"]), max_size=8).map(
    "/".join
)


@given(STEPS, st.sampled_from(["x.yaml", "a/x.yaml", "a/b/x.yaml"]))
def test_a_path_that_is_accepted_never_leads_out(named, beside):
    root = Root(Path("/project"))
    try:
        path = root.locate(named, beside)
    except ContentError:
        return
    inside = os.path.normpath(os.path.join("/project", os.path.dirname(beside), named))  # noqa: PTH118, PTH120 - an oracle of another kind
    assert os.path.normpath(f"/project/{path}") == inside
    assert inside == "/project" or inside.startswith("/project/")


def test_the_first_step_that_does_not_exist_is_the_one_that_gets_a_hint(workspace, root):
    workspace.write("docs/guides/handbook.md", "Be kind.")
    for path, hint in (
        ("doc/guides/handbook.md", "did you mean `docs`?"),
        ("docs/guide/handbook.md", "did you mean `guides`?"),
        ("docs/guides/handbok.md", "did you mean `handbook.md`?"),
        ("docs/guides/prices.csv", ""),
        ("docs/guides/handbook.md/page", ""),
    ):
        with pytest.raises(ContentError) as refused:
            root.text(path, 10)
        assert refused.value.help == hint
