"""Killed between any two calls, the same command finishes the job: nothing twice, nothing left over."""

import os
import signal

import pytest

from reconciler.server import Database, create_app, running

SCENE = """\
project: acme
assistants:
  one: {model: m, description: ONE, files: [a.md, b.md]}
  two: {model: m, files: [b.md]}
  three: {model: m}
"""
WRITES = {"POST", "DELETE"}


class Trap:
    """An app that kills the program at its n-th write, before or after the write takes effect."""

    def __init__(self, app, number, *, after):
        self.app, self.left, self.after = app, number, after
        self.pid = 0

    async def __call__(self, scope, receive, send):
        writes = scope["type"] == "http" and scope["method"] in WRITES
        self.left -= writes
        hit = writes and self.left == 0 and self.pid
        if hit and not self.after:
            os.kill(self.pid, signal.SIGKILL)
            return
        await self.app(scope, receive, _dropped if hit else send)
        if hit:
            os.kill(self.pid, signal.SIGKILL)


async def _dropped(_):
    """The answer of a write whose caller is about to die."""


def changed(workspace):
    workspace.configure(SCENE.replace("ONE", "TWO").replace("  three: {model: m}\n", ""))
    workspace.write("b.md", "rewritten")


def kill_at(workspace, number, *, after, first):
    """Run the whole story with one kill; the server's ledger and its final content."""
    workspace.configure(SCENE)
    workspace.write("a.md", "about a")
    workspace.write("b.md", "about b")
    with Database.memory() as database:
        app = create_app(database)
        trap = Trap(app, number, after=after)
        with running(trap) as url:
            if not first:
                assert workspace.run("apply", "--auto-approve", "--server", url).code == 0
                changed(workspace)
                trap.left = number
            killed = victim(workspace, url, trap)
            trap.pid = 0
            finished = workspace.run("apply", "--auto-approve", "--server", url)
            again = workspace.run("plan", "--detailed-exitcode", "--server", url)
            with database.read() as connection:
                names = [row[0] for row in connection.execute("SELECT metadata FROM assistants")]
                files = [row[0] for row in connection.execute("SELECT filename FROM files")]
    return killed, finished, again, names, sorted(files)


def victim(workspace, url, trap):
    """Apply, with a trap; how it ended, None if it was killed."""
    with workspace.begin("apply", "--auto-approve", "--parallelism", "1", "--server", url) as run:
        trap.pid = run.pid
        return run.wait(30)


@pytest.mark.parametrize("after", [False, True], ids=["before it counts", "after it counts"])
@pytest.mark.parametrize("number", range(1, 6))
def test_a_first_apply_killed_at_a_write(workspace, number, after):
    killed, finished, again, names, files = kill_at(workspace, number, after=after, first=True)

    assert killed is None
    assert finished.code == 0
    assert again.code == 0
    assert len(names) == 3
    assert files == ["a.md", "b.md"]


@pytest.mark.parametrize("after", [False, True], ids=["before it counts", "after it counts"])
@pytest.mark.parametrize("number", range(1, 9))
def test_a_second_apply_killed_at_a_write(workspace, number, after):
    killed, finished, again, names, files = kill_at(workspace, number, after=after, first=False)

    assert killed is None
    assert finished.code == 0
    assert again.code == 0
    assert len(names) == 2
    assert files == ["a.md", "b.md"]
