"""Starts one program, waits for it, and prints its exit code, its CPU seconds and its memory as JSON.

``python -I -S launch.py OUT ERR COMMAND...`` is a process of its own, and a small one: Linux counts for a new
process the memory of the one that started it. What that process started and waited for is counted too.
"""

import json
import os
import resource
import signal
import sys

CPU_SECONDS = 6
ADDRESS_SPACE = 3 << 30
FILE_SIZE = 400 << 20
WALL_SECONDS = 90
"""Far above the bar: what they end has failed already, and must not take the machine along."""


def limit():
    """Keep this process from taking the machine."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE, FILE_SIZE))


def start(out, err, command):
    """Start the program, its two streams in files and nothing to read; return the number of its process."""
    process = os.fork()
    if process:
        return process
    try:
        limit()
        for number, path, flags in (
            (0, os.devnull, os.O_RDONLY),
            (1, out, os.O_WRONLY),
            (2, err, os.O_WRONLY),
        ):
            os.dup2(os.open(path, flags | os.O_CREAT), number)
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    finally:
        os._exit(127)


def main():
    """Print what became of the program."""
    out, err, *command = sys.argv[1:]
    process = start(out, err, command)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(process, signal.SIGKILL))
    signal.alarm(WALL_SECONDS)
    _, status, used = os.wait4(process, 0)
    unit = 1 if sys.platform == "darwin" else 1024
    found = {
        "code": os.waitstatus_to_exitcode(status),
        "seconds": used.ru_utime + used.ru_stime,
        "mebibytes": used.ru_maxrss * unit >> 20,
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
