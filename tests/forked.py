"""The program in processes that are forked from one which has everything imported, and so begin at once.

``python -I -S forked.py SOCKET ARGUMENTS`` is such a run for whoever wants a command line of its own.
"""

import fcntl
import gc
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import traceback
from contextlib import suppress
from pathlib import Path

_HEAD = struct.Struct("!I")
_CODE = struct.Struct("!i")
_USED = (
    "anyio._backends._asyncio",
    "asyncio",
    "coverage",
    "deepdiff",
    "jinja2",
    "jsonschema_rs",
    "rich.console",
    "rich.live",
    "uvicorn",
)
"""What the program imports where it is used."""
PREPARED_BY = "FORKED_PREPARED_BY"
"""The variable that names a module which a run imports before it begins."""
_PATIENCE = 60
"""Seconds after which a run is ended; none takes nearly as long."""


class Parent:
    """A process that forks a run for whoever asks; it ends when the one that started it does."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="forked-")
        self.path = str(Path(self._folder.name) / "socket")
        self._process = subprocess.Popen(
            [sys.executable, __file__, "serve", self.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout.readline() == b"ready\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()

    def begin(self, arguments, folder, environment, streams):
        """Begin a run that goes on beside the one who asked."""
        return Run(self.path, arguments, folder, environment, streams)

    def run(self, arguments, folder, environment):
        """A run in a folder: its exit code, and what it printed on both streams."""
        with (
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
            Path(os.devnull).open("rb") as nothing,
        ):
            code = ask(self.path, arguments, folder, environment, (nothing, out, err))
            told = [stream.seek(0) or stream.read().decode() for stream in (out, err)]
        return code, *told


def ask(path, arguments, folder, environment, streams):
    """Let the process at a socket fork a run; its exit code."""
    with Run(path, arguments, folder, environment, streams) as run:
        code = run.wait()
    assert code is not None, "the run was killed, or did not end"
    return code


def be_a_run(path, arguments):
    """Be a run that is forked elsewhere, for a caller that has only a command line; its exit code."""
    own = (sys.stdin, sys.stdout, sys.stderr)
    with Run(path, arguments, Path.cwd(), os.environ, own) as run:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _: run.send_signal(number))
        for stream in own:
            os.close(stream.fileno())  # a pipe ends when the run ends
        code = run.wait()
    os._exit(137 if code is None else code)


class Run:
    """A run that the process at a socket forked, and which may go on beside what asks for it."""

    def __init__(self, path, arguments, folder, environment, streams):
        asked = [list(arguments), str(folder), dict(environment), _umask()]
        text = json.dumps(asked).encode()
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(path)
        socket.send_fds(self._line, [_HEAD.pack(len(text))], [stream.fileno() for stream in streams])
        self._line.sendall(text)
        self.pid = self._number()

    def wait(self, seconds=None):
        """Return the exit code, or None if the run was killed; raise TimeoutError if it does not end."""
        self._line.settimeout(seconds)
        return self._number()

    def send_signal(self, number):
        """Send the run a signal."""
        os.kill(self.pid, number)

    def _number(self):
        found = self._line.recv(_CODE.size, socket.MSG_WAITALL)
        return _CODE.unpack(found)[0] if found else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._line.close()


def _umask():
    found = os.umask(0)
    os.umask(found)
    return found


def serve(path):
    """Fork a run for everybody who asks, until standard input ends."""
    _import_everything()
    measure = _paused()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        os.write(1, b"ready\n")
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            line, _ = listener.accept()
            with line:
                if not os.fork():
                    listener.close()
                    _end(line, measure)


def _import_everything():
    import importlib  # noqa: PLC0415 - only here; who asks for a run shall begin quickly
    import pkgutil  # noqa: PLC0415 - the same

    import reconciler  # noqa: PLC0415 - the same

    for one in pkgutil.walk_packages(reconciler.__path__, "reconciler."):
        if not one.name.endswith("__main__"):
            importlib.import_module(one.name)
    for name in _USED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what no run changes need not be copied by any


def _paused():
    """Return what measures the coverage of this process, stopped for its forks to go on with, or None.

    To begin takes longer than most runs; a fork that goes on writes a file of its own.
    """
    from coverage import process_startup  # noqa: PLC0415 - the same

    measure = getattr(process_startup, "coverage", None)
    if measure:
        measure.stop()
        measure.save()
    return measure


def _end(line, measure):
    """Be the program, and tell how it ended."""
    code = 70
    try:
        signal.alarm(_PATIENCE)
        code = _be_the_program(line, measure)
        line.sendall(_CODE.pack(code))
    except BaseException:  # noqa: BLE001 - nobody else could tell of it
        traceback.print_exc()
    finally:
        os._exit(code)


def _be_the_program(line, measure):
    head, streams, *_ = socket.recv_fds(line, _HEAD.size, 3)
    line.sendall(_CODE.pack(os.getpid()))
    (size,) = _HEAD.unpack(head)
    arguments, folder, environment, umask = json.loads(line.recv(size, socket.MSG_WAITALL))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    if os.isatty(0):
        _own_the_terminal()
    os.chdir(folder)
    os.umask(umask)
    os.environ.clear()
    os.environ.update(environment)
    sys.stdin, sys.stdout = (open(number, how, closefd=False) for number, how in enumerate("rw"))  # noqa: SIM115 - to the end
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115 - the same
    sys.argv[1:] = arguments
    is_measured = measure and any(name.startswith("COVERAGE_PROCESS_") for name in environment)
    return _measured(measure) if is_measured else _ended()


def _own_the_terminal():
    """Let Ctrl-C at the terminal reach this process, unless the terminal has a session of its own already."""
    os.setsid()
    with suppress(OSError):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _measured(measure):
    """Be the program while coverage counts its lines."""
    measure.start()
    try:
        return _ended()
    finally:
        measure.stop()
        measure.save()


def _ended():
    """The exit code of the program, which leaves by an exception."""
    from importlib import import_module  # noqa: PLC0415 - imported long ago

    from reconciler.cli.main import main  # noqa: PLC0415 - the same

    if PREPARED_BY in os.environ:
        import_module(os.environ[PREPARED_BY])
    try:
        main()
    except SystemExit as left:
        return left.code or 0
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        sys.exit(be_a_run(sys.argv[1], sys.argv[2:]))
