"""What befalls one run: its boundaries are counted, and at one of them it dies, or meets a failure.

A boundary is a request to the server, or a call that can change the state's folder, or what is sent to the
store where that is elsewhere (see seams.py). A run dies by SIGKILL before it or after it, in the middle of
what it writes (`half`), or together with the power (`cut`), which takes everything that was not synced. Or
the call fails with an errno, and the run goes on.
"""

import errno
import itertools
import json
import os
import signal
import threading
from dataclasses import dataclass

import httpx
from reliability import seams
from reliability.powercut import Disk

NAMES = {
    "open": 0,
    "mkdir": 0,
    "replace": 1,
    "rename": 1,
    "unlink": 0,
    "link": 1,
    "write": 0,
    "pwrite": 0,
    "fsync": 0,
    "ftruncate": 0,
    "fchmod": 0,
}
"""The calls that can change a folder, and which argument tells whose."""
ERRNOS = ("EIO", "ENOSPC", "EROFS", "EACCES", "EMFILE", "EINTR", "EDQUOT")
_LATER = {"killed", "cut after", "half", "sent"}
"""Deaths after a boundary, where it is not one that can be died in."""


@dataclass(frozen=True)
class Fate:
    """At which boundary, counted from 1, what happens; at 0 nothing does."""

    at: int = 0
    what: str = ""

    @classmethod
    def parse(cls, text):
        """From its name, such as `7:kill`."""
        number, _, what = text.partition(":")
        return cls(int(number), what)

    def __str__(self):
        return f"{self.at}:{self.what}"


FORTUNATE = Fate()


class Boundaries:
    """Counts the boundaries of this process, and lets its fate come to it."""

    def __init__(self, folder, fate, trace=None):
        self.folder, self.fate, self.trace = os.path.abspath(folder), fate, trace  # noqa: PTH100 - no Path below
        self.number, self.numbers = 0, itertools.count(1)
        self.disk = Disk(self.folder) if fate.what.startswith("cut") else None
        self.real = {name: getattr(os, name) for name in NAMES}
        self.passed = []

    def install(self):
        """From now on nothing passes uncounted."""
        seams.install(self)
        for name in NAMES:
            setattr(os, name, self.guarded(name))
        real = httpx.AsyncHTTPTransport.handle_async_request

        async def handle(transport, request):
            due = self.met(f"{request.method} {request.url.path.removeprefix('/v1')}")
            self.before(due)
            answer = await real(transport, request)
            self.after(due)
            return answer

        httpx.AsyncHTTPTransport.handle_async_request = handle

    def met(self, name):
        """Count a boundary; whether it is the one."""
        number = self.number = next(self.numbers)
        if self.trace:
            self.passed.append(name)
        return number == self.fate.at or self.is_gone()

    def is_gone(self):
        """Whether the store cannot be reached any more."""
        return self.fate.what == "gone" and self.number >= self.fate.at

    def stored(self, name):
        """Count a boundary of a store that is elsewhere; what has to happen there, or nothing.

        A lease is renewed when it is time, so that no number could name such a moment.
        """
        if threading.current_thread().name == "lease":
            return self.fate.what * self.is_gone()
        due = self.met(name)
        self.before(due)
        return self.fate.what * due

    def before(self, due):
        """Die, or fail, or be stopped until somebody lets it go on, before the boundary."""
        if not due:
            return
        if self.fate.what == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        if self.fate.what in {"kill", "cut"}:
            self.die()
        if self.fate.what in ERRNOS:
            raise OSError(getattr(errno, self.fate.what), os.strerror(getattr(errno, self.fate.what)))

    def after(self, due):
        """Die after it."""
        if due and self.fate.what in _LATER:
            self.die()

    def die(self):
        """Nothing runs after this."""
        if self.disk:
            self.disk.lose()
        os.kill(os.getpid(), signal.SIGKILL)

    def guarded(self, name):
        """A call of the system, counted where it is about the folder."""
        real, place = self.real[name], NAMES[name]

        def call(*arguments, **named):
            path = self.about(name, arguments, named)
            if path is None:
                return real(*arguments, **named)
            due = self.met(f"{name} {os.path.basename(path)}")  # noqa: PTH119 - no Path below
            self.before(due)
            if due and self.fate.what == "half" and name in {"write", "pwrite"}:
                arguments = (arguments[0], arguments[1][: len(arguments[1]) // 2], *arguments[2:])
            is_new = name == "open" and not os.path.lexists(path)
            answer = real(*arguments, **named)
            if self.disk:
                self.disk.did(name, path, answer if name == "open" else arguments[place], is_new=is_new)
            self.after(due)
            return answer

        return call

    def about(self, name, arguments, named):
        """The path of the folder that a call changes, or None."""
        if named.get("dir_fd") is not None or (name == "open" and not arguments[1] & os.O_CREAT):
            return None
        found = arguments[NAMES[name]]
        if isinstance(found, int):
            found = os.readlink(f"/proc/self/fd/{found}")  # noqa: PTH115 - no Path below
        path = os.path.abspath(os.fspath(found))  # noqa: PTH100 - the same
        beneath = path == self.folder or path.startswith(self.folder + os.sep)
        above = name == "fsync" and path == os.path.dirname(self.folder)  # noqa: PTH120 - no Path below
        return path if beneath or above else None

    def tell(self):
        """Write down what was passed, for whoever wants to know how many boundaries there are."""
        if self.trace:
            with open(self.trace, "w", encoding="utf-8") as stream:  # noqa: PTH123 - no Path below
                json.dump(self.passed, stream)
