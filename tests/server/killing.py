"""Writers that die in the middle of a transaction, and what can be seen of a folder from outside."""

import signal
import subprocess
import sys

CHILD = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
# Next to no memory: changes spill into the file before the transaction ends.
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
for statement in sys.argv[2:]:
    connection.execute(statement)
os.kill(os.getpid(), signal.SIGKILL)
"""
OVERWRITE = "UPDATE assistants SET name = 'lost', instructions = hex(zeroblob(3000))"


def kill_writer(path, *statements):
    child = subprocess.run([sys.executable, "-c", CHILD, path, *statements], check=False)
    assert child.returncode == -signal.SIGKILL
    assert path.stat().st_size
    assert path.with_name(path.name + "-journal").stat().st_size


def folder(path):
    """Everything that can be known about a folder from outside."""
    return {
        each.name: (each.read_bytes(), each.stat().st_mtime_ns, each.stat().st_mode, each.stat().st_ino)
        for each in path.iterdir()
    }
