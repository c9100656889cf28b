"""Git runs nothing and contacts no host on behalf of the repository in which it is started."""

import hashlib
import os
import re
import shutil
import socket
import struct
import subprocess
import threading
import time

import pytest
from budgets.bar import SECONDS, SHARED

from reconciler.config.content import Root
from reconciler.config.errors import ContentError
from reconciler.config.git import _OURS as OURS  # the variables that git gets
from reconciler.config.git import GitError, git
from reconciler.config.revision import RevisionError, committed
from reconciler.config.tracked import Silence, TrackedRule, tracked

CONFIGURATION = """\
project: acme
assistants:
  support: {model: m, instructions: {file: prompt.md}, files: [handbook.md]}
"""
# Every key of `git help --config` whose name says that it is a program, a file, a host or a helper.
NAMES = re.compile(
    r"command|cmd|program|helper|editor|pager|hook|proxy|url|external|textconv|clean$|smudge|process|driver"
    r"|askpass|fsmonitor$|\.binary|tool$|pack$|vcs|browser|httpd|tunnel|path$|file$|filter$|include|server$"
    r"|bundle|alias|gitproxy|insteadof|template|worktree$|mailmap|skiplist|directory$|host|interactive",
    re.IGNORECASE,
)
# Git itself refuses to go on with these, or looks elsewhere for the working copy.
NOT_PLANTED = {
    "core.worktree",
    "include.path",
    "includeif.*.path",
    "diff.*.binary",
    "core.fsmonitorhookversion",
}
MORE = """
[filter "canary"]
    process = {script}
    required = true
[merge "canary"]
    driver = {script}
[diff "canary"]
    command = {script}
    textconv = {script}
[trace2]
    eventTarget = {canary}
    normalTarget = {canary}
[remote "origin"]
    url = {url}
    promisor = true
    partialclonefilter = blob:none
[protocol]
    allow = always
[protocol "ext"]
    allow = always
"""
VARIABLES = [
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_PROXY_COMMAND",
    "GIT_EXTERNAL_DIFF",
    "GIT_PAGER",
    "GIT_EDITOR",
    "GIT_ASKPASS",
    "GIT_SEQUENCE_EDITOR",
    "GIT_REDIRECT_STDERR",
    "GIT_TRACE",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
    "GIT_TRACE_SETUP",
]


@pytest.fixture(autouse=True)
def no_git_of_this_machine(monkeypatch, tmp_path):
    """No setting of the person running the tests reaches git."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")


def plain(folder, *arguments):
    """Git as a person runs it."""
    identity = "-c", "user.name=A", "-c", "user.email=a@example.org"
    command = ["git", *identity, "-c", "init.defaultBranch=main", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60).stdout.decode()


@pytest.fixture
def checkout(workspace):
    """A checkout of two commits."""
    workspace.configure(CONFIGURATION)
    workspace.write("prompt.md", "Be kind.\n")
    workspace.write("handbook.md", "One.\n")
    plain(workspace.folder, "init", "-q")
    plain(workspace.folder, "add", "-A")
    plain(workspace.folder, "commit", "-qm", "one")
    workspace.write("handbook.md", "Two.\n")
    plain(workspace.folder, "commit", "-qam", "two")
    return workspace


@pytest.fixture
def listener():
    """A port of this machine, and how many connections it got."""
    met = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                met.append(connection)
                connection.close()

        waiting = threading.Thread(target=accept, daemon=True)
        waiting.start()
        yield server.getsockname()[1], met
        server.shutdown(socket.SHUT_RDWR)
        waiting.join()


@pytest.fixture
def canary(tmp_path):
    """A script that leaves a trace, and the trace."""
    trace, script = tmp_path / "ran", tmp_path / "script"
    script.write_text(f'#!/bin/sh\necho "$0 $*" >> {trace}\ncat\n')
    script.chmod(0o755)
    return script, trace


def keys():
    """Every setting of this git that names a program, a file or a host, its placeholders filled."""
    listed = plain("/", "help", "-c").split()
    found = {re.sub(r"<[^>]*>|\*", "canary", key) for key in listed if "." in key and NAMES.search(key)}
    return sorted(key for key in found if key.lower().replace("canary", "*") not in NOT_PLANTED)


def plant(folder, script, url):
    """Plant the script, and the URL, wherever a repository can name one."""
    config = folder / ".git" / "config"
    before = config.read_text()
    planted = []
    for key in keys():
        section, _, rest = key.partition(".")
        inner, _, name = rest.rpartition(".")
        value = url if re.search(r"url|bundle|host|proxy$", name, re.IGNORECASE) else script
        head = f'[{section} "{inner}"]' if inner else f"[{section}]"
        planted.append(f"{head}\n\t{name} = {value}\n")
        config.write_text(before + "".join(planted))
        listing = subprocess.run(  # what git itself cannot read would end everything at once
            ["git", "-c", "core.fsmonitor=false", "diff-index", "--cached", "--no-ext-diff", "HEAD"],  # noqa: S607 - whichever is installed
            cwd=folder,
            capture_output=True,
            check=False,
            timeout=60,
        )
        if listing.returncode:
            planted.pop()
    config.write_text(
        before + "".join(planted) + MORE.format(script=script, canary=script.parent / "t", url=url)
    )
    for hook in (
        "post-index-change",
        "pre-commit",
        "post-checkout",
        "reference-transaction",
        "fsmonitor-watchman",
    ):
        shutil.copy(script, folder / ".git" / "hooks" / hook)
    (folder / ".git/info/attributes").write_text("* filter=canary diff=canary merge=canary\n")
    return planted


COMMANDS = [
    ("validate",),
    ("plan", "--server", "embedded"),
    ("plan", "--server", "embedded", "--format", "html"),
    ("plan", "--against", "git:HEAD~1", "--file-diffs"),
    ("plan", "--against", "git:HEAD", "--format", "html"),
    ("show", "assistant.support"),
]


def test_no_program_runs_and_no_host_is_contacted(checkout, canary, listener):
    script, trace = canary
    port, met = listener
    environment = dict.fromkeys(VARIABLES, str(script)) | {
        "GIT_DIR": str(script.parent),
        "GIT_INDEX_FILE": str(script),
        "GIT_OBJECT_DIRECTORY": str(script.parent),
        "GIT_EXEC_PATH": str(script.parent),
    }
    assert len(plant(checkout.folder, script, f"http://127.0.0.1:{port}/x.git")) > 60
    trace.unlink(missing_ok=True)
    written = script.read_bytes()

    for variables in ({}, {"CI": "true"}, environment, {**environment, "CI": "true"}):
        for arguments in COMMANDS:
            ended = checkout.run(*arguments, **variables)
            assert (ended.code, "AS306" in ended.err) == (0, False), (arguments, variables, ended.err)

    assert script.read_bytes() == written
    assert (trace.exists(), met) == (False, [])
    os.utime(checkout.folder / "prompt.md", (1, 1))
    subprocess.run(["git", "status"], cwd=checkout.folder, capture_output=True, check=False, timeout=60)  # noqa: S607 - whichever is installed
    assert trace.exists()  # the trap works


@pytest.fixture(params=["today's git", "a git that knows no GIT_NO_LAZY_FETCH"])
def any_git(request, monkeypatch):
    """Git of 2026, or one from before 2.39.4, for which the list of protocols alone must do."""
    if request.param != "today's git":
        monkeypatch.delitem(OURS, "GIT_NO_LAZY_FETCH")


@pytest.mark.usefixtures("any_git")
@pytest.mark.parametrize("helper", ["http://127.0.0.1:{port}/x.git", "ext::{script} %S", "canary::x"])
def test_what_a_partial_clone_lacks_is_not_fetched(checkout, canary, listener, helper, monkeypatch):
    script, trace = canary
    port, met = listener
    tmp_path = script.parent
    plain(checkout.folder, "config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    source = f"file://{checkout.folder}"
    plain(tmp_path, "clone", "-q", "--filter=blob:none", source, str(partial))
    plain(partial, "config", "remote.origin.url", helper.format(port=port, script=script))
    plain(partial, "config", "protocol.allow", "always")
    shutil.copy(script, tmp_path / "git-remote-canary")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    root = Root(partial, TrackedRule.REFUSE)

    assert root.source("prompt.md").text == "Be kind.\n"
    with (
        pytest.raises(RevisionError, match="fetch what this partial clone left out"),
        committed(root, "HEAD~1") as old,
    ):
        old.fingerprint("handbook.md", 1000)
    assert (trace.exists(), met) == (False, [])


def test_a_sparse_index_whose_trees_are_missing_ends_in_an_error(checkout, listener, tmp_path):
    port, met = listener
    checkout.write("deep/er/file.md", "x")
    plain(checkout.folder, "add", "-A")
    plain(checkout.folder, "commit", "-qm", "deep")
    plain(checkout.folder, "sparse-checkout", "set", "--cone", "--sparse-index", "nothing")
    tree = plain(checkout.folder, "rev-parse", "HEAD:deep").strip()
    (checkout.folder / ".git/objects" / tree[:2] / tree[2:]).unlink()
    for key, value in {
        "extensions.partialClone": "origin",
        "remote.origin.url": f"http://127.0.0.1:{port}/",
        "remote.origin.promisor": "true",
        "core.repositoryFormatVersion": "1",
    }.items():
        plain(checkout.folder, "config", key, value)

    silence = tracked(checkout.folder)

    assert isinstance(silence, Silence)
    assert silence.reason.startswith("not a tree object")
    assert met == []


def test_a_sparse_index_is_read_whole(checkout):
    checkout.write("deep/er/file.md", "x")
    plain(checkout.folder, "add", "-A")
    plain(checkout.folder, "commit", "-qm", "deep")
    whole = tracked(checkout.folder).entries.keys()
    plain(checkout.folder, "sparse-checkout", "set", "--cone", "--sparse-index", "nothing")

    found = tracked(checkout.folder)

    assert found.entries.keys() == whole
    assert found.entry("deep/er/file.md").is_left_out


SPARSE = {
    "long": (200, 3, "the paths in its index have more than 50,000,000 bytes"),
    "many": (1, 2, "its index has more than 500,000 files"),
}


@pytest.mark.parametrize("names", SPARSE)
def test_a_sparse_index_that_expands_is_refused_within_bounds(names, checkout):
    """Each of its directories is the same tree of trees."""
    length, levels, reason = SPARSE[names]
    folder = checkout.folder
    blob = plain(folder, "hash-object", "-w", "prompt.md").strip()
    tree = made(folder, (f"100644 blob {blob}\t{'n' * length}{number}" for number in range(200)))
    for _ in range(levels):
        tree = made(folder, (f"040000 tree {tree}\t{'d' * length}{number}" for number in range(10)))
    for key in ("core.sparseCheckout", "core.sparseCheckoutCone", "index.sparse"):
        plain(folder, "config", key, "true")
    (folder / ".git/info/sparse-checkout").write_text("/*\n!/*/\n")
    (folder / ".git/index").write_bytes(sparse_index(bytes.fromhex(tree), 300))

    before = sum(os.times()[:4])
    silence = tracked(folder)

    assert (silence.reason, silence.help) == (reason, "-C names a smaller directory")
    assert sum(os.times()[:4]) - before < SHARED * SECONDS


def made(folder, entries):
    """A tree made by hand."""
    command = ["git", "mktree", "-z"]
    given = "".join(f"{entry}\0" for entry in entries).encode()
    ended = subprocess.run(command, cwd=folder, input=given, check=True, capture_output=True, timeout=60)
    return ended.stdout.decode().strip()


def sparse_index(tree, number):
    """An index of directories that a sparse checkout leaves out."""
    entries = b""
    for each in range(number):
        path = b"e%04d/" % each
        entry = struct.pack(">10I20sHH", *[0] * 6, 0o40000, *[0] * 3, tree, 0x4000 | len(path), 0x4000) + path
        entries += entry + b"\0" * (8 - len(entry) % 8)
    index = struct.pack(">4sII", b"DIRC", 3, number) + entries + b"sdir" + struct.pack(">I", 0)
    return index + hashlib.sha1(index, usedforsecurity=False).digest()


@pytest.mark.parametrize(
    "place", ["HEAD", "config", "index", "info/attributes", "include", "packed-refs", "."]
)
def test_a_pipe_in_the_place_of_a_file_of_git_is_not_waited_for_long(checkout, place, monkeypatch, tmp_path):
    monkeypatch.setattr("reconciler.config.git.PATIENCE", 0.3)
    pipe = checkout.folder / ".git" / place
    if place == "include":
        plain(checkout.folder, "config", "include.path", str(tmp_path / "pipe"))
        pipe = tmp_path / "pipe"
    elif place == ".":
        shutil.rmtree(checkout.folder / ".git")
        pipe = checkout.folder / ".git"
    else:
        pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    checkout.write("prompt.md", "Changed.\n")
    root = Root(checkout.folder, TrackedRule.REFUSE)

    before = time.monotonic()
    with pytest.raises(ContentError) as refusal:
        root.source("prompt.md")

    assert refusal.value.code == "AS306"
    assert time.monotonic() - before < 5


def test_a_git_that_gave_no_answer_is_not_asked_again_for_every_file(checkout, monkeypatch):
    monkeypatch.setattr("reconciler.config.git.PATIENCE", 0.5)
    os.mkfifo(checkout.folder / ".gitattributes")
    root = Root(checkout.folder, TrackedRule.REFUSE)
    before = time.monotonic()
    for name in ("prompt.md", "handbook.md", "assistants.yaml"):
        checkout.write(name, "Changed.\n")
        with pytest.raises(ContentError, match=r"differs from what git has$"):
            root.source(name)
    assert 0.5 <= time.monotonic() - before < 5


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/urandom"])
def test_a_device_in_the_place_of_git_is_no_checkout(checkout, device, monkeypatch):
    monkeypatch.setattr("reconciler.config.git.PATIENCE", 2)
    shutil.rmtree(checkout.folder / ".git")
    (checkout.folder / ".git").symlink_to(device)
    assert isinstance(tracked(checkout.folder), Silence)


def stand_in(monkeypatch, tmp_path, script):
    """A program in git's place."""
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def test_git_is_ended_with_all_that_it_started(checkout, monkeypatch, tmp_path):
    monkeypatch.setattr("reconciler.config.git.PATIENCE", 0.3)
    stand_in(monkeypatch, tmp_path, f"sleep 60 & echo $! > {tmp_path}/pid; wait")
    with pytest.raises(GitError, match=r"no answer within 0\.3 seconds"):
        git(checkout.folder, "ls-files")
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_running(pid)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123 - not a file to keep a path of
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_an_answer_without_end_is_cut(checkout, monkeypatch, tmp_path):
    stand_in(monkeypatch, tmp_path, "exec yes")
    with pytest.raises(GitError, match="it prints more than 1,000,000 bytes"):
        git(checkout.folder, "ls-files", most=1_000_000)


def test_complaints_without_end_are_cut(checkout, monkeypatch, tmp_path):
    stand_in(monkeypatch, tmp_path, "yes complaint | head -c 5000000 >&2; exit 3")
    with pytest.raises(GitError) as failed:
        git(checkout.folder, "ls-files")
    assert len(str(failed.value)) < 100_000


def test_an_index_that_expands_is_refused_within_bounds(checkout):
    """Version 4 of the format stores a path as what differs from the one before."""
    folder = b"/".join([b"d" * 200] * 400)
    entry = struct.pack(">10I20sH", *[0] * 6, 0o100644, *[0] * 3, b"1" * 20, 0xFFF)
    paths = [b"\0" + folder + b"/00000\0", *(b"\x05%05d\0" % number for number in range(1, 12_000))]
    index = struct.pack(">4sII", b"DIRC", 4, len(paths)) + b"".join(entry + path for path in paths)
    (checkout.folder / ".git/index").write_bytes(index + hashlib.sha1(index, usedforsecurity=False).digest())
    assert (checkout.folder / ".git/index").stat().st_size < 1_000_000

    silence = tracked(checkout.folder)

    assert isinstance(silence, Silence)
    assert "memory" in silence.reason or "prints more than" in silence.reason


REMEDIES = {
    "gitdir: /nowhere/.git/worktrees/wt\n": "mount or clone the repository that this worktree or submodule",
    "nonsense": "clone it again: its .git is no repository",
}


@pytest.mark.parametrize("content", REMEDIES)
def test_the_remedy_follows_from_the_cause(checkout, content):
    shutil.rmtree(checkout.folder / ".git")
    checkout.write(".git", content)
    silence = tracked(checkout.folder)
    assert isinstance(silence, Silence)
    assert silence.help.startswith(REMEDIES[content])
    assert "safe.directory" not in silence.help


def test_outside_a_checkout_the_remedy_is_a_checkout(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(GitError, match="not a git repository") as failed:
        git(tmp_path / "empty", "ls-files")
    assert failed.value.help == "run it in a checkout, or name one with -C"


def test_a_git_directory_that_is_no_repository_is_to_be_cloned_again(tmp_path):
    (tmp_path / ".git").mkdir()
    with pytest.raises(GitError, match="not a git repository") as failed:
        git(tmp_path, "ls-files")
    assert failed.value.help == "clone it again: its .git is no repository"


def test_a_silent_git_is_reported_once(checkout):
    for number in range(150):
        checkout.write(f"conf/{number:03}.yaml", "project: acme\n")
    ended = checkout.run(
        "validate", "-f", "assistants.yaml", "-f", "conf", CI="true", GIT_TEST_ASSUME_DIFFERENT_OWNER="1"
    )
    assert ended.err.count("AS306") == 1
    assert "assistants.yaml and 150 more files: detected dubious ownership" in ended.err
    assert "safe.directory" in ended.err


def test_a_revision_that_git_cannot_read_is_an_error_with_a_remedy(checkout):
    (checkout.folder / ".git" / "HEAD").write_text("")
    with pytest.raises(RevisionError, match="git cannot show HEAD"), committed(Root(checkout.folder), "HEAD"):
        pass


@pytest.mark.parametrize("lacking", ["deep", "handbook.md", ""])
def test_a_damaged_store_is_not_called_a_partial_clone(lacking, checkout):
    checkout.write("deep/er/file.md", "x")
    plain(checkout.folder, "add", "-A")
    plain(checkout.folder, "commit", "-qm", "deep")
    name = plain(checkout.folder, "rev-parse", f"HEAD:{lacking}").strip()
    (checkout.folder / ".git/objects" / name[:2] / name[2:]).unlink()
    checkout.write("handbook.md", "Three.\n")

    ended = checkout.run("plan", "--against", "git:HEAD")

    assert ended.code == 1
    assert ("clone it again: objects are missing" in ended.err, "partial" in ended.err) == (True, False)
