"""Many seeds of the same story: kills at random writes, again and again, then one run to the end."""

import os
import random
import signal
import subprocess

import pytest

from reconciler.server import Database, create_app, running

pytestmark = pytest.mark.sweep
NAMES = ("one", "two", "three", "four")
FILES = ("a.md", "b.md", "c.md")


class Trap:
    """An app that kills the program at its n-th write, before or after the write takes effect."""

    def __init__(self, app):
        self.app, self.pid, self.left, self.after = app, 0, 0, False

    async def __call__(self, scope, receive, send):
        self.left -= scope["type"] == "http" and scope["method"] in {"POST", "DELETE"}
        hit = self.pid and self.left == 0
        if not (hit and not self.after):
            await self.app(scope, receive, send)
        if hit:
            os.kill(self.pid, signal.SIGKILL)


def scene(workspace, dice):
    """A random configuration; what it declares, name to files."""
    declared = {name: sorted(dice.sample(FILES, dice.randint(0, 3))) for name in NAMES if dice.random() < 0.8}
    lines = [f"  {name}: {{model: m, files: [{', '.join(files)}]}}" for name, files in declared.items()]
    assistants = "\n".join(["assistants:", *lines]) if lines else ""
    workspace.configure(f"project: acme\n{assistants}\n")
    for file in FILES:
        workspace.write(file, f"{file} of version {dice.randint(0, 2)}")
    return declared


@pytest.mark.parametrize("seed", range(int(os.environ.get("SWEEP_SEEDS", "100"))))
def test_nothing_twice_and_nothing_left_over(workspace, seed):
    dice = random.Random(seed)  # noqa: S311 - a seed that is printed must replay
    with Database.memory() as database:
        trap = Trap(create_app(database))
        with running(trap) as url:
            declared = {}
            for _ in range(3):
                declared = scene(workspace, dice)
                killed(workspace, url, trap, dice)
            finished = workspace.run(*apply(url, 10), "--max-destroy", "100%")
            again = workspace.run("plan", "--detailed-exitcode", "--server", url)
        with database.read() as connection:
            live = connection.execute("SELECT count(*) FROM assistants").fetchone()[0]
            files = sorted(row[0] for row in connection.execute("SELECT filename FROM files"))

    assert (finished.code, again.code) == (0, 0), (finished, again)
    assert live == len(declared)
    assert files == sorted({file for files in declared.values() for file in files})


def apply(url, parallelism):
    return ("apply", "--auto-approve", "--server", url, "--parallelism", str(parallelism))


def killed(workspace, url, trap, dice):
    """An apply that dies at a random write, unless it ends before it gets there."""
    command = workspace.command(*apply(url, dice.choice((1, 2, 5))), "--max-destroy", "100%")
    with subprocess.Popen(
        command, cwd=workspace.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        trap.left, trap.after, trap.pid = dice.randint(1, 8), dice.random() < 0.5, process.pid
        process.wait(60)
        trap.pid = 0
