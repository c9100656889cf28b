"""The files a configuration names: read once, within their limits, and sent as they were hashed."""

import hashlib
import io
import os
import threading
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from reconciler.config.content import Root
from reconciler.config.errors import ContentError
from reconciler.model import address
from reconciler.model.resource import DesiredFile

BIG = 3 * 1024 * 1024 + 1
ROUNDS = 300


@pytest.fixture
def hashed(workspace, root):
    """A file as it was when it was hashed, once it was written where that is wanted."""

    def hashed(path, content=None):
        if content is not None:
            workspace.write(path, content)
        sha256, size = root.fingerprint(path, 512 * 1024 * 1024)
        return DesiredFile(address.file(path), path.rpartition("/")[2], sha256, size)

    return hashed


def reads(root):
    """What reads a file of at most so many bytes as text."""
    return lambda path, limit: root.source(path, limit=limit)


@pytest.mark.parametrize("content", [b"", b"Be kind.\r\n", bytes(range(256)), b"x" * BIG])
def test_exactly_what_was_hashed_is_sent(content, root, hashed):
    file = hashed("docs/handbook.md", content)
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    assert file.size == len(content)
    with root.reopen(file) as stream:
        assert stream.read() == content


@pytest.mark.parametrize("before", [b"Be kind.", b""])
@pytest.mark.parametrize("now", [b"Be mean.", b"Be", b"Be kind.\n", b"x" * BIG])
def test_a_file_that_changed_since_it_was_hashed_is_not_sent(before, now, workspace, root, hashed):
    file = hashed("handbook.md", before)
    workspace.write("handbook.md", now)
    with pytest.raises(ContentError, match=r"changed after it was planned; run the command again") as refused:
        root.reopen(file)
    assert refused.value.code == "AS308"


def test_a_change_after_the_file_was_opened_does_not_reach_the_server(workspace, root, hashed):
    file = hashed("handbook.md", b"Be kind.")
    with root.reopen(file) as stream:
        workspace.write("handbook.md", b"Be mean.")
        assert stream.read() == b"Be kind."


@contextmanager
def meanwhile(action):
    """Another thread that repeats something until the block ends."""
    ended = threading.Event()

    def repeat():
        while not ended.is_set():
            action()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_what_is_sent_was_hashed_however_the_file_is_rewritten_meanwhile(workspace, root, hashed):
    path = workspace.write("handbook.md", b"")
    rounds = sent = 0

    def rewrite():
        for content in (b"Be kind.", b"Be mean.", b"x" * 100_000, b""):
            path.write_bytes(content)

    with meanwhile(rewrite):
        while rounds < ROUNDS or not sent:
            rounds += 1
            file = hashed("handbook.md")
            try:
                with root.reopen(file) as stream:
                    found = stream.read()
            except ContentError as refused:
                assert refused.code == "AS308"  # noqa: PT017 - and now and then it is sent
            else:
                assert hashlib.sha256(found).hexdigest() == file.sha256
                assert len(found) == file.size
                sent += 1


def test_a_file_that_became_a_link_is_not_sent(workspace, root, hashed):
    file = hashed("handbook.md", b"Be kind.")
    workspace.write("copy.md", b"Be kind.")
    (workspace.folder / "handbook.md").unlink()
    (workspace.folder / "handbook.md").symlink_to("copy.md")
    with pytest.raises(ContentError, match=r"handbook\.md is a link"):
        root.reopen(file)


def test_a_file_at_its_limit_is_read_and_one_above_it_is_not(workspace, root):
    workspace.write("a.md", b"x" * 10)
    assert root.source("a.md", limit=10).text == "x" * 10
    assert root.fingerprint("a.md", 10)[1] == 10
    for read in (root.source, root.fingerprint):
        with pytest.raises(ContentError, match=r"a\.md is larger than 9 bytes") as refused:
            read("a.md", limit=9)
        assert refused.value.code == "AS305"


def test_a_file_of_a_terabyte_ends_before_it_is_read(workspace, root):
    os.truncate(workspace.write("huge.md", b""), 1 << 40)
    for read in (root.source, root.fingerprint):
        with pytest.raises(ContentError, match=r"huge\.md is larger than 512,000,000 bytes"):
            read("huge.md", limit=512_000_000)


def test_a_file_that_grows_faster_than_it_is_read_ends_at_its_limit(workspace, root, monkeypatch):
    path = workspace.write("log.md", b"x")
    lengths = []

    class Growing(io.FileIO):
        def read(self, most):
            with path.open("ab") as stream:
                stream.write(b"x" * most * 2)
            piece = super().read(most)
            lengths.append(len(piece))
            return piece

    monkeypatch.setattr(os, "fdopen", lambda number, mode, **_: Growing(number, mode))
    for read in (root.source, root.fingerprint):
        path.write_bytes(b"x")
        lengths.clear()
        with pytest.raises(ContentError, match=r"log\.md is larger than 3,000,000 bytes"):
            read("log.md", limit=3_000_000)
        assert sum(lengths) == 3_000_001


@pytest.mark.skipif(not Path("/proc/sys/kernel/ostype").exists(), reason="there is no such file here")
def test_a_file_that_says_it_is_empty_is_read_up_to_the_limit():
    root = Root(Path("/proc/sys/kernel"))
    assert root.source("ostype", limit=6).text == "Linux\n"
    with pytest.raises(ContentError, match="ostype is larger than 5 bytes"):
        root.source("ostype", limit=5)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no such file here")
def test_a_file_that_cannot_be_read_to_its_end_is_named():
    with pytest.raises(ContentError, match=r"^mem: input/output error"):
        Root(Path("/proc/self")).source("mem", limit=10)


@pytest.mark.parametrize(("content", "line"), [(b"\xff", 1), (b"Be\n\nkind\xe0 \n", 3)])
def test_what_is_not_utf_8_is_refused_with_its_line(content, line, workspace, root):
    workspace.write("prompt.md", content)
    with pytest.raises(ContentError, match=rf"prompt\.md is not UTF-8 text \(line {line}\)") as refused:
        root.source("prompt.md", limit=100)
    assert (refused.value.code, refused.value.help) == ("AS304", "save it as UTF-8")


PATHS = [
    "docs",
    "docs/a.md",
    "docs/b.md",
    "docs/a.md/c",
    "missing/a.md",
    "link/a.md",
    "latin.md",
    "..",
    ".git/config",
    "b.md",
]


def test_every_descriptor_is_closed(workspace, hashed, root):
    workspace.write("docs/a.md", "x")
    workspace.write("latin.md", b"\xff")
    (workspace.folder / "link").symlink_to("docs")
    file = hashed("b.md", b"Be kind.")
    workspace.write("b.md", b"Be mean.")
    attempts = [partial(read, path, limit=9) for read in (root.source, root.fingerprint) for path in PATHS]
    elsewhere = partial(Root(Path("/")).source, "proc/self/environ", limit=9)

    before = len(os.listdir("/dev/fd"))  # noqa: PTH208 - counts, and iterates nothing
    for attempt in (*attempts, elsewhere, partial(root.reopen, file)):
        with suppress(ContentError):
            attempt()
    assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208 - the same
