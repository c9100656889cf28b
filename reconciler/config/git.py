"""Git, asked so that neither the repository nor the environment runs a program or opens a connection."""

from __future__ import annotations

import io
import os
import resource
import select
import shlex
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, Self

from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

PATIENCE: Final = 30.0
"""Seconds that git may take for one answer."""
MOST: Final = 100_000_000
"""Bytes that are read of one answer."""
MEMORY: Final = 280 * 1024 * 1024
"""Bytes of memory that one git may fill; packs, which it maps, do not count."""
REGULAR: Final = frozenset({"100644", "100755"})
"""The modes of regular files."""

_SETTINGS = (
    # What would run a program. None of our commands needs one.
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.editor=false",
    "core.askPass=",
    "core.sshCommand=false",
    "core.gitProxy=",
    "core.alternateRefsCommand=false",
    "credential.helper=",
    "diff.external=",
    "gpg.program=false",
    "gpg.ssh.defaultKeyCommand=",
    "uploadpack.packObjectsHook=",
    "interactive.diffFilter=",
    # What would open a connection.
    "protocol.allow=never",
    "fetch.bundleURI=",
    "http.proxy=",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "maintenance.auto=false",
    "gc.auto=0",
    # What would read a file outside the repository, or write one.
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "mailmap.file=",
    "core.untrackedCache=false",
    "core.logAllRefUpdates=false",
    # What would make another object of what is stored under a name.
    "core.useReplaceRefs=false",
    # What would take more memory than a small repository is worth.
    "core.bigFileThreshold=1m",  # larger blobs are streamed
    "core.preloadIndex=false",
    "index.threads=1",
    "pack.threads=1",
    "safe.bareRepository=explicit",  # a directory that was checked out cannot pose as a repository
)
_GIT = ("git", "--no-pager", "--literal-pathspecs", *(word for one in _SETTINGS for word in ("-c", one)))
_OPERATORS = ("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_")
# Settings of the operator, among them `safe.directory`; the ones above override them. Every other variable
# of git goes: it could choose a repository, an index, an object store, a program or a file to write.
_KEPT = frozenset(
    {
        "GIT_CONFIG_COUNT",
        "GIT_CONFIG_PARAMETERS",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_SYSTEM",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_DISCOVERY_ACROSS_FILESYSTEM",
        "GIT_TEST_ASSUME_DIFFERENT_OWNER",  # makes git stricter
    }
)
_OURS = {
    "GIT_ALLOW_PROTOCOL": "none",  # overrides every protocol.*.allow of the repository
    "GIT_NO_LAZY_FETCH": "1",  # a missing object of a partial clone is an error
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",  # the reasons below are searched for words
}
_PIECE = 1024 * 1024
_LONGEST_REASON = 64 * 1024
DAMAGED: Final = "clone it again: objects are missing from its store"
"""The remedy for a store that lacks what it should have."""
_AGAIN = "see what `git ls-files` prints there"
_CLONE = "clone it again: its .git is no repository"
_ELSEWHERE = "run it in a checkout, or name one with -C"
# The first remedy whose words are in git's reason.
_REMEDIES = (
    ("lazy fetching disabled", "fetch what this partial clone left out; a full clone needs nothing"),
    ("promisor", "fetch what this partial clone left out; a full clone needs nothing"),
    # A git that is too old for GIT_NO_LAZY_FETCH; a signal may end it before it names the promisor.
    ("transport '", "fetch what this partial clone left out; a full clone needs nothing"),
    ("Could not read", DAMAGED),
    ("not a tree object", DAMAGED),
    ("sparse index", "run `git sparse-checkout reapply --no-sparse-index`"),
    # The root is on another file system than .git, as where a container mounts a part of a checkout.
    ("DISCOVERY_ACROSS_FILESYSTEM", "set GIT_DISCOVERY_ACROSS_FILESYSTEM=1: .git is on another file system"),
    ("index file corrupt", "remove .git/index, and run `git reset`"),
    ("bad index file", "remove .git/index, and run `git reset`"),
    ("index file smaller than expected", "remove .git/index, and run `git reset`"),
    ("unknown repository extension", "use a newer git: this one does not know the format of .git"),
    ("git repo version", "use a newer git: this one does not know the format of .git"),
    ("bad config", "correct .git/config"),
    ("ermission denied", "let this user read .git"),
    ("bare repository", "name a directory of a checkout with -C"),
    ("invalid gitfile format", _CLONE),
    ("not a git repository: ", "mount or clone the repository that this worktree or submodule belongs to"),
    (
        "ut of memory",
        "its index or an object is larger than git may unpack here; -C names a smaller directory",
    ),
)


class GitError(ReconcilerError):
    """Git gave no answer: the text is the reason, and ``help`` the remedy that follows from it.

    ``code`` is the status with which it ended, where it ended by itself.
    """

    def __init__(self, reason: str, help: str = _AGAIN, code: int = 0) -> None:  # noqa: A002 - the field's word
        super().__init__(reason)
        self.help = help
        self.code = code


class Conversation(io.RawIOBase):
    """A git that runs: what it prints is read within bounds of time and size, and so are its requests.

    The time counts from its start, or from the last request. Reading raises GitError beyond the bounds, and
    where git failed.
    """

    def __init__(self, folder: Path, arguments: tuple[str, ...], most: int) -> None:
        self._folder = folder
        self._left = most
        self._most = most
        self._complaint = bytearray()
        self._git = _started(folder, arguments)
        self._patient_until = time.monotonic() + PATIENCE

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End git, and whatever it may have started."""
        if not self.closed:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._git.pid, signal.SIGKILL)
            self._git.wait()
            for stream in self._streams():
                with suppress(OSError):
                    stream.close()
        super().close()

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: object) -> int:
        """Read what comes next; 0 at the end, once git ended well."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type] # io has no better type for a buffer
        out = self._stream(self._git.stdout)
        self._await(out)
        size = os.readv(out.fileno(), [view])
        self._left -= size
        if self._left < 0:
            raise GitError(f"it prints more than {self._most:,} bytes", "-C names a smaller directory")
        if not size:
            self._ended()
        return size

    def request(self, line: bytes) -> None:
        """Send one line; no more than a pipe holds is ever sent before the answer is read."""
        self._patient_until = time.monotonic() + PATIENCE
        try:
            self._stream(self._git.stdin).write(line + b"\n")
        except OSError as cause:
            self._ended()
            raise GitError(f"it takes no request: {cause.strerror}") from cause

    def _streams(self) -> list[IO[bytes]]:
        return [self._stream(each) for each in (self._git.stdin, self._git.stdout, self._git.stderr)]

    @staticmethod
    def _stream(stream: IO[bytes] | None) -> IO[bytes]:
        assert stream is not None  # noqa: S101 - all three are pipes
        return stream

    def _await(self, out: IO[bytes]) -> None:
        """Wait until git prints something or ends, and gather its complaints meanwhile."""
        poll = select.poll()
        complaints = self._stream(self._git.stderr)
        for stream in (out, complaints):
            poll.register(stream, select.POLLIN | select.POLLHUP)
        while True:
            ready = {number for number, _ in poll.poll(self._milliseconds())}
            if not ready:
                raise GitError(
                    f"no answer within {PATIENCE:g} seconds", "see whether a file in .git is a pipe"
                )
            if complaints.fileno() in ready and not self._gathered(complaints):
                poll.unregister(complaints)
            if out.fileno() in ready:
                return

    def _milliseconds(self) -> float:
        return max(0.0, self._patient_until - time.monotonic()) * 1000

    def _gathered(self, complaints: IO[bytes]) -> bool:
        """Keep the beginning of what git complains about; return whether there may be more."""
        piece = os.read(complaints.fileno(), _LONGEST_REASON)
        self._complaint += piece[: _LONGEST_REASON - len(self._complaint)]
        return bool(piece)

    def _ended(self) -> None:
        """Raise GitError unless git ended well."""
        try:
            code = self._git.wait(max(0.0, self._patient_until - time.monotonic()))
        except subprocess.TimeoutExpired as cause:
            raise GitError(f"no answer within {PATIENCE:g} seconds") from cause
        if code:
            while self._gathered(self._stream(self._git.stderr)):
                pass
            raise _refusal(self._folder, bytes(self._complaint), code)


def git(folder: Path, *arguments: str, most: int = MOST) -> bytes:
    """Return what git prints in a directory, at most so many bytes; GitError where it gives no answer."""
    with asked(folder, *arguments, most=most) as answer:
        return answer.read()


@contextmanager
def asked(folder: Path, *arguments: str, most: int = MOST) -> Iterator[IO[bytes]]:
    """Yield what git prints in a directory, as a stream; GitError where it gives no answer."""
    with (
        Conversation(folder, arguments, most) as conversation,
        io.BufferedReader(conversation, _PIECE) as answer,
    ):
        yield answer


def commit_of(folder: Path, revision: str) -> str:
    """Return the full name of the commit that a revision names; GitError where there is none."""
    named = f"{revision}^{{commit}}"
    return git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", named).decode().strip()


def is_partial(folder: Path) -> bool:
    """Return whether a clone may have left objects with the remote; GitError where git gives no answer."""
    keys = r"^(extensions\.partialclone|remote\..*\.(promisor|partialclonefilter))$"
    try:
        return bool(git(folder, "config", "--get-regexp", keys))
    except GitError as cause:
        if cause.code != 1:
            raise
        return False


def _started(folder: Path, arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
    try:
        started = subprocess.Popen(  # noqa: S603 - nothing of it comes from a configuration
            [*_GIT, *arguments],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # so that it is ended with what it started
        )
    except OSError as cause:
        reason = f"it cannot be run: {(cause.strerror or 'no reason given').lower()}"
        raise GitError(reason, "install git") from cause
    if hasattr(resource, "prlimit"):  # Linux
        with suppress(OSError):  # it has ended already
            resource.prlimit(started.pid, resource.RLIMIT_DATA, (MEMORY, MEMORY))
    return started


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in _KEPT or name.startswith(_OPERATORS)
    }
    return {**kept, **_OURS}


def _refusal(folder: Path, complaint: bytes, code: int) -> GitError:
    """Return git's reason, which warnings may precede and advice follow, and its remedy."""
    lines = complaint.decode(errors="replace").splitlines()
    fatal = (line.removeprefix("fatal: ") for line in lines if line.startswith("fatal: "))
    reason = next(fatal, " ".join(lines) or f"it ended with status {code}")
    if "dubious ownership" in reason:
        trusted = shlex.quote(str(checkout(folder) or folder))
        return GitError(reason, f"let git read it (git config --global --add safe.directory {trusted})", code)
    if "not a git repository (" in reason and not _is_across(folder):
        return GitError(reason, _CLONE if checkout(folder) else _ELSEWHERE, code)
    text = "\n".join(lines)
    return GitError(reason, next((remedy for words, remedy in _REMEDIES if words in text), _AGAIN), code)


def _is_across(folder: Path) -> bool:
    """Return whether .git is on another file system than a directory, where git does not look for it."""
    found = checkout(folder)
    return found is not None and found.stat().st_dev != folder.stat().st_dev


def checkout(folder: Path) -> Path | None:
    """Return the directory with .git at or above this one; None outside a checkout."""
    return next((one for one in (folder, *folder.parents) if os.path.lexists(one / ".git")), None)
